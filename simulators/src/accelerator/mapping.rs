//! A mapping: which loops run at which level, in which order, and what each level keeps.

use crate::layer::{DIMS, Dim, Layer};

use super::architecture::MOST_LEVELS;
use super::problem::{DATA, Data};

/// Loops of one level: a factor of every dimension, and an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Loops {
    /// Trip counts of [`Dim::ALL`].
    pub factors: [u32; DIMS],
    /// Every dimension once, the innermost loop first.
    pub order: [Dim; DIMS],
}

impl Default for Loops {
    fn default() -> Self {
        Loops { factors: [1; DIMS], order: Dim::ALL }
    }
}

impl Loops {
    /// The loops with more than one iteration, innermost first.
    pub fn nontrivial(&self) -> impl DoubleEndedIterator<Item = (Dim, u32)> + '_ {
        self.order.iter().map(|dim| (*dim, self.factors[*dim as usize])).filter(|(_, factor)| *factor != 1)
    }
}

/// Loops and keeping of every level, outermost first. Entries beyond the levels of the accelerator mean nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mapping {
    /// Loops over time at each level.
    pub temporal: [Loops; MOST_LEVELS],
    /// Loops over the children of one instance of each level, inside its loops over time.
    pub spatial: [Loops; MOST_LEVELS],
    /// How many of the dimensions of a spatial order, from the innermost, run along a row; the rest run along a column.
    pub split: [u8; MOST_LEVELS],
    /// Whether a level keeps each kind of data of [`Data::ALL`], or passes it by.
    pub keep: [[bool; DATA]; MOST_LEVELS],
}

impl Default for Mapping {
    fn default() -> Self {
        Mapping {
            temporal: [Loops::default(); MOST_LEVELS],
            spatial: [Loops::default(); MOST_LEVELS],
            split: [0; MOST_LEVELS],
            keep: [[true; DATA]; MOST_LEVELS],
        }
    }
}

impl Mapping {
    /// The mapping that does everything in loops over time at the outermost level.
    #[must_use]
    pub fn outermost(layer: &Layer) -> Mapping {
        let mut mapping = Mapping::default();
        mapping.temporal[0].factors = layer.extents;
        mapping
    }

    /// Whether a level keeps a kind of data.
    #[must_use]
    pub fn keeps(&self, level: usize, data: Data) -> bool {
        self.keep[level][data as usize]
    }
}
