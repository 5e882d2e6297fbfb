//! Environments and the ENVS table.
//!
//! One module per environment: its space, decoding, simulator call, metrics and objectives. A new one costs its
//! file and two lines here: `mod` and a row.

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
