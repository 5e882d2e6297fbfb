//! The elastic net: half ridge, half lasso.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::{Learner, Model, Training};
use crate::proxy::parts::linear_model::{LinearModel, MOST_ROWS};
use crate::proxy::parts::matrix::Matrix;

/// Per row and standardised target.
const PENALTY: f64 = 1e-3;

/// Fitted weights.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ElasticNet(LinearModel);

impl Model for ElasticNet {
    fn predict(&self, features: &Matrix<f32>, out: &mut [f64]) {
        self.0.predict(features, out);
    }
}

impl Learner for ElasticNet {
    const SUMMARY: &'static str =
        "Least squares with both penalties of ridge and lasso; with pairwise products of features.";
    const REFERENCE: &'static str =
        "Zou and Hastie 2005, Regularization and variable selection via the elastic net";

    fn fit(training: &Training<'_>) -> Result<Self> {
        let (features, targets) = training.at_most(MOST_ROWS);
        LinearModel::penalised(&features, &targets, PENALTY, 0.5).map(Self)
    }

    fn fits(&self, features: usize, targets: usize) -> bool {
        self.0.fits(features, targets)
    }
}
