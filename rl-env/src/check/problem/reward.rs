//! What objectives make of metrics: finite, and never worse for better metrics.

use super::ProblemSubject;
use crate::check::rule::{Ruling, fail, skip};
use crate::error::Error;
use crate::objective::{Direction, Objective};
use crate::problem::{Metric, Outcome};

/// Designs whose metrics are looked at.
const DESIGNS: usize = 128;

/// How far a metric is improved, as a share of its value (of 1 if that is smaller).
const STEPS: [f64; 4] = [1e-9, 0.01, 0.5, 20.0];

/// Metrics in, reward and Pareto axes out.
type Score = Box<dyn Fn(&[f64]) -> (f64, Vec<f64>)>;

/// An objective tied to metrics.
pub(super) struct Judge {
    pub(super) score: Result<Score, Error>,
    /// By metric, which way is better.
    pub(super) improves: Vec<Option<Direction>>,
}

impl Judge {
    pub(super) fn of(objective: &Objective, metrics: &[Metric]) -> Self {
        let score = objective.bind(metrics).map(|scorer| {
            Box::new(move |metrics: &[f64]| (scorer.reward(metrics), scorer.axes(metrics))) as Score
        });
        Self { score, improves: metrics.iter().map(|metric| objective.improves_with(&metric.name)).collect() }
    }
}

impl ProblemSubject<'_> {
    /// Well-formed metrics; others are left to the rule `outcomes`.
    fn metrics(&self) -> Vec<Box<[f64]>> {
        let count = self.problem.metrics().len();
        let feasible =
            |(_, outcome)| if let Outcome::Feasible(metrics) = outcome { Some(metrics) } else { None };
        let found = self.trials(DESIGNS).into_iter().filter_map(feasible);
        found.filter(|metrics| metrics.len() == count && metrics.iter().all(|x| x.is_finite())).collect()
    }
}

pub(super) fn objectives(subject: &ProblemSubject<'_>) -> Ruling {
    if subject.judges.is_empty() {
        return Err(skip("no objective was given"));
    }
    let samples = subject.metrics();
    for (name, judge) in &subject.judges {
        let score = judge.score.as_ref().map_err(|error| {
            fail(error.to_string(), "an objective over the metrics", format!("bind the objective `{name}`"))
        })?;
        for metrics in &samples {
            let (reward, axes) = score(metrics);
            if !reward.is_finite() || !axes.iter().all(|axis| axis.is_finite()) {
                let calls = format!("objective `{name}` of the metrics {metrics:?}");
                return Err(fail(format!("reward {reward}, axes {axes:?}"), "finite numbers", calls));
            }
        }
    }
    Ok(None)
}

pub(super) fn monotone(subject: &ProblemSubject<'_>) -> Ruling {
    let samples = subject.metrics();
    let mut tried = 0;
    for (name, judge) in &subject.judges {
        let Ok(score) = &judge.score else { continue };
        for (i, direction) in judge.improves.iter().enumerate() {
            let Some(direction) = *direction else { continue };
            for metrics in &samples {
                tried += 1;
                not_worse(score, metrics, i, direction).map_err(|(seen, expected)| {
                    let metric = &subject.problem.metrics()[i].name;
                    let calls = format!("objective `{name}`, better `{metric}` than in {metrics:?}");
                    fail(seen, expected, calls)
                })?;
            }
        }
    }
    if tried == 0 { Err(skip("no metric improves a reward for sure")) } else { Ok(None) }
}

fn not_worse(score: &Score, metrics: &[f64], i: usize, direction: Direction) -> Result<(), (String, String)> {
    let before = score(metrics).0;
    for step in STEPS {
        let mut better = metrics.to_vec();
        better[i] += direction.oriented(step * metrics[i].abs().max(1.0));
        let after = score(&better).0;
        if after.is_nan() || after < before {
            let seen = format!("reward {after} at {}", better[i]);
            return Err((seen, format!("at least {before}, the reward at {}", metrics[i])));
        }
    }
    Ok(())
}
