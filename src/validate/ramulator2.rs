//! Runs of Ramulator 2.1: another controller, without energy, so only unloaded latency and streams are compared.

use anyhow::Result;
use sweepstake_simulators::dram::config::{
    Arbiter, Config, Controller, PagePolicy, RefreshPolicy, SchedulerBuffer, System,
};
use sweepstake_simulators::dram::device::DeviceId;
use sweepstake_simulators::dram::{MappingChoice, Scratch, simulate};

use super::recorded_traces::RecordedTraces;
use super::table::{Row, Table};
use super::{Column, Measure, Sources, Tally, Validation};

/// What is compared.
pub const COLUMNS: &[Column] = &[
    Column {
        name: "avg_read_latency",
        precision: 0.00005,
        target: 0.01,
        why: "mean read latency in cycles of a read every 12 cycles (stream_rd_slow), open pages: no queue \
              forms but behind refreshes; with the cycle between acceptance and first command there",
    },
    Column {
        name: "read_throughput_MBps",
        precision: 0.05,
        target: 0.01,
        why: "data rate of streamed reads (ag_stream, stream_rd_sat, stream_rd_slow), open pages: bus and refresh \
              limit it",
    },
];

const NEEDED: [&str; 8] =
    ["device", "trace", "refresh", "row_policy", "addr_mapper", "buffer_size", "status", "requests"];

/// A request is accepted at the end of a cycle and can be issued in the next; in our controller it can be issued when
/// it arrives.
const FRONT_END_CYCLES: f64 = 1.0;

/// Ramulator's devices, and ours of the same timing.
const DEVICES: &[(&str, &str)] = &[("DDR3_1600J_1Gb_x8", "MICRON_1Gb_DDR3-1600_8bit_G")];

/// Ramulator's address mappers, and ours of the same bits.
const MAPPERS: &[(&str, &str)] = &[
    ("ChRaBaRoCo", "channel-rank-bankgroup-bank-row-column"),
    ("RoBaRaCoCh", "row-bankgroup-bank-rank-column-channel"),
];

/// Compares every recorded run that is comparable.
///
/// # Errors
/// With file and line, if a file cannot be read or is not what it should be.
pub fn validate(sources: &Sources) -> Result<Validation> {
    let columns: Vec<&str> = NEEDED.into_iter().chain(COLUMNS.iter().map(|column| column.name)).collect();
    let table = Table::read(&sources.reference, &columns)?;
    let mut traces = RecordedTraces::new(&sources.traces);
    let mut scratch = Scratch::default();
    let mut tally = Tally::new("ramulator2", table.len(), COLUMNS);
    for row in table.rows() {
        let config = match comparable(row)? {
            Ok(config) => config,
            Err(reason) => {
                tally.skip(reason);
                continue;
            }
        };
        let workload = traces.workload(row, &config.system)?;
        let report = match tally.timed(|| simulate(&config, &workload, &mut scratch)) {
            Ok(report) => report,
            Err(error) => {
                tally.skip(format!("refused by our simulator: {error}"));
                continue;
            }
        };
        let period_ns = config.system.device().clock_period_ps as f64 / 1000.0;
        let mut measures = Vec::new();
        if let (Some(recorded), "stream_rd_slow") = (row.number("avg_read_latency")?, row.get("trace")) {
            let ours = FRONT_END_CYCLES + report.latency.mean_ns / period_ns;
            measures.push(Measure { column: "avg_read_latency", recorded, ours });
        }
        if let Some(recorded) = row.number("read_throughput_MBps")? {
            let ours = report.bandwidth_gbit_per_s * 1000.0 / 8.0;
            measures.push(Measure { column: "read_throughput_MBps", recorded, ours });
        }
        tally.add(&format!("{}, refresh {}", row.get("device"), row.get("refresh")), &measures);
    }
    Ok(tally.finish())
}

/// The design of ours for a run, or why there is none.
fn comparable(row: Row<'_>) -> Result<Result<Config, String>> {
    if row.get("status") != "ok" {
        return Ok(Err(format!("status {}", row.get("status"))));
    }
    if !matches!(row.get("trace"), "ag_stream" | "stream_rd_sat" | "stream_rd_slow") {
        return Ok(Err("loaded or mixed trace, decided by another controller's queues".to_owned()));
    }
    if row.get("row_policy") != "Open()" {
        return Ok(Err("closing after so many hits, which our controller has not".to_owned()));
    }
    let named = |table: &[(&str, &'static str)], column| {
        table.iter().find(|(theirs, _)| *theirs == row.get(column)).map(|(_, ours)| *ours)
    };
    let Some(device) = named(DEVICES, "device") else {
        return Ok(Err(format!("device without a table here: {}", row.get("device"))));
    };
    let Some(order) = named(MAPPERS, "addr_mapper") else {
        return Ok(Err(format!("address mapper without a counterpart: {}", row.get("addr_mapper"))));
    };
    let size = row.get("buffer_size");
    let size = size.parse().map_err(|_| row.error(format!("buffer_size: `{size}` is not a whole number")))?;
    let config = Config {
        system: System {
            device: DeviceId::new(device).map_err(|error| row.error(error))?,
            mapping: MappingChoice::Order(order.to_owned()),
            ..System::default()
        },
        controller: controller(row.get("refresh"), size),
    };
    config.validate().map_err(|error| row.error(error))?;
    Ok(Ok(config))
}

/// The nearest controller of ours: Ramulator neither postpones nor pulls in refreshes.
fn controller(refresh: &str, size: u32) -> Controller {
    Controller {
        page_policy: PagePolicy::Open,
        scheduler_buffer: SchedulerBuffer::ReadWrite,
        request_buffer_size: size,
        arbiter: Arbiter::Fifo,
        refresh_policy: if refresh == "NoRefresh" { RefreshPolicy::None } else { RefreshPolicy::AllBank },
        refresh_max_postponed: 0,
        refresh_max_pulledin: 0,
        ..Controller::default()
    }
}
