//! `sweepstake simulate systolic`: layers on a systolic array.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::ValueEnum;
use serde_json::{Value as Json, json};
use sweepstake_simulators::layer::network;
use sweepstake_simulators::systolic::{
    Array, Bandwidth, Dataflow, NamedWork, Report, Scratch, SystolicError, Work, read, simulate as run,
};

use crate::terminal::{self, count, figure, table};
use crate::usage::Usage;

/// Run layers on a systolic array, with SCALE-Sim's timing.
///
/// The layers are a topology file of SCALE-Sim, a built-in network, or one of its layers. With --bandwidth, the array
/// waits for DRAM exactly as long as in SCALE-Sim's USER mode; without, it never waits (CALC mode).
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sweepstake simulate systolic --layer resnet18/conv2 --dataflow ws --bandwidth 10\n  \
                  sweepstake simulate systolic --topology network.csv --rows 128 --columns 128 --json"
)]
pub(super) struct Args {
    /// A topology file of SCALE-Sim.
    #[arg(long, value_name = "FILE", required_unless_present = "layer", conflicts_with = "layer")]
    topology: Option<PathBuf>,
    /// A built-in network, or one of its layers.
    #[arg(long, value_name = "NETWORK[/LAYER]")]
    layer: Option<String>,
    /// Rows of processing elements.
    #[arg(long, default_value_t = 32)]
    rows: u32,
    /// Columns of processing elements.
    #[arg(long, default_value_t = 32)]
    columns: u32,
    /// What stays in the array.
    #[arg(long, default_value = "os")]
    dataflow: Stationary,
    /// Buffer of inputs in kB.
    #[arg(long, default_value_t = 64)]
    ifmap_kb: u32,
    /// Buffer of filters in kB.
    #[arg(long, default_value_t = 64)]
    filter_kb: u32,
    /// Buffer of outputs in kB.
    #[arg(long, default_value_t = 64)]
    ofmap_kb: u32,
    /// Words a cycle between DRAM and the buffers: one number, or three for inputs, filters and outputs.
    #[arg(long, value_name = "WORDS[,WORDS,WORDS]", value_delimiter = ',')]
    bandwidth: Vec<u32>,
    /// Print the reports as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Stationary {
    /// Outputs.
    Os,
    /// Weights.
    Ws,
    /// Inputs.
    Is,
}

pub(super) fn simulate(args: &Args) -> Result<()> {
    let array = array(args)?;
    let mut scratch = Scratch::default();
    let mut reports = Vec::new();
    for layer in layers(args)? {
        let report = run(&array, &layer.work, &mut scratch)
            .map_err(|error| Usage::error(format!("layer {}: {error}", layer.name)))?;
        reports.push((layer, report));
    }
    if args.json {
        let reports: Vec<Json> = reports.iter().map(as_json).collect();
        return super::super::print_json(&json!({ "array": array, "layers": reports }));
    }
    terminal::print(&text(&reports));
    Ok(())
}

fn array(args: &Args) -> Result<Array> {
    let bandwidth = match args.bandwidth[..] {
        [] => None,
        [words] => Some(Bandwidth { ifmap: words, filter: words, ofmap: words }),
        [ifmap, filter, ofmap] => Some(Bandwidth { ifmap, filter, ofmap }),
        _ => {
            let given = args.bandwidth.len();
            return Err(Usage::error(format!("--bandwidth has {given} numbers; allowed: one or three")));
        }
    };
    let dataflow = match args.dataflow {
        Stationary::Os => Dataflow::Os,
        Stationary::Ws => Dataflow::Ws,
        Stationary::Is => Dataflow::Is,
    };
    let array = Array {
        rows: args.rows,
        columns: args.columns,
        dataflow,
        ifmap_kb: args.ifmap_kb,
        filter_kb: args.filter_kb,
        ofmap_kb: args.ofmap_kb,
        bandwidth,
    };
    array.checked().map_err(|error| Usage::error(error.to_string()))
}

fn layers(args: &Args) -> Result<Vec<NamedWork>> {
    if let Some(path) = &args.topology {
        let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        return read(&bytes).map_err(|error| {
            let message = match &error {
                SystolicError::File { line, problem } => format!("{}:{line}: {problem}", path.display()),
                other => format!("{}: {other}", path.display()),
            };
            Usage::error(message)
        });
    }
    let name = args.layer.as_deref().unwrap_or_default();
    let (net, layer) = name.split_once('/').map_or((name, None), |(net, layer)| (net, Some(layer)));
    let rows = network(net).map_err(|error| Usage::error(error.to_string()))?.rows;
    let wanted: Vec<_> = rows.iter().filter(|row| layer.is_none_or(|layer| row.name == layer)).collect();
    if wanted.is_empty() {
        let names = rows.iter().map(|row| row.name);
        return Err(Usage::error(
            rl_env::Error::unknown("layer", layer.unwrap_or_default(), names).to_string(),
        ));
    }
    let work = |row: &&sweepstake_simulators::layer::Row| {
        let (work, times) = Work::of(&row.layer).map_err(|error| Usage::error(error.to_string()))?;
        let count = u32::try_from(times.saturating_mul(row.count.into())).unwrap_or(u32::MAX);
        Ok(NamedWork { name: row.name.to_owned(), work, count })
    };
    wanted.iter().map(work).collect()
}

fn as_json((layer, report): &(NamedWork, Report)) -> Json {
    json!({ "name": layer.name, "count": layer.count, "m_n_k": layer.work.product(), "report": report })
}

fn text(reports: &[(NamedWork, Report)]) -> String {
    let header = ["layer", "times", "M × N × K", "cycles", "waits", "busy %", "DRAM words", "SRAM words"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    let mut total = [0u64; 4];
    for (layer, report) in reports {
        let sram: u64 = report.compute.sram_accesses.iter().sum();
        let values = [report.cycles, report.stall_cycles, report.dram_words(), sram];
        for (sum, value) in total.iter_mut().zip(values) {
            *sum = sum.saturating_add(value.saturating_mul(layer.count.into()));
        }
        let [m, n, k] = layer.work.product();
        rows.push(vec![
            layer.name.clone(),
            count(layer.count.into()),
            format!("{m} × {n} × {k}"),
            count(values[0]),
            count(values[1]),
            figure(report.utilization_percent),
            count(values[2]),
            count(values[3]),
        ]);
    }
    if reports.len() > 1 {
        let [cycles, waits, dram, sram] = total.map(count);
        let none = String::new;
        rows.push(vec!["all".to_owned(), none(), none(), cycles, waits, none(), dram, sram]);
    }
    table(&rows)
}
