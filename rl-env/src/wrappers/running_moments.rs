//! Running mean and variance, in gymnasium's arithmetic.

use serde::{Deserialize, Serialize};

use crate::space::DType;

/// Count before the first value: gymnasium starts with a tiny pseudo-sample of mean 0 and variance 1.
const FIRST_COUNT: f64 = 1e-4;

/// Mean and variance of each value of a stream of vectors (Chan et al. 1979, as in gymnasium's
/// `RunningMeanStd`), every operation rounded to the number type that NumPy would use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunningMoments {
    mean: Vec<f64>,
    variance: Vec<f64>,
    count: f64,
    dtype: DType,
    /// Gymnasium keeps the first moments of observations as `float32` whatever comes later, which rounds their
    /// share in the first update.
    narrow_start: bool,
}

impl RunningMoments {
    /// Moments of vectors of `length` numbers of this type.
    pub fn new(length: usize, dtype: DType) -> Self {
        let (mean, variance) = (vec![0.0; length], vec![1.0; length]);
        Self { mean, variance, count: FIRST_COUNT, dtype, narrow_start: false }
    }

    /// As gymnasium's observation statistics start.
    pub(super) fn of_observations(length: usize, dtype: DType) -> Self {
        Self { narrow_start: true, ..Self::new(length, dtype) }
    }

    /// Mean of each value.
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// Variance of each value.
    pub fn variance(&self) -> &[f64] {
        &self.variance
    }

    /// Takes in one vector, a batch of one: its mean is itself and its variance 0.
    pub fn update(&mut self, values: &[f64]) {
        let round = |x: f64| self.dtype.round(x);
        let (count, total) = (round(self.count), round(self.count + 1.0));
        let narrow = std::mem::replace(&mut self.narrow_start, false);
        let weight = if narrow { DType::Float32.round(count) } else { count };
        for ((mean, variance), value) in self.mean.iter_mut().zip(&mut self.variance).zip(values) {
            let delta = round(value - *mean);
            *mean = round(*mean + round(delta / total));
            let spread = round(round(round(delta * delta) * count) / total);
            *variance = round(round(round(*variance * weight) + spread) / total);
        }
        self.count += 1.0;
    }

    /// (value − mean) / √(variance + ε), as `float32`.
    pub fn normalise(&self, values: &[f64], epsilon: f64) -> Vec<f64> {
        let round = |x: f64| self.dtype.round(x);
        let one = |((value, mean), variance): ((&f64, &f64), &f64)| {
            let deviation = round(round(variance + round(epsilon)).sqrt());
            DType::Float32.round(round(round(value - mean) / deviation))
        };
        values.iter().zip(&self.mean).zip(&self.variance).map(one).collect()
    }

    pub(super) fn fits(&self, length: usize) -> bool {
        self.mean.len() == length && self.variance.len() == length
    }
}
