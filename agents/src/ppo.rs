//! Proximal policy optimisation (Schulman et al. 2017) with masked actions and generalised advantage estimation.
//!
//! As a search method it builds designs one decision at a time ([`PolicyAgent`]): what it sees includes the design so
//! far, so later choices can depend on earlier ones. Besides the usual network the logits have a table with one
//! row a decision, which learns much faster: with some hundred designs the table finds good levels of each decision
//! and the network corrects what depends on the other choices. Rewards enter as ranks.
//!
//! [`Ppo`] learns any environment with discrete actions.

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
use crate::parts::rollout::{Lesson, Rollout};

/// Hyperparameters of PPO.
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
    /// Step size of Adam.
    #[schemars(range(min = 1e-7, max = 1.0))]
    pub learning_rate: f64,
    /// Whether step size and clip range fall linearly to zero over the whole run.
    pub decay: bool,
    /// Passes over the steps of a round.
    #[schemars(range(min = 1, max = 100))]
    pub epochs: usize,
    /// Steps that one gradient is taken over.
    #[schemars(range(min = 1, max = 65536))]
    pub minibatch: usize,
    /// What a reward is worth one step later, γ.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub discount: f64,
    /// How far advantages look ahead before they trust the value network, λ.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub lambda: f64,
    /// How far the probability of an action may move in a round, ε.
    #[schemars(range(min = 0.01, max = 10.0))]
    pub clip: f64,
    /// Weight of the entropy, which keeps the policy from settling early.
    #[schemars(range(min = 0.0, max = 10.0))]
    pub entropy: f64,
    /// Weight of the value network's error.
    #[schemars(range(min = 0.0, max = 10.0))]
    pub value: f64,
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

/// Chosen by the medians of five to seven seeds from 1000 on, all landscapes, 500 designs.
impl Default for Config {
    fn default() -> Self {
        Self {
            round: 16,
            levels: 16,
            rewards: Rewards::Ranked,
            memory: 0,
            learning_rate: 1e-3,
            decay: false,
            epochs: 10,
            minibatch: 32,
            discount: 1.0,
            lambda: 0.95,
            clip: 0.2,
            entropy: 0.01,
            value: 0.5,
            max_gradient: 0.5,
            layers: 1,
            units: 32,
            activation: Activation::Tanh,
            table: 50.0,
        }
    }
}

impl AgentConfig for Config {
    const SUMMARY: &'static str = "Proximal policy optimisation: builds designs decision by decision.";
    const REFERENCE: &'static str = "Schulman et al. 2017, Proximal Policy Optimization Algorithms";

    /// RL-Zoo's ranges, moved to budgets of some hundred designs.
    fn sweep() -> Vec<Parameter> {
        vec![
            Parameter::power_of_two("round", 4, 64),
            Parameter::power_of_two("levels", 4, 64),
            Parameter::log_real("learning_rate", 1e-4, 1e-2),
            Parameter::bool("decay"),
            Parameter::ordinal("epochs", [1, 5, 10, 20]),
            Parameter::power_of_two("minibatch", 16, 256),
            Parameter::real("lambda", 0.8, 1.0),
            Parameter::real("clip", 0.1, 0.4),
            Parameter::log_real("entropy", 1e-8, 0.1),
            Parameter::log_real("max_gradient", 0.3, 2.0),
            Parameter::integer("layers", 0, 2),
            Parameter::power_of_two("units", 16, 64),
            Parameter::choice("activation", ["tanh", "relu"]),
            Parameter::log_real("table", 1.0, 100.0),
        ]
    }

    fn build(self, context: Context) -> Result<Box<dyn Agent>, Error> {
        let (rng, steps) = (
            context.seed.stream("ppo"),
            context.budget.saturating_mul(context.space.decisions(2).len() as u64),
        );
        let (round, levels) = (self.round, self.levels);
        let build = |actions: &Space, observations: &Space| {
            let table = table_of_decisions(self.table, observations)?;
            Ppo::with_table(self, actions, observations, rng, steps, table)
        };
        Ok(Box::new(PolicyAgent::new(&context, levels, round, build)?))
    }
}

/// The policy.
#[derive(Debug)]
pub struct Ppo {
    config: Config,
    /// Steps over which step size and clip range fall.
    horizon: u64,
    steps: u64,
    networks: ActorCritic,
    ranking: Ranking,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    steps: u64,
    networks: actor_critic::State,
    ranking: Ranking,
}

impl Ppo {
    /// A policy for these spaces that expects to learn from `steps` steps in all.
    ///
    /// # Errors
    /// [`Error::Config`] or [`Error::Space`] for actions that are not discrete and observations without a flat form.
    pub fn new(
        config: Config,
        actions: &Space,
        observations: &Space,
        rng: Rng,
        steps: u64,
    ) -> Result<Self, Error> {
        Self::with_table(config, actions, observations, rng, steps, None)
    }

    fn with_table(
        config: Config,
        actions: &Space,
        observations: &Space,
        rng: Rng,
        horizon: u64,
        table: Option<(usize, f64)>,
    ) -> Result<Self, Error> {
        let form = Form { layers: config.layers, units: config.units, activation: config.activation, table };
        let networks = ActorCritic::new(&form, actions, observations, rng)?;
        Ok(Self { config, horizon, steps: 0, networks, ranking: Ranking::default() })
    }

    /// Share of step size and clip range that is left.
    fn remaining(&self) -> f64 {
        if self.config.decay { (1.0 - self.steps as f64 / self.horizon.max(1) as f64).max(0.0) } else { 1.0 }
    }

    /// Several passes of descent on the clipped objective (their equation 7 and algorithm 1).
    fn improve(&mut self, rollout: &Rollout, lesson: &Lesson) {
        let Config { clip, entropy, value, max_gradient, learning_rate, .. } = self.config;
        let remaining = self.remaining();
        let descent = Descent { rate: learning_rate * remaining, entropy, value, max_gradient };
        let before = self.networks.log_probabilities(rollout);
        let slope =
            |row: usize, log: f64| clipped_slope(log - before[row], lesson.advantages[row], clip * remaining);
        let mut rows: Vec<usize> = (0..rollout.len()).collect();
        for _ in 0..self.config.epochs {
            self.networks.rng.shuffle(&mut rows);
            for part in rows.chunks(self.config.minibatch) {
                self.networks.descend(rollout, lesson, part, descent, slope);
            }
        }
    }
}

/// Derivative of −min(r A, clip(r, 1 − ε, 1 + ε) A) by the logarithm of the ratio r.
fn clipped_slope(log_ratio: f64, advantage: f64, clip: f64) -> f64 {
    let ratio = libm::exp(log_ratio);
    let beyond = if advantage > 0.0 { ratio > 1.0 + clip } else { ratio < 1.0 - clip };
    if beyond || !ratio.is_finite() { 0.0 } else { -advantage * ratio }
}

impl Policy for Ppo {
    fn act(&mut self, observation: &Element, mask: Option<&Mask>) -> Result<Element, Error> {
        self.networks.act(observation, mask, false)
    }

    fn act_greedily(&mut self, observation: &Element, mask: Option<&Mask>) -> Result<Element, Error> {
        self.networks.act(observation, mask, true)
    }

    fn learn(&mut self, transitions: &[Transition]) -> Result<(), Error> {
        let mut rollout = Rollout::read(&self.networks.observer, &self.networks.actions, transitions)?;
        if self.config.rewards == Rewards::Ranked {
            rollout.rank(&mut self.ranking, self.config.memory);
        }
        self.steps = self.steps.saturating_add(rollout.len() as u64);
        let (values, networks) = (self.networks.values(&rollout), &self.networks);
        let guess = |features: &[f64]| networks.value(features);
        let mut lesson = rollout.lesson(&values, guess, self.config.discount, self.config.lambda);
        lesson.standardise();
        self.improve(&rollout, &lesson);
        Ok(())
    }

    fn snapshot(&self) -> Result<Json, Error> {
        let (networks, ranking) = (self.networks.state(), self.ranking.clone());
        to_snapshot(&State { steps: self.steps, networks, ranking })
    }

    fn restore(&mut self, state: &Json) -> Result<(), Error> {
        let State { steps, networks, ranking } = from_snapshot("ppo", state)?;
        self.networks.restore("ppo", networks)?;
        (self.steps, self.ranking) = (steps, ranking);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
