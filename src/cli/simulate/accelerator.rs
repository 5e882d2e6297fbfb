//! `sweepstake simulate accelerator`: one layer on one DNN accelerator.

mod explain;

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::ValueEnum;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use sweepstake_simulators::accelerator::eyeriss::{self, Eyeriss};
use sweepstake_simulators::accelerator::mapper::{Goal, Rules, Search, search};
use sweepstake_simulators::accelerator::{
    AcceleratorError, Analysis, Architecture, Data, Level, Mac, Mapping, Problem, Scratch, evaluate, timeloop,
};
use sweepstake_simulators::layer::{Layer, network};

use crate::document::Document;
use crate::terminal;
use crate::usage::Usage;

/// Evaluate a layer on a DNN accelerator, with the mapping of a file or the best that a search finds.
///
/// The accelerator is a YAML file with `levels` and `mac`, or ArchGym's template of Eyeriss. The layer is one of a
/// built-in network, or a problem file of Timeloop.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sweepstake simulate accelerator --layer resnet50/conv3-1b --explain\n  \
                  sweepstake simulate accelerator --config examples/accelerator.yaml --layer vgg16/conv2-1\n  \
                  sweepstake simulate accelerator --problem layer.yaml --goal energy --json"
)]
pub(super) struct Args {
    /// The accelerator, and a mapping if there is one: a YAML file.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// A layer of a built-in network.
    #[arg(long, value_name = "NETWORK/LAYER", required_unless_present = "problem")]
    layer: Option<String>,
    /// A problem file of Timeloop.
    #[arg(long, value_name = "FILE", conflicts_with = "layer")]
    problem: Option<PathBuf>,
    /// What the search for a mapping makes small.
    #[arg(long, default_value = "delay")]
    goal: Wanted,
    /// Mappings tried for each prime factor of the layer's extents.
    #[arg(long, default_value_t = 200)]
    effort: u32,
    /// Seed of the search.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Say what bounds the run, which reuse is lost, and where.
    #[arg(long)]
    explain: bool,
    /// Print the report as JSON.
    #[arg(long, conflicts_with = "explain")]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Wanted {
    /// Cycles, then energy.
    Delay,
    /// Energy, then cycles.
    Energy,
    /// Energy times cycles.
    EnergyDelay,
}

/// An accelerator file.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Config {
    /// Storage levels, outermost first.
    levels: Vec<Level>,
    /// The multipliers.
    mac: Mac,
    /// Whether neighbours pass words to each other.
    #[serde(default)]
    links: bool,
    /// A mapping in Timeloop's words; searched for if there is none.
    #[serde(default)]
    mapping: Option<Json>,
}

/// What is evaluated.
struct Run {
    architecture: Architecture,
    problem: Problem,
    mapping: Mapping,
    /// Mappings that were tried to find it; none if it was given.
    tried: Option<u64>,
}

pub(super) fn simulate(args: &Args) -> Result<()> {
    let layer = layer(args)?;
    let problem = Problem::new(&layer).map_err(|error| Usage::error(error.to_string()))?;
    let run = run(args, problem)?;
    let mut scratch = Scratch::default();
    let analysis =
        evaluate(&run.architecture, &run.problem, &run.mapping, &mut scratch).map_err(|violation| {
            Usage::error(format!(
                "the mapping cannot run: {}: {}",
                violation.reason(),
                violation.describe(&run.architecture)
            ))
        })?;
    if args.json {
        return super::super::print_json(&report(&run, analysis));
    }
    terminal::print(&explain::text(&run, analysis, args.explain));
    Ok(())
}

fn layer(args: &Args) -> Result<Layer> {
    if let Some(path) = &args.problem {
        let document = Document::read(path)?;
        return timeloop::problem(&document.value).map_err(|error| document.error("problem", plain(&error)));
    }
    let name = args.layer.as_deref().unwrap_or_default();
    let (net, layer) = name.split_once('/').unwrap_or((name, ""));
    let network = network(net).map_err(|error| Usage::error(error.to_string()))?;
    let row = network.rows.iter().find(|row| row.name == layer).ok_or_else(|| {
        let names = network.rows.iter().map(|row| row.name);
        Usage::error(rl_env::Error::unknown("layer", layer, names).to_string())
    })?;
    Ok(row.layer)
}

/// The message without the name of the part, which the place in the file says already.
fn plain(error: &AcceleratorError) -> String {
    match error {
        AcceleratorError::Description { problem, .. } => problem.clone(),
        other => other.to_string(),
    }
}

fn run(args: &Args, problem: Problem) -> Result<Run> {
    let (architecture, rules, mapping) = match &args.config {
        Some(path) => described(path, problem.layer())?,
        None => {
            let built = Eyeriss::default().architecture().map_err(|error| Usage::error(error.to_string()))?;
            (built, eyeriss::rules(), None)
        }
    };
    if let Some(mapping) = mapping {
        return Ok(Run { architecture, problem, mapping, tried: None });
    }
    let goal = match args.goal {
        Wanted::Delay => Goal::Delay,
        Wanted::Energy => Goal::Energy,
        Wanted::EnergyDelay => Goal::EnergyDelay,
    };
    if args.effort > 100_000 {
        return Err(Usage::error(format!("--effort {}: at most 100000", args.effort)));
    }
    let settings = Search { goal, effort: args.effort, restarts: 4, seed: args.seed, ..Search::default() };
    let found =
        search(&architecture, &problem, &rules, &settings, &mut Scratch::default()).map_err(|violation| {
            let why = violation.describe(&architecture);
            Usage::error(format!("no mapping can run: {}: {why}", violation.reason()))
        })?;
    Ok(Run { architecture, problem, mapping: found.mapping, tried: Some(found.evaluations) })
}

/// The accelerator of a file, in which every level keeps everything, and its mapping.
fn described(path: &Path, layer: &Layer) -> Result<(Architecture, Rules, Option<Mapping>)> {
    let document = Document::read(path)?;
    let config: Config = document.load()?;
    let names: Vec<String> = config.levels.iter().map(|level| level.name.clone()).collect();
    let architecture = Architecture::new(config.levels, config.mac).map_err(|error| {
        let key = match &error {
            AcceleratorError::OutOfRange { level, attribute, .. } => {
                let place = names.iter().position(|name| name == level);
                place.map_or_else(
                    || format!("mac.{attribute}"),
                    |place| format!("levels[{place}].{attribute}"),
                )
            }
            _ => "levels".to_owned(),
        };
        document.error(&key, error)
    })?;
    let architecture = architecture.with_links(config.links);
    let mapping = config.mapping.as_ref().map(|slots| timeloop::mapping(slots, layer, &architecture));
    let mapping = mapping.transpose().map_err(|error| document.error("mapping", plain(&error)))?;
    Ok((architecture, Rules::default(), mapping))
}

fn report(run: &Run, analysis: &Analysis) -> Json {
    let level = |(place, built): (usize, &Level)| {
        let found = &analysis.levels()[place];
        let traffic = |data: Data| {
            let traffic = analysis.traffic(place, data);
            json!({
                "tile_words": traffic.size, "reads": traffic.reads, "updates": traffic.updates, "fills": traffic.fills,
                "links": traffic.links, "energy_pj": traffic.energy_pj,
            })
        };
        let kept = Data::ALL.into_iter().filter(|data| run.mapping.keeps(place, *data));
        let data: serde_json::Map<String, Json> =
            kept.map(|data| (data.name().to_owned(), traffic(data))).collect();
        json!({
            "name": built.name, "instances": built.instances, "used": found.used, "cycles": found.cycles,
            "energy_pj": found.energy_pj, "data": data,
        })
    };
    let levels: Vec<Json> = run.architecture.levels().iter().enumerate().map(level).collect();
    json!({
        "cycles": analysis.cycles,
        "compute_cycles": analysis.compute_cycles,
        "energy_pj": analysis.energy_pj,
        "mac_energy_pj": analysis.mac_energy_pj,
        "area_um2": run.architecture.area_um2(),
        "macs": analysis.macs,
        "utilization": analysis.utilization,
        "bound": analysis.bound().map(|level| run.architecture.levels()[level].name.clone()),
        "levels": levels,
        "mapping": timeloop::slots(&run.mapping, &run.architecture),
        "mappings_tried": run.tried,
    })
}
