//! Sweep configurations: envs × workloads × objectives × agents × tickets × seeds.

use rl_env::objective::Objective;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

/// A sweep, as written in a YAML file.
///
/// Every combination of environment, workload, objective, agent, ticket and seed is one run of `budget` unique
/// simulator calls.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SweepConfig {
    /// A title for reports.
    #[serde(default)]
    pub name: String,
    /// What is searched.
    #[schemars(length(min = 1))]
    pub envs: Vec<EnvChoice>,
    /// What searches.
    #[schemars(length(min = 1))]
    pub agents: Vec<AgentChoice>,
    /// Unique simulator calls of each run.
    #[schemars(range(min = 1))]
    pub budget: u64,
    /// Repetitions with different randomness: a count (seeds 0, 1, …) or a list.
    #[serde(default)]
    pub seeds: Seeds,
    /// Seed of the hyperparameter draws.
    #[serde(default)]
    #[schemars(range(max = 4_294_967_295u64))]
    pub ticket_seed: u32,
}

/// One environment of a sweep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnvChoice {
    /// Environment id, such as `Landscape-v0`.
    pub env: String,
    /// Built-in workloads or files; all built-in ones by default.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub workloads: Option<Vec<String>>,
    /// Named space; the environment's first by default.
    #[serde(default)]
    pub space: String,
    /// Named or own objectives; the workload's default by default.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub objectives: Option<Vec<ObjectiveChoice>>,
}

/// A named objective of the environment, or one of the user's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ObjectiveChoice {
    /// A name that the environment declares.
    Named(String),
    /// An objective spelt out.
    Own(OwnObjective),
}

/// An objective of the user's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnObjective {
    /// Name in tables and figures.
    pub name: String,
    /// What it rewards.
    pub objective: Objective,
}

/// An agent with its tickets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum AgentChoice {
    /// An agent with its default hyperparameters.
    Name(String),
    /// An agent with settings.
    Full(AgentTickets),
}

impl AgentChoice {
    /// Its name in tables and figures.
    pub fn shown(&self) -> &str {
        match self {
            Self::Name(name) => name,
            Self::Full(full) => full.label.as_ref().unwrap_or(&full.agent),
        }
    }
}

/// An agent with fixed hyperparameters and draws of the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgentTickets {
    /// Agent name.
    pub agent: String,
    /// Name in tables and figures, instead of the agent's own: tells several choices of one agent apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Hyperparameters held at these values in every ticket.
    #[serde(default)]
    pub set: Map<String, Json>,
    /// Hyperparameter draws beside the default, which is always ticket 0.
    #[serde(default)]
    pub tickets: Tickets,
}

/// Which hyperparameter tickets to run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Tickets {
    /// So many tickets in all: the default and Sobol draws from the agent's declared ranges.
    Count(#[schemars(range(min = 1, max = 65_536))] u32),
    /// The same, with a choice of sampler.
    Draws(Draws),
    /// Every combination of the listed values.
    Grid(Grid),
    /// The listed settings.
    List(List),
}

/// Hyperparameter draws from the agent's declared ranges.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Draws {
    /// Number of tickets in all, the default included.
    #[schemars(range(min = 1, max = 65_536))]
    pub draws: u32,
    /// How they are drawn.
    #[serde(default)]
    pub sampler: Sampler,
}

/// How tickets are drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Sampler {
    /// Owen-scrambled Sobol points: even coverage.
    #[default]
    Sobol,
    /// Independent draws.
    Random,
}

/// A full grid of hyperparameter values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grid {
    /// Values of each hyperparameter.
    pub grid: Map<String, Json>,
}

/// Hyperparameter settings one by one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct List {
    /// The settings.
    #[schemars(length(min = 1))]
    pub list: Vec<Map<String, Json>>,
}

impl Default for Tickets {
    fn default() -> Self {
        Self::Count(1)
    }
}

/// Seeds of the repetitions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Seeds {
    /// Seeds 0 to n − 1.
    Count(#[schemars(range(min = 1, max = 1_000_000))] u32),
    /// These seeds.
    List(#[schemars(length(min = 1))] Vec<u64>),
}

impl Default for Seeds {
    fn default() -> Self {
        Self::Count(1)
    }
}

impl Seeds {
    /// Number of seeds.
    pub fn len(&self) -> usize {
        match self {
            Self::Count(n) => *n as usize,
            Self::List(seeds) => seeds.len(),
        }
    }

    /// Never true of a checked configuration.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The seeds in order.
    pub fn values(&self) -> Vec<u64> {
        match self {
            Self::Count(n) => (0..u64::from(*n)).collect(),
            Self::List(seeds) => seeds.clone(),
        }
    }
}
