//! Recorded rankings of the B4 authors' code, replayed. Skipped where the recordings are not present.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // A helper that cannot go on fails its test; a skipped test says so.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use flate2::read::GzDecoder;
use serde_json::Value as Json;
use sweepstake_simulators::selection::{PassMatrix, Priors, Strategy};

fn lines(file: &str) -> Option<Vec<Json>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/reference/b4").join(file);
    let Ok(file) = std::fs::File::open(path) else {
        println!("skipped: no reference data");
        return None;
    };
    let lines = BufReader::new(GzDecoder::new(file)).lines();
    Some(lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect())
}

fn strategy(name: &str) -> Strategy {
    let b4 = |alpha, beta0| Strategy::B4(Priors::new(alpha, beta0).unwrap());
    match name {
        "MaxPass" => Strategy::MaxPass,
        "MBR_exec" => Strategy::MbrExec,
        "CodeT" => Strategy::CodeT,
        "B4(1e4,1e3)" => b4(1e3, 1e4),
        "B4(1e5,1e3)" => b4(1e3, 1e5),
        "B4(1e6,1e3)" => b4(1e3, 1e6),
        "B4(10,10)" => b4(10.0, 10.0),
        "exact_marginal_logweight(10,10)" => Strategy::B4Marginal(Priors::new(10.0, 10.0).unwrap()),
        other => panic!("{other}"),
    }
}

fn matrices() -> Option<HashMap<String, PassMatrix>> {
    let files = ["humaneval_codegen16b.jsonl.gz", "sim.jsonl.gz"];
    let rows: Option<Vec<Vec<Json>>> = files.into_iter().map(lines).collect();
    let matrix = |row: Json| {
        let text: Vec<&str> = row["rows"].as_array().unwrap().iter().map(|r| r.as_str().unwrap()).collect();
        (row["task"].as_str().unwrap().to_owned(), PassMatrix::from_text(&text).unwrap())
    };
    Some(rows?.into_iter().flatten().map(matrix).collect())
}

fn near(ours: f64, theirs: f64) -> bool {
    (ours - theirs).abs() <= 1e-8 * theirs.abs()
}

#[test]
fn every_recorded_set_has_its_score() {
    let (Some(matrices), Some(recorded)) = (matrices(), lines("reference_groups.jsonl.gz")) else { return };
    let mut compared = 0;
    for row in recorded {
        let task = row["task"].as_str().unwrap();
        for (name, groups) in row["groups"].as_object().unwrap() {
            let ranking = strategy(name).rank(&matrices[task]);
            let ours: HashMap<&[usize], f64> =
                ranking.sets.iter().map(|set| (&set.candidates[..], set.score)).collect();
            let groups = groups.as_array().unwrap();
            assert_eq!(ours.len(), groups.len(), "{task} {name}");
            for group in groups {
                let candidates: Vec<usize> = serde_json::from_value(group[0].clone()).unwrap();
                let (ours, theirs) = (ours[&candidates[..]], group[1].as_f64().unwrap());
                assert!(near(ours, theirs), "{task} {name} {candidates:?}: {ours} instead of {theirs}");
                compared += 1;
            }
        }
    }
    assert!(compared > 10_000, "{compared}");
}

#[test]
fn every_recorded_choice_is_ours() {
    let Some(matrices) = matrices() else { return };
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/reference/b4/reference.csv.gz");
    let file = std::fs::File::open(path).unwrap();
    let mut reader = csv::Reader::from_reader(GzDecoder::new(file));
    let header = reader.headers().unwrap().clone();
    let mut compared = 0;
    for record in reader.records() {
        let record = record.unwrap();
        let get = |name: &str| &record[header.iter().position(|known| known == name).unwrap()];
        if get("strategy") == "Random" {
            continue;
        }
        let ranking = strategy(get("strategy")).rank(&matrices[get("task")]);
        let top: Vec<usize> = get("top_solutions").split(' ').map(|i| i.parse().unwrap()).collect();
        assert_eq!(ranking.top, top, "{} {}", get("task"), get("strategy"));
        assert!(near(ranking.sets[0].score, get("top_score").parse().unwrap()), "{}", get("task"));
        compared += 1;
    }
    assert!(compared > 5000, "{compared}");
}
