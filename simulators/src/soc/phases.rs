//! Time in phases: between two events every running task has one rate.

use super::design::Soc;
use super::graph::TaskKind;
use super::tables::Tables;
use super::wiring::{Wiring, bits};
use super::workload::Workload;
use super::{Fidelity, SocError};

/// Progress at which FARSI takes a task as done; what is left is dropped.
const EARLY: f64 = 0.99;
/// Progress at which it is done but for rounding.
const DONE: f64 = 1.0 - 1e-9;

/// A phase: how long it was, and where its entries in the log end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Phase {
    pub(super) seconds: f64,
    pub(super) end: u32,
}

/// What a task did in a phase.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    /// Instructions.
    pub(super) work: f64,
    pub(super) task: u8,
}

/// Where a task stands.
#[derive(Debug, Clone, Copy)]
struct Progress {
    /// Instructions.
    left: f64,
    /// Its rate while it runs beside the tasks of `company`.
    rate: f64,
    company: u64,
    open_parents: u16,
    open_children: u16,
}

/// The state of a simulation, and its log.
#[derive(Debug, Default)]
pub(super) struct Run {
    progress: Vec<Progress>,
    running: Vec<u8>,
    waiting: Vec<u8>,
    arrivals: Vec<u8>,
    /// Place of each task in the launch order.
    rank: Vec<u8>,
    occupied: Vec<f64>,
    pub(super) peak: Vec<f64>,
    pub(super) start_s: Vec<f64>,
    pub(super) end_s: Vec<f64>,
    pub(super) phases: Vec<Phase>,
    pub(super) log: Vec<Entry>,
    /// Finished tasks that count for releasing memory.
    completed: u64,
}

fn filled<T: Clone>(list: &mut Vec<T>, count: usize, value: T) {
    list.clear();
    list.resize(count, value);
}

impl Run {
    /// Runs the workload on the design to its end.
    pub(super) fn run(
        &mut self,
        design: &Soc,
        workload: &Workload,
        tables: &mut Tables,
        fidelity: Fidelity,
    ) -> Result<(), SocError> {
        self.reset(design, workload, tables);
        let mut ready = 1u64 << self.rank[workload.source];
        let (mut clock, mut open, mut dummy) = (0.0, workload.tasks.len(), false);
        // Each phase but the first completes a task.
        for _ in 0..=workload.tasks.len() {
            let seconds = if dummy { 0.0 } else { self.next_event() };
            clock += seconds;
            if !dummy {
                self.advance(seconds);
            }
            self.phases.push(Phase { seconds, end: self.log.len() as u32 });
            open -= self.complete(workload, &tables.wiring, clock, fidelity, &mut ready);
            if open == 0 {
                return Ok(());
            }
            self.launch(design, workload, &tables.wiring, clock, ready);
            ready = 0;
            let running = self.serialise(&tables.wiring, fidelity);
            dummy = running & workload.dummies != 0;
            if !dummy {
                for task in &self.running {
                    let task = usize::from(*task);
                    let company = tables.company(task, running);
                    let progress = &mut self.progress[task];
                    if company != progress.company {
                        progress.rate = tables.rate(task, company);
                        progress.company = company;
                    }
                }
            }
        }
        Err(SocError::design("the workload does not come to an end; rates are beyond what a number can hold"))
    }

    fn reset(&mut self, design: &Soc, workload: &Workload, tables: &Tables) {
        let (tasks, memories) = (workload.tasks.len(), tables.wiring.memories.len());
        self.progress.clear();
        self.progress.extend(workload.tasks.iter().map(|task| Progress {
            left: task.work,
            rate: 0.0,
            company: 0,
            open_parents: task.reads.len() as u16,
            open_children: task.writes.len() as u16,
        }));
        self.running.clear();
        self.waiting.clear();
        filled(&mut self.rank, tasks, 0);
        design.launch_order.iter().enumerate().for_each(|(place, task)| self.rank[*task] = place as u8);
        filled(&mut self.occupied, memories, 0.0);
        filled(&mut self.peak, memories, 0.0);
        filled(&mut self.start_s, tasks, 0.0);
        filled(&mut self.end_s, tasks, 0.0);
        self.phases.clear();
        self.log.clear();
        self.completed = 0;
    }

    /// Time until the first running task is done; 0 while nothing runs.
    fn next_event(&self) -> f64 {
        let mut next = if self.running.is_empty() { 0.0 } else { f64::INFINITY };
        for task in &self.running {
            let Progress { left, rate, .. } = self.progress[usize::from(*task)];
            let seconds = left / rate;
            next = if seconds < next { seconds } else { next };
        }
        next
    }

    fn advance(&mut self, seconds: f64) {
        for task in &self.running {
            let progress = &mut self.progress[usize::from(*task)];
            let work = progress.rate * seconds;
            progress.left -= work;
            self.log.push(Entry { work, task: *task });
        }
    }

    /// Ends the tasks that are done; returns how many.
    fn complete(
        &mut self,
        workload: &Workload,
        wiring: &Wiring,
        clock: f64,
        fidelity: Fidelity,
        ready: &mut u64,
    ) -> usize {
        let done_at = if fidelity == Fidelity::Farsi { EARLY } else { DONE };
        let (mut kept, mut done) = (0, 0);
        for place in 0..self.running.len() {
            let number = self.running[place];
            let task = usize::from(number);
            let work = workload.tasks[task].work;
            if work > 0.0 && 1.0 - self.progress[task].left / work < done_at {
                self.running[kept] = number;
                kept += 1;
                continue;
            }
            done += 1;
            self.end_s[task] = clock;
            for edge in workload.writes(task) {
                let child = workload.edges[edge].to;
                let child_progress = &mut self.progress[child];
                child_progress.open_parents -= 1;
                if child_progress.open_parents == 0 {
                    *ready |= 1 << self.rank[child];
                }
            }
            match fidelity {
                Fidelity::Farsi => self.release_first(task, workload, wiring),
                Fidelity::Corrected => self.release_all(task, workload, wiring),
            }
        }
        self.running.truncate(kept);
        done
    }

    /// FARSI's release: a parent whose children are all on the list of completed tasks frees its data and takes them
    /// off the list, so that other parents of theirs never find them there. The source frees nothing and yet takes
    /// its children.
    fn release_first(&mut self, task: usize, workload: &Workload, wiring: &Wiring) {
        self.completed |= 1 << task;
        for edge in workload.reads(task) {
            let parent = workload.edges[edge].from;
            let children = workload.tasks[parent].children;
            if children & !self.completed == 0 {
                self.free(parent, workload, wiring);
                self.completed &= !children;
            }
        }
    }

    /// Every parent frees its data once its last child is done.
    fn release_all(&mut self, task: usize, workload: &Workload, wiring: &Wiring) {
        for edge in workload.reads(task) {
            let parent = workload.edges[edge].from;
            self.progress[parent].open_children -= 1;
            if self.progress[parent].open_children == 0 {
                self.free(parent, workload, wiring);
            }
        }
    }

    fn free(&mut self, parent: usize, workload: &Workload, wiring: &Wiring) {
        if workload.tasks[parent].kind == TaskKind::Compute {
            for edge in workload.writes(parent) {
                self.occupied[usize::from(wiring.edge_memory[edge])] -= workload.edges[edge].bytes;
            }
        }
    }

    /// Launches the ready tasks in launch order. Their results occupy memory from now on, even if they have to wait.
    fn launch(&mut self, design: &Soc, workload: &Workload, wiring: &Wiring, clock: f64, ready: u64) {
        self.arrivals.clear();
        for rank in bits(ready) {
            let task = design.launch_order[rank];
            self.arrivals.push(task as u8);
            self.start_s[task] = clock;
            if workload.tasks[task].kind == TaskKind::Join {
                continue;
            }
            for edge in workload.writes(task) {
                let memory = usize::from(wiring.edge_memory[edge]);
                self.occupied[memory] += workload.edges[edge].bytes;
                self.peak[memory] = self.peak[memory].max(self.occupied[memory]);
            }
        }
    }

    /// One task a processing element: who runs goes on; of the others FARSI prefers the newest arrivals, the
    /// corrected model those that wait. Returns the mask of running tasks.
    fn serialise(&mut self, wiring: &Wiring, fidelity: Fidelity) -> u64 {
        let (mut busy, mut mask) = (0u64, 0u64);
        for task in &self.running {
            busy |= 1 << wiring.pe[usize::from(*task)];
            mask |= 1 << *task;
        }
        let Self { running, waiting, arrivals, .. } = self;
        let mut waits = |task: u8| {
            let pe = 1u64 << wiring.pe[usize::from(task)];
            let waits = busy & pe != 0;
            if !waits {
                busy |= pe;
                mask |= 1 << task;
                running.push(task);
            }
            waits
        };
        if fidelity == Fidelity::Farsi {
            std::mem::swap(waiting, arrivals);
        }
        // Those left over wait in the order of the scan.
        let mut kept = 0;
        for place in 0..waiting.len() {
            let task = waiting[place];
            if waits(task) {
                waiting[kept] = task;
                kept += 1;
            }
        }
        waiting.truncate(kept);
        for task in arrivals.iter() {
            if waits(*task) {
                waiting.push(*task);
            }
        }
        mask
    }
}
