//! Gradient boosting on histograms, squared error: each tree corrects those before it; all targets share its cuts.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::{Learner, Model, Training};
use crate::proxy::parts::bins::Bins;
use crate::proxy::parts::growth::{Grower, Growth};
use crate::proxy::parts::matrix::Matrix;
use crate::proxy::parts::trees::Trees;

const TREES: usize = 300;
const GROWTH: Growth = Growth { depth: 7, least: 3, random_cuts: false, rate: 0.15 };

/// Fitted trees.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct GradientBoosting(Trees);

impl Model for GradientBoosting {
    fn predict(&self, features: &Matrix<f32>, out: &mut [f64]) {
        let width = out.len() / features.rows().max(1);
        out.fill(0.0);
        self.0.visit(features, |row, values| {
            let sums = &mut out[row * width..(row + 1) * width];
            sums.iter_mut().zip(values).for_each(|(sum, x)| *sum += f64::from(*x));
        });
    }
}

impl Learner for GradientBoosting {
    const SUMMARY: &'static str = "A sum of shallow trees, each fitted to what the earlier ones leave.";
    const REFERENCE: &'static str = "Friedman 2001, Greedy function approximation; Ke et al. 2017, LightGBM";

    fn fit(training: &Training<'_>) -> Result<Self> {
        let (bins, width) = (Bins::new(training.features), training.targets.columns);
        let mut residuals: Vec<f32> = training.targets.data.iter().map(|y| *y as f32).collect();
        let grower = Grower::new(&bins, width, GROWTH);
        let mut rng = training.seed.stream("growth");
        let mut trees = Trees::new(width);
        let all: Vec<u32> = (0..training.features.rows() as u32).collect();
        for _ in 0..TREES {
            let mut next = residuals.clone();
            grower.grow(all.clone(), &residuals, &mut rng, &mut trees, |rows, values| {
                for row in rows {
                    let own = &mut next[*row as usize * width..(*row as usize + 1) * width];
                    own.iter_mut().zip(values).for_each(|(residual, x)| *residual -= x);
                }
            });
            residuals = next;
        }
        Ok(Self(trees))
    }

    fn fits(&self, features: usize, targets: usize) -> bool {
        self.0.fits(features, targets)
    }
}
