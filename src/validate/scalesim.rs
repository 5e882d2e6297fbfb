//! Runs of SCALE-Sim 3.0.0: our systolic arrays follow its timing exactly, waits included.

use std::str::FromStr;

use anyhow::Result;
use sweepstake_simulators::systolic::{Array, Bandwidth, Dataflow, Report, Scratch, Shape, Work, simulate};

use super::table::{Row, Table};
use super::{Column, Measure, Sources, Tally, Validation};

const fn exact(name: &'static str, why: &'static str) -> Column {
    Column { name, precision: 0.0, target: 0.0, why }
}

const fn ratio(name: &'static str, why: &'static str) -> Column {
    Column { name, precision: 1e-9, target: 1e-9, why }
}

/// What is compared.
pub const COLUMNS: &[Column] = &[
    exact("total_cycles", "index of the last cycle, waits included"),
    exact("stall_cycles", "cycles that the array waits for DRAM, as the original counts them"),
    exact("overall_cycles_incl_prefetch", "from the first word fetched to the last written back"),
    ratio("overall_util_pct", "multiply-accumulates over cycles and processing elements"),
    ratio("mapping_eff_pct", "processing elements in use, mean over folds"),
    ratio("compute_util_pct", "processing elements busy, mean over folds"),
    exact("ifmap_sram_start", "first cycle in which the array gets inputs"),
    exact("ifmap_sram_stop", "last such cycle"),
    exact("ifmap_sram_accesses", "inputs that it gets"),
    exact("filter_sram_start", "first cycle in which the array gets filters"),
    exact("filter_sram_stop", "last such cycle"),
    exact("filter_sram_accesses", "filters that it gets"),
    exact("ofmap_sram_start", "first cycle in which an output leaves the array"),
    exact("ofmap_sram_stop", "last such cycle"),
    exact("ofmap_sram_accesses", "outputs that leave it, as the original counts them"),
    exact("ifmap_dram_start", "first cycle in which inputs are fetched"),
    exact("ifmap_dram_stop", "last such cycle"),
    exact("ifmap_dram_accesses", "inputs that are fetched"),
    exact("filter_dram_start", "first cycle in which filters are fetched"),
    exact("filter_dram_stop", "last such cycle"),
    exact("filter_dram_accesses", "filters that are fetched"),
    exact("ofmap_dram_start", "first cycle in which outputs are written back"),
    exact("ofmap_dram_stop", "last such cycle"),
    exact("ofmap_dram_accesses", "outputs that are written back"),
];

/// Columns of the run itself.
const NEEDED: [&str; 22] = [
    "type",
    "ifmap_h",
    "ifmap_w",
    "filt_h",
    "filt_w",
    "channels",
    "num_filt",
    "stride_h",
    "gemm_m",
    "gemm_n",
    "gemm_k",
    "dataflow",
    "arr_rows",
    "arr_cols",
    "ifmap_sram_kb",
    "filter_sram_kb",
    "ofmap_sram_kb",
    "bw_mode",
    "ifmap_bw",
    "filter_bw",
    "ofmap_bw",
    "error",
];

/// Replays every recorded run.
///
/// # Errors
/// With file and line, if the file cannot be read or is not what it should be.
pub fn validate(sources: &Sources) -> Result<Validation> {
    let table = Table::read(&sources.reference, &[&NEEDED[..], &["total_cycles", "stall_cycles"]].concat())?;
    let mut scratch = Scratch::default();
    let mut tally = Tally::new("scalesim", table.len(), COLUMNS);
    for row in table.rows() {
        let (array, work) = run(row)?;
        let outcome = tally.timed(|| simulate(&array, &work, &mut scratch));
        if !row.get("error").is_empty() {
            tally.skip(match outcome {
                Ok(_) => "stopped before it had finished; ours finishes".to_owned(),
                Err(error) => format!("stopped before it had finished; ours: {error}"),
            });
            continue;
        }
        let report = outcome.map_err(|error| row.error(error))?;
        let class = format!("{} {}", row.get("bw_mode"), row.get("dataflow"));
        tally.add(&class, &measures(row, &report)?);
    }
    Ok(tally.finish())
}

fn parsed<T: FromStr>(row: Row<'_>, column: &str) -> Result<T> {
    let text = row.get(column);
    text.parse().map_err(|_| row.error(format!("{column}: `{text}` is not a whole number in range")))
}

fn run(row: Row<'_>) -> Result<(Array, Work)> {
    let number = |column: &str| parsed::<u32>(row, column);
    let bandwidth = match row.get("bw_mode") {
        "CALC" => None,
        "USER" => Some(Bandwidth {
            ifmap: number("ifmap_bw")?,
            filter: number("filter_bw")?,
            ofmap: number("ofmap_bw")?,
        }),
        other => return Err(row.error(format!("bw_mode: `{other}`; allowed: CALC, USER"))),
    };
    let dataflow = Dataflow::of(row.get("dataflow"))
        .ok_or_else(|| row.error(format!("dataflow: `{}`; allowed: os, ws, is", row.get("dataflow"))))?;
    let array = Array {
        rows: number("arr_rows")?,
        columns: number("arr_cols")?,
        dataflow,
        ifmap_kb: number("ifmap_sram_kb")?,
        filter_kb: number("filter_sram_kb")?,
        ofmap_kb: number("ofmap_sram_kb")?,
        bandwidth,
    };
    let work = match row.get("type") {
        "gemm" => Work::gemm(number("gemm_m")?, number("gemm_n")?, number("gemm_k")?),
        "conv" => Work::new(Shape {
            ifmap: [number("ifmap_h")?, number("ifmap_w")?],
            filter: [number("filt_h")?, number("filt_w")?],
            channels: number("channels")?,
            filters: number("num_filt")?,
            stride: [number("stride_h")?; 2],
            dilation: [1, 1],
        }),
        other => return Err(row.error(format!("type: `{other}`; allowed: conv, gemm"))),
    };
    let sound = array.checked().and_then(|array| Ok((array, work?)));
    sound.map_err(|error| row.error(error))
}

fn measures(row: Row<'_>, report: &Report) -> Result<Vec<Measure>> {
    let mut measures = Vec::new();
    for column in COLUMNS {
        if let Some(recorded) = row.number(column.name)? {
            measures.push(Measure { column: column.name, recorded, ours: ours(report, column.name) });
        }
    }
    Ok(measures)
}

fn ours(report: &Report, column: &str) -> f64 {
    match column {
        "total_cycles" => report.cycles as f64,
        "stall_cycles" => report.stall_cycles as f64,
        "overall_cycles_incl_prefetch" => report.overall_cycles as f64,
        "overall_util_pct" => report.utilization_percent,
        "mapping_eff_pct" => report.compute.mapping_percent,
        "compute_util_pct" => report.compute.busy_percent,
        _ => {
            let [ifmap, filter, ofmap] = report.transfers();
            let transfers = match column.as_bytes()[0] {
                b'i' => ifmap,
                b'f' => filter,
                _ => ofmap,
            };
            let traffic = if column.contains("_sram_") { transfers.sram } else { transfers.dram };
            match column.rsplit('_').next() {
                Some("start") => traffic.start as f64,
                Some("stop") => traffic.stop as f64,
                _ => traffic.accesses as f64,
            }
        }
    }
}
