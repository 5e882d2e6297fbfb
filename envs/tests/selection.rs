//! Strategies of selection as policies of the two environments.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use rl_env::check::check_env;
use rl_env::env::{Env, Info};
use rl_env::policy::{Policy, play};
use rl_env::seed::Seed;
use rl_env::space::Element;
use sweepstake_envs::active_selection::{ActiveSelection, CANDIDATES, COST, SeeAndCommit, TESTS};
use sweepstake_envs::candidate_selection::{CandidateSelection, Choose};
use sweepstake_simulators::selection::{Priors, Scenario, Strategy};

fn mean_reward(env: &mut dyn Env, policy: &mut dyn Policy, episodes: u64) -> f64 {
    let total: f64 = (0..episodes)
        .map(|seed| play(env, policy, Some(seed)).unwrap().iter().map(|step| step.reward).sum::<f64>())
        .sum();
    total / episodes as f64
}

#[test]
fn strategies_succeed_as_in_the_recorded_simulation() {
    let scenario = Scenario::default();
    let mut env = CandidateSelection::new(scenario).unwrap();
    let b4 = Strategy::B4(Priors::new(10.0, 10.0).unwrap());
    // Recorded .220 .806 .980 .987 with 1500 matrices.
    for (strategy, expected) in [
        (Strategy::Random, 0.22),
        (Strategy::CodeT, 0.806),
        (b4, 0.98),
        (Strategy::Oracle(scenario.thetas), 0.987),
    ] {
        let mut policy = Choose::new(strategy, scenario.tests, Seed(0));
        let ours = mean_reward(&mut env, &mut policy, 1500);
        assert!((ours - expected).abs() < 0.05, "{}: {ours}", strategy.name());
    }
}

#[test]
fn more_verdicts_choose_better_and_are_paid_for() {
    let mut env = ActiveSelection::new("default").unwrap();
    let mut success = |tests: usize| {
        let strategy = Strategy::Oracle(Scenario::default().thetas);
        let reward = mean_reward(&mut env, &mut SeeAndCommit::new(strategy, tests, Seed(0)), 800);
        reward + COST * (CANDIDATES * tests) as f64
    };
    let (one, all) = (success(1), success(TESTS));
    assert!(one > 0.2 && all > one + 0.2 && all <= 1.0, "{one} {all}");
}

#[test]
fn a_strategy_without_tests_guesses_at_once() {
    let mut env = ActiveSelection::new("default").unwrap();
    let mut policy = SeeAndCommit::new(Strategy::CodeT, 0, Seed(0));
    let episodes: Vec<usize> =
        (0..50).map(|seed| play(&mut env, &mut policy, Some(seed)).unwrap().len()).collect();
    assert_eq!(episodes, [1; 50]);
}

#[test]
fn a_verdict_costs_and_a_commitment_ends() {
    let mut env = ActiveSelection::new("default").unwrap();
    env.reset(Some(1), &Info::new()).unwrap();
    let seen = env.step(&Element::Discrete(5)).unwrap();
    assert_eq!((seen.reward, seen.terminated), (-COST, false));
    assert!(seen.observation.as_multi_binary().unwrap()[5]);
    assert!(!env.action_space().allows(&env.action_mask().unwrap(), &Element::Discrete(5)));
    assert!(env.step(&Element::Discrete(5)).is_err(), "it was seen");
    let end = env.step(&Element::Discrete(72)).unwrap();
    assert!(end.terminated && (end.reward == 0.0 || end.reward == 1.0));
    assert_eq!(env.step(&Element::Discrete(73)).unwrap().reward, 0.0);
    assert!(env.step(&Element::Discrete(78)).is_err());
}

#[test]
fn both_pass_the_conformance_suite() {
    let active = check_env(|| Box::new(ActiveSelection::new("noisy").unwrap()));
    assert!(active.is_ok(), "{}", active.unwrap_err().of("active"));
    let whole = check_env(|| Box::new(CandidateSelection::new(Scenario::default()).unwrap()));
    assert!(whole.is_ok(), "{}", whole.unwrap_err().of("whole"));
}
