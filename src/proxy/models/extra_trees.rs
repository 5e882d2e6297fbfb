//! Extremely randomised trees: all rows, the best of one random cut a feature.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::random_forest::Forest;
use super::{Learner, Model, Training};
use crate::proxy::parts::matrix::Matrix;

/// Fitted trees.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ExtraTrees(Forest);

impl Model for ExtraTrees {
    fn predict(&self, features: &Matrix<f32>, out: &mut [f64]) {
        self.0.predict(features, out);
    }

    fn predict_unsure(&self, features: &Matrix<f32>, out: &mut [f64], spread: &mut [f64]) {
        self.0.predict_unsure(features, out, spread);
    }
}

impl Learner for ExtraTrees {
    const SUMMARY: &'static str = "The mean of full regression trees on all rows, cut at random places.";
    const REFERENCE: &'static str = "Geurts et al. 2006, Extremely randomized trees";

    fn fit(training: &Training<'_>) -> Result<Self> {
        Ok(Self(Forest::grow(training, false)))
    }

    fn fits(&self, features: usize, targets: usize) -> bool {
        self.0.fits(features, targets)
    }
}
