//! What can be wrong with a mapping, a layer or a file of them.

use thiserror::Error;

/// Errors of the dataflow model. Every message says what is wrong and what is allowed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DataflowError {
    /// A size out of range.
    #[error("{what} is {value}; allowed: {allowed}")]
    OutOfRange {
        /// What it is.
        what: String,
        /// The value given.
        value: i64,
        /// The values allowed.
        allowed: String,
    },
    /// A mapping that makes no sense.
    #[error("cluster level {level}: {problem}")]
    Mapping {
        /// The level, outermost 0.
        level: usize,
        /// What is wrong and what is allowed.
        problem: String,
    },
    /// Counts that do not fit 64 bits.
    #[error("the counts of {quantity} do not fit 64 bits; make tiles or layer smaller")]
    Overflow {
        /// What is counted.
        quantity: &'static str,
    },
    /// A mapping under which the array has nothing to do, which ends the original with a division by zero.
    #[error("the innermost clusters have no work; tiles of outputs must not be empty")]
    NoWork,
    /// A line of a mapping file.
    #[error("mapping, line {line}: {problem}")]
    File {
        /// Line number, from 1.
        line: usize,
        /// What is wrong and what is allowed.
        problem: String,
    },
}

impl DataflowError {
    pub(super) fn mapping(level: usize, problem: impl Into<String>) -> DataflowError {
        DataflowError::Mapping { level, problem: problem.into() }
    }

    pub(super) fn within(what: &str, value: i64, most: i64) -> Result<(), DataflowError> {
        if (1..=most).contains(&value) {
            return Ok(());
        }
        Err(DataflowError::OutOfRange { what: what.to_owned(), value, allowed: format!("1 to {most}") })
    }
}
