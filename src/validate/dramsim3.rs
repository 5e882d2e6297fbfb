//! Runs of DRAMsim3: another controller, so only what its device decides is compared.

use anyhow::Result;
use sweepstake_simulators::dram::command::Command;
use sweepstake_simulators::dram::config::{Arbiter, Config, Controller, PagePolicy, SchedulerBuffer, System};
use sweepstake_simulators::dram::device::{Device, DeviceId, Rail};
use sweepstake_simulators::dram::{
    Access, DramError, MappingChoice, Scratch, Trace, Workload, command_energy_pj, simulate,
};

use super::recorded_traces::RecordedTraces;
use super::table::{Row, Table};
use super::{Column, Measure, Sources, Tally, Validation, commands};

/// A recorded energy, the column with how many commands or cycles it stands for, and what one costs in pJ.
type Part = (&'static str, &'static str, fn(&Device) -> f64);

const PARTS: [Part; 6] = [
    ("act_energy", "num_act_cmds", |device| {
        command_energy_pj(device, Command::Act) + command_energy_pj(device, Command::Pre)
    }),
    ("read_energy", "num_read_cmds", |device| command_energy_pj(device, Command::Rd)),
    ("write_energy", "num_write_cmds", |device| command_energy_pj(device, Command::Wr)),
    ("ref_energy", "num_ref_cmds", |device| command_energy_pj(device, Command::Refa)),
    ("act_stb_energy", "rank_active_cycles", |device| background_pj(device, |rail| rail.idd3n)),
    ("pre_stb_energy", "all_bank_idle_cycles", |device| background_pj(device, |rail| rail.idd2n)),
];

/// A cycle of background over all devices of a rank.
fn background_pj(device: &Device, current: impl Fn(&Rail) -> f64) -> f64 {
    let scale = f64::from(device.organization.devices_per_rank) * device.clock_period_ps as f64 / 1000.0;
    device.rails.iter().map(|rail| rail.vdd * current(rail) * scale).sum()
}

const fn energy(name: &'static str, why: &'static str) -> Column {
    Column { name, precision: 0.05, target: 0.0, why }
}

/// What is compared.
pub const COLUMNS: &[Column] = &[
    energy("act_energy", "recorded activates times our energy of an activate with its precharge"),
    energy("read_energy", "recorded reads times our energy of a read burst"),
    energy("write_energy", "recorded writes times our energy of a write burst"),
    energy("ref_energy", "recorded refreshes times our energy of an all-bank refresh"),
    energy("act_stb_energy", "recorded cycles with a bank open times our energy of such a cycle"),
    energy("pre_stb_energy", "recorded cycles with all banks closed times our energy of such a cycle"),
    Column {
        name: "avg_read_latency",
        precision: 0.00005,
        target: 0.01,
        why: "mean read latency in cycles of sparse reads (stream_rd_slow, pchase_low), open pages: no queue \
              forms but behind refreshes; with the two cycles between acceptance and first command there",
    },
    Column {
        name: "bandwidth_GBps",
        precision: 0.000005,
        target: 0.01,
        why: "data rate of streamed reads (stream_rd_sat, stream_rd_slow), open pages: bus and refresh limit it",
    },
    Column {
        name: LEGAL,
        precision: 0.0,
        target: 0.0,
        why: "commands of each recorded command trace, and how many our timing checker finds legal",
    },
];

/// A request is accepted at the end of a cycle, moves to a command queue at the end of the next, and can be issued in
/// the one after; in our controller it can be issued when it arrives.
const FRONT_END_CYCLES: f64 = 2.0;

const LEGAL: &str = "legal_commands";

const NEEDED: [&str; 15] = [
    "device",
    "trace",
    "row_buf_policy",
    "queue_structure",
    "address_mapping",
    "cmd_queue_size",
    "trans_queue_size",
    "refresh_policy",
    "enable_self_refresh",
    "num_cycles",
    "sref_cycles",
    "channels",
    "status",
    "known_issue",
    "tck_ns",
];

/// Compares every recorded run, and the recorded command traces if there are any.
///
/// # Errors
/// With file and line, if a file cannot be read or is not what it should be.
pub fn validate(sources: &Sources) -> Result<Validation> {
    let names = COLUMNS.iter().map(|column| column.name).filter(|name| *name != LEGAL);
    let needed: Vec<&str> = NEEDED.into_iter().chain(names).chain(PARTS.map(|part| part.1)).collect();
    let table = Table::read(&sources.reference, &needed)?;
    let mut tally = Tally::new("dramsim3", table.len(), COLUMNS);
    let mut replay = Replay { traces: RecordedTraces::new(&sources.traces), scratch: Scratch::default() };
    for row in table.rows() {
        if row.get("status") != "ok" {
            tally.skip(format!("status {}", row.get("status")));
            continue;
        }
        let Ok(device) = Device::find(row.get("device")) else {
            tally.skip(format!("device without a table here: {}", row.get("device")));
            continue;
        };
        let mut measures = energies(row, device)?;
        match obstacle(row, device) {
            None => measures.extend(replay.measure(row, device, &mut tally)?),
            Some(reason) => tally.skip(format!("latency and bandwidth: {reason}")),
        }
        tally.add(device.name, &measures);
    }
    match &sources.commands {
        Some(folder) => commands::check(folder, LEGAL, &mut tally)?,
        None => tally.skip("command traces: no folder given"),
    }
    Ok(tally.finish())
}

/// DRAMsim3 counts V × mA × cycles; times the cycle in ns that is pJ.
fn energies(row: Row<'_>, device: &Device) -> Result<Vec<Measure>> {
    let cycle_ns = device.clock_period_ps as f64 / 1000.0;
    let mut measures = Vec::new();
    for (column, number, cost) in PARTS {
        if let (Some(recorded), Some(number)) = (row.number(column)?, row.number(number)?) {
            measures.push(Measure { column, recorded, ours: number * cost(device) / cycle_ns });
        }
    }
    Ok(measures)
}

/// Why latency and bandwidth of a run depend on more than the device.
fn obstacle(row: Row<'_>, device: &Device) -> Option<String> {
    let issue = row.get("known_issue");
    if !issue.is_empty() {
        return Some(format!("known issue of DRAMsim3: {issue}"));
    }
    if !matches!(row.get("trace"), "stream_rd_sat" | "stream_rd_slow" | "pchase_low") {
        return Some("loaded or mixed trace, decided by another controller's queues".to_owned());
    }
    if row.get("trace") == "stream_rd_sat" && device.timing.ccd_l > device.timing.burst {
        return Some(
            "stream limited by bank groups (tCCD_L), decided by another controller's order".to_owned(),
        );
    }
    if row.get("row_buf_policy") != "OPEN_PAGE" {
        return Some("closed pages, decided by another controller's order".to_owned());
    }
    if row.get("enable_self_refresh") == "True" {
        return Some("self refresh by idle cycles, which our controller has not".to_owned());
    }
    None
}

struct Replay {
    traces: RecordedTraces,
    scratch: Scratch,
}

impl Replay {
    fn measure(&mut self, row: Row<'_>, device: &'static Device, tally: &mut Tally) -> Result<Vec<Measure>> {
        let config = config(row, device)?;
        let trace =
            in_refresh_order(&*self.traces.trace(row)?, &config.system).map_err(|error| row.error(error))?;
        let workload = Workload::decode(&trace, &config.system).map_err(|error| row.error(error))?;
        let report = match tally.timed(|| simulate(&config, &workload, &mut self.scratch)) {
            Ok(report) => report,
            Err(error) => {
                tally.skip(format!("refused by our simulator: {error}"));
                return Ok(Vec::new());
            }
        };
        let latency = FRONT_END_CYCLES + report.latency.mean_ns * 1000.0 / device.clock_period_ps as f64;
        let bandwidth = report.bandwidth_gbit_per_s / 8.0;
        let mut measures = Vec::new();
        for (column, ours) in [("avg_read_latency", latency), ("bandwidth_GBps", bandwidth)] {
            let apart = match column {
                "avg_read_latency" => row.get("trace") == "stream_rd_sat",
                _ => row.get("trace") == "pchase_low",
            };
            if let (Some(recorded), false) = (row.number(column)?, apart) {
                measures.push(Measure { column, recorded, ours });
            }
        }
        Ok(measures)
    }
}

/// The trace with the two ranks of a channel exchanged: DRAMsim3 refreshes rank 0 first, our controller rank 1, and
/// the time between refreshes and requests shows in the latency.
fn in_refresh_order(trace: &Trace, system: &System) -> Result<Trace, DramError> {
    let mask = match system.resolve_mapping()?.rank[..] {
        [bit] => 1 << bit,
        _ => 0,
    };
    let exchanged = |access: &Access| Access { address: access.address ^ mask, ..*access };
    Ok(Trace { accesses: trace.accesses.iter().map(exchanged).collect() })
}

/// The nearest design of ours: DRAMsim3 neither postpones nor pulls in refreshes.
fn config(row: Row<'_>, device: &Device) -> Result<Config> {
    let whole = |column: &'static str| {
        let number = row.get(column).parse::<u32>();
        number.map_err(|_| row.error(format!("{column}: `{}` is not a whole number", row.get(column))))
    };
    let shared = row.get("queue_structure") != "PER_BANK";
    let config = Config {
        system: System {
            device: DeviceId::new(device.name).map_err(|error| row.error(error))?,
            channels: whole("channels")?,
            ranks: ranks(row)?,
            mapping: MappingChoice::Order(order(row)?),
        },
        controller: Controller {
            page_policy: PagePolicy::Open,
            scheduler_buffer: if shared { SchedulerBuffer::Shared } else { SchedulerBuffer::Bankwise },
            request_buffer_size: whole("cmd_queue_size")?,
            arbiter: Arbiter::Fifo,
            max_active_transactions: whole("trans_queue_size")?.saturating_mul(whole("channels")?),
            refresh_max_postponed: 0,
            refresh_max_pulledin: 0,
            ..Controller::default()
        },
    };
    config.validate().map_err(|error| row.error(error))?;
    Ok(config)
}

/// Ranks of a channel, from the cycles that DRAMsim3 counted over all of them.
fn ranks(row: Row<'_>) -> Result<u32> {
    let columns = ["rank_active_cycles", "all_bank_idle_cycles", "sref_cycles"];
    let mut counted = 0.0;
    for column in columns {
        counted += row.number(column)?.unwrap_or(0.0);
    }
    let cycles = row.number("num_cycles")?.unwrap_or(0.0) * row.number("channels")?.unwrap_or(0.0);
    Ok((counted / cycles).round().clamp(1.0, 8.0) as u32)
}

/// `rochrababgco`, most significant first, in our words.
fn order(row: Row<'_>) -> Result<String> {
    let text = row.get("address_mapping");
    let problem = || row.error(format!("address_mapping: `{text}`; fields allowed: ro, ch, ra, ba, bg, co"));
    let mut fields = Vec::new();
    for pair in text.as_bytes().chunks(2) {
        fields.push(match pair {
            b"ro" => "row",
            b"ch" => "channel",
            b"ra" => "rank",
            b"ba" => "bank",
            b"bg" => "bankgroup",
            b"co" => "column",
            _ => return Err(problem()),
        });
    }
    Ok(fields.join("-"))
}
