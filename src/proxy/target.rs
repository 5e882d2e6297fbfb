//! Targets as models want them: with mean 0 and variance 1, on a logarithmic scale if they span orders of magnitude.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::usage::Usage;

/// Ratio of largest to smallest from which on the logarithm is learnt.
const SPAN: f64 = 3.0;

/// A metric that is predicted, and how it was made fit for learning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// Name of the metric.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// Whether its logarithm was learnt.
    pub log: bool,
    /// Mean in that scale.
    pub mean: f64,
    /// Standard deviation in that scale, above 0.
    pub deviation: f64,
}

impl Target {
    /// The scale of a metric with these values.
    ///
    /// # Errors
    /// If there are none, or all are the same: there is nothing to learn.
    pub fn new(name: &str, unit: &str, values: impl Iterator<Item = f64> + Clone) -> Result<Self> {
        let (low, high) = values
            .clone()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
        if low > high {
            return Err(Usage::error(format!("there are no values of {name} to learn from")));
        }
        if low == high {
            return Err(Usage::error(format!(
                "{name} is {low} in every design: there is nothing to learn; leave it out of --target"
            )));
        }
        let log = low > 0.0 && high / low > SPAN;
        let scaled = values.map(|x| if log { libm::log(x) } else { x });
        let count = scaled.clone().count() as f64;
        let mean = scaled.clone().map(|x| x / count).sum::<f64>();
        let deviation = scaled.map(|x| (x - mean) * (x - mean) / count).sum::<f64>().sqrt();
        if !(mean.is_finite() && deviation.is_finite() && deviation > 0.0) {
            return Err(Usage::error(format!("{name} varies from {low} to {high}: too little or too much")));
        }
        Ok(Self { name: name.to_owned(), unit: unit.to_owned(), log, mean, deviation })
    }

    /// The value in the scale of models.
    pub fn forth(&self, x: f64) -> f64 {
        ((if self.log { libm::log(x) } else { x }) - self.mean) / self.deviation
    }

    /// The value in the unit of the metric.
    pub fn back(&self, z: f64) -> f64 {
        let x = self.mean + z * self.deviation;
        if self.log { libm::exp(x).min(f64::MAX) } else { x }
    }

    /// Whether the numbers make sense.
    pub fn is_sound(&self) -> bool {
        self.mean.is_finite() && self.deviation.is_finite() && self.deviation > 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_undone() {
        for values in [vec![1.0, 10.0, 100.0], vec![-1.0, 2.0, 4.0]] {
            let target = Target::new("t", "", values.iter().copied()).unwrap();
            assert_eq!(target.log, values[0] > 0.0);
            for x in values {
                assert!((target.back(target.forth(x)) - x).abs() < 1e-12 * x.abs());
            }
        }
    }

    #[test]
    fn what_does_not_vary_is_refused() {
        let constant = Target::new("power_mw", "mW", [2.0, 2.0].into_iter()).unwrap_err().to_string();
        assert!(constant.contains("power_mw is 2 in every design"), "{constant}");
        let none = Target::new("power_mw", "mW", [].into_iter()).unwrap_err().to_string();
        assert!(none.contains("no values of power_mw"), "{none}");
    }
}
