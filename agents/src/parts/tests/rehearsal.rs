//! What tests of agents share: spaces, judges, and the rules that every agent keeps whatever its configuration. The
//! conformance suite of `rl-env` has more rules, for the default configuration and the ends of the sweep.

#![allow(clippy::unwrap_used, reason = "a failed test may panic anywhere")]

use std::sync::Arc;

use rl_env::Error;
use rl_env::agent::{Agent, Context, Trial};
use rl_env::design::{Constraint, Design, DesignSpace, Parameter};
use rl_env::problem::Outcome;
use rl_env::registry::AgentEntry;
use rl_env::seed::Seed;
use serde_json::{Value as Json, json};

pub(crate) fn space(parameters: Vec<Parameter>) -> Arc<DesignSpace> {
    Arc::new(DesignSpace::new(parameters).unwrap())
}

pub(crate) fn reals(count: usize) -> Arc<DesignSpace> {
    space((0..count).map(|i| Parameter::real(format!("x{i}"), 0.0, 1.0)).collect())
}

pub(crate) fn switches(count: usize) -> Arc<DesignSpace> {
    space((0..count).map(|i| Parameter::bool(format!("b{i}"))).collect())
}

pub(crate) fn every_kind() -> Arc<DesignSpace> {
    space(vec![
        Parameter::bool("bool"),
        Parameter::choice("choice", ["a", "b", "c"]),
        Parameter::integer("integer", -5, 20),
        Parameter::power_of_two("power", 1, 64),
        Parameter::ordinal("ordinal", [1, 3, 9]),
        Parameter::real("real", -1.0, 1.0),
        Parameter::log_real("log", 1e-3, 1e3),
        Parameter::permutation("order", ["a", "b", "c", "d"]).when("choice", ["a", "b"]),
        Parameter::subset("set", ["a", "b", "c", "d"], 1, 3).when("bool", ["true"]),
        Parameter::real("depth", 0.0, 2.0).when("bool", ["true"]),
        Parameter::integer("wide", 0, 1 << 40).when("choice", ["c"]),
    ])
}

/// A conditional, finite space of 3 + 2·4 + 4·5·6 = 131 designs.
pub(crate) fn conditional() -> Arc<DesignSpace> {
    space(vec![
        Parameter::choice("mode", ["off", "simple", "full"]),
        Parameter::integer("plain", 1, 3).when("mode", ["off"]),
        Parameter::power_of_two("size", 1, 8).when("mode", ["simple", "full"]),
        Parameter::bool("flag").when("mode", ["simple"]),
        Parameter::ordinal("ways", [1, 2, 4, 8, 16]).when("mode", ["full"]),
        Parameter::permutation("order", ["x", "y", "z"]).when("mode", ["full"]),
    ])
}

/// The constraint leaves 2 % of the space.
pub(crate) fn constrained() -> Arc<DesignSpace> {
    let rule = Constraint::sum_at_most("sum", ["x0", "x1", "x2"], 0.5);
    Arc::new(DesignSpace::clone(&reals(3)).constrain(rule).unwrap())
}

pub(crate) fn one_point() -> Arc<DesignSpace> {
    space(vec![
        Parameter::integer("x", 3, 3),
        Parameter::choice("c", ["only"]),
        Parameter::real("r", 1.0, 1.0),
    ])
}

/// More designs than 128 bits can count, reals of almost the whole range, a condition.
pub(crate) fn huge() -> Arc<DesignSpace> {
    let mut parameters: Vec<Parameter> =
        (0..6).map(|i| Parameter::integer(format!("n{i}"), -(1 << 40), 1 << 40)).collect();
    parameters.push(Parameter::integer("half", i64::MIN / 2, i64::MAX / 2));
    parameters.extend((0..6).map(|i| Parameter::real(format!("x{i}"), -1e300, 1e300)));
    parameters.push(Parameter::permutation("order", (0..40).map(|i| format!("i{i}"))).when("half", ["0"]));
    space(parameters)
}

pub(crate) fn context(space: &Arc<DesignSpace>, seed: u64, budget: u64) -> Context {
    Context { space: space.clone(), seed: Seed(seed), budget, axes: 0 }
}

/// An agent with seed 5 that expects 200 trials.
pub(crate) fn build(entry: &AgentEntry, config: &Json, space: &Arc<DesignSpace>) -> Box<dyn Agent> {
    entry.build(config, context(space, 5, 200)).unwrap()
}

pub(crate) fn trial(design: &Design, reward: Option<f64>) -> Trial {
    let outcome = match reward {
        Some(reward) => Outcome::Feasible([reward].into()),
        None => Outcome::infeasible("no", ""),
    };
    Trial { design: design.clone(), outcome, reward, axes: Vec::new(), cached: false }
}

/// Searches for `trials` trials with batches of `n`, or until the agent has nothing more to propose.
pub(crate) fn search(
    agent: &mut dyn Agent,
    trials: usize,
    n: usize,
    mut reward: impl FnMut(&Design) -> Option<f64>,
) -> Vec<Design> {
    let mut all = Vec::new();
    while all.len() < trials {
        let designs = agent.ask(n.min(trials - all.len())).unwrap();
        if designs.is_empty() {
            break;
        }
        let judged: Vec<Trial> = designs.iter().map(|design| trial(design, reward(design))).collect();
        agent.tell(&judged).unwrap();
        all.extend(designs);
    }
    all
}

/// Likes everything large and in order; refuses about a sixth of a space.
pub(crate) fn taste(space: &DesignSpace) -> impl Fn(&Design) -> Option<f64> {
    let space = space.clone();
    move |design| {
        let sum: f64 = space.to_unit(design).iter().enumerate().map(|(i, u)| u * (i + 1) as f64).sum();
        (sum.fract() < 5.0 / 6.0).then_some(sum)
    }
}

pub(crate) fn distinct(designs: &[Design]) -> usize {
    designs.iter().enumerate().filter(|(i, design)| !designs[..*i].contains(design)).count()
}

/// Best reward of a search.
pub(crate) fn best(designs: &[Design], reward: impl Fn(&Design) -> Option<f64>) -> f64 {
    designs.iter().filter_map(reward).fold(f64::NEG_INFINITY, f64::max)
}

/// How often designs repeat in a search of so many switches, the more of them on the better.
pub(crate) fn repeats(entry: &AgentEntry, config: &Json, count: usize, trials: usize) -> usize {
    let on = |design: &Design| Some((0..count).filter(|i| design.bool(*i)).count() as f64);
    trials - distinct(&search(&mut *build(entry, config, &switches(count)), trials, 12, on))
}

/// The best that is found where a constraint leaves 2 % of the space and the optimum, 1, lies at its edge.
pub(crate) fn best_at_a_constraint(entry: &AgentEntry, trials: usize) -> f64 {
    let reward = |design: &Design| Some(design.real(0) + 2.0 * design.real(1) + design.real(2));
    best(&search(&mut *build(entry, &json!({}), &constrained()), trials, 32, reward), reward)
}

/// What the default configuration misses in 600 trials on numbers and names, over what as many random designs miss;
/// means of ten seeds.
pub(crate) fn misses_by_guesses(entry: &AgentEntry) -> f64 {
    let mut parameters: Vec<Parameter> = (0..5).map(|i| Parameter::real(format!("x{i}"), 0.0, 1.0)).collect();
    parameters.push(Parameter::integer("n", 0, 100));
    parameters.extend((0..3).map(|i| Parameter::choice(format!("c{i}"), ["a", "b", "c", "d"])));
    let space = space(parameters);
    let reward = |design: &Design| {
        let reals: f64 = (0..5).map(|i| (design.real(i) - 0.17 * (i + 1) as f64).abs()).sum();
        let whole = (design.integer(5) - 37).abs() as f64 / 100.0;
        let names = (6..9).filter(|i| design.choice(*i) != (i % 4)).count() as f64 * 0.3;
        Some(-(reals + whole + names))
    };
    let (mut found, mut guessed) = (0.0, 0.0);
    for seed in 1000..1010 {
        let mut agent = entry.build(&json!({}), context(&space, seed, 600)).unwrap();
        found += best(&search(&mut *agent, 600, 24, reward), reward);
        let mut rng = Seed(seed).stream("test");
        let random: Vec<Design> = (0..600).map(|_| space.sample(&mut rng)).collect();
        guessed += best(&random, reward);
    }
    found / guessed
}

/// Each of the changes (a place in the agent's snapshot, and what is there instead) makes it one that is refused.
pub(crate) fn assert_refuses(agent: &mut dyn Agent, changes: &[(&str, Json)]) {
    let sound = agent.snapshot().unwrap();
    for (place, value) in changes {
        let mut state = sound.clone();
        *state.pointer_mut(place).unwrap_or_else(|| panic!("no {place} in {sound}")) = value.clone();
        let result = agent.restore(&state);
        assert!(matches!(result, Err(Error::Snapshot { .. })), "{place}: {result:?}");
    }
    agent.restore(&sound).unwrap();
}

/// With the number of designs where it is small.
fn spaces() -> [(Arc<DesignSpace>, usize); 5] {
    const MANY: usize = usize::MAX;
    [(every_kind(), MANY), (conditional(), 131), (constrained(), MANY), (one_point(), 1), (huge(), MANY)]
}

/// The rules of every agent, in every space, for each of the configurations.
pub(crate) fn assert_keeps_the_contract(entry: &AgentEntry, configs: &[Json]) {
    for config in configs {
        for (space, all) in spaces() {
            Rehearsal { entry, config, space, all, trials: 200, budget: 200 }.run();
        }
        nonsense_is_refused(entry, config);
    }
}

/// The same for agents that take milliseconds for a trial: no search is longer than `trials`, and only the first
/// configuration sees every space.
pub(crate) fn assert_keeps_the_contract_within(trials: usize, entry: &AgentEntry, configs: &[Json]) {
    for (i, config) in configs.iter().enumerate() {
        for (space, all) in spaces().into_iter().take(if i == 0 { 5 } else { 1 }) {
            // Random openings take a quarter of the budget.
            Rehearsal { entry, config, space, all, trials, budget: 2 * trials as u64 }.run();
        }
        nonsense_is_refused(entry, config);
    }
}

type Answer<'a> = &'a mut dyn FnMut(&Design) -> Option<f64>;

/// One configuration in one space.
struct Rehearsal<'a> {
    entry: &'a AgentEntry,
    config: &'a Json,
    space: Arc<DesignSpace>,
    /// Number of its designs.
    all: usize,
    trials: usize,
    budget: u64,
}

impl Rehearsal<'_> {
    fn run(&self) {
        self.in_space_whatever_the_answers();
        let (reference, snapshots) = self.one_by_one();
        self.the_batch_size_changes_nothing(&reference);
        self.a_snapshot_continues_identically(&reference, &snapshots);
    }

    fn build(&self, seed: u64) -> Box<dyn Agent> {
        self.entry.build(self.config, context(&self.space, seed, self.budget)).unwrap()
    }

    fn in_space_whatever_the_answers(&self) {
        let extremes = [f64::MAX, 0.0, -f64::MAX, f64::MIN_POSITIVE, 1.0];
        let mut count = 0;
        let mut alternating = move |_: &Design| {
            count += 1;
            Some(extremes[count % extremes.len()])
        };
        let answers: [(&str, Answer<'_>); 4] = [
            ("true", &mut taste(&self.space)),
            ("constant", &mut |_| Some(0.5)),
            ("infeasible", &mut |_| None),
            ("extreme", &mut alternating),
        ];
        for (what, answer) in answers {
            let mut agent = self.build(5);
            // Somebody else's trials come first.
            let others: Vec<Trial> =
                [None, Some(-1.0), Some(0.25)].map(|reward| trial(&self.space.first(), reward)).into();
            agent.tell(&others).unwrap();
            let designs = search(&mut *agent, self.trials, 5, answer);
            self.judge(what, &designs);
        }
    }

    fn judge(&self, what: &str, designs: &[Design]) {
        let Self { config, space, all, trials, .. } = self;
        let (told, new) = (designs.len(), distinct(designs));
        // All but the one that somebody else proposed.
        assert!(told == *trials || new + 1 >= *all, "{what}: gave up after {told}, {config}");
        for design in designs {
            space.check(design).unwrap();
            assert!(space.violated(design).is_none(), "{what}: {}, {config}", space.describe(design));
        }
        // Where nothing works, others are tried.
        let lively = what != "infeasible" || all <= trials || 4 * new >= 3 * trials;
        assert!(lively, "only {new} designs, {config}");
    }

    /// Designs of a search in batches of one, and snapshots on the way with the number of trials before each.
    fn one_by_one(&self) -> (Vec<Design>, Vec<(usize, String)>) {
        let mut agent = self.build(5);
        let (mut designs, mut snapshots) = (Vec::new(), Vec::new());
        for stop in [0, 1, 11, 24, 90, self.trials].into_iter().filter(|stop| *stop <= self.trials) {
            designs.extend(search(&mut *agent, stop - designs.len(), 1, taste(&self.space)));
            if designs.len() < stop {
                break;
            }
            snapshots.push((stop, agent.snapshot().unwrap().to_string()));
        }
        (designs, snapshots)
    }

    fn the_batch_size_changes_nothing(&self, reference: &[Design]) {
        let trials = 3 * reference.len() / 4;
        for n in [3, 1000] {
            let designs = search(&mut *self.build(5), trials, n, taste(&self.space));
            assert_eq!(designs, reference[..trials], "batches of {n}, {}", self.config);
        }
    }

    fn a_snapshot_continues_identically(&self, reference: &[Design], snapshots: &[(usize, String)]) {
        for (before, text) in snapshots {
            let mut copy = self.build(99);
            search(&mut *copy, 13, 2, taste(&self.space));
            copy.restore(&serde_json::from_str(text).unwrap()).unwrap();
            assert_eq!(copy.snapshot().unwrap().to_string(), *text);
            let rest = &reference[*before..reference.len().min(before + 60)];
            let designs = search(&mut *copy, rest.len(), 7, taste(&self.space));
            assert_eq!(designs, rest, "after {before}, {}", self.config);
        }
    }
}

fn nonsense_is_refused(entry: &AgentEntry, config: &Json) {
    let mut agent = build(entry, config, &every_kind());
    for nonsense in [json!(null), json!(3), json!({}), json!({"rng": 3})] {
        assert!(matches!(agent.restore(&nonsense), Err(Error::Snapshot { .. })), "{nonsense}");
    }
    let mut state = agent.snapshot().unwrap();
    state["stranger"] = json!(1);
    assert!(matches!(agent.restore(&state), Err(Error::Snapshot { .. })));
}
