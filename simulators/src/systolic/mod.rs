//! Systolic arrays with double-buffered memories, cycle by cycle as SCALE-Sim 3.0.0 times them (Raj et al. 2025).
//!
//! A layer is laid out on the array in folds; [`Compute`] has their cycles and accesses in closed form. With a
//! bandwidth, [`simulate`] follows every line of the operands that do not fit their buffers and finds exactly when the
//! array waits; without one, nothing waits, and it counts what DRAM is asked for.
//!
//! ```
//! use sweepstake_simulators::systolic::{Array, Bandwidth, Dataflow, Scratch, Work, simulate};
//!
//! let bandwidth = Some(Bandwidth { ifmap: 2, filter: 2, ofmap: 2 });
//! let (dataflow, ifmap_kb, filter_kb, ofmap_kb) = (Dataflow::Os, 1, 1, 1);
//! let array = Array { rows: 8, columns: 8, dataflow, ifmap_kb, filter_kb, ofmap_kb, bandwidth };
//! let report = simulate(&array, &Work::gemm(64, 64, 64)?, &mut Scratch::default())?;
//! assert_eq!(report.cycles, report.compute.cycles + report.stall_cycles);
//! # Ok::<(), sweepstake_simulators::systolic::SystolicError>(())
//! ```

mod array;
mod demand;
mod error;
mod read_buffer;
mod report;
mod simulate;
mod topology;
mod work;
mod write_buffer;

pub use array::{Array, Bandwidth, Dataflow};
pub use error::SystolicError;
pub use report::{Compute, Report, Traffic, Transfers};
pub use simulate::{Scratch, simulate};
pub use topology::{NamedWork, read};
pub use work::{Shape, Work};
