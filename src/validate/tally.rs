//! Adding up how far recorded and simulated values agree.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::{Class, Validation};

/// A compared column.
#[derive(Debug)]
pub struct Column {
    /// Its name in the recorded runs.
    pub name: &'static str,
    /// Largest difference that rounding of the printed value explains.
    pub precision: f64,
    /// Relative difference aimed at; 0 where the value has to be exact.
    pub target: f64,
    /// What is compared, and why it is comparable.
    pub why: &'static str,
}

/// A recorded value and ours.
#[derive(Debug)]
pub struct Measure {
    /// The column.
    pub column: &'static str,
    /// The recorded value.
    pub recorded: f64,
    /// Our value, in the same unit.
    pub ours: f64,
}

/// Agreement of one column.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Agreement {
    /// Values compared.
    pub compared: u64,
    /// Values equal to the last digit printed.
    pub exact: u64,
    /// Values within the relative difference aimed at.
    pub within_target: u64,
    /// The relative difference aimed at; 0 means exact.
    pub target: f64,
    /// Largest relative difference; values equal to the last digit printed count as 0.
    pub max_relative_error: f64,
    /// Mean relative difference.
    pub mean_relative_error: f64,
}

impl Agreement {
    /// Takes in one value; says whether it is equal to the last digit printed.
    fn add(&mut self, column: &Column, recorded: f64, ours: f64) -> bool {
        let difference = (recorded - ours).abs();
        // The sums of a run are rounded too, in the last of their sixteen digits.
        let exact = difference <= column.precision + 1e-12 * recorded.abs();
        let scale = recorded.abs().max(column.precision);
        let error = if exact { 0.0 } else { difference / scale };
        self.compared += 1;
        self.exact += u64::from(exact);
        self.target = column.target;
        self.within_target += u64::from(error <= column.target);
        self.max_relative_error = self.max_relative_error.max(error);
        self.mean_relative_error += (error - self.mean_relative_error) / self.compared as f64;
        exact
    }
}

/// Agreement so far.
#[derive(Debug)]
pub struct Tally {
    validation: Validation,
    simulations: u32,
    simulating: Duration,
}

impl Tally {
    /// Nothing compared yet.
    pub fn new(reference: &'static str, rows: usize, described: &'static [Column]) -> Self {
        let validation = Validation {
            reference,
            rows: rows as u64,
            compared: 0,
            exact: 0,
            columns: BTreeMap::new(),
            skipped: BTreeMap::new(),
            evaluations_per_second: None,
            described,
            classes: BTreeMap::new(),
        };
        Self { validation, simulations: 0, simulating: Duration::ZERO }
    }

    /// Takes in a run of a class. Columns that are not described are ignored.
    pub fn add(&mut self, class: &str, measures: &[Measure]) {
        let row = self.validation.classes.entry(class.to_owned()).or_default();
        let Some(exact) = record(row, &mut self.validation.columns, self.validation.described, measures)
        else {
            return;
        };
        row.rows += 1;
        row.exact += u64::from(exact);
        self.validation.compared += 1;
        self.validation.exact += u64::from(exact);
    }

    /// Takes in values that belong to no run.
    pub fn add_apart(&mut self, class: &str, measures: &[Measure]) {
        let row = self.validation.classes.entry(class.to_owned()).or_default();
        record(row, &mut self.validation.columns, self.validation.described, measures);
    }

    /// Counts something that was not compared.
    pub fn skip(&mut self, reason: impl Into<String>) {
        *self.validation.skipped.entry(reason.into()).or_default() += 1;
    }

    /// Does a simulation on the clock.
    pub fn timed<T>(&mut self, simulation: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = simulation();
        self.simulating += start.elapsed();
        self.simulations += 1;
        result
    }

    /// The sum of it.
    pub fn finish(mut self) -> Validation {
        let seconds = self.simulating.as_secs_f64();
        self.validation.evaluations_per_second =
            (seconds > 0.0).then(|| f64::from(self.simulations) / seconds);
        self.validation
    }
}

/// Whether all measures are exact; none without measures.
fn record(
    row: &mut Class,
    columns: &mut BTreeMap<&'static str, Agreement>,
    described: &'static [Column],
    measures: &[Measure],
) -> Option<bool> {
    let mut all = None;
    for measure in measures {
        let Some(column) = described.iter().find(|column| column.name == measure.column) else { continue };
        let (recorded, ours) = (measure.recorded, measure.ours);
        row.columns.entry(column.name).or_default().add(column, recorded, ours);
        let exact = columns.entry(column.name).or_default().add(column, recorded, ours);
        all = Some(all.unwrap_or(true) && exact);
    }
    all
}
