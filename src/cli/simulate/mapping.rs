//! `sweepstake simulate mapping`: data-centric mappings of layers.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde_json::{Value as Json, json};
use sweepstake_simulators::dataflow::{
    DataflowError, Hardware, MappedLayer, Report, Scratch, evaluate, read,
};

use crate::terminal::{self, count, figure, table};
use crate::usage::Usage;

/// Evaluate the mappings of a file of MAESTRO, with its numbers.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  sweepstake simulate mapping --mapping vgg16_kcp_ws.m --pes 256\n  \
                  sweepstake simulate mapping --mapping layer.m --noc-bandwidth 64 --json")]
pub(super) struct Args {
    /// Layers with their directives: a `.m` file of MAESTRO.
    #[arg(long, value_name = "FILE")]
    mapping: PathBuf,
    /// Processing elements.
    #[arg(long, default_value_t = 256)]
    pes: i64,
    /// Words a cycle of the network on the chip.
    #[arg(long, default_value_t = 64)]
    noc_bandwidth: i64,
    /// Cycles of a word on it.
    #[arg(long, default_value_t = 1)]
    noc_latency: i64,
    /// Words a cycle from and to the outside.
    #[arg(long, default_value_t = 70)]
    offchip_bandwidth: i64,
    /// Multiplications a cycle of an element.
    #[arg(long, default_value_t = 1)]
    simd: i64,
    /// Leave out the energy of the elements' memories where MAESTRO forgets it, as GAMMA and ArchGym see it.
    #[arg(long)]
    bug_compatible_energy: bool,
    /// Print the reports as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn simulate(args: &Args) -> Result<()> {
    let hardware = Hardware {
        pes: args.pes,
        noc_bandwidth: args.noc_bandwidth,
        noc_latency: args.noc_latency,
        offchip_bandwidth: args.offchip_bandwidth,
        simd: args.simd,
    };
    let hardware = hardware.checked().map_err(|error| Usage::error(error.to_string()))?;
    let path = args.mapping.display();
    let bytes = fs::read(&args.mapping).with_context(|| format!("cannot read {path}"))?;
    let layers = read(&bytes).map_err(|error| {
        Usage::error(match &error {
            DataflowError::File { line, problem } => format!("{path}:{line}: {problem}"),
            other => format!("{path}: {other}"),
        })
    })?;
    let mut scratch = Scratch::default();
    let mut reports = Vec::new();
    for layer in layers {
        let report = evaluate(&hardware, &layer.problem, &layer.mapping, &mut scratch)
            .map_err(|error| Usage::error(format!("{path}: layer {}: {error}", layer.name)))?;
        reports.push((layer, report));
    }
    if args.json {
        let reports: Vec<Json> = reports.iter().map(|run| as_json(run, args.bug_compatible_energy)).collect();
        return super::super::print_json(&json!({ "hardware": hardware, "layers": reports }));
    }
    terminal::print(&text(&reports, args.bug_compatible_energy));
    Ok(())
}

fn as_json((layer, report): &(MappedLayer, Report), bug_compatible_energy: bool) -> Json {
    json!({
        "name": layer.name,
        "energy_nj": report.energy_nj(bug_compatible_energy),
        "area_um2": report.area_um2(),
        "power_mw": report.power_mw(),
        "throughput_macs_per_cycle": report.throughput(),
        "report": report,
    })
}

fn text(reports: &[(MappedLayer, Report)], bug_compatible_energy: bool) -> String {
    let header = [
        "layer",
        "cycles",
        "MACs/cycle",
        "energy nJ",
        "area mm²",
        "power mW",
        "L1 words",
        "L2 words",
        "busy",
    ];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    let words = |words: i64| count(words.unsigned_abs());
    for (layer, report) in reports {
        rows.push(vec![
            layer.name.clone(),
            words(report.runtime),
            figure(report.throughput()),
            figure(report.energy_nj(bug_compatible_energy)),
            figure(report.area_um2() / 1e6),
            figure(report.power_mw()),
            words(report.l1_words),
            words(report.l2_words),
            figure(report.active),
        ]);
    }
    table(&rows)
}
