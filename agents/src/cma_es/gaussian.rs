//! The normal distribution of the search: mean, step size and covariance (tutorial, figure 6), and a scale for each
//! coordinate (dd-CMA).

use libm::{exp, pow, sqrt};
use rl_env::seed::Rng;
use serde::{Deserialize, Serialize};

use super::eigen::decompose;
use super::strategy::{Strategy, Weight};

mod scale;

/// No coordinate deviates by more than its range, and one at least by more than rounding.
const WIDEST: f64 = 1.0;
const NARROWEST: f64 = 1e-13;

/// Bounds of factors of a deviation: their products stay finite.
const LARGEST: f64 = 1e80;

/// Smallest eigenvalue of the covariance beside the largest: below it, rounding decides.
const LEAST_EIGENVALUE: f64 = 1e-14;

/// A point of a generation and what it counts.
pub(super) struct Ranked<'a> {
    pub(super) point: &'a [f64],
    pub(super) weight: Weight,
    /// Not drawn from the distribution.
    pub(super) foreign: bool,
}

/// The steps of a generation.
struct Steps {
    /// y = (x - m) / (σ S A), n numbers a step.
    y: Vec<f64>,
    /// D⁻¹ Bᵀ y, as `y`.
    whitened: Vec<f64>,
    /// ‖C^(-1/2) y‖².
    lengths: Vec<f64>,
}

/// N(mean, σ² S C S) in coordinates of the unit cube.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Gaussian {
    pub(super) mean: Vec<f64>,
    pub(super) sigma: f64,
    /// The diagonal of S, which dd-CMA calls D: the scale of each coordinate.
    scale: Vec<f64>,
    /// The matrix A of CMA-ES with Margin: how much further than the distribution says coordinates are sampled.
    pub(super) spread: Vec<f64>,
    /// p_σ, p_c, and the path of the scales.
    path_sigma: Vec<f64>,
    path_c: Vec<f64>,
    path_scale: Vec<f64>,
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
        let (zero, one) = (vec![0.0; n], vec![1.0; n]);
        Self {
            mean,
            sigma,
            scale: one.clone(),
            spread: one.clone(),
            path_sigma: zero.clone(),
            path_c: zero.clone(),
            path_scale: zero,
            covariance,
            basis,
            axes: one,
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
        let paths = [&self.path_sigma, &self.path_c, &self.path_scale];
        let factors = [&self.scale, &self.spread, &self.axes];
        let vectors = || paths.into_iter().chain(factors).chain([&self.mean]);
        let sized = vectors().all(|v| v.len() == n) && self.covariance.len() == c && self.basis.len() == b;
        let numbers = vectors().chain([&self.covariance, &self.basis]).flatten().all(|x| x.is_finite());
        let positive = |x: &f64| *x > 0.0 && x.is_finite();
        sized
            && numbers
            && factors.into_iter().flatten().chain([&self.sigma]).all(positive)
            && (0..n).all(|i| self.variance(i) > 0.0)
            && self.decomposed <= self.generation
    }

    /// C_ii.
    pub(super) fn variance(&self, i: usize) -> f64 {
        self.covariance[if self.is_diagonal() { i } else { i * self.n() + i }]
    }

    /// Standard deviation of a coordinate, A aside.
    pub(super) fn deviation(&self, i: usize) -> f64 {
        self.sigma * self.scale[i] * sqrt(self.variance(i))
    }

    /// Ratio of the longest to the shortest axis.
    pub(super) fn elongation(&self) -> f64 {
        let ends = |(low, high): (f64, f64), x: &f64| (low.min(*x), high.max(*x));
        let (low, high) = self.axes.iter().fold((f64::INFINITY, 0.0), ends);
        if low > 0.0 { high / low } else { f64::INFINITY }
    }

    /// Equations 38 to 40, with S and A.
    pub(super) fn sample(&self, rng: &mut Rng) -> Vec<f64> {
        let z: Vec<f64> = self.axes.iter().map(|axis| axis * rng.normal()).collect();
        let mut point = self.along_axes(z);
        for (i, x) in point.iter_mut().enumerate() {
            *x = self.mean[i] + self.sigma * self.scale[i] * self.spread[i] * *x;
        }
        point
    }

    /// B x.
    fn along_axes(&self, x: Vec<f64>) -> Vec<f64> {
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
        let steps = self.steps(generation);
        // Equations 41 and 42, c_m = 1. As in CMA-ES with Margin, A widens samples but not the mean's step.
        let mut y_w = vec![0.0; self.n()];
        for (step, ranked) in steps.y.chunks_exact(self.n()).zip(generation) {
            y_w.iter_mut().zip(step).for_each(|(sum, y)| *sum += ranked.weight.gain * y);
        }
        for (i, y) in y_w.iter().enumerate() {
            self.mean[i] += self.sigma * self.scale[i] * y;
        }
        let mu_eff = 1.0 / generation.iter().map(|r| r.weight.gain * r.weight.gain).sum::<f64>();
        let stalled = self.adapt_step(&y_w, mu_eff, strategy);
        let step = Step { y_w, mu_eff, stalled };
        let factors = self.scale_factors(&step, generation, &steps, strategy);
        self.adapt_covariance(&step, generation, &steps, strategy);
        self.rescale(&factors);
        self.decompose_when_due(strategy);
        self.keep_in_range();
    }

    /// Foreign points come no further than samples usually do (Hansen 2011, Injecting External Solutions Into
    /// CMA-ES, equation 4).
    fn steps(&self, generation: &[Ranked<'_>]) -> Steps {
        let (n, count) = (self.n(), generation.len());
        let limit = sqrt(n as f64) + 2.0 * n as f64 / (n as f64 + 2.0);
        let mut steps = Steps {
            y: Vec::with_capacity(n * count),
            whitened: Vec::with_capacity(n * count),
            lengths: Vec::with_capacity(count),
        };
        for ranked in generation {
            let unit =
                |(i, x): (usize, &f64)| (x - self.mean[i]) / (self.sigma * self.scale[i] * self.spread[i]);
            let mut y: Vec<f64> = ranked.point.iter().enumerate().map(unit).collect();
            let mut whitened = self.to_axes(&y);
            let mut length = dot(&whitened, &whitened);
            if ranked.foreign && length > limit * limit {
                let factor = limit / sqrt(length);
                y.iter_mut().chain(&mut whitened).for_each(|x| *x *= factor);
                length = limit * limit;
            }
            steps.y.append(&mut y);
            steps.whitened.append(&mut whitened);
            steps.lengths.push(length);
        }
        steps
    }

    /// Equations 43 and 44. Returns whether h_σ = 0: the path is so long that the step size has to catch up first.
    fn adapt_step(&mut self, y_w: &[f64], mu_eff: f64, strategy: &Strategy) -> bool {
        let Strategy { c_sigma, d_sigma, chi, .. } = *strategy;
        let whitened = self.along_axes(self.to_axes(y_w));
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
        step: &Step,
        generation: &[Ranked<'_>],
        steps: &Steps,
        strategy: &Strategy,
    ) {
        let Strategy { c_c, c_1, c_mu, .. } = *strategy;
        let n = self.n();
        step.extend(&mut self.path_c, c_c);
        let total: f64 = generation.iter().map(|r| r.weight.gain + r.weight.loss).sum();
        let kept = 1.0 + c_1 * step.lost(c_c) - c_1 - c_mu * total;
        self.covariance.iter_mut().for_each(|c| *c *= kept);
        let path = std::mem::take(&mut self.path_c);
        self.add_outer(c_1, &path);
        self.path_c = path;
        for ((y, length), ranked) in steps.y.chunks_exact(n).zip(&steps.lengths).zip(generation) {
            self.add_outer(c_mu * signed(ranked.weight, n, *length), y);
        }
    }

    /// C + weight y yᵀ.
    fn add_outer(&mut self, weight: f64, y: &[f64]) {
        if weight == 0.0 {
            return;
        }
        if self.covariance.len() == y.len() {
            self.covariance.iter_mut().zip(y).for_each(|(c, y)| *c += weight * y * y);
            return;
        }
        for (row, yi) in self.covariance.chunks_exact_mut(y.len()).zip(y) {
            // Products in either order are the same bits, so the matrix stays symmetric.
            row.iter_mut().zip(y).for_each(|(c, yj)| *c += weight * (yi * yj));
        }
    }

    fn decompose_when_due(&mut self, strategy: &Strategy) {
        let n = self.n();
        if self.generation < self.decomposed + strategy.gap(n) {
            return;
        }
        self.decomposed = self.generation;
        if strategy.c_1_scale > 0.0 {
            self.normalise();
        } else {
            self.fold_size();
        }
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

    /// Moves the size of C into σ before it leaves the range of numbers; σ² C stays what it is.
    fn fold_size(&mut self) {
        let size = (0..self.n()).map(|i| self.variance(i)).fold(0.0, f64::max);
        if !(1.0 / LARGEST..LARGEST).contains(&(size * size)) && size > 0.0 && size.is_finite() {
            self.covariance.iter_mut().for_each(|c| *c /= size);
            self.path_c.iter_mut().for_each(|p| *p /= sqrt(size));
            self.sigma *= sqrt(size);
        }
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
        let (scale, spread) = (std::mem::take(&mut self.scale), std::mem::take(&mut self.spread));
        let Self { generation, decomposed, .. } = *self;
        *self = Self { scale, spread, generation, decomposed, ..fresh };
    }

    /// Without a slope to follow, deviations walk at random; they may not walk off.
    fn keep_in_range(&mut self) {
        let narrowest = (0..self.n()).map(|i| self.deviation(i)).fold(f64::INFINITY, f64::min);
        if narrowest > WIDEST {
            self.sigma *= WIDEST / narrowest;
        }
        for i in 0..self.n() {
            let deviation = self.deviation(i);
            if deviation > WIDEST {
                self.scale[i] *= WIDEST / deviation;
            }
        }
        let widest = (0..self.n()).map(|i| self.deviation(i)).fold(0.0, f64::max);
        if widest < NARROWEST {
            self.sigma *= NARROWEST / widest.max(1.0 / LARGEST);
        }
        // Only where selection keeps pulling one way for thousands of generations.
        let in_range = |x: &f64| (1.0 / LARGEST..LARGEST).contains(x);
        if !self.scale.iter().chain([&self.sigma]).all(in_range) {
            self.scale.fill(1.0);
            self.sigma = WIDEST;
            self.forget_shape();
        }
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

/// The step of the mean.
struct Step {
    y_w: Vec<f64>,
    mu_eff: f64,
    /// h_σ = 0.
    stalled: bool,
}

impl Step {
    /// Equation 45.
    fn extend(&self, path: &mut [f64], c: f64) {
        let rate = if self.stalled { 0.0 } else { sqrt(c * (2.0 - c) * self.mu_eff) };
        path.iter_mut().zip(&self.y_w).for_each(|(p, y)| *p = (1.0 - c) * *p + rate * y);
    }

    /// δ(h_σ): what the path misses of its variance for having stalled.
    fn lost(&self, c: f64) -> f64 {
        if self.stalled { c * (2.0 - c) } else { 0.0 }
    }
}

/// w°, equation 46: however long a bad step is, it cannot make the covariance indefinite.
fn signed(weight: Weight, n: usize, length: f64) -> f64 {
    weight.gain + weight.loss * n as f64 / (length + 1e-8)
}

fn identity(n: usize) -> Vec<f64> {
    (0..n * n).map(|i| f64::from(u8::from(i % (n + 1) == 0))).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests;
