//! Files of verdicts: a matrix of 0 and 1, or designs with named verdicts.

use std::io::{BufRead, Read as _};
use std::path::Path;

use anyhow::Result;
use serde_json::Value as Json;
use sweepstake_simulators::selection::{PassMatrix, SelectionError};

use crate::traces;
use crate::usage::Usage;

/// Most bytes read, unpacked.
const MOST_BYTES: u64 = 1 << 30;
/// What columns of verdicts are called in a file of designs.
const PREFIX: &str = "v.";

/// Designs of a sweep with the verdicts of several models.
#[derive(Debug)]
pub struct DesignVerdicts {
    /// Designs × verdicts.
    pub matrix: PassMatrix,
    /// The design of each row: all cells that are no verdict.
    pub designs: Vec<String>,
    /// Names of the verdicts, without `v.`.
    pub names: Vec<String>,
}

/// Reads a matrix, plain or gzipped: CSV without header, or JSON lines, each an array of 0 and 1 or a text of them.
///
/// # Errors
/// With file and line, if it cannot be read or is no matrix of verdicts.
pub fn read_matrix(path: &Path) -> Result<PassMatrix> {
    let mut rows: Vec<Vec<bool>> = Vec::new();
    for (place, line) in traces::open(path)?.take(MOST_BYTES).lines().enumerate() {
        let at = |problem: String| located(path, place + 1, &problem);
        let line = line.map_err(|error| at(format!("cannot be read: {error}")))?;
        let text = line.trim();
        if text.is_empty() {
            continue;
        }
        let row = match text.starts_with(['[', '"', '{']) {
            true => json_row(text),
            false => text.split(',').enumerate().map(|(j, cell)| verdict(j, cell)).collect(),
        };
        let row = row.map_err(at)?;
        if let Some(first) = rows.first().filter(|first| first.len() != row.len()) {
            let problem = format!("{} verdicts; the first candidate has {}", row.len(), first.len());
            return Err(at(problem));
        }
        rows.push(row);
    }
    PassMatrix::from_rows(&rows).map_err(|error| refused(path, &error))
}

/// Reads a CSV file of designs: columns called `v.NAME` are verdicts, all others describe the design.
///
/// # Errors
/// With file and line, if it cannot be read, has no verdicts, or a verdict is neither 0 nor 1.
pub fn read_designs(path: &Path) -> Result<DesignVerdicts> {
    let mut reader = csv::Reader::from_reader(traces::open(path)?.take(MOST_BYTES));
    let unreadable = |error: csv::Error| {
        let line = error.position().map_or(1, csv::Position::line);
        located(path, line as usize, &error.to_string())
    };
    let header = reader.headers().map_err(unreadable)?.clone();
    let names: Vec<String> =
        header.iter().filter_map(|name| name.strip_prefix(PREFIX)).map(str::to_owned).collect();
    if names.is_empty() {
        let problem = "no column of verdicts; they are called v.NAME and hold 0 or 1";
        return Err(located(path, 1, problem));
    }
    if names.len() == header.len() {
        let problem = "only verdicts; the other columns have to tell designs apart";
        return Err(located(path, 1, problem));
    }
    let (mut rows, mut designs) = (Vec::new(), Vec::new());
    for record in reader.records() {
        let record = record.map_err(unreadable)?;
        let line = record.position().map_or(0, csv::Position::line) as usize;
        let (mut row, mut design) = (Vec::with_capacity(names.len()), Vec::new());
        for (name, cell) in header.iter().zip(&record) {
            match name.strip_prefix(PREFIX) {
                Some(_) => {
                    row.push(verdict(row.len(), cell).map_err(|problem| located(path, line, &problem))?)
                }
                None => design.push(cell),
            }
        }
        rows.push(row);
        // No CSV cell of a design holds the separator of units.
        designs.push(design.join("\u{1f}"));
    }
    let matrix = PassMatrix::from_rows(&rows).map_err(|error| refused(path, &error))?;
    Ok(DesignVerdicts { matrix, designs, names })
}

fn json_row(text: &str) -> Result<Vec<bool>, String> {
    let value: Json = serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?;
    match value {
        Json::Array(cells) => cells
            .iter()
            .enumerate()
            .map(|(j, cell)| match cell {
                Json::Bool(passes) => Ok(*passes),
                other => verdict(j, &other.to_string()),
            })
            .collect(),
        Json::String(cells) => {
            cells.chars().enumerate().map(|(j, cell)| verdict(j, &cell.to_string())).collect()
        }
        _ => Err("expected an array of 0 and 1, or a text of them".into()),
    }
}

fn verdict(place: usize, cell: &str) -> Result<bool, String> {
    match cell.trim() {
        "0" => Ok(false),
        "1" => Ok(true),
        other => {
            let shown: String = other.chars().take(40).collect();
            Err(format!("verdict {}: `{}` is neither 0 nor 1", place + 1, shown.escape_debug()))
        }
    }
}

fn located(path: &Path, line: usize, problem: &str) -> anyhow::Error {
    Usage::error(format!("{}:{line}: {problem}", path.display()))
}

fn refused(path: &Path, error: &SelectionError) -> anyhow::Error {
    Usage::error(format!("{}: {error}", path.display()))
}
