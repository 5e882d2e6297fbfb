//! The weighted mean of the nearest designs.

use anyhow::Result;
use linfa_ndarray::Array2;
use linfa_nn::distance::L2Dist;
use linfa_nn::{CommonNearestNeighbour, NearestNeighbour};
use serde::{Deserialize, Serialize};

use super::{Learner, Model, Training};
use crate::proxy::parts::arrays;
use crate::proxy::parts::matrix::Matrix;

const NEIGHBOURS: usize = 5;
/// Rows that are remembered: a search looks at a good part of them.
const MOST_ROWS: usize = 20_000;
/// Queries from which on it pays to build a tree first. linfa's trees borrow their points, so that a model cannot
/// keep one.
const WORTH_A_TREE: usize = 64;
/// Keeps the weight of a design that was seen finite: a hundredth of the least distance of two options.
const NEAR: f64 = 1e-2;

/// Remembered designs.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct KNearest {
    features: Matrix<f64>,
    targets: Matrix<f64>,
}

impl KNearest {
    fn search(&self, features: &Matrix<f32>, mut take: impl FnMut(usize, &[(f64, &[f64])])) {
        let points: Array2<f64> = arrays::records(&self.features);
        let method = match features.rows() {
            0..WORTH_A_TREE => CommonNearestNeighbour::LinearSearch,
            _ => CommonNearestNeighbour::KdTree,
        };
        // Only points without dimensions are refused, and a space has a parameter.
        let Ok(index) = method.from_batch(&points, L2Dist) else { return };
        for (row, query) in features.iter().enumerate() {
            let query = arrays::targets(query.iter().map(|x| f64::from(*x)).collect());
            let found = index.k_nearest(query.view(), NEIGHBOURS).unwrap_or_default();
            let near: Vec<(f64, &[f64])> = found
                .iter()
                .map(|(point, at)| {
                    let squared: f64 = point.iter().zip(&query).map(|(a, b)| (a - b) * (a - b)).sum();
                    (1.0 / (squared.sqrt() + NEAR), self.targets.row(*at))
                })
                .collect();
            take(row, &near);
        }
    }
}

impl Model for KNearest {
    fn predict(&self, features: &Matrix<f32>, out: &mut [f64]) {
        let mut spread = vec![0.0; out.len()];
        self.predict_unsure(features, out, &mut spread);
    }

    fn predict_unsure(&self, features: &Matrix<f32>, out: &mut [f64], spread: &mut [f64]) {
        let width = self.targets.columns;
        self.search(features, |row, near| {
            let all: f64 = near.iter().map(|(weight, _)| weight).sum();
            for target in 0..width {
                let mean = near.iter().map(|(weight, y)| weight * y[target]).sum::<f64>() / all;
                let apart = |(weight, y): &(f64, &[f64])| weight * (y[target] - mean) * (y[target] - mean);
                out[row * width + target] = mean;
                spread[row * width + target] = (near.iter().map(apart).sum::<f64>() / all).sqrt();
            }
        });
    }
}

impl Learner for KNearest {
    const SUMMARY: &'static str = "The mean of the five nearest designs, nearer ones counting more.";
    const REFERENCE: &'static str = "Fix and Hodges 1951; Hastie et al. 2009, section 13.3";

    fn fit(training: &Training<'_>) -> Result<Self> {
        let (features, targets) = training.at_most(MOST_ROWS);
        let data = features.data.iter().map(|x| f64::from(*x)).collect();
        Ok(Self { features: Matrix { columns: features.columns, data }, targets })
    }

    fn fits(&self, features: usize, targets: usize) -> bool {
        let finite = |matrix: &Matrix<f64>| matrix.data.iter().all(|x| x.is_finite());
        self.features.columns == features
            && self.targets.columns == targets
            && features > 0
            && self.features.rows() > 0
            && self.features.data.len() == self.features.rows() * features
            && self.targets.data.len() == self.features.rows() * targets
            && finite(&self.features)
            && finite(&self.targets)
    }
}
