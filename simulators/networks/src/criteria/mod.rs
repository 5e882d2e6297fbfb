//! Which weights of a network matter, judged at once: one file for each criterion, one row in the table.

use crate::architecture::Architecture;
use crate::engine::{Engine, Gradients, Wanted};
use crate::images::Images;
use crate::weights::{Layers, Weights};

mod grasp;
mod magnitude;
mod random;
mod snip;
mod synflow;

/// What a criterion may look at.
#[derive(Debug, Clone)]
pub struct Subject<'a> {
    /// What computes.
    pub engine: &'a Engine,
    /// The network.
    pub network: &'a Architecture,
    /// Its weights.
    pub weights: &'a Weights,
    /// Training images; the first [`IMAGES`] are looked at.
    pub images: &'a Images,
    /// Share of all weights that will stay, for criteria that go there step by step.
    pub keep: f64,
    /// Of random criteria.
    pub seed: u64,
}

/// A way to score weights; the highest scores should stay.
#[derive(Debug, Clone, Copy)]
pub struct Criterion {
    /// kebab-case name.
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// Where it comes from.
    pub reference: &'static str,
    /// A score for each weight.
    pub scores: fn(&Subject<'_>) -> Layers,
}

/// Every criterion, sorted by name.
#[rustfmt::skip] // one row a line
pub static CRITERIA: &[Criterion] = &[
    grasp::CRITERION,
    magnitude::CRITERION,
    random::CRITERION,
    snip::CRITERION,
    synflow::CRITERION,
];

/// The criterion called `name`.
pub fn find(name: &str) -> Option<&'static Criterion> {
    CRITERIA.iter().find(|criterion| criterion.name == name)
}

/// Training images that a criterion looks at.
pub const IMAGES: usize = 1280;

/// Images of one batch.
const BATCH: usize = 128;

impl Subject<'_> {
    /// Gradient of the loss by the kernels at `convs`, mean over the batches.
    fn gradient(&self, convs: Layers) -> Layers {
        let weights = Weights { convs, ..self.weights.clone() };
        let indices: Vec<usize> = (0..IMAGES.min(self.images.len())).collect();
        let batches = indices.chunks(BATCH);
        let share = 1.0 / batches.len().max(1) as f32;
        let mut sum: Layers = weights.convs.iter().map(|layer| vec![0.0; layer.len()]).collect();
        for batch in batches {
            let Gradients { convs, .. } =
                self.engine.gradients(self.network, &weights, self.images, batch, Wanted::Kernels);
            for (sum, gradient) in sum.iter_mut().flatten().zip(convs.iter().flatten()) {
                *sum += share * gradient;
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests;
