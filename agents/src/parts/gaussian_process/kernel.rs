//! Stationary kernels over [features](super::features) with a length-scale per group (automatic relevance
//! determination).
//!
//! Squared differences of ordered coordinates and mismatches of options add up to one distance, each divided by
//! its squared length-scale, so every kind of parameter interacts with every other.

use libm::exp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cholesky::start;
use super::features::Column;

/// How correlation falls with distance (Rasmussen and Williams 2006, section 4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kernel {
    /// Matérn with ν = 3/2: once differentiable.
    #[serde(rename = "matern-3/2")]
    Matern3,
    /// Matérn with ν = 5/2: twice differentiable.
    #[serde(rename = "matern-5/2")]
    Matern5,
    /// Squared exponential: infinitely smooth.
    SquaredExponential,
}

impl Kernel {
    /// Correlation `k` at a squared distance, and its slope `-2·∂k/∂(r²)`.
    #[inline]
    pub(crate) fn at(self, square: f64) -> (f64, f64) {
        match self {
            Self::Matern3 => {
                let r = (3.0 * square).sqrt();
                let e = exp(-r);
                ((1.0 + r) * e, 3.0 * e)
            }
            Self::Matern5 => {
                let r = (5.0 * square).sqrt();
                let e = exp(-r);
                ((1.0 + r + (5.0 / 3.0) * square) * e, (5.0 / 3.0) * (1.0 + r) * e)
            }
            Self::SquaredExponential => {
                let e = exp(-0.5 * square);
                (e, e)
            }
        }
    }
}

/// Points by column, so that one point is compared with all others in straight loops.
#[derive(Debug, Clone, Default)]
pub(crate) struct Points {
    columns: Vec<Vec<f64>>,
    len: usize,
}

impl Points {
    pub(crate) fn new(width: usize) -> Self {
        Self { columns: vec![Vec::new(); width], len: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn push(&mut self, point: &[f64]) {
        self.columns.iter_mut().zip(point).for_each(|(column, x)| column.push(*x));
        self.len += 1;
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        self.columns.iter_mut().for_each(|column| column.truncate(len));
        self.len = self.len.min(len);
    }

    /// Coordinate `column` of every point.
    pub(crate) fn column(&self, column: usize) -> &[f64] {
        &self.columns[column]
    }

    pub(crate) fn point(&self, i: usize) -> Vec<f64> {
        self.columns.iter().map(|column| column[i]).collect()
    }

    /// Squared distances of `x` from the first `out.len()` points; `scales` holds what a squared difference in
    /// each column counts.
    pub(crate) fn squares(&self, columns: &[Column], scales: &[f64], x: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        for (((values, column), scale), x) in self.columns.iter().zip(columns).zip(scales).zip(x) {
            let pairs = out.iter_mut().zip(values);
            if column.is_choice() {
                pairs.for_each(|(out, value)| *out += if value == x { 0.0 } else { *scale });
            } else {
                pairs.for_each(|(out, value)| *out += scale * (value - x) * (value - x));
            }
        }
    }
}

/// What a squared difference in each column counts: its weight over the squared length-scale of its group.
pub(crate) fn scales(columns: &[Column], log_lengths: &[f64]) -> Vec<f64> {
    columns.iter().map(|column| column.weight * exp(-2.0 * log_lengths[column.group])).collect()
}

/// The packed lower triangles of correlations and slopes between all points.
pub(super) fn triangles(
    kernel: Kernel,
    columns: &[Column],
    scales: &[f64],
    points: &Points,
) -> (Vec<f64>, Vec<f64>) {
    let n = points.len();
    let mut correlations = vec![0.0; start(n)];
    let mut slopes = vec![0.0; start(n)];
    for i in 0..n {
        let of = start(i)..start(i + 1);
        let correlations = &mut correlations[of.clone()];
        points.squares(columns, scales, &points.point(i), correlations);
        for (correlation, slope) in correlations.iter_mut().zip(&mut slopes[of]) {
            (*correlation, *slope) = kernel.at(*correlation);
        }
    }
    (correlations, slopes)
}
