//! Mutation and crossover: what a child is made of.

use rl_env::seed::Rng;

use super::{Config, Crossing, Member, Variant};
use crate::parts::point::Axis;

/// The points that a child is made of.
pub(super) struct Donors<'a> {
    pub(super) parent: &'a [f64],
    /// What is moved.
    pub(super) base: &'a [f64],
    /// What it is moved towards.
    pub(super) goal: &'a [f64],
    /// The difference: from the second to the first.
    pub(super) pair: [&'a [f64]; 2],
}

impl<'a> Donors<'a> {
    /// Random donors for a child of `parent`, all different where the population is large enough.
    pub(super) fn draw(
        config: &Config,
        population: &'a [Member],
        archive: &'a [Vec<f64>],
        parent: usize,
        rng: &mut Rng,
    ) -> Self {
        let point = |i: usize| match population.get(i) {
            Some(member) => member.point.as_slice(),
            None => archive[i - population.len()].as_slice(),
        };
        let count = population.len();
        let first = other(count, &[parent], rng);
        let second = other(count + archive.len(), &[parent, first], rng);
        let own = point(parent);
        let (base, goal) = match config.variant {
            Variant::Rand => {
                let base = point(other(count, &[parent, first, second], rng));
                (base, base)
            }
            Variant::Best => (point(0), point(0)),
            Variant::CurrentToPbest => {
                let best = ((config.pbest * count as f64).round() as usize).clamp(2, count.max(2));
                (own, point(rng.index(best.min(count))))
            }
        };
        Self { parent: own, base, goal, pair: [point(first), point(second)] }
    }

    /// One coordinate of the moved point.
    pub(super) fn mutant(&self, axis: Axis, i: usize, scale: f64, rng: &mut Rng) -> f64 {
        let (base, goal, [plus, minus]) = (self.base[i], self.goal[i], [self.pair[0][i], self.pair[1][i]]);
        match axis {
            Axis::Ordered => {
                let moved = base + scale * (goal - base) + scale * (plus - minus);
                // Halfway from the parent to the bound that was passed (JADE).
                if moved < 0.0 {
                    0.5 * self.parent[i]
                } else if moved > 1.0 {
                    0.5 * (1.0 + self.parent[i])
                } else {
                    moved
                }
            }
            Axis::Nominal(levels) => {
                let level = |u: f64| Axis::level(levels, u);
                let base = if level(goal) != level(base) && rng.chance(scale) { goal } else { base };
                if level(plus) != level(minus) && rng.chance(scale) { plus } else { base }
            }
        }
    }
}

/// A random index below `count` that is none of `taken`; where that leaves nothing, any.
fn other(count: usize, taken: &[usize], rng: &mut Rng) -> usize {
    let free = (0..count).filter(|i| !taken.contains(i));
    let pick = rng.index(free.clone().count());
    free.clone().nth(pick).unwrap_or(0)
}

/// Which coordinates a child takes from the moved point.
pub(super) fn crossed(crossing: Crossing, dimensions: usize, rate: f64, rng: &mut Rng) -> Vec<bool> {
    let certain = rng.index(dimensions);
    match crossing {
        Crossing::Binomial => (0..dimensions).map(|i| rng.chance(rate) || i == certain).collect(),
        Crossing::Exponential => {
            let mut crossed = vec![false; dimensions];
            for step in 0..dimensions {
                crossed[(certain + step) % dimensions] = true;
                if !rng.chance(rate) {
                    break;
                }
            }
            crossed
        }
    }
}
