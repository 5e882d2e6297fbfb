//! What a study says: rows, ready to be written as tables or drawn.
//!
//! One structure a table; its fields are the columns and their comments the columns' meaning (docs/lottery.md). A value that
//! cannot be told from the data is absent, and [`Findings::remarks`] says why; nothing here is ever NaN or infinite.
//!
//! *Regret* is normalised on each problem: 0 at the best design known, 1 at a median random design or worse (see
//! [`Scale`](super::Scale)). *Score* is 1 − regret. The problem `all` stands for all problems together.

use schemars::JsonSchema;
use serde::Serialize;

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
    /// Simulator calls after which the lottery is judged: the smallest budget, so that no run is judged by less.
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
    /// Lower end of its 95 % interval (bootstrap stratified by problem).
    pub low_95: f64,
    /// Upper end of its 95 % interval.
    pub high_95: f64,
    /// Problems.
    pub problems: usize,
    /// Runs.
    pub runs: usize,
}

/// A reference agent against another one after some number of calls, paired by ticket and seed.
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

/// One ticket on one problem.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TicketRow {
    /// Agent.
    pub agent: String,
    /// Problem.
    pub problem: String,
    /// Ticket; 0 is the default.
    pub ticket: u64,
    /// Seeds.
    pub seeds: usize,
    /// Mean regret over its seeds.
    pub mean_regret: f64,
    /// Regret of its best seed.
    pub least_regret: f64,
    /// Regret of its worst seed.
    pub most_regret: f64,
    /// Its hyperparameters, `name=value` joined by `; `.
    pub hyperparameters: String,
}

/// One point of a tuning curve: the best of so many random tickets, each judged by its mean over seeds.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TuningRow {
    /// Agent.
    pub agent: String,
    /// Problem or `all`.
    pub problem: String,
    /// Tickets tried.
    pub tickets: usize,
    /// Expected regret of the best of them: the U-statistic, unbiased (Dodge et al. 2021).
    pub mean_regret: f64,
    /// Median regret of the best of them.
    pub median_regret: f64,
    /// Lower end of the median's simultaneous 95 % band (Lourie et al. 2024, Learned-Miller and DeStefano's equal-tailed band).
    pub low_95: f64,
    /// Upper end of the band.
    pub high_95: f64,
    /// Random tickets that this rests on.
    pub of_tickets: usize,
}

/// How likely a random ticket is good.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ChanceRow {
    /// Agent.
    pub agent: String,
    /// Problem or `all`.
    pub problem: String,
    /// A ticket is good if its mean regret is at most this.
    pub within_regret: f64,
    /// Random tickets.
    pub tickets: usize,
    /// Good ones.
    pub good: usize,
    /// Their share.
    pub probability: f64,
    /// Lower end of its 95 % interval (Wilson).
    pub low_95: f64,
    /// Upper end of its 95 % interval (Wilson).
    pub high_95: f64,
    /// Random tickets to try for a 95 % chance of a good one; absent if none was good.
    pub tickets_for_95: Option<u64>,
    /// Whether the default is good; absent if the study has no default ticket.
    pub default_is_good: Option<bool>,
}

/// The default against the ticket that is best on the tuning seeds, both on the test seeds.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TunedRow {
    /// Agent.
    pub agent: String,
    /// Problem, or `all` for one ticket for all problems.
    pub problem: String,
    /// Tickets to choose from, the default among them.
    pub tickets: usize,
    /// Seeds that choose.
    pub tuning_seeds: usize,
    /// Seeds that judge.
    pub test_seeds: usize,
    /// The chosen ticket.
    pub chosen: u64,
    /// Its mean regret on the tuning seeds: too good, because it was chosen for it.
    pub tuning_regret: f64,
    /// Its mean regret on the test seeds.
    pub test_regret: f64,
    /// The default's mean regret on the test seeds.
    pub default_regret: f64,
    /// What tuning gains on the test seeds: the default's regret less the chosen ticket's.
    pub gain: f64,
    /// Lower end of its 95 % interval (bootstrap of test seeds stratified by problem); absent with one test seed.
    pub gain_low_95: Option<f64>,
    /// Upper end of its 95 % interval.
    pub gain_high_95: Option<f64>,
}

/// One agent whose hyperparameters are tuned with so many tickets, the calls of tuning included.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TuningCostRow {
    /// Agent.
    pub agent: String,
    /// Tickets tried on the tuning seeds, drawn at random from those of the study.
    pub tickets: usize,
    /// Simulator calls on one problem: tickets × tuning seeds × calls of a run, and one run more with the chosen ticket.
    pub simulator_calls: u64,
    /// Expected regret of that last run, on the test seeds, mean over problems; tickets are chosen for each problem.
    pub expected_regret: f64,
    /// Expected regret of as many calls of `random-walker`, by the U-statistic over its runs; absent where it has too few.
    pub random_walker_regret: Option<f64>,
}

/// One component of the variance of regret (random effects, nested: seed in ticket in problem).
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct VarianceRow {
    /// Agent.
    pub agent: String,
    /// Problem, or `all`.
    pub problem: String,
    /// `problem`, `ticket` or `seed`.
    pub component: String,
    /// Variance; estimates below zero count as zero.
    pub variance: f64,
    /// Its share of the sum of all components; absent if nothing varies.
    pub share: Option<f64>,
    /// The estimate before that, by the analysis of variance.
    pub estimate: f64,
    /// Degrees of freedom.
    pub degrees_of_freedom: usize,
}

/// How much an agent needs tuning for each problem (Adkins et al. 2024).
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SensitivityRow {
    /// Agent.
    pub agent: String,
    /// Problems.
    pub problems: usize,
    /// Tickets that have runs on all of them, the default among them.
    pub tickets: usize,
    /// Mean over problems of the score of the best ticket for each.
    pub tuned_for_each: f64,
    /// Score of the one ticket that is best over all.
    pub tuned_for_all: f64,
    /// Sensitivity Φ, the difference.
    pub sensitivity: f64,
    /// The ticket that is best over all.
    pub best_ticket: u64,
    /// Fewest hyperparameters to tune for each problem, all others as in the best ticket, to reach 95 % of what tuning all of
    /// them gains; only for grids, where every combination was run.
    pub effective_dimensionality: Option<usize>,
}

/// Importance of one hyperparameter, over random tickets and the default.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ImportanceRow {
    /// Agent.
    pub agent: String,
    /// Problem or `all`.
    pub problem: String,
    /// Hyperparameter.
    pub hyperparameter: String,
    /// `linear`, `logarithmic` or `categories`: how its values were laid out.
    pub scale: String,
    /// Share of the importance for being among the best tenth of the tickets (PED-ANOVA; Watanabe et al. 2023).
    pub ped_anova: f64,
    /// Share of the variance of regret that it explains alone, by a random forest (fANOVA; Hutter et al. 2014); the rest is
    /// interactions.
    pub fanova: f64,
    /// Standard deviation of that share over the trees.
    pub fanova_sd: f64,
    /// Tickets that this rests on.
    pub tickets: usize,
}

/// One step from the default towards the best ticket (Fawcett and Hoos 2016), on a random forest's predictions.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct AblationRow {
    /// Agent.
    pub agent: String,
    /// Problem or `all`.
    pub problem: String,
    /// Step; 0 is the default.
    pub step: usize,
    /// What changes; empty at step 0.
    pub hyperparameter: String,
    /// Its value in the default.
    pub from: String,
    /// Its value in the best ticket.
    pub to: String,
    /// Regret that the forest predicts, not measured.
    pub predicted_regret: f64,
}

/// The fronts of one agent on one Pareto objective.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ParetoRow {
    /// Agent.
    pub agent: String,
    /// Problem.
    pub problem: String,
    /// Runs.
    pub runs: usize,
    /// Median hypervolume.
    pub median_hypervolume: f64,
    /// First quartile of the hypervolume.
    pub q25_hypervolume: f64,
    /// Third quartile of the hypervolume.
    pub q75_hypervolume: f64,
    /// Median IGD⁺ to the reference front (Ishibuchi et al. 2015), in units of the scaled axes; absent if half of the runs have
    /// no feasible design.
    pub median_igd_plus: Option<f64>,
    /// Points of the reference front: all that no other point of any run dominates.
    pub reference_points: usize,
    /// Hypervolume of the reference front.
    pub reference_hypervolume: f64,
}

/// One corner of an attainment surface (Fonseca and Fleming 1996): this share of the runs found a design at least as good on
/// both axes.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct AttainmentRow {
    /// Agent.
    pub agent: String,
    /// Problem.
    pub problem: String,
    /// Percentage of the runs.
    pub percent: u32,
    /// Metric of the first axis.
    pub x_metric: String,
    /// Its value.
    pub x: f64,
    /// Metric of the second axis.
    pub y_metric: String,
    /// Its value.
    pub y: f64,
}
