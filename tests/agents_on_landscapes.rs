//! Every agent on every landscape: well-formed, reproducible and better than chance.

#![allow(clippy::unwrap_used, reason = "a failed test may panic anywhere")]

use std::sync::Arc;

use rl_env::agent::{Agent, Context, Trial};
use rl_env::design::Design;
use rl_env::objective::Scorer;
use rl_env::pareto::Front;
use rl_env::problem::{Outcome, Problem, evaluate};
use rl_env::registry::{AgentEntry, find_agent};
use rl_env::seed::Seed;
use sweepstake_agents::AGENTS;
use sweepstake_envs::landscape::{self, ENTRY};

/// One search problem with its judge.
struct Search {
    problem: Arc<dyn Problem>,
    scorer: Scorer,
}

impl Search {
    fn new(workload: &str, objective: &str) -> Self {
        let problem = ENTRY.problem(&ENTRY.select(workload, "", None).unwrap()).unwrap();
        let (_, objective) = ENTRY.objective(workload, objective).unwrap();
        let scorer = objective.bind(problem.metrics()).unwrap();
        Self { problem, scorer }
    }

    fn build(&self, entry: &AgentEntry, seed: u64) -> Box<dyn Agent> {
        let space = Arc::new(self.problem.space().clone());
        let context = Context { space, seed: Seed(seed), budget: 500, axes: self.scorer.axis_count() };
        entry.build(&entry.defaults(), context).unwrap()
    }

    fn judge(&self, design: &Design) -> Trial {
        let outcome = evaluate(&*self.problem, design);
        let (reward, axes) = match &outcome {
            Outcome::Feasible(metrics) => (Some(self.scorer.reward(metrics)), self.scorer.axes(metrics)),
            Outcome::Infeasible { .. } => (None, Vec::new()),
        };
        Trial { design: design.clone(), outcome, reward, axes, cached: false }
    }

    /// Runs `agent` for `trials` trials, asked for `n` at once.
    fn run(&self, agent: &mut dyn Agent, trials: usize, n: usize) -> Vec<Trial> {
        let mut all: Vec<Trial> = Vec::new();
        while all.len() < trials {
            let designs = agent.ask(n.min(trials - all.len())).unwrap();
            assert!(!designs.is_empty(), "gave up after {}", all.len());
            let told: Vec<Trial> = designs.iter().map(|design| self.judge(design)).collect();
            agent.tell(&told).unwrap();
            all.extend(told);
        }
        all
    }

    /// Best reward of a run, or the hypervolume of its front; higher is better.
    fn score(&self, trials: &[Trial]) -> f64 {
        if self.scorer.axis_count() == 0 {
            return trials.iter().filter_map(|trial| trial.reward).fold(f64::NEG_INFINITY, f64::max);
        }
        let mut front = Front::default();
        trials.iter().filter(|trial| !trial.axes.is_empty()).for_each(|t| _ = front.offer(&t.axes, || ()));
        front.hypervolume()
    }

    /// Median score of eleven seeds at 500 trials.
    fn median(&self, agent: &str) -> f64 {
        let entry = find_agent(AGENTS, agent).unwrap();
        let one = |seed| self.score(&self.run(&mut *self.build(entry, seed), 500, 64));
        let mut scores: Vec<f64> = (0..11).map(one).collect();
        scores.sort_by(f64::total_cmp);
        scores[5]
    }
}

/// Every workload with each of its objectives.
fn searches() -> Vec<(String, Search)> {
    let objectives = |workload: &'static str| {
        (ENTRY.objectives)(workload).into_iter().map(move |(name, _)| (workload, name))
    };
    let pairs = ENTRY.workloads.iter().flat_map(|workload| objectives(workload.name));
    pairs.map(|(workload, name)| (format!("{workload}/{name}"), Search::new(workload, name))).collect()
}

fn designs(trials: Vec<Trial>) -> Vec<Design> {
    trials.into_iter().map(|trial| trial.design).collect()
}

#[test]
fn agents_stay_in_the_space() {
    for (name, search) in searches() {
        for entry in AGENTS {
            for trial in search.run(&mut *search.build(entry, 1), 500, 50) {
                search.problem.space().check(&trial.design).unwrap_or_else(|error| panic!("{name}: {error}"));
            }
        }
    }
}

#[test]
fn agents_repeat_themselves_for_a_seed_and_differ_between_seeds() {
    for (name, search) in searches() {
        for entry in AGENTS {
            let run = |seed| designs(search.run(&mut *search.build(entry, seed), 200, 50));
            assert_eq!(run(1), run(1), "{} on {name}", entry.name);
            assert_ne!(run(1), run(2), "{} on {name}", entry.name);
        }
    }
}

#[test]
fn batch_sizes_do_not_change_what_agents_propose() {
    for (name, search) in searches() {
        for entry in AGENTS {
            let run = |n| designs(search.run(&mut *search.build(entry, 3), 200, n));
            let one_by_one = run(1);
            for n in [3, 64, 200] {
                assert_eq!(run(n), one_by_one, "{} on {name} in batches of {n}", entry.name);
            }
        }
    }
}

#[test]
fn agents_continue_from_a_snapshot() {
    for (name, search) in searches() {
        for entry in AGENTS {
            let mut original = search.build(entry, 4);
            search.run(&mut *original, 77, 7);
            let mut copy = search.build(entry, 99);
            copy.restore(&original.snapshot().unwrap()).unwrap();
            let rest = |agent: &mut dyn Agent| designs(search.run(agent, 100, 9));
            assert_eq!(rest(&mut *copy), rest(&mut *original), "{} on {name}", entry.name);
        }
    }
}

#[test]
fn agents_beat_random_search_on_every_landscape() {
    for (name, search) in searches() {
        let random = search.median("random-walker");
        for agent in ["ant-colony", "differential-evolution", "genetic", "particle-swarm"] {
            let found = search.median(agent);
            println!("{name:<24} {agent:<24} {found:>9.4}  random {random:>9.4}");
            assert!(found > random, "{name}: {agent} {found}, random {random}");
        }
    }
}

/// A method that proposes equal coordinates, or clings to the centre, cannot come near.
#[test]
fn genetic_finds_a_different_value_in_every_dimension() {
    let search = Search::new("sphere", "");
    let trials = search.run(&mut *search.build(find_agent(AGENTS, "genetic").unwrap(), 1), 5000, 64);
    let best = trials.iter().max_by(|a, b| a.reward.partial_cmp(&b.reward).unwrap()).unwrap();
    let (optimum, _) = landscape::optimum("sphere").unwrap();
    for i in 0..optimum.values().len() {
        let (found, wanted) = (best.design.real(i), optimum.real(i));
        assert!((found - wanted).abs() < 0.3, "x{i} is {found}, should be {wanted}");
    }
}
