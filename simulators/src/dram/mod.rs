//! A DRAM memory system: devices, memory controller, energy.
//!
//! The controller follows the behaviour of the public simulator DRAMSys 4.0, the energy that of DRAMPower 4.
//! A trace is decoded once for a memory system and then shared by all designs on it:
//!
//! ```
//! use sweepstake_simulators::dram::{Config, Scratch, Workload, generate::generate, simulate};
//!
//! let config = Config::default();
//! let trace = generate("stream", 1000, 1)?;
//! let workload = Workload::decode(&trace, &config.system)?;
//! let report = simulate(&config, &workload, &mut Scratch::default())?;
//! assert!(report.total_time_ns > 0.0 && report.energy.total_pj > 0.0);
//! # Ok::<(), sweepstake_simulators::dram::DramError>(())
//! ```
//!
//! Where to look: `device` holds the standards and devices as tables of `constraint` rows; `controller` and
//! `simulation` are the general model on the `event` kernel; `quick` is the fast path, equal to it for the
//! designs it supports; `checker` judges command traces by the tables alone.

mod canonical;
mod checker;
pub mod command;
pub mod config;
pub mod constraint;
mod controller;
pub mod device;
pub mod dramsys;
mod energy;
mod error;
mod event;
pub mod generate;
mod geometry;
mod latency;
mod ledger;
mod mapping;
mod quick;
mod report;
mod simulation;
mod sleep_meter;
pub mod trace;
mod workload;

pub use canonical::canonical;
pub use checker::{Checker, TimedCommand, Violation};
pub use config::Config;
pub use energy::{Energy, command_energy_pj};
pub use error::DramError;
pub use geometry::Geometry;
pub use latency::{LATENCY_BINS, Latency};
pub use ledger::CommandRecord;
pub use mapping::{AddressMapping, Location, MappingChoice};
pub use report::{CommandCounts, Report};
pub use workload::{Access, MAX_CYCLE, MAX_REQUESTS, Trace, Workload};

/// Memory reused between simulations, so that a million of them allocate once.
#[derive(Debug, Default)]
pub struct Scratch {
    latencies: Vec<u32>,
    quick: quick::Quick,
    /// Use the general path for everything.
    general_only: bool,
}

impl Scratch {
    /// Scratch memory that runs every design on the general path, slower, with the same results: an oracle
    /// for the quick path.
    #[must_use]
    pub fn general_only() -> Scratch {
        Scratch { general_only: true, ..Scratch::default() }
    }
}

/// Simulate `workload` on `config`.
///
/// Deterministic: the same input gives the same report, whatever `scratch` was used for before.
///
/// # Errors
/// An invalid configuration, or a workload decoded for another memory system.
pub fn simulate(config: &Config, workload: &Workload, scratch: &mut Scratch) -> Result<Report, DramError> {
    run(config, workload, scratch, false).map(|(report, _)| report)
}

/// As [`simulate`], with every command of every channel in order of time.
///
/// # Errors
/// As [`simulate`].
pub fn simulate_with_commands(
    config: &Config,
    workload: &Workload,
    scratch: &mut Scratch,
) -> Result<(Report, Vec<CommandRecord>), DramError> {
    run(config, workload, scratch, true)
}

fn run(
    config: &Config,
    workload: &Workload,
    scratch: &mut Scratch,
    record: bool,
) -> Result<(Report, Vec<CommandRecord>), DramError> {
    config.validate()?;
    if config.system != workload.system {
        return Err(DramError::WrongSystem);
    }
    if !scratch.general_only && quick::supports(config, workload) {
        let (end_ps, ledger) =
            quick::run(config, workload, &mut scratch.quick, record, &mut scratch.latencies)?;
        let mut ledgers = [ledger];
        let report = Report::new(config, workload, &mut ledgers, end_ps, &mut scratch.latencies);
        return Ok((report, ledgers[0].take_trace()));
    }
    let mut outcome = simulation::run(config, workload, record)?;
    let period = config.system.device().clock_period_ps;
    scratch.latencies.clear();
    scratch
        .latencies
        .extend(outcome.latencies_ps.iter().map(|ps| u32::try_from(ps / period).unwrap_or(u32::MAX)));
    let report = Report::new(config, workload, &mut outcome.ledgers, outcome.end_ps, &mut scratch.latencies);
    let mut commands: Vec<CommandRecord> = outcome.ledgers.iter_mut().flat_map(Ledger::take_trace).collect();
    commands.sort_by_key(|record| record.time_ps);
    Ok((report, commands))
}

use ledger::Ledger;
