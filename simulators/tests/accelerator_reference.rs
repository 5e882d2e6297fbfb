//! Replays the recorded runs of Timeloop and compares every access, cycle and energy.

#![allow(clippy::unwrap_used)] // Recorded files are known to be well formed.

use std::collections::HashMap;

use serde_json::Value as Json;
use sweepstake_simulators::accelerator::timeloop::{Run, run};
use sweepstake_simulators::accelerator::{Analysis, Data, Scratch, evaluate};

type Row = HashMap<String, String>;

#[allow(clippy::print_stdout)] // a skipped test says so
fn rows() -> Option<Vec<Row>> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/reference/accelerator/timeloop.csv.gz");
    let Ok(file) = std::fs::File::open(file) else {
        println!("skipped: no reference data");
        return None;
    };
    let mut reader = csv::Reader::from_reader(flate2::read::GzDecoder::new(file));
    Some(reader.deserialize().map(|row| row.unwrap()).collect())
}

/// Differences of one row, as text.
fn differences(row: &Row, run: &Run, analysis: &Analysis) -> Vec<String> {
    let recorded: Json = serde_json::from_str(&row["levels_json"]).unwrap();
    let mut found = Vec::new();
    let mut compare = |what: String, ours: f64, theirs: Option<f64>| {
        if theirs.is_some_and(|theirs| theirs != ours) {
            found.push(format!("{what}: {ours} for {}", theirs.unwrap()));
        }
    };
    compare("cycles".into(), analysis.cycles as f64, row["cycles"].parse().ok());
    for (place, level) in run.architecture.levels().iter().enumerate() {
        let found = &analysis.levels()[place];
        compare(
            format!("{} cycles", level.name),
            found.cycles as f64,
            recorded[&level.name]["_"]["Cycles"].as_f64(),
        );
        for data in Data::ALL {
            let statistics = &recorded[&level.name][data.name()];
            assert_eq!(
                statistics.is_object(),
                run.mapping.keeps(place, data),
                "{} {}",
                level.name,
                data.name()
            );
            let traffic = analysis.traffic(place, data);
            for (key, ours) in [
                ("Scalar reads (per-instance)", traffic.reads),
                ("Scalar updates (per-instance)", traffic.updates),
                ("Scalar fills (per-instance)", traffic.fills),
                ("Utilized capacity", traffic.size),
                ("Partition size", traffic.partition),
                ("Utilized instances (max)", found.used),
            ] {
                let what = format!("{} {} {key}", level.name, data.name());
                compare(what, ours as f64, statistics[key].as_f64());
            }
        }
    }
    found
}

#[test]
fn every_access_and_cycle_is_that_of_timeloop() {
    let Some(rows) = rows() else { return };
    let mut scratch = Scratch::default();
    let mut wrong = 0;
    for row in &rows {
        let run = run(|column| row[column].as_str()).unwrap();
        let analysis = evaluate(&run.architecture, &run.problem, &run.mapping, &mut scratch).unwrap();
        let differences = differences(row, &run, analysis);
        if !differences.is_empty() {
            wrong += 1;
            println!("{}: {differences:?}", row["layer"]);
        }
        let energy: f64 = row["energy_pJ"].parse().unwrap();
        let error = (analysis.energy_pj - energy).abs();
        assert!(
            error <= 0.005 * (3.0 * run.architecture.levels().len() as f64 + 1.0),
            "{}: {error}",
            row["layer"]
        );
        let area: f64 = row["area_um2"].parse().unwrap();
        assert!((run.architecture.area_um2() - area).abs() <= 1e-6 * area, "{}", row["layer"]);
    }
    assert_eq!(wrong, 0, "of {} rows", rows.len());
    assert!(rows.len() > 300);
}
