//! What an architect would try next: FARSI's moves (Boroujerdian et al. 2022, section 4).
//!
//! The metric farthest from its budget is looked at; tasks are to blame by their share of it; each suffers from its
//! bottleneck (latency), or from the block of most power or area. The block can be swapped for the next better one of
//! the library, its load can migrate to a block that is there, or it can be split in two; split and swapped at once, a
//! task gets a better block for itself. Which of these suit depends on whether other tasks met this one on the block.

use rl_env::design::{Design, Move};
use sweepstake_simulators::soc::{
    Block, CLOCKS, Fidelity, MemoryKind, Report, Scratch, Trace, WIDTHS_BYTES, Workload, simulate_with_trace,
};

use super::encoding::{BUSES, Encoding, MEMORIES, PROCESSORS};
use super::plan::{Bus, Memory, Part, Plan, Run};
use crate::Pool;

/// A metric with a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Goal {
    Latency,
    Power,
    Area,
}

impl Goal {
    fn metric(self) -> &'static str {
        match self {
            Self::Latency => "latency_s",
            Self::Power => "power_w",
            Self::Area => "area_m2",
        }
    }
}

/// Kinds of moves.
const SWAP: &str = "swap";
const MIGRATE: &str = "migrate";
const SPLIT: &str = "split";
const SPLIT_SWAP: &str = "split-swap";

/// A design under a physician's eyes.
struct Case<'a> {
    encoding: &'a Encoding,
    workload: &'a Workload,
    plan: Plan,
    parts: Vec<Part>,
    trace: Trace,
    /// Goals, farthest from their budget first.
    goals: [Goal; 3],
    /// Whether the first goal is missed, so that it has to be reduced; otherwise there is room.
    missed: bool,
    /// Applications whose tasks are looked at.
    late: Vec<bool>,
}

/// The moves from a design; none if it is infeasible.
pub(super) fn moves(encoding: &Encoding, pool: &Pool<Scratch>, design: &Design) -> Vec<Move> {
    let (workload, plan) = (&encoding.workload, encoding.decode(design).compact());
    let Ok((chip, parts)) = plan.build(workload) else { return Vec::new() };
    let simulated = pool.with(|scratch| simulate_with_trace(&chip, workload, Fidelity::Farsi, scratch));
    let Ok((report, trace)) = simulated else { return Vec::new() };
    let (goals, missed) = ranked(&report, workload);
    let late = report.terms(workload).take(workload.applications().len()).map(|term| term >= 0.001).collect();
    Case { encoding, workload, plan, parts, trace, goals, missed, late }.moves()
}

/// Goals by their distance, and whether the first is missed.
fn ranked(report: &Report, workload: &Workload) -> ([Goal; 3], bool) {
    let terms: Vec<f64> = report.terms(workload).collect();
    let count = workload.applications().len();
    let missed = |terms: &[f64]| terms.iter().filter(|term| **term >= 0.001).sum::<f64>();
    // Among met ones the closest to its budget comes first.
    let nearest = |terms: &[f64]| terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let far = |terms: &[f64]| if missed(terms) > 0.0 { missed(terms) } else { nearest(terms).min(0.0) };
    let mut goals = [
        (Goal::Latency, far(&terms[..count])),
        (Goal::Power, far(&terms[count..count + 1])),
        (Goal::Area, far(&terms[count + 1..])),
    ];
    goals.sort_by(|a, b| b.1.total_cmp(&a.1));
    (goals.map(|(goal, _)| goal), goals[0].1 > 0.0)
}

impl Case<'_> {
    fn moves(&self) -> Vec<Move> {
        let shares = self.shares();
        let total: f64 = shares.iter().sum();
        let mut all = Vec::new();
        for task in (0..shares.len()).filter(|task| !self.encoding.is_dummy(*task)) {
            let share = if total > 0.0 { shares[task] / total } else { 0.0 };
            let hosts = (0..self.parts.len()).filter(|block| self.trace.hosted[*block] >> task & 1 == 1);
            let blames: Vec<(usize, f64)> = hosts.map(|block| (block, self.blame(task, block))).collect();
            for (block, blame) in blames {
                let company = self.company(task, block);
                let suited = self.suited(block, company != 0);
                for kind in [SWAP, MIGRATE, SPLIT, SPLIT_SWAP] {
                    let Some(plan) = self.step(kind, task, block, company) else { continue };
                    all.push(Move {
                        design: self.encoding.encode(&plan.compact()),
                        kind,
                        metric: self.goals[0].metric().into(),
                        part: task as u32,
                        share,
                        block: block as u32,
                        blame,
                        advised: suited.contains(&kind),
                    });
                }
            }
        }
        all
    }

    /// How much each task has of the first goal. While applications are late, only their tasks count.
    fn shares(&self) -> Vec<f64> {
        let trace = &self.trace;
        let share = |task: usize| match self.goals[0] {
            Goal::Latency => trace.end_s[task] - trace.start_s[task],
            Goal::Power => trace.task_energy_j[task],
            Goal::Area => self.blocks_of(task).map(|block| self.area_share(block)).sum(),
        };
        let of_late = self.goals[0] == Goal::Latency && self.late.contains(&true);
        (0..self.workload.tasks().len())
            .map(|task| if !of_late || self.is_of_late(task) { share(task) } else { 0.0 })
            .collect()
    }

    /// Whether a task leads to the last task of a late application.
    fn is_of_late(&self, task: usize) -> bool {
        let lasts: Vec<usize> = self
            .workload
            .applications()
            .iter()
            .zip(&self.late)
            .filter(|(_, late)| **late)
            .map(|(a, _)| a.last_task)
            .collect();
        let (mut seen, mut open) = (1u64 << task, vec![task]);
        while let Some(at) = open.pop() {
            if lasts.contains(&at) {
                return true;
            }
            for edge in self.workload.writes(at) {
                let child = self.workload.edges()[edge].to;
                if seen >> child & 1 == 0 {
                    seen |= 1 << child;
                    open.push(child);
                }
            }
        }
        false
    }

    fn blocks_of(&self, task: usize) -> impl Iterator<Item = usize> {
        (0..self.parts.len()).filter(move |block| self.trace.hosted[*block] >> task & 1 == 1)
    }

    fn area_share(&self, block: usize) -> f64 {
        self.trace.block_area_m2[block] / f64::from(self.trace.hosted[block].count_ones().max(1))
    }

    fn blame(&self, task: usize, block: usize) -> f64 {
        match self.goals[0] {
            Goal::Latency => self.trace.bottleneck_s(task, block),
            Goal::Power => self.trace.block_energy_j[block],
            Goal::Area => self.trace.block_area_m2[block],
        }
    }

    /// Tasks that met this one on the block: in a channel of it or, on a processor, while one of them waited.
    fn company(&self, task: usize, block: usize) -> u64 {
        let trace = &self.trace;
        if !matches!(self.parts[block], Part::Processor(_)) {
            return trace.beside[block][task];
        }
        let overlaps = |other: &usize| {
            *other != task
                && trace.hosted[block] >> other & 1 == 1
                && !self.encoding.is_dummy(*other)
                && trace.start_s[*other] < trace.end_s[task]
                && trace.start_s[task] < trace.end_s[*other]
        };
        (0..trace.start_s.len()).filter(overlaps).fold(0, |mask, other| mask | 1 << other)
    }

    /// The kinds of moves that suit, by goal and company.
    fn suited(&self, block: usize, company: bool) -> &'static [&'static str] {
        let lone_bus = matches!(self.parts[block], Part::Bus(slot) if self.hangs_little(slot));
        match (self.goals[0], self.missed, company) {
            (Goal::Latency, true, true) if lone_bus => &[SWAP, SPLIT_SWAP],
            (Goal::Latency, true, true) => &[MIGRATE, SPLIT],
            (Goal::Latency, true, false) | (Goal::Power, true, true) => &[SWAP, SPLIT_SWAP],
            (Goal::Latency, false, true) => &[SWAP],
            (Goal::Latency, false, false) => &[SWAP, MIGRATE],
            (Goal::Power | Goal::Area, true, _) => &[SWAP, MIGRATE, SPLIT_SWAP],
            (Goal::Area, false, false) => &[SWAP, MIGRATE, SPLIT],
            (Goal::Power | Goal::Area, false, _) => &[SWAP, MIGRATE, SPLIT, SPLIT_SWAP],
        }
    }

    /// An interconnect with one memory or one processing element at most cannot be split to any use.
    fn hangs_little(&self, slot: usize) -> bool {
        let hung = |is: fn(&Part) -> bool| {
            self.parts.iter().filter(|part| is(part) && self.plan.bus_of(**part) == slot).count()
        };
        hung(|part| matches!(part, Part::Memory(_))) <= 1
            || hung(|part| matches!(part, Part::Processor(_) | Part::Accelerator(_))) <= 1
    }

    fn step(&self, kind: &str, task: usize, block: usize, company: u64) -> Option<Plan> {
        let alone = self.trace.hosted[block].count_ones() == 1;
        let part = self.parts[block];
        match kind {
            SWAP => self.swapped(part),
            MIGRATE => self.migrated(task, part),
            _ if alone => None,
            SPLIT => self.split(task, part, company),
            _ => self.split_swapped(task, part),
        }
    }

    /// The block replaced by the next better one that can do all of its work.
    fn swapped(&self, part: Part) -> Option<Plan> {
        let mut plan = self.plan.clone();
        let old = plan.block(part);
        match part {
            Part::Processor(slot) => {
                let mut tasks = (0..plan.runs.len()).filter(|task| plan.is_on(*task, slot));
                let (task, None) = (tasks.next()?, tasks.next()) else { return None };
                self.run_on(&mut plan, task, self.better(old, self.processing(task))?, part)?;
            }
            Part::Accelerator(task) => {
                self.run_on(&mut plan, task, self.better(old, self.processing(task))?, part)?;
            }
            Part::Bus(slot) => {
                let Block::Interconnect { width_bytes, clock } = self.better(old, interconnects())? else {
                    return None;
                };
                plan.buses[slot] = Bus { width_bytes, clock };
            }
            Part::Memory(slot) => {
                let Block::Memory { kind, width_bytes, clock } = self.better(old, memories())? else {
                    return None;
                };
                plan.memories[slot] = Memory { kind, width_bytes, clock, ..plan.memories[slot] };
            }
        }
        Some(plan)
    }

    /// A task put on a block of its own, where `from` was.
    fn run_on(&self, plan: &mut Plan, task: usize, block: Block, from: Part) -> Option<()> {
        let bus = plan.bus_of(from);
        plan.runs[task] = match block {
            Block::Accelerator { unroll, clock, .. } => Run::Own { unroll, clock, bus },
            _ => {
                plan.processors = (plan.processors.len() < PROCESSORS).then(|| {
                    let mut processors = plan.processors.clone();
                    processors.push(bus);
                    processors
                })?;
                Run::On(plan.processors.len() - 1)
            }
        };
        Some(())
    }

    /// The load of a task on a block moved to another that is there, on the same interconnect or the next.
    fn migrated(&self, task: usize, part: Part) -> Option<Plan> {
        let mut plan = self.plan.clone();
        let bus = plan.bus_of(part);
        let old = plan.block(part);
        let near = |other: &Part| *other != part && plan.are_near(plan.bus_of(*other), bus);
        let good = |other: &Part| {
            let block = plan.block(*other);
            block == old || self.is_better(&block, &old)
        };
        match part {
            Part::Processor(_) | Part::Accelerator(_) => {
                let targets = self.parts.iter().filter(|other| near(other) && good(other));
                let slot = targets.filter_map(|other| match other {
                    Part::Processor(slot) => Some(*slot),
                    _ => None,
                });
                plan.runs[task] = Run::On(slot.min()?);
            }
            Part::Memory(slot) => {
                let targets = self.parts.iter().filter(|other| near(other) && good(other));
                let target = targets.filter_map(|other| match other {
                    Part::Memory(slot) => Some(*slot),
                    _ => None,
                });
                let target = target.min()?;
                self.data_of(task, slot).for_each(|edge| plan.edges[edge] = target);
            }
            Part::Bus(_) => return None,
        }
        Some(plan)
    }

    /// The data of a task in a memory.
    fn data_of(&self, task: usize, slot: usize) -> impl Iterator<Item = usize> {
        let edges = self.workload.edges().iter().enumerate();
        let own = edges.filter(move |(_, edge)| edge.from == task || edge.to == task);
        own.map(|(index, _)| index).filter(move |edge| self.plan.edges[*edge] == slot)
    }

    /// The block doubled on its interconnect, and its load shared: the task stays, its company moves.
    fn split(&self, task: usize, part: Part, company: u64) -> Option<Plan> {
        let mut plan = self.plan.clone();
        let moves = |other: usize| company >> other & 1 == 1 && other != task;
        if company == 0 {
            return None;
        }
        match part {
            Part::Processor(slot) => {
                let copy = plan.processors.len();
                plan.processors.push(plan.processors[slot]);
                for other in (0..plan.runs.len()).filter(|other| moves(*other)) {
                    if plan.is_on(other, slot) {
                        plan.runs[other] = Run::On(copy);
                    }
                }
            }
            Part::Accelerator(_) => return None,
            Part::Memory(slot) => {
                let copy = plan.memories.len();
                plan.memories.push(plan.memories[slot]);
                for other in (0..plan.runs.len()).filter(|other| moves(*other)) {
                    for edge in self.workload.writes(other).filter(|edge| self.plan.edges[*edge] == slot) {
                        plan.edges[edge] = copy;
                    }
                }
            }
            Part::Bus(slot) => {
                let copy = plan.buses.len();
                plan.buses.push(plan.buses[slot]);
                self.divide(&mut plan, slot, copy, &moves);
            }
        }
        let fits = plan.processors.len() <= PROCESSORS
            && plan.memories.len() <= MEMORIES
            && plan.buses.len() <= BUSES;
        (fits && plan.clone().compact() != self.plan).then_some(plan)
    }

    /// What only the moving tasks use goes over to the copy of an interconnect.
    fn divide(&self, plan: &mut Plan, slot: usize, copy: usize, moves: &dyn Fn(usize) -> bool) {
        if plan.buses.len() == 3 {
            plan.chain = false;
        }
        for (block, part) in self.parts.iter().enumerate() {
            let users = self.trace.hosted[block];
            let all_move = (0..plan.runs.len()).all(|task| users >> task & 1 == 0 || moves(task));
            if users == 0 || !all_move || self.plan.bus_of(*part) != slot {
                continue;
            }
            match *part {
                Part::Processor(at) => plan.processors[at] = copy,
                Part::Memory(at) => plan.memories[at].bus = copy,
                Part::Accelerator(task) => {
                    if let Run::Own { bus, .. } = &mut plan.runs[task] {
                        *bus = copy;
                    }
                }
                Part::Bus(_) => {}
            }
        }
    }

    /// The task split off onto a copy of the block, and the copy swapped.
    fn split_swapped(&self, task: usize, part: Part) -> Option<Plan> {
        let mut plan = self.plan.clone();
        let old = plan.block(part);
        match part {
            Part::Processor(_) => {
                self.run_on(&mut plan, task, self.better(old, self.processing(task))?, part)?;
            }
            Part::Memory(slot) if plan.memories.len() < MEMORIES => {
                let Block::Memory { kind, width_bytes, clock } = self.better(old, memories())? else {
                    return None;
                };
                let copy = plan.memories.len();
                plan.memories.push(Memory { kind, width_bytes, clock, ..plan.memories[slot] });
                self.data_of(task, slot).for_each(|edge| plan.edges[edge] = copy);
            }
            _ => return None,
        }
        Some(plan)
    }

    /// Everything that can run a task.
    fn processing(&self, task: usize) -> Vec<Block> {
        let row = &self.workload.tasks()[task];
        let unrolls = if row.accelerator.is_some() { row.unrolls() } else { Vec::new() };
        let own = unrolls
            .into_iter()
            .flat_map(|unroll| CLOCKS.map(|clock| Block::Accelerator { task, unroll, clock }));
        own.chain([Block::Processor]).collect()
    }

    /// What a block is worth for a goal; higher is better.
    fn worth(&self, block: &Block, goal: Goal) -> f64 {
        let rate = block.rate(self.workload);
        match (goal, block) {
            (Goal::Latency, _) => rate,
            (Goal::Power, Block::Memory { kind, .. }) => -rate * joules_per_byte(*kind),
            (Goal::Power, _) => -rate * block.joules_per_instruction(self.workload),
            (Goal::Area, Block::Memory { kind, .. }) => -f64::from(u8::from(*kind == MemoryKind::Sram)),
            (Goal::Area, _) => -block.area_m2(self.workload),
        }
    }

    /// Whether a block is strictly better for the first goal, or strictly cheaper where there is room.
    fn is_better(&self, block: &Block, old: &Block) -> bool {
        let (new, old) = (self.worth(block, self.goals[0]), self.worth(old, self.goals[0]));
        if self.missed { new > old } else { new < old }
    }

    /// Of the two blocks of a library that are next better for the first goal the one that is better for the second.
    fn better(&self, old: Block, library: Vec<Block>) -> Option<Block> {
        let mut better: Vec<Block> =
            library.into_iter().filter(|block| self.is_better(block, &old)).collect();
        let sign = if self.missed { 1.0 } else { -1.0 };
        let key = |block: &Block| sign * self.worth(block, self.goals[0]);
        let rest = |block: &Block| [self.worth(block, self.goals[1]), self.worth(block, self.goals[2])];
        better.sort_by(|a, b| {
            let (first, second) = (rest(a), rest(b));
            let order = key(a).total_cmp(&key(b)).then(second[0].total_cmp(&first[0]));
            order.then(second[1].total_cmp(&first[1]))
        });
        better.truncate(2);
        better.into_iter().reduce(|a, b| if rest(&b)[0] > rest(&a)[0] { b } else { a })
    }
}

/// Rough energy of a memory, to rank the kinds: as those of 512 kB write.
fn joules_per_byte(kind: MemoryKind) -> f64 {
    match kind {
        MemoryKind::Dram => 2e-11,
        MemoryKind::Sram => 1e-12,
    }
}

fn interconnects() -> Vec<Block> {
    let of = |width_bytes| CLOCKS.map(|clock| Block::Interconnect { width_bytes, clock });
    WIDTHS_BYTES.into_iter().flat_map(of).collect()
}

fn memories() -> Vec<Block> {
    let kinds = [MemoryKind::Dram, MemoryKind::Sram];
    let of = |kind| {
        let wide = move |width_bytes| CLOCKS.map(|clock| Block::Memory { kind, width_bytes, clock });
        WIDTHS_BYTES.into_iter().flat_map(wide)
    };
    kinds.into_iter().flat_map(of).collect()
}
