//! ArchGym's SoC environment: its vector of small integers, with reasons where it has accidents.
//!
//! Three slots each of processing elements, memories and interconnects; the first interconnect of every link is named
//! by slot. Almost no vector drawn at random means a system, as in the original, so this environment is for
//! comparison; `Soc-v0` is the one to search. The defects of the original are not here: a design without a system is
//! infeasible and says why, and is never simulated in part; every option of every parameter can be reached.

use std::sync::Arc;

use rl_env::Error;
use rl_env::design::{Constraint, Design, DesignSpace, Parameter, Value};
use rl_env::problem::{Metric, Outcome, Problem};
use rl_env::registry::{EnvEntry, Make, Named, Selection};
use sweepstake_simulators::soc::{
    Block, CLOCKS, MemoryKind, Scratch, Soc as Chip, SocError, Workload, arrange,
};

use crate::Pool;
use crate::soc::{METRICS, WORKLOAD_FILES, objectives, workload_of};

/// The row of the environment table.
pub const ENTRY: EnvEntry = EnvEntry {
    id: "SocArchGym-v0",
    summary: "ArchGym's limited space of systems on chip: three slots of each kind, for comparison.",
    reference: "Krishnan et al. 2023, ArchGym (FARSIGym)",
    workloads: &[
        Named { name: "audio-decoder", doc: "Ambisonic audio decoder." },
        Named { name: "edge-detection", doc: "Edge detection on an image." },
        Named { name: "hpvm-cava", doc: "Camera vision pipeline." },
    ],
    workload_files: Some(WORKLOAD_FILES),
    spaces: &[Named { name: "limited", doc: "The space that all of ArchGym's agents search." }],
    objectives,
    max_episode_steps: None,
    make: Make::Problem(|selection| Ok(Arc::new(SocArchGym::new(selection)?))),
};

/// Slots of each kind.
const SLOTS: usize = 3;

/// First parameter of each part of the vector.
const PE_ALLOCATION: usize = 0;
const MEM_ALLOCATION: usize = SLOTS;
const BUS_ALLOCATION: usize = 2 * SLOTS;
const PE_TO_BUS: usize = 3 * SLOTS;
const BUS_TO_BUS: usize = 4 * SLOTS;
const BUS_TO_MEM: usize = 5 * SLOTS;
const TASK_TO_PE: usize = 6 * SLOTS;

/// The tasks whose accelerators come first in FARSI's libraries, by workload.
const FIRST_ACCELERATORS: [&str; 3] = ["rotatorSet", "gaussianSmoothing", "scale"];

struct SocArchGym {
    space: DesignSpace,
    workload: Workload,
    /// The task whose accelerator is in the library.
    accelerated: usize,
    pool: Pool<Scratch>,
}

impl SocArchGym {
    fn new(selection: &Selection<'_>) -> Result<Self, Error> {
        let workload = workload_of(selection)?;
        let known = workload.tasks().iter().position(|task| FIRST_ACCELERATORS.contains(&task.name.as_str()));
        let first = workload.tasks().iter().position(|task| task.accelerator.is_some());
        let Some(accelerated) = known.or(first) else {
            let problem = "needs a task with an accelerator".to_owned();
            return Err(Error::Config { key: "workload".into(), problem });
        };
        let mut space = DesignSpace::new(parameters(workload.tasks().len()))?;
        for constraint in constraints(&workload, accelerated) {
            space = space.constrain(constraint)?;
        }
        Ok(Self { space, workload, accelerated, pool: Pool::default() })
    }

    /// The system that a design draws.
    fn draw(&self, design: &Design) -> Result<Chip, SocError> {
        let at = |place: usize| design.integer(place);
        let clock = |place: usize| CLOCKS[at(place) as usize];
        let pe = |slot: usize| match at(PE_ALLOCATION + slot) {
            0 => Block::Processor,
            _ => Block::Accelerator { task: self.accelerated, unroll: 1, clock: 1 },
        };
        let memory = |slot| Block::Memory {
            kind: MemoryKind::Dram,
            width_bytes: 4,
            clock: clock(MEM_ALLOCATION + slot),
        };
        let bus = |slot| Block::Interconnect { width_bytes: 4, clock: clock(BUS_ALLOCATION + slot) };
        let blocks = (0..SLOTS).map(pe).chain((0..SLOTS).map(bus)).chain((0..SLOTS).map(memory)).collect();
        let (buses, memories) = (SLOTS, 2 * SLOTS);
        let parts = [(PE_TO_BUS, 0, buses), (BUS_TO_BUS, buses, buses), (BUS_TO_MEM, buses, memories)];
        let links = parts.into_iter().flat_map(|(part, from, to)| {
            let linked = (0..SLOTS).filter(move |slot| at(part + slot) >= 0);
            linked.map(move |slot| [from + slot, to + at(part + slot) as usize])
        });
        let tasks = self.workload.tasks().len();
        let drawn = Chip {
            blocks,
            links: links.collect(),
            task_pe: (0..tasks).map(|task| at(TASK_TO_PE + task) as usize).collect(),
            edge_memory: (self.workload.edges().iter())
                .map(|edge| memories + at(TASK_TO_PE + tasks + edge.from) as usize)
                .collect(),
            launch_order: Vec::new(),
        };
        arrange(&drawn, 0, &self.workload).map(|(chip, _)| chip)
    }
}

impl Problem for SocArchGym {
    fn space(&self) -> &DesignSpace {
        &self.space
    }

    fn metrics(&self) -> &[Metric] {
        METRICS
    }

    fn evaluate(&self, design: &Design) -> Outcome {
        self.pool.outcome(self.draw(design), &self.workload)
    }
}

/// The vector, in ArchGym's order.
fn parameters(tasks: usize) -> Vec<Parameter> {
    let part = |name: &'static str, count: usize, low: i64, high: i64, doc: &'static str| {
        (0..count).map(move |slot| Parameter::integer(format!("{name}_{slot}"), low, high).doc(doc))
    };
    let slots = SLOTS as i64 - 1;
    let all = [
        ("pe_allocation", SLOTS, 0, 1, "Processor (0) or the accelerator of one task (1)."),
        ("mem_allocation", SLOTS, 0, 3, "Clock of the DRAM: 100, 400, 600 or 800 MHz."),
        ("bus_allocation", SLOTS, 0, 3, "Clock of the interconnect: 100, 400, 600 or 800 MHz."),
        ("pe_to_bus", SLOTS, 0, slots, "The interconnect that it hangs on."),
        ("bus_to_bus", SLOTS, -1, slots, "Another interconnect linked to it; -1 for none."),
        ("bus_to_mem", SLOTS, -1, slots, "The memory that hangs on it; -1 for none."),
        ("task_to_pe", tasks, 0, slots, "The processing element of the task."),
        ("task_to_mem", tasks, 0, slots, "The memory of all that the task writes."),
    ];
    all.into_iter().flat_map(|(name, count, low, high, doc)| part(name, count, low, high, doc)).collect()
}

fn integer(value: Option<&Value>) -> Option<i64> {
    match value {
        Some(Value::Integer(i)) => Some(*i),
        _ => None,
    }
}

/// The rules of ArchGym's checker; each can be judged while a design is under construction.
fn constraints(workload: &Workload, accelerated: usize) -> Vec<Constraint> {
    let tasks = workload.tasks().len();
    let names =
        |part: &str, count: usize| (0..count).map(|slot| format!("{part}_{slot}")).collect::<Vec<_>>();
    let mut all = vec![
        Constraint::partial(
            "bus-to-itself",
            "an interconnect cannot be linked to itself",
            names("bus_to_bus", SLOTS),
            |values| values.iter().enumerate().all(|(slot, value)| integer(*value) != Some(slot as i64)),
        ),
        Constraint::partial(
            "memory-on-two-buses",
            "a memory hangs on one interconnect at most",
            names("bus_to_mem", SLOTS),
            |values| {
                let named: Vec<i64> =
                    values.iter().filter_map(|value| integer(*value)).filter(|m| *m >= 0).collect();
                (1..named.len()).all(|place| !named[..place].contains(&named[place]))
            },
        ),
        Constraint::partial(
            "no-memory",
            "at least one interconnect has a memory",
            names("bus_to_mem", SLOTS),
            |values| values.iter().any(|value| integer(*value) != Some(-1)),
        ),
    ];
    let allocation = names("pe_allocation", SLOTS);
    for task in (0..tasks).filter(|task| *task != accelerated) {
        let parameters = [allocation.clone(), vec![format!("task_to_pe_{task}")]].concat();
        all.push(Constraint::partial(
            &format!("task-{task}-on-a-foreign-accelerator"),
            "an accelerator runs its own task only",
            parameters,
            |values| match integer(values[SLOTS]) {
                Some(pe) => integer(values[pe as usize]) != Some(1),
                None => values[..SLOTS].iter().any(|value| integer(*value) != Some(1)),
            },
        ));
    }
    let memory_of = |task: usize| [names("bus_to_mem", SLOTS), vec![format!("task_to_mem_{task}")]].concat();
    for task in (0..tasks).filter(|task| workload.writes(*task).next().is_some()) {
        all.push(Constraint::partial(
            &format!("task-{task}-writes-to-no-memory"),
            "a task writes to a memory that hangs on an interconnect",
            memory_of(task),
            |values| match integer(values[SLOTS]) {
                Some(memory) => {
                    values[..SLOTS].iter().any(|value| value.is_none() || integer(*value) == Some(memory))
                }
                None => true,
            },
        ));
    }
    all
}

#[cfg(test)]
mod tests;
