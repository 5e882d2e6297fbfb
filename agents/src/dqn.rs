//! Deep Q-learning (Mnih et al. 2015) with double estimation (van Hasselt et al. 2016) and returns over several steps.
//!
//! As a search method it builds designs one decision at a time ([`PolicyAgent`]) and takes the level of the highest
//! estimated value, or a random one. The reward comes with the last decision, so by default the whole return is the
//! target and nothing is bootstrapped. Rewards enter as ranks among all designs remembered, ranked anew whenever the
//! network learns. Beside the network there is a table of values with one row a decision (see [`crate::ppo`]).
//!
//! [`Dqn`] learns any environment with discrete actions; several dimensions have values of their own and share
//! their target (Tavakoli et al. 2018).

use ndarray::Array2;
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

use crate::parts::acting::{Actions, Observer};
use crate::parts::actor_critic::{Form, argmax, table_of_decisions};
pub use crate::parts::network::Activation;
use crate::parts::network::{Adam, Network, clip, huber_slope};
pub use crate::parts::ranking::Rewards;
use crate::parts::replay::{Future, Replay, Then};
use crate::parts::rollout::{Rollout, stack};

/// Hyperparameters of DQN.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Designs that are built before the network learns again; for search only.
    #[schemars(range(min = 1, max = 1024))]
    pub round: usize,
    /// Levels that real parameters are divided into; for search only.
    #[schemars(range(min = 2, max = 1024))]
    pub levels: u64,
    /// What becomes of rewards before they are learnt from.
    pub rewards: Rewards,
    /// Step size of Adam.
    #[schemars(range(min = 1e-7, max = 1.0))]
    pub learning_rate: f64,
    /// Steps remembered.
    #[schemars(range(min = 1, max = 10_000_000))]
    pub buffer: usize,
    /// Steps before the first gradient.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub start: u64,
    /// Steps that one gradient is taken over.
    #[schemars(range(min = 1, max = 4096))]
    pub minibatch: usize,
    /// Gradients for every step taken.
    #[schemars(range(min = 0.0, max = 100.0))]
    pub updates: f64,
    /// Steps after which the target network becomes a copy of the other.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub target: u64,
    /// What a reward is worth one step later, γ.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub discount: f64,
    /// Steps whose rewards are added up before a value is trusted; more than an episode has trusts no value at all.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub lookahead: usize,
    /// Whether one network chooses the next action and the other rates it.
    pub double: bool,
    /// Probability of a random action at first.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub explore_first: f64,
    /// Probability of a random action in the end.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub explore_last: f64,
    /// Share of the run over which that probability falls.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub explore_share: f64,
    /// Longest gradient; a longer one is shortened.
    #[schemars(range(min = 1e-6, max = 1e6))]
    pub max_gradient: f64,
    /// Hidden layers.
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
            learning_rate: 1e-3,
            buffer: 20_000,
            start: 0,
            minibatch: 64,
            updates: 1.0,
            target: 1000,
            discount: 1.0,
            lookahead: 1_000_000,
            double: true,
            explore_first: 1.0,
            explore_last: 0.05,
            explore_share: 0.1,
            max_gradient: 10.0,
            layers: 1,
            units: 32,
            activation: Activation::Relu,
            table: 10.0,
        }
    }
}

impl AgentConfig for Config {
    const SUMMARY: &'static str = "Deep Q-learning: rates the levels of each decision of a design.";
    const REFERENCE: &'static str =
        "Mnih et al. 2015, Human-level control through deep reinforcement learning";

    /// RL-Zoo's ranges, moved to budgets of some hundred designs.
    fn sweep() -> Vec<Parameter> {
        vec![
            Parameter::power_of_two("round", 4, 64),
            Parameter::power_of_two("levels", 4, 64),
            Parameter::log_real("learning_rate", 1e-4, 1e-2),
            Parameter::power_of_two("minibatch", 16, 256),
            Parameter::log_real("updates", 0.1, 4.0),
            Parameter::power_of_two("target", 8, 8192),
            Parameter::ordinal("lookahead", [1, 4, 1_000_000]),
            Parameter::bool("double"),
            Parameter::real("explore_last", 0.0, 0.2),
            Parameter::real("explore_share", 0.0, 0.5),
            Parameter::integer("layers", 0, 2),
            Parameter::power_of_two("units", 16, 64),
            Parameter::log_real("table", 1.0, 100.0),
        ]
    }

    fn build(self, context: Context) -> Result<Box<dyn Agent>, Error> {
        let decisions = context.space.decisions(2).len() as u64;
        let (rng, steps) = (context.seed.stream("dqn"), context.budget.saturating_mul(decisions));
        let (round, levels) = (self.round, self.levels);
        let build = |actions: &Space, observations: &Space| {
            let table = table_of_decisions(self.table, observations)?;
            Dqn::with_table(self, actions, observations, rng, steps, table)
        };
        Ok(Box::new(PolicyAgent::new(&context, levels, round, build)?))
    }
}

/// The policy.
#[derive(Debug)]
pub struct Dqn {
    config: Config,
    /// Steps in all.
    horizon: u64,
    observer: Observer,
    actions: Actions,
    online: Network,
    target: Network,
    adam: Adam,
    replay: Replay,
    clock: Clock,
    rng: Rng,
}

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Clock {
    /// Steps learnt from.
    steps: u64,
    /// Those of them when the target was copied.
    copied: u64,
    /// Gradients that are due.
    due: f64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    online: Vec<f64>,
    target: Vec<f64>,
    adam: Adam,
    replay: Replay,
    clock: Clock,
    rng: Rng,
}

impl Dqn {
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
        mut rng: Rng,
        horizon: u64,
        table: Option<(usize, f64)>,
    ) -> Result<Self, Error> {
        let (observer, actions) = (Observer::new(observations)?, Actions::new(actions)?);
        let form = Form { layers: config.layers, units: config.units, activation: config.activation, table };
        let online = form.network(observer.size(), actions.outputs(), 0.1, &mut rng);
        let (target, adam) = (online.clone(), Adam::new(online.parameters().len()));
        let (replay, clock) = (Replay::default(), Clock::default());
        Ok(Self { config, horizon, observer, actions, online, target, adam, replay, clock, rng })
    }

    /// Probability of a random action now.
    fn exploration(&self) -> f64 {
        let Config { explore_first, explore_last, explore_share, .. } = self.config;
        let span = explore_share * self.horizon as f64;
        let share = if span > 0.0 { (self.clock.steps as f64 / span).min(1.0) } else { 1.0 };
        explore_first + share * (explore_last - explore_first)
    }

    fn choose(&mut self, observation: &Element, mask: Option<&Mask>, explore: f64) -> Result<Element, Error> {
        let open = self.actions.open(mask)?;
        let values = self.online.evaluate(&self.observer.features(observation)?);
        let rng = &mut self.rng;
        let mut choose = |head: &crate::parts::acting::Head| {
            if rng.chance(explore) {
                any(head.of(&open), rng)
            } else {
                best(head.of(&values), head.of(&open))
            }
        };
        let chosen: Vec<usize> = self.actions.heads().iter().map(&mut choose).collect();
        Ok(self.actions.element(&chosen))
    }

    /// One gradient on the squared, far from the target absolute, error.
    fn descend(&mut self, rewards: &[f64]) {
        let count = self.config.minibatch;
        let rows: Vec<usize> = (0..count).map(|_| self.rng.index(self.replay.len())).collect();
        let targets = self.targets(&rows, rewards);
        let pass =
            self.online.forward(stack(rows.iter().map(|row| &self.replay.row(*row).features[..]), count));
        let mut slopes = Array2::zeros(pass.outputs.raw_dim());
        let share = 1.0 / (count * self.actions.heads().len().max(1)) as f64;
        for (i, row) in rows.iter().enumerate() {
            for (head, entry) in self.actions.heads().iter().zip(&self.replay.row(*row).chosen) {
                let at = [i, head.start + entry];
                slopes[at] = share * huber_slope(pass.outputs[at] - targets[i]);
            }
        }
        let mut gradient = vec![0.0; self.online.parameters().len()];
        self.online.backward(&pass, slopes, &mut gradient);
        // Targets that overflow give no finite gradient and are left out.
        if clip(&mut [&mut gradient], self.config.max_gradient) {
            self.adam.step(self.online.parameters_mut(), &gradient, self.config.learning_rate);
        }
    }

    /// What the values of the actions taken should be.
    fn targets(&self, rows: &[usize], rewards: &[f64]) -> Vec<f64> {
        let Config { lookahead, discount, .. } = self.config;
        let future = |row: &usize| self.replay.future(*row, rewards, lookahead, discount);
        let futures: Vec<_> = rows.iter().map(future).collect();
        let states: Vec<_> = futures.iter().filter_map(|future| future.then).collect();
        let inputs = stack(states.iter().map(|state| state.0), states.len());
        let mut values =
            if states.is_empty() { Vec::new() } else { self.values(inputs, &states) }.into_iter();
        let value = |future: &Future<'_>| match future.then {
            Some((_, _, factor)) => future.reward + factor * values.next().unwrap_or(0.0),
            None => future.reward,
        };
        futures.iter().map(value).collect()
    }

    /// The target network's values of states.
    fn values(&self, inputs: Array2<f64>, states: &[Then<'_>]) -> Vec<f64> {
        let choosing = self.config.double.then(|| self.online.forward(inputs.clone()).outputs);
        let rating = self.target.forward(inputs).outputs;
        let heads = self.actions.heads();
        let everything = vec![true; self.actions.outputs()];
        let value = |(i, state): (usize, &Then<'_>)| {
            let open = state.1.unwrap_or(&everything);
            let row = |array: &Array2<f64>| array.row(i).to_vec();
            let (rates, choices) = (row(&rating), row(choosing.as_ref().unwrap_or(&rating)));
            let of_head =
                |head: &crate::parts::acting::Head| head.of(&rates)[best(head.of(&choices), head.of(open))];
            heads.iter().map(of_head).sum::<f64>() / heads.len().max(1) as f64
        };
        states.iter().enumerate().map(value).collect()
    }
}

/// The first open entry of the highest value; the first of all if none is open.
fn best(values: &[f64], open: &[bool]) -> usize {
    let shown = |(value, open): (&f64, &bool)| if *open { *value } else { f64::NEG_INFINITY };
    argmax(&values.iter().zip(open).map(shown).collect::<Vec<_>>())
}

/// A random open entry; the first of all if none is open.
fn any(open: &[bool], rng: &mut Rng) -> usize {
    let entries: Vec<usize> = (0..open.len()).filter(|entry| open[*entry]).collect();
    rng.choice(&entries).copied().unwrap_or(0)
}

impl Policy for Dqn {
    fn act(&mut self, observation: &Element, mask: Option<&Mask>) -> Result<Element, Error> {
        self.choose(observation, mask, self.exploration())
    }

    fn act_greedily(&mut self, observation: &Element, mask: Option<&Mask>) -> Result<Element, Error> {
        self.choose(observation, mask, 0.0)
    }

    fn learn(&mut self, transitions: &[Transition]) -> Result<(), Error> {
        let rollout = Rollout::read(&self.observer, &self.actions, transitions)?;
        let steps = rollout.len();
        self.replay.extend(rollout, self.config.buffer);
        self.clock.steps = self.clock.steps.saturating_add(steps as u64);
        if self.clock.steps < self.config.start || self.replay.len() == 0 {
            return Ok(());
        }
        if self.clock.steps - self.clock.copied >= self.config.target {
            self.clock.copied = self.clock.steps;
            self.target = self.online.clone();
        }
        let rewards = self.replay.rewards(self.config.rewards);
        self.clock.due += self.config.updates * steps as f64;
        while self.clock.due >= 1.0 {
            self.clock.due -= 1.0;
            self.descend(&rewards);
        }
        Ok(())
    }

    fn snapshot(&self) -> Result<Json, Error> {
        to_snapshot(&State {
            online: self.online.parameters().to_vec(),
            target: self.target.parameters().to_vec(),
            adam: self.adam.clone(),
            replay: self.replay.clone(),
            clock: self.clock,
            rng: self.rng.clone(),
        })
    }

    fn restore(&mut self, state: &Json) -> Result<(), Error> {
        let State { online, target, adam, replay, clock, rng } = from_snapshot("dqn", state)?;
        let unfit = |problem: &str| Error::Snapshot { what: "dqn", problem: problem.to_owned() };
        if clock.copied > clock.steps || !(0.0..=1.0).contains(&clock.due) {
            return Err(unfit("its clock cannot be right"));
        }
        replay.check("dqn", &self.observer, &self.actions)?;
        adam.check("dqn", self.online.parameters().len())?;
        self.online.restore("dqn", online)?;
        self.target.restore("dqn", target)?;
        (self.adam, self.replay, self.clock, self.rng) = (adam, replay, clock, rng);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
