//! What the tests of agents share: spaces, judges, and rules that every agent keeps.

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
    let rule = Constraint::sum_at_most("sum", ["a", "b", "c"], 0.5);
    let real = |name| Parameter::real(name, 0.0, 1.0);
    Arc::new(DesignSpace::new(vec![real("a"), real("b"), real("c")]).unwrap().constrain(rule).unwrap())
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

pub(crate) fn build(entry: &AgentEntry, config: &Json, space: &Arc<DesignSpace>) -> Box<dyn Agent> {
    let context = Context { space: space.clone(), seed: Seed(5), budget: 200, axes: 0 };
    entry.build(config, context).unwrap()
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

/// Likes everything large and in order; refuses a sixth of the space.
pub(crate) fn taste(space: &DesignSpace) -> impl Fn(&Design) -> Option<f64> {
    let space = space.clone();
    move |design| {
        let unit = space.to_unit(design);
        let sum: f64 = unit.iter().enumerate().map(|(i, u)| u * (i + 1) as f64).sum();
        (unit[0] < 5.0 / 6.0 || unit.len() < 3).then_some(sum)
    }
}

pub(crate) fn distinct(designs: &[Design]) -> usize {
    designs.iter().enumerate().filter(|(i, design)| !designs[..*i].contains(design)).count()
}

/// With the number of designs where it is small.
fn spaces() -> [(Arc<DesignSpace>, usize); 5] {
    const MANY: usize = usize::MAX;
    [(every_kind(), MANY), (conditional(), 131), (constrained(), MANY), (one_point(), 1), (huge(), MANY)]
}

/// The rules of every agent, in every space, for each of the configurations.
pub(crate) fn assert_keeps_the_contract(entry: &AgentEntry, configs: &[Json]) {
    for config in configs {
        for (space, all) in &spaces() {
            in_space_whatever_the_answers(entry, config, space, *all);
            the_batch_size_changes_nothing(entry, config, space);
            a_snapshot_continues_identically(entry, config, space);
        }
        nonsense_is_refused(entry, config);
    }
}

type Answer<'a> = &'a mut dyn FnMut(&Design) -> Option<f64>;

fn in_space_whatever_the_answers(entry: &AgentEntry, config: &Json, space: &Arc<DesignSpace>, all: usize) {
    let extremes = [f64::MAX, 0.0, -f64::MAX, f64::MIN_POSITIVE, 1.0];
    let mut count = 0;
    let mut alternating = move |_: &Design| {
        count += 1;
        Some(extremes[count % extremes.len()])
    };
    let answers: [(&str, Answer<'_>); 4] = [
        ("true", &mut taste(space)),
        ("constant", &mut |_| Some(0.5)),
        ("infeasible", &mut |_| None),
        ("extreme", &mut alternating),
    ];
    for (what, answer) in answers {
        let mut agent = build(entry, config, space);
        // Somebody else's trials come first.
        let others: Vec<Trial> =
            [None, Some(-1.0), Some(0.25)].map(|reward| trial(&space.first(), reward)).into();
        agent.tell(&others).unwrap();
        let designs = search(&mut *agent, 200, 5, answer);
        // All but the one that somebody else proposed.
        let complete = distinct(&designs) + 1 >= all;
        assert!(designs.len() == 200 || complete, "{what}: gave up after {}, {config}", designs.len());
        designs.iter().for_each(|design| space.check(design).unwrap());
    }
}

fn the_batch_size_changes_nothing(entry: &AgentEntry, config: &Json, space: &Arc<DesignSpace>) {
    let run = |n| search(&mut *build(entry, config, space), 150, n, taste(space));
    let reference = run(1);
    for n in [3, 64, 1000] {
        assert_eq!(run(n), reference, "batches of {n}, {config}");
    }
}

fn a_snapshot_continues_identically(entry: &AgentEntry, config: &Json, space: &Arc<DesignSpace>) {
    for before in [0, 1, 11, 24, 90] {
        let mut original = build(entry, config, space);
        search(&mut *original, before, 1, taste(space));
        let text = original.snapshot().unwrap().to_string();
        let context = Context { space: space.clone(), seed: Seed(99), budget: 200, axes: 0 };
        let mut copy = entry.build(config, context).unwrap();
        search(&mut *copy, 13, 2, taste(space));
        copy.restore(&serde_json::from_str(&text).unwrap()).unwrap();
        assert_eq!(copy.snapshot().unwrap().to_string(), text);
        let rest = |agent: &mut dyn Agent| search(agent, 60, 7, taste(space));
        assert_eq!(rest(&mut *copy), rest(&mut *original), "after {before}, {config}");
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
