//! Support vector regression with a Gaussian kernel.

use anyhow::{Result, anyhow};
use linfa::Dataset;
use linfa::traits::Fit;
use linfa_svm::Svm;
use serde::{Deserialize, Serialize};

use super::{Learner, Model, Training};
use crate::proxy::parts::arrays;
use crate::proxy::parts::matrix::Matrix;

/// Rows that are learnt from: the kernel matrix has their square.
const MOST_ROWS: usize = 1500;
/// Price of an error beyond the tube, and the tube's half width, in standard deviations of the target.
const PRICE: f64 = 10.0;
const TUBE: f64 = 0.01;

/// Fitted support vectors.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Svr {
    /// Width of the kernel exp(−d²/width).
    width: f64,
    points: Matrix<f64>,
    /// By target: the weight of each point, then the intercept.
    weights: Vec<Vec<f64>>,
}

impl Model for Svr {
    fn predict(&self, features: &Matrix<f32>, out: &mut [f64]) {
        let mut kernel = Vec::with_capacity(self.points.rows() + 1);
        for (row, out) in features.iter().zip(out.chunks_exact_mut(self.weights.len())) {
            kernel.clear();
            kernel.extend(self.points.iter().map(|point| {
                let squared: f64 =
                    point.iter().zip(row).map(|(a, b)| (a - f64::from(*b)) * (a - f64::from(*b))).sum();
                libm::exp(-squared / self.width)
            }));
            kernel.push(1.0);
            for (out, weights) in out.iter_mut().zip(&self.weights) {
                *out = weights.iter().zip(&kernel).map(|(w, k)| w * k).sum();
            }
        }
    }
}

impl Learner for Svr {
    const SUMMARY: &'static str = "Support vector regression with a Gaussian kernel, on at most 1500 rows.";
    const REFERENCE: &'static str = "Drucker et al. 1996, Support vector regression machines";

    fn fit(training: &Training<'_>) -> Result<Self> {
        let (features, targets) = training.at_most(MOST_ROWS);
        let data = features.data.iter().map(|x| f64::from(*x)).collect();
        let points = Matrix { columns: features.columns, data };
        let width = points.columns as f64;
        let records = arrays::records(&points);
        let one = |target: usize| {
            let dataset = Dataset::new(records.clone(), arrays::targets(targets.column(target).collect()));
            let parameters = Svm::<f64, f64>::params().c_svr(PRICE, Some(TUBE)).eps(1e-3);
            let model =
                parameters.gaussian_kernel(width).fit(&dataset).map_err(|error| anyhow!("{error}"))?;
            let mut weights = model.alpha.clone();
            weights.push(-model.rho);
            Ok(weights)
        };
        let weights = (0..targets.columns).map(one).collect::<Result<_>>()?;
        Ok(Self { width, points, weights })
    }

    fn fits(&self, features: usize, targets: usize) -> bool {
        let rows = self.points.rows();
        let finite = |all: &[f64]| all.iter().all(|x| x.is_finite());
        self.points.columns == features
            && features > 0
            && self.points.data.len() == rows * features
            && self.weights.len() == targets
            && self.weights.iter().all(|w| w.len() == rows + 1 && finite(w))
            && finite(&self.points.data)
            && self.width > 0.0
    }
}
