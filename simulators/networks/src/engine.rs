//! Logits and gradients: the only place where there are tensors.

use burn::tensor::activation::{log_softmax, relu};
use burn::tensor::module::{batch_norm_train, conv2d, max_pool2d};
use burn::tensor::ops::{ConvOptions, MaxPoolOptions};
use burn::tensor::{Device, Tensor, TensorData};

use crate::architecture::Architecture;
use crate::device::{DEVICES, DeviceEntry};
use crate::error::Error;
use crate::images::Images;
use crate::weights::{Layers, Weights};

/// Added to every variance, as in the reference.
const EPSILON: f64 = 1e-5;

/// A device that computes.
#[derive(Debug, Clone)]
pub struct Engine {
    name: &'static str,
    device: Device,
}

/// Means and variances (unbiased) of the batch, channel by channel, before each batch norm.
#[derive(Debug, Clone, PartialEq)]
pub struct Statistics {
    /// One vector for each convolution.
    pub mean: Layers,
    /// One vector for each convolution.
    pub variance: Layers,
}

/// The loss of a batch and how it changes with every weight.
#[derive(Debug, Clone)]
pub struct Gradients {
    /// Mean cross-entropy.
    pub loss: f64,
    /// Images whose class has the highest logit.
    pub correct: usize,
    /// By the kernels.
    pub convs: Layers,
    /// By the scales.
    pub gamma: Layers,
    /// By the shifts.
    pub beta: Layers,
    /// By the head.
    pub head: Vec<f32>,
    /// By its bias.
    pub bias: Vec<f32>,
    /// What the batch norms saw.
    pub statistics: Statistics,
}

/// What is differentiated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Kernels only; the other gradients come back empty.
    Kernels,
    /// Everything that training changes.
    Everything,
}

/// Parameters as tensors.
struct Parameters {
    convs: Vec<Tensor<4>>,
    gamma: Vec<Tensor<1>>,
    beta: Vec<Tensor<1>>,
    head: Tensor<2>,
    bias: Tensor<1>,
}

impl Default for Engine {
    /// The processor, through burn's own kernels.
    fn default() -> Self {
        Self { name: DEVICES[0].name, device: Device::flex() }
    }
}

impl Engine {
    /// An engine on a device of [`DEVICES`].
    ///
    /// # Errors
    /// For a name that is none, a device that this build leaves out, and one that the machine does not have.
    pub fn on(device: &str) -> Result<Self, Error> {
        let (entry, device) = DeviceEntry::open(device)?;
        Ok(Self { name: entry.name, device })
    }

    /// The name of its device.
    pub fn device(&self) -> &'static str {
        self.name
    }

    /// Gradients of the mean cross-entropy of a batch, the batch norms using the statistics of the batch.
    pub fn gradients(
        &self,
        network: &Architecture,
        weights: &Weights,
        images: &Images,
        indices: &[usize],
        wanted: Wanted,
    ) -> Gradients {
        let device = self.device.clone().autodiff();
        let parameters = Parameters::new(network, weights, &device, Some(wanted));
        let (pixels, labels) = images.batch(indices);
        let x = input(pixels, images.side, &device);
        let mut statistics = Statistics { mean: Vec::new(), variance: Vec::new() };
        let features = forward(network, &parameters, x, Norm::Batch(&mut statistics));
        let logits = features.matmul(parameters.head.clone()) + parameters.bias.clone().unsqueeze();
        let correct = hits(&vector(logits.clone().inner()), &labels);
        let loss = cross_entropy(logits, &labels, &device);
        let mut tape = loss.backward();
        let mut four = |t: &Tensor<4>| t.grad_remove(&mut tape).map(vector).unwrap_or_default();
        let convs = parameters.convs.iter().map(&mut four).collect();
        let mut one = |t: &Tensor<1>| t.grad_remove(&mut tape).map(vector).unwrap_or_default();
        let gamma = parameters.gamma.iter().map(&mut one).collect();
        let beta = parameters.beta.iter().map(&mut one).collect();
        let bias = one(&parameters.bias);
        let head = parameters.head.grad_remove(&mut tape).map(vector).unwrap_or_default();
        let loss = f64::from(vector(loss.inner())[0]);
        Gradients { loss, correct, convs, gamma, beta, head, bias, statistics }
    }

    /// What the batch norms of a network see in a batch.
    pub fn statistics(
        &self,
        network: &Architecture,
        weights: &Weights,
        images: &Images,
        indices: &[usize],
    ) -> Statistics {
        let parameters = Parameters::new(network, weights, &self.device, None);
        let x = input(images.batch(indices).0, images.side, &self.device);
        let mut statistics = Statistics { mean: Vec::new(), variance: Vec::new() };
        forward(network, &parameters, x, Norm::Batch(&mut statistics));
        statistics
    }

    /// How many images of a batch the network classifies correctly, batch norms using their running statistics.
    pub fn correct(
        &self,
        network: &Architecture,
        weights: &Weights,
        images: &Images,
        indices: &[usize],
    ) -> usize {
        let (pixels, labels) = images.batch(indices);
        hits(&self.logits(network, weights, pixels), &labels)
    }

    /// Logits of normalised images, image by image, batch norms using their running statistics.
    fn logits(&self, network: &Architecture, weights: &Weights, pixels: Vec<f32>) -> Vec<f32> {
        let parameters = Parameters::new(network, &folded(weights), &self.device, None);
        let x = input(pixels, network.side, &self.device);
        let features = forward(network, &parameters, x, Norm::Folded);
        vector(features.matmul(parameters.head) + parameters.bias.unsqueeze())
    }

    /// Sum of all outputs for an image of ones, and its gradient by the kernels, where the network has the absolute
    /// weights, no batch norm and no bias (Tanaka et al. 2020, equation 5).
    pub(crate) fn flow(&self, network: &Architecture, weights: &Weights) -> Layers {
        let device = self.device.clone().autodiff();
        let absolute = |layer: &Vec<f32>| -> Vec<f32> { layer.iter().map(|w| w.abs()).collect() };
        let mut positive = weights.clone();
        positive.convs = weights.convs.iter().map(absolute).collect();
        positive.head = absolute(&weights.head);
        let parameters = Parameters::new(network, &positive, &device, Some(Wanted::Kernels));
        let ones = input(vec![1.0; network.side * network.side], network.side, &device);
        let features = forward(network, &parameters, ones, Norm::None);
        let mut tape = features.matmul(parameters.head).sum().backward();
        parameters.convs.iter().map(|t| t.grad_remove(&mut tape).map(vector).unwrap_or_default()).collect()
    }
}

/// How a convolution is normalised.
enum Norm<'a> {
    /// By the batch, whose statistics are noted down.
    Batch(&'a mut Statistics),
    /// It is part of the kernels; what is left is the shift.
    Folded,
    /// Not at all.
    None,
}

impl Parameters {
    fn new(network: &Architecture, weights: &Weights, device: &Device, wanted: Option<Wanted>) -> Self {
        let all = wanted == Some(Wanted::Everything);
        let vectors = |layers: &Layers| -> Vec<Tensor<1>> {
            layers.iter().map(|v| leaf(tensor(v, [v.len()], device), all)).collect()
        };
        let kernels = network.convs.iter().zip(&weights.convs);
        let shape = [network.features(), network.classes];
        Self {
            convs: kernels
                .map(|(conv, v)| leaf(tensor(v, [conv.outputs, conv.inputs, 3, 3], device), wanted.is_some()))
                .collect(),
            gamma: vectors(&weights.gamma),
            beta: vectors(&weights.beta),
            head: leaf(tensor(&weights.head, shape, device), all),
            bias: leaf(tensor(&weights.bias, [network.classes], device), all),
        }
    }
}

fn leaf<const D: usize>(tensor: Tensor<D>, wanted: bool) -> Tensor<D> {
    if wanted { tensor.require_grad() } else { tensor }
}

fn tensor<const D: usize>(values: &[f32], shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values.to_vec(), shape), device)
}

fn input(pixels: Vec<f32>, side: usize, device: &Device) -> Tensor<4> {
    let count = pixels.len() / (side * side);
    Tensor::from_data(TensorData::new(pixels, [count, 1, side, side]), device)
}

fn vector<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

/// The pooled features `[images, features]`.
fn forward(network: &Architecture, parameters: &Parameters, x: Tensor<4>, mut norm: Norm<'_>) -> Tensor<2> {
    let mut x = x;
    let needed = |index: usize| network.convs.iter().any(|conv| conv.shortcut == Some(index));
    let mut earlier: Vec<Option<Tensor<4>>> = Vec::new();
    for (index, conv) in network.convs.iter().enumerate() {
        let (gamma, beta) = (&parameters.gamma[index], &parameters.beta[index]);
        let bias = matches!(norm, Norm::Folded).then(|| beta.clone());
        let options = ConvOptions::new([conv.stride; 2], [1, 1], [1, 1], 1);
        x = conv2d(x, parameters.convs[index].clone(), bias, options);
        if let Norm::Batch(statistics) = &mut norm {
            let [images, _, height, width] = x.dims();
            let done = batch_norm_train(x, gamma.clone(), beta.clone(), EPSILON);
            let count = (images * height * width) as f32;
            let unbiased = count / (count - 1.0).max(1.0);
            statistics.mean.push(vector(done.mean));
            statistics.variance.push(vector(done.variance).iter().map(|v| v * unbiased).collect());
            x = done.output;
        }
        if let Some(from) = conv.shortcut
            && let Some(Some(earlier)) = earlier.get(from)
        {
            x = x + joined(earlier.clone(), network.stride_between(from, index), conv.outputs);
        }
        x = relu(x);
        earlier.push(needed(index).then(|| x.clone()));
        if conv.pool {
            x = max_pool2d(x, MaxPoolOptions::new([2, 2]));
        }
    }
    let [images, channels, height, width] = x.dims();
    x.reshape([images, channels, height * width]).mean_dim(2).reshape([images, channels])
}

/// A shortcut: every second pixel if strided, channels of zeros added (option A).
fn joined(x: Tensor<4>, stride: usize, channels: usize) -> Tensor<4> {
    // Pixels are skipped by a pool of one: burn's LibTorch backend cannot go back through a slice with steps.
    let skip = MaxPoolOptions::new([1, 1]).with_stride([stride; 2]);
    let x = if stride == 1 { x } else { max_pool2d(x, skip) };
    let [images, inputs, height, width] = x.dims();
    if inputs == channels {
        return x;
    }
    let zeros = Tensor::zeros([images, channels - inputs, height, width], &x.device());
    Tensor::cat(vec![x, zeros], 1)
}

/// Cross-entropy, mean over the batch.
fn cross_entropy(logits: Tensor<2>, labels: &[u8], device: &Device) -> Tensor<1> {
    let [images, classes] = logits.dims();
    let mut chosen = vec![0.0; images * classes];
    for (row, label) in labels.iter().enumerate() {
        chosen[row * classes + usize::from(*label)] = -1.0 / images as f32;
    }
    (log_softmax(logits, 1) * tensor(&chosen, [images, classes], device)).sum()
}

/// Rows whose label has the highest logit; the first of equal ones counts.
fn hits(logits: &[f32], labels: &[u8]) -> usize {
    let classes = logits.len() / labels.len().max(1);
    let best = |row: &[f32]| {
        let better = |best: usize, i: usize| if row[i] > row[best] { i } else { best };
        (1..row.len()).fold(0, better)
    };
    logits.chunks(classes.max(1)).zip(labels).filter(|(row, label)| best(row) == usize::from(**label)).count()
}

/// The weights with every batch norm made part of its convolution: kernel · γ/√(σ²+ε), shift β − μγ/√(σ²+ε).
fn folded(weights: &Weights) -> Weights {
    let mut folded = weights.clone();
    for layer in 0..weights.convs.len() {
        let channels = weights.gamma[layer].len();
        let kernel = weights.convs[layer].len() / channels.max(1);
        for channel in 0..channels {
            let deviation = libm::sqrtf(weights.variance[layer][channel] + EPSILON as f32);
            let scale = weights.gamma[layer][channel] / deviation;
            folded.convs[layer][channel * kernel..][..kernel].iter_mut().for_each(|w| *w *= scale);
            folded.beta[layer][channel] -= weights.mean[layer][channel] * scale;
        }
    }
    folded
}

#[cfg(test)]
mod tests;
