//! Rewards of any scale and tail in the shape that a Gaussian process can model.

use libm::{log, log1p, pow, sqrt};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How rewards are transformed before the Gaussian process sees them; none of them changes an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Warp {
    /// Shifted and scaled only.
    Off,
    /// The worse half by ranks: as far from the median as a normal distribution with the spread of the better
    /// half would have it (Song et al. 2024, the Vizier Gaussian process bandit).
    HalfRank,
    /// The power transformation of Yeo and Johnson 2000 that makes them most normal (as HEBO does).
    YeoJohnson,
    /// Normal scores of the ranks (a Gaussian copula).
    Rank,
}

/// Rewards beyond this many standard deviations are drawn in; only [`Warp::Off`] meets them.
const FARTHEST: f64 = 1e3;

impl Warp {
    /// The transformed rewards, of a scale near 1.
    pub(crate) fn apply(self, rewards: &[f64]) -> Vec<f64> {
        let plain = standardised(rewards);
        match self {
            Self::Off => plain,
            Self::HalfRank => half_rank(&plain),
            Self::YeoJohnson => standardised(&yeo_johnson(&plain)),
            Self::Rank => scores(&plain),
        }
    }
}

/// Mean 0 and deviation 1, whatever the magnitudes.
fn standardised(values: &[f64]) -> Vec<f64> {
    let n = values.len().max(1) as f64;
    // No sum of the quotients can overflow.
    let largest = values.iter().fold(f64::MIN_POSITIVE, |most, y| y.abs().max(most));
    let small: Vec<f64> = values.iter().map(|y| y / largest).collect();
    let mean = small.iter().sum::<f64>() / n;
    let deviation = sqrt(small.iter().map(|y| (y - mean) * (y - mean)).sum::<f64>() / n);
    let scale = if deviation > 1e-15 { deviation } else { 1.0 };
    small.iter().map(|y| ((y - mean) / scale).clamp(-FARTHEST, FARTHEST)).collect()
}

/// The share of values below each, ties sharing theirs; between 0 and 1.
fn shares(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut shares = vec![0.0; values.len()];
    let mut begin = 0;
    while begin < order.len() {
        let value = values[order[begin]];
        let end = begin + order[begin..].iter().take_while(|i| values[**i] == value).count();
        let share = 0.5 * (begin + end) as f64 / values.len() as f64;
        order[begin..end.max(begin + 1)].iter().for_each(|i| shares[*i] = share);
        begin = end.max(begin + 1);
    }
    shares
}

fn scores(values: &[f64]) -> Vec<f64> {
    shares(values).into_iter().map(normal_quantile).collect()
}

fn half_rank(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let median = sorted.get(values.len() / 2).copied().unwrap_or(0.0);
    let better = values.iter().filter(|y| **y >= median);
    let count = better.clone().count().max(1) as f64;
    let spread = sqrt(better.map(|y| (y - median) * (y - median)).sum::<f64>() / count);
    // The better half may be all the same.
    let spread = if spread > 1e-12 { spread } else { 1.0 };
    let worse = shares(values);
    let warped = values.iter().zip(worse).map(|(y, share)| match *y < median {
        true => normal_quantile(share).min(0.0),
        false => (y - median) / spread,
    });
    warped.collect()
}

/// Their transformation with the λ of greatest likelihood, by golden section.
fn yeo_johnson(values: &[f64]) -> Vec<f64> {
    const GOLDEN: f64 = 0.618_033_988_749_894_8;
    let (mut low, mut high) = (-2.0, 4.0);
    let mut inner = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)];
    let mut likelihoods = inner.map(|lambda| yeo_johnson_likelihood(values, lambda));
    for _ in 0..20 {
        if likelihoods[0] > likelihoods[1] {
            high = inner[1];
            inner = [high - GOLDEN * (high - low), inner[0]];
            likelihoods = [yeo_johnson_likelihood(values, inner[0]), likelihoods[0]];
        } else {
            low = inner[0];
            inner = [inner[1], low + GOLDEN * (high - low)];
            likelihoods = [likelihoods[1], yeo_johnson_likelihood(values, inner[1])];
        }
    }
    values.iter().map(|y| yeo_johnson_of(*y, 0.5 * (low + high))).collect()
}

fn yeo_johnson_of(y: f64, lambda: f64) -> f64 {
    let power = |x: f64, exponent: f64| {
        if exponent.abs() < 1e-9 { log1p(x) } else { (pow(1.0 + x, exponent) - 1.0) / exponent }
    };
    if y >= 0.0 { power(y, lambda) } else { -power(-y, 2.0 - lambda) }
}

/// Up to a constant, their equation 3.1.
fn yeo_johnson_likelihood(values: &[f64], lambda: f64) -> f64 {
    let n = values.len().max(1) as f64;
    let warped: Vec<f64> = values.iter().map(|y| yeo_johnson_of(*y, lambda)).collect();
    let mean = warped.iter().sum::<f64>() / n;
    let variance = warped.iter().map(|y| (y - mean) * (y - mean)).sum::<f64>() / n;
    let jacobian: f64 = values.iter().map(|y| log1p(y.abs()) * if *y < 0.0 { -1.0 } else { 1.0 }).sum();
    -0.5 * n * log(variance.max(1e-300)) + (lambda - 1.0) * jacobian
}

/// Quantile of the standard normal distribution to three digits (Hastings; Abramowitz and Stegun 26.2.23).
fn normal_quantile(share: f64) -> f64 {
    let tail = share.min(1.0 - share).clamp(1e-12, 0.5);
    let t = sqrt(-2.0 * log(tail));
    let above = 2.515_517 + t * (0.802_853 + t * 0.010_328);
    let below = 1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308));
    let z = (t - above / below).max(0.0);
    if share < 0.5 { -z } else { z }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WARPS: [Warp; 4] = [Warp::Off, Warp::HalfRank, Warp::YeoJohnson, Warp::Rank];

    #[test]
    fn no_warp_changes_an_order() {
        let rewards = [3.0, -1e5, 0.1, 0.1, 2.0, -7.0, 1.0, -3e4, 2.5];
        for warp in WARPS {
            let warped = warp.apply(&rewards);
            for i in 0..rewards.len() {
                for j in 0..rewards.len() {
                    assert!(
                        rewards[i] < rewards[j] || warped[i] >= warped[j],
                        "{warp:?} {i} {j}: {warped:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn rewards_of_every_magnitude_become_numbers_near_one() {
        let cases: [&[f64]; 6] = [
            &[],
            &[5.0],
            &[2.0, 2.0, 2.0],
            &[0.0, f64::MAX, -1e-308, -f64::MAX, 1.0, f64::MIN_POSITIVE],
            &[f64::MIN_POSITIVE, 2.0 * f64::MIN_POSITIVE],
            &[-1e300, 1.0, 1.1, 1.2, 1.3],
        ];
        for rewards in cases {
            for warp in WARPS {
                let warped = warp.apply(rewards);
                assert_eq!(warped.len(), rewards.len());
                assert!(warped.iter().all(|y| y.abs() <= FARTHEST), "{warp:?} of {rewards:?}: {warped:?}");
            }
        }
    }

    #[test]
    fn the_worse_half_loses_its_tail_and_the_better_half_keeps_its_shape() {
        let warped = Warp::HalfRank.apply(&[-1e6, -10.0, 0.0, 1.0, 3.0]);
        assert!(warped[0] > -2.0, "{warped:?}");
        assert!(((warped[4] - warped[2]) / (warped[3] - warped[2]) - 3.0).abs() < 1e-9, "{warped:?}");
    }

    /// From scipy 1.17.1: `scipy.stats.yeojohnson([-3, -1, -0.5, 0, 0.2, 0.4, 0.5, 0.6])`.
    #[test]
    fn the_power_is_the_most_likely_one() {
        let warped = yeo_johnson(&[-3.0, -1.0, -0.5, 0.0, 0.2, 0.4, 0.5, 0.6]);
        assert!((warped[0] - -0.997_511_179).abs() < 1e-3, "{warped:?}");
        assert!((warped[7] - 0.896_288_012).abs() < 1e-3, "{warped:?}");
    }
}
