//! What a proxy is worth: judged on designs that it never saw.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use rl_env::design::Design;
use rl_env::problem::Problem;
use rl_env::seed::Seed;
use serde::Serialize;

use super::encoding::Encoder;
use super::fitted::{Choice, Fitted, LEVELS};
use super::lesson::Lesson;
use super::score::Score;

/// Designs predicted together, and alone, when time is taken; so often, of which the shortest counts: other programs
/// only ever add to it.
const BATCH: usize = 4096;
const SINGLES: usize = 16;
const ROUNDS: usize = 200;
/// Designs simulated when time is taken, of which the median counts.
const SIMULATED: usize = 50;

/// The quality of one metric's predictions in one part.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TargetScore {
    /// The metric.
    pub target: String,
    /// Its scores.
    #[serde(flatten)]
    pub score: Score,
    /// Share of the true values inside the intervals that are to hold 50, 80, 90 and 95 % of them.
    pub coverage: [f64; LEVELS.len()],
}

/// One part of a split.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PartScore {
    /// What was held out.
    pub part: String,
    /// The model, which `auto` may choose anew for each part.
    pub model: String,
    /// Designs learnt from.
    pub train_designs: usize,
    /// Designs held out.
    pub test_designs: usize,
    /// Seconds that learning took, choice and calibration included.
    pub train_seconds: f64,
    /// Share of the held-out designs whose feasibility was predicted right; null if all were seen to work.
    pub feasibility_right: Option<f64>,
    /// Scores of each metric on the held-out designs that work.
    pub scores: Vec<TargetScore>,
}

/// Learns from one side and judges on the other.
///
/// # Errors
/// If the one side cannot be learnt from.
pub fn judge(name: &str, train: &Lesson, test: &Lesson, choice: Choice, seed: Seed) -> Result<PartScore> {
    let started = Instant::now();
    let fitted = Fitted::fit(train, choice, seed)?;
    let train_seconds = started.elapsed().as_secs_f64();
    let feasibility_right = fitted.chance(&test.features).map(|chances| {
        let right = chances.iter().zip(&test.feasible).filter(|(chance, works)| (**chance >= 0.5) == **works);
        right.count() as f64 / test.len() as f64
    });
    let working = test.working();
    let scores = if working.is_empty() { Vec::new() } else { scores(&fitted, &working) };
    Ok(PartScore {
        part: name.to_owned(),
        model: fitted.entry.name.to_owned(),
        train_designs: train.len(),
        test_designs: test.len(),
        train_seconds,
        feasibility_right,
        scores,
    })
}

fn scores(fitted: &Fitted, test: &Lesson) -> Vec<TargetScore> {
    let predictions = fitted.predict(&test.features);
    let one = |(at, target): (usize, &super::target::Target)| {
        let truth: Vec<f64> = test.values.column(at).collect();
        let predicted: Vec<f64> = predictions.scaled.column(at).map(|z| target.back(z)).collect();
        let held = |level: usize| {
            let inside = |row: &usize| {
                let (low, high) = fitted.interval(&predictions, *row, at, level);
                // What was predicted exactly lies in an interval of no width, up to rounding.
                let slack = 1e-9 * truth[*row].abs();
                (low - slack..=high + slack).contains(&truth[*row])
            };
            (0..truth.len()).filter(inside).count() as f64 / truth.len() as f64
        };
        TargetScore {
            target: target.name.clone(),
            score: Score::new(&truth, &predicted),
            coverage: std::array::from_fn(held),
        }
    };
    fitted.targets.iter().enumerate().map(one).collect()
}

/// Time that predictions take, on one core.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Speed {
    /// The model.
    pub model: String,
    /// Microseconds to predict all metrics of one design, canonical form and encoding included.
    pub single_us: f64,
    /// Designs per second in batches, encoding included, from canonical designs.
    pub batch_per_s: f64,
    /// Microseconds of one simulation in this program.
    pub simulator_us: f64,
    /// Simulations' time over single predictions' time.
    pub speedup: f64,
}

/// Seconds of the shortest of many rounds.
fn shortest(mut round: impl FnMut()) -> f64 {
    let time = |_| {
        let started = Instant::now();
        round();
        started.elapsed().as_secs_f64()
    };
    (0..ROUNDS).map(time).fold(f64::INFINITY, f64::min)
}

/// Measures a proxy that has learnt everything.
///
/// # Errors
/// If it cannot learn.
pub fn speed(
    problem: &Arc<dyn Problem>,
    encoder: &Encoder,
    lesson: &Lesson,
    designs: &[Design],
    choice: Choice,
    seed: Seed,
) -> Result<Speed> {
    let fitted = Fitted::fit(lesson, choice, seed)?;
    let some: Vec<&Design> = designs.iter().cycle().step_by(7).take(BATCH).collect();
    let batch_s = shortest(|| {
        black_box(fitted.values(&encoder.encode(some.iter().copied())));
    }) / BATCH as f64;
    let single_us =
        1e6 * shortest(|| {
            for design in &some[..SINGLES] {
                black_box(fitted.values(&encoder.encode([problem.canonical(design).as_ref()])));
            }
        }) / SINGLES as f64;
    let mut simulated: Vec<f64> = some[..SIMULATED]
        .iter()
        .map(|design| {
            let started = Instant::now();
            black_box(problem.evaluate(design));
            1e6 * started.elapsed().as_secs_f64()
        })
        .collect();
    simulated.sort_by(f64::total_cmp);
    let simulator_us = simulated[SIMULATED / 2];
    Ok(Speed {
        model: fitted.entry.name.to_owned(),
        single_us,
        batch_per_s: 1.0 / batch_s,
        simulator_us,
        speedup: simulator_us / single_us,
    })
}
