//! Weighted sums of features and their products, however the weights were found.

use anyhow::Result;
use linfa::Dataset;
use linfa::traits::Fit;
use linfa_elasticnet::ElasticNet;
use serde::{Deserialize, Serialize};

use super::arrays;
use super::expansion::Expansion;
use super::matrix::Matrix;

/// Rows that weights are fitted to: far more than there are weights.
pub(crate) const MOST_ROWS: usize = 10_000;

/// Weights for each target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct LinearModel {
    expansion: Expansion,
    /// By target: the weight of each column, then the intercept.
    weights: Vec<Vec<f64>>,
}

impl LinearModel {
    /// Fits each target by `solve`: columns and targets in, weights and intercept out.
    pub(crate) fn new(
        expansion: Expansion,
        features: &Matrix<f32>,
        targets: &Matrix<f64>,
        solve: impl Fn(&Dataset<f64, f64, linfa_ndarray::Ix1>) -> Result<(Vec<f64>, f64)>,
    ) -> Result<Self> {
        let records = arrays::records(&expansion.apply(features));
        let one = |target: usize| {
            let dataset = Dataset::new(records.clone(), arrays::targets(targets.column(target).collect()));
            let (mut weights, intercept) = solve(&dataset)?;
            weights.push(intercept);
            Ok(weights)
        };
        let weights = (0..targets.columns).map(one).collect::<Result<_>>()?;
        Ok(Self { expansion, weights })
    }

    /// Least squares with penalties on the weights: of their sizes by `l1`, of their squares by the rest.
    pub(crate) fn penalised(
        features: &Matrix<f32>,
        targets: &Matrix<f64>,
        penalty: f64,
        l1: f64,
    ) -> Result<Self> {
        Self::new(Expansion::new(features), features, targets, |dataset| {
            let parameters = ElasticNet::params().penalty(penalty).l1_ratio(l1);
            let model = parameters.max_iterations(300).tolerance(1e-4).fit(dataset)?;
            Ok((model.hyperplane().to_vec(), model.intercept()))
        })
    }

    /// Whether it can be applied to rows of so many features.
    pub(crate) fn fits(&self, features: usize, targets: usize) -> bool {
        let whole = |w: &Vec<f64>| w.len() == self.expansion.len() + 1 && w.iter().all(|x| x.is_finite());
        self.expansion.fits(features) && self.weights.len() == targets && self.weights.iter().all(whole)
    }

    /// Weighted sums of all rows.
    pub(crate) fn predict(&self, features: &Matrix<f32>, out: &mut [f64]) {
        let mut columns = Vec::with_capacity(self.expansion.len() + 1);
        for (row, out) in features.iter().zip(out.chunks_exact_mut(self.weights.len())) {
            columns.clear();
            columns.extend(self.expansion.row(row));
            columns.push(1.0);
            for (out, weights) in out.iter_mut().zip(&self.weights) {
                *out = weights.iter().zip(&columns).map(|(w, x)| w * x).sum();
            }
        }
    }
}
