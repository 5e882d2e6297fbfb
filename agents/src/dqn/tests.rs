#![allow(clippy::unwrap_used, reason = "a failed test may panic anywhere")]

use rl_env::seed::Seed;

use super::*;

fn dqn(config: Config) -> Dqn {
    let (actions, observations) = (Space::discrete(2).unwrap(), Space::interval(0.0, 9.0).unwrap());
    Dqn::new(config, &actions, &observations, Seed(1).stream("dqn"), 100).unwrap()
}

fn raw() -> Config {
    Config { rewards: Rewards::Raw, ..Config::default() }
}

fn step(x: f64, action: i64, reward: f64, terminated: bool) -> Transition {
    let (observation, next_observation) = (Element::Real(vec![x]), Element::Real(vec![x + 1.0]));
    let action = Element::Discrete(action);
    Transition { observation, mask: None, action, reward, next_observation, terminated, truncated: false }
}

#[test]
fn exploration_falls_over_its_share_of_the_run() {
    let config = Config { explore_first: 1.0, explore_last: 0.2, explore_share: 0.5, ..raw() };
    let mut dqn = dqn(config);
    let mut at = |steps| {
        dqn.clock.steps = steps;
        dqn.exploration()
    };
    assert!((at(0) - 1.0).abs() < 1e-12 && (at(25) - 0.6).abs() < 1e-12 && (at(50) - 0.2).abs() < 1e-12);
    assert!((at(99) - 0.2).abs() < 1e-12);
}

#[test]
fn targets_are_the_rating_of_one_network_for_the_choice_of_the_other() {
    let mut dqn = dqn(Config { discount: 0.5, lookahead: 1, updates: 0.0, ..raw() });
    dqn.learn(&[step(0.0, 0, 3.0, false), step(1.0, 1, 4.0, true)]).unwrap();
    // Shifting one bias each makes the networks prefer different actions everywhere.
    let outputs = |network: &mut Network, shift: [f64; 2]| {
        let count = network.parameters().len();
        network.parameters_mut()[count - 2..].copy_from_slice(&shift);
    };
    outputs(&mut dqn.online, [100.0, 0.0]);
    outputs(&mut dqn.target, [0.0, 100.0]);
    let rating = dqn.target.evaluate(&[1.0]);
    let rewards = dqn.replay.rewards(Rewards::Raw);
    assert_eq!(dqn.targets(&[0, 1], &rewards), [3.0 + 0.5 * rating[0], 4.0]);
    dqn.config.double = false;
    assert_eq!(dqn.targets(&[0, 1], &rewards), [3.0 + 0.5 * rating[1], 4.0]);
}

#[test]
fn closed_actions_are_not_taken_into_account() {
    assert_eq!(best(&[3.0, 9.0, 5.0], &[true, false, true]), 2);
    let mut dqn = dqn(raw());
    for _ in 0..50 {
        let mask = Mask::Discrete(vec![false, true]);
        assert_eq!(dqn.act(&Element::Real(vec![1.0]), Some(&mask)).unwrap(), Element::Discrete(1));
    }
}

#[test]
fn values_become_those_of_the_returns() {
    let mut dqn = dqn(Config { updates: 400.0, discount: 0.5, lookahead: 1, target: 4, ..raw() });
    for _ in 0..10 {
        let (start, end) = (step(0.0, 0, 0.0, false), step(1.0, 1, 1.0, true));
        dqn.learn(&[start, end, step(0.0, 1, 0.2, true), step(1.0, 0, -1.0, true)]).unwrap();
    }
    let values = dqn.online.evaluate(&[0.0]);
    assert!((values[0] - 0.5).abs() < 0.05 && (values[1] - 0.2).abs() < 0.05, "{values:?}");
}
