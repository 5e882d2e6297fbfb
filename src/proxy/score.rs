//! How good predictions are.

use serde::Serialize;

/// Most pairs of designs that ranks are compared on, as their number of designs.
const MOST_RANKED: usize = 20_000;

/// The quality of the predictions of one metric.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Score {
    /// Designs predicted.
    pub designs: usize,
    /// Root of the mean squared error, in the unit of the metric.
    pub rmse: f64,
    /// `100 · RMSE / |mean of the true values of the same designs|`.
    pub rmse_percent: f64,
    /// Mean of `100 · |error| / |true value|`; null if a true value is 0.
    pub mape_percent: Option<f64>,
    /// `1 − Σ error² / Σ (true − mean)²`; null if the true values do not vary.
    pub r2: Option<f64>,
    /// Kendall's τ-b; null if one side does not vary.
    pub kendall_tau: Option<f64>,
    /// For each k of [`TOPS`]: how much worse than the best the best of the k designs is that are predicted to be
    /// lowest; 1 is the distance from the best to the median.
    pub top_regret: [f64; TOPS.len()],
}

/// Numbers of designs that a search would simulate.
pub const TOPS: [usize; 3] = [1, 10, 100];

impl Score {
    /// Compares true and predicted values, as many of each and at least one.
    pub fn new(truth: &[f64], predicted: &[f64]) -> Self {
        let count = truth.len().max(1) as f64;
        let squares: f64 = truth.iter().zip(predicted).map(|(y, p)| (p - y) * (p - y)).sum();
        let mean = truth.iter().map(|y| y / count).sum::<f64>();
        let total: f64 = truth.iter().map(|y| (y - mean) * (y - mean)).sum();
        let relative = truth.iter().zip(predicted).map(|(y, p)| ((p - y) / y).abs()).sum::<f64>();
        let rmse = (squares / count).sqrt();
        Self {
            designs: truth.len(),
            rmse,
            rmse_percent: 100.0 * rmse / mean.abs(),
            mape_percent: truth.iter().all(|y| *y != 0.0).then_some(100.0 * relative / count),
            r2: (total > 0.0).then(|| 1.0 - squares / total),
            kendall_tau: kendall(truth, predicted),
            top_regret: TOPS.map(|k| top_regret(truth, predicted, k)),
        }
    }
}

/// `100 · RMSE / |mean of the true values|`.
pub fn rmse_percent(truth: &[f64], predicted: &[f64]) -> f64 {
    let count = truth.len().max(1) as f64;
    let squares: f64 = truth.iter().zip(predicted).map(|(y, p)| (p - y) * (p - y)).sum();
    100.0 * (squares / count).sqrt() / truth.iter().map(|y| y / count).sum::<f64>().abs()
}

fn top_regret(truth: &[f64], predicted: &[f64], k: usize) -> f64 {
    let mut order: Vec<usize> = (0..truth.len()).collect();
    order.sort_by(|a, b| predicted[*a].total_cmp(&predicted[*b]));
    let mut sorted = truth.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (Some(best), Some(median)) = (sorted.first(), sorted.get(sorted.len() / 2)) else { return 0.0 };
    let found = order.iter().take(k).map(|i| truth[*i]).fold(f64::INFINITY, f64::min);
    if median > best { (found - best) / (median - best) } else { 0.0 }
}

/// Kendall's τ-b by merge sort (Knight 1966), on the first designs if there are very many.
fn kendall(truth: &[f64], predicted: &[f64]) -> Option<f64> {
    let mut pairs: Vec<(f64, f64)> =
        truth.iter().copied().zip(predicted.iter().copied()).take(MOST_RANKED).collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let choose = |n: u64| n * n.saturating_sub(1) / 2;
    let ties = |same: &dyn Fn(usize) -> bool, n: usize| {
        let (mut sum, mut run) = (0, 1u64);
        for i in 1..=n {
            if i < n && same(i) {
                run += 1;
            } else {
                sum += choose(run);
                run = 1;
            }
        }
        sum
    };
    let n = pairs.len();
    let all = choose(n as u64);
    let tied_truth = ties(&|i| pairs[i].0 == pairs[i - 1].0, n);
    let tied_both = ties(&|i| pairs[i] == pairs[i - 1], n);
    let mut second: Vec<f64> = pairs.iter().map(|pair| pair.1).collect();
    let mut scratch = second.clone();
    let swaps = inversions(&mut second, &mut scratch);
    let tied_predicted = ties(&|i| second[i] == second[i - 1], n);
    let agree =
        all as f64 - tied_truth as f64 - tied_predicted as f64 + tied_both as f64 - 2.0 * swaps as f64;
    let scale = ((all - tied_truth) as f64 * (all - tied_predicted) as f64).sqrt();
    (scale > 0.0).then(|| agree / scale)
}

/// Sorts and counts the pairs that were in the wrong order.
fn inversions(values: &mut [f64], scratch: &mut [f64]) -> u64 {
    let n = values.len();
    if n < 2 {
        return 0;
    }
    let middle = n / 2;
    let mut count = inversions(&mut values[..middle], &mut scratch[..middle]);
    count += inversions(&mut values[middle..], &mut scratch[middle..]);
    let (mut left, mut right) = (0, middle);
    for slot in scratch.iter_mut() {
        if left < middle && (right >= n || values[left] <= values[right]) {
            *slot = values[left];
            left += 1;
        } else {
            *slot = values[right];
            right += 1;
            count += (middle - left) as u64;
        }
    }
    values.copy_from_slice(scratch);
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_of_a_small_case() {
        let score = Score::new(&[1.0, 2.0, 3.0, 4.0], &[1.0, 2.0, 4.0, 3.0]);
        assert!((score.rmse - 0.5f64.sqrt()).abs() < 1e-12);
        assert!((score.rmse_percent - 100.0 * 0.5f64.sqrt() / 2.5).abs() < 1e-9);
        assert!((score.r2.unwrap() - 0.6).abs() < 1e-12);
        assert!((score.kendall_tau.unwrap() - 4.0 / 6.0).abs() < 1e-12);
        assert!((score.mape_percent.unwrap() - 100.0 * (1.0 / 3.0 + 0.25) / 4.0).abs() < 1e-9);
        assert_eq!(score.top_regret, [0.0; 3]);
    }

    /// By the definition: concordant less discordant pairs over the root of the untied pairs of both sides.
    #[test]
    fn kendall_counts_pairs_as_its_definition_does() {
        let truth: Vec<f64> = (0..40).map(|i| f64::from(i * i % 13)).collect();
        let predicted: Vec<f64> = (0..40).map(|i| f64::from(i * 7 % 11)).collect();
        let (mut sum, mut x, mut y) = (0.0, 0.0, 0.0);
        for i in 0..40 {
            for j in 0..i {
                let (a, b) = (truth[i] - truth[j], predicted[i] - predicted[j]);
                sum += if a * b == 0.0 { 0.0 } else { (a * b).signum() };
                x += f64::from(u8::from(a != 0.0));
                y += f64::from(u8::from(b != 0.0));
            }
        }
        let own = kendall(&truth, &predicted).unwrap();
        assert!((own - sum / f64::sqrt(x * y)).abs() < 1e-12, "{own}");
        assert_eq!(kendall(&[1.0, 1.0], &[1.0, 2.0]), None);
    }

    #[test]
    fn regret_is_that_of_the_designs_a_search_would_try() {
        let truth = [0.0, 1.0, 2.0, 3.0, 4.0];
        let reversed = [4.0, 3.0, 2.0, 1.0, 0.0];
        assert_eq!(Score::new(&truth, &reversed).top_regret, [2.0, 0.0, 0.0]);
    }
}
