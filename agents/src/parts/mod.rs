//! What several agents share: rounds of proposals and the machinery of models.
//!
//! Nothing here is a search method; those are the files beside this folder.

pub(crate) mod approx;
pub(crate) mod crossover;
pub(crate) mod forest;
pub(crate) mod round;
pub(crate) mod seen;
#[cfg(test)]
pub(crate) mod tests;
