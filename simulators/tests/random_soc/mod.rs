//! Random designs and task graphs, the same for the same seed.

// Each user takes its part of this module.
#![allow(dead_code, unreachable_pub, missing_docs)]

use sweepstake_simulators::soc::{
    Accelerator, Block, Budget, CLOCKS, Edge, MemoryKind, Soc, Task, TaskGraph, TaskKind, WIDTHS_BYTES,
    Workload, arrange,
};

/// A small generator of numbers (SplitMix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

/// A tree of up to five interconnects with processing elements and memories hung on at random, arranged.
pub fn design(workload: &Workload, seed: u64) -> Soc {
    let mut dice = Dice(seed);
    let (buses, memories) = (1 + dice.below(5), 1 + dice.below(6));
    let mut soc = Soc::default();
    soc.blocks.push(Block::Processor);
    for bus in 0..buses {
        soc.blocks.push(Block::Interconnect { width_bytes: dice.of(&WIDTHS_BYTES), clock: dice.of(&CLOCKS) });
        if bus > 0 {
            soc.links.push([1 + dice.below(bus), 1 + bus]);
        }
    }
    let hang = |soc: &mut Soc, block: Block, dice: &mut Dice| {
        soc.blocks.push(block);
        soc.links.push([1 + dice.below(buses), soc.blocks.len() - 1]);
    };
    soc.links.push([0, 1]);
    for _ in 0..memories {
        let kind = dice.of(&[MemoryKind::Dram, MemoryKind::Sram]);
        let block = Block::Memory { kind, width_bytes: dice.of(&WIDTHS_BYTES), clock: dice.of(&CLOCKS) };
        hang(&mut soc, block, &mut dice);
    }
    let first_memory = 1 + buses;
    for (task, row) in workload.tasks().iter().enumerate() {
        soc.task_pe.push(0);
        if row.accelerator.is_some() && dice.below(3) > 0 {
            let unroll = dice.of(&row.unrolls());
            hang(&mut soc, Block::Accelerator { task, unroll, clock: dice.of(&CLOCKS) }, &mut dice);
            soc.task_pe[task] = soc.blocks.len() - 1;
        } else if row.kind == TaskKind::Compute && dice.below(3) == 0 {
            hang(&mut soc, Block::Processor, &mut dice);
            soc.task_pe[task] = soc.blocks.len() - 1;
        }
    }
    soc.edge_memory = workload.edges().iter().map(|_| first_memory + dice.below(memories)).collect();
    arrange(&soc, 0, workload).expect("a tree reaches everything").0
}

/// A graph of up to thirty tasks, each with up to three parents among the earlier ones.
pub fn graph(seed: u64) -> TaskGraph {
    let mut dice = Dice(seed);
    let count = 3 + dice.below(28);
    let mut tasks = Vec::new();
    let mut edges = Vec::new();
    for place in 0..count {
        let kind = match place {
            0 => TaskKind::Source,
            _ if place + 1 == count => TaskKind::Sink,
            _ if place > 1 && dice.below(8) == 0 => TaskKind::Join,
            _ => TaskKind::Compute,
        };
        let work = if kind.is_dummy() { 0.0 } else { (1 + dice.below(10_000_000)) as f64 };
        let accelerator = (kind == TaskKind::Compute && dice.below(4) > 0).then(|| Accelerator {
            cycles: (1 + dice.below(1_000_000)) as f64,
            energy_fj: (1 + dice.below(1000)) as f64,
            area_um2: (1 + dice.below(100_000)) as f64,
        });
        let burst_bytes = dice.of(&[64.0, 256.0, 1024.0]);
        let loop_iterations = 1 + dice.below(300) as u32;
        tasks.push(Task { name: format!("t{place}"), kind, work, burst_bytes, loop_iterations, accelerator });
        let mut parents: Vec<usize> = (0..place.min(3)).map(|_| dice.below(place)).collect();
        parents.sort_unstable();
        parents.dedup();
        for parent in parents {
            let bytes = (1 + dice.below(400_000)) as f64;
            edges.push(Edge { from: format!("t{parent}"), to: format!("t{place}"), bytes });
        }
    }
    let budget = Budget { latency_s: 0.01, power_w: 0.01, area_m2: 1e-5 };
    TaskGraph { name: format!("random-{seed}"), last_task: "t1".into(), budget, tasks, edges }
}
