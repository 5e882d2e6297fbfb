//! Rows about agents and how they compare.

use schemars::JsonSchema;
use serde::Serialize;

/// One agent on one problem.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SummaryRow {
    /// Environment.
    pub env: String,
    /// Workload.
    pub workload: String,
    /// Space.
    pub space: String,
    /// Objective.
    pub objective: String,
    /// Agent.
    pub agent: String,
    /// Runs.
    pub runs: usize,
    /// Tickets, the default among them.
    pub tickets: usize,
    /// Different seeds.
    pub seeds: usize,
    /// Runs without a feasible design; they count as regret 1.
    pub infeasible_runs: usize,
    /// Runs that ended early because their agent failed or somebody interrupted them; they count with what they found.
    pub broken_runs: usize,
    /// Score of the best run: its best reward, or for Pareto objectives its hypervolume.
    pub best_score: Option<f64>,
    /// Median score of the runs; absent if half of them have no feasible design.
    pub median_score: Option<f64>,
    /// Score with regret 0.
    pub known_best: Option<f64>,
    /// Score with regret 1.
    pub random_score: Option<f64>,
    /// Whether the known best is proven; otherwise it is the best that any run of the study found.
    pub certain: bool,
    /// Interquartile mean of regret over the runs.
    pub iqm_regret: Option<f64>,
    /// Lower end of its 95 % bootstrap interval; absent with fewer than two runs.
    pub low_95: Option<f64>,
    /// Upper end of its 95 % bootstrap interval.
    pub high_95: Option<f64>,
    /// Mean regret.
    pub mean_regret: Option<f64>,
    /// First quartile of regret.
    pub q25_regret: Option<f64>,
    /// Median regret.
    pub median_regret: Option<f64>,
    /// Third quartile of regret.
    pub q75_regret: Option<f64>,
    /// Share of the runs that reached the known best.
    pub solved: f64,
}

/// One agent over all problems after some number of calls.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct StandingRow {
    /// Agent.
    pub agent: String,
    /// Simulator calls.
    pub simulator_calls: u64,
    /// Interquartile mean of regret over all runs and problems.
    pub iqm_regret: f64,
    /// Lower end of its 95 % interval (bootstrap of tickets and of seeds by problem).
    pub low_95: f64,
    /// Upper end of its 95 % interval.
    pub high_95: f64,
    /// Problems.
    pub problems: usize,
    /// Runs.
    pub runs: usize,
}

/// One agent on one problem after some number of calls.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ProblemRow {
    /// Problem.
    pub problem: String,
    /// Score with regret 0.
    pub best_reward: f64,
    /// Score with regret 1.
    pub random_reward: f64,
    /// Whether the best is proven.
    pub certain: bool,
    /// Agent.
    pub agent: String,
    /// Simulator calls.
    pub simulator_calls: u64,
    /// Median regret of its runs.
    pub median_regret: f64,
}

/// A reference agent against another one after some number of calls, both with default hyperparameters, paired by seed.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct VersusRow {
    /// The agent that is compared with.
    pub reference: String,
    /// The other agent.
    pub agent: String,
    /// Simulator calls.
    pub simulator_calls: u64,
    /// Interquartile mean of the other's regret less the reference's; above 0 the reference is ahead.
    pub iqm_difference: f64,
    /// Lower end of its 95 % interval.
    pub low_95: f64,
    /// Upper end of its 95 % interval.
    pub high_95: f64,
    /// Probability that a run of the reference beats one of the other on the same problem, ties half.
    pub probability_of_improvement: f64,
    /// Lower end of its 95 % interval.
    pub improvement_low_95: f64,
    /// Upper end of its 95 % interval.
    pub improvement_high_95: f64,
    /// Problems that both have runs on.
    pub problems: usize,
    /// Pairs.
    pub pairs: usize,
}

/// Interquartile mean of regret at one number of calls.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct AnytimeRow {
    /// Agent.
    pub agent: String,
    /// Simulator calls.
    pub simulator_calls: u64,
    /// Interquartile mean of regret over all runs and problems.
    pub iqm_regret: f64,
    /// Lower end of its pointwise 95 % interval.
    pub low_95: f64,
    /// Upper end of its pointwise 95 % interval.
    pub high_95: f64,
}

/// One point of a performance profile (Agarwal et al. 2021, section 4.2).
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ProfileRow {
    /// Agent.
    pub agent: String,
    /// Score τ.
    pub score: f64,
    /// Share of the runs whose score is above τ, mean over problems.
    pub share: f64,
    /// Lower end of its pointwise 95 % interval (bootstrap stratified by problem).
    pub low_95: f64,
    /// Upper end of its pointwise 95 % interval.
    pub high_95: f64,
}

/// One point of a runtime distribution (Hansen et al. 2022, COCO).
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RuntimeRow {
    /// Agent.
    pub agent: String,
    /// Simulator calls.
    pub simulator_calls: u64,
    /// Share of all pairs of run and target that are reached within these calls, mean over problems. The targets are regrets
    /// spaced evenly in the logarithm.
    pub share: f64,
}

/// How long it takes to reach one target on one problem.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TargetRow {
    /// Agent.
    pub agent: String,
    /// Problem.
    pub problem: String,
    /// Regret to reach.
    pub target_regret: f64,
    /// Runs.
    pub runs: usize,
    /// Runs that reached it.
    pub reached: usize,
    /// Calls of all runs until they reached it or ended, over the number that did; absent if none did.
    pub expected_calls: Option<f64>,
}

/// One agent's rank over problems.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RankRow {
    /// Agent.
    pub agent: String,
    /// Mean over problems of its rank by mean regret; 1 is best, ties share.
    pub mean_rank: f64,
    /// Problems on which it alone, or with others, is best.
    pub firsts: usize,
    /// Problems that all agents have runs on.
    pub problems: usize,
}

/// The Wilcoxon signed-rank test of two agents over problems.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RankTestRow {
    /// One agent.
    pub a: String,
    /// The other agent.
    pub b: String,
    /// The smaller of the two rank sums.
    pub statistic: f64,
    /// Two-sided probability.
    pub p: f64,
    /// The same with Holm's correction for all pairs.
    pub p_holm: f64,
    /// `exact`, `normal` (approximation: ties or zeros, or many problems) or `none` (no difference anywhere).
    pub method: String,
    /// Whether the corrected probability is at most 0.05.
    pub different: bool,
}

/// One group of agents that cannot be told apart, a bar of a critical-difference diagram.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CliqueRow {
    /// Number of the group, from 1.
    pub group: usize,
    /// Agent.
    pub agent: String,
    /// Its mean rank.
    pub mean_rank: f64,
}
