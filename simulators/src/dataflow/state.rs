//! Where an iteration stands along a directive: at the start, on the way, or at the edge.

use super::plan::{Level, MOST_DIRECTIVES, Step};
use super::problem::DIMS;

/// Phase of the iteration along a dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Phase {
    #[default]
    Init,
    Steady,
    Edge,
}

/// A state along a directive.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct State {
    pub(super) phase: Phase,
    /// How often it occurs.
    pub(super) count: i64,
    /// There is no other state.
    pub(super) unrolled: bool,
    /// The tile is cut short, or not all sub-clusters have one.
    pub(super) edge: bool,
    /// The last sub-cluster in use has a tile that is cut short.
    pub(super) partial: bool,
}

/// The states of a directive.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct States {
    states: [State; 3],
    pub(super) count: usize,
}

impl States {
    fn push(&mut self, state: State) {
        self.states[self.count] = state;
        self.count += 1;
    }

    fn of(step: &Step, all: i64, subs: i64) -> States {
        let mut states = States::default();
        if step.spatial {
            states.spatial(step, all, subs)
        } else {
            states.temporal(step, all)
        }
        states
    }

    fn temporal(&mut self, step: &Step, all: i64) {
        let (mapped, offset) = (step.size, step.offset);
        let init = State { count: 1, unrolled: all <= mapped, edge: all < mapped, ..State::default() };
        self.push(init);
        let steady = (all - mapped) / offset;
        if mapped < all && steady > 0 {
            self.push(State { phase: Phase::Steady, count: steady, ..State::default() });
        }
        if !init.edge && steady * offset + mapped < all {
            self.push(State { phase: Phase::Edge, count: 1, edge: true, ..State::default() });
        }
    }

    fn spatial(&mut self, step: &Step, all: i64, subs: i64) {
        let (mapped, offset) = (step.size, step.offset);
        let covered = offset * (subs - 1) + mapped;
        let short = all < covered;
        let init =
            State { count: 1, unrolled: all <= covered, edge: short, partial: short, phase: Phase::Init };
        self.push(init);
        let steady = ((all - mapped) / offset + 1) / subs - 1;
        if covered < all && steady > 0 {
            self.push(State { phase: Phase::Steady, count: steady, ..State::default() });
        }
        let next = (steady + 1) * offset * subs;
        if !init.unrolled && next + covered > all && steady * offset * subs + covered != all {
            let left = all - next;
            let active = if left < mapped { 1 } else { (left - mapped) / offset + 1 };
            let partial = (active - 1) * offset + mapped < left;
            self.push(State { phase: Phase::Edge, count: 1, edge: true, partial, unrolled: false });
        }
    }
}

/// All combinations of states of a level.
pub(super) struct Cases {
    states: [States; MOST_DIRECTIVES],
    /// Cases after which each directive takes its next state.
    periods: [usize; MOST_DIRECTIVES],
    directives: usize,
    pub(super) count: usize,
}

impl Cases {
    pub(super) fn new(level: &Level, dims: &[i64; DIMS]) -> Cases {
        let mut states = [States::default(); MOST_DIRECTIVES];
        for (state, step) in states.iter_mut().zip(&level.steps) {
            *state = States::of(step, dims[step.dim as usize], level.subs);
        }
        let directives = level.steps.len();
        let (mut periods, mut count) = ([1; MOST_DIRECTIVES], 1);
        for place in (0..directives).rev() {
            periods[place] = count;
            count *= states[place].count;
        }
        Cases { states, periods, directives, count }
    }

    /// The states of a case, and how often it occurs. After the first case all directives take their next state,
    /// which is the order of the original and matters to two of its outputs.
    pub(super) fn case(&self, case: usize, current: &mut [State; MOST_DIRECTIVES]) -> i64 {
        let mut occurrences = 1;
        for (place, state) in current.iter_mut().enumerate().take(self.directives) {
            let at = case.div_ceil(self.periods[place]) % self.states[place].count;
            *state = self.states[place].states[at];
            occurrences *= state.count;
        }
        occurrences
    }
}
