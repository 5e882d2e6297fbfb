//! A system on chip that runs task graphs: processors, accelerators, memories and interconnects.
//!
//! The model is that of the public simulator FARSI (Boroujerdian et al. 2022, arXiv 2201.05232): tasks share links by
//! their bytes, time runs in phases between events, and every phase has one rate for every running task.
//! [`Fidelity::Farsi`] gives the numbers of the original, [`Fidelity::Corrected`] those without its four defects.
//!
//! ```
//! use sweepstake_simulators::soc::{Fidelity, Scratch, Workload, simulate, starting_point};
//!
//! let workload = Workload::built_in("audio-decoder")?;
//! let design = starting_point(&workload);
//! let report = simulate(&design, &workload, Fidelity::Farsi, &mut Scratch::default())?;
//! assert!((report.latency_s(0) - 0.010_817_377).abs() < 1e-9);
//! # Ok::<(), sweepstake_simulators::soc::SocError>(())
//! ```
//!
//! In reading order: `graph` (what applications compute), `workload` (graphs together), `block` and `design` (what a
//! chip is), `arrange` (a drawn topology tidied as FARSI does), `wiring` (a design, checked, and its routes), `tables` (who
//! shares which pipe), `shares` (rates), `phases` (time), `metrics` (energy, power, area, cost), `report` and `trace` (what came out).

mod arrange;
mod block;
mod design;
mod error;
pub mod farsi;
mod graph;
mod memory_rows;
mod memory_table;
mod metrics;
mod phases;
mod report;
mod shares;
mod tables;
mod trace;
mod wiring;
mod workload;
pub mod workloads;

pub use arrange::{arrange, starting_point};
pub use block::{Block, CLOCKS, MemoryKind, WIDTHS_BYTES};
pub use design::{MAX_INTERCONNECTS, MAX_OF_A_KIND, Soc};
pub use error::SocError;
pub use graph::{Accelerator, Budget, Edge, MAX_EDGES, MAX_TASKS, Task, TaskGraph, TaskKind};
pub use report::{Area, Distance, Report};
pub use trace::{Span, Trace};
pub use workload::{Application, EdgeRow, MAX_APPLICATIONS, TaskRow, Workload};

/// Which model is simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fidelity {
    /// FARSI as it is.
    #[default]
    Farsi,
    /// FARSI without its plain defects: tasks run to their end instead of 99 % of it; tasks that wait for a processor
    /// get it in the order in which they came; every parent frees its data when its last child is done; windows of
    /// power cover the phases that they were cut from.
    Corrected,
}

/// Memory reused between simulations, so that a million of them allocate once.
#[derive(Debug, Default)]
pub struct Scratch {
    tables: tables::Tables,
    run: phases::Run,
    metrics: metrics::Metrics,
}

/// Simulates a workload on a design.
///
/// Deterministic: the same input gives the same report, whatever `scratch` was used for before.
///
/// # Errors
/// A design that is no system, or whose memories are larger than the table.
pub fn simulate(
    design: &Soc,
    workload: &Workload,
    fidelity: Fidelity,
    scratch: &mut Scratch,
) -> Result<Report, SocError> {
    scratch.tables.build(design, workload)?;
    scratch.run.run(design, workload, &mut scratch.tables, fidelity)?;
    scratch.metrics.add_up(design, workload, &scratch.tables, &scratch.run, fidelity)
}

/// As [`simulate`], with what happened when and where.
///
/// # Errors
/// As [`simulate`].
pub fn simulate_with_trace(
    design: &Soc,
    workload: &Workload,
    fidelity: Fidelity,
    scratch: &mut Scratch,
) -> Result<(Report, Trace), SocError> {
    let report = simulate(design, workload, fidelity, scratch)?;
    Ok((report, Trace::new(design, workload, scratch)))
}
