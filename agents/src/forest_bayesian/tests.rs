use rl_env::registry::AgentEntry;
use serde_json::json;

use super::*;
use crate::parts::rehearsal::{
    self, best, best_at_a_constraint, build, context, every_kind, reals, search, switches,
};

const ENTRY: AgentEntry = AgentEntry::of::<Config>("forest-bayesian");

fn agent(config: Config, space: &Arc<DesignSpace>) -> ForestBayesian {
    ForestBayesian::new(config, context(space, 3, 1000))
}

#[test]
fn keeps_the_contract() {
    let quick = json!({"trees": 5, "challengers": 20, "steps": 50, "startup": 5});
    let mut batches = quick.clone();
    batches["batch"] = json!(4);
    rehearsal::assert_keeps_the_contract_within(60, &ENTRY, &[quick, batches]);
}

/// Trees that were grown from different numbers of trials are restored as they were.
#[test]
fn a_snapshot_keeps_old_trees_old() {
    let space = reals(3);
    let reward = |design: &Design| Some(design.real(0) - design.real(1));
    let mut original = agent(Config { trees: 60, steps: 50, ..Config::default() }, &space);
    search(&mut original, 120, 1, reward);
    let ages: std::collections::HashSet<usize> = original.state.grown.iter().copied().collect();
    assert!(ages.len() > 1, "{ages:?}");
    let mut copy = agent(original.config.clone(), &space);
    copy.restore(&original.snapshot().unwrap()).unwrap();
    assert_eq!(copy.trees, original.trees);
    assert_eq!(search(&mut copy, 10, 1, reward), search(&mut original, 10, 1, reward));
}

#[test]
fn a_snapshot_with_impossible_trees_is_refused() {
    let space = reals(2);
    let mut agent = agent(Config::default(), &space);
    search(&mut agent, 30, 1, |design| Some(design.real(0)));
    let state = agent.snapshot().unwrap();
    for grown in [json!([1]), json!(vec![31; 20]), json!(vec![0; 20])] {
        let mut broken = state.clone();
        broken["grown"] = grown;
        assert!(matches!(agent.restore(&broken), Err(Error::Snapshot { what: "forest-bayesian", .. })));
    }
    agent.restore(&state).unwrap();
}

#[test]
fn trees_grow_anew_oldest_first() {
    let space = reals(2);
    let mut agent = agent(Config { trees: 30, steps: 20, challengers: 20, ..Config::default() }, &space);
    search(&mut agent, 401, 1, |design| Some(design.real(0)));
    // The last proposal knew 400 trials, ten trees of which are 4000 rows; of 399 it takes eleven.
    let count = |rows| agent.state.grown.iter().filter(|grown| **grown == rows).count();
    assert_eq!([count(400), count(399), count(398)], [10, 11, 9]);
}

#[test]
fn fantasies_keep_a_round_apart() {
    let mut agent = build(&ENTRY, &json!({"batch": 8}), &switches(8));
    let designs = search(&mut *agent, 80, 8, |d| Some((0..8).filter(|i| d.bool(*i)).count() as f64));
    for round in designs.chunks(8) {
        assert!((0..8).all(|i| !round[..i].contains(&round[i])));
    }
}

#[test]
fn startup_is_space_filling_and_within_a_quarter_of_the_budget() {
    let mut short = ForestBayesian::new(Config::default(), context(&reals(1), 1, 40));
    assert_eq!(short.startup, 10);
    let mut xs: Vec<f64> = search(&mut short, 8, 1, |_| Some(0.0)).iter().map(|d| d.real(0)).collect();
    xs.sort_by(f64::total_cmp);
    // One of eight Sobol points in every eighth.
    for (i, x) in xs.iter().enumerate() {
        assert_eq!((x * 8.0) as usize, i, "{xs:?}");
    }
}

#[test]
fn finds_the_best_of_a_mixed_space() {
    let space = every_kind();
    let reward = |d: &Design| {
        let order = if d.is_active(7) { f64::from(u8::from(d.permutation(7) == [3, 2, 1, 0])) } else { 0.0 };
        let near = -(d.integer(2) - 13).abs() as f64 / 25.0;
        (d.choice(1) != 0).then_some(order + near + f64::from(u8::from(d.bool(0))))
    };
    let found = best(&search(&mut *build(&ENTRY, &json!({}), &space), 150, 1, reward), reward);
    assert!(found >= 2.0 - 1.0 / 25.0, "{found}");
}

#[test]
fn searches_a_space_whose_constraints_leave_little() {
    let found = best_at_a_constraint(&ENTRY, 120);
    assert!(found > 0.75, "{found}");
}
