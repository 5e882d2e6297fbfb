//! Gaussian-process regression over design spaces (Rasmussen and Williams 2006, chapters 2, 4 and 5).
//!
//! [`Features`] turns designs into points, [`Surrogate`] predicts what targets unseen designs have, [`Hyper`] are
//! its hyperparameters, and [`warp`] brings rewards of any scale into the shape that it can model.

mod cholesky;
mod evidence;
mod features;
mod kernel;
mod surrogate;
pub(crate) mod warp;

pub(crate) use evidence::Hyper;
pub(crate) use features::{Column, Features, Role};
pub use kernel::Kernel;
pub(crate) use surrogate::{Prediction, Surrogate};
