//! Normalised regret: 0 at the best design known, 1 at a median random design.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::board::{Row, Tickets};
use crate::optima::{self, Optimum};
use crate::statistics::Crossed;
use crate::study::{Run, Study};

/// The ends of a problem's scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// The best reward of any design.
    pub best: f64,
    /// The reward of a median random design.
    pub random: f64,
    /// Whether `best` is proven; otherwise it is the best that anybody has seen.
    pub certain: bool,
}

impl Scale {
    /// Regret of a best reward so far; no feasible design, or one worse than a median random design, counts 1.
    pub fn regret(&self, best_so_far: Option<f64>) -> f64 {
        let span = self.best - self.random;
        match best_so_far {
            Some(reward) if span > 0.0 => ((self.best - reward) / span).min(1.0),
            // All designs are equally good.
            Some(reward) if reward >= self.best => 0.0,
            _ => 1.0,
        }
    }

    /// The scale of the recorded optima below `root`; `None` where there are none, and for Pareto objectives, whose
    /// runs are read by reward here.
    fn recorded(root: &Path, run: &Run) -> Option<Self> {
        let optimum = optima::optimum(root, &run.env, &run.workload, &run.space, &run.objective).ok()?;
        let Optimum { score, best, random, .. } = optimum;
        let of_rewards = best.as_ref().is_none_or(|best| best.reward == score);
        of_rewards.then_some(Self { best: score, random: random.median, certain: true })
    }

    /// The scale of the recorded optima below `root` for runs whose curves are of what they are judged by, which for Pareto
    /// objectives is hypervolume; a random design is then the front of itself. `None` where there are none.
    pub(super) fn of_scores(root: &Path, run: &Run) -> Option<Self> {
        let optimum = optima::optimum(root, &run.env, &run.workload, &run.space, &run.objective).ok()?;
        Some(Self { best: optimum.score, random: optimum.random.median, certain: true })
    }

    /// The scale that a study itself suggests: the best reward of all its runs, and the median of the first feasible
    /// samples.
    fn of_runs(runs: &[&Run]) -> Option<Self> {
        let best = runs.iter().filter_map(|run| run.curve.last()).map(|(_, reward)| *reward);
        let mut first: Vec<f64> =
            runs.iter().filter_map(|run| run.curve.first()).map(|(_, reward)| *reward).collect();
        first.sort_by(f64::total_cmp);
        let random = crate::statistics::quantile(&first, 0.5)?;
        best.max_by(f64::total_cmp).map(|best| Self { best, random, certain: false })
    }
}

/// One problem with the runs of every agent on it.
#[derive(Debug, Clone)]
struct Problem<'a> {
    title: String,
    scale: Scale,
    /// By agent, then by ticket and seed.
    runs: BTreeMap<&'a str, BTreeMap<(u64, u64), &'a Run>>,
}

/// The runs of a study on the scale of each problem.
#[derive(Debug, Clone)]
pub struct Regrets<'a> {
    problems: Vec<Problem<'a>>,
}

impl<'a> Regrets<'a> {
    /// Puts a study on the scale of the optima recorded below `root`; problems that have none get the scale of the
    /// study itself.
    pub fn new(study: &'a Study, root: &Path) -> Self {
        Self::on(study, |run| Scale::recorded(root, run))
    }

    /// Puts a study on the scales that `known` has; problems without one get the scale of the study itself. Problems
    /// without a single feasible design tell nothing and are left out.
    pub(crate) fn on(study: &'a Study, known: impl Fn(&'a Run) -> Option<Scale>) -> Self {
        let problems = study.problems().into_iter().filter_map(|(title, runs)| {
            let scale = known(runs.first()?).or_else(|| Scale::of_runs(&runs))?;
            let mut by_agent: BTreeMap<&str, BTreeMap<(u64, u64), &Run>> = BTreeMap::new();
            for run in runs {
                by_agent.entry(&run.agent).or_default().insert((run.ticket, run.seed), run);
            }
            Some(Problem { title, scale, runs: by_agent })
        });
        Self { problems: problems.collect() }
    }

    /// Every problem with the regret of each run after `calls` simulator calls.
    pub(super) fn rows(&self, calls: u64) -> Vec<Row<'a>> {
        let row = |problem: &Problem<'a>| {
            let mut agents: BTreeMap<&'a str, Tickets> = BTreeMap::new();
            for (agent, runs) in &problem.runs {
                let tickets = agents.entry(agent).or_default();
                for ((ticket, seed), run) in runs {
                    let regret = problem.scale.regret(run.best_after(calls)).max(0.0);
                    tickets.entry(*ticket).or_default().insert(*seed, regret);
                }
            }
            Row { title: problem.title.clone(), scale: problem.scale, agents }
        };
        self.problems.iter().map(row).collect()
    }

    /// Every problem's scale with an agent's runs on it.
    pub(super) fn runs(&self, agent: &str) -> Vec<(&str, Scale, Vec<&'a Run>)> {
        let of = |problem: &'_ Problem<'a>| Some(problem.runs.get(agent)?.values().copied().collect());
        let known = self.problems.iter().filter_map(|problem| Some((problem, of(problem)?)));
        known.map(|(problem, runs)| (problem.title.as_str(), problem.scale, runs)).collect()
    }

    /// Titles of the problems with their scales.
    pub fn scales(&self) -> impl Iterator<Item = (&str, Scale)> {
        self.problems.iter().map(|problem| (problem.title.as_str(), problem.scale))
    }

    /// Regret of every run of an agent after `calls` simulator calls, by problem. Problems that the agent has no
    /// run on are left out.
    pub fn of(&self, agent: &str, calls: u64) -> Vec<Vec<f64>> {
        let on = |problem: &Problem<'_>| {
            let runs = problem.runs.get(agent)?.values();
            Some(runs.map(|run| problem.scale.regret(run.best_after(calls))).collect())
        };
        self.problems.iter().filter_map(on).collect()
    }

    /// Regret of every run of an agent after `calls` simulator calls, by problem, ticket and seed. Problems that the agent
    /// has no run on are left out.
    pub fn crossed(&self, agent: &str, calls: u64) -> Crossed {
        let known: Vec<_> =
            self.problems.iter().filter_map(|p| Some((p.scale, p.runs.get(agent)?))).collect();
        let tickets: BTreeSet<u64> =
            known.iter().flat_map(|(_, runs)| runs.keys()).map(|(ticket, _)| *ticket).collect();
        let on = |(scale, runs): (Scale, &BTreeMap<(u64, u64), &Run>)| {
            let seeds: BTreeSet<u64> = runs.keys().map(|(_, seed)| *seed).collect();
            let regret = |key| runs.get(&key).map(|run| scale.regret(run.best_after(calls)));
            let row = |ticket: &u64| seeds.iter().map(|seed| regret((*ticket, *seed))).collect();
            tickets.iter().map(row).collect()
        };
        known.into_iter().map(on).collect()
    }

    /// Median regret of an agent after `calls` simulator calls on each problem that it has runs on.
    pub fn medians(&self, agent: &str, calls: u64) -> Vec<(&str, Scale, f64)> {
        let known = self.problems.iter().filter(|problem| problem.runs.contains_key(agent));
        let medians = self.of(agent, calls).into_iter().map(|mut regrets| {
            regrets.sort_by(f64::total_cmp);
            crate::statistics::quantile(&regrets, 0.5).unwrap_or(1.0)
        });
        known.zip(medians).map(|(problem, median)| (problem.title.as_str(), problem.scale, median)).collect()
    }

    /// Regrets of two agents with their first ticket, the default, after `calls` simulator calls, by problem, for
    /// every seed that both have. Other tickets of two agents have nothing but their number in common.
    pub fn pairs(&self, a: &str, b: &str, calls: u64) -> Vec<Vec<(f64, f64)>> {
        let on = |problem: &Problem<'_>| {
            let (a, b) = (problem.runs.get(a)?, problem.runs.get(b)?);
            let regret = |run: &Run| problem.scale.regret(run.best_after(calls));
            let default = a.iter().filter(|((ticket, _), _)| *ticket == 0);
            let both = default.filter_map(|(key, run)| Some((regret(run), regret(b.get(key)?))));
            Some(both.collect::<Vec<_>>()).filter(|pairs| !pairs.is_empty())
        };
        self.problems.iter().filter_map(on).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(agent: &str, seed: u64, curve: &[(u64, f64)]) -> Run {
        Run { seed, ..crate::plot::samples::run(agent, 0, seed) }.with_curve(curve)
    }

    impl Run {
        fn with_curve(mut self, curve: &[(u64, f64)]) -> Self {
            self.curve = curve.to_vec();
            self
        }
    }

    fn study() -> Study {
        Study {
            name: String::new(),
            runs: vec![
                run("a", 0, &[(1, -4.0), (5, -1.0)]),
                run("a", 1, &[(1, -8.0), (2, -3.0)]),
                run("b", 0, &[(1, -5.0)]),
                run("b", 2, &[]),
            ],
        }
    }

    const SCALE: Scale = Scale { best: -1.0, random: -5.0, certain: true };

    #[test]
    fn the_optimum_has_no_regret_and_a_median_random_design_has_one() {
        assert_eq!(SCALE.regret(Some(-1.0)), 0.0);
        assert_eq!(SCALE.regret(Some(-3.0)), 0.5);
        assert_eq!(SCALE.regret(Some(-5.0)), 1.0);
        assert_eq!(SCALE.regret(Some(-500.0)), 1.0);
        assert_eq!(SCALE.regret(None), 1.0);
    }

    #[test]
    fn a_problem_whose_designs_are_all_alike_has_no_regret() {
        let flat = Scale { best: -2.0, random: -2.0, certain: true };
        assert_eq!((flat.regret(Some(-2.0)), flat.regret(None)), (0.0, 1.0));
    }

    #[test]
    fn regret_is_read_at_the_number_of_calls() {
        let study = study();
        let regrets = Regrets::on(&study, |_| Some(SCALE));
        assert_eq!(regrets.of("a", 1), [[0.75, 1.0]]);
        assert_eq!(regrets.of("a", 4), [[0.75, 0.5]]);
        assert_eq!(regrets.of("a", 100), [[0.0, 0.5]]);
        assert!(regrets.of("c", 100).is_empty());
    }

    #[test]
    fn tickets_cross_seeds_and_runs_that_lack_are_absent() {
        let mut study = study();
        let mut other = run("a", 1, &[(1, -2.0)]);
        other.ticket = 1;
        study.runs.push(other);
        let regrets = Regrets::on(&study, |_| Some(SCALE));
        assert_eq!(regrets.crossed("a", 100), [[[Some(0.0), Some(0.5)], [None, Some(0.25)]]]);
        assert!(regrets.crossed("c", 100).is_empty());
    }

    #[test]
    fn pairs_share_the_seed_and_have_the_default_ticket() {
        let mut study = study();
        for agent in ["a", "b"] {
            let mut other = run(agent, 0, &[(1, -2.0)]);
            other.ticket = 1;
            study.runs.push(other);
        }
        let regrets = Regrets::on(&study, |_| Some(SCALE));
        assert_eq!(regrets.pairs("a", "b", 100), [[(0.0, 1.0)]]);
    }

    #[test]
    fn without_a_known_scale_the_study_makes_its_own() {
        let study = study();
        let regrets = Regrets::on(&study, |_| None);
        let (_, scale) = regrets.scales().next().unwrap();
        assert_eq!((scale.best, scale.certain), (-1.0, false));
        assert_eq!(scale.random, -5.0, "the median of −8, −5, −4");
    }
}
