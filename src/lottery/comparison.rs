//! Agents compared over all problems at once (Agarwal et al. 2021).

use rl_env::seed::Seed;

use super::assembly::Material;
use super::findings::{AnytimeRow, Findings, ProblemRow, StandingRow, VersusRow};
use super::race::grid;
use super::regret::Regrets;
use crate::statistics::{
    Interval, Strata, crossed, interquartile_mean, probability_of_improvement, stratified,
};

/// Seed of the bootstrap, so that a report can be made again.
const SEED: Seed = Seed(2021);

/// One agent after some number of simulator calls.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// The agent.
    pub agent: String,
    /// Simulator calls.
    pub calls: u64,
    /// Interquartile mean of normalised regret over all runs and problems.
    pub regret: Interval,
    /// Problems.
    pub problems: usize,
    /// Runs.
    pub runs: usize,
}

/// A reference agent against another one after some number of simulator calls.
#[derive(Debug, Clone, PartialEq)]
pub struct Versus {
    /// The agent that is compared with.
    pub reference: String,
    /// The other agent.
    pub agent: String,
    /// Simulator calls.
    pub calls: u64,
    /// Interquartile mean of the other's regret less the reference's, both with default hyperparameters, paired by
    /// seed: above 0 the reference is ahead.
    pub difference: Interval,
    /// Probability that a run of the reference has less regret than one of the other on the same problem, ties half,
    /// mean over problems.
    pub improvement: Interval,
    /// Problems that both have runs on.
    pub problems: usize,
    /// Pairs.
    pub pairs: usize,
}

/// Compares agents by normalised regret.
#[derive(Debug, Clone, Copy)]
pub struct Comparison<'a> {
    /// The runs.
    pub regrets: &'a Regrets<'a>,
    /// Bootstrap draws of each interval.
    pub replicates: u64,
}

impl Comparison<'_> {
    /// How an agent stands after `calls` simulator calls; `None` if it has no runs.
    pub fn standing(&self, agent: &str, calls: u64) -> Option<Standing> {
        let strata = self.regrets.crossed(agent, calls);
        let regret = crossed(&strata, interquartile_mean, self.replicates, SEED)?;
        let runs = strata.iter().flatten().flatten().flatten().count();
        let problems = self.regrets.medians(agent, calls).len();
        Some(Standing { agent: agent.to_owned(), calls, regret, problems, runs })
    }

    /// Compares two agents after `calls` simulator calls; `None` if their defaults have no seed in common.
    pub fn versus(&self, reference: &str, agent: &str, calls: u64) -> Option<Versus> {
        let strata = self.regrets.pairs(reference, agent, calls);
        let difference = stratified(&strata, paired_difference, self.replicates, SEED)?;
        let improvement = stratified(&strata, improvement, self.replicates, SEED)?;
        let pairs = strata.iter().map(Vec::len).sum();
        Some(Versus {
            reference: reference.to_owned(),
            agent: agent.to_owned(),
            calls,
            difference,
            improvement,
            problems: strata.len(),
            pairs,
        })
    }
}

/// Standings, duels and the anytime curve.
pub(super) fn fill(material: &Material<'_>, reference: Option<&str>, found: &mut Findings) {
    let comparison = Comparison { regrets: &material.regrets, replicates: material.replicates };
    let pairs = || material.at.iter().flat_map(|calls| material.agents.iter().map(move |a| (*a, *calls)));
    let standings = pairs().filter_map(|(agent, calls)| comparison.standing(agent, calls));
    found.standings.extend(standings.map(StandingRow::from));
    for (agent, calls) in pairs() {
        let medians = material.regrets.medians(agent, calls);
        found.problems.extend(medians.into_iter().map(|(title, scale, median)| ProblemRow {
            problem: title.to_owned(),
            best_reward: scale.best + 0.0,
            random_reward: scale.random + 0.0,
            certain: scale.certain,
            agent: agent.to_owned(),
            simulator_calls: calls,
            median_regret: median.max(0.0),
        }));
    }
    if let Some(reference) = reference {
        let others = pairs().filter(|(agent, _)| *agent != reference);
        let versus = others.filter_map(|(agent, calls)| comparison.versus(reference, agent, calls));
        found.versus.extend(versus.map(VersusRow::from));
    }
    let curve = Comparison { replicates: material.few_replicates(), ..comparison };
    for agent in &material.agents {
        let points = grid(material.board.calls).into_iter().filter_map(|calls| curve.standing(agent, calls));
        found.anytime.extend(points.map(|point| AnytimeRow {
            agent: point.agent,
            simulator_calls: point.calls,
            iqm_regret: point.regret.estimate,
            low_95: point.regret.low,
            high_95: point.regret.high,
        }));
    }
}

impl From<Standing> for StandingRow {
    fn from(from: Standing) -> Self {
        Self {
            agent: from.agent,
            simulator_calls: from.calls,
            iqm_regret: from.regret.estimate,
            low_95: from.regret.low,
            high_95: from.regret.high,
            problems: from.problems,
            runs: from.runs,
        }
    }
}

impl From<Versus> for VersusRow {
    fn from(from: Versus) -> Self {
        Self {
            reference: from.reference,
            agent: from.agent,
            simulator_calls: from.calls,
            iqm_difference: from.difference.estimate,
            low_95: from.difference.low,
            high_95: from.difference.high,
            probability_of_improvement: from.improvement.estimate,
            improvement_low_95: from.improvement.low,
            improvement_high_95: from.improvement.high,
            problems: from.problems,
            pairs: from.pairs,
        }
    }
}

fn paired_difference(strata: &Strata<(f64, f64)>) -> Option<f64> {
    let mut all: Vec<f64> = strata.iter().flatten().map(|(reference, other)| other - reference).collect();
    interquartile_mean(&mut all)
}

/// Mean over problems; less regret is better.
fn improvement(strata: &Strata<(f64, f64)>) -> Option<f64> {
    let one = |pairs: &Vec<(f64, f64)>| {
        let (reference, other): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
        probability_of_improvement(&other, &reference)
    };
    let all: Option<Vec<f64>> = strata.iter().map(one).collect();
    all.filter(|all| !all.is_empty()).map(|all| all.iter().sum::<f64>() / all.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lottery::Scale;
    use crate::plot::samples::run;
    use crate::study::Study;

    /// `genetic` is better by a hundredth on every problem and seed, though the problems differ a lot.
    fn study() -> Study {
        let mut runs = Vec::new();
        for (problem, level) in ["easy", "middling", "hard"].iter().zip([0.1, 0.5, 0.9]) {
            for seed in 0..10 {
                let base = level + 0.005 * seed as f64;
                for (agent, regret) in [("genetic", base - 0.01), ("random-walker", base)] {
                    let mut run = run(agent, 0, seed);
                    run.workload = (*problem).into();
                    run.curve = vec![(1, -regret)];
                    runs.push(run);
                }
            }
        }
        Study { name: String::new(), runs }
    }

    fn scale(_: &crate::study::Run) -> Option<Scale> {
        Some(Scale { best: 0.0, random: -1.0, certain: true })
    }

    #[test]
    fn pairing_sees_small_differences() {
        let study = study();
        let regrets = Regrets::on(&study, scale);
        let versus = Comparison { regrets: &regrets, replicates: 500 }.versus("genetic", "random-walker", 10);
        let versus = versus.unwrap();
        assert!((versus.difference.estimate - 0.01).abs() < 1e-12, "{versus:?}");
        assert!(versus.difference.low > 0.009 && versus.difference.high < 0.011);
        assert_eq!((versus.problems, versus.pairs), (3, 30));
        assert!(versus.improvement.estimate > 0.5);
    }

    #[test]
    fn standings_pool_all_problems() {
        let study = study();
        let regrets = Regrets::on(&study, scale);
        let comparison = Comparison { regrets: &regrets, replicates: 500 };
        let standing = comparison.standing("random-walker", 10).unwrap();
        assert_eq!((standing.problems, standing.runs), (3, 30));
        assert!(
            standing.regret.low <= standing.regret.estimate
                && standing.regret.estimate <= standing.regret.high
        );
        assert!((standing.regret.estimate - 0.5225).abs() < 0.02, "{standing:?}");
        assert_eq!(comparison.standing("nobody", 10), None);
        assert_eq!(comparison.versus("genetic", "nobody", 10), None);
    }
}
