//! `sweepstake simulate dram`: a memory system and its controller.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use sweepstake_simulators::dram::config::Config;
use sweepstake_simulators::dram::device::Device;
use sweepstake_simulators::dram::generate::{DEFAULT_REQUESTS, GENERATORS, generate};
use sweepstake_simulators::dram::{
    CommandRecord, DramError, Report, Scratch, TimedCommand, Trace, Workload, simulate as run_dram,
    simulate_with_commands,
};

use crate::document::Document;
use crate::terminal::{self, count, figure, table};
use crate::traces;
use crate::usage::Usage;

/// Simulate a memory system and its controller.
///
/// The workload is a built-in one or a file: `.stl` of DRAMSys and ArchGym, CSV with the columns cycle, op and addr,
/// or a trace of DRAMsim3 or Ramulator, each plain or gzipped.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sweepstake simulate dram --config examples/dram.yaml --workload stream\n  \
                  sweepstake simulate dram --config examples/dram.yaml --workload trace.stl --json\n  \
                  sweepstake simulate dram --config examples/dram.yaml --workload gemm --requests 50000 \
                  --commands commands.csv"
)]
pub(super) struct Args {
    /// The design: a YAML file with `system` and `controller`.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// A built-in workload, or a file of a memory trace.
    #[arg(long, value_name = "NAME|FILE")]
    workload: String,
    /// Requests of a built-in workload; 10,000 by default.
    #[arg(long, value_name = "N")]
    requests: Option<usize>,
    /// Seed of a built-in workload; 0 by default.
    #[arg(long)]
    seed: Option<u64>,
    /// Where to write every command that the controller issues, as CSV.
    #[arg(long, value_name = "FILE")]
    commands: Option<PathBuf>,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn simulate(args: &Args) -> Result<()> {
    let config = configuration(&args.config)?;
    let workload = Workload::decode(&trace(args)?, &config.system).map_err(refused)?;
    let mut scratch = Scratch::default();
    let report = match &args.commands {
        None => run_dram(&config, &workload, &mut scratch).map_err(refused)?,
        Some(path) => {
            let result = simulate_with_commands(&config, &workload, &mut scratch);
            let (report, commands) = result.map_err(refused)?;
            let context = || format!("cannot write {}", path.display());
            write_commands(path, &config, &commands).with_context(context)?;
            report
        }
    };
    if args.json {
        return super::super::print_json(&report);
    }
    terminal::print(&text(&report, &config));
    Ok(())
}

/// The design in a file; an error names its line.
fn configuration(path: &Path) -> Result<Config> {
    let document = Document::read(path)?;
    if let Some(name) = document.value.pointer("/system/device").and_then(|name| name.as_str()) {
        Device::find(name).map_err(|error| document.error("system.device", error))?;
    }
    let config: Config = document.load()?;
    config.validate().map_err(|error| {
        let key = match &error {
            DramError::OutOfRange { parameter: name @ ("channels" | "ranks"), .. } => {
                format!("system.{name}")
            }
            DramError::Mapping { .. } => "system.mapping".to_owned(),
            DramError::OutOfRange { parameter, .. } => format!("controller.{parameter}"),
            DramError::Impossible { first, .. } => {
                format!("controller.{}", first.split(':').next().unwrap_or_default())
            }
            _ => "controller".to_owned(),
        };
        document.error(&key, error)
    })?;
    Ok(config)
}

fn trace(args: &Args) -> Result<Trace> {
    let name = args.workload.as_str();
    if GENERATORS.iter().any(|generator| generator.name == name) {
        let requests = args.requests.unwrap_or(DEFAULT_REQUESTS);
        return generate(name, requests, args.seed.unwrap_or(0)).map_err(refused);
    }
    let path = Path::new(name);
    if !path.exists() {
        let known = GENERATORS.iter().map(|generator| generator.name);
        let error = rl_env::Error::unknown("workload", name, known);
        return Err(Usage::error(format!("{error}; and there is no file of that name")));
    }
    if args.requests.is_some() || args.seed.is_some() {
        return Err(Usage::error(
            "--requests and --seed are for built-in workloads; a file has its own requests",
        ));
    }
    traces::read(path)
}

fn refused(error: DramError) -> anyhow::Error {
    match error {
        DramError::Stuck { .. } | DramError::TooLong { .. } => error.into(),
        other => Usage::error(other.to_string()),
    }
}

fn write_commands(path: &Path, config: &Config, commands: &[CommandRecord]) -> std::io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    let geometry = config.system.geometry();
    writeln!(out, "time_ps,command,channel,rank,bank,row")?;
    for record in commands {
        let CommandRecord { time_ps, command, channel, bank, .. } = *record;
        let timed = TimedCommand::from(record);
        let rank = geometry.rank_of(timed.bank);
        let bank = if command.is_bank() { bank.to_string() } else { String::new() };
        let row = timed.row.map_or_else(String::new, |row| row.to_string());
        writeln!(out, "{time_ps},{command},{channel},{rank},{bank},{row}")?;
    }
    out.flush()
}

fn text(report: &Report, config: &Config) -> String {
    let system = &config.system;
    let hits = 100.0 * report.row_hits as f64 / report.requests as f64;
    let mut rows = vec![
        value("total time", report.total_time_ns, "ns"),
        counted("total time", report.total_cycles, "cycles"),
        counted("requests", report.requests, ""),
        counted("reads", report.reads, ""),
        value("row hits", hits, "%"),
        value("bandwidth", report.bandwidth_gbit_per_s, "Gbit/s"),
        value("bandwidth while busy", report.busy_bandwidth_gbit_per_s, "Gbit/s"),
        value("peak bandwidth", report.peak_bandwidth_gbit_per_s, "Gbit/s"),
        value("bus utilisation", report.bus_utilization_percent, "%"),
        value("latency, mean", report.latency.mean_ns, "ns"),
        value("latency, median", report.latency.p50_ns, "ns"),
        value("latency, 99th percentile", report.latency.p99_ns, "ns"),
        value("latency, largest", report.latency.max_ns, "ns"),
    ];
    rows.extend(energy(report));
    rows.extend(commands(report));
    let (channels, ranks) = (system.channels, system.geometry().ranks);
    let title = format!("{}, channels: {channels}, ranks: {ranks}", system.device().name);
    format!("{title}\n{}", table(&right_aligned(rows)))
}

fn energy(report: &Report) -> Vec<Vec<String>> {
    if report.energy.total_pj == 0.0 {
        return vec![vec![
            "energy".into(),
            "unknown".into(),
            "no currents are published for the device".into(),
        ]];
    }
    let energy = &report.energy;
    let parts = [
        ("energy", energy.total_pj),
        ("  activate", energy.activate_pj),
        ("  precharge", energy.precharge_pj),
        ("  read", energy.read_pj),
        ("  write", energy.write_pj),
        ("  refresh", energy.refresh_pj),
        ("  active standby", energy.active_standby_pj),
        ("  precharge standby", energy.precharge_standby_pj),
        ("  power-down", energy.power_down_pj),
        ("  self refresh", energy.self_refresh_pj),
    ];
    let mut rows = vec![value("average power", report.average_power_mw, "mW")];
    rows.extend(parts.iter().map(|(name, pj)| value(name, *pj / 1000.0, "nJ")));
    rows
}

/// The commands that were issued at all.
fn commands(report: &Report) -> Vec<Vec<String>> {
    let counts = serde_json::to_value(report.commands).unwrap_or_default();
    let issued = |(name, n): (&String, &serde_json::Value)| {
        let n = n.as_u64().filter(|n| *n > 0)?;
        Some(counted(&format!("{} commands", name.to_uppercase()), n, ""))
    };
    counts.as_object().into_iter().flatten().filter_map(issued).collect()
}

fn value(name: &str, x: f64, unit: &str) -> Vec<String> {
    vec![name.to_owned(), figure(x), unit.to_owned()]
}

fn counted(name: &str, n: u64, unit: &str) -> Vec<String> {
    vec![name.to_owned(), count(n), unit.to_owned()]
}

/// The second column set to the right.
fn right_aligned(mut rows: Vec<Vec<String>>) -> Vec<Vec<String>> {
    let width = rows.iter().map(|row| row[1].chars().count()).max().unwrap_or(0);
    rows.iter_mut().for_each(|row| row[1] = format!("{:>width$}", row[1]));
    rows
}
