//! Rows about tickets, their tuning and their hyperparameters.

use schemars::JsonSchema;
use serde::Serialize;

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
