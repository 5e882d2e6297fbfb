//! Runs of DRAMSys 4.0, the simulator that ArchGym ships: our controller follows its rules exactly.

use anyhow::Result;
use sweepstake_simulators::dram::config::{Arbiter, Config, PowerDownPolicy, RefreshPolicy};
use sweepstake_simulators::dram::{Report, Scratch, dramsys, simulate};

use super::recorded_traces::RecordedTraces;
use super::table::{Row, Table};
use super::{Column, Measure, Sources, Tally, Validation};

/// What is compared.
pub const COLUMNS: &[Column] = &[
    Column {
        name: "total_time_ns",
        precision: 0.0005,
        target: 0.0,
        why: "time of the last response, printed to the picosecond: all rules of the controller show in it",
    },
    Column {
        name: "total_energy_pJ",
        precision: 0.005,
        target: 1e-4,
        why: "energy of all commands and of the background, two decimals; none recorded for HBM2 and LPDDR4",
    },
    Column {
        name: "avg_power_mW",
        precision: 0.005,
        target: 1e-4,
        why: "energy over the time metered, two decimals; none recorded for HBM2 and LPDDR4",
    },
    Column {
        name: "avg_bw_Gbps",
        precision: 0.005,
        target: 0.0,
        why: "data over the total time, two decimals; less the last burst under the simple arbiter, as there",
    },
    Column {
        name: "bus_util_pct",
        precision: 0.005,
        target: 0.0,
        why: "busy share of the data bus, two decimals; less the last burst likewise",
    },
    Column {
        name: "avg_bw_noidle_Gbps",
        precision: 0.005,
        target: 0.0,
        why: "data over the time with a request in the controller, two decimals; less the last burst likewise",
    },
];

/// Columns of every run, beside those of the design.
const NEEDED: [&str; 4] = ["device", "trace", "status", "total_time_ns"];

/// Replays every recorded run.
///
/// # Errors
/// With file and line, if a file cannot be read or is not what it should be.
pub fn validate(sources: &Sources) -> Result<Validation> {
    let table = Table::read(&sources.reference, &[&NEEDED[..], &dramsys::COLUMNS].concat())?;
    let mut traces = RecordedTraces::new(&sources.traces);
    let mut scratch = Scratch::default();
    let mut tally = Tally::new("dramsys", table.len(), COLUMNS);
    for row in table.rows() {
        if row.get("status") != "ok" {
            tally.skip(format!("status {}", row.get("status")));
            continue;
        }
        let config = dramsys::config(|column| row.get(column)).map_err(|error| row.error(error))?;
        let workload = traces.workload(row, &config.system)?;
        match tally.timed(|| simulate(&config, &workload, &mut scratch)) {
            Ok(report) => tally.add(&class(row, &config), &measures(row, &config, &report)?),
            Err(error) => tally.skip(format!("refused by our simulator: {error}")),
        }
    }
    Ok(tally.finish())
}

/// Device, refresh by bank and power-down: the classes that differ in how well they are understood.
fn class(row: Row<'_>, config: &Config) -> String {
    let mut class = row.get("device").to_owned();
    if config.controller.refresh_policy == RefreshPolicy::PerBank {
        class.push_str(", per-bank refresh");
    }
    if config.controller.power_down_policy == PowerDownPolicy::Staggered {
        class.push_str(", power-down");
    }
    class
}

/// DRAMSys counts a burst when its response is acknowledged. Under the simple arbiter the acknowledgement of the
/// last one comes after the run has ended, so one burst is missing.
fn share_counted(config: &Config, report: &Report) -> f64 {
    let missing = u8::from(config.controller.arbiter == Arbiter::Simple);
    1.0 - f64::from(missing) / report.requests as f64
}

fn measures(row: Row<'_>, config: &Config, report: &Report) -> Result<Vec<Measure>> {
    let counted = share_counted(config, report);
    let ours = [
        report.total_time_ns,
        report.energy.total_pj,
        report.average_power_mw,
        counted * report.bandwidth_gbit_per_s,
        counted * report.bus_utilization_percent,
        counted * report.busy_bandwidth_gbit_per_s,
    ];
    let mut measures = Vec::new();
    for (column, ours) in COLUMNS.iter().zip(ours) {
        if let Some(recorded) = row.number(column.name)? {
            measures.push(Measure { column: column.name, recorded, ours });
        }
    }
    Ok(measures)
}
