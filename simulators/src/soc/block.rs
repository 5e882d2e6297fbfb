//! Blocks: processors, accelerators, memories and interconnects, with their rates and costs.

use serde::{Deserialize, Serialize};

use super::graph::Accelerator;
use super::workload::Workload;

/// Widths of memories and interconnects, in bytes.
pub const WIDTHS_BYTES: [u32; 6] = [4, 8, 16, 32, 64, 128];
/// Clocks of accelerators, memories and interconnects, in units of 100 MHz.
pub const CLOCKS: [u32; 4] = [1, 4, 6, 8];

const CLOCK_HZ: f64 = 1e8;
/// Instructions a second of the general-purpose processor: two a cycle at 1 GHz.
pub(super) const PROCESSOR_RATE: f64 = 2e9;
/// Instructions of the processor for a joule.
pub(super) const PROCESSOR_WORK_PER_J: f64 = 47_019_607_843.0;
/// Area of the processor in m².
pub(super) const PROCESSOR_AREA_M2: f64 = 6.5e-7;
/// Scaling of accelerators' energy and area to the technology.
pub(super) const ENERGY_SCALE: f64 = 0.064;
const AREA_SCALE: f64 = 0.0374;

/// An accelerator at its lowest clock, not unrolled; all 0 where a task has none.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Hardware {
    /// Instructions a second.
    rate: f64,
    joules_per_instruction: f64,
    area_m2: f64,
}

impl Hardware {
    pub(super) fn new(accelerator: &Accelerator, work: f64) -> Self {
        Self {
            rate: work / (accelerator.cycles / CLOCK_HZ),
            joules_per_instruction: accelerator.energy_fj * 1e-15 * ENERGY_SCALE / work,
            area_m2: accelerator.area_um2 * 1e-12 * AREA_SCALE,
        }
    }
}

/// A block of a system on chip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "block", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Block {
    /// A general-purpose processor (ARM Cortex-A53) at 1 GHz, for any task.
    Processor,
    /// Hardware for one task.
    Accelerator {
        /// Index of the task.
        task: usize,
        /// Copies of its loop body.
        unroll: u32,
        /// Clock, in units of 100 MHz.
        clock: u32,
    },
    /// A memory, as large as its peak occupancy needs.
    Memory {
        /// What it is made of.
        kind: MemoryKind,
        /// Bytes a cycle, for reads and as many for writes.
        width_bytes: u32,
        /// Clock, in units of 100 MHz.
        clock: u32,
    },
    /// A crossbar: the full width for every output, for reads and as many for writes.
    Interconnect {
        /// Bytes a cycle.
        width_bytes: u32,
        /// Clock, in units of 100 MHz.
        clock: u32,
    },
}

/// What a memory is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MemoryKind {
    /// DRAM, stacked on the chip.
    Dram,
    /// SRAM.
    Sram,
}

impl MemoryKind {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Dram => "DRAM",
            Self::Sram => "SRAM",
        }
    }
}

impl Block {
    /// Whether tasks run on it.
    #[must_use]
    pub fn is_pe(&self) -> bool {
        matches!(self, Self::Processor | Self::Accelerator { .. })
    }

    /// Whether it is a memory.
    #[must_use]
    pub fn is_memory(&self) -> bool {
        matches!(self, Self::Memory { .. })
    }

    /// Whether it is an interconnect.
    #[must_use]
    pub fn is_interconnect(&self) -> bool {
        matches!(self, Self::Interconnect { .. })
    }

    /// Whether `task` can run on it.
    #[must_use]
    pub fn runs(&self, task: usize) -> bool {
        match self {
            Self::Processor => true,
            Self::Accelerator { task: own, .. } => *own == task,
            _ => false,
        }
    }

    /// Peak rate: instructions a second of processors and accelerators, bytes a second of the others.
    #[must_use]
    pub fn rate(&self, workload: &Workload) -> f64 {
        match *self {
            Self::Processor => PROCESSOR_RATE,
            Self::Accelerator { task, unroll, clock } => {
                f64::from(clock) * f64::from(unroll) * workload.tasks[task].hardware.rate
            }
            Self::Memory { width_bytes, clock, .. } | Self::Interconnect { width_bytes, clock } => {
                f64::from(width_bytes) * f64::from(clock) * CLOCK_HZ
            }
        }
    }

    /// Joules an instruction of processors and accelerators; 0 for the others.
    #[must_use]
    pub fn joules_per_instruction(&self, workload: &Workload) -> f64 {
        match *self {
            Self::Processor => 1.0 / PROCESSOR_WORK_PER_J,
            Self::Accelerator { task, unroll, .. } => {
                workload.tasks[task].hardware.joules_per_instruction * f64::from(unroll)
            }
            _ => 0.0,
        }
    }

    /// Area in m² of processors and accelerators; 0 for interconnects, and for memories, whose area is that of their
    /// size.
    #[must_use]
    pub fn area_m2(&self, workload: &Workload) -> f64 {
        match *self {
            Self::Processor => PROCESSOR_AREA_M2,
            Self::Accelerator { task, unroll, .. } => {
                workload.tasks[task].hardware.area_m2 * f64::from(unroll)
            }
            _ => 0.0,
        }
    }

    /// What it is, for people: `SRAM 16 B at 400 MHz`.
    #[must_use]
    pub fn label(&self, workload: &Workload) -> String {
        match *self {
            Self::Processor => "Cortex-A53 at 1 GHz".to_owned(),
            Self::Accelerator { task, unroll, clock } => {
                format!("{} ×{unroll} at {}00 MHz", workload.tasks()[task].name, clock)
            }
            Self::Memory { kind, width_bytes, clock } => {
                format!("{} {width_bytes} B at {clock}00 MHz", kind.name())
            }
            Self::Interconnect { width_bytes, clock } => format!("bus {width_bytes} B at {clock}00 MHz"),
        }
    }
}
