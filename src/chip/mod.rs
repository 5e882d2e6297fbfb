//! Drawings of a system on chip and of what it does: as text, as a plan, and as a chart of its phases.

mod gantt;
mod plan;
mod text;

pub use gantt::gantt;
pub use plan::plan;
pub use text::text;

use sweepstake_simulators::soc::{Block, Soc, Trace, Workload};

use crate::plot::style::label::rounded;

/// A simulated design.
#[derive(Debug)]
pub struct Chip<'a> {
    /// The design.
    pub design: &'a Soc,
    /// What runs on it.
    pub workload: &'a Workload,
    /// What happened.
    pub trace: &'a Trace,
}

impl Chip<'_> {
    /// Blocks linked to a block.
    fn neighbours(&self, block: usize) -> impl Iterator<Item = usize> {
        self.design.links.iter().filter_map(move |[a, b]| match block {
            _ if *a == block => Some(*b),
            _ if *b == block => Some(*a),
            _ => None,
        })
    }

    fn block(&self, block: usize) -> &Block {
        &self.design.blocks[block]
    }

    /// What hangs on an interconnect, of a kind.
    fn hung(&self, bus: usize, is: fn(&Block) -> bool) -> Vec<usize> {
        self.neighbours(bus).filter(|other| is(self.block(*other))).collect()
    }

    /// Interconnects, each with its distance from the first.
    fn buses(&self) -> Vec<(usize, usize)> {
        let first = (0..self.design.blocks.len()).find(|block| self.block(*block).is_interconnect());
        let (mut order, mut stack): (Vec<(usize, usize)>, Vec<_>) =
            (Vec::new(), first.map(|bus| (bus, 0)).into_iter().collect());
        while let Some((bus, depth)) = stack.pop() {
            if order.iter().any(|(known, _)| *known == bus) {
                continue;
            }
            order.push((bus, depth));
            let next = self.hung(bus, Block::is_interconnect);
            stack.extend(next.into_iter().rev().map(|other| (other, depth + 1)));
        }
        order
    }

    /// Names of the tasks that run on a block.
    fn tasks_on(&self, block: usize) -> Vec<&str> {
        let own = self.design.task_pe.iter().zip(self.workload.tasks()).filter(|(pe, _)| **pe == block);
        own.map(|(_, task)| task.name.as_str()).collect()
    }

    /// Names of the tasks whose results lie in a memory.
    fn writers_to(&self, memory: usize) -> Vec<&str> {
        let mut writers: Vec<usize> = (self.design.edge_memory.iter().zip(self.workload.edges()))
            .filter(|(place, _)| **place == memory)
            .map(|(_, edge)| edge.from)
            .collect();
        writers.dedup();
        writers.into_iter().map(|task| self.workload.tasks()[task].name.as_str()).collect()
    }

    /// What a block costs: area, energy, and of memories the size.
    fn figures(&self, block: usize) -> Vec<String> {
        let trace = self.trace;
        let mut figures = Vec::new();
        if self.block(block).is_memory() {
            figures.push(size(trace.block_bytes[block]));
        }
        figures.push(format!("{} mm²", rounded(trace.block_area_m2[block] * 1e6)));
        figures.push(energy(trace.block_energy_j[block]));
        figures
    }
}

/// Bytes in a unit that people read.
fn size(bytes: f64) -> String {
    match bytes {
        b if b >= 1e6 => format!("{:.2} MB", b / 1e6),
        b if b >= 1e3 => format!("{:.1} kB", b / 1e3),
        b => format!("{b:.0} B"),
    }
}

/// Energy in a unit that people read.
fn energy(joules: f64) -> String {
    let units = [(1.0, "J"), (1e-3, "mJ"), (1e-6, "µJ"), (1e-9, "nJ"), (1e-12, "pJ"), (1e-15, "fJ")];
    match units.into_iter().find(|(unit, _)| joules >= *unit) {
        Some((unit, name)) => format!("{} {name}", rounded(joules / unit)),
        None => "0 J".to_owned(),
    }
}
