//! What a trial costs in the agent itself: `ask` and `tell` on ten reals, after a number of trials.
//!
//! Every agent searches once, up to the trials of the last group. Samples go on from there for a while and then return
//! to a snapshot, so that what is timed is the cost at that length of history, and few trials are not.

use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use rl_env::agent::{Agent, Context, Trial};
use rl_env::design::{DesignSpace, Parameter};
use rl_env::problem::Outcome;
use rl_env::registry::AgentEntry;
use rl_env::seed::Seed;
use serde_json::Value as Json;
use sweepstake_agents::AGENTS;

/// Trials before the clock starts.
const HISTORIES: &[u64] = &[500, 1000];
/// Trials that are timed before the agent returns to where the clock started.
const WINDOW: u64 = 60;
/// Samples of a benchmark, and the fewest trials of one: together a window, as some agents learn from all trials only
/// about every fifty.
const SAMPLES: usize = 10;
const LEAST: u64 = WINDOW / SAMPLES as u64;
const DIMENSIONS: usize = 10;

/// An agent on its way.
struct Search {
    agent: Box<dyn Agent>,
    /// Trials so far.
    trials: u64,
    /// Where the clock starts, and the number of trials there.
    start: Json,
    before: u64,
}

impl Search {
    fn new(entry: &AgentEntry) -> Self {
        let real = |i| Parameter::real(format!("x{i}"), -5.0, 5.0);
        let space = DesignSpace::new((0..DIMENSIONS).map(real).collect()).expect("a sound space");
        let context = Context { space: Arc::new(space), seed: Seed(0), budget: 2000, axes: 0 };
        let agent = entry.build(&entry.defaults(), context).expect("the defaults are sound");
        Self { agent, trials: 0, start: Json::Null, before: 0 }
    }

    /// Moves the start of the clock.
    fn reach(&mut self, before: u64) {
        if self.before > 0 {
            self.rewind();
        }
        self.go(before - self.trials);
        self.start = self.agent.snapshot().expect("the agent has a state");
        self.before = before;
    }

    fn rewind(&mut self) {
        self.agent.restore(&self.start).expect("it is the agent's own state");
        self.trials = self.before;
    }

    /// Time of so many trials.
    fn time(&mut self, trials: u64) -> Duration {
        let (mut spent, mut left) = (Duration::ZERO, trials);
        while left > 0 {
            if self.trials >= self.before + WINDOW {
                self.rewind();
            }
            let portion = left.min(self.before + WINDOW - self.trials);
            spent += self.go(portion);
            left -= portion;
        }
        spent
    }

    /// Goes on for `trials` trials and says how long the agent took.
    fn go(&mut self, trials: u64) -> Duration {
        let (mut spent, mut done) = (Duration::ZERO, 0);
        while done < trials {
            let wanted = (self.agent.batch() as u64).min(trials - done) as usize;
            let begin = Instant::now();
            let designs = self.agent.ask(wanted).expect("the agent proposes");
            spent += begin.elapsed();
            // Reals never run out.
            assert!(!designs.is_empty(), "the agent gave up");
            let judged: Vec<Trial> = designs
                .into_iter()
                .map(|design| {
                    // Rastrigin's bowl without its waves, shifted differently in each dimension.
                    let cost: f64 = (0..DIMENSIONS).map(|i| (design.real(i) - 0.3 * i as f64).powi(2)).sum();
                    let outcome = Outcome::Feasible([cost].into());
                    Trial { design, outcome, reward: Some(-cost), axes: Vec::new(), cached: false }
                })
                .collect();
            done += judged.len() as u64;
            let begin = Instant::now();
            self.agent.tell(&judged).expect("the agent learns");
            spent += begin.elapsed();
        }
        self.trials += done;
        spent
    }
}

/// Time per trial: criterion's iterations are trials.
fn overhead(criterion: &mut Criterion) {
    let mut searches: Vec<(&str, Search)> =
        AGENTS.iter().map(|entry| (entry.name, Search::new(entry))).collect();
    for before in HISTORIES {
        let mut group = criterion.benchmark_group(format!("trial-after-{before}"));
        group.sample_size(SAMPLES);
        group.warm_up_time(Duration::from_millis(100)).measurement_time(Duration::from_millis(300));
        for (name, search) in &mut searches {
            group.bench_function(*name, |bencher| {
                if search.before != *before {
                    search.reach(*before);
                }
                bencher.iter_custom(|iterations| {
                    let trials = iterations.max(LEAST);
                    search.time(trials).mul_f64(iterations as f64 / trials as f64)
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, overhead);
criterion_main!(benches);
