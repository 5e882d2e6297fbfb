//! Runs of MAESTRO (commit 4eb08d1): our model of data-centric mappings gives its columns to the last digit printed.

use anyhow::Result;
use serde_json::Value as Json;
use sweepstake_simulators::dataflow::{
    Dim, Directive, Hardware, Mapping, Operator, Over, Problem, Scratch, evaluate,
};

use super::table::{Row, Table};
use super::{Column, Measure, Sources, Tally, Validation};

/// A column that is compared once ours is rounded to the six digits that the original prints.
const fn printed(name: &'static str, why: &'static str) -> Column {
    Column { name, precision: 0.0, target: 0.0, why }
}

/// What is compared: all columns of the original that are not constant.
pub const COLUMNS: &[Column] = &[
    printed("Runtime (Cycles)", "cycles"),
    printed(
        "Activity count-based Energy (nJ)",
        "energy of accesses; those of elements only with one level of clusters, as the original adds them up",
    ),
    printed("Throughput (MACs/Cycle)", "multiplications a cycle"),
    printed("Throughput Per Energy (GMACs/s*J)", "throughput over energy"),
    printed("Area", "area of elements, memories and network"),
    printed("Power", "power of the same"),
    printed("NoC BW Req (Elements/cycle)", "highest demand on the network"),
    printed("Avg BW Req", "mean demand"),
    printed("Peak BW Req", "the highest again"),
    printed("Vector Width", "multiplications a cycle of an element"),
    printed("Offchip BW Req (Elements/cycle)", "demand on the outside, which depends on the order of cases"),
    printed("L2 SRAM Size Req (Bytes)", "words that the shared memory needs"),
    printed("L1 SRAM Size Req (Bytes)", "words that an element needs"),
    printed("Num Total Input Pixels", "words of inputs"),
    printed("Num Total Weight Pixels", "words of weights"),
    printed("Ops/J", "multiplications over energy"),
    printed("Num MACs", "multiplications as the original counts them"),
    printed("PE power", "power of elements"),
    printed("L1 power", "power of their memories"),
    printed("L2 power", "power of the shared memory"),
    printed("NOC power", "power of the network"),
    printed("input l1 read", "inputs read by elements"),
    printed("input l1 write", "inputs written to them"),
    printed("input l2 read", "inputs read of the shared memory"),
    printed("input l2 write", "inputs written to it"),
    printed("input reuse factor", "reads for each write"),
    printed("filter l1 read", "weights read by elements"),
    printed("filter l1 write", "weights written to them"),
    printed("filter l2 read", "weights read of the shared memory"),
    printed("filter l2 write", "weights written to it"),
    printed("filter reuse factor", "reads for each write"),
    printed("output l1 read", "partial sums read by elements"),
    printed("output l1 write", "partial sums written by them"),
    printed("output l2 read", "outputs of the layer"),
    printed("output l2 write", "outputs written to the shared memory"),
    printed("output reuse factor", "always 1"),
    printed("Ingress Delay (Min)", "least cycles of moving words in"),
    printed("Ingress Delay (Max)", "most"),
    printed("Ingress Delay (Avg)", "mean, rounded down"),
    printed("Egress Delay (Min)", "least cycles of moving words out"),
    printed("Egress Delay (Max)", "most"),
    printed("Egress Delay (Avg)", "mean, rounded down"),
    printed("Compute Delay (Min)", "least cycles of computing"),
    printed("Compute Delay (Max)", "most"),
    printed("Compute Delay (Avg)", "mean, rounded down"),
    printed("Avg number of utilized PEs", "elements at work"),
    printed("Arithmetic Intensity", "partial sums for each word moved in, of the last case"),
];

/// Columns of the run itself.
const NEEDED: [&str; 18] = [
    "layer_type",
    "style",
    "dim_K",
    "dim_C",
    "dim_R",
    "dim_S",
    "dim_Y",
    "dim_X",
    "dim_M",
    "dim_N",
    "stride_X",
    "stride_Y",
    "mapping_json",
    "hw_num_pes",
    "hw_noc_bw",
    "hw_noc_hops",
    "hw_noc_hop_latency",
    "hw_offchip_bw",
];

/// Replays every recorded run.
///
/// # Errors
/// With file and line, if the file cannot be read or is not what it should be.
pub fn validate(sources: &Sources) -> Result<Validation> {
    let table = Table::read(&sources.reference, &[&NEEDED[..], &["hw_simd", "Runtime (Cycles)"]].concat())?;
    let mut scratch = Scratch::default();
    let mut tally = Tally::new("maestro", table.len(), COLUMNS);
    for row in table.rows() {
        let (hardware, problem, mapping) = run(row)?;
        match tally.timed(|| evaluate(&hardware, &problem, &mapping, &mut scratch)) {
            Ok(report) => {
                let mut measures = Vec::new();
                for column in COLUMNS {
                    let ours = report.column(column.name);
                    if let (Some(recorded), Some(ours)) = (row.number(column.name)?, ours) {
                        let ours = rounded(row.get(column.name), ours);
                        measures.push(Measure { column: column.name, recorded, ours });
                    }
                }
                tally.add(row.get("style"), &measures);
            }
            Err(error) => tally.skip(format!("refused by our model: {error}")),
        }
    }
    Ok(tally.finish())
}

/// A value as it would have been printed: whole numbers in full, others with six digits.
fn rounded(printed: &str, value: f64) -> f64 {
    let whole = printed.bytes().all(|digit| digit.is_ascii_digit() || digit == b'-');
    if (whole && printed.len() > 6) || !value.is_finite() {
        return value;
    }
    format!("{value:.5e}").parse().unwrap_or(value)
}

fn run(row: Row<'_>) -> Result<(Hardware, Problem, Mapping)> {
    let number = |column: &str| {
        let text = row.get(column);
        text.parse::<i64>()
            .map_err(|_| row.error(format!("{column}: `{text}` is not a whole number in range")))
    };
    let operator = match row.get("layer_type") {
        "CONV" => Operator::Conv,
        "DSCONV" => Operator::Depthwise,
        "GEMM" => Operator::Gemm,
        other => return Err(row.error(format!("layer_type: `{other}`; allowed: CONV, DSCONV, GEMM"))),
    };
    let size = |dim: Dim| Ok((dim, number(&format!("dim_{}", dim.name()))?));
    let sizes = operator.dims().map(size).collect::<Result<Vec<_>>>()?;
    let problem = Problem::new(operator, &sizes, [number("stride_Y")?, number("stride_X")?]);
    let hardware = Hardware {
        pes: number("hw_num_pes")?,
        noc_bandwidth: number("hw_noc_bw")?,
        noc_latency: number("hw_noc_hops")?.saturating_mul(number("hw_noc_hop_latency")?),
        offchip_bandwidth: number("hw_offchip_bw")?,
        simd: number("hw_simd")?,
    };
    let mapping = mapping(row.get("mapping_json")).map_err(|problem| row.error(problem))?;
    let sound = hardware.checked().and_then(|hardware| Ok((hardware, problem?, mapping)));
    sound.map_err(|error| row.error(error))
}

/// Directives as `["S" or "T", size, offset, dimension]`, and `["Cluster", size]`.
fn mapping(text: &str) -> Result<Mapping, String> {
    let directives: Vec<Vec<Json>> =
        serde_json::from_str(text).map_err(|error| format!("mapping_json: {error}"))?;
    let mut mapping = Mapping { levels: Vec::new(), clusters: Vec::new() };
    let mut level = Vec::new();
    for directive in directives {
        let parts: Vec<Option<i64>> = directive.iter().map(Json::as_i64).collect();
        let kind = directive.first().and_then(Json::as_str);
        let over = directive.get(3).and_then(Json::as_str).and_then(Over::of);
        match (kind, &parts[..], over) {
            (Some("Cluster"), [_, Some(size)], _) => {
                mapping.clusters.push(*size);
                mapping.levels.push(std::mem::take(&mut level));
            }
            (Some(kind @ ("S" | "T")), [_, Some(size), Some(offset), _], Some(over)) => {
                level.push(Directive { spatial: kind == "S", size: *size, offset: *offset, over });
            }
            _ => return Err(format!("mapping_json: {directive:?} is no directive")),
        }
    }
    mapping.levels.push(level);
    Ok(mapping)
}
