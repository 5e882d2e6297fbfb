//! What a trial costs in the agent itself: `ask` and `tell` on ten reals, after a number of trials.

use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use rl_env::agent::{Agent, Context, Trial};
use rl_env::design::{DesignSpace, Parameter};
use rl_env::problem::Outcome;
use rl_env::registry::AgentEntry;
use rl_env::seed::Seed;
use sweepstake_agents::AGENTS;

/// Trials before the clock starts, and while it runs.
const HISTORIES: &[(u64, u64)] = &[(500, 50), (1000, 50)];
const DIMENSIONS: usize = 10;

fn build(entry: &AgentEntry, seed: u64) -> Option<Box<dyn Agent>> {
    let real = |i| Parameter::real(format!("x{i}"), -5.0, 5.0);
    let space = Arc::new(DesignSpace::new((0..DIMENSIONS).map(real).collect()).ok()?);
    let context = Context { space, seed: Seed(seed), budget: 2000, axes: 0 };
    entry.build(&entry.defaults(), context).ok()
}

/// Goes on for `trials` trials and says how long the agent took.
fn go(agent: &mut dyn Agent, trials: u64) -> Duration {
    let (mut spent, mut done) = (Duration::ZERO, 0);
    while done < trials {
        let wanted = (agent.batch() as u64).min(trials - done) as usize;
        let begin = Instant::now();
        let designs = agent.ask(wanted).expect("the agent proposes");
        spent += begin.elapsed();
        let judged: Vec<Trial> = designs
            .into_iter()
            .map(|design| {
                // Rastrigin's bowl without its waves, shifted differently in each dimension.
                let cost: f64 = (0..DIMENSIONS).map(|i| (design.real(i) - 0.3 * i as f64).powi(2)).sum();
                let outcome = Outcome::Feasible([cost].into());
                Trial { design, outcome, reward: Some(-cost), axes: Vec::new(), cached: false }
            })
            .collect();
        if judged.is_empty() {
            break;
        }
        done += judged.len() as u64;
        let begin = Instant::now();
        agent.tell(&judged).expect("the agent learns");
        spent += begin.elapsed();
    }
    spent
}

/// Time per trial: criterion's iterations are trials.
fn overhead(criterion: &mut Criterion) {
    for (before, timed) in HISTORIES {
        let mut group = criterion.benchmark_group(format!("trial-after-{before}"));
        group.sample_size(10);
        for entry in AGENTS.iter().filter(|entry| build(entry, 0).is_some()) {
            group.bench_function(entry.name, |bencher| {
                bencher.iter_custom(|iterations| {
                    let rounds = iterations.div_ceil(*timed);
                    let one = |seed| {
                        let mut agent = build(entry, seed).expect("built before");
                        go(&mut *agent, *before);
                        go(&mut *agent, *timed)
                    };
                    let total: Duration = (0..rounds).map(one).sum();
                    total.mul_f64(iterations as f64 / (rounds * timed) as f64)
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, overhead);
criterion_main!(benches);
