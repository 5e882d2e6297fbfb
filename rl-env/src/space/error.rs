//! What can be wrong with a space, an element or a mask: where it is, what it is, and what is allowed.

use std::fmt::Display;

/// Why a space, an element, a mask or a flat vector was refused.
///
/// ```
/// use rl_env::space::{Element, Space};
///
/// let space = Space::dict([("gear", Space::discrete(5)?)])?;
/// let error = space.check(&Element::dict([("gear", Element::Discrete(7))])).unwrap_err();
/// assert_eq!(error.to_string(), r#"element["gear"]: 7 is outside the allowed 0..=4"#);
/// # Ok::<(), rl_env::space::SpaceError>(())
/// ```
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SpaceError {
    /// The definition of a space breaks one of its invariants.
    #[error("{space} space: {problem}")]
    Definition {
        /// Kind of space.
        space: &'static str,
        /// What is wrong and what is allowed.
        problem: String,
    },
    /// A value of another kind than the space needs.
    #[error("{path}: expected {expected}, found {found}")]
    WrongKind {
        /// Where, from the outermost space.
        path: String,
        /// The kind that the space needs.
        expected: String,
        /// The kind that was given.
        found: String,
    },
    /// Too many or too few values.
    #[error("{path}: expected {expected}, found {found}")]
    WrongLength {
        /// Where, from the outermost space.
        path: String,
        /// The allowed lengths, with what is counted.
        expected: String,
        /// The length that was given.
        found: usize,
    },
    /// One value outside its range or set.
    #[error("{path}: {value} is outside the allowed {allowed}")]
    OutOfRange {
        /// Where, from the outermost space, with the index of the value.
        path: String,
        /// The value.
        value: String,
        /// Its range or set.
        allowed: String,
    },
    /// A key that the element of a `Dict` space lacks.
    #[error("{path}: key {key:?} is missing")]
    MissingKey {
        /// Where, from the outermost space.
        path: String,
        /// The key.
        key: String,
    },
    /// The space has no flat form of fixed size.
    #[error("{space} space cannot be flattened: {problem}")]
    NotFlattenable {
        /// Kind of space.
        space: &'static str,
        /// Why.
        problem: String,
    },
}

impl SpaceError {
    pub(super) fn definition(space: &'static str, problem: impl Into<String>) -> Self {
        Self::Definition { space, problem: problem.into() }
    }

    pub(super) fn kind(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self::WrongKind { path: String::new(), expected: expected.into(), found: found.into() }
    }

    pub(super) fn length(expected: impl Into<String>, found: usize) -> Self {
        Self::WrongLength { path: String::new(), expected: expected.into(), found }
    }

    pub(super) fn range(value: impl Display, allowed: impl Display) -> Self {
        Self::OutOfRange { path: String::new(), value: value.to_string(), allowed: allowed.to_string() }
    }

    /// Puts a step before the path: paths are built on the way out, so that success costs nothing.
    pub(super) fn within(mut self, step: impl Display) -> Self {
        match &mut self {
            Self::WrongKind { path, .. }
            | Self::WrongLength { path, .. }
            | Self::OutOfRange { path, .. }
            | Self::MissingKey { path, .. } => path.insert_str(0, &step.to_string()),
            Self::Definition { .. } | Self::NotFlattenable { .. } => {}
        }
        self
    }

    pub(super) fn at(self, index: usize) -> Self {
        self.within(format_args!("[{index}]"))
    }

    pub(super) fn at_key(self, key: &str) -> Self {
        self.within(format_args!("[{key:?}]"))
    }
}
