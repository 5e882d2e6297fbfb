//! Files of designs through an environment.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, Result};
use rayon::prelude::*;
use rl_env::design::{Design, DesignSpace};
use rl_env::problem::{self, Outcome, Problem};

use crate::dataset::columns::{cell, number};
use crate::usage::Usage;

/// Designs evaluated at once.
const CHUNK: usize = 8192;

/// Evaluates every design of the CSV file at `path` and writes one row each, in the same order: the design,
/// `feasible`, `reason`, the metrics.
///
/// # Errors
/// For a file that cannot be read or does not fit the space, with file and line; for `out`.
pub fn evaluate_file(problem: &dyn Problem, path: &Path, out: &mut dyn Write) -> Result<()> {
    let space = problem.space();
    let (mut reader, columns) = open(problem, path)?;
    let names = space.parameters().iter().map(|p| p.name.clone());
    let metrics = problem.metrics().iter().map(|m| m.name.to_string());
    let fixed = ["feasible".to_owned(), "reason".to_owned()];
    writeln!(out, "{}", names.chain(fixed).chain(metrics).collect::<Vec<_>>().join(","))?;
    let mut records = reader.records();
    loop {
        let mut designs = Vec::with_capacity(CHUNK);
        for record in records.by_ref().take(CHUNK) {
            let record = record.map_err(|error| malformed(path, &error))?;
            designs.push(design(space, &columns, path, &record)?);
        }
        if designs.is_empty() {
            return out.flush().context("cannot write the last rows");
        }
        let outcomes: Vec<Outcome> = designs.par_iter().map(|d| problem::evaluate(problem, d)).collect();
        for (design, outcome) in designs.iter().zip(&outcomes) {
            writeln!(out, "{}", row(space, problem.metrics().len(), design, outcome))?;
        }
    }
}

/// Reads every design of the CSV file at `path`, as [`evaluate_file`] does.
///
/// # Errors
/// For a file that cannot be read or does not fit the space, with file and line.
pub fn read_designs(problem: &dyn Problem, path: &Path) -> Result<Vec<Design>> {
    let (mut reader, columns) = open(problem, path)?;
    let read = |record: csv::Result<csv::StringRecord>| {
        design(problem.space(), &columns, path, &record.map_err(|error| malformed(path, &error))?)
    };
    reader.records().map(read).collect()
}

/// The file, and for each parameter its column.
fn open(problem: &dyn Problem, path: &Path) -> Result<(csv::Reader<File>, Vec<usize>)> {
    let cannot = |error| Usage::error(format!("cannot read {}: {error}", path.display()));
    let mut reader = csv::Reader::from_reader(File::open(path).map_err(cannot)?);
    let columns = columns(problem, path, reader.headers().map_err(|error| malformed(path, &error))?)?;
    Ok((reader, columns))
}

/// For each parameter, its column in the file.
fn columns(problem: &dyn Problem, path: &Path, header: &csv::StringRecord) -> Result<Vec<usize>> {
    let space = problem.space();
    let refuse = |problem: String| Usage::error(format!("{}:1: {problem}", path.display()));
    let dataset = header.iter().any(|name| name.starts_with("d."));
    let ours = |name: &str| {
        ["feasible", "reason"].contains(&name) || problem.metrics().iter().any(|metric| metric.name == name)
    };
    for name in header.iter().map(str::trim).filter(|name| !dataset && !ours(name)) {
        space.position(name).map_err(|error| refuse(error.to_string()))?;
    }
    let position = |name: &str| -> Result<usize> {
        let full = if dataset { format!("d.{name}") } else { name.to_owned() };
        let mut found = header.iter().enumerate().filter(|(_, known)| known.trim() == full);
        match (found.next(), found.next()) {
            (Some((at, _)), None) => Ok(at),
            (Some(_), Some(_)) => Err(refuse(format!("column `{full}` is there twice"))),
            (None, _) => Err(refuse(format!("column `{full}` is missing"))),
        }
    };
    space.parameters().iter().map(|parameter| position(&parameter.name)).collect()
}

fn design(space: &DesignSpace, columns: &[usize], path: &Path, record: &csv::StringRecord) -> Result<Design> {
    let cells = columns.iter().map(|c| record.get(*c).unwrap_or_default());
    let line = record.position().map_or(0, csv::Position::line);
    space.parse(cells).map_err(|error| Usage::error(format!("{}:{line}: {error}", path.display())))
}

fn malformed(path: &Path, error: &csv::Error) -> anyhow::Error {
    let line = error.position().map_or(1, csv::Position::line);
    let problem = match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("{len} cells, but the header has {expected_len}")
        }
        csv::ErrorKind::Utf8 { .. } => "not UTF-8 text".to_owned(),
        csv::ErrorKind::Io(error) => error.to_string(),
        other => format!("{other:?}"),
    };
    Usage::error(format!("{}:{line}: {problem}", path.display()))
}

fn row(space: &DesignSpace, metrics: usize, design: &Design, outcome: &Outcome) -> String {
    let mut row = space.format(design).iter().map(|text| cell(text)).collect::<Vec<_>>().join(",");
    row.push_str(if outcome.is_feasible() { ",true," } else { ",false," });
    row.push_str(outcome.reason().unwrap_or_default());
    for index in 0..metrics {
        row.push(',');
        if let Some(values) = outcome.metrics() {
            number(values[index], &mut row);
        }
    }
    row
}
