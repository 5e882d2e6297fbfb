//! Environments and the ENVS table.
//!
//! One module per environment: its space, decoding, simulator call, metrics and objectives. A new one costs its
//! file and two lines here: `mod` and a row.

use std::sync::{Mutex, PoisonError};

use rl_env::registry::EnvEntry;

pub mod active_selection;
pub mod candidate_selection;
pub mod cart_pole;
pub mod dnn_accelerator;
pub mod dnn_codesign;
pub mod dnn_mapping;
pub mod dram_controller;
pub mod dram_system;
pub mod landscape;
#[cfg(feature = "networks")]
pub mod pruning_mask;
pub mod soc;
pub mod soc_arch_gym;
pub mod systolic_array;

/// Every environment, sorted by id.
#[rustfmt::skip] // one row a line
pub static ENVS: &[EnvEntry] = &[
    active_selection::ENTRY,
    candidate_selection::ENTRY,
    cart_pole::ENTRY,
    dnn_accelerator::ENTRY,
    dnn_codesign::ENTRY,
    dnn_mapping::ENTRY,
    dram_controller::ENTRY,
    dram_system::ENTRY,
    landscape::ENTRY,
    #[cfg(feature = "networks")]
    pruning_mask::ENTRY,
    soc::ENTRY,
    soc_arch_gym::ENTRY,
    systolic_array::ENTRY,
];

/// Scratch memory of a simulator, for as many threads as evaluate at once.
#[derive(Debug)]
pub(crate) struct Pool<S>(Mutex<Vec<S>>);

impl<S> Default for Pool<S> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<S: Default> Pool<S> {
    /// Lends scratch memory.
    pub(crate) fn with<T>(&self, run: impl FnOnce(&mut S) -> T) -> T {
        let spare = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut scratch = spare.unwrap_or_default();
        let result = run(&mut scratch);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(scratch);
        result
    }
}
