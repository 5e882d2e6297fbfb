//! Sobol points: every prefix covers the space more evenly than random draws do.
//!
//! Owen's nested uniform scrambling (Owen 1998) keeps the stratification of the sequence and makes it depend on the
//! seed; the points come from Burley's hash-based form of it (2020). They are read as designs by
//! [`DesignSpace::from_unit`]: levels divide the unit interval evenly, orders are random keys.
//!
//! Limits of the generator and what is done about them. It has 256 dimensions: every further 256 are a sequence of
//! another seed, stratified among themselves and random against the others. It has 2¹⁶ points: then the next
//! sequence begins. Its numbers have 23 bits: the bits below are random, so that wide ranges are reached everywhere.
//!
//! A point that breaks a constraint or repeats a design gives way to the next; after `SKIPS` of them the design is
//! drawn at random. A finite space of up to 2²⁰ designs that was proposed completely ends the search.

use std::sync::Arc;

use rl_env::Error;
use rl_env::agent::{Agent, Context, Trial, from_snapshot, to_snapshot};
use rl_env::design::{Design, DesignSpace, Parameter};
use rl_env::registry::AgentConfig;
use rl_env::seed::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sobol_burley::NUM_DIMENSIONS;

use crate::parts::seen::Seen;

/// Points in a row that may be passed over for one design.
const SKIPS: usize = 256;
/// Points of one sequence, as a power of two.
const SEQUENCE_BITS: u32 = 16;
/// Distance of the numbers that the generator gives.
const GRAIN: f64 = 1.0 / (1u32 << 23) as f64;

/// Nothing to set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {}

impl AgentConfig for Config {
    const SUMMARY: &'static str = "Owen-scrambled Sobol points: covers the space evenly, learns nothing.";
    const REFERENCE: &'static str = "Owen 1998, Scrambling Sobol' and Niederreiter-Xing Points; Burley 2020, Practical Hash-based Owen Scrambling";

    fn sweep() -> Vec<Parameter> {
        Vec::new()
    }

    fn build(self, context: Context) -> Result<Box<dyn Agent>, Error> {
        Ok(Box::new(Sobol::new(context)))
    }
}

/// Everything that changes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    rng: Rng,
    /// Seed of the first sequence.
    scramble: u32,
    /// Index of the next point, over all sequences.
    next: u64,
    seen: Seen,
}

struct Sobol {
    space: Arc<DesignSpace>,
    state: State,
}

impl Agent for Sobol {
    fn ask(&mut self, n: usize) -> Result<Vec<Design>, Error> {
        let mut designs = Vec::with_capacity(n);
        while designs.len() < n && !self.is_exhausted() {
            designs.push(self.propose()?);
        }
        Ok(designs)
    }

    fn tell(&mut self, trials: &[Trial]) -> Result<(), Error> {
        // Those that somebody else proposed are not repeated either.
        trials.iter().for_each(|trial| _ = self.state.seen.is_new(&trial.design));
        Ok(())
    }

    fn batch(&self) -> usize {
        64
    }

    fn snapshot(&self) -> Result<Json, Error> {
        to_snapshot(&self.state)
    }

    fn restore(&mut self, state: &Json) -> Result<(), Error> {
        self.state = from_snapshot("sobol", state)?;
        Ok(())
    }
}

impl Sobol {
    fn new(context: Context) -> Self {
        let mut rng = context.seed.stream("sobol");
        let scramble = rng.next_u32();
        Self { space: context.space, state: State { rng, scramble, next: 0, seen: Seen::default() } }
    }

    /// Whether every design was proposed. A conditional space has fewer designs than points, a constrained one fewer
    /// that are allowed: those go on, at random.
    fn is_exhausted(&self) -> bool {
        self.space.cardinality() == Some(self.state.seen.len() as u128)
    }

    fn propose(&mut self) -> Result<Design, Error> {
        for _ in 0..SKIPS {
            let point = self.next_point();
            let design = self.space.from_unit(&point)?;
            if self.space.violated(&design).is_none() && self.state.seen.is_new(&design) {
                return Ok(design);
            }
        }
        let design = self.space.sample(&mut self.state.rng);
        self.state.seen.is_new(&design);
        Ok(design)
    }

    fn next_point(&mut self) -> Vec<f64> {
        let State { rng, scramble, next, .. } = &mut self.state;
        let index = (*next % (1 << SEQUENCE_BITS)) as u32;
        let sequence = (*next >> SEQUENCE_BITS) as u32;
        *next = next.wrapping_add(1);
        let dimensions = self.space.unit_dim();
        let blocks = dimensions.div_ceil(NUM_DIMENSIONS as usize) as u32;
        let coordinate = |dimension: usize| {
            let (block, place) = (dimension as u32 / NUM_DIMENSIONS, dimension as u32 % NUM_DIMENSIONS);
            let seed = scramble.wrapping_add(sequence.wrapping_mul(blocks)).wrapping_add(block);
            f64::from(sobol_burley::sample(index, place, seed)) + GRAIN * rng.uniform()
        };
        (0..dimensions).map(coordinate).collect()
    }
}

#[cfg(test)]
mod tests;
