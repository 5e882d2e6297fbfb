//! What a design fixes before time starts to run: who shares which pipe, and how fast each task is alone.
//!
//! A pipe is the link from an interconnect to another one or to a memory, once for writes and once for reads; all
//! routes run from processing element to memory. A channel is what limits a task on its way: a pipe at the
//! interconnect that drives it, and the memory behind it. Tasks without work have none, for they take no time.

use std::ops::Range;

use super::SocError;
use super::design::{MAX_INTERCONNECTS, MAX_OF_A_KIND, Soc};
use super::wiring::{Memory, NONE, Wiring, bits};
use super::workload::{Access, Workload};

/// Directions: writes are 0, reads are 1.
const DIRECTIONS: usize = 2;

/// Limits on a task's rate at a pipe.
#[derive(Debug, Clone, Copy)]
pub(super) struct Channel {
    /// Rate of the task if it has the interconnect's channel for itself: peak over bytes per instruction there.
    pub(super) driver_limit: f64,
    /// The same of the memory behind the pipe; infinite if there is another interconnect.
    pub(super) memory_limit: f64,
    /// The pipe out of the interconnect.
    pub(super) pipe: u16,
    /// The pipe into it; none from the task's own processing element.
    pub(super) input: u16,
    /// Bytes per slice of work of the task on either.
    pub(super) unit: f64,
    pub(super) input_unit: f64,
    /// The block of the interconnect that drives the pipe.
    pub(super) driver: u16,
    /// The memory's block; none if there is another interconnect.
    pub(super) memory: u16,
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

/// A pipe, and what is known of it from its last use.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pipe {
    /// Tasks on it.
    pub(super) on: u64,
    /// The number of the interconnect that drives it.
    pub(super) at: u16,
    /// Running tasks for which `sum` and `active` were found.
    pub(super) loaded: u64,
    /// Their bytes per slice of work.
    pub(super) sum: f64,
    /// Inputs of the pipe's channel that they come by.
    pub(super) active: f64,
}

/// A task on its processing element.
#[derive(Debug, Clone, Default)]
pub(super) struct Placed {
    /// Rate of the processing element.
    pub(super) rate: f64,
    pub(super) block: u16,
    /// Rate with nobody else about.
    pub(super) alone: f64,
    /// Tasks on which its rate depends, itself among them.
    pub(super) sharers: u64,
    pub(super) channels: Range<u32>,
    uses: Range<u32>,
}

/// The tables of one design; see the module.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) wiring: Wiring,
    /// First those between interconnects, then those to memories; of writes, then of reads.
    pub(super) pipes: Vec<Pipe>,
    /// Bytes per slice of work of each task on each pipe that it is on.
    pub(super) units: Vec<f64>,
    pub(super) placed: Vec<Placed>,
    pub(super) channels: Vec<Channel>,
    uses: Vec<Use>,
    /// Interconnects with traffic, memories with data.
    pub(super) routed: u16,
    pub(super) used: u64,
    /// Blocks on the way, summed over all pairs of a task and a memory that it uses.
    pub(super) hops: u32,
    sums: Sums,
}

/// Sums of one task in one direction, by memory and by interconnect; only those of the masks are of this task.
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
    /// Adds an access of a memory.
    fn access(&mut self, memory: usize, access: &Access) {
        let known = self.memories >> memory & 1 == 1;
        self.memories |= 1 << memory;
        let before = |sum: f64| if known { sum } else { 0.0 };
        self.ratio[memory] = before(self.ratio[memory]) + access.ratio;
        self.unit[memory] = before(self.unit[memory]) + access.unit;
    }

    /// Adds what a memory has to the interconnects on the way to it.
    fn pass(&mut self, way: u16, memory: usize) {
        let known = self.visited;
        self.visited |= way;
        for at in bits(u64::from(way)) {
            let before = |sum: f64| if known >> at & 1 == 1 { sum } else { 0.0 };
            self.passed[at] = before(self.passed[at]) + self.ratio[memory];
            self.entered[at] = before(self.entered[at]) + self.unit[memory];
        }
    }
}

/// A task in one direction.
#[derive(Debug, Clone, Copy)]
struct Side {
    task: usize,
    dir: usize,
    home: usize,
    /// The first pipe of the direction.
    base: usize,
}

impl Tables {
    /// Fills the tables.
    pub(super) fn build(&mut self, design: &Soc, workload: &Workload) -> Result<(), SocError> {
        self.wiring.read(design, workload)?;
        let count = self.wiring.interconnects.len();
        let (tasks, pipes) = (workload.tasks.len(), count * count + self.wiring.memories.len());
        self.pipes.clear();
        self.pipes.resize(DIRECTIONS * pipes, Pipe::default());
        self.units.resize((DIRECTIONS * pipes * tasks).max(self.units.len()), 0.0);
        self.channels.clear();
        self.uses.clear();
        self.placed.clear();
        (self.routed, self.used, self.hops) = (0, 0, 0);
        for (task, row) in workload.tasks.iter().enumerate() {
            let place = design.task_pe[task];
            let home = self.wiring.home(place);
            let (channels, uses) = (self.channels.len() as u32, self.uses.len() as u32);
            let (rate, block) = (design.blocks[place].rate(workload), place as u16);
            let (mut alone, mut known) = (rate, 0);
            for (dir, range) in [&row.writes, &row.reads].into_iter().enumerate() {
                let accesses = &workload.accesses[dir][usize::from(range.start)..usize::from(range.end)];
                let side = Side { task, dir, home, base: dir * pipes };
                if !self.follow(side, accesses, known) {
                    self.wiring.check_ways(design, workload)?;
                }
                known |= self.sums.memories;
                if !row.kind.is_dummy() {
                    self.open_channels(side, tasks, &mut alone);
                }
            }
            self.used |= known;
            let (channels, uses) = (channels..self.channels.len() as u32, uses..self.uses.len() as u32);
            self.placed.push(Placed { rate, block, alone, sharers: 1 << task, channels, uses });
        }
        self.find_sharers();
        Ok(())
    }

    /// Adds up what a task accesses on one side, and counts the blocks on its ways to memories that are not `known`.
    /// False if there is no way.
    fn follow(&mut self, side: Side, accesses: &[Access], known: u64) -> bool {
        let Self { sums, wiring, .. } = self;
        (sums.memories, sums.visited) = (0, 0);
        for access in accesses {
            sums.access(usize::from(wiring.edge_memory[usize::from(access.edge)]), access);
        }
        let mut reached = true;
        for memory in bits(sums.memories) {
            let way = wiring.way(side.home, usize::from(wiring.memories[memory].home));
            reached &= way != 0;
            sums.pass(way, memory);
            if known >> memory & 1 == 0 {
                self.hops += way.count_ones() + 2;
            }
        }
        self.routed |= sums.visited;
        reached
    }

    /// The pipes that a task is on, with the channels in front of them and behind.
    fn open_channels(&mut self, side: Side, tasks: usize, alone: &mut f64) {
        let Self { sums, wiring, pipes, units, channels, uses, .. } = self;
        let Side { task, dir, home, base } = side;
        let count = wiring.interconnects.len();
        let input = |at: usize| match wiring.pipe_into(home, at) {
            NONE => NONE,
            input => base as u16 + input,
        };
        let mut open = |at: usize, channel: Channel| {
            let pipe = usize::from(channel.pipe);
            (pipes[pipe].on, pipes[pipe].at) = (pipes[pipe].on | 1 << task, at as u16);
            units[pipe * tasks + task] = channel.unit;
            for limit in [channel.driver_limit, channel.memory_limit] {
                *alone = if limit < *alone { limit } else { *alone };
            }
            channels.push(channel);
        };
        for number in bits(sums.memories) {
            let Memory { block: memory, home: at, peak } = wiring.memories[number];
            let driver = &wiring.interconnects[usize::from(at)];
            let (ratio, pipe) = (sums.ratio[number], base + count * count + number);
            let channel = Channel {
                driver_limit: driver.peak / sums.passed[usize::from(at)],
                memory_limit: peak / ratio,
                pipe: pipe as u16,
                input: input(usize::from(at)),
                unit: sums.unit[number],
                input_unit: sums.entered[usize::from(at)],
                driver: driver.block,
                memory,
            };
            open(usize::from(at), channel);
            uses.push(Use { memory: number as u8, dir: dir as u8, ratio });
        }
        for to in bits(u64::from(sums.visited & !(1 << home))) {
            let at = wiring.before(home, to);
            let driver = &wiring.interconnects[at];
            let pipe = base + at * count + to;
            let channel = Channel {
                driver_limit: driver.peak / sums.passed[at],
                memory_limit: f64::INFINITY,
                pipe: pipe as u16,
                input: input(at),
                unit: sums.entered[to],
                input_unit: sums.entered[at],
                driver: driver.block,
                memory: NONE,
            };
            open(at, channel);
        }
    }

    fn find_sharers(&mut self) {
        for placed in &mut self.placed {
            for channel in &self.channels[placed.channels.start as usize..placed.channels.end as usize] {
                placed.sharers |= self.pipes[usize::from(channel.pipe)].on;
            }
        }
    }

    /// The memories that a task with work uses.
    pub(super) fn uses(&self, task: usize) -> &[Use] {
        let range = &self.placed[task].uses;
        &self.uses[range.start as usize..range.end as usize]
    }

    /// Whether two tasks with work meet in a channel of `block`.
    pub(super) fn meet(&self, block: u16, task: usize, other: usize) -> bool {
        let range = &self.placed[task].channels;
        self.channels[range.start as usize..range.end as usize]
            .iter()
            .filter(|channel| channel.driver == block || channel.memory == block)
            .any(|channel| self.pipes[usize::from(channel.pipe)].on >> other & 1 == 1)
    }
}
