//! What a study says about its agents: normalised regret, who is ahead, and how sure that is.

mod comparison;
mod regret;

pub use comparison::{Comparison, Standing, Versus};
pub use regret::{Regrets, Scale};
