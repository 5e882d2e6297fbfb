//! Every agent on every landscape: well-formed, reproducible and better than chance.

#![allow(clippy::unwrap_used, reason = "a failed test may panic anywhere")]

use std::sync::Arc;

use rayon::prelude::*;
use rl_env::agent::{Agent, Context, Trial};
use rl_env::design::{Design, DesignSpace, Kind, Parameter, Value};
use rl_env::objective::Scorer;
use rl_env::pareto::Front;
use rl_env::problem::{Metric, Outcome, Problem, evaluate};
use rl_env::registry::{AgentEntry, find_agent};
use rl_env::seed::Seed;
use sweepstake::statistics::probability_of_improvement;
use sweepstake_agents::AGENTS;
use sweepstake_envs::landscape::{self, ENTRY};

/// Not meant to be better than chance.
const BLIND: &[&str] = &["grid", "random-walker", "sobol"];

/// Trials of a search that has to be better than chance; 500 unless the method learns from fewer at a higher price,
/// or needs more.
const TRIALS: &[(&str, usize)] = &[
    ("bayesian", 100),
    ("dqn", 1000),
    ("forest-bayesian", 100),
    ("portfolio", 100),
    ("ppo", 1000),
    ("reinforce", 1000),
];

fn trials(agent: &str) -> usize {
    TRIALS.iter().find(|(name, _)| *name == agent).map_or(500, |(_, trials)| *trials)
}

/// One search problem with its judge.
struct Search {
    problem: Arc<dyn Problem>,
    scorer: Scorer,
}

/// Another problem with its parameters in reverse (those with a condition behind what they depend on) and the options
/// of every choice rotated.
struct Shuffled {
    inner: Arc<dyn Problem>,
    space: DesignSpace,
    /// For each parameter of the inner problem its place here.
    places: Vec<usize>,
}

impl Shuffled {
    fn new(inner: Arc<dyn Problem>) -> Self {
        let mut parameters: Vec<Parameter> = inner.space().parameters().to_vec();
        for parameter in &mut parameters {
            if let Kind::Choice { options } = &mut parameter.kind {
                options.rotate_left(1);
            }
        }
        parameters.reverse();
        parameters.sort_by_key(|parameter| parameter.condition.is_some());
        let space = DesignSpace::new(parameters).unwrap();
        let places = inner.space().parameters().iter().map(|p| space.position(&p.name).unwrap()).collect();
        Self { inner, space, places }
    }

    fn original(&self, design: &Design) -> Design {
        let value =
            |(parameter, place): (&Parameter, &usize)| match (&parameter.kind, &design.values()[*place]) {
                (Kind::Choice { options }, Value::Choice(at)) => {
                    Value::Choice((at + 1) % options.len() as u32)
                }
                (_, value) => value.clone(),
            };
        Design(self.inner.space().parameters().iter().zip(&self.places).map(value).collect())
    }
}

impl Problem for Shuffled {
    fn space(&self) -> &DesignSpace {
        &self.space
    }
    fn metrics(&self) -> &[Metric] {
        self.inner.metrics()
    }
    fn evaluate(&self, design: &Design) -> Outcome {
        evaluate(&*self.inner, &self.original(design))
    }
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

    /// Scores of an agent with its defaults, one for each seed.
    fn scores(&self, entry: &AgentEntry, trials: usize, seeds: std::ops::Range<u64>) -> Vec<f64> {
        seeds.map(|seed| self.score(&self.run(&mut *self.build(entry, seed), trials, 64))).collect()
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

/// Does something for every agent on every landscape; `f` gets the trials that the agent can afford here.
fn everywhere(f: impl Fn(&str, &Search, &AgentEntry, usize) + Sync) {
    let searches = searches();
    let pairs: Vec<_> = searches.iter().flat_map(|search| AGENTS.iter().map(move |a| (search, a))).collect();
    pairs.par_iter().for_each(|((name, search), entry)| {
        let name = format!("{} on {name}", entry.name);
        f(&name, search, entry, trials(entry.name).min(200));
    });
}

#[test]
fn agents_stay_in_the_space() {
    everywhere(|name, search, entry, trials| {
        for trial in search.run(&mut *search.build(entry, 1), trials, 50) {
            search.problem.space().check(&trial.design).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    });
}

#[test]
fn agents_repeat_themselves_for_a_seed_and_differ_between_seeds() {
    everywhere(|name, search, entry, trials| {
        let run = |seed| designs(search.run(&mut *search.build(entry, seed), trials, 50));
        let first = run(1);
        assert_eq!(first, run(1), "{name}");
        assert_ne!(first, run(2), "{name}");
    });
}

#[test]
fn batch_sizes_do_not_change_what_agents_propose() {
    everywhere(|name, search, entry, trials| {
        let run = |n| designs(search.run(&mut *search.build(entry, 3), trials, n));
        let one_by_one = run(1);
        for n in [3, 64] {
            assert_eq!(run(n), one_by_one, "{name} in batches of {n}");
        }
    });
}

#[test]
fn agents_continue_from_a_snapshot() {
    everywhere(|name, search, entry, trials| {
        let mut original = search.build(entry, 4);
        search.run(&mut *original, trials * 2 / 5, 7);
        let mut copy = search.build(entry, 99);
        copy.restore(&original.snapshot().unwrap()).unwrap();
        let rest = |agent: &mut dyn Agent| designs(search.run(agent, trials / 2, 9));
        assert_eq!(rest(&mut *copy), rest(&mut *original), "{name}");
    });
}

/// One-sided 1 % level of Mann and Whitney's test, normal approximation, as a share of pairs won.
fn convincing(n: usize, m: usize) -> f64 {
    0.5 + 2.326 * ((n + m + 1) as f64 / (12 * n * m) as f64).sqrt()
}

/// Its trails lead to one place of a front, which is no better than a random handful: pairs it need not win.
const ONE_PLACE: &[(&str, &str)] = &[("ant-colony", "two-objective/pareto")];

fn better_than_chance(name: &str, search: &Search, entry: &AgentEntry) -> Result<(), String> {
    let trials = trials(entry.name);
    let random = search.scores(find_agent(AGENTS, "random-walker").unwrap(), trials, 100..131);
    let scores = search.scores(entry, trials, 0..11);
    let won = probability_of_improvement(&scores, &random).unwrap();
    let wanted = convincing(scores.len(), random.len());
    let line =
        format!("{:<22} {name:<24} {trials:>5} trials: better than random in {won:.2} of pairs", entry.name);
    if won > wanted || ONE_PLACE.contains(&(entry.name, name)) {
        Ok(())
    } else {
        Err(format!("{line}, should be {wanted:.2}"))
    }
}

fn all_better_than_chance(searches: &[(String, Search)]) {
    let seeing = || AGENTS.iter().filter(|entry| !BLIND.contains(&entry.name));
    let pairs: Vec<_> =
        searches.iter().flat_map(|search| seeing().map(move |entry| (search, entry))).collect();
    let test =
        |((name, search), entry): &(&(String, Search), &AgentEntry)| better_than_chance(name, search, entry);
    let failures: Vec<String> = pairs.par_iter().filter_map(|pair| test(pair).err()).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn agents_are_better_than_chance_on_every_landscape() {
    all_better_than_chance(&searches());
}

/// Neither the order of parameters nor the order of options is a hint.
#[test]
fn agents_are_better_than_chance_whatever_the_order_of_parameters_and_options() {
    let shuffled = |name: &str| {
        let Search { problem, scorer } = Search::new(name, "");
        (format!("{name}, shuffled"), Search { problem: Arc::new(Shuffled::new(problem)), scorer })
    };
    all_better_than_chance(&["sphere", "mixed", "nk"].map(shuffled));
}

#[test]
fn a_shuffled_problem_is_the_same_problem() {
    for name in ["sphere", "mixed", "nk"] {
        let problem = Search::new(name, "").problem;
        let shuffled = Shuffled::new(problem.clone());
        assert_ne!(shuffled.space.parameters()[0].name, problem.space().parameters()[0].name);
        let mut rng = Seed(1).stream(name);
        for _ in 0..50 {
            problem.space().check(&shuffled.original(&shuffled.space.sample(&mut rng))).unwrap();
        }
    }
}

/// Agents for one objective gather at one place of the front.
#[test]
fn nsga2_finds_a_larger_front_than_agents_for_one_objective() {
    let search = Search::new("two-objective", "pareto");
    let scores = |agent| search.scores(find_agent(AGENTS, agent).unwrap(), 500, 0..11);
    let own = scores("nsga2");
    for other in ["genetic", "random-walker"] {
        let wins = own.iter().zip(scores(other)).filter(|(own, other)| *own > other).count();
        assert!(wins >= 10, "nsga2 wins {wins} of 11 against {other}");
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
