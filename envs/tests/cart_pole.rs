//! `CartPole-v1` against gymnasium 1.4.0, alone and in vectors (`golden/cart_pole.py`).

#![allow(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use rl_env::Error;
use rl_env::env::{Env, Info};
use rl_env::episode::Settings;
use rl_env::registry::{find_env, make};
use rl_env::seed::np_random;
use rl_env::space::Element;
use rl_env::vector::{Autoreset, Seeding, VectorEnv};
use rl_env::wrappers::{PassiveChecker, TimeLimit};
use serde::Deserialize;
use sweepstake_envs::ENVS;
use sweepstake_envs::cart_pole::CartPole;

#[derive(Deserialize)]
struct Golden {
    episodes: Vec<Episode>,
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Episode {
    seed: u64,
    actions: String,
    /// Steps whose observations were kept; 0 is the reset.
    kept: Vec<usize>,
    observations: Vec<Vec<f64>>,
    terminated: bool,
    truncated: bool,
    /// The last state in full precision.
    state: Vec<f64>,
}

#[derive(Deserialize)]
struct Vector {
    mode: String,
    observations: Vec<Vec<f64>>,
    actions: Vec<String>,
    rewards: Vec<Vec<f64>>,
    terminated: Vec<Vec<bool>>,
    truncated: Vec<Vec<bool>>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("golden/cart_pole.json")).unwrap()
}

fn actions(digits: &str) -> Vec<Element> {
    digits.bytes().map(|digit| Element::Discrete(i64::from(digit - b'0'))).collect()
}

/// What `gymnasium.make("CartPole-v1")` gives.
fn made() -> Box<dyn Env> {
    let entry = find_env(ENVS, "CartPole-v1").unwrap();
    make(entry, &entry.select("", "", None).unwrap(), "", Settings::default()).unwrap()
}

/// float32 values from their shortest decimal form.
fn bits(values: &[f64]) -> Vec<u32> {
    values.iter().map(|value| (*value as f32).to_bits()).collect()
}

#[test]
fn episodes_are_those_of_gymnasium_to_the_bit() {
    for episode in golden().episodes {
        let mut env = made();
        let reset = env.reset(Some(episode.seed), &Info::new()).unwrap();
        let mut seen = vec![bits(reset.observation.as_real().unwrap())];
        let (last, others) =
            actions(&episode.actions).split_last().map(|(l, o)| (l.clone(), o.to_vec())).unwrap();
        for action in others {
            let step = env.step(&action).unwrap();
            assert_eq!((step.reward, step.done()), (1.0, false), "seed {}", episode.seed);
            seen.push(bits(step.observation.as_real().unwrap()));
        }
        let step = env.step(&last).unwrap();
        seen.push(bits(step.observation.as_real().unwrap()));
        assert_eq!((step.terminated, step.truncated), (episode.terminated, episode.truncated));
        for (index, wanted) in episode.kept.iter().zip(&episode.observations) {
            assert_eq!(seen[*index], bits(wanted), "seed {} step {index}", episode.seed);
        }
    }
}

#[test]
fn last_states_are_those_of_gymnasium_in_full_precision() {
    for episode in golden().episodes {
        let mut env = CartPole::new().unwrap();
        env.reset(Some(episode.seed), &Info::new()).unwrap();
        actions(&episode.actions).iter().for_each(|action| _ = env.step(action).unwrap());
        let saved = env.snapshot().unwrap();
        let state = ["x", "x_dot", "theta", "theta_dot"].map(|name| saved[1][name].as_f64().unwrap());
        assert_eq!(state[..], episode.state, "seed {} after {} steps", episode.seed, episode.actions.len());
    }
}

#[test]
fn vectors_are_those_of_gymnasium_in_every_autoreset_mode() {
    for golden in golden().vectors {
        let mode = match golden.mode.as_str() {
            "NEXT_STEP" => Autoreset::NextStep,
            "SAME_STEP" => Autoreset::SameStep,
            _ => Autoreset::Disabled,
        };
        let envs = (0..3).map(|_| TimeLimit::new(CartPole::new().unwrap(), 20).unwrap()).collect();
        let mut vector = VectorEnv::new(envs, mode).unwrap();
        let reset = vector.reset(Seeding::From(9), &Info::new()).unwrap();
        assert_eq!(bits(reset.observation.as_real().unwrap()), bits(&golden.observations[0]));
        for (i, digits) in golden.actions.iter().enumerate() {
            let step = vector.step(&actions(digits)).unwrap();
            assert_eq!(step.rewards, golden.rewards[i], "{} step {i}", golden.mode);
            assert_eq!(step.terminated, golden.terminated[i], "{} step {i}", golden.mode);
            assert_eq!(step.truncated, golden.truncated[i], "{} step {i}", golden.mode);
            let over: Vec<bool> =
                step.terminated.iter().zip(&step.truncated).map(|(a, b)| *a || *b).collect();
            let observation = if mode == Autoreset::Disabled && over.contains(&true) {
                vector.reset_where(&over, Seeding::Continue, &Info::new()).unwrap().observation
            } else {
                step.observation
            };
            assert_eq!(bits(observation.as_real().unwrap()), bits(&golden.observations[i + 1]), "step {i}");
        }
    }
}

#[test]
fn nothing_in_an_episode_breaks_the_contract() {
    let mut env = PassiveChecker::new(made()).unwrap();
    let mut rng = np_random(3);
    for seed in 0..50 {
        env.reset(Some(seed), &Info::new()).unwrap();
        while !env.step(&env.action_space().sample(&mut rng)).unwrap().done() {}
    }
}

#[test]
fn steps_after_the_fall_bring_nothing() {
    let mut env = CartPole::new().unwrap();
    env.reset(Some(0), &Info::new()).unwrap();
    let mut rewards = Vec::new();
    while rewards.len() < 3 {
        let step = env.step(&Element::Discrete(1)).unwrap();
        if step.terminated {
            rewards.push(step.reward);
        }
    }
    assert_eq!(rewards, [1.0, 0.0, 0.0]);
}

#[test]
fn reset_options_set_the_range_of_initial_values() {
    let mut env = CartPole::new().unwrap();
    let mut reset = |json: serde_json::Value| env.reset(Some(1), json.as_object().unwrap());
    let found = reset(serde_json::json!({"low": 0.5, "high": 0.5})).unwrap().observation;
    assert_eq!(found, Element::Real(vec![0.5; 4]));
    assert!(matches!(reset(serde_json::json!({"low": 1})), Err(Error::Value { .. })));
    assert!(matches!(reset(serde_json::json!({"low": "x"})), Err(Error::Value { .. })));
    assert!(matches!(reset(serde_json::json!({"lo": 0.1})), Err(Error::Unknown { .. })));
}

#[test]
fn a_snapshot_continues_the_episode_and_its_randomness() {
    let mut env = made();
    env.reset(Some(5), &Info::new()).unwrap();
    env.step(&Element::Discrete(0)).unwrap();
    let mut other = made();
    other.restore(&env.snapshot().unwrap()).unwrap();
    for _ in 0..3 {
        for action in actions("0101101") {
            assert_eq!(env.step(&action).unwrap(), other.step(&action).unwrap());
        }
        assert_eq!(env.reset(None, &Info::new()).unwrap(), other.reset(None, &Info::new()).unwrap());
    }
}

#[test]
fn make_refuses_a_step_before_the_first_reset() {
    assert!(matches!(made().step(&Element::Discrete(0)), Err(Error::Protocol { .. })));
}

#[test]
fn make_turns_a_problem_into_an_episode_of_its_objective() {
    let entry = find_env(ENVS, "Landscape-v0").unwrap();
    let selection = entry.select("sphere", "", None).unwrap();
    let mut env = make(entry, &selection, "cost", Settings::default()).unwrap();
    env.reset(None, &Info::new()).unwrap();
    let step = env.step(&env.action_space().sample(&mut np_random(0))).unwrap();
    assert!(step.terminated && step.info["metrics"]["cost"].as_f64() == Some(-step.reward));
    let unknown = make(entry, &selection, "cots", Settings::default()).err();
    assert!(matches!(unknown, Some(Error::Unknown { nearest: Some(name), .. }) if name == "cost"));
}
