//! What a design promises, given what the surrogate believes of it.

use std::f64::consts::{FRAC_1_SQRT_2, LN_2, PI};

use libm::{erfc, exp, expm1, log, log1p};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::parts::gaussian_process::Prediction;

/// How designs are ranked by mean and uncertainty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Acquisition {
    /// Logarithm of the expected improvement over the best known design (Ament et al. 2023).
    LogEi,
    /// Upper confidence bound: the mean and `beta` standard deviations (Srinivas et al. 2010).
    Ucb,
}

/// An acquisition with what it compares to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Criterion {
    pub(super) acquisition: Acquisition,
    pub(super) beta: f64,
    /// The best known design's mean.
    pub(super) best: f64,
    /// Unit of [`Acquisition::Ucb`], so that its values compare with logarithms of probabilities.
    pub(super) unit: f64,
}

impl Criterion {
    /// The value, and its slopes by mean and by deviation.
    pub(super) fn of(&self, prediction: Prediction) -> (f64, [f64; 2]) {
        let Prediction { mean, deviation } = prediction;
        match self.acquisition {
            Acquisition::LogEi => {
                let z = (mean - self.best) / deviation;
                let h = log_h(z);
                // EI = σ·h(z), ∂EI/∂μ = Φ(z), ∂EI/∂σ = φ(z).
                let slope = |log_part: f64| exp((log_part - h).min(700.0)) / deviation;
                (log(deviation) + h, [slope(log_cumulative(z)), slope(log_density(z))])
            }
            Acquisition::Ucb => {
                ((mean + self.beta * deviation) / self.unit, [1.0 / self.unit, self.beta / self.unit])
            }
        }
    }
}

/// Logarithm of the probability that a normal variable is positive, and its slopes by mean and deviation.
pub(super) fn log_positive(prediction: Prediction) -> (f64, [f64; 2]) {
    let z = prediction.mean / prediction.deviation;
    let log_probability = log_cumulative(z);
    let slope = exp((log_density(z) - log_probability).min(700.0)) / prediction.deviation;
    (log_probability, [slope, -z * slope])
}

/// log φ(z).
fn log_density(z: f64) -> f64 {
    -0.5 * z * z - 0.5 * log(2.0 * PI)
}

/// log Φ(z), also where Φ underflows.
fn log_cumulative(z: f64) -> f64 {
    if z > -1.0 {
        log1p(-0.5 * erfc(z * FRAC_1_SQRT_2))
    } else {
        -0.5 * z * z + log(scaled_erfc(-z * FRAC_1_SQRT_2)) - LN_2
    }
}

/// `log(φ(z) + z·Φ(z))`, stable for all z (Ament et al. 2023, equation 9).
pub(super) fn log_h(z: f64) -> f64 {
    if z > -1.0 {
        return log(exp(log_density(z)) + z * 0.5 * erfc(-z * FRAC_1_SQRT_2));
    }
    if z > -1e3 {
        let log_ratio = log(scaled_erfc(-z * FRAC_1_SQRT_2) * -z) + 0.5 * log(0.5 * PI);
        return log_density(z) + log(-expm1(log_ratio));
    }
    // The first terms of the asymptotic series, where the difference above would cancel.
    log_density(z) - 2.0 * log(-z) + log1p(-3.0 / (z * z))
}

/// `exp(x²)·erfc(x)` for positive x.
fn scaled_erfc(x: f64) -> f64 {
    if x < 25.0 {
        return exp(x * x) * erfc(x);
    }
    // Asymptotic series (Abramowitz and Stegun 7.1.23); five terms leave less than 1e-14 from here on.
    let t = 0.5 / (x * x);
    let series = 1.0 - t * (1.0 - 3.0 * t * (1.0 - 5.0 * t * (1.0 - 7.0 * t * (1.0 - 9.0 * t))));
    series / (x * PI.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected_improvement(mean: f64, deviation: f64, best: f64) -> f64 {
        let z = (mean - best) / deviation;
        deviation * (exp(log_density(z)) + z * 0.5 * erfc(-z * FRAC_1_SQRT_2))
    }

    fn log_ei(mean: f64, deviation: f64) -> (f64, [f64; 2]) {
        let criterion = Criterion { acquisition: Acquisition::LogEi, beta: 0.0, best: 0.3, unit: 1.0 };
        criterion.of(Prediction { mean, deviation })
    }

    #[test]
    fn log_ei_is_the_logarithm_of_ei_where_ei_is_accurate() {
        for mean in [-4.0, -1.0, 0.29, 0.3, 0.31, 1.0, 9.0] {
            for deviation in [0.9, 1.0, 3.0] {
                let direct = log(expected_improvement(mean, deviation, 0.3));
                let (value, _) = log_ei(mean, deviation);
                assert!(
                    (value - direct).abs() < 1e-8 * (1.0 + direct.abs()),
                    "{mean} {deviation}: {value} {direct}"
                );
            }
        }
    }

    /// From mpmath 1.3 with 60 digits: `log(npdf(z) + z * ncdf(z))`.
    #[test]
    fn log_h_is_exact_far_in_the_tail() {
        for (z, expected) in TAIL {
            let relative = (log_h(z) - expected).abs() / expected.abs();
            assert!(relative < 1e-11, "{z}: {} for {expected}", log_h(z));
        }
    }

    const TAIL: [(f64, f64); 10] = [
        (-0.999, -2.483_217_115_447_585),
        (-1.5, -3.529_935_920_805_71),
        (-5.0, -16.744_301_162_661),
        (-12.0, -77.909_100_545_007),
        (-15.0, -118.848_170_684_114),
        (-40.0, -808.298_568_356_62),
        (-999.0, -499_015.232_451_097),
        (-1001.0, -501_015.236_451_086),
        (-1e4, -50_000_019.339_619_3),
        (-1e6, -500_000_000_028.55),
    ];

    #[test]
    fn log_ei_is_finite_where_ei_underflows() {
        let mut last = f64::INFINITY;
        for exponent in 1..=100 {
            let (value, slopes) = log_ei(-libm::pow(10.0, 0.1 * f64::from(exponent)), 0.1);
            assert!(value.is_finite() && value < last, "{value}");
            assert!(slopes.iter().all(|slope| slope.is_finite() && *slope > 0.0), "{slopes:?}");
            last = value;
        }
        assert_eq!(expected_improvement(-1e3, 0.1, 0.3), 0.0);
    }

    #[test]
    fn slopes_are_those_of_finite_differences() {
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-5 * (1.0 + a.abs()), "{a} {b}");
        for mean in [-30.0, -2.0, 0.0, 0.5, 3.0] {
            let (step, deviation) = (1e-6, 0.7);
            let (_, slopes) = log_ei(mean, deviation);
            near(
                (log_ei(mean + step, deviation).0 - log_ei(mean - step, deviation).0) / (2.0 * step),
                slopes[0],
            );
            near(
                (log_ei(mean, deviation + step).0 - log_ei(mean, deviation - step).0) / (2.0 * step),
                slopes[1],
            );
            let positive = |mean, deviation| log_positive(Prediction { mean, deviation });
            let (_, slopes) = positive(mean, deviation);
            let by_mean = positive(mean + step, deviation).0 - positive(mean - step, deviation).0;
            let by_deviation = positive(mean, deviation + step).0 - positive(mean, deviation - step).0;
            near(by_mean / (2.0 * step), slopes[0]);
            near(by_deviation / (2.0 * step), slopes[1]);
        }
    }
}
