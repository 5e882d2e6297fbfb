//! One small multilayer perceptron with exact gradients: what the agents that learn by gradients share.
//!
//! Everything is plain loops over slices in a fixed order. Libraries of linear algebra choose their kernels by
//! processor, which changes the last bits; here the same seed gives the same weights on every machine.

mod adam;
mod matrix;
mod perceptron;
mod softmax;

pub(crate) use adam::{Adam, clip};
pub use perceptron::Activation;
pub(crate) use perceptron::{Network, Shape};
pub(crate) use softmax::{entropy, log_softmax, sample};

/// Huber's loss of an error, quadratic up to ±1 and linear beyond (Huber 1964): its derivative.
pub(crate) fn huber_slope(error: f64) -> f64 {
    error.clamp(-1.0, 1.0)
}

#[cfg(test)]
mod tests;
