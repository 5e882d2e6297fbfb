//! Replays the recorded runs of MAESTRO and compares every column.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // Recorded files are well formed; a skipped test says so.

use std::collections::HashMap;

use serde_json::Value as Json;
use sweepstake_simulators::dataflow::{
    Dim, Directive, Hardware, Mapping, Operator, Over, Problem, Scratch, evaluate,
};

type Row = HashMap<String, String>;

fn rows() -> Option<(Vec<String>, Vec<Row>)> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/reference/accelerator/maestro.csv.gz");
    let Ok(file) = std::fs::File::open(file) else {
        println!("skipped: no reference data");
        return None;
    };
    let mut reader = csv::Reader::from_reader(flate2::read::GzDecoder::new(file));
    let header = reader.headers().unwrap().iter().map(str::to_owned).collect();
    Some((header, reader.deserialize().map(|row| row.unwrap()).collect()))
}

fn run(row: &Row) -> (Hardware, Problem, Mapping) {
    let number = |column: &str| row[column].parse::<i64>().unwrap();
    let operator = match row["layer_type"].as_str() {
        "CONV" => Operator::Conv,
        "DSCONV" => Operator::Depthwise,
        _ => Operator::Gemm,
    };
    let sizes: Vec<(Dim, i64)> =
        operator.dims().map(|dim| (dim, number(&format!("dim_{}", dim.name())))).collect();
    let problem = Problem::new(operator, &sizes, [number("stride_Y"), number("stride_X")]).unwrap();
    let directives: Vec<Vec<Json>> = serde_json::from_str(&row["mapping_json"]).unwrap();
    let mut mapping = Mapping { levels: vec![Vec::new()], clusters: Vec::new() };
    for directive in &directives {
        let size = |place: usize| directive[place].as_i64().unwrap();
        if directive[0] == "Cluster" {
            mapping.clusters.push(size(1));
            mapping.levels.push(Vec::new());
            continue;
        }
        let over = Over::of(directive[3].as_str().unwrap()).unwrap();
        let directive = Directive { spatial: directive[0] == "S", size: size(1), offset: size(2), over };
        mapping.levels.last_mut().unwrap().push(directive);
    }
    let hardware = Hardware {
        pes: number("hw_num_pes"),
        noc_bandwidth: number("hw_noc_bw"),
        noc_latency: number("hw_noc_hops") * number("hw_noc_hop_latency"),
        offchip_bandwidth: number("hw_offchip_bw"),
        simd: number("hw_simd"),
    };
    (hardware, problem, mapping)
}

/// Whether a value prints as six significant digits did.
fn equal(ours: f64, recorded: &str) -> bool {
    let theirs: f64 = recorded.parse().unwrap();
    if ours.is_nan() && theirs.is_nan() || ours == theirs {
        return true;
    }
    if recorded.len() > 6 && !recorded.contains(['.', 'e']) {
        return false; // Whole numbers are printed in full.
    }
    let last = 10f64.powi(theirs.abs().log10().floor() as i32 - 5);
    (ours - theirs).abs() <= 0.5 * last * (1.0 + 1e-9)
}

#[test]
fn every_column_is_that_of_maestro() {
    let Some((header, rows)) = rows() else { return };
    let mut scratch = Scratch::default();
    let (mut wrong, mut compared, mut columns) = (0, 0, HashMap::<String, u32>::new());
    for row in &rows {
        let (hardware, problem, mapping) = run(row);
        let report = evaluate(&hardware, &problem, &mapping, &mut scratch).unwrap();
        let mut differences = Vec::new();
        for column in &header {
            let Some(ours) = report.column(column) else { continue };
            compared += 1;
            if !equal(ours, &row[column]) {
                differences.push(format!("{column}: {ours} for {}", row[column]));
                *columns.entry(column.clone()).or_default() += 1;
            }
        }
        if !differences.is_empty() {
            wrong += 1;
            if wrong < 12 {
                println!("{} {} {}: {differences:?}", row["layer"], row["style"], row["mapping_json"]);
            }
        }
    }
    println!("{columns:?}");
    assert_eq!(wrong, 0, "of {} rows", rows.len());
    assert!(rows.len() > 500 && compared == rows.len() * 50, "{compared}");
}
