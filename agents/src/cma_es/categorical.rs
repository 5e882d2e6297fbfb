//! The categorical distributions of choices: natural gradient with an adaptive rate (CatCMA, Hamano et al. 2024;
//! ASNG, Akimoto et al. 2019).

use libm::{exp, sqrt};
use rl_env::seed::Rng;
use serde::{Deserialize, Serialize};

use super::strategy::Weight;

/// α of ASNG: the signal has to stand this much above the noise before the rate grows.
const SIGNAL: f64 = 1.5;

/// Bounds of the rate δ of a step in the Fisher metric: a distribution changes completely within about one, and
/// none of use changes as slowly as the other.
const SLOWEST: f64 = 1e-6;

/// Independent choices, each with a probability for every option.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Categorical {
    pub(super) probabilities: Vec<Vec<f64>>,
    /// s and γ of ASNG: the cumulated gradient and how much was cumulated.
    path: Vec<f64>,
    cumulated: f64,
    /// δ, the length of the next step.
    rate: f64,
}

impl Categorical {
    /// All options equally likely.
    pub(super) fn new(options: &[usize]) -> Self {
        let uniform = |k: &usize| vec![1.0 / *k as f64; *k];
        let free = options.iter().map(|k| k - 1).sum();
        Self {
            probabilities: options.iter().map(uniform).collect(),
            path: vec![0.0; free],
            cumulated: 0.0,
            rate: 1.0,
        }
    }

    pub(super) fn is_sound(&self, options: &[usize]) -> bool {
        let fits = |(q, k): (&Vec<f64>, &usize)| {
            q.len() == *k
                && q.iter().all(|p| *p > 0.0 && *p <= 1.0)
                && (q.iter().sum::<f64>() - 1.0).abs() < 1e-6
        };
        self.probabilities.len() == options.len()
            && self.probabilities.iter().zip(options).all(fits)
            && self.path.len() == options.iter().map(|k| k - 1).sum::<usize>()
            && self.path.iter().chain([&self.cumulated]).all(|x| x.is_finite())
            && self.rate >= SLOWEST
            && self.rate <= self.fastest().max(1.0)
    }

    pub(super) fn sample(&self, rng: &mut Rng) -> Vec<u32> {
        self.probabilities.iter().map(|q| rng.weighted(q).unwrap_or(0) as u32).collect()
    }

    /// β = δ/√N must not exceed 1.
    fn fastest(&self) -> f64 {
        sqrt(self.path.len() as f64)
    }

    /// A step along the natural gradient Σ w_i (c_i - q) of length δ in the Fisher metric.
    pub(super) fn update(&mut self, chosen: &[&[u32]], weights: &[Weight], least: f64) {
        if self.path.is_empty() {
            return;
        }
        let gradient = self.gradient(chosen, weights);
        let scaled = self.scaled(&gradient);
        let length = sqrt(scaled.iter().map(|x| x * x).sum());
        if length > 1e-12 {
            let step = self.rate / length;
            for (q, g) in self.probabilities.iter_mut().zip(&gradient) {
                q.iter_mut().zip(g).for_each(|(q, g)| *q += step * g);
            }
            self.adapt_rate(&scaled, length);
        }
        self.probabilities.iter_mut().for_each(|q| keep_margin(q, least));
    }

    fn gradient(&self, chosen: &[&[u32]], weights: &[Weight]) -> Vec<Vec<f64>> {
        let mut gradient: Vec<Vec<f64>> =
            self.probabilities.iter().map(|q| q.iter().map(|p| -p).collect()).collect();
        for (options, weight) in chosen.iter().zip(weights) {
            for (g, option) in gradient.iter_mut().zip(*options) {
                g[*option as usize] += weight.gain;
            }
        }
        gradient
    }

    /// The gradient times the root of the Fisher information, in K - 1 coordinates a choice (Akimoto et al. 2019,
    /// appendix B).
    fn scaled(&self, gradient: &[Vec<f64>]) -> Vec<f64> {
        let mut scaled = Vec::with_capacity(self.path.len());
        for (q, g) in self.probabilities.iter().zip(gradient) {
            let last = q.len() - 1;
            let sum: f64 = g[..last].iter().sum();
            let shared = sum / (q[last] + sqrt(q[last]));
            scaled.extend(q[..last].iter().zip(g).map(|(q, g)| g / sqrt(*q) + sqrt(*q) * shared));
        }
        scaled
    }

    /// Longer steps while successive gradients agree, shorter ones while they contradict each other.
    fn adapt_rate(&mut self, scaled: &[f64], length: f64) {
        let beta = self.rate / self.fastest();
        let fresh = sqrt(beta * (2.0 - beta)) / length;
        self.path.iter_mut().zip(scaled).for_each(|(s, x)| *s = (1.0 - beta) * *s + fresh * x);
        self.cumulated = (1.0 - beta) * (1.0 - beta) * self.cumulated + beta * (2.0 - beta);
        let agreement: f64 = self.path.iter().map(|s| s * s).sum::<f64>() / SIGNAL;
        self.rate *= exp(beta * (agreement - self.cumulated));
        self.rate = self.rate.clamp(SLOWEST, self.fastest());
    }
}

/// Lifts every option to the margin and takes that from the others in proportion to what they have above it
/// (CatCMA, margin correction).
fn keep_margin(q: &mut [f64], least: f64) {
    if q.len() < 2 {
        return;
    }
    let least = least / (q.len() - 1) as f64;
    q.iter_mut().for_each(|p| *p = p.max(least));
    let sum: f64 = q.iter().sum();
    let above = sum - least * q.len() as f64;
    q.iter_mut().for_each(|p| *p -= (sum - 1.0) * (*p - least) / above);
    // What rounding left; both ways, or the least would fall below the margin.
    let sum: f64 = q.iter().sum();
    q.iter_mut().for_each(|p| *p = (*p / sum).max(least));
}

#[cfg(test)]
mod tests {
    use rl_env::seed::Seed;

    use super::*;

    fn gain(gain: f64) -> Weight {
        Weight { gain, loss: 0.0 }
    }

    /// From q = (½, ¼, ¼) and weights ¾ on the second option and ¼ on the first, the gradient is (-¼, ½, -¼); its
    /// Fisher length is √(Σ g²/q) = √(⅛ + 1 + ¼), and the first step has length 1.
    #[test]
    fn the_first_step_follows_the_natural_gradient() {
        let mut c = Categorical::new(&[3]);
        c.probabilities = vec![vec![0.5, 0.25, 0.25]];
        let weights = [gain(0.75), gain(0.25)];
        let gradient = c.gradient(&[&[1], &[0]], &weights);
        assert_eq!(gradient, [[-0.25, 0.5, -0.25]]);
        let scaled = c.scaled(&gradient);
        let length = sqrt(scaled.iter().map(|x| x * x).sum());
        assert!((length - sqrt(1.375)).abs() < 1e-12, "{length}");
        c.update(&[&[1], &[0]], &weights, 1e-6);
        let wanted = [0.5 - 0.25 / length, 0.25 + 0.5 / length, 0.25 - 0.25 / length];
        for (found, wanted) in c.probabilities[0].iter().zip(wanted) {
            assert!((found - wanted).abs() < 1e-5, "{:?}", c.probabilities);
        }
    }

    #[test]
    fn categories_never_fall_below_the_margin() {
        let options = [2, 5, 1000];
        let mut c = Categorical::new(&options);
        let mut rng = Seed(1).stream("test");
        for turn in 0..10_000 {
            let favourite = [1, 4, (turn / 1000) as u32];
            let other = c.sample(&mut rng);
            let best: &[u32] = if turn % 3 == 0 { &other } else { &favourite };
            c.update(&[best, &favourite], &[gain(0.7), gain(0.3)], 0.1);
            assert!(c.is_sound(&options), "turn {turn}");
            for q in &c.probabilities {
                let least = 0.1 / (q.len() - 1) as f64;
                assert!(q.iter().all(|p| *p >= least), "turn {turn}: {q:?}");
            }
        }
    }

    #[test]
    fn the_preferred_option_becomes_the_likely_one() {
        let mut c = Categorical::new(&[4, 4]);
        let mut rng = Seed(2).stream("test");
        for _ in 0..60 {
            let mut drawn: Vec<Vec<u32>> = (0..8).map(|_| c.sample(&mut rng)).collect();
            drawn.sort_by_key(|d| u32::from(d[0] != 2) + u32::from(d[1] != 0));
            let chosen: Vec<&[u32]> = drawn.iter().map(|d| &**d).collect();
            let weights: Vec<Weight> = (0..8).map(|i| gain(if i < 4 { 0.25 } else { 0.0 })).collect();
            c.update(&chosen, &weights, 0.05);
        }
        assert!(c.probabilities[0][2] > 0.9 && c.probabilities[1][0] > 0.9, "{:?}", c.probabilities);
    }

    #[test]
    fn the_rate_stays_within_its_bounds_under_noise_and_agreement() {
        for noisy in [false, true] {
            let mut c = Categorical::new(&[3; 6]);
            let mut rng = Seed(3).stream("test");
            for _ in 0..5000 {
                let best = if noisy { c.sample(&mut rng) } else { vec![1; 6] };
                c.update(&[&best], &[gain(1.0)], 0.02);
                assert!(c.is_sound(&[3; 6]) && c.rate <= c.fastest());
            }
        }
    }
}
