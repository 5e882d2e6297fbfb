//! Recorded runs of public simulators and methods, replayed through ours and compared.

pub mod b4;
pub mod commands;
pub mod dramsim3;
pub mod dramsys;
pub mod farsi;
pub mod maestro;
pub mod ramulator2;
pub mod recorded_traces;
pub mod scalesim;
pub mod table;
mod tally;
pub mod timeloop;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;

pub use tally::{Agreement, Column, Measure, Tally};

/// Where the recorded runs are.
#[derive(Debug, Clone)]
pub struct Sources {
    /// The runs: a CSV file, or JSON lines for FARSI, plain or gzipped.
    pub reference: PathBuf,
    /// Folder of the memory traces that the runs name.
    pub traces: PathBuf,
    /// Folder of recorded command traces, with their `index.csv`.
    pub commands: Option<PathBuf>,
}

/// How far a simulator of ours agrees with recorded runs.
#[derive(Debug, Clone, Serialize)]
pub struct Validation {
    /// The simulator that was recorded.
    pub reference: &'static str,
    /// Recorded runs in the file.
    pub rows: u64,
    /// Runs compared in at least one column.
    pub compared: u64,
    /// Runs equal in every compared column, to the last digit printed.
    pub exact: u64,
    /// Agreement of each column.
    pub columns: BTreeMap<&'static str, Agreement>,
    /// Why runs, or columns of them, were not compared, and how often.
    pub skipped: BTreeMap<String, u64>,
    /// Simulations a second on one thread; none if nothing was simulated.
    pub evaluations_per_second: Option<f64>,
    /// The columns, described.
    #[serde(skip)]
    pub described: &'static [Column],
    /// Agreement by class of runs: rows, rows exact in every column, and agreement of each column.
    #[serde(skip)]
    pub classes: BTreeMap<String, Class>,
}

/// Agreement of one class of runs.
#[derive(Debug, Clone, Default)]
pub struct Class {
    /// Runs compared.
    pub rows: u64,
    /// Runs equal in every compared column.
    pub exact: u64,
    /// Agreement of each column.
    pub columns: BTreeMap<&'static str, Agreement>,
}
