//! Trains PPO on `ActiveSelection-v0` and holds it against the strategies of selection, which see a fixed number of
//! tests on all candidates and commit. Every policy is judged by the same episodes.
//!
//! ```sh
//! cargo run --release --example active_selection               # five seeds, 1,500,000 steps each; ten minutes
//! cargo run --release --example active_selection -- 1 200000   # one seed, fewer steps
//! ```

#![allow(clippy::print_stdout, reason = "an example talks to people")]

use std::io::Write;

use rl_env::Error;
use rl_env::env::{Env, Info};
use rl_env::policy::{Collector, Policy};
use rl_env::seed::Seed;
use rl_env::wrappers::TimeLimit;
use sweepstake_agents::ppo;
use sweepstake_envs::active_selection::{ActiveSelection, SeeAndCommit, TESTS};
use sweepstake_simulators::selection::{Priors, Scenario, Strategy};

/// Episodes that every policy is judged by, the same for all.
pub(crate) const EPISODES: u64 = 10_000;
/// Steps of one training.
pub(crate) const STEPS: u64 = 1_500_000;

/// Large rounds and much entropy: a correct choice is mostly luck, and a policy that settles early commits without
/// having seen anything.
fn config() -> ppo::Config {
    ppo::Config {
        rewards: ppo::Rewards::Raw,
        learning_rate: 2e-3,
        decay: true,
        epochs: 4,
        minibatch: 1024,
        discount: 1.0,
        lambda: 0.95,
        clip: 0.2,
        entropy: 0.03,
        value: 0.5,
        max_gradient: 0.5,
        layers: 2,
        units: 64,
        activation: ppo::Activation::Relu,
        ..Default::default()
    }
}

/// What a policy earned.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Earned {
    /// Mean return of an episode.
    pub(crate) mean: f64,
    /// Standard error of it over the episodes.
    pub(crate) error: f64,
    /// Share of episodes that end with a correct candidate.
    pub(crate) correct: f64,
    /// Verdicts seen in the mean.
    pub(crate) seen: f64,
}

fn env() -> Result<TimeLimit<ActiveSelection>, Error> {
    TimeLimit::new(ActiveSelection::new("default")?, 100)
}

/// Trains with one seed and tells `progress` the steps taken and the mean return of late.
pub(crate) fn train(seed: u64, steps: u64, mut progress: impl FnMut(u64, f64)) -> Result<Earned, Error> {
    let mut collector = Collector::new((0..64).map(|_| env()).collect::<Result<_, _>>()?, seed)?;
    let (actions, observations) = (collector.action_space(), collector.observation_space());
    let mut policy = ppo::Ppo::new(config(), actions, observations, Seed(seed).stream("ppo"), steps)?;
    let (mut done, mut of_late) = (0, 0.0);
    while done < steps {
        let collected = collector.collect(&mut policy, 128)?;
        policy.learn(&collected.transitions)?;
        done += collected.transitions.len() as u64;
        collected.returns.iter().for_each(|sum| of_late += 0.002 * (sum - of_late));
        progress(done, of_late);
    }
    judge(&mut policy)
}

/// What a policy earns without exploration.
pub(crate) fn judge(policy: &mut dyn Policy) -> Result<Earned, Error> {
    let mut env = env()?;
    let (mut sum, mut squares, mut correct, mut seen) = (0.0, 0.0, 0.0, 0.0);
    for episode in 0..EPISODES {
        let mut observation = env.reset(Some(1_000_000 + episode), &Info::new())?.observation;
        let mut total = 0.0;
        loop {
            let mask = env.action_mask();
            let step = env.step(&policy.act_greedily(&observation, mask.as_ref())?)?;
            total += step.reward;
            if step.done() {
                correct += step.reward.max(0.0);
                break;
            }
            seen += 1.0;
            observation = step.observation;
        }
        sum += total;
        squares += total * total;
    }
    let count = EPISODES as f64;
    let mean = sum / count;
    let error = ((squares / count - mean * mean) / count).sqrt();
    Ok(Earned { mean, error, correct: correct / count, seen: seen / count })
}

/// The strategies with every number of tests they may see before they commit; none is a guess.
pub(crate) fn strategies() -> Result<Vec<(String, Earned)>, Error> {
    let priors = Priors::new(10.0, 10.0)
        .map_err(|error| Error::Config { key: "priors".into(), problem: error.to_string() })?;
    let mut rows = Vec::new();
    for (strategy, budgets) in [
        (Strategy::Random, &[0][..]),
        (Strategy::MaxPass, &[1, 2, 3, 4]),
        (Strategy::CodeT, &[1, 2, 3, 4]),
        (Strategy::B4(priors), &[1, 2, 3, 4, 6, TESTS]),
        // It knows the four probabilities: no strategy with a fixed number of tests can expect more.
        (Strategy::Oracle(Scenario::default().thetas), &[1, 2, 3, 4, 6, TESTS]),
    ] {
        for tests in budgets {
            let earned = judge(&mut SeeAndCommit::new(strategy, *tests, Seed(0)))?;
            rows.push((format!("{}, tests: {tests}", strategy.name()), earned));
        }
    }
    Ok(rows)
}

fn row(name: &str, earned: &Earned) {
    let Earned { mean, error, correct, seen } = earned;
    println!("{name:<18} {mean:>7.4} ± {:.4}  correct {correct:.3}  verdicts seen {seen:>5.2}", 1.96 * error);
}

#[allow(dead_code, reason = "a test trains without it")]
fn main() -> Result<(), Error> {
    let arguments: Vec<u64> = std::env::args().skip(1).filter_map(|text| text.parse().ok()).collect();
    let seeds = arguments.first().copied().unwrap_or(5);
    let steps = arguments.get(1).copied().unwrap_or(STEPS);
    for (name, earned) in strategies()? {
        row(&name, &earned);
    }
    let mut means = Vec::new();
    for seed in 1..=seeds {
        let mut shown = 0;
        let earned = train(seed, steps, |done, of_late| {
            if done >= shown {
                print!("\r{done:>8} steps, mean return of late {of_late:>6.3}");
                std::io::stdout().flush().ok();
                shown = done + 20_000;
            }
        })?;
        print!("\r{:50}\r", "");
        row(&format!("ppo, seed {seed}"), &earned);
        means.push(earned.mean);
    }
    if means.len() > 1 {
        let count = means.len() as f64;
        let mean = means.iter().sum::<f64>() / count;
        let squares: f64 = means.iter().map(|x| (x - mean) * (x - mean)).sum();
        let deviation = (squares / (count - 1.0)).sqrt();
        println!("ppo, mean of {count} seeds {mean:.4}, standard deviation {deviation:.4}");
    }
    Ok(())
}
