//! Weights and learning rates: Table 1 of the tutorial, and weights for ties and infeasible designs.

use libm::{floor, log, sqrt};

/// Keeps the learning rates of the covariance from adding up to 1 where populations are large.
const SPARE: f64 = 1e-8;

/// The constants for a number of coordinates and a population.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Strategy {
    /// w_i, equation 53; of equal sign from the front, the best first.
    pub(super) weights: Vec<f64>,
    /// Learning rate and damping of the step size, equation 55.
    pub(super) c_sigma: f64,
    pub(super) d_sigma: f64,
    /// Learning rate of the path of the covariance, equation 56.
    pub(super) c_c: f64,
    /// Learning rates of rank one and of rank μ, equations 57 and 58.
    pub(super) c_1: f64,
    pub(super) c_mu: f64,
    /// E‖N(0, I)‖.
    pub(super) chi: f64,
}

/// λ, equation 48, times `factor`; at least 4.
pub(super) fn population(parameters: usize, factor: f64) -> usize {
    let usual = 4.0 + floor(3.0 * log(parameters.max(1) as f64));
    ((usual * factor).round() as usize).max(4)
}

impl Strategy {
    /// For `n` coordinates and `lambda` designs a generation; `active` lets bad steps count against a direction.
    /// `diagonal` covariances have n entries instead of n², so they may learn (n + 2)/3 times faster (Ros and
    /// Hansen 2008).
    pub(super) fn new(n: usize, lambda: usize, active: bool, diagonal: bool) -> Self {
        let (dimensions, n) = (n, n.max(1) as f64);
        let mu = lambda / 2;
        // Equation 49.
        let half = log((lambda as f64 + 1.0) / 2.0);
        let mut weights: Vec<f64> = (1..=lambda).map(|i| half - log(i as f64)).collect();
        let (mu_eff, mu_eff_minus) = (effective(&weights[..mu]), effective(&weights[mu..]));
        // Equations 57 and 58 with α_cov = 2.
        let faster = if diagonal { (n + 2.0) / 3.0 } else { 1.0 };
        let c_1 = (faster * 2.0 / ((n + 1.3) * (n + 1.3) + mu_eff)).min(0.5);
        let rank_mu = 2.0 * (0.25 + mu_eff + 1.0 / mu_eff - 2.0) / ((n + 2.0) * (n + 2.0) + mu_eff);
        let c_mu = (faster * rank_mu).min(1.0 - c_1 - SPARE);
        // Equations 50 to 53.
        let limits =
            [1.0 + c_1 / c_mu, 1.0 + 2.0 * mu_eff_minus / (mu_eff + 2.0), (1.0 - c_1 - c_mu) / (n * c_mu)];
        let alpha = if active { limits.into_iter().fold(f64::INFINITY, f64::min) } else { 0.0 };
        let positive: f64 = weights.iter().map(|w| w.max(0.0)).sum();
        let negative: f64 = weights.iter().map(|w| (-w).max(0.0)).sum();
        for weight in &mut weights {
            *weight *= if *weight >= 0.0 { 1.0 / positive } else { alpha / negative };
        }
        // Equations 55 and 56.
        let c_sigma = (mu_eff + 2.0) / (n + mu_eff + 5.0);
        let d_sigma = 1.0 + 2.0 * (sqrt((mu_eff - 1.0) / (n + 1.0)) - 1.0).max(0.0) + c_sigma;
        let c_c = (4.0 + mu_eff / n) / (n + 4.0 + 2.0 * mu_eff / n);
        let chi =
            if dimensions == 0 { 1.0 } else { sqrt(n) * (1.0 - 1.0 / (4.0 * n) + 1.0 / (21.0 * n * n)) };
        Self { weights, c_sigma, d_sigma, c_c, c_1, c_mu, chi }
    }

    /// Generations between two decompositions, so that they cost no more than the rest (B.2, "strategy internal
    /// numerical effort").
    pub(super) fn gap(&self, n: usize) -> u64 {
        (1.0 / (10.0 * n.max(1) as f64 * (self.c_1 + self.c_mu))).max(1.0) as u64
    }
}

/// (Σw)² / Σw², the number of equal weights with the same variance; equation 8.
fn effective(weights: &[f64]) -> f64 {
    let (sum, squares) = weights.iter().fold((0.0, 0.0), |(sum, squares), w| (sum + w, squares + w * w));
    sum * sum / squares
}

/// What a design of a generation counts.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Weight {
    /// In recombination: not negative, all of them add up to 1.
    pub(super) gain: f64,
    /// Against the covariance: not positive.
    pub(super) loss: f64,
}

/// Ranks a generation; `None` is infeasible. Only the order of the rewards matters.
///
/// Equal designs share the weights of their ranks, so that no order of proposals can decide between them.
/// Infeasible designs rank last and gain nothing; what they would have gained goes to the feasible ones in
/// proportion. `None` if nothing is feasible.
pub(super) fn rank(rewards: &[Option<f64>], strategy: &Strategy) -> Option<Vec<Weight>> {
    let fitness = |i: usize| rewards[i].unwrap_or(f64::NEG_INFINITY);
    let mut order: Vec<usize> = (0..rewards.len()).collect();
    order.sort_by(|a, b| fitness(*b).total_cmp(&fitness(*a)));
    let mut ranked = vec![Weight::default(); rewards.len()];
    let mut first = 0;
    while first < order.len() {
        let equal = |i: &&usize| rewards[**i] == rewards[order[first]];
        let last = first + order[first..].iter().take_while(equal).count();
        let shared = &strategy.weights[first..last];
        let mean = |part: fn(f64) -> f64| shared.iter().map(|w| part(*w)).sum::<f64>() / shared.len() as f64;
        let gain = if rewards[order[first]].is_some() { mean(|w| w.max(0.0)) } else { 0.0 };
        let loss = mean(|w| w.min(0.0));
        order[first..last].iter().for_each(|i| ranked[*i] = Weight { gain, loss });
        first = last;
    }
    let total: f64 = ranked.iter().map(|weight| weight.gain).sum();
    ranked.iter_mut().for_each(|weight| weight.gain /= total);
    (total > 0.0).then_some(ranked)
}
