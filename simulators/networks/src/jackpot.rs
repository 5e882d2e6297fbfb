//! Lottery jackpots: a good mask of a trained network, found without changing a weight.
//!
//! Zhang, Lin, Zhong, Chao and Ji 2023, "Lottery Jackpots Exist in Pre-trained Models" (TPAMI 45(12), 14990–15004).
//! Every weight, kept or not, has a score. The forward pass uses mask · weight; the score's gradient is that of the mask,
//! dL/dscore := dL/d(mask · weight) · weight (straight through). After every step the mask follows the scores.
//! How many weights of each layer stay is fixed beforehand ([`rates`](crate::rates)). Only scores learn; running
//! statistics of batch norms belong to the evaluation.

use serde::{Deserialize, Serialize};

use crate::architecture::Architecture;
use crate::engine::{Engine, Wanted};
use crate::images::Images;
use crate::mask::Mask;
use crate::stream::Stream;
use crate::training::{Progress, Schedule, descend};
use crate::weights::{Layers, Weights, combined};

/// The mask that a search starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// The largest weights of every layer.
    Magnitude,
    /// Any weights.
    Random,
    /// Scores that differ from the beginning, uniform within ±1 / √(9 · inputs), as edge-popup starts
    /// (Ramanujan et al. 2020).
    Scores,
}

/// How many of the exchanges that the scores ask for are made: the short restriction.
///
/// Weights depend on each other, so a mask that changes in many places at once can lose what it had.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Restriction {
    /// All: the mask is the top of the scores. The code that came with the paper does this whatever is asked for.
    None,
    /// The share (1 − epoch / epochs)⁴.
    Power4,
    /// This share.
    Constant(f64),
}

impl Restriction {
    /// The share of an epoch.
    pub fn share(self, epoch: usize, epochs: usize) -> f64 {
        match self {
            Self::None => 1.0,
            Self::Power4 => {
                let left = 1.0 - epoch as f64 / epochs.max(1) as f64;
                left * left * left * left
            }
            Self::Constant(share) => share,
        }
    }
}

/// A search for a mask.
#[derive(Debug, Clone)]
pub struct Search<'a> {
    /// What computes.
    pub engine: &'a Engine,
    /// The network.
    pub network: &'a Architecture,
    /// Its weights, which stay as they are.
    pub weights: &'a Weights,
    /// The training images.
    pub images: &'a Images,
    /// How scores learn.
    pub schedule: &'a Schedule,
    /// Where it starts.
    pub start: Start,
    /// How much lower scores outside the first mask are; how hard it is to leave it.
    pub margin: f64,
    /// How many exchanges are made.
    pub restriction: Restriction,
    /// Of the order of images and of random starts.
    pub seed: u64,
}

/// What a search knows after a step.
#[derive(Debug)]
pub struct Found<'a> {
    /// How far it is.
    pub progress: Progress,
    /// The mask.
    pub mask: &'a Mask,
    /// Weights exchanged in this step.
    pub exchanged: usize,
}

impl Search<'_> {
    /// Searches for a mask with `keep[l]` weights in layer `l`. `watch` sees every step.
    pub fn run(&self, keep: &[usize], mut watch: impl FnMut(Found<'_>)) -> Mask {
        let (mut scores, mut mask) = self.beginning(keep);
        let mut velocity: Layers = scores.iter().map(|layer| vec![0.0; layer.len()]).collect();
        let mut masked = self.weights.clone();
        for epoch in 0..self.schedule.epochs {
            let rate = self.schedule.rate_of(epoch);
            let share = self.restriction.share(epoch, self.schedule.epochs);
            let batches = self.schedule.batches(self.images, self.seed, epoch);
            for (step, batch) in batches.iter().enumerate() {
                masked.convs = mask.applied(&self.weights.convs);
                let found = self.engine.gradients(self.network, &masked, self.images, batch, Wanted::Kernels);
                let gradients = combined(&found.convs, &self.weights.convs, |g, w| g * w);
                for ((scores, gradients), velocity) in scores.iter_mut().zip(&gradients).zip(&mut velocity) {
                    descend(scores, gradients, velocity, self.schedule, rate);
                }
                let layers = mask.layers.iter_mut().zip(&scores);
                let exchanged = layers.map(|(mask, scores)| exchange(scores, mask, share)).sum();
                let progress = Progress { epoch, step: step + 1, steps: batches.len(), loss: found.loss };
                watch(Found { progress, mask: &mask, exchanged });
            }
        }
        mask
    }

    /// The first scores and mask.
    fn beginning(&self, keep: &[usize]) -> (Layers, Mask) {
        let mut stream = Stream::new(self.seed, "start");
        let mut random = |bound: f64, layer: &Vec<f32>| -> Vec<f32> {
            layer.iter().map(|_| (bound * (2.0 * stream.uniform() - 1.0)) as f32).collect()
        };
        let kernels = &self.weights.convs;
        let order: Layers = match self.start {
            Start::Magnitude => kernels.iter().map(|l| l.iter().map(|w| w.abs()).collect()).collect(),
            Start::Random => kernels.iter().map(|layer| random(1.0, layer)).collect(),
            Start::Scores => {
                let bound = |inputs: usize| 1.0 / libm::sqrt((9 * inputs) as f64);
                let layers = self.network.convs.iter().zip(kernels);
                layers.map(|(conv, layer)| random(bound(conv.inputs), layer)).collect()
            }
        };
        let mask = Mask::top(&order, keep);
        if self.start == Start::Scores {
            return (order, mask);
        }
        let outside = (1.0 - self.margin) as f32;
        let score = |on: &bool| if *on { 1.0 } else { outside };
        (mask.layers.iter().map(|layer| layer.iter().map(score).collect()).collect(), mask)
    }
}

/// Lets the mask of a layer follow its scores: of the weights that belong to the top of the scores and are not kept,
/// the highest ⌈share · count⌉ come in, and as many of those kept that do not belong there, the lowest, go.
/// Gives their number.
fn exchange(scores: &[f32], mask: &mut [bool], share: f64) -> usize {
    let keep = mask.iter().filter(|on| **on).count();
    let wanted = &Mask::top(&vec![scores.to_vec()], &[keep]).layers[0];
    let differing = |on: bool| (0..mask.len()).filter(|i| mask[*i] == on && wanted[*i] != on).collect();
    let (mut coming, mut going): (Vec<usize>, Vec<usize>) = (differing(false), differing(true));
    let count = (share * coming.len() as f64).ceil() as usize;
    let count = count.min(coming.len());
    if count < coming.len() {
        coming.sort_unstable_by(|a, b| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b)));
        going.sort_unstable_by(|a, b| scores[*a].total_cmp(&scores[*b]).then(b.cmp(a)));
    }
    for (comes, goes) in coming.into_iter().zip(going).take(count) {
        (mask[comes], mask[goes]) = (true, false);
    }
    count
}

#[cfg(test)]
mod tests;
