//! Moves: steps from one design to the next that an environment proposes because it knows what the design suffers from.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::Design;

/// A step that an environment proposes, with what made it think so.
///
/// An environment looks at a design as an engineer would: which requirement is missed most, which part of the work is
/// to blame for it, which block that part suffers from, and what can be done about the block. Agents choose.
#[derive(Debug, Clone, PartialEq)]
pub struct Move {
    /// The design that the step leads to; a design of the space.
    pub design: Design,
    /// kebab-case name of the kind of step.
    pub kind: &'static str,
    /// The metric that the step is meant to improve.
    pub metric: Cow<'static, str>,
    /// The part of the work that is to blame, as a number that stays the same from design to design.
    pub part: u32,
    /// The part's share of the metric, from 0 to 1.
    pub share: f64,
    /// The block that is changed, as a number among those of the design left.
    pub block: u32,
    /// How much the part suffers from the block; higher is more.
    pub blame: f64,
    /// Whether the step suits the situation; others are only possible.
    pub advised: bool,
}

type Propose = Arc<dyn Fn(&Design) -> Vec<Move> + Send + Sync>;

/// Gives the moves from any design of a space.
#[derive(Clone)]
pub(super) struct MoveSet(Propose);

impl MoveSet {
    pub(super) fn new(moves: impl Fn(&Design) -> Vec<Move> + Send + Sync + 'static) -> Self {
        Self(Arc::new(moves))
    }

    pub(super) fn from(&self, design: &Design) -> Vec<Move> {
        (self.0)(design)
    }
}

impl fmt::Debug for MoveSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MoveSet")
    }
}
