//! How designs change: steps of their own for ordered parameters, tries at the others, and kicks.

use rl_env::design::{Design, DesignSpace, Kind, Value};
use rl_env::seed::Rng;
use serde::{Deserialize, Serialize};

/// Factor of a step that helped (Rosenbrock's α; he took 3).
const EXPAND: f64 = 2.0;
/// Factor of one that did not (his β).
const SHRINK: f64 = -0.5;
/// Smallest and largest step, as shares of the range.
const STEPS: (f64, f64) = (1e-9, 0.5);
/// Most tries at one structured or many-valued parameter per tour of the neighbourhood.
const MOST_TRIES: u64 = 16;

/// Signed step of each ordered parameter, as a share of its range.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Steps(pub(super) Vec<f64>);

impl Steps {
    pub(super) fn new(parameters: usize, step: f64) -> Self {
        Self(vec![step; parameters])
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// First steps around `step`, not all alike, so that no climb is bound to a lattice.
    pub(super) fn draw(&mut self, step: f64, rng: &mut Rng) {
        self.0.fill_with(|| (step * (0.5 + rng.uniform())).min(STEPS.1));
    }

    pub(super) fn resize(&mut self, parameter: usize, success: bool) {
        let step = &mut self.0[parameter];
        *step *= if success { EXPAND } else { SHRINK };
        *step = step.abs().clamp(STEPS.0, STEPS.1).copysign(*step);
    }

    /// A step from a value, or with probability `jump` anywhere; a mutation where there is no order to step in.
    pub(super) fn value(
        &self,
        parameter: usize,
        kind: &Kind,
        from: &Value,
        jump: f64,
        rng: &mut Rng,
    ) -> Value {
        match kind.step(from, self.0[parameter]) {
            Some(_) if rng.chance(jump) => kind.sample(rng),
            Some(next) => next,
            None => kind.mutate(from, rng),
        }
    }
}

/// How often one tour of the neighbourhood tries a parameter.
pub(super) fn tries(kind: &Kind) -> u64 {
    match kind {
        Kind::Bool => 1,
        Kind::Choice { options } => (options.len() as u64 - 1).min(MOST_TRIES),
        Kind::Permutation { items } | Kind::Subset { items, .. } => (items.len() as u64).min(MOST_TRIES),
        _ => 1,
    }
}

/// A design with some parameters that matter drawn anew.
pub(super) fn kicked(space: &DesignSpace, design: &Design, share: f64, rng: &mut Rng) -> Design {
    let mut next = design.clone();
    let active: Vec<usize> = (0..design.0.len()).filter(|index| design.is_active(*index)).collect();
    let count = ((share * active.len() as f64).round() as usize).max(1);
    for pick in rng.distinct(active.len(), count) {
        let index = active[pick];
        if next.is_active(index) {
            let value = space.parameters()[index].kind.sample(rng);
            space.assign(&mut next, index, value, rng);
        }
    }
    next
}
