//! The messages between a search and its agent, one JSON object a line (`docs/external-agents.md`).
//!
//! Every message has one key, which says what it is. Who reads a message ignores fields that it does not know.

use rl_env::Error;
use rl_env::agent::Trial;
use rl_env::design::DesignSpace;
use rl_env::problem::Outcome;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// Version of the protocol. It changes when a program that speaks the old one would misunderstand the new one.
pub const PROTOCOL: u32 = 1;

/// What the search says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    /// The first message; answered by [`Reply::Ready`].
    Start(Start),
    /// Asks for designs; answered by [`Reply::Designs`].
    Ask {
        /// Most designs wanted.
        n: usize,
    },
    /// What came of designs; answered by [`Reply::Ok`].
    Tell {
        /// In the order asked.
        trials: Vec<Told>,
    },
    /// The end. There is no answer.
    Stop {},
}

/// What an agent has to know before it begins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Start {
    /// [`PROTOCOL`] of the search.
    pub protocol: u32,
    /// [`DesignSpace::description`].
    pub space: Json,
    /// Seed of all randomness.
    pub seed: u64,
    /// Simulator calls that may be spent.
    pub budget: u64,
    /// Number of Pareto axes; 0 for a scalar objective.
    #[serde(default)]
    pub axes: usize,
    /// Most designs asked for at once.
    #[serde(default = "one")]
    pub batch: usize,
}

fn one() -> usize {
    1
}

/// A trial in a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// The design, by names.
    pub design: Json,
    /// Whether it works.
    pub feasible: bool,
    /// Reason code of what does not work.
    #[serde(default)]
    pub reason: Option<String>,
    /// Higher is better; `None` when infeasible.
    #[serde(default)]
    pub reward: Option<f64>,
    /// Coordinates of a Pareto objective, each to be maximised.
    #[serde(default)]
    pub axes: Vec<f64>,
    /// What the simulator reported.
    #[serde(default)]
    pub metrics: Vec<f64>,
    /// An equivalent design came before; this one cost nothing.
    #[serde(default)]
    pub cached: bool,
}

/// What the agent answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// To [`Request::Start`].
    Ready {
        /// Name of the program.
        name: String,
        /// Its version.
        #[serde(default)]
        version: String,
    },
    /// To [`Request::Ask`]: designs by names; none ends the search.
    Designs(Vec<Json>),
    /// To [`Request::Tell`].
    Ok(Json),
    /// Instead of any answer: why the agent cannot go on.
    Error(String),
}

impl Told {
    /// The message about a trial.
    pub fn new(space: &DesignSpace, trial: &Trial) -> Self {
        Self {
            design: space.to_json(&trial.design),
            feasible: trial.outcome.is_feasible(),
            reason: trial.outcome.reason().map(str::to_owned),
            reward: trial.reward,
            axes: trial.axes.clone(),
            metrics: trial.outcome.metrics().map(<[f64]>::to_vec).unwrap_or_default(),
            cached: trial.cached,
        }
    }

    /// The trial of a message.
    ///
    /// # Errors
    /// If its design is not of the space, or it says nothing of the reward of a design that works.
    pub fn trial(self, space: &DesignSpace) -> Result<Trial, Error> {
        let design = space.from_json(&self.design)?;
        let reason = self.reason.unwrap_or_else(|| "infeasible".to_owned());
        let outcome = match (self.feasible, self.reward) {
            (true, Some(_)) => Outcome::Feasible(self.metrics.into()),
            (true, None) => {
                let problem = "is missing; a feasible trial has one".to_owned();
                return Err(Error::Config { key: "reward".into(), problem });
            }
            (false, _) => Outcome::infeasible(reason, String::new()),
        };
        let reward = self.reward.filter(|_| self.feasible);
        Ok(Trial { design, outcome, reward, axes: self.axes, cached: self.cached })
    }
}
