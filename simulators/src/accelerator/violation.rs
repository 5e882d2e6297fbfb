//! Why a mapping cannot run, one reason a rule.

use std::fmt;

use crate::layer::Dim;

use super::architecture::Architecture;
use super::problem::Data;

/// The first rule that a mapping breaks (Timeloop's validity, with numbers).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Violation {
    /// The factors of a dimension do not multiply to its extent.
    Factors {
        /// The dimension.
        dim: Dim,
        /// What they multiply to.
        product: u64,
        /// What they should.
        extent: u32,
    },
    /// An order that does not name every dimension once, or a split beyond it.
    Order {
        /// The level.
        level: usize,
    },
    /// Spatial loops beyond the children in a row or column.
    Fanout {
        /// The level whose children they are.
        level: usize,
        /// Rows (0, X) or columns (1, Y).
        axis: usize,
        /// Children asked for.
        used: u64,
        /// Children there.
        available: u64,
    },
    /// Kept tiles beyond the size of a level.
    Capacity {
        /// The level.
        level: usize,
        /// Words needed.
        needed: u64,
        /// Words there.
        words: u64,
    },
    /// Data that the outermost level does not keep: it would come from nowhere.
    Homeless {
        /// The data.
        data: Data,
    },
}

impl Violation {
    /// kebab-case code.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Violation::Factors { .. } => "factors-do-not-multiply",
            Violation::Order { .. } => "incomplete-order",
            Violation::Fanout { .. } => "too-few-children",
            Violation::Capacity { .. } => "tile-too-large",
            Violation::Homeless { .. } => "no-home",
        }
    }

    /// The sentence with the names of the accelerator's levels.
    #[must_use]
    pub fn describe(&self, architecture: &Architecture) -> String {
        let name = |level: usize| architecture.levels()[level].name.as_str();
        match *self {
            Violation::Factors { dim, product, extent } => {
                format!("the factors of {} multiply to {product}; its extent is {extent}", dim.name())
            }
            Violation::Order { level } => format!(
                "the orders of `{}` have to name every dimension once, and split at most after the last",
                name(level)
            ),
            Violation::Fanout { level, axis, used, available } => format!(
                "`{}` spreads over {used} children along {}; it has {available}",
                name(level),
                ["X", "Y"][axis]
            ),
            Violation::Capacity { level, needed, words } => {
                format!("`{}` would keep {needed} words; it holds {words}", name(level))
            }
            Violation::Homeless { data } => {
                format!("`{}`, the outermost level, has to keep {}", name(0), data.name())
            }
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}
