//! The numbers of a network, as plain vectors.

use crate::architecture::{Architecture, KERNEL};
use crate::stream::Stream;

/// One vector for each convolution.
pub type Layers = Vec<Vec<f32>>;

/// Everything a network has learnt.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    /// Kernels, `[outputs, inputs, 3, 3]` each.
    pub convs: Layers,
    /// Scale of the batch norms, one value a channel.
    pub gamma: Layers,
    /// Shift of the batch norms.
    pub beta: Layers,
    /// Running mean of the batch norms.
    pub mean: Layers,
    /// Running variance of the batch norms.
    pub variance: Layers,
    /// Head, `[features, classes]`.
    pub head: Vec<f32>,
    /// Bias of the head.
    pub bias: Vec<f32>,
}

impl Weights {
    /// Untrained weights: kernels normal with variance 2 / fan-out (He et al. 2015), the head uniform within
    /// ±1 / √features, batch norms the identity.
    pub fn random(network: &Architecture, seed: u64) -> Self {
        let mut stream = Stream::new(seed, "weights");
        let channels =
            |value: f32| -> Layers { network.convs.iter().map(|conv| vec![value; conv.outputs]).collect() };
        let convs = network.convs.iter().map(|conv| {
            let deviation = libm::sqrt(2.0 / (conv.outputs * KERNEL) as f64);
            (0..conv.weights()).map(|_| (deviation * stream.normal()) as f32).collect()
        });
        let convs = convs.collect();
        let bound = 1.0 / libm::sqrt(network.features() as f64);
        let mut uniform = |count: usize| -> Vec<f32> {
            (0..count).map(|_| (bound * (2.0 * stream.uniform() - 1.0)) as f32).collect()
        };
        Self {
            convs,
            gamma: channels(1.0),
            beta: channels(0.0),
            mean: channels(0.0),
            variance: channels(1.0),
            head: uniform(network.features() * network.classes),
            bias: uniform(network.classes),
        }
    }
}

/// A value of each weight computed from two of them.
pub(crate) fn combined(a: &Layers, b: &Layers, f: impl Fn(f32, f32) -> f32) -> Layers {
    a.iter().zip(b).map(|(a, b)| a.iter().zip(b).map(|(a, b)| f(*a, *b)).collect()).collect()
}
