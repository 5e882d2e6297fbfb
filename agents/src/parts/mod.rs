//! What several agents share: rounds of proposals and the machinery of models.
//!
//! Nothing here is a search method; those are the files beside this folder.

pub(crate) mod breeding;
pub(crate) mod crossover;
#[cfg(test)]
pub(crate) mod rehearsal;
pub(crate) mod round;
pub(crate) mod seen;
