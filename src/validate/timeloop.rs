//! Runs of timeloop-model 3.0.3: our loop-nest model follows its dense analysis exactly.

use anyhow::Result;
use serde_json::Value as Json;
use sweepstake_simulators::accelerator::timeloop::{self, Run};
use sweepstake_simulators::accelerator::{Analysis, Data, Scratch, evaluate};

use super::table::{Row, Table};
use super::{Column, Measure, Sources, Tally, Validation};

/// A whole number.
const fn exact(name: &'static str, why: &'static str) -> Column {
    Column { name, precision: 0.0, target: 0.0, why }
}

/// What is compared.
pub const COLUMNS: &[Column] = &[
    exact("cycles", "cycles of the run: those of the slowest level"),
    exact("level_cycles", "cycles that each storage level needs at its bandwidth"),
    exact("reads", "words read, per instance of each level and kind of data"),
    exact("updates", "partial sums written by the children, likewise"),
    exact("fills", "words written by the parent, likewise"),
    exact("capacity", "words of the tile that an instance holds, likewise"),
    exact("partition", "words of the layer that an instance is responsible for, likewise"),
    exact("instances", "instances in use, likewise"),
    Column {
        name: "ingresses",
        precision: 0.5,
        target: 0.0,
        why: "words on the network below each level; reads and updates together at the outermost",
    },
    Column {
        name: "links",
        precision: 0.5,
        target: 0.0,
        why: "words that neighbours pass to each other on that network",
    },
    Column {
        name: "energy_pJ",
        precision: 0.1,
        target: 1e-6,
        why: "energy of all accesses and multiplications, a sum of totals printed with two decimals",
    },
    Column { name: "area_um2", precision: 0.05, target: 1e-6, why: "area of all instances, likewise" },
    Column {
        name: "utilization",
        precision: 0.005,
        target: 0.0,
        why: "multiplications over cycles and multipliers built, two decimals",
    },
];

/// Columns of results.
const NEEDED: [&str; 6] = ["cycles", "energy_pJ", "area_um2", "utilization", "levels_json", "networks_json"];

/// Replays every recorded run.
///
/// # Errors
/// With file and line, if the file cannot be read or is not what it should be.
pub fn validate(sources: &Sources) -> Result<Validation> {
    let table = Table::read(&sources.reference, &[&timeloop::COLUMNS[..], &NEEDED].concat())?;
    let mut scratch = Scratch::default();
    let mut tally = Tally::new("timeloop", table.len(), COLUMNS);
    for row in table.rows() {
        let run = timeloop::run(|column| row.get(column)).map_err(|error| row.error(error))?;
        match tally.timed(|| evaluate(&run.architecture, &run.problem, &run.mapping, &mut scratch)) {
            Ok(analysis) => tally.add(&class(&run), &measures(row, &run, analysis)?),
            Err(violation) => {
                let why = violation.describe(&run.architecture);
                tally.skip(format!("refused by our model: {why}"));
            }
        }
    }
    Ok(tally.finish())
}

fn class(run: &Run) -> String {
    let links = if run.architecture.links() { ", links" } else { "" };
    format!("{} levels{links}", run.architecture.levels().len())
}

fn measures(row: Row<'_>, run: &Run, analysis: &Analysis) -> Result<Vec<Measure>> {
    let mut measures = Vec::new();
    for (column, ours) in [
        ("cycles", analysis.cycles as f64),
        ("energy_pJ", analysis.energy_pj),
        ("area_um2", run.architecture.area_um2()),
        ("utilization", analysis.utilization),
    ] {
        if let Some(recorded) = row.number(column)? {
            measures.push(Measure { column, recorded, ours });
        }
    }
    let parsed = |column: &str| {
        let parsed: serde_json::Result<Json> = serde_json::from_str(row.get(column));
        parsed.map_err(|error| row.error(format!("{column}: {error}")))
    };
    levels(&parsed("levels_json")?, run, analysis, &mut measures);
    networks(&parsed("networks_json")?, run, analysis, &mut measures);
    Ok(measures)
}

fn measure(measures: &mut Vec<Measure>, column: &'static str, recorded: &Json, ours: f64) {
    if let Some(recorded) = recorded.as_f64() {
        measures.push(Measure { column, recorded, ours });
    }
}

fn levels(recorded: &Json, run: &Run, analysis: &Analysis, measures: &mut Vec<Measure>) {
    for (place, (built, found)) in run.architecture.levels().iter().zip(analysis.levels()).enumerate() {
        let level = &recorded[&built.name];
        measure(measures, "level_cycles", &level["_"]["Cycles"], found.cycles as f64);
        for data in Data::ALL {
            let (statistics, traffic) = (&level[data.name()], analysis.traffic(place, data));
            for (column, key, ours) in [
                ("reads", "Scalar reads (per-instance)", traffic.reads),
                ("updates", "Scalar updates (per-instance)", traffic.updates),
                ("fills", "Scalar fills (per-instance)", traffic.fills),
                ("capacity", "Utilized capacity", traffic.size),
                ("partition", "Partition size", traffic.partition),
                ("instances", "Utilized instances (max)", found.used),
            ] {
                measure(measures, column, &statistics[key], ours as f64);
            }
        }
    }
}

/// The network below the outermost level reports reads and updates of the outputs, the others updates.
fn networks(recorded: &Json, run: &Run, analysis: &Analysis, measures: &mut Vec<Measure>) {
    let names: Vec<&str> = run.architecture.levels().iter().map(|level| level.name.as_str()).collect();
    for (place, parent) in names.iter().enumerate() {
        let child = names.get(place + 1).unwrap_or(&"mac");
        let network = &recorded[format!("{parent}|{child}")];
        for data in Data::ALL {
            let traffic = analysis.traffic(place, data);
            let both = place == 0 && data == Data::Outputs;
            let reads = if both { traffic.reads as f64 } else { 0.0 };
            let statistics = &network[data.name()];
            measure(measures, "ingresses", &statistics["Ingresses"], traffic.ingresses + reads);
            measure(measures, "links", &statistics["Link transfers"], traffic.links);
        }
    }
}
