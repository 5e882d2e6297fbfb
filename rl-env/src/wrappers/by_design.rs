//! Randomness that belongs to a design: the same design always draws the same, in any order, on any thread.

use crate::design::Design;
use crate::problem::Problem;
use crate::seed::{Rng, Seed};

/// Hash of the design's canonical form, so that equivalent designs count as one.
pub(super) fn key(problem: &impl Problem, design: &Design) -> blake3::Hash {
    let mut bytes = Vec::new();
    problem.canonical(design).write_bytes(&mut bytes);
    blake3::hash(&bytes)
}

/// The stream called `name` of one design.
pub(super) fn stream(seed: Seed, name: &str, problem: &impl Problem, design: &Design) -> Rng {
    seed.stream(&format!("{name} {}", key(problem, design).to_hex()))
}
