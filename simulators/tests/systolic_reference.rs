//! Replays the recorded runs of SCALE-Sim and compares every cycle and access.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // Recorded files are well formed; a skipped test says so.

use std::collections::HashMap;

use sweepstake_simulators::systolic::{Array, Bandwidth, Dataflow, Report, Scratch, Shape, Work, simulate};

type Row = HashMap<String, String>;

fn rows() -> Option<Vec<Row>> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/reference/accelerator/scalesim.csv.gz");
    let Ok(file) = std::fs::File::open(file) else {
        println!("skipped: no reference data");
        return None;
    };
    let mut reader = csv::Reader::from_reader(flate2::read::GzDecoder::new(file));
    Some(reader.deserialize().map(|row| row.unwrap()).collect())
}

fn run(row: &Row) -> (Array, Work) {
    let number = |column: &str| row[column].parse::<u32>().unwrap();
    let user = row["bw_mode"] == "USER";
    let array = Array {
        rows: number("arr_rows"),
        columns: number("arr_cols"),
        dataflow: Dataflow::of(&row["dataflow"]).unwrap(),
        ifmap_kb: number("ifmap_sram_kb"),
        filter_kb: number("filter_sram_kb"),
        ofmap_kb: number("ofmap_sram_kb"),
        bandwidth: user.then(|| Bandwidth {
            ifmap: number("ifmap_bw"),
            filter: number("filter_bw"),
            ofmap: number("ofmap_bw"),
        }),
    };
    let work = match row["type"].as_str() {
        "gemm" => Work::gemm(number("gemm_m"), number("gemm_n"), number("gemm_k")),
        _ => Work::new(Shape {
            ifmap: [number("ifmap_h"), number("ifmap_w")],
            filter: [number("filt_h"), number("filt_w")],
            channels: number("channels"),
            filters: number("num_filt"),
            stride: [number("stride_h"); 2],
            dilation: [1, 1],
        }),
    };
    (array, work.unwrap())
}

fn differences(row: &Row, report: &Report) -> Vec<String> {
    let mut found = Vec::new();
    let mut compare = |column: &str, ours: f64| {
        let theirs: f64 = row[column].parse().unwrap();
        if (theirs - ours).abs() > 1e-9 * theirs.abs() {
            found.push(format!("{column}: {ours} for {theirs}"));
        }
    };
    compare("total_cycles", report.cycles as f64);
    compare("stall_cycles", report.stall_cycles as f64);
    compare("overall_cycles_incl_prefetch", report.overall_cycles as f64);
    compare("overall_util_pct", report.utilization_percent);
    compare("mapping_eff_pct", report.compute.mapping_percent);
    compare("compute_util_pct", report.compute.busy_percent);
    for (name, transfers) in ["ifmap", "filter", "ofmap"].into_iter().zip(report.transfers()) {
        for (memory, traffic) in [("sram", transfers.sram), ("dram", transfers.dram)] {
            compare(&format!("{name}_{memory}_start"), traffic.start as f64);
            compare(&format!("{name}_{memory}_stop"), traffic.stop as f64);
            compare(&format!("{name}_{memory}_accesses"), traffic.accesses as f64);
        }
        compare(&format!("avg_{name}_dram_bw"), transfers.dram.bandwidth());
        compare(&format!("avg_{name}_sram_bw"), transfers.sram.accesses as f64 / report.cycles as f64);
    }
    found
}

#[test]
fn every_cycle_and_access_is_that_of_scale_sim() {
    let Some(rows) = rows() else { return };
    let mut scratch = Scratch::default();
    let mut wrong = 0;
    for row in &rows {
        let (array, work) = run(row);
        let report = simulate(&array, &work, &mut scratch).unwrap();
        if !row["error"].is_empty() {
            println!("{}: the original was stopped; {} stalls here", row["layer"], report.stall_cycles);
            continue;
        }
        let differences = differences(row, &report);
        if !differences.is_empty() {
            wrong += 1;
            println!("{} {} {}: {differences:?}", row["layer"], row["dataflow"], row["bw_mode"]);
        }
    }
    assert_eq!(wrong, 0, "of {} rows", rows.len());
    assert!(rows.len() > 500);
}
