//! Simulator crashes, for testing what has to survive them.

use std::borrow::Cow;

use super::by_design;
use crate::design::{Design, DesignSpace};
use crate::error::Error;
use crate::problem::{Metric, Outcome, Problem};
use crate::seed::Seed;

/// Makes a share of the designs infeasible, with the reason `injected-failure`.
///
/// Which ones is fixed by the seed and the design's canonical form, so that a failed design fails again.
#[derive(Debug, Clone)]
pub struct FailureInjector<P> {
    problem: P,
    seed: Seed,
    rate: f64,
}

impl<P: Problem> FailureInjector<P> {
    /// Fails a share `rate` of the designs.
    ///
    /// # Errors
    /// [`Error::Value`] for a rate outside 0..=1.
    pub fn new(problem: P, seed: Seed, rate: f64) -> Result<Self, Error> {
        if !(0.0..=1.0).contains(&rate) {
            return Err(Error::value("failure rate", rate, "0 to 1"));
        }
        Ok(Self { problem, seed, rate })
    }
}

impl<P: Problem> Problem for FailureInjector<P> {
    fn space(&self) -> &DesignSpace {
        self.problem.space()
    }

    fn metrics(&self) -> &[Metric] {
        self.problem.metrics()
    }

    fn evaluate(&self, design: &Design) -> Outcome {
        if by_design::stream(self.seed, "failure", &self.problem, design).chance(self.rate) {
            return Outcome::infeasible(
                "injected-failure",
                format!("a share of {} of all designs fails", self.rate),
            );
        }
        self.problem.evaluate(design)
    }

    fn canonical<'a>(&self, design: &'a Design) -> Cow<'a, Design> {
        self.problem.canonical(design)
    }
}
