//! What a run costs, and the part of it that needs no simulation.

use serde::Serialize;

use super::array::{Array, Dataflow};
use super::demand::{Folds, laid_out};
use super::work::Work;

/// Words that move, and when.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Traffic {
    /// First cycle; what is fetched ahead starts before cycle 0.
    pub start: i64,
    /// Last cycle.
    pub stop: i64,
    /// Words.
    pub accesses: u64,
}

impl Traffic {
    /// Words a cycle from the first to the last cycle.
    #[must_use]
    pub fn bandwidth(&self) -> f64 {
        self.accesses as f64 / (self.stop - self.start + 1).max(1) as f64
    }
}

/// Traffic of an operand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Transfers {
    /// Between its buffer and the array.
    pub sram: Traffic,
    /// Between DRAM and its buffer.
    pub dram: Traffic,
}

/// What follows from the sizes alone: closed forms of the folds of a product on an array.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Compute {
    /// Index of the last cycle if nothing waits, which is what SCALE-Sim reports as the number of cycles.
    pub cycles: u64,
    /// Words that the array reads of inputs and filters and writes of outputs. Output-stationary arrays count
    /// `rows + columns` outputs too many for each fold, as SCALE-Sim does.
    pub sram_accesses: [u64; 3],
    /// Processing elements in use in percent, as a mean over folds.
    pub mapping_percent: f64,
    /// Processing elements busy in percent, as a mean over folds.
    pub busy_percent: f64,
}

impl Compute {
    /// Compute cycles and accesses of a layer on an array without waits. A sound array and work need no check.
    ///
    /// ```
    /// use sweepstake_simulators::systolic::{Array, Compute, Dataflow, Work};
    ///
    /// let (rows, columns) = (32, 8);
    /// let (dataflow, bandwidth) = (Dataflow::Os, None);
    /// let array = Array { rows, columns, dataflow, ifmap_kb: 1, filter_kb: 1, ofmap_kb: 64, bandwidth };
    /// let compute = Compute::new(&array.checked()?, &Work::gemm(300, 10, 20)?);
    /// assert_eq!((compute.cycles, compute.sram_accesses), (1159, [12_000, 2000, 3800]));
    /// # Ok::<(), sweepstake_simulators::systolic::SystolicError>(())
    /// ```
    #[must_use]
    pub fn new(array: &Array, work: &Work) -> Compute {
        let folds = Folds::new(array, work);
        let [down, across, time] = laid_out(array, work);
        let (rows, columns) = (u64::from(array.rows), u64::from(array.columns));
        let (streamed, stationary) = (down * time * folds.columns, down * across);
        let sums = across * time * folds.rows;
        // Cycles that an element of a fold is counted busy among.
        let (sram_accesses, cycles) = match array.dataflow {
            Dataflow::Os => {
                let filters = across * time * folds.rows;
                let outputs = stationary + folds.count() * (rows + columns);
                ([streamed, filters, outputs], folds.lines)
            }
            Dataflow::Ws => ([streamed, stationary, sums], folds.lines + columns - 1),
            Dataflow::Is => ([stationary, streamed, sums], folds.lines + columns - 1),
        };
        let built = (folds.count() * rows * columns) as f64;
        let used = stationary as f64 / built;
        Compute {
            cycles: folds.count() * folds.lines - 1,
            sram_accesses,
            mapping_percent: 100.0 * used,
            busy_percent: 100.0 * used * time as f64 / cycles as f64,
        }
    }
}

/// What a run costs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Report {
    /// Index of the last cycle, waits included; SCALE-Sim's number of cycles.
    pub cycles: u64,
    /// Cycles that the array waits, as SCALE-Sim counts them.
    pub stall_cycles: u64,
    /// Cycles from the first word fetched to the last word written back.
    pub overall_cycles: i64,
    /// Multiply-accumulates over cycles and processing elements, in percent.
    pub utilization_percent: f64,
    /// The part without waits.
    pub compute: Compute,
    /// Inputs.
    pub ifmap: Transfers,
    /// Filters.
    pub filter: Transfers,
    /// Outputs.
    pub ofmap: Transfers,
}

impl Report {
    /// Words from and to DRAM.
    #[must_use]
    pub fn dram_words(&self) -> u64 {
        self.ifmap.dram.accesses + self.filter.dram.accesses + self.ofmap.dram.accesses
    }

    /// Traffic of inputs, filters and outputs.
    #[must_use]
    pub fn transfers(&self) -> [&Transfers; 3] {
        [&self.ifmap, &self.filter, &self.ofmap]
    }
}

/// A buffer and what it is filled with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Memory {
    pub(super) bytes: u64,
    /// Words a cycle from DRAM; unused in CALC mode.
    pub(super) bandwidth: u32,
    /// Words of the sequence in which it is filled.
    pub(super) sequence: u64,
    /// Different words among them.
    pub(super) distinct: u64,
    /// Where their addresses end.
    pub(super) addresses: u64,
}
