//! Designs to try: random ones, and ones at the ends of every parameter.

use crate::design::{Design, DesignSpace, Kind, Value};
use crate::seed::{Rng, Seed};

/// Draws until a design with a given value is legal.
const TRIES: usize = 64;

/// Both ends of a kind, or the shortest and the longest.
pub(super) fn ends(kind: &Kind) -> [Value; 2] {
    match kind {
        Kind::Real { low, high } | Kind::LogReal { low, high } => [Value::Real(*low), Value::Real(*high)],
        Kind::Permutation { items } => {
            let n = items.len() as u32;
            [Value::Permutation((0..n).collect()), Value::Permutation((0..n).rev().collect())]
        }
        Kind::Subset { items, min, max } => {
            let first = |count: &usize| Value::Subset((0..items.len()).map(|i| i < *count).collect());
            [first(min), first(max)]
        }
        _ => [0, u64::MAX].map(|level| kind.value_of_level(level).unwrap_or(Value::Inactive)),
    }
}

/// Legal designs with each parameter at each end, as far as a few tries find them.
pub(super) fn edges(space: &DesignSpace, rng: &mut Rng) -> Vec<Design> {
    let mut found = vec![space.first()];
    for (index, parameter) in space.parameters().iter().enumerate() {
        let moved = ends(&parameter.kind).into_iter().filter_map(|end| with_value(space, index, &end, rng));
        found.extend(moved);
    }
    found.retain(|design| space.contains(design));
    found
}

fn with_value(space: &DesignSpace, index: usize, value: &Value, rng: &mut Rng) -> Option<Design> {
    for i in 0..TRIES {
        // Samples satisfy the constraints, which some values at the end only do with others than those.
        let mut design = if i < TRIES / 2 { draw(space, rng) } else { space.sample(rng) };
        if design.is_active(index) {
            design.0[index] = value.clone();
            space.canonicalise(&mut design);
            if space.contains(&design) {
                return Some(design);
            }
        }
    }
    None
}

/// As [`DesignSpace::sample`], without a look at the constraints.
pub(super) fn draw(space: &DesignSpace, rng: &mut Rng) -> Design {
    let mut values = Vec::with_capacity(space.len());
    for (index, parameter) in space.parameters().iter().enumerate() {
        let active = space.is_active(index, &values);
        values.push(if active { parameter.kind.sample(rng) } else { Value::Inactive });
    }
    Design(values)
}

/// Designs at the edges, then random ones, `count` in all; only legal ones, always the same.
pub(super) fn assorted(space: &DesignSpace, count: usize) -> Vec<Design> {
    let mut rng = Seed(0).stream("check");
    let mut found = edges(space, &mut rng);
    let random = (found.len()..count).map(|_| space.sample(&mut rng));
    found.extend(random.filter(|design| space.contains(design)));
    found
}
