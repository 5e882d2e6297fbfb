//! A Gaussian process on a subset of the data: a squared-exponential kernel whose length and noise have the highest
//! evidence (Rasmussen and Williams 2006, chapters 2 and 5).

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};

use super::{Learner, Model, Training};
use crate::proxy::parts::matrix::Matrix;

/// Rows that are learnt from: the cost grows with their cube.
const MOST_ROWS: usize = 600;
/// Lengths tried, in units of the square root of the number of features.
const LENGTHS: [f64; 5] = [0.1, 0.2, 0.4, 0.8, 1.6];
/// Variances of the noise tried, in units of the target's variance.
const NOISES: [f64; 3] = [1e-6, 1e-4, 1e-2];

/// A fitted process; all targets share the kernel.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct GaussianProcess {
    length: f64,
    points: Matrix<f64>,
    /// By target, (K + σ²I)⁻¹ y.
    weights: Vec<Vec<f64>>,
    /// Rows of the lower triangle of the Cholesky factor of K + σ²I.
    factor: Vec<f64>,
}

impl GaussianProcess {
    fn kernel(&self, row: &[f32], out: &mut Vec<f64>) {
        out.clear();
        let x: Vec<f64> = row.iter().map(|x| f64::from(*x)).collect();
        out.extend(self.points.iter().map(|point| covariance(point, &x, self.length)));
    }

    fn means(&self, kernel: &[f64], out: &mut [f64]) {
        for (out, weights) in out.iter_mut().zip(&self.weights) {
            *out = weights.iter().zip(kernel).map(|(w, k)| w * k).sum();
        }
    }
}

fn covariance(a: &[f64], b: &[f64], length: f64) -> f64 {
    let squared: f64 = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum();
    libm::exp(-squared / (2.0 * length * length))
}

/// Start of row `i` in a packed lower triangle.
fn start(i: usize) -> usize {
    i * (i + 1) / 2
}

/// Cholesky factor of K + σ²I, packed by rows; `None` if it is not positive definite.
fn factorise(points: &Matrix<f64>, length: f64, noise: f64) -> Option<Vec<f64>> {
    let n = points.rows();
    let mut factor = Vec::with_capacity(start(n));
    for i in 0..n {
        for j in 0..=i {
            let own = if i == j { noise } else { 0.0 };
            let mut sum = covariance(points.row(i), points.row(j), length) + own;
            let (a, b) = (start(i), start(j));
            for k in 0..j {
                sum -= factor[a + k] * factor[b + k];
            }
            if i == j {
                if sum <= 0.0 {
                    return None;
                }
                factor.push(sum.sqrt());
            } else {
                factor.push(sum / factor[start(j + 1) - 1]);
            }
        }
    }
    Some(factor)
}

/// Solves L z = b in place.
fn forward(factor: &[f64], b: &mut [f64]) {
    for i in 0..b.len() {
        let row = &factor[start(i)..start(i + 1)];
        let known: f64 = row[..i].iter().zip(&b[..i]).map(|(l, z)| l * z).sum();
        b[i] = (b[i] - known) / row[i];
    }
}

/// Solves Lᵀ x = z in place.
fn backward(factor: &[f64], z: &mut [f64]) {
    for i in (0..z.len()).rev() {
        z[i] /= factor[start(i + 1) - 1];
        let (own, value) = (start(i), z[i]);
        for k in 0..i {
            z[k] -= factor[own + k] * value;
        }
    }
}

/// Logarithm of the evidence, summed over targets (equation 2.30), and the weights of each.
fn evidence(factor: &[f64], targets: &Matrix<f64>) -> (f64, Vec<Vec<f64>>) {
    let n = targets.rows();
    let half_determinant: f64 = (0..n).map(|i| libm::log(factor[start(i + 1) - 1])).sum();
    let mut total = 0.0;
    let one = |target: usize| {
        let mut z: Vec<f64> = targets.column(target).collect();
        forward(factor, &mut z);
        total -= 0.5 * z.iter().map(|z| z * z).sum::<f64>() + half_determinant;
        backward(factor, &mut z);
        z
    };
    let weights = (0..targets.columns).map(one).collect();
    (total, weights)
}

impl Model for GaussianProcess {
    fn predict(&self, features: &Matrix<f32>, out: &mut [f64]) {
        let mut kernel = Vec::with_capacity(self.points.rows());
        for (row, out) in features.iter().zip(out.chunks_exact_mut(self.weights.len())) {
            self.kernel(row, &mut kernel);
            self.means(&kernel, out);
        }
    }

    fn predict_unsure(&self, features: &Matrix<f32>, out: &mut [f64], spread: &mut [f64]) {
        let (width, mut kernel) = (self.weights.len(), Vec::new());
        let rows = out.chunks_exact_mut(width).zip(spread.chunks_exact_mut(width));
        for (row, (out, spread)) in features.iter().zip(rows) {
            self.kernel(row, &mut kernel);
            self.means(&kernel, out);
            forward(&self.factor, &mut kernel);
            // Equation 2.26.
            let explained: f64 = kernel.iter().map(|v| v * v).sum();
            spread.fill((1.0 - explained).max(0.0).sqrt());
        }
    }
}

impl Learner for GaussianProcess {
    const SUMMARY: &'static str =
        "A Gaussian process on at most 600 rows, with the evidence's choice of kernel.";
    const REFERENCE: &'static str = "Rasmussen and Williams 2006, Gaussian processes for machine learning";

    fn fit(training: &Training<'_>) -> Result<Self> {
        let (features, targets) = training.at_most(MOST_ROWS);
        let data = features.data.iter().map(|x| f64::from(*x)).collect();
        let points = Matrix { columns: features.columns, data };
        let unit = (points.columns as f64).sqrt();
        let mut best: Option<(f64, Self)> = None;
        for length in LENGTHS.map(|length| length * unit) {
            for noise in NOISES {
                let Some(factor) = factorise(&points, length, noise) else { continue };
                let (evidence, weights) = evidence(&factor, &targets);
                if evidence.is_finite() && best.as_ref().is_none_or(|best| evidence > best.0) {
                    best = Some((evidence, Self { length, points: Matrix::new(0), weights, factor }));
                }
            }
        }
        match best {
            Some((_, process)) => Ok(Self { points, ..process }),
            None => bail!("no kernel of the Gaussian process has a usable covariance"),
        }
    }

    fn fits(&self, features: usize, targets: usize) -> bool {
        let n = self.points.rows();
        let finite = |all: &[f64]| all.iter().all(|x| x.is_finite());
        self.points.columns == features
            && features > 0
            && self.points.data.len() == n * features
            && self.factor.len() == start(n)
            && self.weights.len() == targets
            && self.weights.iter().all(|w| w.len() == n && finite(w))
            && finite(&self.points.data)
            && finite(&self.factor)
            && (0..n).all(|i| self.factor[start(i + 1) - 1] > 0.0)
            && self.length > 0.0
    }
}
