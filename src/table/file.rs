//! Tables as Parquet files: columns `d.*`, `m.*`, `feasible`, `reason`, `detail`, `designs`, `rank`; what the table is
//! of stands in the metadata under `sweepstake.table`.
//!
//! Reading takes the columns that are needed, typed, and never the text of a design: its rank says the same.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use csv::StringRecord;
use parquet::column::reader::get_typed_column_reader;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};
use rl_env::design::{self, DesignSpace};
use rl_env::problem::{Metric, Outcome, Problem};

use super::{About, Contents, Table, parts};
use crate::dataset::columns::number;
use crate::dataset::declared::is_whole;
use crate::dataset::guarded::guarded;
use crate::dataset::parquet_rows::{METADATA, is_consistent, metadata, trusted};
use crate::dataset::parquet_writer::ParquetWriter;
use crate::dataset::profile::Column;
use crate::dataset::spelling::{Kind, Notation};
use crate::usage::Usage;

/// Columns behind parameters and metrics.
const END: [(&str, Kind); 5] = [
    ("feasible", Kind::Bool),
    ("reason", Kind::Text),
    ("detail", Kind::Text),
    ("designs", Kind::Unsigned),
    ("rank", Kind::Unsigned),
];

/// Writes a table row by row.
pub struct TableWriter<'a, W: Write + Send> {
    space: &'a DesignSpace,
    metrics: usize,
    writer: ParquetWriter<W>,
    columns: Vec<Column>,
    about: About,
    contents: Contents,
    row: StringRecord,
    cell: String,
}

impl<'a, W: Write + Send> TableWriter<'a, W> {
    /// Starts a table of `problem`. The hash in `about` is filled in at the end.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn new(out: W, problem: &'a dyn Problem, about: About) -> Result<Self> {
        let columns = columns(problem.space(), problem.metrics());
        Ok(Self {
            space: problem.space(),
            metrics: problem.metrics().len(),
            writer: ParquetWriter::new(out, &columns)?,
            columns,
            contents: Contents::new(&about),
            about,
            row: StringRecord::new(),
            cell: String::new(),
        })
    }

    /// Adds a row; ranks have to ascend.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn push(&mut self, rank: u32, designs: u32, outcome: &Outcome) -> Result<()> {
        self.contents.add(rank, designs, parts(outcome));
        let design = self.space.unrank(u128::from(rank)).context("a rank beyond the space")?;
        let row = &mut self.row;
        row.clear();
        for (parameter, value) in self.space.parameters().iter().zip(&design.0) {
            self.cell.clear();
            parameter.write(value, &mut self.cell)?;
            row.push_field(&self.cell);
        }
        for at in 0..self.metrics {
            self.cell.clear();
            outcome.metrics().into_iter().for_each(|metrics| number(metrics[at], &mut self.cell));
            row.push_field(&self.cell);
        }
        let (reason, detail) = parts(outcome).err().unwrap_or_default();
        row.push_field(if outcome.is_feasible() { "true" } else { "false" });
        row.push_field(reason);
        row.push_field(detail);
        row.push_field(&designs.to_string());
        row.push_field(&rank.to_string());
        self.writer.push(row)
    }

    /// Writes what is left and returns the file and what it says of itself.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn finish(self) -> Result<(W, About)> {
        let about = About { blake3: self.contents.finish(), ..self.about };
        let metadata = vec![
            ("sweepstake.version", about.version.clone()),
            ("sweepstake.table", serde_json::to_string(&about)?),
            ("sweepstake.columns", serde_json::to_string(&self.columns)?),
        ];
        debug_assert!(metadata.iter().all(|(key, _)| key.starts_with(METADATA)));
        Ok((self.writer.finish(metadata)?, about))
    }
}

fn columns(space: &DesignSpace, metrics: &[Metric]) -> Vec<Column> {
    let column = |name: String, kind: Kind, notation: Notation| Column { name, kind, notation, exact: true };
    let parameters = space.parameters().iter().map(|p| {
        let kind = match &p.kind {
            design::Kind::Bool => Kind::Bool,
            design::Kind::Real { .. } | design::Kind::LogReal { .. } => Kind::Real,
            kind if is_whole(kind) => Kind::Integer,
            _ => Kind::Text,
        };
        column(format!("d.{}", p.name), kind, Notation::Plain)
    });
    let metrics = metrics.iter().map(|m| column(format!("m.{}", m.name), Kind::Real, Notation::Shortest));
    let end = END.map(|(name, kind)| column(name.to_owned(), kind, Notation::Plain));
    parameters.chain(metrics).chain(end).collect()
}

/// Whether there is a table of ours at `path`, whole or damaged inside.
pub fn is_table(path: &Path) -> bool {
    open(path).is_ok()
}

fn open(path: &Path) -> Result<(SerializedFileReader<File>, About)> {
    let cannot = |error| Usage::error(format!("cannot read {}: {error}", path.display()));
    let file = File::open(path).map_err(cannot)?;
    let bytes = file.metadata().map_err(cannot)?.len();
    let reader = trusted(path, || SerializedFileReader::new(file))?;
    if !is_consistent(reader.metadata(), bytes) {
        return Err(Usage::error(format!("{}: the index at its end is damaged", path.display())));
    }
    let about = metadata(&reader, "table").and_then(|json| serde_json::from_str(json).ok());
    let Some(about) = about else {
        return Err(Usage::error(format!(
            "{} is no table of `sweepstake enumerate`: its metadata lacks sweepstake.table",
            path.display()
        )));
    };
    Ok((reader, about))
}

/// Reads a table and checks its hash.
///
/// # Errors
/// If it cannot be read, is no table, or is damaged.
pub fn read(path: &Path) -> Result<Table> {
    let (reader, about) = open(path)?;
    let damaged = |problem: &str| {
        Usage::error(format!("{} is damaged: {problem}; make it anew with `enumerate`", path.display()))
    };
    let table = match guarded(|| rows(&reader, about)) {
        Some(Ok(table)) => table,
        Some(Err(error)) => return Err(damaged(&format!("{error:#}"))),
        None => return Err(damaged("its pages cannot be decoded")),
    };
    if contents(&table) != table.about.blake3 {
        return Err(damaged("its rows do not have the hash in its metadata"));
    }
    Ok(table)
}

fn contents(table: &Table) -> String {
    let mut contents = Contents::new(&table.about);
    for row in 0..table.len() {
        let infeasible = table.infeasible.get(&(row as u32)).map(parts);
        let outcome = infeasible.or_else(|| table.metrics(row).map(Ok)).unwrap_or(Err(("", "")));
        contents.add(table.ranks[row], table.designs[row], outcome);
    }
    contents.finish()
}

fn rows(reader: &SerializedFileReader<File>, about: About) -> Result<Table> {
    let schema = reader.metadata().file_metadata().schema_descr();
    let names: Vec<String> = schema.columns().iter().map(|c| c.path().string()).collect();
    let metrics: Vec<usize> = (0..names.len()).filter(|at| names[*at].starts_with("m.")).collect();
    let width = metrics.len();
    let find = |name: &str| {
        names.iter().position(|known| known == name).with_context(|| format!("it has no column `{name}`"))
    };
    let end = [find("feasible")?, find("reason")?, find("detail")?, find("designs")?, find("rank")?];
    let mut table = Table {
        about,
        ranks: Vec::new(),
        designs: Vec::new(),
        metrics: Vec::new(),
        width,
        infeasible: BTreeMap::new(),
    };
    for group in 0..reader.num_row_groups() {
        let group = reader.get_row_group(group)?;
        let start = table.ranks.len();
        table.ranks.extend(whole(group.as_ref(), end[4])?);
        table.designs.extend(whole(group.as_ref(), end[3])?);
        let rows = table.ranks.len() - start;
        table.metrics.resize((start + rows) * width, f64::NAN);
        for (place, at) in metrics.iter().enumerate() {
            let column = column::<DoubleType>(group.as_ref(), *at)?;
            let values = &mut table.metrics[start * width..];
            for (row, value) in column.into_iter().enumerate() {
                values[row * width + place] = value.unwrap_or(f64::NAN);
            }
        }
        infeasible(group.as_ref(), &end, start, &mut table.infeasible)?;
    }
    check(&table)?;
    Ok(table)
}

fn infeasible(
    group: &dyn RowGroupReader,
    end: &[usize; 5],
    start: usize,
    all: &mut BTreeMap<u32, Outcome>,
) -> Result<()> {
    let feasible = column::<BoolType>(group, end[0])?;
    if feasible.iter().all(|feasible| *feasible == Some(true)) {
        return Ok(());
    }
    let text = |value: Option<ByteArray>| -> Result<String> {
        value.map_or(Ok(String::new()), |bytes| Ok(bytes.as_utf8()?.to_owned()))
    };
    let (reasons, details) =
        (column::<ByteArrayType>(group, end[1])?, column::<ByteArrayType>(group, end[2])?);
    for (row, ((feasible, reason), detail)) in feasible.into_iter().zip(reasons).zip(details).enumerate() {
        if feasible != Some(true) {
            all.insert(u32::try_from(start + row)?, Outcome::infeasible(text(reason)?, text(detail)?));
        }
    }
    Ok(())
}

fn check(table: &Table) -> Result<()> {
    let ascending = table.ranks.windows(2).all(|pair| pair[0] < pair[1]);
    let within = table.ranks.last().is_none_or(|last| u64::from(*last) < table.about.designs);
    if !ascending || !within || table.designs.len() != table.len() {
        bail!("its ranks make no sense");
    }
    let whole = |row: usize| match table.infeasible.contains_key(&(row as u32)) {
        true => table.metrics(row).is_none(),
        false => table.metrics(row).is_some_and(|metrics| !metrics.iter().any(|x| x.is_nan())),
    };
    match (0..table.len()).find(|row| !whole(*row)) {
        Some(row) => bail!("row {row} has neither all metrics nor a reason"),
        None => Ok(()),
    }
}

/// The values of a column of a row group, `None` where there is none.
fn column<T: DataType>(group: &dyn RowGroupReader, at: usize) -> Result<Vec<Option<T::T>>> {
    let expected = usize::try_from(group.metadata().num_rows())?;
    let descriptor = group.metadata().column(at).column_descr_ptr();
    if descriptor.physical_type() != T::get_physical_type() || descriptor.max_rep_level() > 0 {
        bail!("column `{}` has another type", descriptor.path().string());
    }
    let mut reader = get_typed_column_reader::<T>(group.get_column_reader(at)?);
    let (mut values, mut levels) = (Vec::with_capacity(expected), Vec::with_capacity(expected));
    let mut rows = 0;
    while rows < expected {
        let (more, _, _) = reader.read_records(expected - rows, Some(&mut levels), None, &mut values)?;
        if more == 0 {
            bail!("column `{}` is shorter than the file says", descriptor.path().string());
        }
        rows += more;
    }
    if descriptor.max_def_level() == 0 {
        return Ok(values.into_iter().map(Some).collect());
    }
    let mut values = values.into_iter();
    Ok(levels.iter().map(|level| if *level == 1 { values.next() } else { None }).collect())
}

fn whole(group: &dyn RowGroupReader, at: usize) -> Result<Vec<u32>> {
    let column = column::<Int64Type>(group, at)?;
    column.into_iter().map(|x| Ok(u32::try_from(x.context("a value is missing")?)?)).collect()
}
