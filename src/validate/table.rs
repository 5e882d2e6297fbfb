//! A file of recorded runs: one row a run, read by the names of its columns.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::traces;
use crate::usage::Usage;

/// Most rows read.
const MOST_ROWS: usize = 1_000_000;

/// Most bytes read, unpacked.
const MOST_BYTES: u64 = 1 << 30;

/// Recorded runs of a simulator.
#[derive(Debug)]
pub struct Table {
    path: PathBuf,
    header: csv::StringRecord,
    rows: Vec<csv::StringRecord>,
}

impl Table {
    /// Reads a CSV file, plain or gzipped, that has to have `columns`.
    ///
    /// # Errors
    /// With file and line, if it cannot be read or lacks a column.
    pub fn read(path: &Path, columns: &[&str]) -> Result<Self> {
        let mut reader = csv::Reader::from_reader(traces::open(path)?.take(MOST_BYTES));
        let header = reader.headers().map_err(|error| unreadable(path, 1, &error))?.clone();
        if let Some(missing) = columns.iter().find(|name| !header.iter().any(|known| known == **name)) {
            let problem = format!("no column `{missing}`; needed: {}", columns.join(", "));
            return Err(Usage::error(format!("{}:1: {problem}", path.display())));
        }
        let mut rows: Vec<csv::StringRecord> = Vec::new();
        for record in reader.records() {
            let next = rows.last().and_then(|row| row.position()).map_or(2, |at| at.line() + 1);
            rows.push(record.map_err(|error| unreadable(path, next, &error))?);
            if rows.len() > MOST_ROWS {
                return Err(Usage::error(format!(
                    "{}: more than {MOST_ROWS} rows; split it",
                    path.display()
                )));
            }
        }
        if rows.is_empty() {
            return Err(Usage::error(format!("{}: no rows after the header", path.display())));
        }
        Ok(Self { path: path.to_owned(), header, rows })
    }

    /// Its rows.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|cells| Row { table: self, cells })
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Never true: a table has at least one row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

fn unreadable(path: &Path, line: u64, error: &csv::Error) -> anyhow::Error {
    let line = error.position().map_or(line, csv::Position::line).max(1);
    let problem = match error.kind() {
        csv::ErrorKind::Io(error) => format!("cannot be read: {error}"),
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("{len} columns; the header has {expected_len}")
        }
        csv::ErrorKind::Utf8 { .. } => "not UTF-8 text".to_owned(),
        _ => error.to_string(),
    };
    Usage::error(format!("{}:{line}: {problem}", path.display()))
}

/// One recorded run.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    table: &'a Table,
    cells: &'a csv::StringRecord,
}

impl<'a> Row<'a> {
    /// The cell of the first column of that name; empty where there is none.
    pub fn get(&self, column: &str) -> &'a str {
        let place = self.table.header.iter().position(|known| known == column);
        place.and_then(|place| self.cells.get(place)).unwrap_or_default()
    }

    /// The cell as a number; none where it is empty.
    ///
    /// # Errors
    /// If it is no finite number.
    pub fn number(&self, column: &str) -> Result<Option<f64>> {
        let text = self.get(column);
        if text.is_empty() {
            return Ok(None);
        }
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Some(number)),
            _ => Err(self.error(format!("{column}: `{text}` is not a finite number"))),
        }
    }

    /// An error about this row, as `file:line: problem`.
    pub fn error(&self, problem: impl std::fmt::Display) -> anyhow::Error {
        let line = self.cells.position().map_or(0, csv::Position::line);
        Usage::error(format!("{}:{line}: {problem}", self.table.path.display()))
    }
}
