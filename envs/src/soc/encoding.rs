//! Plans as designs of a space, and back.

use rl_env::design::{Design, Parameter, Value};
use sweepstake_simulators::soc::{CLOCKS, MemoryKind, TaskKind, Workload};

use super::plan::{Bus, Memory, Plan, Run};

/// Slots of each kind.
pub(super) const BUSES: usize = 4;
pub(super) const MEMORIES: usize = 4;
pub(super) const PROCESSORS: usize = 4;

/// The place of each parameter in a design.
#[derive(Debug)]
pub(super) struct Encoding {
    pub(super) workload: Workload,
    /// First parameter of each task that computes, and whether it has an accelerator and that can be unrolled.
    tasks: Vec<Option<TaskPlace>>,
    edges: usize,
}

#[derive(Debug, Clone, Copy)]
struct TaskPlace {
    first: usize,
    accelerator: bool,
    unrolls: bool,
}

const TOPOLOGY: usize = 1;
const BUS: usize = 2;
const MEMORY_COUNT: usize = BUS + 2 * BUSES;
const MEMORY: usize = MEMORY_COUNT + 1;
const PROCESSOR_COUNT: usize = MEMORY + 4 * MEMORIES;
const PROCESSOR: usize = PROCESSOR_COUNT + 1;
const TASKS: usize = PROCESSOR + PROCESSORS;

impl Encoding {
    pub(super) fn new(workload: Workload) -> Self {
        let (mut tasks, mut at) = (Vec::new(), TASKS);
        for task in workload.tasks() {
            if task.kind.is_dummy() {
                tasks.push(None);
                continue;
            }
            let accelerator = task.accelerator.is_some();
            let place =
                TaskPlace { first: at, accelerator, unrolls: accelerator && task.loop_iterations > 1 };
            at += 1 + if accelerator { 2 } else { 0 } + usize::from(place.unrolls);
            tasks.push(Some(place));
        }
        Self { workload, tasks, edges: at }
    }

    /// The parameters, in order.
    pub(super) fn parameters(&self) -> Vec<Parameter> {
        let count = |name: &str, most: usize| Parameter::integer(name, 1, most as i64);
        let mut all = vec![
            count("buses", BUSES).doc("Interconnects."),
            Parameter::choice("topology", ["chain", "star"])
                .doc("Interconnects linked in a row, or all to the first.")
                .when("buses", ["3", "4"]),
        ];
        for slot in 0..BUSES {
            let name = format!("bus_{slot}");
            all.extend(if_there("buses", slot, BUSES, vec![width(&name), clock(&name)]));
        }
        all.push(count("memories", MEMORIES).doc("Memories."));
        for slot in 0..MEMORIES {
            let name = format!("memory_{slot}");
            let kind = Parameter::choice(format!("{name}_kind"), ["dram", "sram"]).doc("What it is made of.");
            let own = vec![kind, width(&name), clock(&name), bus(&name)];
            all.extend(if_there("memories", slot, MEMORIES, own));
        }
        all.push(count("processors", PROCESSORS).doc("General-purpose processors."));
        for slot in 0..PROCESSORS {
            let own = vec![bus(&format!("processor_{slot}"))];
            all.extend(if_there("processors", slot, PROCESSORS, own));
        }
        for (task, place) in self.workload.tasks().iter().zip(&self.tasks) {
            let Some(place) = place else { continue };
            let name = snake_case(&task.name);
            let mut options: Vec<String> = (0..PROCESSORS).map(|slot| format!("processor-{slot}")).collect();
            if place.accelerator {
                options.push(OWN.to_owned());
            }
            let runs_on = format!("{name}_runs_on");
            all.push(Parameter::choice(&runs_on, options).doc("What runs the task."));
            let mut own = Vec::new();
            if place.unrolls {
                let factors = task.unrolls().into_iter().map(i64::from);
                own.push(
                    Parameter::ordinal(format!("{name}_unroll"), factors).doc("Copies of its loop body."),
                );
            }
            if place.accelerator {
                own.extend([clock(&name), bus(&name)]);
            }
            all.extend(own.into_iter().map(|parameter| parameter.when(&runs_on, [OWN])));
        }
        for edge in self.workload.edges() {
            let name = |task: usize| snake_case(&self.workload.tasks()[task].name);
            let name = format!("{}_to_{}_memory", name(edge.from), name(edge.to));
            all.push(Parameter::integer(name, 0, MEMORIES as i64 - 1).doc("The memory that holds the data."));
        }
        all
    }

    /// The plan that a design means; references to slots that are not there are counted round.
    pub(super) fn decode(&self, design: &Design) -> Plan {
        let number = |at: usize| design.integer(at) as u32;
        let (buses, memories) = (design.integer(0) as usize, design.integer(MEMORY_COUNT) as usize);
        let processors = design.integer(PROCESSOR_COUNT) as usize;
        let bus = |at: usize| design.integer(at) as usize % buses;
        let memory = |slot: usize| {
            let at = MEMORY + 4 * slot;
            let kind = if design.choice(at) == 0 { MemoryKind::Dram } else { MemoryKind::Sram };
            Memory { kind, width_bytes: number(at + 1), clock: number(at + 2), bus: bus(at + 3) }
        };
        let run = |place: &Option<TaskPlace>| {
            let Some(TaskPlace { first, unrolls, .. }) = *place else { return Run::On(0) };
            let choice = design.choice(first);
            if choice < PROCESSORS {
                return Run::On(choice % processors);
            }
            let after = first + 1 + usize::from(unrolls);
            let unroll = if unrolls { number(first + 1) } else { 1 };
            Run::Own { unroll, clock: number(after), bus: bus(after + 1) }
        };
        Plan {
            chain: !design.is_active(TOPOLOGY) || design.choice(TOPOLOGY) == 0,
            buses: (0..buses)
                .map(|slot| Bus { width_bytes: number(BUS + 2 * slot), clock: number(BUS + 2 * slot + 1) })
                .collect(),
            memories: (0..memories).map(memory).collect(),
            processors: (0..processors).map(|slot| bus(PROCESSOR + slot)).collect(),
            runs: self.tasks.iter().map(run).collect(),
            edges: (0..self.workload.edges().len())
                .map(|edge| design.integer(self.edges + edge) as usize % memories)
                .collect(),
        }
    }

    /// The design that means a plan.
    pub(super) fn encode(&self, plan: &Plan) -> Design {
        let mut values = vec![Value::Inactive; self.edges + plan.edges.len()];
        let number = |n: usize| Value::Integer(n as i64);
        let word = |n: u32| Value::Integer(i64::from(n));
        values[0] = number(plan.buses.len());
        if plan.buses.len() > 2 {
            values[TOPOLOGY] = Value::Choice(u32::from(!plan.chain));
        }
        for (slot, bus) in plan.buses.iter().enumerate() {
            values[BUS + 2 * slot] = word(bus.width_bytes);
            values[BUS + 2 * slot + 1] = word(bus.clock);
        }
        values[MEMORY_COUNT] = number(plan.memories.len());
        for (slot, memory) in plan.memories.iter().enumerate() {
            let kind = Value::Choice(u32::from(memory.kind == MemoryKind::Sram));
            let own = [kind, word(memory.width_bytes), word(memory.clock), number(memory.bus)];
            values[MEMORY + 4 * slot..MEMORY + 4 * slot + 4].clone_from_slice(&own);
        }
        values[PROCESSOR_COUNT] = number(plan.processors.len());
        for (slot, bus) in plan.processors.iter().enumerate() {
            values[PROCESSOR + slot] = number(*bus);
        }
        for (run, place) in plan.runs.iter().zip(&self.tasks) {
            let Some(TaskPlace { first, unrolls, .. }) = *place else { continue };
            match *run {
                Run::On(slot) => values[first] = Value::Choice(slot as u32),
                Run::Own { unroll, clock, bus } => {
                    values[first] = Value::Choice(PROCESSORS as u32);
                    let after = first + 1 + usize::from(unrolls);
                    if unrolls {
                        values[first + 1] = word(unroll);
                    }
                    values[after] = word(clock);
                    values[after + 1] = number(bus);
                }
            }
        }
        for (edge, slot) in plan.edges.iter().enumerate() {
            values[self.edges + edge] = number(*slot);
        }
        Design(values)
    }

    /// Whether the task only takes part, without work.
    pub(super) fn is_dummy(&self, task: usize) -> bool {
        self.workload.tasks()[task].kind != TaskKind::Compute
    }
}

/// The option of a task that runs on its own accelerator.
const OWN: &str = "accelerator";

fn width(name: &str) -> Parameter {
    Parameter::power_of_two(format!("{name}_width"), 4, 128).unit("B").doc("Bytes a cycle.")
}

fn clock(name: &str) -> Parameter {
    let clocks = CLOCKS.map(i64::from);
    Parameter::ordinal(format!("{name}_clock"), clocks).unit("100 MHz").doc("Clock.")
}

fn bus(name: &str) -> Parameter {
    Parameter::integer(format!("{name}_bus"), 0, BUSES as i64 - 1).doc("The interconnect that it hangs on.")
}

/// The parameters of a slot, which matter if `count` says that it is there.
fn if_there(count: &str, slot: usize, most: usize, own: Vec<Parameter>) -> Vec<Parameter> {
    let enough = || (slot + 1..=most).map(|n| n.to_string());
    match slot {
        0 => own,
        _ => own.into_iter().map(|parameter| parameter.when(count, enough())).collect(),
    }
}

/// `zoomProcess` as `zoom_process`; anything but letters and digits as `_`.
fn snake_case(name: &str) -> String {
    let mut words = String::new();
    let mut lower = false;
    for c in name.chars() {
        if c.is_ascii_uppercase() && lower {
            words.push('_');
        }
        lower = c.is_ascii_lowercase() || c.is_ascii_digit();
        match c {
            c if c.is_ascii_alphanumeric() => words.push(c.to_ascii_lowercase()),
            _ if !words.ends_with('_') => words.push('_'),
            _ => {}
        }
    }
    words.trim_matches('_').to_owned()
}
