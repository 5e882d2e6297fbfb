//! The lasso: least squares that sets most weights to zero.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::{Learner, Model, Training};
use crate::proxy::parts::linear_model::{LinearModel, MOST_ROWS};
use crate::proxy::parts::matrix::Matrix;

/// Per row and standardised target.
const PENALTY: f64 = 1e-3;

/// Fitted weights.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Lasso(LinearModel);

impl Model for Lasso {
    fn predict(&self, features: &Matrix<f32>, out: &mut [f64]) {
        self.0.predict(features, out);
    }
}

impl Learner for Lasso {
    const SUMMARY: &'static str =
        "Least squares with a penalty on the sizes of the weights; with pairwise products of features.";
    const REFERENCE: &'static str = "Tibshirani 1996, Regression shrinkage and selection via the lasso";

    fn fit(training: &Training<'_>) -> Result<Self> {
        let (features, targets) = training.at_most(MOST_ROWS);
        LinearModel::penalised(&features, &targets, PENALTY, 1.0).map(Self)
    }

    fn fits(&self, features: usize, targets: usize) -> bool {
        self.0.fits(features, targets)
    }
}
