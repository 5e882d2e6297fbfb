//! Designs recorded from FARSI: its model followed to the last digit but two.

use std::collections::BTreeMap;
use std::io::{BufRead as _, Read as _};
use std::path::Path;

use anyhow::Result;
use sweepstake_simulators::soc::farsi::Recorded;
use sweepstake_simulators::soc::{Distance, Fidelity, Report, Scratch, Workload, simulate, workloads};

use super::{Column, Measure, Sources, Tally, Validation};
use crate::traces;
use crate::usage::Usage;

/// Relative difference aimed at.
const TARGET: f64 = 1e-9;
/// Most bytes read, unpacked.
const MOST_BYTES: u64 = 1 << 30;

const fn column(name: &'static str, why: &'static str) -> Column {
    Column { name, precision: 0.0, target: TARGET, why }
}

/// What is compared.
pub const COLUMNS: &[Column] = &[
    column("latency_s", "completion of each task graph's last task: order, contention and routes show in it"),
    column("energy_j", "energy of processing elements and memories"),
    column("power_w", "highest power of any window: how phases are cut shows in it"),
    column("area_m2", "area of all blocks with tasks or data; memories by their peak occupancy"),
    column("cost", "development cost: blocks, and ways from tasks to memories"),
    column("dist_simple", "distance to the budgets, every term counted"),
    column("dist_eliminate", "distance to the budgets, terms within them dropped"),
];

/// Simulates every recorded design.
///
/// # Errors
/// With file and line, if the file cannot be read or is not what it should be.
pub fn validate(sources: &Sources) -> Result<Validation> {
    let rows = read(&sources.reference)?;
    let mut tally = Tally::new("farsi", rows.len(), COLUMNS);
    let mut scratch = Scratch::default();
    let built_in: BTreeMap<&str, Workload> = workloads::BUILT_IN
        .iter()
        .map(|(name, _)| Ok((*name, Workload::built_in(name)?)))
        .collect::<Result<_>>()?;
    for (line, row) in &rows {
        if !row.complete_mapping {
            tally.skip("data without a memory: an accident of the recorded code");
            continue;
        }
        let name = row.workload();
        let Some(workload) = built_in.get(name.as_str()) else {
            tally.skip(format!("a workload without task graph here: {name}"));
            continue;
        };
        let error = |error| Usage::error(format!("{}:{line}: {error}", sources.reference.display()));
        let design = row.design(workload).map_err(error)?;
        match tally.timed(|| simulate(&design, workload, Fidelity::Farsi, &mut scratch)) {
            Ok(report) => {
                let class = format!("{name}, {}", row.source);
                tally.add(&class, &measures(row, workload, &report));
            }
            Err(error) => tally.skip(format!("refused by our simulator: {error}")),
        }
    }
    Ok(tally.finish())
}

/// The designs of a file, each with its line.
fn read(path: &Path) -> Result<Vec<(usize, Recorded)>> {
    let mut rows = Vec::new();
    for (place, line) in traces::open(path)?.take(MOST_BYTES).lines().enumerate() {
        let at = |problem: String| Usage::error(format!("{}:{}: {problem}", path.display(), place + 1));
        let line = line.map_err(|error| at(format!("cannot be read: {error}")))?;
        let row = serde_json::from_str(&line)
            .map_err(|error| at(format!("not a design recorded from FARSI: {error}")))?;
        rows.push((place + 1, row));
    }
    match rows.is_empty() {
        true => Err(Usage::error(format!("{}: no rows", path.display()))),
        false => Ok(rows),
    }
}

fn measures(row: &Recorded, workload: &Workload, report: &Report) -> Vec<Measure> {
    let recorded = |name: &str| row.latency_s.get(&name.replace('-', "_"));
    let latencies = workload.applications().iter().zip(report.latencies_s()).filter_map(|(of, ours)| {
        recorded(&of.name).map(|recorded| Measure { column: "latency_s", recorded: *recorded, ours: *ours })
    });
    let rest = [
        ("energy_j", row.energy_j, report.energy_j),
        ("power_w", row.power_w, report.power_w),
        ("area_m2", row.area_m2, report.area.total_m2()),
        ("cost", row.cost, report.development_cost),
        ("dist_simple", row.dist_simple, report.distance(workload, Distance::Simple)),
        ("dist_eliminate", row.dist_eliminate, report.distance(workload, Distance::Eliminate)),
    ];
    let rest = rest.into_iter().map(|(column, recorded, ours)| Measure { column, recorded, ours });
    latencies.chain(rest).collect()
}
