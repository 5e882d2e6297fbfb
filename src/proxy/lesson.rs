//! Samples as numbers, and any part of them.

use anyhow::Result;

use super::encoding::Encoder;
use super::parts::matrix::Matrix;
use super::samples::{Samples, Wanted};
use crate::usage::Usage;

/// Fewest working designs that anything is learnt from.
pub const FEWEST: usize = 20;

/// Designs as features with what came of them.
#[derive(Debug, Clone)]
pub struct Lesson {
    /// Features of each design.
    pub features: Matrix<f32>,
    /// Metrics of each design; NaN if it does not work.
    pub values: Matrix<f64>,
    /// Whether each design works.
    pub feasible: Vec<bool>,
    /// What the metrics are.
    pub wanted: Wanted,
}

impl Lesson {
    /// All designs of some samples.
    pub fn new(samples: &Samples, encoder: &Encoder, wanted: &Wanted) -> Self {
        Self {
            features: encoder.encode(&samples.designs),
            values: samples.values.clone(),
            feasible: samples.feasible.clone(),
            wanted: wanted.clone(),
        }
    }

    /// Adds the designs of another lesson of the same space and metrics.
    pub fn append(&mut self, other: &Self) {
        self.features.data.extend(&other.features.data);
        self.values.data.extend(&other.values.data);
        self.feasible.extend(&other.feasible);
    }

    /// Number of designs.
    pub fn len(&self) -> usize {
        self.feasible.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.feasible.is_empty()
    }

    /// These designs only.
    #[must_use]
    pub fn select(&self, designs: &[usize]) -> Self {
        Self {
            features: self.features.select(designs),
            values: self.values.select(designs),
            feasible: designs.iter().map(|design| self.feasible[*design]).collect(),
            wanted: self.wanted.clone(),
        }
    }

    /// The designs that work, if there are enough to learn from.
    ///
    /// # Errors
    /// If there are not.
    pub fn checked(&self) -> Result<Self> {
        let working = self.working();
        match working.len() {
            0 => Err(Usage::error(format!(
                "none of the {} designs is feasible: there are no metrics to learn",
                self.len()
            ))),
            n if n < FEWEST => Err(Usage::error(format!(
                "{n} different feasible designs are too few to learn from; at least {FEWEST} are needed"
            ))),
            _ => Ok(working),
        }
    }

    /// The designs that work.
    #[must_use]
    pub fn working(&self) -> Self {
        let working: Vec<usize> = (0..self.len()).filter(|design| self.feasible[*design]).collect();
        self.select(&working)
    }
}
