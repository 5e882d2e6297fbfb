//! The loop nest of a mapping, laid out from the inside out, and the checks that need no more than that.

use crate::layer::{DIMS, Dim};

use super::architecture::{Architecture, MOST_LEVELS};
use super::mapping::{Loops, Mapping};
use super::problem::{COORDINATES, DATA, Data, NOWHERE, Problem, Step};
use super::violation::Violation;

/// Most loops over time.
const MOST_LOOPS: usize = MOST_LEVELS * DIMS;

/// A loop with more than one iteration.
#[derive(Debug, Clone, Copy)]
pub(super) struct Loop {
    pub(super) trip: u64,
    /// Iterations of all loops over time outside this one.
    pub(super) outside: u64,
    /// Movement of each kind of data from one iteration to the next.
    pub(super) steps: [Step; DATA],
}

const NO_LOOP: Loop = Loop { trip: 1, outside: 1, steps: [Step { coordinate: NOWHERE, length: 0 }; DATA] };

/// A spatial loop.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spread {
    pub(super) trip: u64,
    pub(super) steps: [Step; DATA],
    /// Along a column instead of a row.
    pub(super) column: bool,
}

const NO_SPREAD: Spread = Spread { trip: 1, steps: NO_LOOP.steps, column: false };

/// One storage level of the nest.
#[derive(Debug, Clone, Copy)]
pub(super) struct Floor {
    /// First of its own loops over time in [`Nest::loops`].
    pub(super) first: usize,
    /// Its spatial loops, innermost first.
    pub(super) spreads: [Spread; DIMS],
    pub(super) spread_count: usize,
    /// Product of the spatial trips.
    pub(super) fanout: u64,
    /// Instances of the level in use.
    pub(super) used: u64,
    /// Shape of the tile of each kind of data that the level holds.
    pub(super) shape: [[u64; COORDINATES]; DATA],
    pub(super) size: [u64; DATA],
    /// Words of the tiles of all children together.
    pub(super) union: [u64; DATA],
}

const NO_FLOOR: Floor = Floor {
    first: 0,
    spreads: [NO_SPREAD; DIMS],
    spread_count: 0,
    fanout: 1,
    used: 1,
    shape: [[1; COORDINATES]; DATA],
    size: [1; DATA],
    union: [1; DATA],
};

/// A mapping's loops with what follows from their products alone.
#[derive(Debug, Clone)]
pub(super) struct Nest {
    /// Loops over time with more than one iteration, innermost first.
    pub(super) loops: [Loop; MOST_LOOPS],
    pub(super) loop_count: usize,
    pub(super) floors: [Floor; MOST_LEVELS],
    pub(super) compute_cycles: u64,
}

impl Default for Nest {
    fn default() -> Self {
        Nest {
            loops: [NO_LOOP; MOST_LOOPS],
            loop_count: 0,
            floors: [NO_FLOOR; MOST_LEVELS],
            compute_cycles: 1,
        }
    }
}

impl Nest {
    /// Lays out the loops of a mapping and checks it: orders, factors, children, capacities.
    pub(super) fn lay(
        &mut self,
        architecture: &Architecture,
        problem: &Problem,
        mapping: &Mapping,
    ) -> Result<(), Violation> {
        check_home(mapping)?;
        let mut extents = [1u64; DIMS];
        self.loop_count = 0;
        for level in (0..architecture.levels().len()).rev() {
            check_order(mapping, level)?;
            let floor = &mut self.floors[level];
            floor.spread_count = 0;
            spread(floor, problem, &mapping.spatial[level], mapping.split[level], &mut extents);
            check_children(floor, architecture.fanout(level), level)?;
            check_extents(problem, &extents)?;
            floor.union = std::array::from_fn(|data| problem.shape(data, &extents).iter().product());
            floor.first = self.loop_count;
            for (dim, factor) in mapping.temporal[level].nontrivial() {
                let steps = std::array::from_fn(|data| {
                    moved(problem.steps[data][dim as usize], extents[dim as usize])
                });
                self.loops[self.loop_count] = Loop { trip: u64::from(factor), outside: 1, steps };
                self.loop_count += 1;
                extents[dim as usize] = extents[dim as usize].saturating_mul(u64::from(factor));
            }
            check_extents(problem, &extents)?;
            floor.shape = std::array::from_fn(|data| problem.shape(data, &extents));
            floor.size = floor.shape.map(|shape| shape.iter().product());
            let needed =
                (0..DATA).filter(|data| mapping.keep[level][*data]).map(|data| floor.size[data]).sum();
            if let Some(words) = architecture.levels()[level].words.filter(|words| needed > *words) {
                return Err(Violation::Capacity { level, needed, words });
            }
        }
        complete(problem, &extents)?;
        self.count(architecture.levels().len());
        Ok(())
    }

    /// Counts from the outside: iterations outside each loop, instances in use.
    fn count(&mut self, levels: usize) {
        let mut outside = 1;
        for l in self.loops[..self.loop_count].iter_mut().rev() {
            l.outside = outside;
            outside *= l.trip;
        }
        self.compute_cycles = outside;
        let mut used = 1;
        for floor in &mut self.floors[..levels] {
            floor.used = used;
            used *= floor.fanout;
        }
    }

    /// Loops over time at a level and outside it, innermost first.
    pub(super) fn loops_from(&self, level: usize) -> &[Loop] {
        &self.loops[self.floors[level].first..self.loop_count]
    }
}

/// Whether children and capacities suffice for a mapping whose factors and orders are sound: what [`Nest::lay`] says of
/// it, several times faster.
pub(super) fn fits(architecture: &Architecture, problem: &Problem, mapping: &Mapping) -> bool {
    let mut extents = [1u64; DIMS];
    for (level, built) in architecture.levels().iter().enumerate().rev() {
        let (spatial, available) = (&mapping.spatial[level], architecture.fanout(level));
        if available != [1, 1] {
            let mut used = [1u64; 2];
            for (place, dim) in spatial.order.iter().enumerate() {
                let trip = u64::from(spatial.factors[*dim as usize]);
                used[usize::from(place >= usize::from(mapping.split[level]))] *= trip;
                extents[*dim as usize] *= trip;
            }
            if used[0] > available[0] || used[1] > available[1] {
                return false;
            }
        }
        for (extent, factor) in extents.iter_mut().zip(&mapping.temporal[level].factors) {
            *extent *= u64::from(*factor);
        }
        if let Some(words) = built.words {
            let kept = Data::ALL.into_iter().filter(|data| mapping.keeps(level, *data));
            if kept.map(|data| problem.words(data, &extents)).sum::<u64>() > words {
                return false;
            }
        }
    }
    true
}

/// A step of `times` iterations.
fn moved(step: Step, times: u64) -> Step {
    Step { coordinate: step.coordinate, length: step.length.saturating_mul(times) }
}

fn spread(floor: &mut Floor, problem: &Problem, loops: &Loops, split: u8, extents: &mut [u64; DIMS]) {
    floor.fanout = 1;
    for (place, dim) in loops.order.iter().enumerate() {
        let dim = *dim as usize;
        let trip = u64::from(loops.factors[dim]);
        if trip != 1 {
            let steps = std::array::from_fn(|data| moved(problem.steps[data][dim], extents[dim]));
            floor.spreads[floor.spread_count] = Spread { trip, steps, column: place >= usize::from(split) };
            floor.spread_count += 1;
            floor.fanout = floor.fanout.saturating_mul(trip);
            extents[dim] = extents[dim].saturating_mul(trip);
        }
    }
}

fn check_home(mapping: &Mapping) -> Result<(), Violation> {
    match Data::ALL.into_iter().find(|data| !mapping.keeps(0, *data)) {
        Some(data) => Err(Violation::Homeless { data }),
        None => Ok(()),
    }
}

fn check_order(mapping: &Mapping, level: usize) -> Result<(), Violation> {
    let named = |loops: &Loops| loops.order.iter().fold(0u8, |seen, dim| seen | 1 << *dim as u8);
    let whole = (1 << DIMS) - 1;
    let split = usize::from(mapping.split[level]) <= DIMS;
    match split && named(&mapping.temporal[level]) == whole && named(&mapping.spatial[level]) == whole {
        true => Ok(()),
        false => Err(Violation::Order { level }),
    }
}

/// The spatial loops have to fit the rows and columns of children.
fn check_children(floor: &Floor, available: [u64; 2], level: usize) -> Result<(), Violation> {
    let mut used = [1u64; 2];
    for spread in &floor.spreads[..floor.spread_count] {
        let axis = usize::from(spread.column);
        used[axis] = used[axis].saturating_mul(spread.trip);
    }
    match (0..2).find(|axis| used[*axis] > available[*axis]) {
        Some(axis) => Err(Violation::Fanout { level, axis, used: used[axis], available: available[axis] }),
        None => Ok(()),
    }
}

/// No tile is larger than the layer; so no product of what follows can overflow. A factor of 0 shows here too.
fn check_extents(problem: &Problem, extents: &[u64; DIMS]) -> Result<(), Violation> {
    let whole = &problem.layer().extents;
    let beyond = |dim: &Dim| {
        let extent = extents[*dim as usize];
        extent == 0 || extent > u64::from(whole[*dim as usize])
    };
    Dim::ALL.into_iter().find(beyond).map_or(Ok(()), |dim| Err(wrong(problem, extents, dim)))
}

fn complete(problem: &Problem, extents: &[u64; DIMS]) -> Result<(), Violation> {
    let short = |dim: &Dim| extents[*dim as usize] != u64::from(problem.layer().extent(*dim));
    Dim::ALL.into_iter().find(short).map_or(Ok(()), |dim| Err(wrong(problem, extents, dim)))
}

fn wrong(problem: &Problem, extents: &[u64; DIMS], dim: Dim) -> Violation {
    Violation::Factors { dim, product: extents[dim as usize], extent: problem.layer().extent(dim) }
}
