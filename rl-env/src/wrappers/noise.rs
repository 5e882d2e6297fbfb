//! Metrics that are not quite right, as those of a real measurement.

use std::borrow::Cow;

use libm::exp;

use super::by_design;
use crate::design::{Design, DesignSpace};
use crate::error::Error;
use crate::problem::{Metric, Outcome, Problem, metric_index};
use crate::seed::Seed;

/// Multiplies metrics by log-normal noise, exp(σ z) with z standard normal: the sign stays, the median is
/// the true value.
///
/// The noise of a design is fixed by the seed, its canonical form and the metric's name. Measuring it again does
/// not help, and runs stay reproducible on any number of threads.
#[derive(Debug, Clone)]
pub struct Noise<P> {
    problem: P,
    seed: Seed,
    /// Index, name of the stream, and σ of each noisy metric.
    noisy: Vec<(usize, String, f64)>,
}

impl<P: Problem> Noise<P> {
    /// Noise of standard deviation `sigma` (of the logarithm: 0.05 is about 5 %) on each `(metric, sigma)`.
    ///
    /// # Errors
    /// [`Error::Unknown`] for a metric that the problem does not report, [`Error::Value`] for a `sigma` that is
    /// negative or not finite.
    pub fn new(problem: P, seed: Seed, metrics: &[(&str, f64)]) -> Result<Self, Error> {
        let noisy = |(name, sigma): &(&str, f64)| {
            if !(sigma.is_finite() && *sigma >= 0.0) {
                return Err(Error::value(&format!("sigma of {name}"), sigma, "a number from 0"));
            }
            Ok((metric_index(problem.metrics(), name)?, format!("noise {name}"), *sigma))
        };
        let noisy = metrics.iter().map(noisy).collect::<Result<_, _>>()?;
        Ok(Self { problem, seed, noisy })
    }
}

impl<P: Problem> Problem for Noise<P> {
    fn space(&self) -> &DesignSpace {
        self.problem.space()
    }

    fn metrics(&self) -> &[Metric] {
        self.problem.metrics()
    }

    fn evaluate(&self, design: &Design) -> Outcome {
        let mut outcome = self.problem.evaluate(design);
        if let Outcome::Feasible(metrics) = &mut outcome {
            for (index, name, sigma) in &self.noisy {
                let z = by_design::stream(self.seed, name, &self.problem, design).normal();
                metrics[*index] = (metrics[*index] * exp(sigma * z)).clamp(-f64::MAX, f64::MAX);
            }
        }
        outcome
    }

    fn canonical<'a>(&self, design: &'a Design) -> Cow<'a, Design> {
        self.problem.canonical(design)
    }
}
