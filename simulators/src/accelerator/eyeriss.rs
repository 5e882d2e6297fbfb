//! The accelerator that ArchGym searches: Eyeriss, with its sizes as parameters.
//!
//! DRAM, a shared buffer, a dummy buffer for each row of the mesh, and in each processing element a spad for inputs,
//! one for weights and one for partial sums. Timeloop sees the spads as a chain in which each passes the others' data.

use super::architecture::{Architecture, Level, Mac};
use super::error::AcceleratorError;
use super::mapper::{Keep, Rules};
use super::technology::{Class, LPDDR4_PJ_PER_BIT, MAC_PJ, MAC_UM2, memory};

/// Bits of a word.
pub const WORD_BITS: u32 = 16;

/// Words of a DRAM access.
const DRAM_BLOCK: u32 = 4;

/// A memory of the accelerator.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Memory {
    /// How it is built.
    pub class: Class,
    /// Blocks it holds.
    pub depth: u32,
    /// Words of a block.
    pub block: u32,
    /// Banks.
    pub banks: u32,
    /// Words read in a cycle; unlimited if none.
    pub read_bandwidth: Option<u32>,
    /// Words written in a cycle; unlimited if none.
    pub write_bandwidth: Option<u32>,
}

/// The sizes of the accelerator.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Eyeriss {
    /// Processing elements, a multiple of `mesh_x`.
    pub elements: u32,
    /// Processing elements in a row.
    pub mesh_x: u32,
    /// Spad for inputs.
    pub inputs: Memory,
    /// Spad for weights.
    pub weights: Memory,
    /// Spad for partial sums.
    pub sums: Memory,
    /// Buffer of each row.
    pub dummy: Memory,
    /// Shared buffer.
    pub shared: Memory,
}

impl Default for Eyeriss {
    /// ArchGym's template: 168 processing elements and a shared buffer of 128 KiB.
    fn default() -> Self {
        let spad = |class, depth| Memory {
            class,
            depth,
            block: 1,
            banks: 1,
            read_bandwidth: Some(2),
            write_bandwidth: Some(2),
        };
        let shared = Memory {
            class: Class::SmartbufferSram,
            depth: 16_384,
            block: 4,
            banks: 32,
            read_bandwidth: Some(16),
            write_bandwidth: Some(16),
        };
        let dummy = Memory {
            class: Class::Regfile,
            depth: 16,
            block: 1,
            banks: 1,
            read_bandwidth: None,
            write_bandwidth: None,
        };
        Eyeriss {
            elements: 168,
            mesh_x: 14,
            inputs: spad(Class::SmartbufferRf, 16),
            weights: spad(Class::SmartbufferRf, 192),
            sums: spad(Class::Regfile, 16),
            dummy,
            shared,
        }
    }
}

impl Eyeriss {
    /// The accelerator, without links between neighbours.
    ///
    /// # Errors
    /// A size out of range, or elements that do not fill their rows.
    pub fn architecture(&self) -> Result<Architecture, AcceleratorError> {
        let dram = f64::from(DRAM_BLOCK * WORD_BITS) * LPDDR4_PJ_PER_BIT;
        let dram = Level {
            name: "DRAM".to_owned(),
            block: DRAM_BLOCK,
            read_energy_pj: dram,
            write_energy_pj: dram,
            ..Level::default()
        };
        let (elements, mesh_x) = (self.elements, self.mesh_x);
        let levels = vec![
            dram,
            level("shared_glb", &self.shared, 1, 1),
            level("DummyBuffer", &self.dummy, mesh_x, mesh_x),
            level("ifmap_spad", &self.inputs, elements, mesh_x),
            level("weights_spad", &self.weights, elements, mesh_x),
            level("psum_spad", &self.sums, elements, mesh_x),
        ];
        let mac = Mac { instances: elements, mesh_x, energy_pj: MAC_PJ, area_um2: MAC_UM2 };
        Ok(Architecture::new(levels, mac)?.with_links(false))
    }
}

/// What each level may keep: the dummy buffer nothing, each spad its own; the shared buffer may pass weights by.
#[must_use]
pub fn rules() -> Rules {
    let mut rules = Rules::default();
    rules[1] = [Keep::Free, Keep::Always, Keep::Always];
    rules[2] = [Keep::Never; 3];
    rules[3] = [Keep::Never, Keep::Always, Keep::Never];
    rules[4] = [Keep::Always, Keep::Never, Keep::Never];
    rules[5] = [Keep::Never, Keep::Never, Keep::Always];
    rules
}

fn level(name: &str, built: &Memory, instances: u32, mesh_x: u32) -> Level {
    let width = built.block.saturating_mul(WORD_BITS);
    let cost = memory(built.class, u64::from(built.depth), width, built.banks);
    Level {
        name: name.to_owned(),
        words: Some(u64::from(built.depth) * u64::from(built.block)),
        word_bits: WORD_BITS,
        block: built.block,
        instances,
        mesh_x,
        read_bandwidth: built.read_bandwidth.map(f64::from),
        write_bandwidth: built.write_bandwidth.map(f64::from),
        read_energy_pj: cost.read_pj,
        write_energy_pj: cost.write_pj,
        area_um2: cost.area_um2,
    }
}
