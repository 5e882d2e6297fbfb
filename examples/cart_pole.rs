//! Trains a policy on `CartPole-v1` and shows how well it balances.
//!
//! ```sh
//! cargo run --release --example cart_pole -- ppo        # or dqn; a seed may follow
//! ```

#![allow(clippy::print_stdout, reason = "an example talks to people")]

use std::io::Write;

use rl_env::Error;
use rl_env::env::{Env, Info};
use rl_env::policy::{Collector, Policy};
use rl_env::seed::Seed;
use rl_env::wrappers::TimeLimit;
use sweepstake_agents::{dqn, ppo};
use sweepstake_envs::cart_pole::CartPole;

/// RL-Zoo's hyperparameters for this environment.
fn ppo_config() -> ppo::Config {
    ppo::Config {
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
    }
}

/// RL-Zoo's, but for a smaller network (64 units instead of 256) and returns over eight steps.
fn dqn_config() -> dqn::Config {
    dqn::Config {
        rewards: dqn::Rewards::Raw,
        learning_rate: 2.3e-3,
        buffer: 100_000,
        start: 1000,
        minibatch: 64,
        updates: 0.5,
        target: 10,
        discount: 0.99,
        lookahead: 8,
        double: true,
        explore_first: 1.0,
        explore_last: 0.04,
        explore_share: 0.16,
        max_gradient: 10.0,
        layers: 2,
        units: 64,
        activation: dqn::Activation::Relu,
        ..Default::default()
    }
}

fn env() -> Result<TimeLimit<CartPole>, Error> {
    TimeLimit::new(CartPole::new()?, 500)
}

/// Trains with one seed, tells `progress` the steps taken and the mean return of late, and gives the mean return of
/// 100 episodes without exploration.
pub(crate) fn train(method: &str, seed: u64, mut progress: impl FnMut(u64, f64)) -> Result<f64, Error> {
    let (envs, stretch, steps) = if method == "ppo" { (8, 32, 100_000) } else { (1, 256, 50_000) };
    let mut collector = Collector::new((0..envs).map(|_| env()).collect::<Result<_, _>>()?, seed)?;
    let (actions, observations) = (collector.action_space(), collector.observation_space());
    let rng = Seed(seed).stream(method);
    let mut policy: Box<dyn Policy> = match method {
        "ppo" => Box::new(ppo::Ppo::new(ppo_config(), actions, observations, rng, steps)?),
        "dqn" => Box::new(dqn::Dqn::new(dqn_config(), actions, observations, rng, steps)?),
        other => return Err(Error::unknown("method", other, ["dqn", "ppo"])),
    };
    let (mut done, mut of_late) = (0, 0.0);
    while done < steps {
        let collected = collector.collect(&mut *policy, stretch)?;
        policy.learn(&collected.transitions)?;
        done += collected.transitions.len() as u64;
        collected.returns.iter().for_each(|sum| of_late += 0.05 * (sum - of_late));
        progress(done, of_late);
    }
    evaluate(&mut *policy, 100)
}

/// Mean return of `count` episodes without exploration.
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

#[allow(dead_code, reason = "a test trains without it")]
fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let method = arguments.first().map_or("ppo", String::as_str);
    let seed = arguments.get(1).and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut shown = 0;
    let reached = train(method, seed, |steps, of_late| {
        if steps >= shown {
            print!("\r{steps:>7} steps, mean return of late {of_late:>6.1}");
            std::io::stdout().flush().ok();
            shown = steps + 1000;
        }
    })?;
    println!("\nmean return of 100 episodes without exploration: {reached:.1}");
    Ok(())
}
