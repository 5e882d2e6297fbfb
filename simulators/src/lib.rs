//! Hardware models: pure functions of a configuration and a workload.
//!
//! Nothing in this crate reads a file, a clock or an environment variable, or prints; the same input gives
//! the same bytes on every machine.

pub mod accelerator;
pub mod dataflow;
pub mod dram;
pub mod layer;
mod random;
pub mod selection;
pub mod soc;
pub mod systolic;
