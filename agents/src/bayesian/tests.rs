use std::borrow::Cow;

use rl_env::design::Value;
use rl_env::registry::AgentEntry;
use rl_env::seed::Seed;
use serde_json::json;

use super::*;
use crate::parts::rehearsal::{
    self, assert_refuses, best, best_at_a_constraint, context, every_kind, reals, repeats, search, space,
    taste, trial,
};

const ENTRY: AgentEntry = AgentEntry::of::<Config>("bayesian");

fn build(config: &Json, space: &Arc<DesignSpace>) -> Box<dyn Agent> {
    ENTRY.build(config, context(space, 1005, 100)).unwrap()
}

fn variants() -> Vec<Json> {
    vec![
        json!({}),
        json!({"kernel": "squared-exponential", "warp": "rank", "trust_region": "off"}),
        json!({"kernel": "matern-3/2", "warp": "off", "acquisition": "ucb", "trust_region": "on"}),
        json!({"warp": "half-rank", "batch": 3, "active": 32}),
    ]
}

#[test]
fn keeps_the_contract() {
    rehearsal::assert_keeps_the_contract_within(16, &ENTRY, &variants());
}

#[test]
fn a_snapshot_that_cannot_have_come_about_is_refused() {
    let space = every_kind();
    let mut agent = build(&json!({}), &space);
    search(&mut *agent, 30, 1, taste(&space));
    let sound = agent.snapshot().unwrap();
    let lost = format!("/trials/{}/reward", sound["objective"]["active"][3]);
    let changes = [
        ("/objective/hyper/lengths", json!([0.0])),
        ("/objective/hyper/noise", json!(1e9)),
        ("/objective/active/0", json!(1000)),
        ("/objective/trials", json!(1000)),
        (&lost, json!(null)),
        ("/region/length", json!(0.0)),
        ("/region/since", json!(1000)),
        ("/trials/0/design", json!([])),
    ];
    assert_refuses(&mut *agent, &changes);
}

#[test]
fn after_the_initial_sample_no_two_designs_behave_alike() {
    let plain = space(vec![Parameter::integer("a", 0, 9), Parameter::integer("b", 0, 9)]);
    // b is dead below a = 5: 5 + 5·10 behaviours.
    let canonical = |design: &Design| {
        let b = if design.integer(0) < 5 { 0 } else { design.integer(1) };
        Design(vec![Value::Integer(design.integer(0)), Value::Integer(b)])
    };
    let known = DesignSpace::clone(&plain).with_representative(move |design| Cow::Owned(canonical(design)));
    // Rewards are best where b is dead, so that an agent which does not know returns there again and again.
    let reward = |design: &Design| Some(-canonical(design).integer(0) as f64);
    let mut agent = build(&json!({}), &Arc::new(known));
    let mut behaviours: Vec<Design> = search(&mut *agent, 50, 1, reward)[3..].iter().map(canonical).collect();
    behaviours.sort_by_key(|design| (design.integer(0), design.integer(1)));
    behaviours.dedup();
    assert_eq!(behaviours.len(), 47);
}

#[test]
fn a_reward_that_is_no_number_says_as_much_as_none() {
    let space = reals(1);
    let mut agent = Bayesian::new(Config::default(), context(&space, 1, 100));
    for reward in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        agent.tell(&[trial(&space.first(), Some(reward))]).unwrap();
    }
    assert!(agent.state.trials.iter().all(|told| told.reward.is_none()));
}

#[test]
fn every_design_of_a_small_space_is_tried_once() {
    for config in variants() {
        assert_eq!(repeats(&ENTRY, &config, 5, 32), 0, "{config}");
    }
}

#[test]
fn comes_near_an_optimum_at_the_edge_of_a_constraint() {
    assert!(best_at_a_constraint(&ENTRY, 40) > 0.99);
}

#[test]
fn finds_a_best_design_at_the_edge_of_feasibility() {
    let space = reals(3);
    // The summit lies in the middle of what is infeasible.
    let hill = |design: &Design| {
        let square: f64 = (0..3).map(|i| (design.real(i) - 0.7) * (design.real(i) - 0.7)).sum();
        (design.real(0) < 0.5).then_some(-square)
    };
    let designs = search(&mut *build(&json!({}), &space), 60, 1, hill);
    assert!(best(&designs, hill) > -0.042, "{}", best(&designs, hill));
}

#[test]
fn sixty_trials_of_a_mixed_space_are_worth_a_thousand_guesses() {
    let space = every_kind();
    // A point that differs in every dimension, and a part of the space that is refused.
    let reward = |design: &Design| {
        let goal = |i: usize| (0.618 * (i + 1) as f64).fract();
        let unit = space.to_unit(design);
        let cost: f64 = unit.iter().enumerate().map(|(i, u)| (u - goal(i)) * (u - goal(i))).sum();
        (unit[2] > 0.1).then_some(-cost)
    };
    let found = best(&search(&mut *build(&json!({}), &space), 60, 1, reward), reward);
    let mut rng = Seed(1006).stream("random");
    let random: Vec<Design> = (0..1000).map(|_| space.sample(&mut rng)).collect();
    assert!(found > best(&random, reward), "{found}");
}

#[test]
fn comes_closer_to_a_smooth_optimum_than_a_thousand_guesses_per_trial() {
    let space = space((0..6).map(|i| Parameter::real(format!("x{i}"), -5.0, 5.0)).collect());
    let bowl =
        |design: &Design| Some(-(0..6).map(|i| (design.real(i) - 0.7 * i as f64 + 2.0).powi(2)).sum::<f64>());
    for config in [json!({}), json!({"trust_region": "off"}), json!({"trust_region": "on"})] {
        let found = best(&search(&mut *build(&config, &space), 60, 1, bowl), bowl);
        assert!(found > -0.05, "{config}: {found}");
    }
}

#[test]
fn trials_that_nobody_asked_for_are_learnt_from() {
    let space = reals(2);
    let bowl = |design: &Design| Some(-(design.real(0) - 0.3).powi(2) - (design.real(1) - 0.6).powi(2));
    let mut agent = build(&json!({}), &space);
    let mut rng = Seed(1007).stream("warm");
    let warm: Vec<Design> = (0..20).map(|_| space.sample(&mut rng)).collect();
    agent.tell(&warm.iter().map(|design| trial(design, bowl(design))).collect::<Vec<_>>()).unwrap();
    let designs = search(&mut *agent, 5, 1, bowl);
    assert!(best(&designs, bowl) > -1e-3, "{}", best(&designs, bowl));
}

#[test]
fn the_initial_sample_takes_at_most_a_quarter_of_the_budget() {
    let space = reals(20);
    let initial = |budget| Bayesian::new(Config::default(), context(&space, 1008, budget)).initial;
    assert_eq!([initial(4), initial(40), initial(1000)], [2, 10, 21]);
}

#[test]
fn a_round_of_a_batch_holds_different_designs() {
    let space = reals(2);
    let bowl = |design: &Design| Some(-(design.real(0) - 0.3).powi(2) - (design.real(1) - 0.6).powi(2));
    let mut agent = build(&json!({"batch": 4}), &space);
    search(&mut *agent, 20, 4, bowl);
    let round = agent.ask(4).unwrap();
    for (i, a) in round.iter().enumerate() {
        for b in &round[..i] {
            let far = (a.real(0) - b.real(0)).abs() + (a.real(1) - b.real(1)).abs();
            assert!(far > 1e-6, "{round:?}");
        }
    }
}

#[test]
fn inactive_choices_are_not_taken_for_an_option() {
    let space =
        space(vec![Parameter::bool("b"), Parameter::choice("c", ["x", "y", "z"]).when("b", ["true"])]);
    let features = Features::new(&space);
    let of = |b, c| features.encode(&space, &Design(vec![Value::Bool(b), c]));
    assert!((0..3).all(|i| of(true, Value::Choice(i))[1] != of(false, Value::Inactive)[1]));
}
