//! Breeding: children of two parents by crossover and mutation, the same for every evolutionary method.

use rl_env::design::{Design, DesignSpace};
use rl_env::seed::Rng;

use super::crossover::Crossover;
use super::seen::Seen;

/// Times that a child which breaks a constraint, or is known already, is changed again.
const RETRIES: usize = 8;

/// How children are made.
pub(crate) struct Breeding<'a> {
    pub(crate) space: &'a DesignSpace,
    pub(crate) crossover: Crossover,
    /// Probability that a child has two parents; otherwise it starts as a copy of one.
    pub(crate) crossover_probability: f64,
    pub(crate) sbx_eta: f64,
    /// Expected number of parameters that mutate in a child.
    pub(crate) mutation_rate: f64,
}

impl Breeding<'_> {
    /// A child that breaks no constraint and repeats nothing seen, as far as a few tries can tell. `parent` chooses
    /// who breeds; where it finds none, the child is drawn at random.
    pub(crate) fn child<'p>(
        &self,
        parent: &dyn Fn(&mut Rng) -> Option<&'p Design>,
        seen: &mut Seen,
        rng: &mut Rng,
    ) -> Design {
        let mut child = self.conceive(parent, rng);
        for _ in 0..RETRIES {
            if self.space.violated(&child).is_some() {
                child = self.conceive(parent, rng);
            } else if seen.is_new(&child) {
                return child;
            } else {
                let index = rng.index(child.0.len());
                self.space.mutate(&mut child, index, rng);
            }
        }
        if self.space.violated(&child).is_some() { self.space.sample(rng) } else { child }
    }

    /// Crossover and mutation without a look at the result.
    fn conceive<'p>(&self, parent: &dyn Fn(&mut Rng) -> Option<&'p Design>, rng: &mut Rng) -> Design {
        let Some(mother) = parent(rng) else { return self.space.sample(rng) };
        let father = if rng.chance(self.crossover_probability) { parent(rng) } else { None };
        let mut child = father.map_or_else(
            || mother.clone(),
            |father| self.crossover.mix(self.space, mother, father, self.sbx_eta, rng),
        );
        let active = (0..child.0.len()).filter(|index| child.is_active(*index)).count();
        let share = self.mutation_rate / active.max(1) as f64;
        for index in 0..child.0.len() {
            if rng.chance(share) {
                self.space.mutate(&mut child, index, rng);
            }
        }
        child
    }
}
