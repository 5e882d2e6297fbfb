//! REINFORCE (Williams 1992) with a baseline and a bonus for entropy: one gradient for each round of designs.
//!
//! As a search method it builds designs one decision at a time ([`PolicyAgent`]), with a table of decisions beside the
//! network and rewards as ranks, as [`crate::ppo`] does; it is the plain method that PPO refines.
//!
//! [`Reinforce`] learns any environment with discrete actions.

use rl_env::Error;
use rl_env::agent::{Agent, Context, from_snapshot, to_snapshot};
use rl_env::design::Parameter;
use rl_env::policy::{Policy, PolicyAgent, Transition};
use rl_env::registry::AgentConfig;
use rl_env::seed::Rng;
use rl_env::space::{Element, Mask, Space};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::parts::actor_critic::{self, ActorCritic, Descent, Form, table_of_decisions};
pub use crate::parts::network::Activation;
use crate::parts::ranking::Ranking;
pub use crate::parts::ranking::Rewards;
use crate::parts::rollout::Rollout;

/// Hyperparameters of REINFORCE.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Designs that are built before the policy learns from them; for search only.
    #[schemars(range(min = 2, max = 1024))]
    pub round: usize,
    /// Levels that real parameters are divided into; for search only.
    #[schemars(range(min = 2, max = 1024))]
    pub levels: u64,
    /// What becomes of rewards before they are learnt from.
    pub rewards: Rewards,
    /// Earlier designs among which those of a round are ranked; 0 ranks them among themselves.
    #[schemars(range(min = 0, max = 65536))]
    pub memory: usize,
    /// What a return is compared with.
    pub baseline: Baseline,
    /// Step size of Adam.
    #[schemars(range(min = 1e-7, max = 1.0))]
    pub learning_rate: f64,
    /// What a reward is worth one step later, γ.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub discount: f64,
    /// Weight of the entropy, which keeps the policy from settling early.
    #[schemars(range(min = 0.0, max = 10.0))]
    pub entropy: f64,
    /// Longest gradient; a longer one is shortened.
    #[schemars(range(min = 1e-6, max = 1e6))]
    pub max_gradient: f64,
    /// Hidden layers of each network.
    #[schemars(range(min = 0, max = 4))]
    pub layers: usize,
    /// Units of each hidden layer.
    #[schemars(range(min = 1, max = 512))]
    pub units: usize,
    /// What a hidden unit makes of its input.
    pub activation: Activation,
    /// How many times faster than the network the table of decisions learns; 0 does without it. For search only.
    #[schemars(range(min = 0.0, max = 1000.0))]
    pub table: f64,
}

/// What a return is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Baseline {
    /// Nothing: every action of positive return becomes more probable.
    None,
    /// The mean of the round, in units of its standard deviation.
    Mean,
    /// The guess of a second network, then as `mean`.
    Value,
}

/// Chosen by the medians of five to seven seeds from 1000 on, all landscapes, 500 designs.
impl Default for Config {
    fn default() -> Self {
        Self {
            round: 16,
            levels: 16,
            rewards: Rewards::Ranked,
            memory: 0,
            baseline: Baseline::Mean,
            learning_rate: 0.03,
            discount: 1.0,
            entropy: 0.01,
            max_gradient: 0.5,
            layers: 1,
            units: 32,
            activation: Activation::Tanh,
            table: 20.0,
        }
    }
}

impl AgentConfig for Config {
    const SUMMARY: &'static str = "Policy gradient with a baseline: builds designs decision by decision.";
    const REFERENCE: &'static str = "Williams 1992, Simple statistical gradient-following algorithms for connectionist reinforcement learning";

    fn sweep() -> Vec<Parameter> {
        vec![
            Parameter::power_of_two("round", 4, 64),
            Parameter::power_of_two("levels", 4, 64),
            Parameter::choice("baseline", ["none", "mean", "value"]),
            Parameter::log_real("learning_rate", 1e-3, 1e-1),
            Parameter::log_real("entropy", 1e-8, 0.1),
            Parameter::log_real("max_gradient", 0.3, 2.0),
            Parameter::integer("layers", 0, 2),
            Parameter::power_of_two("units", 16, 64),
            Parameter::choice("activation", ["tanh", "relu"]),
            Parameter::log_real("table", 1.0, 100.0),
        ]
    }

    fn build(self, context: Context) -> Result<Box<dyn Agent>, Error> {
        let (rng, round, levels) = (context.seed.stream("reinforce"), self.round, self.levels);
        let build = |actions: &Space, observations: &Space| {
            let table = table_of_decisions(self.table, observations)?;
            Reinforce::with_table(self, actions, observations, rng, table)
        };
        Ok(Box::new(PolicyAgent::new(&context, levels, round, build)?))
    }
}

/// The policy.
#[derive(Debug)]
pub struct Reinforce {
    config: Config,
    networks: ActorCritic,
    ranking: Ranking,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    networks: actor_critic::State,
    ranking: Ranking,
}

impl Reinforce {
    /// A policy for these spaces.
    ///
    /// # Errors
    /// [`Error::Config`] or [`Error::Space`] for actions that are not discrete and observations without a flat form.
    pub fn new(config: Config, actions: &Space, observations: &Space, rng: Rng) -> Result<Self, Error> {
        Self::with_table(config, actions, observations, rng, None)
    }

    fn with_table(
        config: Config,
        actions: &Space,
        observations: &Space,
        rng: Rng,
        table: Option<(usize, f64)>,
    ) -> Result<Self, Error> {
        let form = Form { layers: config.layers, units: config.units, activation: config.activation, table };
        let networks = ActorCritic::new(&form, actions, observations, rng)?;
        Ok(Self { config, networks, ranking: Ranking::default() })
    }
}

impl Policy for Reinforce {
    fn act(&mut self, observation: &Element, mask: Option<&Mask>) -> Result<Element, Error> {
        self.networks.act(observation, mask, false)
    }

    fn act_greedily(&mut self, observation: &Element, mask: Option<&Mask>) -> Result<Element, Error> {
        self.networks.act(observation, mask, true)
    }

    /// Their equation 11: Δw = α (r − b) ∂ log p / ∂w, with the discounted return from each step on for r.
    fn learn(&mut self, transitions: &[Transition]) -> Result<(), Error> {
        let Config { baseline, learning_rate, discount, entropy, max_gradient, .. } = self.config;
        let mut rollout = Rollout::read(&self.networks.observer, &self.networks.actions, transitions)?;
        if self.config.rewards == Rewards::Ranked {
            rollout.rank(&mut self.ranking, self.config.memory);
        }
        let learns_values = baseline == Baseline::Value;
        let values = if learns_values { self.networks.values(&rollout) } else { vec![0.0; rollout.len()] };
        let networks = &self.networks;
        let guess = |features: &[f64]| if learns_values { networks.value(features) } else { 0.0 };
        let mut lesson = rollout.lesson(&values, guess, discount, 1.0);
        if baseline != Baseline::None {
            lesson.standardise();
        }
        let rows: Vec<usize> = (0..rollout.len()).collect();
        let value = if learns_values { 0.5 } else { 0.0 };
        let descent = Descent { rate: learning_rate, entropy, value, max_gradient };
        self.networks.descend(&rollout, &lesson, &rows, descent, |row, _| -lesson.advantages[row]);
        Ok(())
    }

    fn snapshot(&self) -> Result<Json, Error> {
        to_snapshot(&State { networks: self.networks.state(), ranking: self.ranking.clone() })
    }

    fn restore(&mut self, state: &Json) -> Result<(), Error> {
        let State { networks, ranking } = from_snapshot("reinforce", state)?;
        self.networks.restore("reinforce", networks)?;
        self.ranking = ranking;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
