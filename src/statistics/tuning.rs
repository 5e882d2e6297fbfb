//! Tuning curves: how good the best of k tickets is (Dodge et al. 2019 and 2021; Lourie et al. 2024). Higher is better.

use super::bands::Band;

/// Expected best of `k` of the ascending scores, drawn without replacement: Σ y₍ᵢ₎ [C(i, k) − C(i−1, k)] / C(m, k), the unbiased
/// U-statistic. `None` unless 1 ≤ `k` ≤ m.
pub fn expected_best(ascending: &[f64], k: usize) -> Option<f64> {
    best_weights(ascending.len(), k).map(|weights| weights.iter().zip(ascending).map(|(w, y)| w * y).sum())
}

/// The probability that each of m ascending scores is the best of `k` drawn without replacement; `None` unless 1 ≤ `k` ≤ m.
pub fn best_weights(m: usize, k: usize) -> Option<Vec<f64>> {
    if k == 0 || k > m {
        return None;
    }
    // C(i−1, k−1) / C(m, k), from the largest score down: k/m for i = m, then times (i−k)/(i−1).
    let (mut weights, mut weight) = (vec![0.0; m], k as f64 / m as f64);
    for i in (k..=m).rev() {
        weights[i - 1] = weight;
        weight *= (i - k) as f64 / (i - 1).max(1) as f64;
    }
    Some(weights)
}

/// Median best of `k` tickets with a band that holds for all `k` at once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Median {
    /// Estimate.
    pub estimate: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Median best of `k` ≥ 1 draws from the distribution of the ascending scores, whose values lie within `support`: the quantile
/// ½^(1/k). The band is of as many order statistics as there are scores. `None` without scores.
pub fn median_best(ascending: &[f64], k: usize, band: &Band, support: (f64, f64)) -> Option<Median> {
    let m = ascending.len();
    if m == 0 || band.low.len() != m {
        return None;
    }
    let q = libm::pow(0.5, 1.0 / k.max(1) as f64);
    // The smallest score whose probability is at least q; tolerant, because q may be i/m itself.
    let first = |below: &dyn Fn(usize) -> f64| (0..m).find(|i| below(*i) >= q - 1e-12);
    let estimate = first(&|i| (i + 1) as f64 / m as f64).unwrap_or(m - 1);
    let high = first(&|i| band.low[i]).map_or(support.1, |i| ascending[i]);
    // The upper bound of F between two scores is that of the next order statistic.
    let low = match first(&|i| band.high[i]) {
        Some(0) => support.0,
        Some(i) => ascending[i - 1],
        None => ascending[m - 1],
    };
    Some(Median { estimate: ascending[estimate], low, high })
}
