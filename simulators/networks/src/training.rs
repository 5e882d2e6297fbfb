//! Stochastic gradient descent with momentum, weight decay and a cosine.

use serde::{Deserialize, Serialize};

use crate::architecture::Architecture;
use crate::engine::{Engine, Gradients, Wanted};
use crate::images::Images;
use crate::mask::Mask;
use crate::stream::Stream;
use crate::weights::Weights;

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

/// v ← momentum · v + g + decay · x, x ← x − rate · v.
pub(crate) fn descend(x: &mut [f32], gradient: &[f32], velocity: &mut [f32], schedule: &Schedule, rate: f64) {
    let (momentum, decay, rate) = (schedule.momentum as f32, schedule.decay as f32, rate as f32);
    for ((x, g), v) in x.iter_mut().zip(gradient).zip(velocity) {
        *v = momentum * *v + g + decay * *x;
        *x -= rate * *v;
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

/// A training that can be left after an epoch and taken up again.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// The weights so far.
    pub weights: Weights,
    /// What remains of the last step, for each of them.
    pub velocity: Weights,
    /// Epochs done.
    pub epochs: usize,
}

impl State {
    /// Before the first step.
    pub fn new(weights: Weights) -> Self {
        let mut velocity = weights.clone();
        let Weights { mean, variance, .. } = &mut velocity;
        mean.iter_mut().chain(variance).for_each(|channels| channels.fill(0.0));
        learnt(&mut velocity).for_each(|values| values.fill(0.0));
        Self { weights, velocity, epochs: 0 }
    }
}

impl Lesson<'_> {
    /// Trains all weights, those outside the mask staying zero. `watch` sees every step.
    pub fn train(&self, weights: Weights, mask: &Mask, mut watch: impl FnMut(Progress, &Weights)) -> Weights {
        self.resume(State::new(weights), mask, |progress, state| watch(progress, &state.weights)).weights
    }

    /// As [`train`](Self::train), from the state after any epoch: the result is the same.
    pub fn resume(&self, mut state: State, mask: &Mask, mut watch: impl FnMut(Progress, &State)) -> State {
        state.weights.convs = mask.applied(&state.weights.convs);
        for epoch in state.epochs..self.schedule.epochs {
            let rate = self.schedule.rate_of(epoch);
            let batches = self.schedule.batches(self.images, self.seed, epoch);
            for (step, batch) in batches.iter().enumerate() {
                let State { weights, velocity, .. } = &mut state;
                let mut found =
                    self.engine.gradients(self.network, weights, self.images, batch, Wanted::Everything);
                found.convs = mask.applied(&found.convs);
                follow(weights, &found);
                let gradients = found.convs.iter().chain(&found.gamma).chain(&found.beta);
                let gradients = gradients.chain([&found.head, &found.bias]);
                for ((values, velocity), gradient) in learnt(weights).zip(learnt(velocity)).zip(gradients) {
                    descend(values, gradient, velocity, self.schedule, rate);
                }
                let progress = Progress { epoch, step: step + 1, steps: batches.len(), loss: found.loss };
                state.epochs = epoch + usize::from(progress.epoch_ends());
                watch(progress, &state);
            }
        }
        state
    }
}

/// Everything that training changes, in the order of the gradients.
fn learnt(weights: &mut Weights) -> impl Iterator<Item = &mut Vec<f32>> {
    let Weights { convs, gamma, beta, head, bias, .. } = weights;
    convs.iter_mut().chain(gamma).chain(beta).chain([head, bias])
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
        let (mut x, mut velocity) = ([1.0], [0.0]);
        descend(&mut x, &[2.0], &mut velocity, &SCHEDULE, 0.1);
        assert!((x[0] - (1.0 - 0.1 * 2.01)).abs() < 1e-6); // v = 2 + 0.01
        let before = x[0];
        descend(&mut x, &[0.0], &mut velocity, &SCHEDULE, 0.1);
        assert!((x[0] - (before - 0.1 * (0.9 * 2.01 + 0.01 * before))).abs() < 1e-6);
    }

    #[test]
    fn a_training_taken_up_after_any_epoch_ends_the_same() {
        let (engine, network) = (Engine::default(), Architecture::conv4(28, [2, 2, 2, 2], 10));
        let images = crate::shipped::images().unwrap().train.first(96);
        let schedule = Schedule { epochs: 3, batch: 32, ..SCHEDULE };
        let lesson =
            Lesson { engine: &engine, network: &network, images: &images, schedule: &schedule, seed: 1 };
        let mask = Mask::full(&network);
        let mut left = Vec::new();
        let start = State::new(Weights::random(&network, 1));
        let end = lesson.resume(start, &mask, |progress, state| {
            if progress.epoch_ends() {
                left.push(state.clone());
            }
        });
        assert_eq!((left.len(), end.epochs), (3, 3));
        for state in left {
            let bytes = crate::checkpoint::write_state(&network, &state).unwrap();
            let (_, state) = crate::checkpoint::read_state("left", &bytes).unwrap();
            assert_eq!(lesson.resume(state, &mask, |_, _| ()), end);
        }
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
