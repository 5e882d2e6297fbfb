//! Blocks and links of a design, checked: who hangs where, what runs where, and the ways in between.

use super::SocError;
use super::block::Block;
use super::design::{MAX_INTERCONNECTS, MAX_OF_A_KIND, Soc};
use super::workload::Workload;

/// No interconnect, pipe or block.
pub(super) const NONE: u16 = u16::MAX;

/// An interconnect.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Interconnect {
    pub(super) block: u16,
    pub(super) peak: f64,
    /// Interconnects linked to it.
    pub(super) neighbours: u16,
    /// Tasks whose processing element hangs on it.
    pub(super) homed: u64,
}

/// A memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct Memory {
    pub(super) block: u16,
    pub(super) home: u16,
    pub(super) peak: f64,
}

/// The topology of one design with its mapping. Interconnects, memories and processing elements are numbered among
/// their kind.
#[derive(Debug, Default)]
pub(super) struct Wiring {
    /// Number of each block among those of its kind.
    local: Vec<u16>,
    /// The interconnect of each block, by number.
    home: Vec<u16>,
    pub(super) interconnects: Vec<Interconnect>,
    pub(super) memories: Vec<Memory>,
    /// The number of each task's processing element.
    pub(super) pe: Vec<u8>,
    /// The number of each edge's memory.
    pub(super) edge_memory: Vec<u8>,
    /// The interconnects on the way from each to each, as a mask with both ends; 0 if there is none.
    ways: Vec<u16>,
    /// Last interconnect before each on the way from each; itself at the start.
    before: Vec<u8>,
}

impl Wiring {
    /// Reads a design.
    pub(super) fn read(&mut self, design: &Soc, workload: &Workload) -> Result<(), SocError> {
        self.read_blocks(design, workload)?;
        self.read_links(design)?;
        self.read_mapping(design, workload)?;
        self.route();
        Ok(())
    }

    fn read_blocks(&mut self, design: &Soc, workload: &Workload) -> Result<(), SocError> {
        self.local.clear();
        self.interconnects.clear();
        self.memories.clear();
        let mut pes = 0;
        for (place, block) in design.blocks.iter().enumerate() {
            if let Block::Accelerator { task, unroll, clock } = *block {
                let row = workload.tasks.get(task);
                if row.is_none_or(|row| row.accelerator.is_none()) || unroll == 0 || clock == 0 {
                    let problem = "an accelerator needs a task that has one, unroll and clock of 1 or more";
                    return Err(SocError::design(format!("block {place}: {problem}")));
                }
            }
            let peak = match block {
                Block::Memory { .. } | Block::Interconnect { .. } => block.rate(workload),
                _ => 1.0,
            };
            if peak <= 0.0 {
                return Err(SocError::design(format!("block {place}: width and clock have to be 1 or more")));
            }
            let block_number = place as u16;
            let (number, most, what) = match block {
                Block::Interconnect { .. } => {
                    self.interconnects.push(Interconnect { block: block_number, peak, ..Default::default() });
                    (self.interconnects.len(), MAX_INTERCONNECTS, "interconnects")
                }
                Block::Memory { .. } => {
                    self.memories.push(Memory { block: block_number, home: NONE, peak });
                    (self.memories.len(), MAX_OF_A_KIND, "memories")
                }
                _ => {
                    pes += 1;
                    (pes, MAX_OF_A_KIND, "processing elements")
                }
            };
            if number > most {
                return Err(SocError::design(format!("more than {most} {what}")));
            }
            self.local.push(number as u16 - 1);
        }
        Ok(())
    }

    fn read_links(&mut self, design: &Soc) -> Result<(), SocError> {
        self.home.clear();
        self.home.resize(design.blocks.len(), NONE);
        for [a, b] in &design.links {
            let (Some(first), Some(second)) = (design.blocks.get(*a), design.blocks.get(*b)) else {
                let count = design.blocks.len();
                return Err(SocError::design(format!("link {a}–{b}: there are only {count} blocks")));
            };
            match (first.is_interconnect(), second.is_interconnect()) {
                (true, true) if a != b => {
                    let (u, v) = (self.local[*a], self.local[*b]);
                    self.interconnects[usize::from(u)].neighbours |= 1 << v;
                    self.interconnects[usize::from(v)].neighbours |= 1 << u;
                }
                (true, false) => self.attach(*b, *a)?,
                (false, true) => self.attach(*a, *b)?,
                _ => {
                    let problem = "a link has an interconnect at one end, and another block at the other";
                    return Err(SocError::design(format!("link {a}–{b}: {problem}")));
                }
            }
        }
        for memory in &mut self.memories {
            memory.home = self.home[usize::from(memory.block)];
        }
        Ok(())
    }

    fn attach(&mut self, block: usize, interconnect: usize) -> Result<(), SocError> {
        let number = self.local[interconnect];
        if self.home[block] != NONE && self.home[block] != number {
            let problem = "is linked to two interconnects; only one is allowed";
            return Err(SocError::design(format!("block {block} {problem}")));
        }
        self.home[block] = number;
        Ok(())
    }

    fn read_mapping(&mut self, design: &Soc, workload: &Workload) -> Result<(), SocError> {
        let counts = [
            ("task_pe", design.task_pe.len(), workload.tasks.len()),
            ("edge_memory", design.edge_memory.len(), workload.edges.len()),
            ("launch_order", design.launch_order.len(), workload.tasks.len()),
        ];
        if let Some((name, count, wanted)) = counts.into_iter().find(|(_, count, wanted)| count != wanted) {
            return Err(SocError::design(format!("`{name}` has {count} entries; needed: {wanted}")));
        }
        self.pe.clear();
        for (task, place) in design.task_pe.iter().enumerate() {
            let name = || workload.tasks[task].name.as_str();
            let Some(block) = design.blocks.get(*place) else {
                return Err(SocError::design(format!("task `{}`: there is no block {place}", name())));
            };
            if !block.runs(task) {
                let label = block.label(workload);
                return Err(SocError::design(format!("task `{}` cannot run on {label}", name())));
            }
            let home = self.home[*place];
            if home == NONE {
                return Err(SocError::design(format!("block {place} is linked to no interconnect")));
            }
            self.interconnects[usize::from(home)].homed |= 1 << task;
            self.pe.push(self.local[*place] as u8);
        }
        self.edge_memory.clear();
        for (edge, place) in design.edge_memory.iter().enumerate() {
            let row = &workload.edges[edge];
            let problem = match design.blocks.get(*place) {
                Some(block) if block.is_memory() && self.home[*place] != NONE => {
                    self.edge_memory.push(self.local[*place] as u8);
                    continue;
                }
                Some(block) if block.is_memory() => format!("memory {place} is linked to no interconnect"),
                Some(_) => format!("block {place} is no memory"),
                None => format!("there is no block {place}"),
            };
            let (from, to) = (&workload.tasks[row.from].name, &workload.tasks[row.to].name);
            return Err(SocError::design(format!("edge {from} → {to}: {problem}")));
        }
        let seen = design.launch_order.iter().filter(|task| **task < workload.tasks.len());
        let mask = seen.fold(0u64, |mask, task| mask | 1 << task);
        match mask.count_ones() as usize == workload.tasks.len() {
            true => Ok(()),
            false => Err(SocError::design("`launch_order` has to list every task once")),
        }
    }

    /// Breadth first from every interconnect, neighbours in order of their numbers.
    fn route(&mut self) {
        let count = self.interconnects.len();
        self.ways.clear();
        self.ways.resize(count * count, 0);
        self.before.clear();
        self.before.resize(count * count, 0);
        for start in 0..count {
            let (mut seen, mut queue) = (1u16 << start, [0u8; MAX_INTERCONNECTS]);
            let (mut head, mut tail) = (0, 1);
            queue[0] = start as u8;
            self.ways[start * count + start] = seen;
            self.before[start * count + start] = start as u8;
            while head < tail {
                let at = usize::from(queue[head]);
                head += 1;
                let way = self.ways[start * count + at];
                let fresh = self.interconnects[at].neighbours & !seen;
                seen |= fresh;
                for next in bits(u64::from(fresh)) {
                    self.ways[start * count + next] = way | 1 << next;
                    self.before[start * count + next] = at as u8;
                    queue[tail] = next as u8;
                    tail += 1;
                }
            }
        }
    }

    /// Whether every task reaches its data.
    pub(super) fn check_ways(&self, design: &Soc, workload: &Workload) -> Result<(), SocError> {
        for (row, memory) in workload.edges.iter().zip(&design.edge_memory) {
            for task in [row.from, row.to] {
                let pe = design.task_pe[task];
                if self.way(self.home(pe), self.home(*memory)) == 0 {
                    let task = workload.tasks[task].name.clone();
                    return Err(SocError::Unreachable { task, pe, memory: *memory });
                }
            }
        }
        Ok(())
    }

    /// The interconnect of a task's processing element.
    pub(super) fn home(&self, place: usize) -> usize {
        usize::from(self.home[place])
    }

    /// The interconnects on the way between two of them, as a mask with both ends; 0 if there is none.
    pub(super) fn way(&self, from: usize, to: usize) -> u16 {
        self.ways[from * self.interconnects.len() + to]
    }

    /// The last interconnect before `to` on the way from another one, `from`.
    pub(super) fn before(&self, from: usize, to: usize) -> usize {
        usize::from(self.before[from * self.interconnects.len() + to])
    }

    /// The number of the pipe by which data that come from `from` reach `to`: that of the link from interconnect
    /// *u* to *v* is *u* times their count, plus *v*. None if they are there already.
    pub(super) fn pipe_into(&self, from: usize, to: usize) -> u16 {
        match from == to {
            true => NONE,
            false => (self.before(from, to) * self.interconnects.len() + to) as u16,
        }
    }

    /// The tasks whose data pass or lie in `block`.
    pub(super) fn hosted(&self, block: usize, design: &Soc, workload: &Workload) -> u64 {
        let mut hosted = 0;
        for (row, place) in workload.edges.iter().zip(&design.edge_memory) {
            for task in [row.from, row.to] {
                let passes = *place == block || self.passes(block, task, *place, design);
                hosted |= u64::from(passes) << task;
            }
        }
        hosted
    }

    /// Whether the data of `task` in the memory `place` pass the interconnect `block`.
    pub(super) fn passes(&self, block: usize, task: usize, place: usize, design: &Soc) -> bool {
        let way = self.way(self.home(design.task_pe[task]), self.home(place));
        design.blocks[block].is_interconnect() && way >> self.local[block] & 1 == 1
    }
}

/// The set bits of a mask, ascending.
pub(super) fn bits(mut mask: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let next = (mask != 0).then(|| mask.trailing_zeros() as usize)?;
        mask &= mask - 1;
        Some(next)
    })
}
