//! Where a table of samples keeps what.

use std::path::Path;

use anyhow::Result;
use csv::StringRecord;

use super::rows::Rows;
use super::spelling::truth;
use crate::usage::Usage;

/// Columns of a table of samples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Run the sample belongs to.
    pub run_id: usize,
    /// Number of the sample within its run.
    pub step: usize,
    /// Whether the design can be built.
    pub feasible: usize,
    /// Why not.
    pub reason: usize,
    /// What the objective makes of it.
    pub reward: usize,
    /// Whether the outcome was known already.
    pub cached: usize,
    /// Parameters (`d.*`): column and name.
    pub parameters: Vec<(usize, String)>,
    /// Metrics (`m.*`): column and name.
    pub metrics: Vec<(usize, String)>,
}

impl Layout {
    /// The layout of a header.
    ///
    /// # Errors
    /// If a column is missing without which a table holds no samples.
    pub fn of(header: &[String], path: &Path) -> Result<Self> {
        let column = |name: &str| {
            let missing = || {
                let advice = "tables of samples are written by `sweepstake sweep` as samples/<env>.csv";
                Usage::error(format!("{}:1: column `{name}` is missing ({advice})", path.display()))
            };
            header.iter().position(|known| known == name).ok_or_else(missing)
        };
        let prefixed = |prefix: &str| {
            let named = |(i, name): (usize, &String)| Some((i, name.strip_prefix(prefix)?.to_owned()));
            header.iter().enumerate().filter_map(named).collect()
        };
        Ok(Self {
            run_id: column("run_id")?,
            step: column("step")?,
            feasible: column("feasible")?,
            reason: column("reason")?,
            reward: column("reward")?,
            cached: column("cached")?,
            parameters: prefixed("d."),
            metrics: prefixed("m."),
        })
    }

    /// Reads the switch in column `at`.
    ///
    /// # Errors
    /// If it is neither true nor false.
    pub fn switch(rows: &dyn Rows, row: &StringRecord, at: usize) -> Result<bool> {
        truth(&row[at]).ok_or_else(|| bad(rows, row, at, "neither true nor false"))
    }

    /// Reads the number in column `at`; an empty cell is none.
    ///
    /// # Errors
    /// If it is not a number.
    pub fn number(rows: &dyn Rows, row: &StringRecord, at: usize) -> Result<Option<f64>> {
        match &row[at] {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| bad(rows, row, at, "not a number")),
        }
    }

    /// Checks that column `at` counts something.
    ///
    /// # Errors
    /// If it is not a whole number.
    pub fn count(rows: &dyn Rows, row: &StringRecord, at: usize) -> Result<u64> {
        row[at].parse().map_err(|_| bad(rows, row, at, "not a whole number"))
    }
}

/// The error for a cell that its column does not allow.
pub(super) fn bad(rows: &dyn Rows, row: &StringRecord, at: usize, problem: &str) -> anyhow::Error {
    let name = rows.header().get(at).map_or("?", String::as_str);
    Usage::error(format!("{}: `{name}` is {problem}: `{}`", rows.place(), excerpt(&row[at])))
}

/// At most the first 60 characters, so that messages stay on one line.
fn excerpt(text: &str) -> String {
    let end = text.char_indices().nth(60).map_or(text.len(), |(at, _)| at);
    let more = if end < text.len() { "…" } else { "" };
    format!("{}{more}", text[..end].escape_debug())
}
