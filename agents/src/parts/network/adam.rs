//! Adam (Kingma and Ba 2015) and the clipping of gradients by their norm.

use libm::pow;
use rl_env::Error;
use serde::{Deserialize, Serialize};

/// Decay of the mean of gradients, β₁.
const FIRST_DECAY: f64 = 0.9;
/// Decay of the mean of their squares, β₂.
const SECOND_DECAY: f64 = 0.999;
/// ε of the denominator; 1e-5 as in the usual implementations of PPO.
const EPSILON: f64 = 1e-5;

/// State of the optimiser of one vector of parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Adam {
    steps: u64,
    /// Moving mean of the gradients.
    first: Vec<f64>,
    /// Moving mean of their squares.
    second: Vec<f64>,
}

impl Adam {
    /// For `count` parameters, before the first step.
    pub(crate) fn new(count: usize) -> Self {
        Self { steps: 0, first: vec![0.0; count], second: vec![0.0; count] }
    }

    /// Moves the parameters against the gradient: their algorithm 1.
    pub(crate) fn step(&mut self, parameters: &mut [f64], gradient: &[f64], rate: f64) {
        self.steps += 1;
        let steps = self.steps as f64;
        let first_bias = 1.0 - pow(FIRST_DECAY, steps);
        let second_bias = (1.0 - pow(SECOND_DECAY, steps)).sqrt();
        let moments = self.first.iter_mut().zip(&mut self.second);
        for ((parameter, slope), (first, second)) in parameters.iter_mut().zip(gradient).zip(moments) {
            *first = FIRST_DECAY * *first + (1.0 - FIRST_DECAY) * slope;
            *second = SECOND_DECAY * *second + (1.0 - SECOND_DECAY) * slope * slope;
            *parameter -= rate * (*first / first_bias) / (second.sqrt() / second_bias + EPSILON);
        }
    }

    /// Checks a restored state for `count` parameters.
    ///
    /// # Errors
    /// [`Error::Snapshot`] for other lengths, and for moments that no step can have left.
    pub(crate) fn check(&self, what: &'static str, count: usize) -> Result<(), Error> {
        let sound = |moments: &[f64]| moments.len() == count && moments.iter().all(|x| x.is_finite());
        if sound(&self.first) && sound(&self.second) && self.second.iter().all(|x| *x >= 0.0) {
            return Ok(());
        }
        let problem = format!("its optimiser is not one of {count} parameters");
        Err(Error::Snapshot { what, problem })
    }
}

/// Scales gradients down together so that their Euclidean norm is at most `most`. False if there is no finite norm:
/// such a step has to be left out.
pub(crate) fn clip(gradients: &mut [&mut [f64]], most: f64) -> bool {
    let square = |sum: f64, slope: &f64| sum + slope * slope;
    let norm = gradients.iter().flat_map(|gradient| gradient.iter()).fold(0.0, square).sqrt();
    if !norm.is_finite() {
        return false;
    }
    if norm > most {
        let scale = most / norm;
        gradients.iter_mut().flat_map(|gradient| gradient.iter_mut()).for_each(|slope| *slope *= scale);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_steps_are_those_of_the_paper() {
        let (mut adam, mut parameters) = (Adam::new(1), [1.0]);
        // m̂ = g and v̂ = g² after the first step, so it is the rate itself, up to ε.
        adam.step(&mut parameters, &[4.0], 0.1);
        assert!((parameters[0] - (1.0 - 0.1 * 4.0 / (4.0 + 1e-5))).abs() < 1e-12);
        // m = 0.9·0.4 − 0.1·2 = 0.16, v = 0.999·0.016 + 0.001·4 = 0.019984.
        let before = parameters[0];
        adam.step(&mut parameters, &[-2.0], 0.1);
        let (m, v): (f64, f64) = (0.16 / (1.0 - 0.81), 0.019_984 / (1.0 - 0.998_001));
        assert!((before - parameters[0] - 0.1 * m / (v.sqrt() + 1e-5)).abs() < 1e-9);
    }

    #[test]
    fn the_norm_is_shared_by_all_gradients() {
        let (mut a, mut b) = ([3.0], [4.0, 0.0]);
        assert!(clip(&mut [&mut a, &mut b], 5.0));
        assert_eq!((a, b), ([3.0], [4.0, 0.0]));
        assert!(clip(&mut [&mut a, &mut b], 1.0));
        assert!((a[0] - 0.6).abs() < 1e-15 && (b[0] - 0.8).abs() < 1e-15);
        assert!(!clip(&mut [&mut [f64::NAN]], 1.0) && !clip(&mut [&mut [f64::MAX]], 1.0));
    }
}
