//! How well a network does under a mask.
//!
//! Statistics of batch norms belong to the weights that made them. Under another mask they are wrong, and accuracy
//! swings by ten points between neighbouring masks; so they are computed anew before every judgement.

use rayon::prelude::*;

use crate::architecture::Architecture;
use crate::engine::{Engine, Statistics};
use crate::images::{Dataset, Images};
use crate::mask::Mask;
use crate::weights::{Layers, Weights};

/// Images of one batch.
const BATCH: usize = 250;

/// Judges masks of a network on a data set.
#[derive(Debug, Clone)]
pub struct Judge<'a> {
    /// What computes.
    pub engine: &'a Engine,
    /// The network.
    pub network: &'a Architecture,
    /// What it is judged on.
    pub dataset: &'a Dataset,
    /// How many training images, the first ones, the batch norms see.
    pub calibration: usize,
}

impl Judge<'_> {
    /// Share of test images that the masked network classifies correctly after its batch norms have seen the
    /// calibration images.
    pub fn accuracy(&self, weights: &Weights, mask: &Mask) -> f64 {
        let mut masked = weights.clone();
        masked.convs = mask.applied(&weights.convs);
        let masked = recalibrated(self.engine, self.network, masked, &self.dataset.train, self.calibration);
        accuracy(self.engine, self.network, &masked, &self.dataset.test)
    }

    /// As [`accuracy`](Self::accuracy), of many masks at once.
    pub fn accuracies(&self, weights: &Weights, masks: &[Mask]) -> Vec<f64> {
        masks.par_iter().map(|mask| self.accuracy(weights, mask)).collect()
    }

    /// Share of test images classified correctly with the running statistics as training left them.
    pub fn raw(&self, weights: &Weights, mask: &Mask) -> f64 {
        let mut masked = weights.clone();
        masked.convs = mask.applied(&weights.convs);
        accuracy(self.engine, self.network, &masked, &self.dataset.test)
    }
}

fn batches(images: usize) -> Vec<Vec<usize>> {
    let all: Vec<usize> = (0..images).collect();
    all.chunks(BATCH).map(<[usize]>::to_vec).collect()
}

/// Share of images classified correctly.
pub fn accuracy(engine: &Engine, network: &Architecture, weights: &Weights, images: &Images) -> f64 {
    let correct = |batch: &Vec<usize>| engine.correct(network, weights, images, batch);
    let correct: usize = batches(images.len()).par_iter().map(correct).sum();
    correct as f64 / images.len().max(1) as f64
}

/// The weights with running statistics that are the mean over batches of the first `count` images.
pub fn recalibrated(
    engine: &Engine,
    network: &Architecture,
    mut weights: Weights,
    images: &Images,
    count: usize,
) -> Weights {
    let batches = batches(count.min(images.len()));
    let seen: Vec<Statistics> =
        batches.par_iter().map(|batch| engine.statistics(network, &weights, images, batch)).collect();
    weights.mean = averaged(&seen, |statistics| &statistics.mean);
    weights.variance = averaged(&seen, |statistics| &statistics.variance);
    weights
}

/// In the order of the batches, whoever finished first.
fn averaged(seen: &[Statistics], part: impl Fn(&Statistics) -> &Layers) -> Layers {
    let Some(first) = seen.first() else { return Layers::new() };
    let sum = |layer: usize, channel: usize| -> f32 {
        let all = seen.iter().map(|statistics| f64::from(part(statistics)[layer][channel]));
        (all.sum::<f64>() / seen.len() as f64) as f32
    };
    let layers = part(first).iter().enumerate();
    layers.map(|(layer, values)| (0..values.len()).map(|channel| sum(layer, channel)).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rates::Rates;
    use crate::{checkpoint, shipped};

    fn trained() -> (Architecture, Weights, Dataset) {
        let (network, weights) = checkpoint::read("shipped", shipped::CONV4).unwrap();
        (network, weights, shipped::images().unwrap())
    }

    fn magnitude(weights: &Weights, sparsity: f64) -> Mask {
        let size: Layers = weights.convs.iter().map(|l| l.iter().map(|w| w.abs()).collect()).collect();
        Mask::top(&size, &Rates::Global.keep(&size, sparsity).unwrap())
    }

    /// Statistics of the whole network belie what a fifth of it can do.
    #[test]
    fn batch_norms_are_recalibrated_before_a_judgement() {
        let (network, weights, dataset) = trained();
        let engine = Engine::default();
        let judge = Judge { engine: &engine, network: &network, dataset: &dataset, calibration: 500 };
        let mask = magnitude(&weights, 0.8);
        let (raw, recalibrated) = (judge.raw(&weights, &mask), judge.accuracy(&weights, &mask));
        assert!(recalibrated > 0.8 && raw < recalibrated - 0.05, "{raw} {recalibrated}");
    }

    #[test]
    fn many_masks_are_judged_as_one_by_one() {
        let (network, weights, dataset) = trained();
        let (engine, dataset) =
            (Engine::default(), Dataset { train: dataset.train.first(250), test: dataset.test.first(100) });
        let judge = Judge { engine: &engine, network: &network, dataset: &dataset, calibration: 250 };
        let masks: Vec<Mask> = [0.3, 0.8, 0.9].map(|share| magnitude(&weights, share)).into();
        let alone: Vec<f64> = masks.iter().map(|mask| judge.accuracy(&weights, mask)).collect();
        assert_eq!(judge.accuracies(&weights, &masks), alone);
    }
}
