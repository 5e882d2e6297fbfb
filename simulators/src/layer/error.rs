//! What can be wrong with a layer.

use thiserror::Error;

use super::DIMS;

/// Errors of layers. Every message says what is wrong and what is allowed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LayerError {
    /// A dimension, stride or dilation out of range.
    #[error("`{parameter}` is {value}; allowed: {allowed}")]
    OutOfRange {
        /// What it is called.
        parameter: &'static str,
        /// The value given.
        value: u32,
        /// The values allowed.
        allowed: String,
    },
    /// More work than can be counted.
    #[error(
        "the dimensions {extents:?} (N M C P Q R S) multiply to more than {limit}; make the layer smaller"
    )]
    TooLarge {
        /// The trip counts.
        extents: [u32; DIMS],
        /// Most multiply-accumulates.
        limit: u64,
    },
    /// A line of a file that is no layer.
    #[error("layers, line {line}: {problem}")]
    File {
        /// Line number, from 1.
        line: usize,
        /// What is wrong and what is allowed.
        problem: String,
    },
    /// No network of that name.
    #[error("unknown network `{name}`; known networks: {allowed}")]
    UnknownNetwork {
        /// The name asked for.
        name: String,
        /// The names that exist.
        allowed: String,
    },
}

impl LayerError {
    pub(super) fn out_of_range(
        parameter: &'static str,
        value: u32,
        allowed: impl Into<String>,
    ) -> LayerError {
        LayerError::OutOfRange { parameter, value, allowed: allowed.into() }
    }

    pub(super) fn file(line: usize, problem: impl Into<String>) -> LayerError {
        LayerError::File { line, problem: problem.into() }
    }
}
