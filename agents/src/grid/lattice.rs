//! One grid: how many designs it has, and which is which.

use std::sync::Arc;

use libm::{exp, log};
use rl_env::Error;
use rl_env::design::{Design, DesignSpace, Kind, Value};
use rl_env::seed::{Rng, Seed};

/// The last stage: gaps of 2⁻⁴⁰ of the first.
pub(super) const FINEST: u32 = 40;
/// Values of a parameter that others depend on which are looked at one by one.
const LOOKED_AT: u64 = 4096;
/// Most designs of a grid that are ranked.
const MOST_RANKED: u128 = 1 << 126;

/// The points of one parameter.
#[derive(Debug)]
struct Axis {
    /// How many; evenly spaced over all values.
    points: u64,
    /// How many there were in the grid before, each of them among these; 0 in the first grid.
    before: u64,
    /// Number of values; `None` for reals and for orders and subsets beyond 128 bits.
    all: Option<u128>,
    /// Parameters that depend on this one.
    children: Vec<usize>,
    /// Points at which some of them matter, in order, where there are few enough points to look.
    forks: Option<Vec<Fork>>,
    /// Designs of this parameter and all that depend on it; `None` beyond 128 bits.
    count: Option<u128>,
}

/// A point at which other parameters matter.
#[derive(Debug)]
struct Fork {
    point: u64,
    active: Vec<usize>,
    count: Option<u128>,
}

/// A grid over a space.
pub(super) struct Lattice {
    space: Arc<DesignSpace>,
    seed: Seed,
    axes: Vec<Axis>,
    /// Parameters that depend on no other.
    roots: Vec<usize>,
    count: Option<u128>,
}

impl Lattice {
    /// The grid of `resolution` points per parameter, its gaps halved `stage` times.
    pub(super) fn new(
        space: &Arc<DesignSpace>,
        resolution: u64,
        stage: u32,
        seed: Seed,
    ) -> Result<Self, Error> {
        let points = |kind: &Kind, stage: u32| {
            let spaced = ((resolution.max(2) - 1) << stage) + 1;
            match (kind, kind.cardinality()) {
                (Kind::Bool | Kind::Choice { .. }, Some(all)) => all as u64,
                (_, Some(all)) => all.min(u128::from(spaced)) as u64,
                (_, None) => spaced,
            }
        };
        let axis = |kind: &Kind| Axis {
            points: points(kind, stage),
            before: stage.checked_sub(1).map_or(0, |before| points(kind, before)),
            all: kind.cardinality(),
            children: Vec::new(),
            forks: None,
            count: None,
        };
        let axes = space.parameters().iter().map(|parameter| axis(&parameter.kind)).collect();
        let mut lattice = Self { space: space.clone(), seed, axes, roots: Vec::new(), count: None };
        lattice.link()?;
        // Children come after what they depend on, so that backwards all counts are known when needed.
        (0..lattice.axes.len()).rev().for_each(|index| lattice.tally(index));
        let ranked = |count: &u128| *count <= MOST_RANKED;
        lattice.count = product(lattice.roots.iter().map(|root| lattice.axes[*root].count)).filter(ranked);
        Ok(lattice)
    }

    fn link(&mut self) -> Result<(), Error> {
        for (index, parameter) in self.space.parameters().iter().enumerate() {
            match &parameter.condition {
                None => self.roots.push(index),
                Some(condition) => {
                    let parent = self.space.position(&condition.parameter)?;
                    self.axes[parent].children.push(index);
                }
            }
        }
        Ok(())
    }

    /// Counts the designs of a parameter with all that depend on it.
    fn tally(&mut self, index: usize) {
        let axis = &self.axes[index];
        let counts = |children: &[usize]| product(children.iter().map(|child| self.axes[*child].count));
        if axis.points > LOOKED_AT && !axis.children.is_empty() {
            // Too many to look at: counted as if all mattered; `design` leaves out what does not.
            self.axes[index].count =
                product([Some(u128::from(axis.points)), counts(&axis.children)].into_iter());
            return;
        }
        let mut values = vec![Value::Inactive; index + 1];
        let mut forks = Vec::new();
        for point in (0..axis.points).filter(|_| !axis.children.is_empty()) {
            values[index] = self.value(index, point);
            let matters = |child: &&usize| self.space.is_active(**child, &values);
            let active: Vec<usize> = axis.children.iter().filter(matters).copied().collect();
            if !active.is_empty() {
                let count = counts(&active);
                forks.push(Fork { point, active, count });
            }
        }
        let plain = Some(u128::from(axis.points) - forks.len() as u128);
        let count = forks.iter().map(|fork| fork.count).fold(plain, |sum, count| sum?.checked_add(count?));
        self.axes[index].count = count;
        self.axes[index].forks = Some(forks);
    }

    /// Ranks of the grid, of which those that repeat a design of it or of the grid before have none of their own;
    /// `None` if there are too many to rank.
    pub(super) fn count(&self) -> Option<u128> {
        self.count
    }

    /// Whether the grid has every design of the space.
    pub(super) fn is_whole(&self) -> bool {
        self.axes.iter().all(|axis| axis.all == Some(u128::from(axis.points)))
    }

    /// The design of a rank; `None` if it occurred before.
    pub(super) fn design(&self, mut rank: u128) -> Option<Design> {
        let mut points = vec![None; self.axes.len()];
        self.roots.iter().for_each(|root| self.split(&mut rank, *root, &mut points));
        self.assemble(
            |index| points[index].unwrap_or(0),
            |index| points[index].is_some_and(|point| point > 0),
        )
    }

    /// A random design; `None` if it occurred in the grid before.
    pub(super) fn draw(&self, rng: &mut Rng) -> Option<Design> {
        self.assemble(|index| rng.below(self.axes[index].points), |_| false)
    }

    /// The points of a parameter and of those that depend on it; takes them off the rank.
    fn split(&self, rank: &mut u128, index: usize, points: &mut [Option<u64>]) {
        let axis = &self.axes[index];
        let mut here = take(rank, axis.count);
        let Some(forks) = &axis.forks else {
            points[index] = Some(take(&mut here, Some(u128::from(axis.points))) as u64);
            axis.children.iter().for_each(|child| self.split(&mut here, *child, points));
            return;
        };
        let plain = u128::from(axis.points) - forks.len() as u128;
        if here < plain {
            // The `here`-th point that is no fork.
            let passed = |point, fork: &Fork| point + u64::from(fork.point <= point);
            points[index] = Some(forks.iter().fold(here as u64, passed));
            return;
        }
        here -= plain;
        for fork in forks {
            let count = fork.count.unwrap_or(0);
            if here < count {
                points[index] = Some(fork.point);
                fork.active.iter().for_each(|child| self.split(&mut here, *child, points));
                return;
            }
            here -= count;
        }
    }

    /// The design at one point of each parameter that matters; `None` if it was in the grid before, or if a parameter
    /// that does not matter was moved from its first point, which is a repeat.
    fn assemble(&self, mut point: impl FnMut(usize) -> u64, moved: impl Fn(usize) -> bool) -> Option<Design> {
        let mut values = Vec::with_capacity(self.axes.len());
        let mut old = true;
        for index in 0..self.axes.len() {
            if self.space.is_active(index, &values) {
                let point = point(index);
                old &= self.is_old(index, point);
                values.push(self.value(index, point));
            } else if moved(index) {
                return None;
            } else {
                values.push(Value::Inactive);
            }
        }
        (!old).then_some(Design(values))
    }

    /// Whether the grid before had the point.
    fn is_old(&self, index: usize, point: u64) -> bool {
        let Axis { points, before, .. } = self.axes[index];
        match before {
            0 => false,
            _ if before == points => true,
            _ if points == 2 * before - 1 => point.is_multiple_of(2),
            // All values now, evenly spaced ones before: the nearest of those is it or not.
            _ => {
                let nearest = spaced(u128::from(point), u128::from(points - 1), u128::from(before - 1));
                let near = nearest.saturating_sub(1)..=nearest + 1;
                let level = |at| spaced(at, u128::from(before - 1), u128::from(points - 1));
                near.into_iter().any(|at| at < u128::from(before) && level(at) == u128::from(point))
            }
        }
    }

    fn value(&self, index: usize, point: u64) -> Value {
        let axis = &self.axes[index];
        let kind = &self.space.parameters()[index].kind;
        if let Some(all) = axis.all {
            let rank = match axis.points {
                1 => 0,
                points => spaced(u128::from(point), u128::from(points - 1), all - 1),
            };
            return kind.value_of_rank(rank).unwrap_or_else(|| kind.first());
        }
        let share = point as f64 / (axis.points - 1) as f64;
        match kind {
            Kind::Real { low, high } => Value::Real((low + share * (high - low)).clamp(*low, *high)),
            Kind::LogReal { low, high } => {
                let x = exp(log(*low) + share * (log(*high) - log(*low)));
                Value::Real(x.clamp(*low, *high))
            }
            // More orders than numbers to count them: each point is one of them at random.
            kind => {
                // The same in every later grid: points double, places stay.
                let place = share.to_bits();
                kind.sample(&mut self.seed.child("place", place).stream(&self.space.parameters()[index].name))
            }
        }
    }
}

/// The number at `point` of the evenly spaced points `0..=last` over `0..=end`, rounded half up, without overflow.
fn spaced(point: u128, last: u128, end: u128) -> u128 {
    let (whole, rest) = (end / last, end % last);
    point * whole + (2 * point * rest + last) / (2 * last)
}

/// The lowest digit of a rank.
fn take(rank: &mut u128, base: Option<u128>) -> u128 {
    let base = base.unwrap_or(1).max(1);
    let digit = *rank % base;
    *rank /= base;
    digit
}

fn product(counts: impl Iterator<Item = Option<u128>>) -> Option<u128> {
    counts.into_iter().try_fold(1u128, |product, count| product.checked_mul(count?))
}
