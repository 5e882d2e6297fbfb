//! The normal distribution of the search: mean, step size and covariance (tutorial, figure 6).

use libm::{exp, pow, sqrt};
use rl_env::seed::Rng;
use serde::{Deserialize, Serialize};

use super::eigen::decompose;
use super::strategy::{Strategy, Weight};

/// Widest and narrowest standard deviation along any axis, in ranges of a parameter.
const WIDEST: f64 = 1.0;
const NARROWEST: f64 = 1e-13;

/// Smallest eigenvalue of the covariance beside the largest: below it, rounding decides.
const LEAST_EIGENVALUE: f64 = 1e-14;

/// A point of a generation and what it counts.
pub(super) struct Ranked<'a> {
    pub(super) point: &'a [f64],
    pub(super) weight: Weight,
    /// Not drawn from the distribution.
    pub(super) foreign: bool,
}

/// N(mean, σ² C) in coordinates of the unit cube.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Gaussian {
    pub(super) mean: Vec<f64>,
    pub(super) sigma: f64,
    /// The matrix A of CMA-ES with Margin: how much further than the distribution says coordinates are sampled.
    pub(super) spread: Vec<f64>,
    /// p_σ and p_c.
    path_sigma: Vec<f64>,
    path_c: Vec<f64>,
    /// C by rows, or its diagonal.
    covariance: Vec<f64>,
    /// B transposed (an eigenvector a row), or nothing.
    basis: Vec<f64>,
    /// The diagonal of D: square roots of the eigenvalues.
    axes: Vec<f64>,
    pub(super) generation: u64,
    decomposed: u64,
}

impl Gaussian {
    pub(super) fn new(mean: Vec<f64>, sigma: f64, diagonal: bool) -> Self {
        let n = mean.len();
        let (covariance, basis) =
            if diagonal { (vec![1.0; n], Vec::new()) } else { (identity(n), identity(n)) };
        let zero = vec![0.0; n];
        Self {
            mean,
            sigma,
            spread: vec![1.0; n],
            path_sigma: zero.clone(),
            path_c: zero,
            covariance,
            basis,
            axes: vec![1.0; n],
            generation: 0,
            decomposed: 0,
        }
    }

    pub(super) fn n(&self) -> usize {
        self.mean.len()
    }

    fn is_diagonal(&self) -> bool {
        self.basis.is_empty()
    }

    /// Whether the numbers can be those of a distribution over `n` coordinates.
    pub(super) fn is_sound(&self, n: usize, diagonal: bool) -> bool {
        let (c, b) = if diagonal { (n, 0) } else { (n * n, n * n) };
        let vectors = [&self.mean, &self.spread, &self.path_sigma, &self.path_c, &self.axes];
        let sized =
            vectors.iter().all(|v| v.len() == n) && self.covariance.len() == c && self.basis.len() == b;
        let all = vectors.into_iter().chain([&self.covariance, &self.basis]);
        let positive = |x: &f64| *x > 0.0 && x.is_finite();
        sized
            && all.flatten().all(|x| x.is_finite())
            && self.axes.iter().chain(&self.spread).chain([&self.sigma]).all(positive)
            && (0..n).all(|i| self.variance(i) > 0.0)
            && self.decomposed <= self.generation
    }

    /// C_ii.
    pub(super) fn variance(&self, i: usize) -> f64 {
        self.covariance[if self.is_diagonal() { i } else { i * self.n() + i }]
    }

    /// Standard deviation of a coordinate, A aside.
    pub(super) fn deviation(&self, i: usize) -> f64 {
        self.sigma * sqrt(self.variance(i))
    }

    /// Ratio of the longest to the shortest axis.
    pub(super) fn elongation(&self) -> f64 {
        let ends = |(low, high): (f64, f64), x: &f64| (low.min(*x), high.max(*x));
        let (low, high) = self.axes.iter().fold((f64::INFINITY, 0.0), ends);
        if low > 0.0 { high / low } else { f64::INFINITY }
    }

    /// Equations 38 to 40, and A.
    pub(super) fn sample(&self, rng: &mut Rng) -> Vec<f64> {
        let z: Vec<f64> = self.axes.iter().map(|axis| axis * rng.normal()).collect();
        let mut point = self.from_axes(z);
        for (i, x) in point.iter_mut().enumerate() {
            *x = self.mean[i] + self.sigma * self.spread[i] * *x;
        }
        point
    }

    /// B x.
    fn from_axes(&self, x: Vec<f64>) -> Vec<f64> {
        if self.is_diagonal() {
            return x;
        }
        let mut sum = vec![0.0; x.len()];
        for (vector, x) in self.basis.chunks_exact(x.len().max(1)).zip(x) {
            sum.iter_mut().zip(vector).for_each(|(sum, v)| *sum += x * v);
        }
        sum
    }

    /// D⁻¹ Bᵀ y; its length is that of C^(-1/2) y.
    fn to_axes(&self, y: &[f64]) -> Vec<f64> {
        if self.is_diagonal() {
            return y.iter().zip(&self.axes).map(|(y, axis)| y / axis).collect();
        }
        let vectors = self.basis.chunks_exact(y.len().max(1));
        vectors.zip(&self.axes).map(|(vector, axis)| dot(vector, y) / axis).collect()
    }

    /// Learns from a generation. Gains add up to 1.
    pub(super) fn update(&mut self, generation: &[Ranked<'_>], strategy: &Strategy) {
        self.generation += 1;
        if self.mean.is_empty() {
            return;
        }
        let (steps, lengths) = self.steps(generation);
        // Equations 41 and 42, c_m = 1. As in CMA-ES with Margin, A widens samples but not the mean's step.
        let mut y_w = vec![0.0; self.n()];
        for (step, ranked) in steps.chunks_exact(self.n()).zip(generation) {
            y_w.iter_mut().zip(step).for_each(|(sum, y)| *sum += ranked.weight.gain * y);
        }
        for (m, y) in self.mean.iter_mut().zip(&y_w) {
            *m += self.sigma * y;
        }
        let mu_eff = 1.0 / generation.iter().map(|r| r.weight.gain * r.weight.gain).sum::<f64>();
        let stalled = self.adapt_step(&y_w, mu_eff, strategy);
        self.adapt_covariance(&y_w, mu_eff, stalled, generation, (&steps, &lengths), strategy);
        self.decompose_when_due(strategy.gap(self.n()));
        self.keep_in_range();
    }

    /// y_i = (x_i - m) / σ without A, and ‖C^(-1/2) y_i‖². Foreign points come no further than samples usually do
    /// (Hansen 2011, Injecting External Solutions Into CMA-ES, equation 4).
    fn steps(&self, generation: &[Ranked<'_>]) -> (Vec<f64>, Vec<f64>) {
        let n = self.n() as f64;
        let mut steps = Vec::with_capacity(self.n() * generation.len());
        let mut lengths = Vec::with_capacity(generation.len());
        for ranked in generation {
            let start = steps.len();
            for (i, x) in ranked.point.iter().enumerate() {
                steps.push((x - self.mean[i]) / (self.sigma * self.spread[i]));
            }
            let step = &mut steps[start..];
            let mut length = self.to_axes(step).iter().map(|x| x * x).sum::<f64>();
            let limit = sqrt(n) + 2.0 * n / (n + 2.0);
            if ranked.foreign && length > limit * limit {
                let factor = limit / sqrt(length);
                step.iter_mut().for_each(|y| *y *= factor);
                length = limit * limit;
            }
            lengths.push(length);
        }
        (steps, lengths)
    }

    /// Equations 43 and 44. Returns whether h_σ = 0: the path is so long that the step size has to catch up first.
    fn adapt_step(&mut self, y_w: &[f64], mu_eff: f64, strategy: &Strategy) -> bool {
        let Strategy { c_sigma, d_sigma, chi, .. } = *strategy;
        let whitened = self.from_axes(self.to_axes(y_w));
        let rate = sqrt(c_sigma * (2.0 - c_sigma) * mu_eff);
        for (p, y) in self.path_sigma.iter_mut().zip(&whitened) {
            *p = (1.0 - c_sigma) * *p + rate * y;
        }
        let length = sqrt(dot(&self.path_sigma, &self.path_sigma));
        self.sigma *= exp((c_sigma / d_sigma * (length / chi - 1.0)).min(1.0));
        let settled = sqrt(1.0 - pow(1.0 - c_sigma, 2.0 * self.generation as f64));
        length / settled >= (1.4 + 2.0 / (self.n() as f64 + 1.0)) * chi
    }

    /// Equations 45 to 47.
    fn adapt_covariance(
        &mut self,
        y_w: &[f64],
        mu_eff: f64,
        stalled: bool,
        generation: &[Ranked<'_>],
        (steps, lengths): (&[f64], &[f64]),
        strategy: &Strategy,
    ) {
        let Strategy { c_c, c_1, c_mu, .. } = *strategy;
        let n = self.n();
        let rate = if stalled { 0.0 } else { sqrt(c_c * (2.0 - c_c) * mu_eff) };
        for (p, y) in self.path_c.iter_mut().zip(y_w) {
            *p = (1.0 - c_c) * *p + rate * y;
        }
        let total: f64 = generation.iter().map(|r| r.weight.gain + r.weight.loss).sum();
        let lost = if stalled { c_c * (2.0 - c_c) } else { 0.0 };
        let kept = 1.0 + c_1 * lost - c_1 - c_mu * total;
        self.covariance.iter_mut().for_each(|c| *c *= kept);
        let path = std::mem::take(&mut self.path_c);
        self.add_outer(c_1, &path);
        self.path_c = path;
        for ((step, length), ranked) in steps.chunks_exact(n).zip(lengths).zip(generation) {
            // Equation 46: however long a bad step is, it cannot make the covariance indefinite.
            let loss = ranked.weight.loss * n as f64 / (length + 1e-8);
            self.add_outer(c_mu * (ranked.weight.gain + loss), step);
        }
    }

    /// C + weight y yᵀ.
    fn add_outer(&mut self, weight: f64, y: &[f64]) {
        if weight == 0.0 {
            return;
        }
        if self.is_diagonal() {
            self.covariance.iter_mut().zip(y).for_each(|(c, y)| *c += weight * y * y);
            return;
        }
        for (row, yi) in self.covariance.chunks_exact_mut(y.len()).zip(y) {
            // Products in either order are the same bits, so the matrix stays symmetric.
            row.iter_mut().zip(y).for_each(|(c, yj)| *c += weight * (yi * yj));
        }
    }

    fn decompose_when_due(&mut self, gap: u64) {
        if self.generation < self.decomposed + gap {
            return;
        }
        self.decomposed = self.generation;
        let n = self.n();
        let mut values = self.covariance.clone();
        if !self.is_diagonal() {
            values = vec![0.0; n];
            let mut vectors = self.covariance.clone();
            if !decompose(&mut vectors, &mut values) {
                return self.forget_shape();
            }
            self.basis = vectors;
        }
        let largest = values.iter().copied().fold(0.0, f64::max);
        if !(largest.is_finite() && largest > 1e-200) {
            return self.forget_shape();
        }
        let least = LEAST_EIGENVALUE * largest;
        if values.iter().any(|value| *value < least) {
            values.iter_mut().for_each(|value| *value = value.max(least));
            self.rebuild(&values);
        }
        self.axes = values.iter().map(|value| sqrt(*value)).collect();
    }

    /// C = B D² Bᵀ.
    fn rebuild(&mut self, values: &[f64]) {
        if self.is_diagonal() {
            self.covariance.copy_from_slice(values);
            return;
        }
        self.covariance.fill(0.0);
        let basis = std::mem::take(&mut self.basis);
        for (vector, value) in basis.chunks_exact(self.n()).zip(values) {
            self.add_outer(*value, vector);
        }
        self.basis = basis;
    }

    /// Back to a sphere where rounding left nothing to go by.
    fn forget_shape(&mut self) {
        let fresh = Self::new(std::mem::take(&mut self.mean), self.sigma, self.is_diagonal());
        let spread = std::mem::take(&mut self.spread);
        *self = Self { spread, generation: self.generation, decomposed: self.decomposed, ..fresh };
    }

    /// Without a slope to follow, the step size walks at random; it may not walk off.
    fn keep_in_range(&mut self) {
        if !self.sigma.is_finite() || self.sigma <= 0.0 {
            self.sigma = NARROWEST;
        }
        let longest = self.axes.iter().copied().fold(0.0, f64::max);
        let width = self.sigma * longest;
        self.sigma *= width.clamp(NARROWEST, WIDEST) / width;
    }

    /// A step towards the mean, as if the path had no length: for generations without a feasible design.
    pub(super) fn shrink(&mut self, strategy: &Strategy) {
        self.generation += 1;
        if !self.mean.is_empty() {
            self.sigma *= exp(-strategy.c_sigma / strategy.d_sigma);
            self.keep_in_range();
        }
    }
}

fn identity(n: usize) -> Vec<f64> {
    (0..n * n).map(|i| f64::from(u8::from(i % (n + 1) == 0))).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
