//! What several agents share: rounds of proposals and the machinery of models.
//!
//! Nothing here is a search method; those are the files beside this folder.

pub(crate) mod acting;
pub(crate) mod actor_critic;
pub(crate) mod approx;
pub(crate) mod breeding;
pub(crate) mod crossover;
pub(crate) mod forest;
pub(crate) mod gaussian_process;
pub(crate) mod network;
pub(crate) mod normal;
pub(crate) mod point;
pub(crate) mod ranking;
#[cfg(test)]
#[path = "tests/rehearsal.rs"]
pub(crate) mod rehearsal;
pub(crate) mod replay;
pub(crate) mod rollout;
pub(crate) mod round;
pub(crate) mod seen;
