//! What can be wrong with data, checkpoints and requests.

use thiserror::Error;

/// A broken input, with where it is and what is allowed.
#[derive(Debug, Error)]
pub enum Error {
    /// A file of images or labels is not what it should be.
    #[error("{what}: {problem}")]
    Data {
        /// The file or part.
        what: String,
        /// What is wrong, and what is allowed.
        problem: String,
    },
    /// A checkpoint cannot be read, or belongs to another network.
    #[error("checkpoint {what}: {problem}")]
    Checkpoint {
        /// The file or tensor.
        what: String,
        /// What is wrong, and what is allowed.
        problem: String,
    },
    /// A device that there is none of, in this build or on this machine.
    #[error("device {name}: {problem}")]
    Device {
        /// Its name.
        name: String,
        /// What is wrong, and what can be done.
        problem: String,
    },
    /// A number outside its range.
    #[error("{what} is {given}: {allowed}")]
    Range {
        /// Which number.
        what: &'static str,
        /// What was given.
        given: String,
        /// What is allowed.
        allowed: String,
    },
}

impl Error {
    pub(crate) fn data(what: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Data { what: what.into(), problem: problem.into() }
    }

    pub(crate) fn checkpoint(what: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Checkpoint { what: what.into(), problem: problem.into() }
    }

    pub(crate) fn device(name: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Device { name: name.into(), problem: problem.into() }
    }

    pub(crate) fn range(what: &'static str, given: impl ToString, allowed: impl Into<String>) -> Self {
        Self::Range { what, given: given.to_string(), allowed: allowed.into() }
    }
}
