//! Stochastic gradient descent with momentum, weight decay and a cosine.

use serde::{Deserialize, Serialize};

use crate::architecture::Architecture;
use crate::engine::{Engine, Gradients, Wanted};
use crate::images::Images;
use crate::mask::Mask;
use crate::stream::Stream;
use crate::weights::{Layers, Weights};

/// How something is learnt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Passes over the training images.
    pub epochs: usize,
    /// Images of a step; a smaller rest is left out.
    pub batch: usize,
    /// Learning rate of the first epoch.
    pub rate: f64,
    /// Share of the last step that goes on.
    pub momentum: f64,
    /// Added to the gradient: decay · value.
    pub decay: f64,
}

/// How far a run is, after a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// The epoch, from 0.
    pub epoch: usize,
    /// Steps done in this epoch.
    pub step: usize,
    /// Steps of an epoch.
    pub steps: usize,
    /// Loss of the step.
    pub loss: f64,
}

impl Progress {
    /// Whether an epoch is over.
    pub fn epoch_ends(&self) -> bool {
        self.step == self.steps
    }
}

impl Schedule {
    /// The learning rate of an epoch: a cosine from `rate` to 0, constant within epochs.
    pub fn rate_of(&self, epoch: usize) -> f64 {
        let done = epoch as f64 / self.epochs.max(1) as f64;
        self.rate * 0.5 * (1.0 + libm::cos(std::f64::consts::PI * done))
    }

    /// The batches of an epoch: the images in an order of their own.
    pub(crate) fn batches(&self, images: &Images, seed: u64, epoch: usize) -> Vec<Vec<usize>> {
        let order = Stream::new(seed, &format!("epoch {epoch}")).permutation(images.len());
        let batch = self.batch.clamp(1, images.len().max(1));
        order.chunks_exact(batch).map(<[usize]>::to_vec).collect()
    }
}

/// Values with what remains of their last step.
#[derive(Debug, Clone)]
pub(crate) struct Descent {
    velocity: Layers,
}

impl Descent {
    pub(crate) fn new(values: &Layers) -> Self {
        Self { velocity: values.iter().map(|layer| vec![0.0; layer.len()]).collect() }
    }

    /// v ← momentum · v + g + decay · x, x ← x − rate · v.
    pub(crate) fn step(&mut self, values: &mut Layers, gradients: &Layers, schedule: &Schedule, rate: f64) {
        let (momentum, decay, rate) = (schedule.momentum as f32, schedule.decay as f32, rate as f32);
        for ((values, gradients), velocity) in values.iter_mut().zip(gradients).zip(&mut self.velocity) {
            for ((x, g), v) in values.iter_mut().zip(gradients).zip(velocity) {
                *v = momentum * *v + g + decay * *x;
                *x -= rate * *v;
            }
        }
    }
}

/// Share of a new batch in the running statistics.
const STATISTICS_MOMENTUM: f32 = 0.1;

/// Moves running statistics towards those of a batch.
pub(crate) fn follow(weights: &mut Weights, gradients: &Gradients) {
    let seen = &gradients.statistics;
    for (running, batch) in [(&mut weights.mean, &seen.mean), (&mut weights.variance, &seen.variance)] {
        for (running, batch) in running.iter_mut().flatten().zip(batch.iter().flatten()) {
            *running += STATISTICS_MOMENTUM * (batch - *running);
        }
    }
}

/// What is trained, and on what.
#[derive(Debug, Clone)]
pub struct Lesson<'a> {
    /// What computes.
    pub engine: &'a Engine,
    /// The network.
    pub network: &'a Architecture,
    /// The training images.
    pub images: &'a Images,
    /// How.
    pub schedule: &'a Schedule,
    /// Where the order of the images comes from.
    pub seed: u64,
}

impl Lesson<'_> {
    /// Trains all weights, those outside the mask staying zero. `watch` sees every step.
    pub fn train(
        &self,
        mut weights: Weights,
        mask: &Mask,
        mut watch: impl FnMut(Progress, &Weights),
    ) -> Weights {
        weights.convs = mask.applied(&weights.convs);
        let mut descents = parts(&mut weights).map(|part| Descent::new(part));
        let mut head = Descent::new(&vec![weights.head.clone(), weights.bias.clone()]);
        for epoch in 0..self.schedule.epochs {
            let rate = self.schedule.rate_of(epoch);
            let batches = self.schedule.batches(self.images, self.seed, epoch);
            for (step, batch) in batches.iter().enumerate() {
                let mut found =
                    self.engine.gradients(self.network, &weights, self.images, batch, Wanted::Everything);
                found.convs = mask.applied(&found.convs);
                follow(&mut weights, &found);
                let gradients = [&found.convs, &found.gamma, &found.beta];
                for ((part, gradients), descent) in
                    parts(&mut weights).into_iter().zip(gradients).zip(&mut descents)
                {
                    descent.step(part, gradients, self.schedule, rate);
                }
                let mut last = vec![std::mem::take(&mut weights.head), std::mem::take(&mut weights.bias)];
                head.step(&mut last, &vec![found.head, found.bias], self.schedule, rate);
                weights.bias = last.pop().unwrap_or_default();
                weights.head = last.pop().unwrap_or_default();
                watch(Progress { epoch, step: step + 1, steps: batches.len(), loss: found.loss }, &weights);
            }
        }
        weights
    }
}

/// Everything that training changes, apart from the head.
fn parts(weights: &mut Weights) -> [&mut Layers; 3] {
    [&mut weights.convs, &mut weights.gamma, &mut weights.beta]
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEDULE: Schedule = Schedule { epochs: 4, batch: 3, rate: 0.1, momentum: 0.9, decay: 0.01 };

    #[test]
    fn the_rate_is_a_cosine_that_starts_full() {
        assert_eq!(SCHEDULE.rate_of(0), 0.1);
        assert!((SCHEDULE.rate_of(2) - 0.05).abs() < 1e-12);
        assert!(SCHEDULE.rate_of(3) < 0.015);
    }

    #[test]
    fn a_step_decays_and_remembers() {
        let mut values = vec![vec![1.0]];
        let mut descent = Descent::new(&values);
        descent.step(&mut values, &vec![vec![2.0]], &SCHEDULE, 0.1);
        assert!((values[0][0] - (1.0 - 0.1 * 2.01)).abs() < 1e-6); // v = 2 + 0.01
        let x = values[0][0];
        descent.step(&mut values, &vec![vec![0.0]], &SCHEDULE, 0.1);
        assert!((values[0][0] - (x - 0.1 * (0.9 * 2.01 + 0.01 * x))).abs() < 1e-6);
    }

    #[test]
    fn an_epoch_sees_every_image_once_and_leaves_the_rest_out() {
        let images = Images { side: 4, pixels: vec![0; 16 * 8], labels: vec![0; 8] };
        let batches = SCHEDULE.batches(&images, 1, 0);
        let mut seen = batches.concat();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!((batches.len(), seen.len()), (2, 6));
        assert_ne!(batches, SCHEDULE.batches(&images, 1, 1));
    }
}
