//! Words that a case moves: in and out of the sub-clusters of a level, and partial sums within.

use super::plan::{Level, MOST_DIRECTIVES, Step};
use super::problem::Operator;
use super::state::{Phase, State};

/// Kinds of data, as places in [`Operator::coupled`].
const INPUTS: usize = 0;
const WEIGHTS: usize = 1;
const OUTPUTS: usize = 2;

/// A level in one case.
pub(super) struct Case<'a> {
    level: &'a Level,
    states: &'a [State; MOST_DIRECTIVES],
    coupled: [u16; 3],
    /// The innermost directive that is on its way.
    changing: Option<usize>,
}

/// One sub-cluster among those that work.
#[derive(Debug, Clone, Copy)]
struct Sub {
    /// It shares nothing with one before it.
    first: bool,
    /// Its tile is cut short.
    partial: bool,
}

const FIRST: Sub = Sub { first: true, partial: false };
const NEXT: Sub = Sub { first: false, partial: false };

/// What a case moves.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Moved {
    /// Inputs, weights.
    pub(super) ingress: [i64; 2],
    pub(super) egress: i64,
    /// Partial sums of the busiest element, and of all.
    pub(super) critical: i64,
    pub(super) sums: i64,
}

impl<'a> Case<'a> {
    pub(super) fn new(
        operator: Operator,
        level: &'a Level,
        states: &'a [State; MOST_DIRECTIVES],
    ) -> Case<'a> {
        let changing = (0..level.steps.len()).rev().find(|place| states[*place].phase != Phase::Init);
        Case { level, states, coupled: operator.coupled(), changing }
    }

    /// Whether every directive is at its start.
    pub(super) fn initial(&self) -> bool {
        self.changing.is_none()
    }

    pub(super) fn moved(&self) -> Moved {
        let input = |data: usize| self.over_subs(data, |sub| self.into(data, sub));
        let critical = match self.deciding(OUTPUTS) {
            Some(state) if state.edge => Sub { partial: state.partial && self.level.edge == 1, ..FIRST },
            _ => FIRST,
        };
        Moved {
            ingress: [input(INPUTS), input(WEIGHTS)],
            egress: self.over_subs(OUTPUTS, |sub| self.out(false, sub, true)),
            critical: self.out(true, critical, true),
            sums: self.sums(),
        }
    }

    fn deciding(&self, data: usize) -> Option<State> {
        self.level.deciding[data].map(|place| self.states[place])
    }

    /// Adds up what the sub-clusters have of some data; they all have the same of data that no directive spreads.
    fn over_subs(&self, data: usize, of: impl Fn(Sub) -> i64) -> i64 {
        let Some(state) = self.deciding(data) else { return of(FIRST) };
        if !state.edge {
            return of(FIRST) + (self.level.subs - 1) * of(NEXT);
        }
        let edge = self.level.edge;
        let first = of(Sub { partial: state.partial && edge == 1, ..FIRST });
        if edge == 1 {
            return first;
        }
        let last = i64::from(state.partial);
        let between = (edge - last - 1).max(0);
        let partial = if state.partial { of(Sub { partial: true, ..NEXT }) } else { 0 };
        first + between * of(NEXT) + partial
    }

    fn sums(&self) -> i64 {
        let level = self.level;
        let Some(place) = level.last_spatial else { return level.subs * self.out(true, FIRST, true) };
        let state = self.states[place];
        if !state.edge {
            return level.subs * self.out(true, FIRST, true);
        }
        let first = self.out(true, Sub { partial: state.partial && level.edge == 1, ..FIRST }, true);
        if level.edge == 1 {
            return first;
        }
        let last = i64::from(state.partial);
        let between = (level.edge - last - 1).max(0);
        let partial = if state.partial { self.out(true, Sub { partial: true, ..NEXT }, false) } else { 0 };
        first + between * self.out(true, FIRST, true) + partial
    }

    /// Steps over the dimensions of some data, with their places and states.
    fn steps(&self) -> impl Iterator<Item = (usize, &Step, &State)> {
        let steps = self.level.steps.iter().zip(self.states).enumerate();
        steps.map(|(place, (step, state))| (place, step, state))
    }

    /// New words of inputs or weights of a sub-cluster.
    fn into(&self, data: usize, sub: Sub) -> i64 {
        let coupled = self.coupled[data];
        let own = |step: &Step| step.dim.bit() & coupled != 0;
        let Some(changing) = self.changing else {
            let volume = |(_, step, state): (usize, &Step, &State)| self.whole(step, state, sub);
            return self.steps().filter(|(_, step, _)| own(step)).map(volume).product();
        };
        if !own(&self.level.steps[changing]) {
            return 0;
        }
        let restarted = self
            .steps()
            .skip(changing + 1)
            .any(|(_, step, state)| own(step) && state.phase == Phase::Init && !state.unrolled);
        let mut volume = 1;
        for (place, step, state) in self.steps().filter(|(_, step, _)| own(step)) {
            let sizes = &self.level.sizes[step.dim as usize];
            let moving = place == changing && !restarted;
            volume *= match (step.spatial, state.phase) {
                (false, Phase::Init) if state.edge => sizes.mapped_edge,
                (false, Phase::Init) => sizes.mapped,
                (false, _) if moving => sizes.unique.max(1),
                (false, _) => sizes.mapped,
                (true, phase) => {
                    let shared = if phase == Phase::Init { place > changing } else { moving };
                    match (shared && !sub.first, sub.partial) {
                        (true, true) => sizes.unique_edge,
                        (true, false) => sizes.unique,
                        (false, true) => sizes.mapped_edge,
                        (false, false) => sizes.mapped,
                    }
                }
            };
        }
        volume
    }

    /// The whole tile of a sub-cluster along a dimension.
    fn whole(&self, step: &Step, state: &State, sub: Sub) -> i64 {
        let sizes = &self.level.sizes[step.dim as usize];
        match (step.spatial, state.edge, self.level.edge == 1) {
            (_, false, _) => sizes.mapped,
            (false, true, _) => sizes.mapped_edge,
            (true, true, true) if sub.first || sub.partial => sizes.mapped_edge,
            (true, true, true) => 1,
            (true, true, false) if sub.partial => sizes.mapped_edge,
            (true, true, false) => sizes.mapped,
        }
    }

    /// Outputs of a sub-cluster, or with `sums` its partial sums. `reuse`: it leaves out what another has too.
    fn out(&self, sums: bool, sub: Sub, reuse: bool) -> i64 {
        let mut volume = 1;
        for (_, step, state) in self.steps() {
            if step.dim.bit() & self.coupled[OUTPUTS] != 0 {
                volume *= self.out_along(step, state, sub, reuse);
            } else if sums {
                volume *= self.summed_along(step, state, sub);
            }
        }
        volume
    }

    fn out_along(&self, step: &Step, state: &State, sub: Sub, reuse: bool) -> i64 {
        let sizes = &self.level.outputs[step.dim as usize];
        let alone = self.level.edge == 1;
        if !step.spatial {
            let short = state.phase == Phase::Edge || (state.phase == Phase::Init && state.edge);
            return if short { sizes.mapped_edge } else { sizes.mapped };
        }
        let usual = if sub.first { sizes.mapped } else { sizes.unique | i64::from(sizes.unique == 0) };
        match state.phase {
            Phase::Init if state.edge && sub.partial => {
                if alone || !reuse {
                    sizes.mapped_edge
                } else {
                    sizes.unique_edge
                }
            }
            Phase::Init | Phase::Steady => usual,
            // The original looks the size of the input up here, not that of the output.
            Phase::Edge if alone && (sub.first || sub.partial) => {
                self.level.sizes[step.dim as usize].mapped_edge
            }
            Phase::Edge if alone => 1,
            Phase::Edge if sub.partial => sizes.unique_edge,
            Phase::Edge => usual,
        }
    }

    /// Along a dimension that is summed over.
    fn summed_along(&self, step: &Step, state: &State, sub: Sub) -> i64 {
        let sizes = &self.level.sizes[step.dim as usize];
        if !step.spatial {
            return if state.edge { sizes.mapped_edge } else { sizes.mapped };
        }
        let usual = if sub.first { sizes.mapped } else { sizes.unique | i64::from(sizes.unique == 0) };
        match (state.phase, self.level.edge == 1) {
            (Phase::Init, _) if state.edge && sub.partial => sizes.mapped_edge,
            (Phase::Init | Phase::Steady, _) => usual,
            (Phase::Edge, true) if sub.first || sub.partial => sizes.mapped_edge,
            (Phase::Edge, true) => 1,
            (Phase::Edge, false) if sub.partial => sizes.unique_edge,
            (Phase::Edge, false) => usual,
        }
    }
}
