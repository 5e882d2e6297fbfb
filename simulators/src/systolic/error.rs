//! What can be wrong with an array, a layer or a file of layers.

use thiserror::Error;

/// Errors of systolic arrays. Every message says what is wrong and what is allowed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SystolicError {
    /// A size out of range.
    #[error("`{parameter}` is {value}; allowed: {allowed}")]
    OutOfRange {
        /// What it is called.
        parameter: &'static str,
        /// The value given.
        value: u64,
        /// The values allowed.
        allowed: String,
    },
    /// A layer of more work or words than can be counted.
    #[error("the layer has {quantity} beyond {limit}; make it smaller")]
    TooLarge {
        /// What there is too much of.
        quantity: &'static str,
        /// Most of it.
        limit: u64,
    },
    /// A buffer that would wait forever for a word, as the original does.
    #[error(
        "live-lock: the {operand} buffer never holds word {word}, which line {line} needs; \
         make the buffer or the layer larger"
    )]
    LiveLock {
        /// Whose buffer.
        operand: &'static str,
        /// The word.
        word: u32,
        /// The line that asks for it, from 0.
        line: i64,
    },
    /// A line of a topology file that is no layer.
    #[error("topology, line {line}: {problem}")]
    File {
        /// Line number, from 1.
        line: usize,
        /// What is wrong and what is allowed.
        problem: String,
    },
}

impl SystolicError {
    pub(super) fn file(line: usize, problem: impl Into<String>) -> SystolicError {
        SystolicError::File { line, problem: problem.into() }
    }
}

/// The value, if it is within 1 and `most`.
pub(super) fn within(parameter: &'static str, value: u64, most: u64) -> Result<u64, SystolicError> {
    if (1..=most).contains(&value) {
        return Ok(value);
    }
    Err(SystolicError::OutOfRange { parameter, value, allowed: format!("1 to {most}") })
}
