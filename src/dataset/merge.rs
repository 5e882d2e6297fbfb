//! `dataset merge`: the samples of several sweeps in one table that stands alone.
//!
//! Rows are streamed in the order given; columns are matched by name. Only the identity of each design and a hash of
//! its outcome are kept, about 50 bytes for each different design: enough to drop repeats when asked, and to find
//! designs on which the sources disagree, always.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Context as _, Result};

use super::export::{self, Kinds, Origin, Source};
use super::identity::Digest;
use super::inputs::{Input, Samples};
use super::labels::{LABELS, Labels};
use super::output::{Output, beside, cannot_write};
use super::rows::{Format, Watch};
use crate::usage::Usage;

/// Conflicts that are shown one by one.
const MOST_SHOWN: usize = 5;

/// What a merge came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Merged {
    /// Tables read.
    pub tables: usize,
    /// Rows read.
    pub rows_read: u64,
    /// Rows written.
    pub rows_written: u64,
    /// Different designs, told apart by environment, version, workload and parameters.
    pub unique_designs: u64,
    /// Rows whose outcome differs from that of the first row of the same design.
    pub conflicts: u64,
    /// The first of them, as `file:line`.
    pub conflicts_at: Vec<String>,
    /// Rows that report other metrics than the first row of the same design, so that they cannot be compared.
    pub incomparable: u64,
}

/// Merges the tables behind `paths` into `out`. With `dedupe`, only the first row of each design is kept.
///
/// # Errors
/// If a source is malformed or its rows cannot be told where they belong, or something cannot be read or written.
pub fn merge(paths: &[PathBuf], out: &Path, dedupe: bool, watch: &dyn Watch) -> Result<Merged> {
    let inputs = Input::all(paths)?;
    let columns = Columns::of(&inputs)?;
    let bytes = inputs.iter().map(Input::bytes).sum::<Result<u64>>()?;
    match Format::of(out)? {
        Format::Csv => {
            watch.begin(bytes);
            let mut output = Output::create(out)?;
            let merged = write_csv(&inputs, &columns, dedupe, watch, &mut output, out)?;
            output.commit()?;
            Ok(merged)
        }
        Format::Parquet => {
            watch.begin(bytes);
            // Types are known only when all rows are, so the rows wait on the disk.
            let rows = Temporary(beside(out, ".rows.csv"));
            let mut output = Output::create(&rows.0)?;
            let merged = write_csv(&inputs, &columns, dedupe, watch, &mut output, out)?;
            output.commit()?;
            export::to_parquet(&rows.0, out, &origin(&inputs, &rows.0)?, watch)?;
            Ok(merged)
        }
    }
}

fn origin(inputs: &[Input], rows: &Path) -> Result<Origin> {
    let mut kinds = Kinds::default();
    inputs.iter().for_each(|input| kinds.include(input));
    let sources = inputs.iter().map(|input| Source::of(&input.path)).collect::<Result<_>>()?;
    Ok(Origin { declared: kinds.agreed(), sources, csv_blake3: Source::of(rows)?.blake3 })
}

/// A file that is gone when it is no longer needed.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        // It may never have been made.
        let _ = fs::remove_file(&self.0);
    }
}

/// The columns of the merged table: labels, then the union of all columns in the order of a sweep.
#[derive(Debug, Default)]
struct Columns {
    names: Vec<String>,
}

/// Places of the groups of columns in the merged table; within a group, the order of first occurrence.
fn group(name: &str) -> u8 {
    match name {
        "run_id" => 1,
        "step" => 2,
        "feasible" => 5,
        "reason" => 6,
        "reward" => 7,
        "cached" => 8,
        _ if LABELS.contains(&name) => 0,
        _ if name.starts_with("d.") => 3,
        _ if name.starts_with("m.") => 4,
        _ => 9,
    }
}

impl Columns {
    fn of(inputs: &[Input]) -> Result<Self> {
        let mut names: Vec<String> = LABELS.map(str::to_owned).to_vec();
        for input in inputs {
            let samples = input.open(&())?;
            if input.runs.is_none() && !samples.labeller.stands_alone() {
                return Err(Usage::error(format!(
                    "{}: nothing says what its rows belong to: it has no column `env`, and there is no runs.csv \
                     beside it; give the directory of its sweep",
                    input.path.display()
                )));
            }
            for name in samples.rows.header() {
                if !names.contains(name) {
                    names.push(name.clone());
                }
            }
        }
        names.sort_by_key(|name| group(name));
        Ok(Self { names })
    }

    /// For each merged column, the column of a table.
    fn within(&self, header: &[String]) -> Vec<Option<usize>> {
        self.names.iter().map(|name| header.iter().position(|known| known == name)).collect()
    }

    /// Merged columns in a group, with their names' place as identity.
    fn in_group(&self, wanted: u8) -> Vec<usize> {
        (0..self.names.len()).filter(|i| group(&self.names[*i]) == wanted).collect()
    }
}

fn write_csv(
    inputs: &[Input],
    columns: &Columns,
    dedupe: bool,
    watch: &dyn Watch,
    output: &mut Output,
    path: &Path,
) -> Result<Merged> {
    let mut writer = csv::WriterBuilder::new().buffer_capacity(1 << 16).from_writer(output);
    writer.write_record(&columns.names).with_context(|| cannot_write(path))?;
    let mut merged = Merged { tables: inputs.len(), ..Merged::default() };
    let mut known = Known::new(columns);
    for input in inputs {
        let mut samples = input.open(watch)?;
        let at = columns.within(samples.rows.header());
        while samples.read()? {
            merged.rows_read += 1;
            let labels = labels(&mut samples)?;
            let verdict = known.judge(&samples, &labels, &at)?;
            merged.note(verdict, &samples);
            if dedupe && verdict != Verdict::New {
                continue;
            }
            write_row(&mut writer, &samples, &labels, &at).with_context(|| cannot_write(path))?;
            merged.rows_written += 1;
        }
    }
    writer.flush().with_context(|| cannot_write(path))?;
    Ok(merged)
}

fn labels(samples: &mut Samples<'_>) -> Result<Rc<Labels>> {
    let (labels, known) = samples.labeller.label(&samples.row);
    if known {
        return Ok(Rc::clone(labels));
    }
    let id = &samples.row[samples.layout.run_id];
    Err(Usage::error(format!(
        "{}: run `{id}` is not in runs.csv; if its sweep was cut off, give the sweep command again to finish it",
        samples.rows.place()
    )))
}

fn write_row(
    writer: &mut csv::Writer<impl Write>,
    samples: &Samples<'_>,
    labels: &Labels,
    at: &[Option<usize>],
) -> csv::Result<()> {
    let (head, tail) = at.split_at(LABELS.len());
    debug_assert_eq!(head.len(), labels.0.len());
    labels.0.iter().try_for_each(|label| writer.write_field(label.as_bytes()))?;
    for column in tail {
        writer.write_field(column.map_or("", |at| &samples.row[at]))?;
    }
    writer.write_record(None::<&[u8]>)
}

/// How a row compares with those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// The first of its design.
    New,
    /// The same outcome again.
    Repeat,
    /// Another outcome.
    Conflict,
    /// Other metrics.
    Incomparable,
}

impl Merged {
    fn note(&mut self, verdict: Verdict, samples: &Samples<'_>) {
        match verdict {
            Verdict::New => self.unique_designs += 1,
            Verdict::Repeat => {}
            Verdict::Incomparable => self.incomparable += 1,
            Verdict::Conflict => {
                self.conflicts += 1;
                if self.conflicts_at.len() < MOST_SHOWN {
                    self.conflicts_at.push(samples.rows.place());
                }
            }
        }
    }
}

/// The outcome of a design, in brief.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Brief {
    /// Hash of which metrics there are; 0 if the design is infeasible.
    metrics: u32,
    /// Hash of their values.
    values: u32,
}

impl Brief {
    fn against(self, first: Self) -> Verdict {
        match () {
            () if self == first => Verdict::Repeat,
            () if self.metrics != first.metrics && self.metrics != 0 && first.metrics != 0 => {
                Verdict::Incomparable
            }
            () => Verdict::Conflict,
        }
    }
}

/// The designs seen so far. 96 bits of hash: ten million designs share one with a chance of 10⁻¹⁵.
struct Known {
    outcomes: HashMap<[u32; 3], Brief>,
    parameters: Vec<usize>,
    metrics: Vec<usize>,
    digest: Digest,
}

impl Known {
    fn new(columns: &Columns) -> Self {
        Self {
            outcomes: HashMap::new(),
            parameters: columns.in_group(group("d.")),
            metrics: columns.in_group(group("m.")),
            digest: Digest::default(),
        }
    }

    fn judge(&mut self, samples: &Samples<'_>, labels: &Labels, at: &[Option<usize>]) -> Result<Verdict> {
        samples.step()?;
        samples.number(samples.layout.reward)?;
        self.digest.clear();
        ["env", "env_version", "workload"].iter().for_each(|label| self.digest.text(labels.get(label)));
        for column in &self.parameters {
            if let Some(at) = at[*column] {
                self.digest.cell(*column, &samples.row[at]);
            }
        }
        let bytes = self.digest.hash::<12>();
        let word = |i: usize| u32::from_le_bytes([bytes[i], bytes[i + 1], bytes[i + 2], bytes[i + 3]]);
        let key = [word(0), word(4), word(8)];
        let brief = self.brief(samples, at)?;
        Ok(match self.outcomes.entry(key) {
            Entry::Occupied(first) => brief.against(*first.get()),
            Entry::Vacant(place) => {
                place.insert(brief);
                Verdict::New
            }
        })
    }

    fn brief(&mut self, samples: &Samples<'_>, at: &[Option<usize>]) -> Result<Brief> {
        let feasible = samples.switch(samples.layout.feasible)?;
        let present = |column: &&usize| at[**column].is_some_and(|at| !samples.row[at].is_empty());
        let columns: Vec<usize> = self.metrics.iter().filter(present).copied().collect();
        for at in columns.iter().filter_map(|column| at[*column]) {
            samples.number(at)?;
        }
        if !feasible {
            return Ok(Brief { metrics: 0, values: 0 });
        }
        // FNV-1a: the sets of metrics that meet here are few.
        let add = |hash: u32, column: &usize| (hash ^ *column as u32).wrapping_mul(0x0100_0193);
        let metrics = columns.iter().fold(0x811c_9dc5, add).max(1);
        self.digest.clear();
        for column in &columns {
            self.digest.cell(*column, at[*column].map_or("", |at| &samples.row[at]));
        }
        Ok(Brief { metrics, values: u32::from_le_bytes(self.digest.hash()) })
    }
}
