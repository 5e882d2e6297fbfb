//! What happened when and where in a simulation: for drawings, and for agents that reason about bottlenecks.

use super::Scratch;
use super::block::Block;
use super::design::Soc;
use super::metrics::Metrics;
use super::tables::Tables;
use super::wiring::bits;
use super::workload::Workload;

/// A time in which a task ran at one rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span {
    /// The task.
    pub task: usize,
    /// Begin, in s.
    pub from_s: f64,
    /// End, in s.
    pub to_s: f64,
    /// The block that limited its rate.
    pub bottleneck: usize,
}

/// What happened in a simulation.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Trace {
    /// When each task was launched, in s; it may have had to wait then.
    pub start_s: Vec<f64>,
    /// When each task was done, in s.
    pub end_s: Vec<f64>,
    /// What ran when, in order of time. Tasks without work take no time and are not here.
    pub spans: Vec<Span>,
    /// Length and energy of each phase, in s and J.
    pub phases: Vec<(f64, f64)>,
    /// Energy of each block, in J.
    pub block_energy_j: Vec<f64>,
    /// Area of each block, in m².
    pub block_area_m2: Vec<f64>,
    /// Bytes that each memory has to hold; 0 for other blocks.
    pub block_bytes: Vec<f64>,
    /// Energy of each task, in J: on its processing element and in memories.
    pub task_energy_j: Vec<f64>,
    /// Tasks on each block: those that run on it, or whose data pass it or lie in it.
    pub hosted: Vec<u64>,
    /// For each block and task, the tasks that ran beside it in a channel of the block.
    pub beside: Vec<Vec<u64>>,
}

impl Trace {
    pub(super) fn new(design: &Soc, workload: &Workload, scratch: &mut Scratch) -> Self {
        let Scratch { run, metrics, tables } = &mut *scratch;
        let (blocks, tasks) = (design.blocks.len(), workload.tasks().len());
        let mut trace = Self {
            start_s: run.start_s.clone(),
            end_s: run.end_s.clone(),
            block_energy_j: vec![0.0; blocks],
            block_area_m2: vec![0.0; blocks],
            block_bytes: vec![0.0; blocks],
            task_energy_j: vec![0.0; tasks],
            hosted: vec![0; blocks],
            beside: vec![vec![0; tasks]; blocks],
            ..Self::default()
        };
        let (mut from, mut clock) = (0, 0.0);
        for (phase, joules) in run.phases.iter().zip(&metrics.phase_joules) {
            let entries = &run.log[from..phase.end as usize];
            from = phase.end as usize;
            let running = entries.iter().fold(0u64, |mask, entry| mask | 1 << entry.task);
            for entry in entries {
                let task = usize::from(entry.task);
                let (from_s, to_s) = (clock, clock + phase.seconds);
                let bottleneck = tables.bottleneck(task, tables.company(task, running)).into();
                trace.spans.push(Span { task, from_s, to_s, bottleneck });
                trace.account(task, entry.work, design, workload, (tables, metrics));
                trace.meet(task, running & !(1 << task), tables);
            }
            clock += phase.seconds;
            trace.phases.push((phase.seconds, *joules));
        }
        trace.place(design, workload, scratch);
        trace
    }

    fn account(
        &mut self,
        task: usize,
        work: f64,
        design: &Soc,
        workload: &Workload,
        (tables, metrics): (&Tables, &Metrics),
    ) {
        let place = design.task_pe[task];
        let own = work * design.blocks[place].joules_per_instruction(workload);
        self.block_energy_j[place] += own;
        self.task_energy_j[task] += own;
        for used in tables.uses(task) {
            let number = usize::from(used.memory);
            let Some(figures) = metrics.memories[number] else { continue };
            let joules = work * used.ratio * figures.joules_per_byte[usize::from(used.dir)];
            self.block_energy_j[usize::from(tables.wiring.memories[number].block)] += joules;
            self.task_energy_j[task] += joules;
        }
    }

    fn meet(&mut self, task: usize, others: u64, tables: &Tables) {
        for (block, beside) in self.beside.iter_mut().enumerate() {
            for other in bits(others & !beside[task]) {
                if tables.meet(block as u16, task, other) {
                    beside[task] |= 1 << other;
                }
            }
        }
    }

    fn place(&mut self, design: &Soc, workload: &Workload, scratch: &Scratch) {
        for (block, hosted) in self.hosted.iter_mut().enumerate() {
            *hosted = scratch.tables.wiring.hosted(block, design, workload);
        }
        for (task, place) in design.task_pe.iter().enumerate() {
            self.hosted[*place] |= 1 << task;
            if workload.tasks()[task].kind != super::TaskKind::Source
                && workload.tasks()[task].kind != super::TaskKind::Sink
            {
                self.block_area_m2[*place] = design.blocks[*place].area_m2(workload);
            }
        }
        for (memory, (figures, peak)) in
            scratch.tables.wiring.memories.iter().zip(scratch.metrics.memories.iter().zip(&scratch.run.peak))
        {
            let place = usize::from(memory.block);
            debug_assert!(matches!(design.blocks[place], Block::Memory { .. }));
            self.block_area_m2[place] = figures.map_or(0.0, |row| row.area_m2);
            self.block_bytes[place] = peak.ceil();
        }
    }

    /// The time that `block` was the bottleneck of `task`, in s.
    #[must_use]
    pub fn bottleneck_s(&self, task: usize, block: usize) -> f64 {
        let spans = self.spans.iter().filter(|span| span.task == task && span.bottleneck == block);
        spans.map(|span| span.to_s - span.from_s).sum()
    }
}
