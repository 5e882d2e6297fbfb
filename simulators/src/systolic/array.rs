//! A systolic array with its buffers: the design.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SystolicError;
use super::error::within;

/// Which operand stays in the array.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Dataflow {
    /// Output stationary: partial sums stay, inputs and filters stream.
    Os,
    /// Weight stationary: filters stay, inputs stream.
    Ws,
    /// Input stationary: inputs stay, filters stream.
    Is,
}

impl Dataflow {
    /// All of them.
    pub const ALL: [Dataflow; 3] = [Dataflow::Os, Dataflow::Ws, Dataflow::Is];

    /// Its two letters.
    #[must_use]
    pub fn name(self) -> &'static str {
        ["os", "ws", "is"][self as usize]
    }

    /// The dataflow of two letters.
    #[must_use]
    pub fn of(name: &str) -> Option<Dataflow> {
        Dataflow::ALL.into_iter().find(|dataflow| dataflow.name() == name)
    }
}

/// Words a cycle between DRAM and the buffers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bandwidth {
    /// Into the buffer of inputs.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub ifmap: u32,
    /// Into the buffer of filters.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub filter: u32,
    /// Out of the buffer of outputs.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub ofmap: u32,
}

/// A systolic array: its shape, its three double-buffered memories, what stays in it. A word is a byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Array {
    /// Rows of processing elements.
    #[schemars(range(min = 1, max = 4096))]
    pub rows: u32,
    /// Columns of processing elements.
    #[schemars(range(min = 1, max = 4096))]
    pub columns: u32,
    /// What stays.
    pub dataflow: Dataflow,
    /// Buffer of inputs in kB.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub ifmap_kb: u32,
    /// Buffer of filters in kB.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub filter_kb: u32,
    /// Buffer of outputs in kB.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub ofmap_kb: u32,
    /// Bandwidth of DRAM (USER mode); without it, whatever keeps the array from waiting (CALC mode).
    #[serde(default)]
    pub bandwidth: Option<Bandwidth>,
}

impl Array {
    /// Longest side.
    pub const MOST_SIDE: u32 = 4096;

    /// Largest buffer in kB, and fastest DRAM in words a cycle.
    pub const MOST: u32 = 1 << 20;

    /// The same array, known to be sound.
    ///
    /// # Errors
    /// [`SystolicError::OutOfRange`]: a size of zero or beyond the largest.
    pub fn checked(self) -> Result<Array, SystolicError> {
        within("rows", self.rows.into(), Array::MOST_SIDE.into())?;
        within("columns", self.columns.into(), Array::MOST_SIDE.into())?;
        let most = u64::from(Array::MOST);
        within("ifmap_kb", self.ifmap_kb.into(), most)?;
        within("filter_kb", self.filter_kb.into(), most)?;
        within("ofmap_kb", self.ofmap_kb.into(), most)?;
        if let Some(bandwidth) = self.bandwidth {
            within("bandwidth.ifmap", bandwidth.ifmap.into(), most)?;
            within("bandwidth.filter", bandwidth.filter.into(), most)?;
            within("bandwidth.ofmap", bandwidth.ofmap.into(), most)?;
        }
        Ok(self)
    }
}
