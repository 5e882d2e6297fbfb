//! Random search: every design is drawn anew from the whole space.
//!
//! The name is ArchGym's (Krishnan et al. 2023): there is no walk, no step depends on the one before. It is the
//! yardstick of the other agents, and it has no hyperparameters, so every ticket of it is the same.

use rl_env::Error;
use rl_env::agent::{Agent, Context, from_snapshot, to_snapshot};
use rl_env::design::{Design, DesignSpace, Parameter};
use rl_env::registry::AgentConfig;
use rl_env::seed::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::sync::Arc;

/// Nothing to set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {}

impl AgentConfig for Config {
    const SUMMARY: &'static str = "Draws every design uniformly from the space (random search).";
    const REFERENCE: &'static str =
        "Bergstra and Bengio 2012, Random Search for Hyper-Parameter Optimization";

    fn sweep() -> Vec<Parameter> {
        Vec::new()
    }

    fn build(self, context: Context) -> Result<Box<dyn Agent>, Error> {
        let rng = context.seed.stream("random-walker");
        Ok(Box::new(RandomWalker { space: context.space, rng }))
    }
}

struct RandomWalker {
    space: Arc<DesignSpace>,
    rng: Rng,
}

impl Agent for RandomWalker {
    fn ask(&mut self, n: usize) -> Result<Vec<Design>, Error> {
        Ok((0..n).map(|_| self.space.sample(&mut self.rng)).collect())
    }

    fn batch(&self) -> usize {
        64
    }

    fn snapshot(&self) -> Result<Json, Error> {
        to_snapshot(&self.rng)
    }

    fn restore(&mut self, state: &Json) -> Result<(), Error> {
        self.rng = from_snapshot("random-walker", state)?;
        Ok(())
    }
}
