#![allow(clippy::unwrap_used, reason = "a failed test may panic anywhere")]

use rl_env::policy::Transition;
use rl_env::seed::Seed;

use super::*;

fn form(table: Option<(usize, f64)>) -> Form {
    Form { layers: 1, units: 8, activation: Activation::Tanh, table }
}

/// Rewarded for the action that the observation's sign asks for, in the second of two dimensions.
fn steps(agent: &mut ActorCritic, count: usize, rng: &mut Rng) -> Vec<Transition> {
    (0..count)
        .map(|_| {
            let x = if rng.chance(0.5) { 1.0 } else { -1.0 };
            let observation = Element::Real(vec![x]);
            let mask = Mask::MultiDiscrete(vec![vec![true, false], vec![true, true, false]]);
            let action = agent.act(&observation, Some(&mask), false).unwrap();
            let second = action.as_multi_discrete().unwrap()[1];
            let reward = if (second == 1) == (x > 0.0) { 1.0 } else { 0.0 };
            let next_observation = observation.clone();
            let mask = Some(mask);
            let (terminated, truncated) = (true, false);
            Transition { observation, mask, action, reward, next_observation, terminated, truncated }
        })
        .collect()
}

fn agent() -> ActorCritic {
    let observations = Space::interval(-1.0, 1.0).unwrap();
    let actions = Space::multi_discrete(&[2, 3]).unwrap();
    ActorCritic::new(&form(None), &actions, &observations, Seed(1).stream("agent")).unwrap()
}

#[test]
fn slopes_of_the_loss_are_those_of_central_differences() {
    let (logits, open) = ([0.3, -1.2, 0.8, 2.0], [true, true, false, true]);
    let loss = |logits: &[f64]| {
        let mut logs = logits.to_vec();
        log_softmax(&mut logs, &open);
        1.7 * logs[1] - 0.4 * entropy(&logs)
    };
    let mut slopes = logits.to_vec();
    log_softmax(&mut slopes, &open);
    loss_slopes(&mut slopes, 1, 1.7, 0.4);
    for i in 0..4 {
        let at = |shift: f64| {
            let mut moved = logits;
            moved[i] += shift;
            loss(&moved)
        };
        assert!((slopes[i] - (at(1e-6) - at(-1e-6)) / 2e-6).abs() < 1e-8, "{i}: {slopes:?}");
    }
}

#[test]
fn descent_learns_what_the_observation_asks_for() {
    let (mut agent, mut rng) = (agent(), Seed(2).stream("steps"));
    let descent = Descent { rate: 0.03, entropy: 0.0, value: 0.5, max_gradient: 10.0 };
    for _ in 0..60 {
        let steps = steps(&mut agent, 32, &mut rng);
        let rollout = Rollout::read(&agent.observer, &agent.actions, &steps).unwrap();
        let mut lesson = rollout.lesson(&agent.values(&rollout), |_| 0.0, 1.0, 1.0);
        lesson.standardise();
        let rows: Vec<usize> = (0..rollout.len()).collect();
        agent.descend(&rollout, &lesson, &rows, descent, |row, _| -lesson.advantages[row]);
    }
    for x in [-1.0, 1.0] {
        let action = agent.act(&Element::Real(vec![x]), None, true).unwrap();
        assert_eq!(action.as_multi_discrete().unwrap()[1], i64::from(x > 0.0));
        assert!((agent.value(&[x]) - 1.0).abs() < 0.2, "{}", agent.value(&[x]));
    }
}

#[test]
fn masked_entries_are_never_chosen() {
    let (mut agent, mut rng) = (agent(), Seed(3).stream("steps"));
    for step in steps(&mut agent, 200, &mut rng) {
        let action = step.action.as_multi_discrete().unwrap();
        assert!(action[0] == 0 && action[1] < 2, "{action:?}");
    }
}

#[test]
fn targets_without_a_finite_gradient_leave_the_weights_alone() {
    let (mut agent, mut rng) = (agent(), Seed(4).stream("steps"));
    let mut steps = steps(&mut agent, 4, &mut rng);
    steps[0].reward = f64::MAX;
    steps[1].reward = -f64::MAX;
    let rollout = Rollout::read(&agent.observer, &agent.actions, &steps).unwrap();
    let mut lesson = rollout.lesson(&agent.values(&rollout), |_| 0.0, 1.0, 1.0);
    lesson.standardise();
    let descent = Descent { rate: 0.03, entropy: 0.0, value: 0.5, max_gradient: 10.0 };
    agent.descend(&rollout, &lesson, &[0, 1, 2, 3], descent, |row, _| -lesson.advantages[row]);
    assert!(agent.actor.parameters().iter().chain(agent.critic.parameters()).all(|w| w.is_finite()));
}

#[test]
fn a_state_of_other_networks_is_refused() {
    let mut agent = agent();
    agent.restore("test", agent.state()).unwrap();
    let observations = Space::interval(-1.0, 1.0).unwrap();
    let other = Space::discrete(4).unwrap();
    let other =
        ActorCritic::new(&form(Some((0, 2.0))), &other, &observations, Seed(1).stream("agent")).unwrap();
    assert!(agent.restore("test", other.state()).is_err());
}
