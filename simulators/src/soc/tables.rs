//! What a design fixes before time starts to run: routes, who shares which pipe, and how fast each task is alone.
//!
//! A pipe is the link from an interconnect to another one or to a memory, once for writes and once for reads; all
//! routes run from processing element to memory. A channel is what limits a task on its way: a pipe at the
//! interconnect that drives it, or a memory behind its pipe.

use super::SocError;
use super::block::Block;
use super::design::{MAX_INTERCONNECTS, MAX_OF_A_KIND, Soc};
use super::workload::{EdgeRow, Workload};

/// No interconnect, pipe or block.
pub(super) const NONE: u16 = u16::MAX;

/// Directions: writes are 0, reads are 1.
const DIRECTIONS: usize = 2;

/// A limit on a task's rate.
#[derive(Debug, Clone, Copy)]
pub(super) struct Channel {
    /// Rate of the task if it has the channel for itself: the block's peak over its bytes per instruction there.
    limit: f64,
    /// The pipe out of the channel.
    pipe: u16,
    /// The pipe into it; none from the task's own processing element.
    input: u16,
    /// The interconnect whose channel it is; none for a memory's.
    interconnect: u16,
    block: u16,
}

/// A memory that a task reads or writes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Use {
    /// Number among the memories.
    pub(super) memory: u8,
    pub(super) dir: u8,
    /// Bytes per instruction.
    pub(super) ratio: f64,
}

/// An interconnect.
#[derive(Debug, Clone, Copy, Default)]
struct Interconnect {
    block: u16,
    peak: f64,
    /// Interconnects linked to it.
    neighbours: u16,
    /// Tasks whose processing element hangs on it.
    homed: u64,
}

/// A memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct Memory {
    pub(super) block: u16,
    home: u16,
    peak: f64,
}

/// The tables of one design; see the module.
#[derive(Debug, Default)]
pub(super) struct Tables {
    /// Number of each block among those of its kind.
    local: Vec<u16>,
    /// The interconnect of each block, by number.
    home: Vec<u16>,
    interconnects: Vec<Interconnect>,
    pub(super) memories: Vec<Memory>,
    /// The number of each task's processing element.
    pub(super) pe: Vec<u8>,
    /// Last interconnect before each on the way from each.
    before: Vec<u8>,
    /// Tasks on each pipe.
    on: Vec<u64>,
    /// Bytes per slice of work of each task on each pipe that it is on.
    units: Vec<f64>,
    /// The running tasks for which each pipe was last added up, and their sum.
    added: Vec<(u64, f64)>,
    channels: Vec<Channel>,
    channels_of: Vec<std::ops::Range<u32>>,
    uses: Vec<Use>,
    uses_of: Vec<std::ops::Range<u32>>,
    /// Rate and bottleneck of each task with nobody else about.
    pub(super) alone: Vec<(f64, u16)>,
    /// Tasks that share a pipe with each task.
    sharers: Vec<u64>,
    /// Interconnects with traffic, memories with data.
    pub(super) routed: u16,
    pub(super) used: u64,
    /// Blocks on the way, summed over all pairs of a task and a memory that it uses.
    pub(super) hops: u32,
    pipes: usize,
    tasks: usize,
    sums: Sums,
}

/// Sums of one task in one direction, by memory and by interconnect. Only those of the masks are of this task.
#[derive(Debug)]
struct Sums {
    memories: u64,
    ratio: [f64; MAX_OF_A_KIND],
    unit: [f64; MAX_OF_A_KIND],
    visited: u16,
    passed: [f64; MAX_INTERCONNECTS],
    entered: [f64; MAX_INTERCONNECTS],
}

impl Default for Sums {
    fn default() -> Self {
        Self {
            memories: 0,
            ratio: [0.0; MAX_OF_A_KIND],
            unit: [0.0; MAX_OF_A_KIND],
            visited: 0,
            passed: [0.0; MAX_INTERCONNECTS],
            entered: [0.0; MAX_INTERCONNECTS],
        }
    }
}

impl Sums {
    fn access(&mut self, memory: usize, ratio: f64, unit: f64) {
        if self.memories >> memory & 1 == 0 {
            self.memories |= 1 << memory;
            (self.ratio[memory], self.unit[memory]) = (ratio, unit);
        } else {
            self.ratio[memory] += ratio;
            self.unit[memory] += unit;
        }
    }

    fn pass(&mut self, at: usize, memory: usize) {
        if self.visited >> at & 1 == 0 {
            self.visited |= 1 << at;
            (self.passed[at], self.entered[at]) = (self.ratio[memory], self.unit[memory]);
        } else {
            self.passed[at] += self.ratio[memory];
            self.entered[at] += self.unit[memory];
        }
    }
}

impl Tables {
    /// Fills the tables.
    pub(super) fn build(&mut self, design: &Soc, workload: &Workload) -> Result<(), SocError> {
        self.read_blocks(design, workload)?;
        self.read_links(design)?;
        self.read_mapping(design, workload)?;
        self.route();
        let count = self.interconnects.len();
        self.tasks = workload.tasks.len();
        self.pipes = count * count + self.memories.len();
        self.on.clear();
        self.on.resize(DIRECTIONS * self.pipes, 0);
        self.units.resize((DIRECTIONS * self.pipes * self.tasks).max(self.units.len()), 0.0);
        self.added.clear();
        self.added.resize(DIRECTIONS * self.pipes, (0, 0.0));
        self.channels.clear();
        self.channels_of.clear();
        self.uses.clear();
        self.uses_of.clear();
        (self.routed, self.used, self.hops) = (0, 0, 0);
        for task in 0..self.tasks {
            let (channels, uses) = (self.channels.len() as u32, self.uses.len() as u32);
            let mut memories = 0;
            for dir in 0..DIRECTIONS {
                memories |= self.follow(task, dir, design, workload, memories)?;
            }
            self.used |= memories;
            self.channels_of.push(channels..self.channels.len() as u32);
            self.uses_of.push(uses..self.uses.len() as u32);
        }
        self.finish(design, workload);
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
        for (edge, place) in design.edge_memory.iter().enumerate() {
            let row = &workload.edges[edge];
            let problem = match design.blocks.get(*place) {
                Some(block) if block.is_memory() && self.home[*place] != NONE => continue,
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
        self.before.clear();
        self.before.resize(count * count, u8::MAX);
        for start in 0..count {
            let (mut seen, mut queue) = (1u16 << start, [0u8; MAX_INTERCONNECTS]);
            let (mut head, mut tail) = (0, 1);
            queue[0] = start as u8;
            self.before[start * count + start] = start as u8;
            while head < tail {
                let at = queue[head];
                head += 1;
                let mut fresh = self.interconnects[usize::from(at)].neighbours & !seen;
                seen |= fresh;
                while fresh != 0 {
                    let next = fresh.trailing_zeros() as usize;
                    fresh &= fresh - 1;
                    self.before[start * count + next] = at;
                    queue[tail] = next as u8;
                    tail += 1;
                }
            }
        }
    }

    /// Follows the accesses of a task in one direction to its memories; returns the memories used in it. Those of
    /// `known` were used in the other direction.
    fn follow(
        &mut self,
        task: usize,
        dir: usize,
        design: &Soc,
        workload: &Workload,
        known: u64,
    ) -> Result<u64, SocError> {
        let row = &workload.tasks[task];
        let sums = &mut self.sums;
        (sums.memories, sums.visited) = (0, 0);
        let mut add = |edge: usize| {
            let memory = usize::from(self.local[design.edge_memory[edge]]);
            let EdgeRow { ratio, unit, .. } = &workload.edges[edge];
            sums.access(memory, ratio[dir], unit[dir]);
        };
        match dir {
            0 => (row.writes.start..row.writes.end).for_each(|edge| add(usize::from(edge))),
            _ => workload.into[usize::from(row.reads.start)..usize::from(row.reads.end)]
                .iter()
                .for_each(|edge| add(usize::from(*edge))),
        }
        let home = usize::from(self.home[design.task_pe[task]]);
        let count = self.interconnects.len();
        for memory in bits(sums.memories) {
            let mut at = usize::from(self.memories[memory].home);
            let mut hops = 2;
            loop {
                sums.pass(at, memory);
                hops += 1;
                if at == home {
                    break;
                }
                let before = self.before[home * count + at];
                if before == u8::MAX {
                    let memory = usize::from(self.memories[memory].block);
                    return Err(SocError::Unreachable {
                        task: row.name.clone(),
                        pe: design.task_pe[task],
                        memory,
                    });
                }
                at = usize::from(before);
            }
            if known & 1 << memory == 0 {
                self.hops += hops;
            }
        }
        self.open_channels(task, dir, home);
        Ok(self.sums.memories)
    }

    /// The pipes that a task is on, and the channels in front of them.
    fn open_channels(&mut self, task: usize, dir: usize, home: usize) {
        let sums = &self.sums;
        let count = self.interconnects.len();
        let base = dir * self.pipes;
        let into = |before: &[u8], at: usize| match at == home {
            true => NONE,
            false => (base + usize::from(before[home * count + at]) * count + at) as u16,
        };
        self.routed |= sums.visited;
        for memory in bits(sums.memories) {
            let Memory { block, home: at, peak } = self.memories[memory];
            let at = usize::from(at);
            let pipe = base + count * count + memory;
            self.on[pipe] |= 1 << task;
            self.units[pipe * self.tasks + task] = sums.unit[memory];
            let driver = &self.interconnects[at];
            self.channels.push(Channel {
                limit: driver.peak / sums.passed[at],
                pipe: pipe as u16,
                input: into(&self.before, at),
                interconnect: at as u16,
                block: driver.block,
            });
            let limit = peak / sums.ratio[memory];
            self.channels.push(Channel { limit, pipe: pipe as u16, input: NONE, interconnect: NONE, block });
            let ratio = sums.ratio[memory];
            self.uses.push(Use { memory: memory as u8, dir: dir as u8, ratio });
        }
        for at in bits(u64::from(sums.visited & !(1 << home))) {
            let before = usize::from(self.before[home * count + at]);
            let pipe = base + before * count + at;
            self.on[pipe] |= 1 << task;
            self.units[pipe * self.tasks + task] = sums.entered[at];
            let driver = &self.interconnects[before];
            self.channels.push(Channel {
                limit: driver.peak / sums.passed[before],
                pipe: pipe as u16,
                input: into(&self.before, before),
                interconnect: before as u16,
                block: driver.block,
            });
        }
    }

    fn finish(&mut self, design: &Soc, workload: &Workload) {
        self.alone.clear();
        self.sharers.clear();
        for task in 0..self.tasks {
            let place = design.task_pe[task];
            let mut slowest = (design.blocks[place].rate(workload), place as u16);
            let mut sharers = 0;
            for channel in self.channels(task) {
                sharers |= self.on[usize::from(channel.pipe)];
                if channel.limit < slowest.0 {
                    slowest = (channel.limit, channel.block);
                }
            }
            self.alone.push(slowest);
            self.sharers.push(sharers);
        }
    }

    fn channels(&self, task: usize) -> &[Channel] {
        let range = &self.channels_of[task];
        &self.channels[range.start as usize..range.end as usize]
    }

    /// The memories that a task uses.
    pub(super) fn uses(&self, task: usize) -> &[Use] {
        let range = &self.uses_of[task];
        &self.uses[range.start as usize..range.end as usize]
    }

    /// Those of the tasks `running` on which the rate of `task` depends.
    pub(super) fn company(&self, task: usize, running: u64) -> u64 {
        running & self.sharers[task]
    }

    /// Rate of `task` while the tasks `running` run, one on each processing element, and the block that limits it.
    ///
    /// Active inputs of a channel have equal shares of it; tasks on an input have shares by their slices of work.
    /// Shares that slow tasks leave are not used by others.
    pub(super) fn rate(&mut self, task: usize, running: u64, pe_rate: f64, pe_block: u16) -> (f64, u16) {
        if self.company(task, running) == 1 << task {
            return self.alone[task];
        }
        let mut slowest = (pe_rate, pe_block);
        let range = self.channels_of[task].clone();
        for place in range.start as usize..range.end as usize {
            let channel = self.channels[place];
            let share = match channel.interconnect {
                NONE => self.inner_share(task, running, channel.pipe),
                _ => self.outer_share(task, running, &channel),
            };
            let rate = channel.limit * share;
            if rate < slowest.0 {
                slowest = (rate, channel.block);
            }
        }
        slowest
    }

    /// Share of a task in a pipe.
    fn inner_share(&mut self, task: usize, running: u64, pipe: u16) -> f64 {
        let pipe = usize::from(pipe);
        let on = running & self.on[pipe];
        if on == 1 << task {
            return 1.0;
        }
        let units = &self.units[pipe * self.tasks..(pipe + 1) * self.tasks];
        if self.added[pipe].0 != on {
            self.added[pipe] = (on, bits(on).map(|other| units[other]).sum());
        }
        units[task] / self.added[pipe].1
    }

    /// Share of a task in a channel of an interconnect.
    fn outer_share(&mut self, task: usize, running: u64, channel: &Channel) -> f64 {
        let at = usize::from(channel.interconnect);
        let out = usize::from(channel.pipe);
        let on = running & self.on[out];
        let count = self.interconnects.len();
        let Interconnect { neighbours, homed, .. } = self.interconnects[at];
        let mut active = (on & homed).count_ones();
        if on == 1 << task {
            active = 1;
        } else if on & !homed != 0 {
            let base = if out >= self.pipes { self.pipes } else { 0 };
            for from in bits(u64::from(neighbours)) {
                active += u32::from(on & self.on[base + from * count + at] != 0);
            }
        }
        let inner = if channel.input == NONE { 1.0 } else { self.inner_share(task, running, channel.input) };
        inner / f64::from(active)
    }

    /// Number of a block among those of its kind.
    pub(super) fn number(&self, block: usize) -> u8 {
        self.local[block] as u8
    }

    /// The interconnects, as a mask of numbers, between two connected blocks.
    pub(super) fn way(&self, pe: usize, memory: usize) -> u16 {
        let (home, mut at) = (usize::from(self.home[pe]), usize::from(self.home[memory]));
        let mut mask = 1u16 << home;
        while at != home {
            mask |= 1 << at;
            at = usize::from(self.before[home * self.interconnects.len() + at]);
        }
        mask
    }

    /// Whether two tasks meet in a channel of `block`.
    pub(super) fn meet(&self, block: u16, task: usize, other: usize) -> bool {
        let of_block = |channel: &&Channel| channel.block == block;
        self.channels(task)
            .iter()
            .filter(of_block)
            .any(|channel| self.on[usize::from(channel.pipe)] >> other & 1 == 1)
    }

    /// Whether the routes of `task` pass `block`.
    pub(super) fn passes(&self, block: u16, task: usize) -> bool {
        self.channels(task).iter().any(|channel| channel.block == block)
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
