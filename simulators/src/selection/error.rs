//! What can be wrong with a matrix of verdicts or a prior.

use thiserror::Error;

/// Errors of selection. Every message says what is wrong, where, and what is allowed.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum SelectionError {
    /// No rows, or rows without verdicts.
    #[error("the matrix has no {what}; it needs at least one candidate and one verdict for each")]
    Empty {
        /// `candidates` or `verdicts`.
        what: &'static str,
    },
    /// A row that is longer or shorter than the first.
    #[error("row {row} has {found} verdicts; row 1 has {expected}")]
    Ragged {
        /// Its number, from 1.
        row: usize,
        /// Its length.
        found: usize,
        /// Length of the first.
        expected: usize,
    },
    /// Something other than 0 or 1.
    #[error("row {row}, verdict {column}: `{found}` is neither 0 nor 1")]
    NotBinary {
        /// Number of the row, from 1.
        row: usize,
        /// Number of the verdict, from 1.
        column: usize,
        /// What is there.
        found: String,
    },
    /// More cells than are held.
    #[error("the matrix has {rows} x {columns} verdicts; at most {most} are held")]
    TooLarge {
        /// Candidates.
        rows: usize,
        /// Verdicts of each.
        columns: usize,
        /// Most cells.
        most: usize,
    },
    /// A prior or probability out of its range.
    #[error("`{key}`: {value} is not allowed; expected {allowed}")]
    Range {
        /// Which.
        key: &'static str,
        /// The value.
        value: f64,
        /// What is allowed.
        allowed: &'static str,
    },
    /// No strategy of that name.
    #[error("unknown strategy `{name}`; strategies: {known}")]
    UnknownStrategy {
        /// The name asked for.
        name: String,
        /// The names that exist.
        known: String,
    },
    /// A row or column asked for that is not there, or none left.
    #[error("{problem}")]
    Choice {
        /// What is wrong and what is allowed.
        problem: String,
    },
}
