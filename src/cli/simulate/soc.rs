//! `sweepstake simulate soc`: a system on chip with a task graph mapped onto it.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use rl_env::design::{Design, DesignSpace};
use rl_env::registry::Selection;
use serde_json::{Value as Json, json};
use sweepstake_envs::soc::{ENTRY, chip_of};
use sweepstake_simulators::soc::{
    Distance, Fidelity, Report, Scratch, Soc, SocError, Trace, Workload, simulate_with_trace,
};

use crate::chip::{self, Chip};
use crate::document::Document;
use crate::terminal::{self, figure, table};
use crate::usage::Usage;

/// Simulate a system on chip with a task graph mapped onto it.
///
/// The design is a file that names parameters of Soc-v0, or what `sweepstake run --json` printed; what it does not name
/// has its first value. Without a design it is FARSI's starting point: one processor, one interconnect, one memory.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  sweepstake simulate soc --workload audio-decoder\n  \
                  sweepstake simulate soc --workload examples/ar_hands.yaml --design examples/ar_hands_design.yaml\n  \
                  sweepstake simulate soc --workload audio-decoder --design best.json --svg chip.svg --gantt time.svg")]
pub(super) struct Args {
    /// A built-in workload, or a YAML file of a task graph.
    #[arg(long, value_name = "NAME|FILE")]
    workload: String,
    /// The design: a YAML or JSON file.
    #[arg(long, value_name = "FILE")]
    design: Option<PathBuf>,
    /// Without FARSI's defects (docs/soc.md).
    #[arg(long)]
    corrected: bool,
    /// Where to draw the plan of the chip, as SVG.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Where to draw the chart of its phases, as SVG.
    #[arg(long, value_name = "FILE")]
    gantt: Option<PathBuf>,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn simulate(args: &Args) -> Result<()> {
    let file = task_graph(&args.workload)?;
    let selection = ENTRY.select(&args.workload, "", file.as_deref()).map_err(wrong)?;
    let problem = ENTRY.problem(&selection).map_err(|error| in_file(args, &selection, error))?;
    let design = match &args.design {
        None => problem.space().first(),
        Some(path) => read_design(path, problem.space())?,
    };
    let (chip, workload) = chip_of(&selection, &design).map_err(wrong)?;
    let fidelity = if args.corrected { Fidelity::Corrected } else { Fidelity::Farsi };
    let simulated = simulate_with_trace(&chip, &workload, fidelity, &mut Scratch::default());
    let (report, trace) = simulated.map_err(|error: SocError| Usage::error(error.to_string()))?;
    let drawn = Chip { design: &chip, workload: &workload, trace: &trace };
    let name = Path::new(&args.workload).file_stem().unwrap_or_default().to_string_lossy();
    if let Some(path) = &args.svg {
        write(path, &chip::plan(&drawn, &format!("{name}: blocks, links, tasks and data"))?)?;
    }
    if let Some(path) = &args.gantt {
        write(path, &chip::gantt(&drawn, &format!("{name}: what runs when, and what limits it"))?)?;
    }
    if args.json {
        return super::super::print_json(&as_json(&report, &trace, &chip, &workload));
    }
    terminal::print(&format!("{}\n{}", figures(&report, &workload), chip::text(&drawn)));
    Ok(())
}

fn wrong(error: rl_env::Error) -> anyhow::Error {
    Usage::error(error.to_string())
}

fn in_file(args: &Args, selection: &Selection<'_>, error: rl_env::Error) -> anyhow::Error {
    match selection.file {
        Some(_) => Usage::error(format!("{}: {error}", args.workload)),
        None => wrong(error),
    }
}

/// Content of the workload's file; none for a built-in one.
fn task_graph(workload: &str) -> Result<Option<Vec<u8>>> {
    if ENTRY.workloads.iter().any(|known| known.name == workload) || !workload.contains(['.', '/']) {
        return Ok(None);
    }
    let read = std::fs::read(workload);
    read.map(Some).map_err(|error| Usage::error(format!("cannot read {workload}: {error}")))
}

/// The design in a file: names of parameters with their values.
fn read_design(path: &Path, space: &DesignSpace) -> Result<Design> {
    let document = Document::read(path)?;
    let within = document.value.get("best_design");
    let prefix = if within.is_some() { "best_design." } else { "" };
    let Some(named) = within.unwrap_or(&document.value).as_object() else {
        return Err(document.error("design", "needs names of parameters with their values"));
    };
    let mut design = space.first();
    for (name, value) in named {
        let place = |error: rl_env::Error| document.error(&format!("{prefix}{name}"), error);
        let index = space.position(name).map_err(place)?;
        let text = match value {
            Json::String(text) if text.is_empty() => continue,
            Json::Null => continue,
            Json::String(text) => text.clone(),
            other => other.to_string(),
        };
        design.0[index] = space.parameters()[index].parse(&text).map_err(place)?;
    }
    space.canonicalise(&mut design);
    Ok(design)
}

fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// Value, budget and share of the budget of everything that has one.
fn figures(report: &Report, workload: &Workload) -> String {
    let budget = workload.budget();
    let row = |name: String, value: f64, unit: &str, most: Option<f64>| {
        let bounds = most.map_or([String::new(), String::new()], |most| {
            [figure(most), format!("{:.0} %", 100.0 * value / most)]
        });
        [vec![name, figure(value), unit.to_owned()], bounds.to_vec()].concat()
    };
    let header = ["", "value", "unit", "budget", "used"].map(str::to_owned).to_vec();
    let mut rows = vec![header];
    for (application, latency) in workload.applications().iter().zip(report.latencies_s()) {
        let name = format!("latency of {}", application.name);
        rows.push(row(name, latency * 1e3, "ms", Some(application.latency_budget_s * 1e3)));
    }
    rows.push(row("power".into(), report.power_w * 1e3, "mW", Some(budget.power_w * 1e3)));
    let area = report.area;
    let most = Some(budget.area_m2 * 1e6);
    rows.push(row("area of logic and SRAM".into(), area.logic_m2() * 1e6, "mm²", most));
    rows.push(row("area of DRAM".into(), area.dram_m2 * 1e6, "mm²", most));
    rows.push(row("energy".into(), report.energy_j * 1e3, "mJ", None));
    rows.push(row("development cost".into(), report.development_cost, "", None));
    let distance = report.distance(workload, Distance::Eliminate);
    rows.push(row("distance to the budgets".into(), distance, "", None));
    table(&rows)
}

fn as_json(report: &Report, trace: &Trace, chip: &Soc, workload: &Workload) -> Json {
    let tasks: Vec<Json> = (workload.tasks().iter().enumerate())
        .map(|(task, row)| {
            json!({
                "task": row.name, "start_s": trace.start_s[task], "end_s": trace.end_s[task],
                "block": chip.task_pe[task], "energy_j": trace.task_energy_j[task],
            })
        })
        .collect();
    let blocks: Vec<Json> = (chip.blocks.iter().enumerate())
        .map(|(block, row)| {
            json!({
                "label": row.label(workload), "area_m2": trace.block_area_m2[block],
                "energy_j": trace.block_energy_j[block], "bytes": trace.block_bytes[block],
            })
        })
        .collect();
    let latencies: serde_json::Map<String, Json> = (workload.applications().iter())
        .zip(report.latencies_s())
        .map(|(application, latency)| (application.name.clone(), (*latency).into()))
        .collect();
    json!({
        "latency_s": latencies, "power_w": report.power_w, "energy_j": report.energy_j,
        "area_m2": report.area.total_m2(), "logic_area_m2": report.area.logic_m2(),
        "dram_area_m2": report.area.dram_m2, "development_cost": report.development_cost,
        "distance_eliminate": report.distance(workload, Distance::Eliminate),
        "distance_dampen": report.distance(workload, Distance::Dampen),
        "distance_simple": report.distance(workload, Distance::Simple),
        "meets_budgets": report.meets_budgets(workload), "phases": report.phases,
        "design": chip, "blocks": blocks, "tasks": tasks,
    })
}
