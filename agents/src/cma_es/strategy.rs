//! Weights and learning rates: Table 1 of the tutorial, and weights for ties and infeasible designs.

use libm::{floor, log, pow, sqrt};

use super::Covariance;

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
    /// The same for the scales (dd-CMA, section 4.3); 0 without.
    pub(super) c_1_scale: f64,
    pub(super) c_mu_scale: f64,
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
    /// Diagonal covariances have n entries instead of n², so they may learn (n + 2)/3 times faster (Ros and
    /// Hansen 2008).
    pub(super) fn new(n: usize, lambda: usize, active: bool, covariance: Covariance) -> Self {
        let (dimensions, n) = (n, n.max(1) as f64);
        let mu = lambda / 2;
        // Equation 49.
        let half = log((lambda as f64 + 1.0) / 2.0);
        let mut weights: Vec<f64> = (1..=lambda).map(|i| half - log(i as f64)).collect();
        let (mu_eff, mu_eff_minus) = (effective(&weights[..mu]), effective(&weights[mu..]));
        // Equations 57 and 58 with α_cov = 2.
        let faster = if covariance == Covariance::Diagonal { (n + 2.0) / 3.0 } else { 1.0 };
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
        let (c_1_scale, c_mu_scale) = match covariance {
            Covariance::Accelerated => scale_rates(n, lambda as f64, mu_eff),
            _ => (0.0, 0.0),
        };
        Self { weights, c_sigma, d_sigma, c_c, c_1, c_mu, c_1_scale, c_mu_scale, chi }
    }

    /// Generations between two decompositions, so that they cost no more than the rest (B.2, "strategy internal
    /// numerical effort").
    pub(super) fn gap(&self, n: usize) -> u64 {
        (1.0 / (10.0 * n.max(1) as f64 * (self.c_1 + self.c_mu))).max(1.0) as u64
    }
}

/// dd-CMA's rates of rank one and rank μ for a diagonal, m = n.
fn scale_rates(n: f64, lambda: f64, mu_eff: f64) -> (f64, f64) {
    let c_1 = 1.0 / (4.0 * pow(n + 1.0, 0.75) + mu_eff / 2.0);
    let mu = mu_eff + 1.0 / mu_eff - 2.0 + lambda / (2.0 * (lambda + 5.0));
    (c_1, (mu * c_1).min(1.0 - c_1))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, wanted: f64) {
        assert!((found - wanted).abs() < 1e-12, "{found}, should be {wanted}");
    }

    /// Worked out from Table 1 apart from this code.
    #[test]
    fn weights_and_rates_are_those_of_table_1() {
        let strategy = Strategy::new(10, 10, true, Covariance::Full);
        let weights = [
            0.456_272_646_903_406,
            0.270_753_097_001_785_2,
            0.162_231_117_158_669_78,
            0.085_233_547_100_164_48,
            0.025_509_591_835_974_777,
            -0.080_012_607_580_872_21,
            -0.221_764_160_999_145_48,
            -0.344_554_941_784_820_9,
            -0.452_864_086_378_421_74,
            -0.549_749_917_697_385_2,
        ];
        assert_eq!(strategy.weights.len(), 10);
        strategy.weights.iter().zip(weights).for_each(|(found, wanted)| near(*found, wanted));
        near(strategy.c_sigma, 0.284_428_587_946_367_5);
        near(strategy.d_sigma, 1.284_428_587_946_367_5);
        near(strategy.c_c, 0.294_990_383_035_622_25);
        near(strategy.c_1, 0.015_283_824_524_751_714);
        near(strategy.c_mu, 0.023_551_776_650_417_484);
        near(strategy.chi, 3.084_726_565_169_012_3);
    }

    /// In two dimensions with λ = 4 another of the three limits of negative weights holds.
    #[test]
    fn negative_weights_keep_their_limits() {
        let strategy = Strategy::new(2, 4, true, Covariance::Full);
        near(strategy.weights.iter().filter(|w| **w < 0.0).sum::<f64>(), -1.967_893_879_149_335_2);
        for (n, lambda) in [(1, 4), (2, 6), (10, 10), (40, 200), (3, 1000)] {
            let s = Strategy::new(n, lambda, true, Covariance::Full);
            let negative: f64 = s.weights.iter().map(|w| (-w).max(0.0)).sum();
            assert!(negative <= (1.0 - s.c_1 - s.c_mu) / (n as f64 * s.c_mu) + 1e-12, "{n} {lambda}");
            near(s.weights.iter().map(|w| w.max(0.0)).sum(), 1.0);
            assert!(s.c_1 + s.c_mu <= 1.0 && s.c_sigma < 1.0 && s.c_c <= 1.0);
        }
    }

    #[test]
    fn the_population_is_equation_48() {
        assert_eq!([1, 2, 10, 40].map(|n| population(n, 1.0)), [4, 6, 10, 15]);
        assert_eq!((population(10, 8.0), population(1, 0.5)), (80, 4));
    }

    fn ranks(rewards: &[Option<f64>]) -> Option<Vec<Weight>> {
        rank(rewards, &Strategy::new(3, rewards.len(), true, Covariance::Full))
    }

    #[test]
    fn only_the_order_of_rewards_matters() {
        let rewards = [0.3, -7.0, 2.0, 0.0, 5.0, -0.1];
        let steep = rewards.map(|r: f64| Some(r * r * r * 1e300));
        let flat = rewards.map(|r: f64| Some(libm::atan(r) * 1e-300));
        assert_eq!(ranks(&steep), ranks(&rewards.map(Some)));
        assert_eq!(ranks(&flat), ranks(&rewards.map(Some)));
    }

    #[test]
    fn equal_rewards_share_their_weights() {
        let strategy = Strategy::new(3, 4, true, Covariance::Full);
        let weights = ranks(&[Some(1.0), Some(2.0), Some(1.0), Some(1.0)]).unwrap();
        assert_eq!((weights[0], weights[0]), (weights[2], weights[3]));
        near(weights[1].gain, strategy.weights[0]);
        near(weights[0].gain, strategy.weights[1] / 3.0);
        near(weights[0].loss, (strategy.weights[2] + strategy.weights[3]) / 3.0);
    }

    #[test]
    fn infeasible_designs_rank_last_and_gain_nothing() {
        let strategy = Strategy::new(3, 4, true, Covariance::Full);
        let weights = ranks(&[None, Some(-f64::MAX), None, None]).unwrap();
        assert_eq!(weights[1], Weight { gain: 1.0, loss: 0.0 });
        assert_eq!(weights[0].gain, 0.0);
        near(weights[0].loss, strategy.weights[2..].iter().sum::<f64>() / 3.0);
        assert_eq!(ranks(&[None; 4]), None);
    }
}
