//! A multilayer perceptron: two hidden layers of rectified units, trained by Adam on shuffled batches.

use anyhow::{Result, bail};
use rl_env::seed::Rng;
use serde::{Deserialize, Serialize};

use super::{Learner, Model, Training};
use crate::proxy::parts::matrix::Matrix;

const HIDDEN: usize = 64;
const BATCH: usize = 64;
/// Batches that training consists of, whatever the size of the data.
const STEPS: usize = 6000;
/// First step size of Adam (Kingma and Ba 2015); it falls linearly to 0.
const RATE: f32 = 3e-3;
const DECAY: (f32, f32) = (0.9, 0.999);

/// One layer: outputs × (inputs + 1) weights, the last of each row the bias.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Layer {
    inputs: usize,
    outputs: usize,
    weights: Vec<f32>,
}

impl Layer {
    /// He et al. 2015, equation 10.
    fn new(inputs: usize, outputs: usize, rng: &mut Rng) -> Self {
        let deviation = (2.0 / inputs as f64).sqrt();
        let weight = |i: usize| if i % (inputs + 1) == inputs { 0.0 } else { rng.normal() * deviation };
        let weights = (0..outputs * (inputs + 1)).map(weight).map(|w| w as f32).collect();
        Self { inputs, outputs, weights }
    }

    fn apply(&self, input: &[f32], out: &mut Vec<f32>) {
        out.clear();
        out.extend(
            self.weights
                .chunks_exact(self.inputs + 1)
                .map(|row| row[self.inputs] + row.iter().zip(input).map(|(w, x)| w * x).sum::<f32>()),
        );
    }

    /// Adds the gradient of the weights, and writes that of the inputs.
    fn back(&self, input: &[f32], error: &[f32], gradient: &mut [f32], inner: &mut Vec<f32>) {
        let width = self.inputs + 1;
        inner.clear();
        inner.resize(self.inputs, 0.0);
        for (o, e) in error.iter().enumerate().filter(|(_, e)| **e != 0.0) {
            let (weights, own) = (&self.weights[o * width..], &mut gradient[o * width..(o + 1) * width]);
            for i in 0..self.inputs {
                own[i] += e * input[i];
                inner[i] += e * weights[i];
            }
            own[self.inputs] += e;
        }
    }

    fn fits(&self, inputs: usize, outputs: usize) -> bool {
        self.inputs == inputs
            && self.outputs == outputs
            && self.weights.len() == outputs * (inputs + 1)
            && self.weights.iter().all(|w| w.is_finite())
    }
}

/// A trained network.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Mlp([Layer; 3]);

/// What the layers of a network give for one row.
#[derive(Default)]
struct Pass([Vec<f32>; 3]);

impl Mlp {
    fn pass(&self, row: &[f32], pass: &mut Pass) {
        let [first, second, last] = &mut pass.0;
        self.0[0].apply(row, first);
        first.iter_mut().for_each(|x| *x = x.max(0.0));
        self.0[1].apply(first, second);
        second.iter_mut().for_each(|x| *x = x.max(0.0));
        self.0[2].apply(second, last);
    }

    /// Adds the gradient of the squared error of one row.
    fn learn(&self, row: &[f32], target: &[f64], pass: &mut Pass, gradients: &mut [Vec<f32>; 3]) {
        self.pass(row, pass);
        let [first, second, last] = &pass.0;
        let mut error: Vec<f32> = last.iter().zip(target).map(|(y, t)| y - *t as f32).collect();
        let mut inner = Vec::new();
        self.0[2].back(second, &error, &mut gradients[2], &mut inner);
        error = inner.iter().zip(second).map(|(e, x)| if *x > 0.0 { *e } else { 0.0 }).collect();
        self.0[1].back(first, &error, &mut gradients[1], &mut inner);
        error = inner.iter().zip(first).map(|(e, x)| if *x > 0.0 { *e } else { 0.0 }).collect();
        self.0[0].back(row, &error, &mut gradients[0], &mut inner);
    }
}

/// Moments of Adam for one layer.
struct Moments(Vec<(f32, f32)>);

impl Moments {
    fn step(&mut self, weights: &mut [f32], gradient: &[f32], rate: f32, step: usize) {
        let correct = |decay: f32| 1.0 - libm::powf(decay, step as f32);
        let (first, second) = (correct(DECAY.0), correct(DECAY.1));
        for ((w, g), (m, v)) in weights.iter_mut().zip(gradient).zip(&mut self.0) {
            let g = g / BATCH as f32;
            *m = DECAY.0 * *m + (1.0 - DECAY.0) * g;
            *v = DECAY.1 * *v + (1.0 - DECAY.1) * g * g;
            *w -= rate * (*m / first) / ((*v / second).sqrt() + 1e-8);
        }
    }
}

impl Model for Mlp {
    fn predict(&self, features: &Matrix<f32>, out: &mut [f64]) {
        let mut pass = Pass::default();
        for (row, out) in features.iter().zip(out.chunks_exact_mut(self.0[2].outputs)) {
            self.pass(row, &mut pass);
            out.iter_mut().zip(&pass.0[2]).for_each(|(out, y)| *out = f64::from(*y));
        }
    }
}

impl Learner for Mlp {
    const SUMMARY: &'static str = "A neural network with two hidden layers of 64 rectified units.";
    const REFERENCE: &'static str = "Rumelhart et al. 1986; Kingma and Ba 2015, Adam";

    fn fit(training: &Training<'_>) -> Result<Self> {
        let (features, targets) = (training.features, training.targets);
        let mut rng = training.seed.stream("network");
        let mut layer = |inputs, outputs| Layer::new(inputs, outputs, &mut rng);
        let layers = [layer(features.columns, HIDDEN), layer(HIDDEN, HIDDEN), layer(HIDDEN, targets.columns)];
        let mut network = Self(layers);
        let mut moments = network.0.each_ref().map(|l| Moments(vec![(0.0, 0.0); l.weights.len()]));
        let mut rng = training.seed.stream("batches");
        let mut order: Vec<usize> = Vec::new();
        let mut pass = Pass::default();
        for step in 1..=STEPS {
            let mut gradients = network.0.each_ref().map(|layer| vec![0.0; layer.weights.len()]);
            for _ in 0..BATCH {
                if order.is_empty() {
                    order = rng.permutation(features.rows());
                }
                let row = order.pop().unwrap_or(0);
                network.learn(features.row(row), targets.row(row), &mut pass, &mut gradients);
            }
            let rate = RATE * (1.0 - (step - 1) as f32 / STEPS as f32);
            for ((layer, moments), gradient) in network.0.iter_mut().zip(&mut moments).zip(&gradients) {
                moments.step(&mut layer.weights, gradient, rate, step);
            }
        }
        if network.0.iter().any(|layer| layer.weights.iter().any(|w| !w.is_finite())) {
            bail!("training of the network diverged");
        }
        Ok(network)
    }

    fn fits(&self, features: usize, targets: usize) -> bool {
        let [first, second, last] = &self.0;
        features > 0
            && targets > 0
            && first.fits(features, HIDDEN)
            && second.fits(HIDDEN, HIDDEN)
            && last.fits(HIDDEN, targets)
    }
}
