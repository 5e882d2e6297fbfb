//! A plan of a chip: its slots with every reference in range.

use sweepstake_simulators::soc::{Block, MemoryKind, Soc as Chip, SocError, Workload, arrange};

/// A chip as `Soc-v0` describes it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plan {
    /// Interconnects in a chain; otherwise all hang on the first.
    pub(super) chain: bool,
    pub(super) buses: Vec<Bus>,
    pub(super) memories: Vec<Memory>,
    /// The interconnect of each processor.
    pub(super) processors: Vec<usize>,
    /// Where each task runs.
    pub(super) runs: Vec<Run>,
    /// The memory of each edge.
    pub(super) edges: Vec<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bus {
    pub(super) width_bytes: u32,
    pub(super) clock: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Memory {
    pub(super) kind: MemoryKind,
    pub(super) width_bytes: u32,
    pub(super) clock: u32,
    pub(super) bus: usize,
}

/// Where a task runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Run {
    /// On a processor.
    On(usize),
    /// On its own accelerator.
    Own { unroll: u32, clock: u32, bus: usize },
}

/// What a block of a built chip was in the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Processor(usize),
    /// The accelerator of a task.
    Accelerator(usize),
    Bus(usize),
    Memory(usize),
}

impl Plan {
    pub(super) fn is_on(&self, task: usize, processor: usize) -> bool {
        self.runs[task] == Run::On(processor)
    }

    fn is_used(&self, processor: usize) -> bool {
        self.runs.contains(&Run::On(processor))
    }

    /// Without slots that nothing uses.
    pub(super) fn compact(mut self) -> Self {
        for processor in (1..self.processors.len()).rev() {
            if self.is_used(processor) {
                continue;
            }
            self.processors.remove(processor);
            for run in &mut self.runs {
                if let Run::On(other) = run
                    && *other > processor
                {
                    *other -= 1;
                }
            }
        }
        for memory in (0..self.memories.len()).rev() {
            if self.memories.len() > 1 && !self.edges.contains(&memory) {
                self.memories.remove(memory);
                self.edges.iter_mut().filter(|other| **other > memory).for_each(|other| *other -= 1);
            }
        }
        self
    }

    /// The chip, arranged, and what its blocks were. Slots that nothing uses are not built.
    pub(super) fn build(&self, workload: &Workload) -> Result<(Chip, Vec<Part>), SocError> {
        let mut parts: Vec<Part> =
            (0..self.processors.len()).filter(|slot| self.is_used(*slot)).map(Part::Processor).collect();
        let own =
            |(task, run): (usize, &Run)| matches!(run, Run::Own { .. }).then_some(Part::Accelerator(task));
        parts.extend(self.runs.iter().enumerate().filter_map(own));
        let pes = parts.len();
        parts.extend((0..self.buses.len()).map(Part::Bus));
        parts.extend((0..self.memories.len()).filter(|slot| self.edges.contains(slot)).map(Part::Memory));
        let place = |part: Part| parts.iter().position(|other| *other == part).unwrap_or(usize::MAX);
        let bus = |slot: usize| pes + slot;
        let mut links: Vec<[usize; 2]> =
            parts[..pes].iter().enumerate().map(|(at, part)| [at, bus(self.bus_of(*part))]).collect();
        let tie = |slot: usize| [bus(if self.chain { slot - 1 } else { 0 }), bus(slot)];
        links.extend((1..self.buses.len()).map(tie));
        let first_memory = pes + self.buses.len();
        let memories = parts[first_memory..].iter().enumerate();
        links.extend(memories.map(|(at, part)| [bus(self.bus_of(*part)), first_memory + at]));
        let runs = self.runs.iter().enumerate().map(|(task, run)| match run {
            Run::On(slot) => place(Part::Processor(*slot)),
            Run::Own { .. } => place(Part::Accelerator(task)),
        });
        let drawn = Chip {
            blocks: parts.iter().map(|part| self.block(*part)).collect(),
            links,
            task_pe: runs.collect(),
            edge_memory: self.edges.iter().map(|slot| place(Part::Memory(*slot))).collect(),
            launch_order: Vec::new(),
        };
        let (chip, origin) = arrange(&drawn, drawn.task_pe[workload.source()], workload)?;
        Ok((chip, origin.into_iter().map(|block| parts[block]).collect()))
    }

    pub(super) fn bus_of(&self, part: Part) -> usize {
        match part {
            Part::Processor(slot) => self.processors[slot],
            Part::Accelerator(task) => match self.runs[task] {
                Run::Own { bus, .. } => bus,
                Run::On(slot) => self.processors[slot],
            },
            Part::Bus(slot) => slot,
            Part::Memory(slot) => self.memories[slot].bus,
        }
    }

    pub(super) fn block(&self, part: Part) -> Block {
        match part {
            Part::Processor(_) => Block::Processor,
            Part::Accelerator(task) => match self.runs[task] {
                Run::Own { unroll, clock, .. } => Block::Accelerator { task, unroll, clock },
                Run::On(_) => Block::Processor,
            },
            Part::Bus(slot) => {
                let Bus { width_bytes, clock } = self.buses[slot];
                Block::Interconnect { width_bytes, clock }
            }
            Part::Memory(slot) => {
                let Memory { kind, width_bytes, clock, .. } = self.memories[slot];
                Block::Memory { kind, width_bytes, clock }
            }
        }
    }

    /// Whether two interconnects are the same or linked.
    pub(super) fn are_near(&self, a: usize, b: usize) -> bool {
        a == b || if self.chain { a.abs_diff(b) == 1 } else { a == 0 || b == 0 }
    }
}
