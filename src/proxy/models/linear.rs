//! Ordinary least squares on the features and their pairwise products, as far as these are independent.

use anyhow::{Result, anyhow};
use linfa::traits::Fit;
use linfa_linear::LinearRegression;
use serde::{Deserialize, Serialize};

use super::{Learner, Model, Training};
use crate::proxy::parts::expansion::{Expansion, independent};
use crate::proxy::parts::linear_model::{LinearModel, MOST_ROWS};
use crate::proxy::parts::matrix::Matrix;

/// Fitted weights.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Linear(LinearModel);

impl Model for Linear {
    fn predict(&self, features: &Matrix<f32>, out: &mut [f64]) {
        self.0.predict(features, out);
    }
}

impl Learner for Linear {
    const SUMMARY: &'static str = "Ordinary least squares; with pairwise products of features.";
    const REFERENCE: &'static str = "Legendre 1805, Nouvelles méthodes; Hastie et al. 2009, section 3.2";

    fn fit(training: &Training<'_>) -> Result<Self> {
        let (features, targets) = training.at_most(MOST_ROWS);
        let mut expansion = Expansion::new(&features);
        expansion.keep(&independent(&expansion.apply(&features)));
        LinearModel::new(expansion, &features, &targets, |dataset| {
            let model = LinearRegression::new().fit(dataset).map_err(|error| anyhow!("{error}"))?;
            Ok((model.params().to_vec(), model.intercept()))
        })
        .map(Self)
    }

    fn fits(&self, features: usize, targets: usize) -> bool {
        self.0.fits(features, targets)
    }
}
