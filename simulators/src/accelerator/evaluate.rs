//! From the words that cross boundaries to accesses, energy and cycles.

use super::analysis::{Analysis, LevelAnalysis, Traffic};
use super::architecture::{Architecture, Level, MOST_LEVELS};
use super::links;
use super::mapping::Mapping;
use super::nest::Nest;
use super::problem::{DATA, Data, Problem};
use super::reuse::{Flow, flow};
use super::violation::Violation;

/// Memory reused between evaluations, so that none of them allocates.
#[derive(Debug, Clone, Default)]
pub struct Scratch {
    nest: Nest,
    flows: [[Flow; MOST_LEVELS]; DATA],
    links: links::Mesh,
    analysis: Analysis,
}

/// Evaluates a mapping of a layer on an accelerator.
///
/// Pure: the same input gives the same bits, whatever `scratch` was used for before.
///
/// # Errors
/// The first rule that the mapping breaks.
pub fn evaluate<'s>(
    architecture: &Architecture,
    problem: &Problem,
    mapping: &Mapping,
    scratch: &'s mut Scratch,
) -> Result<&'s Analysis, Violation> {
    scratch.nest.lay(architecture, problem, mapping)?;
    analyse(architecture, problem, mapping, scratch);
    Ok(&scratch.analysis)
}

/// As [`evaluate`], but nothing for a mapping whose loops over time alone take more than `most` cycles.
pub(super) fn evaluate_within<'s>(
    architecture: &Architecture,
    problem: &Problem,
    mapping: &Mapping,
    scratch: &'s mut Scratch,
    most: f64,
) -> Result<Option<&'s Analysis>, Violation> {
    scratch.nest.lay(architecture, problem, mapping)?;
    if scratch.nest.compute_cycles as f64 > most {
        return Ok(None);
    }
    analyse(architecture, problem, mapping, scratch);
    Ok(Some(&scratch.analysis))
}

/// The words that cross each boundary, then what they cost.
fn analyse(architecture: &Architecture, problem: &Problem, mapping: &Mapping, scratch: &mut Scratch) {
    let levels = architecture.levels().len();
    for data in 0..DATA {
        for level in 0..levels {
            let mut across = flow(&scratch.nest, level, levels, data);
            if architecture.links() && scratch.nest.floors[level].spread_count > 0 {
                links::apply(&scratch.nest, level, levels, data, &mut scratch.links, &mut across);
            }
            scratch.flows[data][level] = across;
        }
        account(scratch, mapping, data, levels);
    }
    total(architecture, problem, scratch);
}

/// Whether a mapping can run at all, much faster than [`evaluate`].
///
/// # Errors
/// The first rule that it breaks.
pub fn check(
    architecture: &Architecture,
    problem: &Problem,
    mapping: &Mapping,
    scratch: &mut Scratch,
) -> Result<(), Violation> {
    scratch.nest.lay(architecture, problem, mapping)
}

/// Partitions, then bypassing from the inside out, then accesses.
fn account(scratch: &mut Scratch, mapping: &Mapping, data: usize, levels: usize) {
    let (nest, flows) = (&scratch.nest, &mut scratch.flows[data]);
    let shares: [f64; MOST_LEVELS] = std::array::from_fn(|level| match level {
        0 => 0.0,
        _ if level < levels => flows[level - 1].delivered / nest.floors[level - 1].fanout as f64,
        _ => 0.0,
    });
    let mut partition = nest.floors[0].size[data];
    for level in 0..levels {
        let floor = &nest.floors[level];
        if level > 0 {
            let parent = &nest.floors[level - 1];
            let whole = if parent.spread_count > 0 { parent.union[data] } else { floor.size[data] };
            partition = scaled(partition, floor.size[data], whole);
        }
        let traffic = &mut scratch.analysis.levels[level].traffic[data];
        *traffic = Traffic { size: floor.size[data], partition, ..Traffic::default() };
    }
    for level in (1..levels).rev() {
        let traffic = &mut scratch.analysis.levels[level].traffic[data];
        traffic.ingresses = flows[level].content;
        traffic.multicast = flows[level].delivered / flows[level].content;
        if mapping.keep[level][data] {
            continue;
        }
        // The parent serves the children of the level as if there were nothing between (A.5 of the model).
        (traffic.size, traffic.partition) = (0, 0);
        let (inner, fanout) = (flows[level].content, nest.floors[level - 1].fanout as f64);
        let outer = &mut flows[level - 1];
        outer.content *= inner * fanout / outer.delivered;
        outer.delivered = inner * fanout;
        outer.links = 0.0;
        flows[level].content = 0.0;
    }
    let outermost = &mut scratch.analysis.levels[0].traffic[data];
    outermost.ingresses = flows[0].content;
    outermost.multicast = flows[0].delivered / flows[0].content;
    for level in 0..levels {
        let traffic = &mut scratch.analysis.levels[level].traffic[data];
        traffic.links = flows[level].links;
        if mapping.keep[level][data] {
            accesses(traffic, flows[level].content, shares[level], data == Data::Outputs as usize);
        }
    }
    for level in 1..levels {
        if mapping.keep[level][data] && flows[level - 1].links > 0.0 {
            let passed = (flows[level - 1].links / nest.floors[level].used as f64).round() as u64;
            let traffic = &mut scratch.analysis.levels[level].traffic[data];
            traffic.reads += passed;
            traffic.fills += passed;
        }
    }
}

/// The first read of an output finds nothing, so it does not happen: at its level, and as a fill of the level inside.
fn accesses(traffic: &mut Traffic, content: f64, share: f64, outputs: bool) {
    let own = traffic.partition as f64;
    if outputs {
        traffic.updates = content.round() as u64;
        traffic.reads = (content - own).round() as u64;
        traffic.fills = (share - own).max(0.0).floor() as u64;
    } else {
        traffic.reads = content.round() as u64;
        traffic.fills = share.floor() as u64;
    }
}

/// `a * b / c`, which may pass 64 bits on the way.
fn scaled(a: u64, b: u64, c: u64) -> u64 {
    match a.checked_mul(b) {
        Some(product) => product / c,
        None => u64::try_from(u128::from(a) * u128::from(b) / u128::from(c)).unwrap_or(u64::MAX),
    }
}

fn total(architecture: &Architecture, problem: &Problem, scratch: &mut Scratch) {
    let (nest, analysis) = (&scratch.nest, &mut scratch.analysis);
    let mac = architecture.mac();
    analysis.count = architecture.levels().len();
    analysis.compute_cycles = nest.compute_cycles;
    analysis.cycles = nest.compute_cycles;
    analysis.macs = problem.layer().macs();
    analysis.mac_energy_pj = analysis.macs as f64 * mac.energy_pj;
    analysis.energy_pj = analysis.mac_energy_pj;
    for (level, built) in architecture.levels().iter().enumerate() {
        let found = &mut analysis.levels[level];
        found.used = nest.floors[level].used;
        found.children = nest.floors[level].fanout;
        spend(built, found);
        pace(built, nest.compute_cycles, found);
        analysis.energy_pj += found.energy_pj;
        analysis.cycles = analysis.cycles.max(found.cycles);
    }
    let last = &nest.floors[analysis.count - 1];
    analysis.multipliers = last.used * last.fanout;
    let offered = analysis.cycles as f64 * f64::from(mac.instances);
    analysis.utilization = analysis.macs as f64 / offered;
}

/// Energy: whole blocks, reads apart from writes.
fn spend(built: &Level, found: &mut LevelAnalysis) {
    let blocks = |words: u64| match built.block {
        1 => words as f64,
        block => words.div_ceil(u64::from(block)) as f64,
    };
    found.energy_pj = 0.0;
    for traffic in &mut found.traffic {
        let written =
            blocks(traffic.updates) * built.write_energy_pj + blocks(traffic.fills) * built.write_energy_pj;
        let each = blocks(traffic.reads) * built.read_energy_pj + written;
        traffic.energy_pj = each * found.used as f64;
        found.energy_pj += traffic.energy_pj;
    }
}

/// Cycles: every level overlaps with the others, so each stretches the run on its own. The order of the operations is
/// Timeloop's, so that rounding is too.
fn pace(built: &Level, compute_cycles: u64, found: &mut LevelAnalysis) {
    let cycles = compute_cycles as f64;
    let rate = |words: &dyn Fn(&Traffic) -> u64| {
        found.traffic.iter().fold(0.0, |sum, traffic| sum + words(traffic) as f64 / cycles)
    };
    let read_rate = rate(&|traffic| traffic.reads);
    let write_rate = rate(&|traffic| traffic.updates + traffic.fills);
    let mut slowdown: f64 = 1.0;
    for (bandwidth, rate) in [(built.read_bandwidth, read_rate), (built.write_bandwidth, write_rate)] {
        if let Some(bandwidth) = bandwidth.filter(|_| rate > 0.0) {
            slowdown = slowdown.min(bandwidth / rate);
        }
    }
    (found.read_rate, found.write_rate, found.slowdown) = (read_rate, write_rate, slowdown);
    found.cycles = if slowdown < 1.0 { (cycles / slowdown).ceil() as u64 } else { compute_cycles };
}
