//! For tests of agents: a space of every kind, and a loop of ask and tell.

#![allow(clippy::unwrap_used, reason = "a failed test may panic anywhere")]

use std::sync::Arc;

use rl_env::agent::{Agent, Context, Trial};
use rl_env::design::{Design, DesignSpace, Parameter};
use rl_env::problem::Outcome;
use rl_env::registry::AgentEntry;
use rl_env::seed::Seed;
use serde_json::Value as Json;

pub(crate) mod rehearsal;

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
        Parameter::real("depth", 0.0, 2.0).when("bool", ["true"]),
        Parameter::integer("wide", 0, 1 << 40).when("choice", ["c"]),
    ])
}

pub(crate) fn reals(count: usize) -> Arc<DesignSpace> {
    space((0..count).map(|i| Parameter::real(format!("x{i}"), 0.0, 1.0)).collect())
}

pub(crate) fn build(
    entry: &AgentEntry,
    config: &Json,
    space: &Arc<DesignSpace>,
    seed: u64,
) -> Box<dyn Agent> {
    let context = Context { space: space.clone(), seed: Seed(seed), budget: 1000, axes: 0 };
    entry.build(config, context).unwrap()
}

/// Searches for `trials` trials in portions of `n`; `reward` judges designs.
pub(crate) fn search(
    agent: &mut dyn Agent,
    trials: usize,
    n: usize,
    reward: impl Fn(&Design) -> Option<f64>,
) -> Vec<Design> {
    let mut seen = Vec::new();
    while seen.len() < trials {
        let designs = agent.ask(n.min(trials - seen.len())).unwrap();
        assert!(!designs.is_empty(), "gave up");
        let judged: Vec<Trial> = designs.iter().map(|design| trial(design, reward(design))).collect();
        agent.tell(&judged).unwrap();
        seen.extend(designs);
    }
    seen
}

pub(crate) fn trial(design: &Design, reward: Option<f64>) -> Trial {
    let outcome = match reward {
        Some(reward) => Outcome::Feasible([reward].into()),
        None => Outcome::infeasible("no", ""),
    };
    Trial { design: design.clone(), outcome, reward, axes: Vec::new(), cached: false }
}

/// Likes everything large and in order; refuses a third of [`every_kind`].
pub(crate) fn taste(space: &DesignSpace) -> impl Fn(&Design) -> Option<f64> {
    let space = space.clone();
    move |design| {
        let sum: f64 = space.to_unit(design).iter().enumerate().map(|(i, u)| u * (i + 1) as f64).sum();
        (design.integer(2) % 3 != 0).then_some(sum)
    }
}

/// Best reward of a search.
pub(crate) fn best(designs: &[Design], reward: impl Fn(&Design) -> Option<f64>) -> f64 {
    designs.iter().filter_map(reward).fold(f64::NEG_INFINITY, f64::max)
}

/// What every agent owes, whatever its configuration: designs of the space, the same for any portions, identical
/// continuation from a snapshot.
pub(crate) fn keeps_the_contract(entry: &AgentEntry, config: &Json, trials: usize) {
    let space = every_kind();
    let run = |n| search(&mut *build(entry, config, &space, 5), trials, n, taste(&space));
    let reference = run(1);
    reference.iter().for_each(|design| space.check(design).unwrap());
    for n in [3, 64] {
        assert_eq!(run(n), reference, "portions of {n}, {config}");
    }
    for before in [0, 1, trials / 3, trials / 3 + 1] {
        let mut original = build(entry, config, &space, 5);
        search(&mut *original, before, 1, taste(&space));
        let text = original.snapshot().unwrap().to_string();
        let mut copy = build(entry, config, &space, 6);
        search(&mut *copy, 7, 7, |_| Some(1.0));
        copy.restore(&serde_json::from_str(&text).unwrap()).unwrap();
        let rest = |agent: &mut dyn Agent| search(agent, trials - before, 7, taste(&space));
        assert_eq!(rest(&mut *copy), rest(&mut *original), "from {before}, {config}");
    }
}
