//! What several agents share: rounds of proposals and the machinery of models.
//!
//! Nothing here is a search method; those are the files beside this folder.

pub(crate) mod crossover;
pub(crate) mod novelty;
pub(crate) mod point;
pub(crate) mod round;
