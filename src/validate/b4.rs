//! Rankings recorded from the B4 authors' code: every score and every choice, by ours.

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead as _, Read as _};
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Deserialize;
use sweepstake_simulators::selection::{PassMatrix, Priors, Ranking, Strategy};

use super::table::{Row, Table};
use super::{Column, Measure, Sources, Tally, Validation};
use crate::traces;
use crate::usage::Usage;

/// Most bytes read, unpacked.
const MOST_BYTES: u64 = 1 << 30;
/// Four Beta functions, each within 6e-9 of the other library's.
const ROUNDING: f64 = 2.4e-8;
/// Columns that a file of choices needs.
const NEEDED: [&str; 5] = ["task", "strategy", "top_score", "n_tied_groups", "top_solutions"];

/// What is compared.
pub const COLUMNS: &[Column] = &[
    Column {
        name: "score",
        precision: ROUNDING,
        target: 1e-8,
        why: "score of the best set, or of every set where all are recorded",
    },
    Column { name: "sets", precision: 0.0, target: 0.0, why: "1 if the sets are the same candidates" },
    Column {
        name: "top_solutions",
        precision: 0.0,
        target: 0.0,
        why: "1 if the best candidates, ties merged, are the same",
    },
    Column { name: "n_tied_groups", precision: 0.0, target: 0.0, why: "sets with exactly the best score" },
];

/// A line of a file of matrices; other keys do not matter here.
#[derive(Debug, Deserialize)]
struct Recorded {
    task: Option<String>,
    rows: Option<Vec<String>>,
}

/// A line of a file of all scores.
#[derive(Debug, Deserialize)]
struct Groups {
    task: String,
    groups: BTreeMap<String, Vec<(Vec<usize>, f64)>>,
}

/// Ranks every recorded matrix with every recorded strategy. The reference is a CSV file of choices or JSON lines of all
/// sets; the matrices are in the other files of JSON lines beside it.
///
/// # Errors
/// With file and line, if a file cannot be read or is not what it should be.
pub fn validate(sources: &Sources) -> Result<Validation> {
    let path = &sources.reference;
    let first = traces::open(path)?
        .fill_buf()
        .with_context(|| format!("cannot read {}", path.display()))?
        .first()
        .copied();
    let matrices = matrices(path)?;
    if first == Some(b'{') { all_sets(path, &matrices) } else { choices(path, &matrices) }
}

fn choices(path: &Path, matrices: &HashMap<String, PassMatrix>) -> Result<Validation> {
    let table = Table::read(path, &NEEDED)?;
    let mut tally = Tally::new("b4", table.len(), COLUMNS);
    for row in table.rows() {
        let name = row.get("strategy");
        let Some(matrix) = matrices.get(row.get("task")) else {
            tally.skip("no matrix of that task beside the file");
            continue;
        };
        let Some(strategy) = strategy(name) else {
            tally.skip(format!("a strategy that is not here: {name}"));
            continue;
        };
        let ranking = tally.timed(|| strategy.rank(matrix));
        tally.add(name, &measures(&row, &ranking)?);
    }
    Ok(tally.finish())
}

fn measures(row: &Row<'_>, ranking: &Ranking) -> Result<Vec<Measure>> {
    let number = |name: &str| row.number(name)?.ok_or_else(|| row.error(format!("{name}: empty")));
    let top: Vec<usize> = row
        .get("top_solutions")
        .split_whitespace()
        .map(|cell| cell.parse().map_err(|_| row.error(format!("top_solutions: `{cell}` is no candidate"))))
        .collect::<Result<_>>()?;
    let best = ranking.sets.first().map_or(0.0, |set| set.score);
    Ok(vec![
        Measure { column: "score", recorded: number("top_score")?, ours: best },
        Measure { column: "top_solutions", recorded: 1.0, ours: f64::from(u8::from(top == ranking.top)) },
        Measure { column: "n_tied_groups", recorded: number("n_tied_groups")?, ours: ranking.tied() as f64 },
    ])
}

fn all_sets(path: &Path, matrices: &HashMap<String, PassMatrix>) -> Result<Validation> {
    let lines: Vec<Groups> = read(path, "not the sets of a task")?;
    let mut tally = Tally::new("b4", lines.iter().map(|line| line.groups.len()).sum(), COLUMNS);
    for Groups { task, groups } in &lines {
        for (name, sets) in groups {
            let (Some(matrix), Some(strategy)) = (matrices.get(task), strategy(name)) else {
                tally.skip(format!("no matrix of the task, or a strategy that is not here: {name}"));
                continue;
            };
            let ranking = tally.timed(|| strategy.rank(matrix));
            let ours: HashMap<&[usize], f64> =
                ranking.sets.iter().map(|set| (&set.candidates[..], set.score)).collect();
            let known = sets.iter().filter_map(|(set, score)| Some((score, ours.get(&set[..])?)));
            let mut measures: Vec<Measure> = known
                .map(|(recorded, ours)| Measure { column: "score", recorded: *recorded, ours: *ours })
                .collect();
            let same = measures.len() == sets.len() && ours.len() == sets.len();
            measures.push(Measure { column: "sets", recorded: 1.0, ours: f64::from(u8::from(same)) });
            tally.add(name, &measures);
        }
    }
    Ok(tally.finish())
}

/// Ours for a name of the recorded code; B4 and the marginal name β0 and α, as in `B4(1e5,1e3)`.
fn strategy(name: &str) -> Option<Strategy> {
    let numbers = || {
        let (beta0, alpha) = name.split_once('(')?.1.strip_suffix(')')?.split_once(',')?;
        Priors::new(alpha.trim().parse().ok()?, beta0.trim().parse().ok()?).ok()
    };
    match name.split('(').next()? {
        "Random" => Some(Strategy::Random),
        "MaxPass" => Some(Strategy::MaxPass),
        "MBR_exec" => Some(Strategy::MbrExec),
        "CodeT" => Some(Strategy::CodeT),
        "B4" => Some(Strategy::B4(numbers()?)),
        "exact_marginal_logweight" | "marg" => Some(Strategy::B4Marginal(numbers()?)),
        _ => None,
    }
}

/// The matrices in the files of JSON lines beside the reference.
fn matrices(path: &Path) -> Result<HashMap<String, PassMatrix>> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let cannot = || format!("cannot read {}", folder.display());
    let mut matrices = HashMap::new();
    for entry in std::fs::read_dir(folder).with_context(cannot)? {
        let file = entry.with_context(cannot)?.path();
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if !(name.ends_with(".jsonl") || name.ends_with(".jsonl.gz"))
            || name.contains("groups")
            || file == *path
        {
            continue;
        }
        for Recorded { task, rows } in read::<Recorded>(&file, "not a recorded matrix")? {
            // Other recordings may lie there too.
            let (Some(task), Some(rows)) = (task, rows) else { continue };
            let matrix = PassMatrix::from_text(&rows)
                .map_err(|error| Usage::error(format!("{}: {task}: {error}", file.display())))?;
            matrices.insert(task, matrix);
        }
    }
    Ok(matrices)
}

fn read<T: serde::de::DeserializeOwned>(path: &Path, what: &str) -> Result<Vec<T>> {
    let parse = |(place, line): (usize, std::io::Result<String>)| {
        let at = |problem: String| Usage::error(format!("{}:{}: {problem}", path.display(), place + 1));
        let line = line.map_err(|error| at(format!("cannot be read: {error}")))?;
        serde_json::from_str(&line).map_err(|error| at(format!("{what}: {error}")))
    };
    traces::open(path)?.take(MOST_BYTES).lines().enumerate().map(parse).collect()
}
