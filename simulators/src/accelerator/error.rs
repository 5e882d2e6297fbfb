//! What can be wrong with an accelerator, a layer or a mapping file, apart from mappings that do not fit.

use thiserror::Error;

use crate::layer::LayerError;

/// Errors of the accelerator model. Every message says what is wrong, where, and what is allowed.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum AcceleratorError {
    /// A number of levels that cannot be modelled.
    #[error("{levels} storage levels; allowed: 1 to {limit}")]
    Levels {
        /// Levels given.
        levels: usize,
        /// Most levels.
        limit: usize,
    },
    /// An attribute of a level out of range.
    #[error("level `{level}`: `{attribute}` is {value}; allowed: {allowed}")]
    OutOfRange {
        /// The level.
        level: String,
        /// The attribute.
        attribute: &'static str,
        /// The value given.
        value: String,
        /// The values allowed.
        allowed: String,
    },
    /// A layer that is not sound.
    #[error(transparent)]
    Layer(#[from] LayerError),
    /// A description that cannot be read.
    #[error("{place}: {problem}")]
    Description {
        /// Where.
        place: String,
        /// What is wrong and what is allowed.
        problem: String,
    },
}

impl AcceleratorError {
    pub(crate) fn out_of_range(
        level: &str,
        attribute: &'static str,
        value: impl std::fmt::Display,
        allowed: impl std::fmt::Display,
    ) -> AcceleratorError {
        let (level, value, allowed) = (level.to_owned(), value.to_string(), allowed.to_string());
        AcceleratorError::OutOfRange { level, attribute, value, allowed }
    }

    pub(crate) fn description(
        place: impl std::fmt::Display,
        problem: impl std::fmt::Display,
    ) -> AcceleratorError {
        AcceleratorError::Description { place: place.to_string(), problem: problem.to_string() }
    }
}
