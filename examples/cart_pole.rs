//! Trains a policy on `CartPole-v1` and shows how well it balances.
//!
//! ```sh
//! cargo run --release --example cart_pole -- ppo        # or dqn; a seed may follow
//! ```

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example talks to people")]

use std::io::Write;

use rl_env::Error;
use rl_env::env::{Env, Info};
use rl_env::policy::{Collector, Policy};
use rl_env::seed::Seed;
use rl_env::space::Space;
use rl_env::wrappers::TimeLimit;
use sweepstake_agents::{dqn, ppo};
use sweepstake_envs::cart_pole::CartPole;

fn env() -> Result<TimeLimit<CartPole>, Error> {
    TimeLimit::new(CartPole::new()?, 500)
}

/// Stable-Baselines' hyperparameters for this environment (RL-Zoo).
fn make_ppo(actions: &Space, observations: &Space, seed: u64, steps: u64) -> Result<Box<dyn Policy>, Error> {
    let config = ppo::Config {
        rewards: ppo::Rewards::Raw,
        learning_rate: 1e-3,
        decay: true,
        epochs: 20,
        minibatch: 256,
        discount: 0.98,
        lambda: 0.8,
        clip: 0.2,
        entropy: 0.0,
        value: 0.5,
        max_gradient: 0.5,
        layers: 2,
        units: 64,
        activation: ppo::Activation::Tanh,
        ..Default::default()
    };
    Ok(Box::new(ppo::Ppo::new(config, actions, observations, Seed(seed).stream("ppo"), steps)?))
}

/// As [`make_ppo`], with a smaller network.
fn make_dqn(actions: &Space, observations: &Space, seed: u64, steps: u64) -> Result<Box<dyn Policy>, Error> {
    let config = dqn::Config {
        rewards: dqn::Rewards::Raw,
        learning_rate: 2.3e-3,
        buffer: 100_000,
        start: 1000,
        minibatch: 64,
        updates: 0.5,
        target: 10,
        discount: 0.99,
        lookahead: 1,
        double: true,
        explore_first: 1.0,
        explore_last: 0.04,
        explore_share: 0.16,
        max_gradient: 10.0,
        layers: 2,
        units: 64,
        activation: dqn::Activation::Relu,
        ..Default::default()
    };
    let mut j = serde_json::to_value(&config).unwrap();
    for a in std::env::args().skip(3) {
        let (k, v) = a.split_once('=').unwrap();
        j[k] = serde_json::from_str(v).unwrap();
    }
    let config: dqn::Config = serde_json::from_value(j).unwrap();
    Ok(Box::new(dqn::Dqn::new(config, actions, observations, Seed(seed).stream("dqn"), steps)?))
}

/// Mean return of `count` episodes of the greedy policy.
fn evaluate(policy: &mut dyn Policy, count: u64) -> Result<f64, Error> {
    let mut env = env()?;
    let mut sum = 0.0;
    for episode in 0..count {
        let mut observation = env.reset(Some(1_000_000 + episode), &Info::new())?.observation;
        loop {
            let step = env.step(&policy.act_greedily(&observation, None)?)?;
            sum += step.reward;
            if step.done() {
                break;
            }
            observation = step.observation;
        }
    }
    Ok(sum / count as f64)
}

fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let name = arguments.first().map_or("ppo", String::as_str);
    let seed = arguments.get(1).and_then(|text| text.parse().ok()).unwrap_or(0);
    let (envs, rollout, steps) = if name == "ppo" { (8, 32, 100_000) } else { (1, 256, 50_000) };
    let mut collector = Collector::new((0..envs).map(|_| env()).collect::<Result<_, _>>()?, seed)?;
    let make = if name == "ppo" { make_ppo } else { make_dqn };
    let mut policy = make(collector.action_space(), collector.observation_space(), seed, steps)?;
    let begin = std::time::Instant::now();
    let mut done = 0;
    let mut latest = 0.0;
    while done < steps {
        let collected = collector.collect(&mut *policy, rollout)?;
        policy.learn(&collected.transitions)?;
        done += collected.transitions.len() as u64;
        for value in collected.returns {
            latest += 0.05 * (value - latest);
        }
        print!("\r{done:>7} steps  return {latest:>6.1}  {:>5.1} s", begin.elapsed().as_secs_f64());
        std::io::stdout().flush().ok();
    }
    println!("\nmean return of 100 greedy episodes: {:.1}", evaluate(&mut *policy, 100)?);
    Ok(())
}
