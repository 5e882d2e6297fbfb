//! Random forest: what ArchGym's proxies are made of. Full trees on bootstrap samples; all targets share them.

use anyhow::Result;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Learner, Model, Training};
use crate::proxy::parts::bins::Bins;
use crate::proxy::parts::growth::{Grower, Growth};
use crate::proxy::parts::matrix::Matrix;
use crate::proxy::parts::trees::Trees;

/// More trees gain little accuracy and cost speed in proportion.
const TREES: u64 = 16;

/// A fitted forest.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RandomForest(Forest);

/// Trees that are averaged.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Forest(Trees);

impl Forest {
    /// Grows a forest; each tree sees a bootstrap sample, or all rows.
    pub(super) fn grow(training: &Training<'_>, bootstrap: bool) -> Self {
        let (bins, width) = (Bins::new(training.features), training.targets.columns);
        let targets: Vec<f32> = training.targets.data.iter().map(|y| *y as f32).collect();
        let growth = Growth { depth: 60, least: 1, random_cuts: !bootstrap, rate: 1.0 };
        let grower = Grower::new(&bins, width, growth);
        let all = training.features.rows();
        let tree = |number: u64| {
            let mut rng = training.seed.child("tree", number).stream("growth");
            let drawn = |row: usize| if bootstrap { rng.index(all) as u32 } else { row as u32 };
            let rows = (0..all).map(drawn).collect();
            let mut tree = Trees::new(width);
            grower.grow(rows, &targets, &mut rng, &mut tree, |_, _| ());
            tree
        };
        let grown: Vec<Trees> = (0..TREES).into_par_iter().map(tree).collect();
        let mut trees = Trees::new(width);
        grown.iter().for_each(|tree| trees.append(tree));
        Self(trees)
    }

    /// Whether it can be evaluated.
    pub(super) fn fits(&self, features: usize, targets: usize) -> bool {
        self.0.len() > 0 && self.0.fits(features, targets)
    }

    /// The mean of all trees.
    pub(super) fn predict(&self, features: &Matrix<f32>, out: &mut [f64]) {
        let width = out.len() / features.rows().max(1);
        out.fill(0.0);
        self.0.visit(features, |row, values| {
            let sums = &mut out[row * width..(row + 1) * width];
            sums.iter_mut().zip(values).for_each(|(sum, x)| *sum += f64::from(*x));
        });
        let trees = self.0.len() as f64;
        out.iter_mut().for_each(|sum| *sum /= trees);
    }

    /// The mean, and the standard deviation of the trees.
    pub(super) fn predict_unsure(&self, features: &Matrix<f32>, out: &mut [f64], spread: &mut [f64]) {
        self.predict(features, out);
        let width = out.len() / features.rows().max(1);
        spread.fill(0.0);
        self.0.visit(features, |row, values| {
            for (i, x) in values.iter().enumerate() {
                let apart = f64::from(*x) - out[row * width + i];
                spread[row * width + i] += apart * apart;
            }
        });
        let trees = self.0.len() as f64;
        spread.iter_mut().for_each(|sum| *sum = (*sum / trees).sqrt());
    }
}

impl Model for RandomForest {
    fn predict(&self, features: &Matrix<f32>, out: &mut [f64]) {
        self.0.predict(features, out);
    }

    fn predict_unsure(&self, features: &Matrix<f32>, out: &mut [f64], spread: &mut [f64]) {
        self.0.predict_unsure(features, out, spread);
    }
}

impl Learner for RandomForest {
    const SUMMARY: &'static str = "The mean of full regression trees on bootstrap samples.";
    const REFERENCE: &'static str = "Breiman 2001, Random forests";

    fn fit(training: &Training<'_>) -> Result<Self> {
        Ok(Self(Forest::grow(training, true)))
    }

    fn fits(&self, features: usize, targets: usize) -> bool {
        self.0.fits(features, targets)
    }
}
