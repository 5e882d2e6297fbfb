//! A portfolio that needs no tuning: a Gaussian process and a population take turns, whoever gains more more often.
//!
//! Bayesian optimisation learns most from a handful of trials but trusts in its model; evolution assumes little and
//! needs many trials. Here both learn from all trials, whoever proposed them, and the next proposal comes from
//! either with a probability that follows what it gained lately: probability matching (Thierens 2005) on the improvement of the best
//! reward, as adaptive operator selection does (Fialho et al. 2010). Spaces of very many dimensions, and budgets in
//! the thousands, get evolution only, where a model would cost more time than it saves.

use std::sync::Arc;

use rl_env::Error;
use rl_env::agent::{Agent, Context, Trial, from_snapshot, to_snapshot};
use rl_env::design::{Design, DesignSpace, Parameter};
use rl_env::registry::AgentConfig;
use rl_env::seed::{Rng, Seed};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::parts::round::Round;
use crate::{bayesian, genetic};

/// Coordinates of the unit cube beyond which a Gaussian process has no place.
const MODEL_DIMENSIONS: usize = 256;
/// Trials after which the Gaussian process leaves.
const MODEL_TRIALS: u64 = 2000;
/// Least share of the proposals that each method keeps.
const FLOOR: f64 = 0.1;
/// What a gain is worth one trial later.
const DISCOUNT: f64 = 0.97;

/// Hyperparameters of the portfolio: none that has to be tuned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Designs proposed together: how many simulations run side by side.
    #[schemars(range(min = 1, max = 64))]
    pub batch: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self { batch: 1 }
    }
}

impl AgentConfig for Config {
    const SUMMARY: &'static str =
        "Portfolio without tuning: a Gaussian process and a population share what they learn and take turns.";
    const REFERENCE: &'static str = "Fialho, Da Costa, Schoenauer and Sebag 2010, Analyzing Bandit-based Adaptive Operator Selection Mechanisms";

    fn sweep() -> Vec<Parameter> {
        Vec::new()
    }

    fn build(self, context: Context) -> Result<Box<dyn Agent>, Error> {
        Portfolio::new(self, context).map(|portfolio| Box::new(portfolio) as Box<dyn Agent>)
    }
}

/// A method with what it gained lately.
struct Arm {
    agent: Box<dyn Agent>,
    credit: Credit,
}

/// Discounted sums of gains and trials.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Credit {
    gain: f64,
    trials: f64,
}

impl Credit {
    fn rate(self) -> f64 {
        // One trial without gain is assumed of everybody.
        self.gain / (self.trials + 1.0)
    }
}

/// Everything that changes besides the methods.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    rng: Rng,
    round: Round,
    /// Who proposed the present round.
    turn: usize,
    trials: u64,
    /// The best reward so far.
    best: Option<f64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Snapshot {
    state: State,
    arms: Vec<(Json, Credit)>,
}

struct Portfolio {
    config: Config,
    space: Arc<DesignSpace>,
    /// Trials of the first method alone: its space-filling sample.
    opening: u64,
    arms: Vec<Arm>,
    state: State,
}

impl Portfolio {
    fn new(config: Config, context: Context) -> Result<Self, Error> {
        let seed = |i: u64| -> Seed { context.seed.child("portfolio", i) };
        let part = |i| Context { seed: seed(i), ..context.clone() };
        let mut agents = vec![genetic::Config::default().build(part(1))?];
        let dimensions = context.space.unit_dim();
        if dimensions <= MODEL_DIMENSIONS {
            let model = bayesian::Config { batch: config.batch, ..bayesian::Config::default() };
            agents.insert(0, model.build(part(0))?);
        }
        let state = State {
            rng: context.seed.stream("portfolio"),
            round: Round::default(),
            turn: 0,
            trials: 0,
            best: None,
        };
        let opening = (dimensions as u64 + 1).min(context.budget / 4);
        let arms = agents.into_iter().map(|agent| Arm { agent, credit: Credit::default() }).collect();
        Ok(Self { config, space: context.space, opening, arms, state })
    }

    /// Whose turn it is.
    fn choose(&mut self) -> usize {
        let last = self.arms.len() - 1;
        if self.state.trials < self.opening || last == 0 {
            return 0;
        }
        if self.state.trials >= MODEL_TRIALS {
            return last;
        }
        let rates: Vec<f64> = self.arms.iter().map(|arm| arm.credit.rate()).collect();
        let total: f64 = rates.iter().sum();
        let even = 1.0 / rates.len() as f64;
        let share = |rate: f64| if total > 0.0 { rate / total } else { even };
        let mut draw = self.state.rng.uniform();
        for (i, rate) in rates.iter().enumerate() {
            draw -= FLOOR + (1.0 - FLOOR * rates.len() as f64) * share(*rate);
            if draw < 0.0 {
                return i;
            }
        }
        last
    }

    /// Pays the method whose turn it was for a better design.
    fn credit(&mut self, trials: &[Trial]) {
        let State { best, turn, .. } = &mut self.state;
        for trial in trials {
            let gain = match (trial.reward, *best) {
                // Halves cannot overflow.
                (Some(reward), Some(best)) => (reward / 2.0 - best / 2.0).max(0.0),
                _ => 0.0,
            };
            if let Some(reward) = trial.reward {
                *best = Some(best.map_or(reward, |best| best.max(reward)));
            }
            for (i, arm) in self.arms.iter_mut().enumerate() {
                let mine = i == *turn;
                arm.credit.gain = arm.credit.gain * DISCOUNT + if mine { gain } else { 0.0 };
                arm.credit.trials = arm.credit.trials * DISCOUNT + if mine { 1.0 } else { 0.0 };
            }
        }
        self.state.trials += trials.len() as u64;
    }
}

impl Agent for Portfolio {
    fn ask(&mut self, n: usize) -> Result<Vec<Design>, Error> {
        if self.state.round.is_served() {
            self.state.turn = self.choose();
            let designs = self.arms[self.state.turn].agent.ask(self.config.batch)?;
            self.state.round.start(designs);
        }
        Ok(self.state.round.serve(n))
    }

    fn tell(&mut self, trials: &[Trial]) -> Result<(), Error> {
        self.state.round.tell(trials);
        self.credit(trials);
        self.arms.iter_mut().try_for_each(|arm| arm.agent.tell(trials))
    }

    fn batch(&self) -> usize {
        self.config.batch
    }

    fn snapshot(&self) -> Result<Json, Error> {
        let arms: Result<_, Error> =
            self.arms.iter().map(|arm| Ok((arm.agent.snapshot()?, arm.credit))).collect();
        to_snapshot(&Snapshot { state: self.state.clone(), arms: arms? })
    }

    fn restore(&mut self, state: &Json) -> Result<(), Error> {
        let Snapshot { state, arms } = from_snapshot("portfolio", state)?;
        state.round.check("portfolio", &self.space)?;
        if arms.len() != self.arms.len() || state.turn >= arms.len() {
            let problem = format!("{} methods, should be {}", arms.len(), self.arms.len());
            return Err(Error::Snapshot { what: "portfolio", problem });
        }
        for (arm, (agent, credit)) in self.arms.iter_mut().zip(arms) {
            arm.agent.restore(&agent)?;
            arm.credit = credit;
        }
        self.state = state;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
