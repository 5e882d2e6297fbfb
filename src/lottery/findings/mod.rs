//! What a study says: rows, ready to be written as tables or drawn.
//!
//! One structure a table; its fields are the columns and their comments the columns' meaning (docs/lottery.md). A value that
//! cannot be told from the data is absent, and [`Findings::remarks`] says why; nothing here is ever NaN or infinite.
//!
//! *Regret* is normalised on each problem: 0 at the best design known, 1 at a median random design or worse (see
//! [`Scale`](super::Scale)). *Score* is 1 − regret. The problem `all` stands for all problems together.

use schemars::JsonSchema;
use serde::Serialize;

mod agents;
mod fronts;
mod tickets;

pub use agents::*;
pub use fronts::*;
pub use tickets::*;

/// The problem of rows that are about all problems together.
pub const ALL: &str = "all";

/// Everything that `sweepstake lottery` has to say about a study.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Findings {
    /// What was read.
    pub study: StudyFacts,
    /// What a reader has to know before believing the rest.
    pub remarks: Vec<Remark>,
    /// Agent × problem.
    pub summary: Vec<SummaryRow>,
    /// Agents over all problems.
    pub standings: Vec<StandingRow>,
    /// Agents on each problem.
    pub problems: Vec<ProblemRow>,
    /// Pairs of agents over all problems.
    pub versus: Vec<VersusRow>,
    /// Interquartile mean of regret as calls are spent.
    pub anytime: Vec<AnytimeRow>,
    /// Performance profiles.
    pub profiles: Vec<ProfileRow>,
    /// Runtime distributions over targets.
    pub runtimes: Vec<RuntimeRow>,
    /// Expected running times.
    pub targets: Vec<TargetRow>,
    /// Ranks of agents over problems, for a critical-difference diagram.
    pub ranks: Vec<RankRow>,
    /// Tests of every pair of agents over problems.
    pub rank_tests: Vec<RankTestRow>,
    /// Groups of agents that the tests cannot tell apart.
    pub cliques: Vec<CliqueRow>,
    /// Tickets, each on each problem.
    pub tickets: Vec<TicketRow>,
    /// Tuning curves.
    pub tuning: Vec<TuningRow>,
    /// How likely a random ticket is good.
    pub chances: Vec<ChanceRow>,
    /// The default against the ticket that tuning chooses.
    pub tuned: Vec<TunedRow>,
    /// What tuning gains for what it costs.
    pub tuning_cost: Vec<TuningCostRow>,
    /// Where the spread of results comes from.
    pub variance: Vec<VarianceRow>,
    /// How much an agent needs tuning for each problem.
    pub sensitivity: Vec<SensitivityRow>,
    /// Importance of hyperparameters.
    pub importance: Vec<ImportanceRow>,
    /// From the default to the best ticket, one hyperparameter at a time.
    pub ablation: Vec<AblationRow>,
    /// Indicators of the fronts of Pareto objectives.
    pub pareto: Vec<ParetoRow>,
    /// Attainment surfaces of Pareto objectives with two axes.
    pub attainment: Vec<AttainmentRow>,
}

/// What was read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct StudyFacts {
    /// Title.
    pub name: String,
    /// Runs.
    pub runs: usize,
    /// Runs that were planned.
    pub planned: usize,
    /// Samples.
    pub samples: u64,
    /// Agents, in plan order.
    pub agents: Vec<String>,
    /// Problems, in plan order.
    pub problems: Vec<String>,
    /// Simulator calls after which the lottery is judged: the smallest budget or less, so that every run had as many.
    pub calls: u64,
    /// Versions of sweepstake that made the runs.
    pub versions: Vec<String>,
    /// Friedman's test of all agents, where there are at least three of them and two problems.
    pub friedman: Option<FriedmanFact>,
}

/// Friedman's test over the problems that all agents have runs on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, JsonSchema)]
pub struct FriedmanFact {
    /// Agents.
    pub agents: usize,
    /// Problems.
    pub problems: usize,
    /// χ², corrected for ties.
    pub statistic: f64,
    /// Probability of a statistic as large if all agents are alike, by the χ² distribution.
    pub p: f64,
}

/// A limit of the study, in words.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Remark {
    /// The table that it is about, or `study`.
    pub about: String,
    /// What it is.
    pub text: String,
}
