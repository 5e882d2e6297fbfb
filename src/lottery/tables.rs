//! The tables of a study's findings, as files.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use schemars::JsonSchema;

use super::findings::*;

/// One table.
#[derive(Clone, Copy)]
pub struct Table {
    /// kebab-case name, also the file's.
    pub name: &'static str,
    /// What one row is.
    pub summary: &'static str,
    /// Names of the columns with their meaning.
    pub columns: fn() -> Vec<(String, String)>,
    /// Number of rows.
    pub rows: fn(&Findings) -> usize,
    write: fn(&Findings, &mut csv::Writer<std::fs::File>) -> csv::Result<()>,
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table").field("name", &self.name).finish_non_exhaustive()
    }
}

macro_rules! table {
    ($name:literal, $field:ident: $row:ty, $summary:literal) => {
        Table {
            name: $name,
            summary: $summary,
            columns: columns::<$row>,
            rows: |findings| findings.$field.len(),
            write: |findings, out| findings.$field.iter().try_for_each(|row| out.serialize(row)),
        }
    };
}

/// All tables, sorted by name.
#[rustfmt::skip] // one row a line
pub static TABLES: &[Table] = &[
    table!("ablation", ablation: AblationRow, "one step on the way from the default to the best ticket"),
    table!("anytime", anytime: AnytimeRow, "an agent after some number of calls, on a fine grid"),
    table!("attainment", attainment: AttainmentRow, "a corner of an attainment surface"),
    table!("chances", chances: ChanceRow, "the chance that a random ticket is good"),
    table!("cliques", cliques: CliqueRow, "a member of a group of agents that cannot be told apart"),
    table!("importance", importance: ImportanceRow, "a hyperparameter of an agent on a problem"),
    table!("pareto", pareto: ParetoRow, "the fronts of an agent on a problem"),
    table!("problems", problems: ProblemRow, "an agent on a problem after some number of calls"),
    table!("profiles", profiles: ProfileRow, "a point of a performance profile"),
    table!("rank-tests", rank_tests: RankTestRow, "the test of a pair of agents over problems"),
    table!("ranks", ranks: RankRow, "the mean rank of an agent"),
    table!("remarks", remarks: Remark, "a limit of the study"),
    table!("runtimes", runtimes: RuntimeRow, "a point of a runtime distribution"),
    table!("sensitivity", sensitivity: SensitivityRow, "how much an agent needs tuning for each problem"),
    table!("standings", standings: StandingRow, "an agent over all problems after some number of calls"),
    table!("summary", summary: SummaryRow, "an agent on a problem"),
    table!("targets", targets: TargetRow, "the calls that an agent needs to reach a target on a problem"),
    table!("tickets", tickets: TicketRow, "a ticket on a problem"),
    table!("tuned", tuned: TunedRow, "the default against the ticket that tuning chooses"),
    table!("tuning", tuning: TuningRow, "a point of a tuning curve"),
    table!("tuning-cost", tuning_cost: TuningCostRow, "an agent tuned with so many tickets"),
    table!("variance", variance: VarianceRow, "a component of the variance of regret"),
    table!("versus", versus: VersusRow, "a pair of agents after some number of calls"),
];

/// Fields of a structure with their comments, in order.
fn columns<T: JsonSchema>() -> Vec<(String, String)> {
    let schema = schemars::schema_for!(T);
    let fields = schema.get("properties").and_then(|fields| fields.as_object());
    let text = |field: &serde_json::Value| {
        field.get("description").and_then(|text| text.as_str()).unwrap_or_default().replace('\n', " ")
    };
    fields.into_iter().flatten().map(|(name, field)| (name.clone(), text(field))).collect()
}

/// Writes every table that has rows into `dir`, and removes those of an earlier report that have none.
///
/// # Errors
/// If a file cannot be written.
pub fn write_all(findings: &Findings, dir: &Path) -> Result<Vec<PathBuf>> {
    std::fs::create_dir_all(dir).with_context(|| format!("cannot write {}", dir.display()))?;
    let mut written = Vec::new();
    for table in TABLES {
        let path = dir.join(format!("{}.csv", table.name));
        let context = || format!("cannot write {}", path.display());
        if (table.rows)(findings) == 0 {
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(error).with_context(context);
                }
                _ => continue,
            }
        }
        let mut out = csv::Writer::from_path(&path).with_context(context)?;
        (table.write)(findings, &mut out).with_context(context)?;
        out.flush().with_context(context)?;
        written.push(path);
    }
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted_and_every_column_is_documented() {
        assert!(TABLES.is_sorted_by(|a, b| a.name < b.name));
        for table in TABLES {
            let columns = (table.columns)();
            assert!(!columns.is_empty(), "{}", table.name);
            assert!(columns.iter().all(|(_, text)| !text.is_empty()), "{}: {columns:?}", table.name);
        }
    }
}
