//! The perceptron: layers of weights in one vector, passes forwards and back.

use libm::tanh;
use ndarray::Array2;
use rl_env::Error;
use rl_env::seed::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::matrix::{add_product, transposed};

/// What a hidden unit makes of its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// Hyperbolic tangent.
    Tanh,
    /// The positive part.
    Relu,
}

impl Activation {
    fn apply(self, values: &mut Array2<f64>) {
        match self {
            Self::Tanh => values.iter_mut().for_each(|x| *x = tanh(*x)),
            Self::Relu => values.iter_mut().for_each(|x| *x = x.max(0.0)),
        }
    }

    /// Its derivative, from its value.
    fn slope(self, value: f64) -> f64 {
        match self {
            Self::Tanh => 1.0 - value * value,
            Self::Relu => f64::from(value > 0.0),
        }
    }
}

/// The form of a network.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shape {
    pub(crate) inputs: usize,
    /// Units of each hidden layer; none makes the network linear.
    pub(crate) hidden: Vec<usize>,
    pub(crate) outputs: usize,
    pub(crate) activation: Activation,
    /// Scale of the initial weights of the last layer.
    pub(crate) gain: f64,
    /// A linear path beside the layers (Cheng et al. 2016, Wide & Deep): its first input and its gain. It reads
    /// the inputs from there on, starts at zero, and learns as many times faster as the gain says. On a one-hot
    /// input it is a table.
    pub(crate) table: Option<(usize, f64)>,
}

/// Where a layer's weights (one row an input) and biases stand.
#[derive(Debug, Clone, Copy)]
struct Layer {
    start: usize,
    inputs: usize,
    outputs: usize,
}

impl Layer {
    fn weights(self) -> usize {
        self.inputs * self.outputs
    }

    fn end(self) -> usize {
        self.start + self.weights() + self.outputs
    }
}

/// A multilayer perceptron.
#[derive(Debug, Clone)]
pub(crate) struct Network {
    shape: Shape,
    layers: Vec<Layer>,
    parameters: Vec<f64>,
}

/// What a pass forwards leaves for the pass back.
pub(crate) struct Pass {
    /// The input of each layer.
    inputs: Vec<Array2<f64>>,
    pub(crate) outputs: Array2<f64>,
}

impl Network {
    /// Orthogonal weights (Saxe et al. 2014) of gain √2 in the hidden layers, biases and table at zero.
    pub(crate) fn new(shape: Shape, rng: &mut Rng) -> Self {
        let sizes: Vec<usize> = [&[shape.inputs], &shape.hidden[..], &[shape.outputs]].concat();
        let mut layers = Vec::new();
        let mut parameters = Vec::new();
        for (i, pair) in sizes.windows(2).enumerate() {
            let layer = Layer { start: parameters.len(), inputs: pair[0], outputs: pair[1] };
            let gain = if i == shape.hidden.len() { shape.gain } else { 2.0_f64.sqrt() };
            parameters.extend(orthogonal(layer.inputs, layer.outputs, gain, rng));
            parameters.resize(layer.end(), 0.0);
            layers.push(layer);
        }
        let mut network = Self { shape, layers, parameters };
        network.parameters.resize(network.table_start() + network.table_len(), 0.0);
        network
    }

    /// All weights.
    pub(crate) fn parameters(&self) -> &[f64] {
        &self.parameters
    }

    /// All weights, to be changed.
    pub(crate) fn parameters_mut(&mut self) -> &mut [f64] {
        &mut self.parameters
    }

    /// Takes up weights from a snapshot.
    ///
    /// # Errors
    /// [`Error::Snapshot`] if they are not those of such a network.
    pub(crate) fn restore(&mut self, what: &'static str, parameters: Vec<f64>) -> Result<(), Error> {
        let count = self.parameters.len();
        if parameters.len() != count || !parameters.iter().all(|x| x.is_finite()) {
            let problem = format!("its network has not {count} finite weights");
            return Err(Error::Snapshot { what, problem });
        }
        self.parameters = parameters;
        Ok(())
    }

    /// The outputs for rows of inputs.
    pub(crate) fn forward(&self, inputs: Array2<f64>) -> Pass {
        let mut pass = Pass { inputs: Vec::with_capacity(self.layers.len()), outputs: inputs };
        for (i, layer) in self.layers.iter().enumerate() {
            let (weights, biases) = self.parameters[layer.start..layer.end()].split_at(layer.weights());
            let mut outputs = Array2::zeros((pass.outputs.nrows(), layer.outputs));
            for row in values_mut(&mut outputs).chunks_exact_mut(layer.outputs.max(1)) {
                row.copy_from_slice(biases);
            }
            let sum = values_mut(&mut outputs);
            add_product(values(&pass.outputs), layer.inputs, weights, layer.outputs, sum);
            if i + 1 < self.layers.len() {
                self.shape.activation.apply(&mut outputs);
            }
            pass.inputs.push(std::mem::replace(&mut pass.outputs, outputs));
        }
        self.add_table(&mut pass);
        pass
    }

    /// The outputs for one row of inputs.
    pub(crate) fn evaluate(&self, inputs: &[f64]) -> Vec<f64> {
        let row = Array2::from_shape_vec((1, inputs.len()), inputs.to_vec());
        row.map(|row| self.forward(row).outputs.into_raw_vec_and_offset().0).unwrap_or_default()
    }

    /// Adds to `gradient` that of the parameters, given the `slopes` of the outputs of a pass.
    pub(crate) fn backward(&self, pass: &Pass, mut slopes: Array2<f64>, gradient: &mut [f64]) {
        self.add_table_gradient(pass, &slopes, &mut gradient[self.table_start()..]);
        for (layer, inputs) in self.layers.iter().zip(&pass.inputs).rev() {
            let (weights, biases) = gradient[layer.start..layer.end()].split_at_mut(layer.weights());
            for row in values(&slopes).chunks_exact(layer.outputs.max(1)) {
                biases.iter_mut().zip(row).for_each(|(bias, slope)| *bias += slope);
            }
            let columns = transposed(values(inputs), layer.inputs);
            add_product(&columns, slopes.nrows(), values(&slopes), layer.outputs, weights);
            if layer.start == 0 {
                return;
            }
            let rows = transposed(&self.parameters[layer.start..][..layer.weights()], layer.outputs);
            let mut before = Array2::zeros((slopes.nrows(), layer.inputs));
            add_product(values(&slopes), layer.outputs, &rows, layer.inputs, values_mut(&mut before));
            let activation = self.shape.activation;
            before.iter_mut().zip(inputs).for_each(|(slope, value)| *slope *= activation.slope(*value));
            slopes = before;
        }
    }

    fn table_start(&self) -> usize {
        self.layers.last().map_or(0, |layer| layer.end())
    }

    fn table_len(&self) -> usize {
        let rows = self.shape.table.map_or(0, |(first, _)| self.shape.inputs.saturating_sub(first));
        rows * self.shape.outputs
    }

    fn add_table(&self, pass: &mut Pass) {
        let (Some((first, gain)), Some(inputs)) = (self.shape.table, pass.inputs.first()) else { return };
        let (width, table) = (self.shape.outputs.max(1), &self.parameters[self.table_start()..]);
        let outputs = values_mut(&mut pass.outputs).chunks_exact_mut(width);
        for (inputs, outputs) in values(inputs).chunks_exact(self.shape.inputs.max(1)).zip(outputs) {
            let rows = inputs.iter().skip(first).zip(table.chunks_exact(width));
            for (input, row) in rows.filter(|(input, _)| **input != 0.0) {
                outputs.iter_mut().zip(row).for_each(|(output, entry)| *output += gain * input * entry);
            }
        }
    }

    fn add_table_gradient(&self, pass: &Pass, slopes: &Array2<f64>, gradient: &mut [f64]) {
        let (Some((first, gain)), Some(inputs)) = (self.shape.table, pass.inputs.first()) else { return };
        let (count, columns) = (inputs.nrows(), transposed(values(inputs), self.shape.inputs));
        let slopes = slopes * gain;
        add_product(&columns[first * count..], count, values(&slopes), self.shape.outputs, gradient);
    }
}

/// The numbers row by row; the arrays here are never views or transposes.
fn values(array: &Array2<f64>) -> &[f64] {
    array.as_slice().unwrap_or_default()
}

fn values_mut(array: &mut Array2<f64>) -> &mut [f64] {
    array.as_slice_mut().unwrap_or_default()
}

/// A matrix of `inputs` rows whose rows or columns, whichever are fewer, are orthogonal and of length `gain`.
fn orthogonal(inputs: usize, outputs: usize, gain: f64, rng: &mut Rng) -> Vec<f64> {
    let (count, length) = (inputs.min(outputs), inputs.max(outputs));
    let mut vectors: Vec<Vec<f64>> = Vec::with_capacity(count);
    for _ in 0..count {
        let mut vector: Vec<f64> = (0..length).map(|_| rng.normal()).collect();
        // Gram and Schmidt, twice for the sake of rounding.
        for other in vectors.iter().chain(&vectors) {
            let share: f64 = vector.iter().zip(other).map(|(a, b)| a * b).sum();
            vector.iter_mut().zip(other).for_each(|(a, b)| *a -= share * b);
        }
        let norm = vector.iter().map(|x| x * x).sum::<f64>().sqrt();
        if norm > 0.0 {
            vector.iter_mut().for_each(|x| *x /= norm);
        }
        vectors.push(vector);
    }
    let entry = |i: usize, j: usize| if inputs <= outputs { vectors[i][j] } else { vectors[j][i] };
    (0..inputs).flat_map(|i| (0..outputs).map(move |j| (i, j))).map(|(i, j)| gain * entry(i, j)).collect()
}

#[cfg(test)]
mod tests {
    use rl_env::seed::Seed;

    use super::*;

    #[test]
    fn initial_weights_are_orthogonal() {
        for (inputs, outputs) in [(4, 9), (9, 4), (3, 3), (1, 5)] {
            let weights = orthogonal(inputs, outputs, 2.0, &mut Seed(1).stream("test"));
            let rows: Vec<&[f64]> = weights.chunks(outputs).collect();
            let columns: Vec<Vec<f64>> =
                (0..outputs).map(|j| rows.iter().map(|row| row[j]).collect()).collect();
            let vectors: Vec<&[f64]> =
                if inputs <= outputs { rows } else { columns.iter().map(Vec::as_slice).collect() };
            for (i, a) in vectors.iter().enumerate() {
                for (j, b) in vectors.iter().enumerate() {
                    let product: f64 = a.iter().zip(*b).map(|(x, y)| x * y).sum();
                    let expected = if i == j { 4.0 } else { 0.0 };
                    assert!((product - expected).abs() < 1e-12, "{inputs} × {outputs}: {i}, {j}");
                }
            }
        }
    }
}
