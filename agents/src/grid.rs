//! Grid search: every combination of evenly spaced values, from coarse to fine.
//!
//! A full-factorial design (Fisher 1935). The first grid takes a number of values of each parameter, ends included;
//! once all its designs are proposed, the next one halves the gaps and proposes what is new, and so on until a finite
//! space is exhausted, which ends the search. Switches and choices always take part with all their values; orders and
//! subsets are spaced by rank. A parameter that does not matter has no values, so each design occurs once, and no
//! design is ever proposed twice.
//!
//! The order within a grid is a pseudo-random permutation of its ranks, a Feistel network (Luby and Rackoff 1988) on
//! the next larger power of four with cycle walking (Black and Rogaway 2002): every prefix is spread over the grid,
//! and where the search stands is a single number. Of a grid of more than 2¹²⁶ designs, which nobody will exhaust,
//! designs are drawn at random instead.

use std::sync::Arc;

use rl_env::Error;
use rl_env::agent::{Agent, Context, from_snapshot, to_snapshot};
use rl_env::design::{Design, DesignSpace, Parameter};
use rl_env::registry::AgentConfig;
use rl_env::seed::Seed;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

mod lattice;
mod shuffle;

use lattice::{FINEST, Lattice};
use shuffle::shuffled;

/// Ranks in a row that may be passed over for one design before it is drawn at random.
const SKIPS: usize = 1 << 14;
/// Of these, ranks that break a constraint, before one is proposed nevertheless.
const BROKEN: usize = 1 << 11;
/// Fewest values per parameter that the budget chooses: both ends and the middle.
const FEWEST: u64 = 3;
/// Values per parameter where not even these fit. Such a grid is only sampled, and the sample of a coarse one would see
/// too few values.
const SAMPLED: u64 = 9;
/// Most values per parameter that the budget chooses.
const MOST: u64 = 1 << 16;

/// Hyperparameters of grid search.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Values of each parameter in the first grid, at least 2; switches and choices take all of theirs. 0 chooses the
    /// most for which the grid fits the budget; where not even 3 fit, 9.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub resolution: u64,
}

impl AgentConfig for Config {
    const SUMMARY: &'static str = "Full-factorial grid, coarse to fine, in a random order without repeats.";
    const REFERENCE: &'static str = "Fisher 1935, The Design of Experiments";

    fn sweep() -> Vec<Parameter> {
        vec![Parameter::integer("resolution", 2, 16)]
    }

    fn build(self, context: Context) -> Result<Box<dyn Agent>, Error> {
        Ok(Box::new(Grid::new(&self, &context)?))
    }
}

/// Everything that changes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    seed: Seed,
    /// Times that the gaps were halved.
    stage: u32,
    /// Ranks of the present grid that were looked at.
    position: u64,
}

struct Grid {
    space: Arc<DesignSpace>,
    resolution: u64,
    state: State,
    /// The present grid; follows from the stage.
    lattice: Lattice,
}

impl Agent for Grid {
    fn ask(&mut self, n: usize) -> Result<Vec<Design>, Error> {
        let mut designs = Vec::with_capacity(n);
        while designs.len() < n {
            let Some(design) = self.next_design()? else { break };
            designs.push(design);
        }
        Ok(designs)
    }

    fn batch(&self) -> usize {
        64
    }

    fn snapshot(&self) -> Result<Json, Error> {
        to_snapshot(&self.state)
    }

    fn restore(&mut self, state: &Json) -> Result<(), Error> {
        let state: State = from_snapshot("grid", state)?;
        if state.stage > FINEST {
            let problem = format!("`stage` {} is beyond the finest grid, {FINEST}", state.stage);
            return Err(Error::Snapshot { what: "grid", problem });
        }
        self.lattice = Lattice::new(&self.space, self.resolution, state.stage, state.seed)?;
        self.state = state;
        Ok(())
    }
}

impl Grid {
    fn new(config: &Config, context: &Context) -> Result<Self, Error> {
        let space = context.space.clone();
        // One number rather than a stream: each grid and each place in it has its own randomness.
        let seed = Seed(context.seed.stream("grid").next_u64());
        let resolution = match config.resolution {
            0 => fitting(&space, context.budget, seed)?,
            given => given.max(2),
        };
        let lattice = Lattice::new(&space, resolution, 0, seed)?;
        Ok(Self { space, resolution, state: State { seed, stage: 0, position: 0 }, lattice })
    }

    /// The next design that is new and allowed; one that is not after too many of them; none at the end.
    fn next_design(&mut self) -> Result<Option<Design>, Error> {
        let (mut broken, mut count) = (None, 0);
        for _ in 0..SKIPS {
            let Some(place) = self.advance()? else { return Ok(broken) };
            let design = match self.lattice.count() {
                Some(all) => {
                    let key = self.state.seed.child("order", u64::from(self.state.stage));
                    self.lattice.design(shuffled(place, all, key))
                }
                None => self.lattice.draw(&mut self.state.seed.child("draw", place).stream("grid")),
            };
            match design {
                Some(design) if self.space.violated(&design).is_none() => return Ok(Some(design)),
                Some(design) => {
                    count += 1;
                    broken.get_or_insert(design);
                }
                None => {}
            }
            if count == BROKEN {
                break;
            }
        }
        let mut rng = self.state.seed.child("draw", self.state.position).stream("escape");
        Ok(broken.or_else(|| Some(self.space.sample(&mut rng))))
    }

    /// The next place in the order, refining the grid when it is exhausted; none when nothing can be refined.
    fn advance(&mut self) -> Result<Option<u64>, Error> {
        while self.lattice.count().is_some_and(|all| u128::from(self.state.position) >= all) {
            if self.lattice.is_whole() || self.state.stage == FINEST {
                return Ok(None);
            }
            self.state.stage += 1;
            self.state.position = 0;
            self.lattice = Lattice::new(&self.space, self.resolution, self.state.stage, self.state.seed)?;
        }
        self.state.position += 1;
        Ok(Some(self.state.position - 1))
    }
}

/// The largest resolution whose grid fits the budget, or one for a grid that will not be completed.
fn fitting(space: &Arc<DesignSpace>, budget: u64, seed: Seed) -> Result<u64, Error> {
    let fits = |resolution| -> Result<bool, Error> {
        let count = Lattice::new(space, resolution, 0, seed)?.count();
        Ok(count.is_some_and(|count| count <= u128::from(budget)))
    };
    if !fits(FEWEST)? {
        return Ok(SAMPLED);
    }
    let (mut least, mut beyond) = (FEWEST, MOST + 1);
    while beyond - least > 1 {
        let middle = least.midpoint(beyond);
        if fits(middle)? {
            least = middle;
        } else {
            beyond = middle;
        }
    }
    Ok(least)
}

#[cfg(test)]
mod tests;
