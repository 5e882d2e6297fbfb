use rl_env::registry::AgentEntry;
use serde_json::json;

use super::*;
use crate::parts::rehearsal::{self, assert_refuses, context, every_kind, reals, search, taste, trial};

const ENTRY: AgentEntry = AgentEntry::of::<Config>("portfolio");

/// Two methods, the model first.
fn portfolio(space: &Arc<DesignSpace>, budget: u64) -> Portfolio {
    Portfolio::new(Config::default(), context(space, 3, budget)).unwrap()
}

/// How often of 10,000 times each method is chosen after `trials` trials with these gains.
fn shares(trials: u64, gains: [f64; 2]) -> [f64; 2] {
    let mut agent = portfolio(&reals(3), 100);
    agent.state.trials = trials;
    agent.arms.iter_mut().zip(gains).for_each(|(arm, gain)| arm.credit = Credit { gain, trials: 4.0 });
    let evolution = (0..10_000).map(|_| agent.choose()).sum::<usize>() as f64 / 10_000.0;
    [1.0 - evolution, evolution]
}

fn near(found: [f64; 2], wanted: [f64; 2]) {
    let apart = found.iter().zip(wanted).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(apart < 0.02, "{found:?} instead of {wanted:?}");
}

#[test]
fn keeps_the_contract() {
    rehearsal::assert_keeps_the_contract_within(16, &ENTRY, &[json!({}), json!({"batch": 3})]);
}

/// The shares beyond the floor are 3 : 1 as the gains are.
#[test]
fn who_gains_more_is_asked_more_often() {
    let free = 1.0 - 2.0 * FLOOR;
    near(shares(50, [3.0, 1.0]), [FLOOR + 0.75 * free, FLOOR + 0.25 * free]);
    near(shares(50, [1.0, 3.0]), [FLOOR + 0.25 * free, FLOOR + 0.75 * free]);
}

#[test]
fn who_gains_nothing_keeps_the_floor() {
    near(shares(50, [1.0, 0.0]), [1.0 - FLOOR, FLOOR]);
    near(shares(50, [0.0, 1e300]), [FLOOR, 1.0 - FLOOR]);
}

#[test]
fn as_long_as_nobody_gains_the_shares_are_even() {
    near(shares(50, [0.0, 0.0]), [0.5, 0.5]);
}

/// A dimension each and one more, at most a quarter of the budget.
#[test]
fn the_opening_belongs_to_the_model() {
    assert_eq!(shares(3, [0.0, 1.0]), [1.0, 0.0]);
    assert!(shares(4, [0.0, 1.0])[1] > 0.5);
    assert_eq!([40, 100, 10_000].map(|budget| portfolio(&reals(20), budget).opening), [10, 21, 21]);
}

#[test]
fn beyond_its_trials_the_model_is_not_asked() {
    assert!(shares(MODEL_TRIALS - 1, [1.0, 0.0])[0] > 0.5);
    assert_eq!(shares(MODEL_TRIALS, [1.0, 0.0]), [0.0, 1.0]);
}

#[test]
fn beyond_its_dimensions_there_is_no_model() {
    let methods = |dimensions| portfolio(&reals(dimensions), 1000).arms.len();
    assert_eq!((methods(MODEL_DIMENSIONS), methods(MODEL_DIMENSIONS + 1)), (2, 1));
    let space = reals(MODEL_DIMENSIONS + 1);
    let ours = search(&mut portfolio(&space, 1000), 30, 1, taste(&space));
    let seed = Seed(3).child("portfolio", 1);
    let mut alone = genetic::Config::default().build(Context { seed, ..context(&space, 3, 1000) }).unwrap();
    assert_eq!(ours, search(&mut *alone, 30, 1, taste(&space)));
}

/// Halves of the improvements of the best reward; the first reward and infeasible designs improve nothing.
#[test]
fn improvements_are_paid_to_whose_turn_it_was() {
    let space = reals(2);
    let mut agent = portfolio(&space, 100);
    let paid = |agent: &mut Portfolio, turn: usize, reward: Option<f64>| {
        agent.state.turn = turn;
        agent.credit(&[trial(&space.first(), reward)]);
        agent.arms.iter().map(|arm| arm.credit).collect::<Vec<_>>()
    };
    let credit = |gain: f64, trials: f64| Credit { gain, trials };
    paid(&mut agent, 0, None);
    assert_eq!(paid(&mut agent, 0, Some(-3.0)), [credit(0.0, 1.0 + DISCOUNT), credit(0.0, 0.0)]);
    agent.arms.iter_mut().for_each(|arm| arm.credit = Credit::default());
    assert_eq!(paid(&mut agent, 1, Some(1.0)), [credit(0.0, 0.0), credit(2.0, 1.0)]);
    assert_eq!(paid(&mut agent, 0, Some(0.0)), [credit(0.0, 1.0), credit(2.0 * DISCOUNT, DISCOUNT)]);
    agent.arms.iter_mut().for_each(|arm| arm.credit = Credit::default());
    paid(&mut agent, 0, Some(-f64::MAX));
    agent.state.best = Some(-f64::MAX);
    assert_eq!(paid(&mut agent, 1, Some(f64::MAX))[1].gain, f64::MAX);
}

#[test]
fn both_methods_learn_from_all_trials() {
    let space = reals(3);
    let mut agent = portfolio(&space, 100);
    // The opening is over, and all of it was the model's.
    search(&mut agent, 4, 1, taste(&space));
    let states: Vec<Json> = agent.arms.iter().map(|arm| arm.agent.snapshot().unwrap()).collect();
    let known = |trials: &Json| trials.as_array().map(Vec::len);
    assert_eq!((known(&states[0]["trials"]), known(&states[1]["population"])), (Some(4), Some(4)));
}

#[test]
fn a_snapshot_that_cannot_be_is_refused() {
    let space = every_kind();
    let mut agent = portfolio(&space, 100);
    search(&mut agent, 30, 1, taste(&space));
    let one = json!([agent.snapshot().unwrap()["arms"][0]]);
    let changes = [
        ("/arms", json!([])),
        ("/arms", one),
        ("/arms/1/0/population", json!(3)),
        ("/arms/0/1/gain", json!(null)),
        ("/state/turn", json!(2)),
        ("/state/trials", json!(-1)),
        ("/state/round/waiting", json!([[]])),
    ];
    assert_refuses(&mut agent, &changes);
    let wide = portfolio(&reals(MODEL_DIMENSIONS + 1), 100).snapshot().unwrap();
    assert!(matches!(agent.restore(&wide), Err(Error::Snapshot { what: "portfolio", .. })));
}
