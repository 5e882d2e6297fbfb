//! Recorded designs of FARSI, replayed. Skipped where the recordings are not present.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // A helper that cannot go on fails its test; a skipped one says so.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use flate2::read::GzDecoder;
use sweepstake_simulators::soc::farsi::{Recorded, task};
use sweepstake_simulators::soc::{
    Distance, Fidelity, Scratch, Workload, simulate, simulate_with_trace, workloads,
};

/// Every recorded design with a complete mapping.
fn recorded() -> Option<Vec<Recorded>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/reference/soc/designs.jsonl.gz");
    let Ok(file) = std::fs::File::open(path) else {
        println!("skipped: no reference data");
        return None;
    };
    let lines = BufReader::new(GzDecoder::new(file)).lines();
    let rows = lines.map(|line| serde_json::from_str::<Recorded>(&line.unwrap()).unwrap());
    Some(rows.filter(|row| row.complete_mapping).collect())
}

fn built_in() -> BTreeMap<&'static str, Workload> {
    workloads::BUILT_IN.iter().map(|(name, _)| (*name, Workload::built_in(name).unwrap())).collect()
}

fn near(ours: f64, theirs: f64, tolerance: f64) -> bool {
    (ours - theirs).abs() <= tolerance * theirs.abs().max(1e-300)
}

#[test]
fn metrics_of_every_recorded_design_are_those_of_farsi() {
    let Some(rows) = recorded() else { return };
    let (workloads, mut scratch) = (built_in(), Scratch::default());
    let mut worst: f64 = 0.0;
    for row in &rows {
        let workload = &workloads[row.workload().as_str()];
        let design = row.design(workload).unwrap();
        let report = simulate(&design, workload, Fidelity::Farsi, &mut scratch).unwrap();
        let mut pairs = vec![
            ("energy", report.energy_j, row.energy_j),
            ("power", report.power_w, row.power_w),
            ("area", report.area.total_m2(), row.area_m2),
            ("cost", report.development_cost, row.cost),
            ("simple", report.distance(workload, Distance::Simple), row.dist_simple),
            ("eliminate", report.distance(workload, Distance::Eliminate), row.dist_eliminate),
        ];
        for (application, name) in workload.applications().iter().zip(report.latencies_s()) {
            pairs.push(("latency", *name, row.latency_s[&application.name.replace('-', "_")]));
        }
        for (name, ours, theirs) in pairs {
            assert!(near(ours, theirs, 1e-9), "{} {}: {name} {ours} instead of {theirs}", row.id, row.source);
            worst = worst.max((ours / theirs - 1.0).abs());
        }
        assert_eq!(report.phases, row.n_phases, "{}", row.id);
    }
    println!("{} designs, worst relative difference {worst:.1e}", rows.len());
}

#[test]
fn tasks_start_and_end_when_farsi_says() {
    let Some(rows) = recorded() else { return };
    let (workloads, mut scratch) = (built_in(), Scratch::default());
    for row in rows.iter().step_by(7) {
        let workload = &workloads[row.workload().as_str()];
        let design = row.design(workload).unwrap();
        let (_, trace) = simulate_with_trace(&design, workload, Fidelity::Farsi, &mut scratch).unwrap();
        for (name, [start, end]) in &row.task_start_end {
            let task = task(name, workload).unwrap();
            assert!(near(trace.start_s[task], *start, 1e-9), "{} {name} starts", row.id);
            assert!(near(trace.end_s[task], *end, 1e-9), "{} {name} ends", row.id);
        }
    }
}
