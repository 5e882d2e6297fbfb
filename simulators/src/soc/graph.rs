//! Task graphs: what an application computes and which data pass from task to task.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::SocError;

/// Most tasks of a workload.
pub const MAX_TASKS: usize = 64;
/// Most edges of a workload.
pub const MAX_EDGES: usize = 512;
/// Most bytes of an edge and most instructions of a task: sums of them stay whole numbers in a `f64`.
const MOST: f64 = 1e15;

/// What an application computes: tasks, and edges along which a task writes data that another one reads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskGraph {
    /// Its name.
    pub name: String,
    /// The task whose completion ends the application.
    pub last_task: String,
    /// What the application should stay within.
    pub budget: Budget,
    /// The tasks.
    pub tasks: Vec<Task>,
    /// The data that they pass on.
    pub edges: Vec<Edge>,
}

/// What a design should stay within.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// Time until the last task is done, in s.
    pub latency_s: f64,
    /// Power, in W.
    pub power_w: f64,
    /// Silicon area, in m²; holds for logic and SRAM, and apart for the DRAM stacked on it.
    pub area_m2: f64,
}

/// One task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// Its name.
    pub name: String,
    /// What it is.
    #[serde(default)]
    pub kind: TaskKind,
    /// Instructions on the general-purpose processor; for `compute` tasks, and only for them.
    #[serde(default)]
    pub work: f64,
    /// Bytes of a slice of its work, the unit in which tasks share a link.
    #[serde(default = "burst_bytes")]
    pub burst_bytes: f64,
    /// Iterations of its main loop: how far an accelerator can be unrolled.
    #[serde(default = "once")]
    pub loop_iterations: u32,
    /// The accelerator that can run it; none if only processors can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accelerator: Option<Accelerator>,
}

fn burst_bytes() -> f64 {
    1024.0
}

fn once() -> u32 {
    1
}

/// What a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TaskKind {
    /// It computes.
    #[default]
    Compute,
    /// It brings the data in: no work, no time, but its data occupy memory. Every graph has one.
    Source,
    /// It takes the results: no work, no time.
    Sink,
    /// It waits for its parents: no work, no time, and its data occupy nothing.
    Join,
}

impl TaskKind {
    /// Whether it does no work.
    #[must_use]
    pub fn is_dummy(self) -> bool {
        self != Self::Compute
    }
}

/// An accelerator for one task, not unrolled, at 100 MHz.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accelerator {
    /// Cycles of the whole task.
    pub cycles: f64,
    /// Energy of the whole task in fJ, before scaling to the technology.
    pub energy_fj: f64,
    /// Area in µm², before scaling to the technology.
    pub area_um2: f64,
}

/// Data written by one task and read by another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edge {
    /// The writer.
    pub from: String,
    /// The reader.
    pub to: String,
    /// Bytes.
    pub bytes: f64,
}

impl TaskGraph {
    /// Reads a task graph from YAML (or JSON) and checks it.
    ///
    /// # Errors
    /// [`SocError::Yaml`] with line and column, or what [`validate`](TaskGraph::validate) says.
    pub fn from_yaml(text: &str) -> Result<Self, SocError> {
        let graph: Self = serde_saphyr::from_str(text)
            .map_err(|error| SocError::Yaml { problem: error.without_snippet().to_string() })?;
        graph.validate()?;
        Ok(graph)
    }

    /// Checks the graph.
    ///
    /// # Errors
    /// [`SocError::Graph`] for the first thing that is wrong.
    pub fn validate(&self) -> Result<(), SocError> {
        self.check().map_err(|problem| SocError::Graph { graph: self.name.clone(), problem })
    }

    fn check(&self) -> Result<(), String> {
        if self.name.is_empty() {
            return Err("`name` is empty".into());
        }
        let Budget { latency_s, power_w, area_m2 } = self.budget;
        for (name, value) in [("latency_s", latency_s), ("power_w", power_w), ("area_m2", area_m2)] {
            positive(&format!("budget: `{name}`"), value, f64::MAX)?;
        }
        within("tasks", self.tasks.len(), MAX_TASKS)?;
        within("edges", self.edges.len(), MAX_EDGES)?;
        let mut places = BTreeMap::new();
        for (place, task) in self.tasks.iter().enumerate() {
            task.check()?;
            if places.insert(task.name.as_str(), place).is_some() {
                return Err(format!("task `{}` is listed twice", task.name));
            }
        }
        self.check_edges(&places)?;
        self.check_roles(&places)?;
        self.check_acyclic(&places)
    }

    fn check_edges(&self, places: &BTreeMap<&str, usize>) -> Result<(), String> {
        let mut known = BTreeSet::new();
        for Edge { from, to, bytes } in &self.edges {
            if let Some(missing) = [from, to].into_iter().find(|name| !places.contains_key(name.as_str())) {
                return Err(format!("edge {from} → {to}: no task `{missing}`"));
            }
            if from == to {
                return Err(format!("edge {from} → {to}: a task cannot wait for itself"));
            }
            if !(1.0..=MOST).contains(bytes) {
                return Err(format!("edge {from} → {to}: `bytes` is {bytes}; allowed: 1 to {MOST:e}"));
            }
            if !known.insert((from, to)) {
                return Err(format!("edge {from} → {to} is listed twice; add up its bytes"));
            }
        }
        Ok(())
    }

    /// One source, the only task without parents; sinks without children; a last task that is neither.
    fn check_roles(&self, places: &BTreeMap<&str, usize>) -> Result<(), String> {
        let sources: Vec<&str> =
            self.tasks.iter().filter(|t| t.kind == TaskKind::Source).map(|t| t.name.as_str()).collect();
        if sources.len() != 1 {
            return Err(format!("{} tasks of kind `source`; needed: exactly one", sources.len()));
        }
        for task in &self.tasks {
            let name = task.name.as_str();
            let parents = self.edges.iter().filter(|edge| edge.to == name).count();
            let children = self.edges.iter().filter(|edge| edge.from == name).count();
            match task.kind {
                TaskKind::Source if parents > 0 => return Err(format!("source `{name}` has a parent")),
                TaskKind::Source if children == 0 => return Err(format!("source `{name}` has no children")),
                TaskKind::Source => {}
                _ if parents == 0 => {
                    let problem = "has no parents; only the source may be without";
                    return Err(format!("task `{name}` {problem} (give it data from `{}`)", sources[0]));
                }
                TaskKind::Sink if children > 0 => return Err(format!("sink `{name}` has children")),
                _ => {}
            }
        }
        let last = places.get(self.last_task.as_str()).map(|place| self.tasks[*place].kind);
        match last {
            None => Err(format!("`last_task`: no task `{}`", self.last_task)),
            Some(TaskKind::Compute | TaskKind::Join) => Ok(()),
            Some(_) => Err(format!("`last_task`: `{}` has to be a compute or join task", self.last_task)),
        }
    }

    /// Takes away tasks without open parents until nothing is left; what is left then is a cycle.
    fn check_acyclic(&self, places: &BTreeMap<&str, usize>) -> Result<(), String> {
        let mut open = vec![0usize; self.tasks.len()];
        self.edges.iter().for_each(|edge| open[places[edge.to.as_str()]] += 1);
        let mut ready: Vec<usize> = (0..open.len()).filter(|task| open[*task] == 0).collect();
        let mut done = 0;
        while let Some(task) = ready.pop() {
            done += 1;
            for edge in self.edges.iter().filter(|edge| edge.from == self.tasks[task].name) {
                let child = places[edge.to.as_str()];
                open[child] -= 1;
                if open[child] == 0 {
                    ready.push(child);
                }
            }
        }
        let cyclic: Vec<&str> =
            self.tasks.iter().zip(&open).filter(|(_, n)| **n > 0).map(|(t, _)| t.name.as_str()).collect();
        match done == self.tasks.len() {
            true => Ok(()),
            false => Err(format!("its edges form a cycle among or before {}", cyclic.join(", "))),
        }
    }
}

impl Task {
    fn check(&self) -> Result<(), String> {
        let name = &self.name;
        if name.is_empty() {
            return Err("a task without a name".into());
        }
        if self.kind.is_dummy() {
            if self.work != 0.0 || self.accelerator.is_some() {
                return Err(format!("task `{name}`: only compute tasks have work or an accelerator"));
            }
        } else {
            positive(&format!("task `{name}`: `work`"), self.work, MOST)?;
        }
        positive(&format!("task `{name}`: `burst_bytes`"), self.burst_bytes, MOST)?;
        if self.loop_iterations == 0 {
            return Err(format!("task `{name}`: `loop_iterations` is 0; allowed: 1 or more"));
        }
        if let Some(Accelerator { cycles, energy_fj, area_um2 }) = self.accelerator {
            for (what, value) in [("cycles", cycles), ("energy_fj", energy_fj), ("area_um2", area_um2)] {
                positive(&format!("task `{name}`: accelerator: `{what}`"), value, MOST)?;
            }
        }
        Ok(())
    }
}

fn positive(what: &str, value: f64, most: f64) -> Result<(), String> {
    match value > 0.0 && value <= most {
        true => Ok(()),
        false => Err(format!("{what} is {value}; allowed: above 0, at most {most:e}")),
    }
}

fn within(what: &str, count: usize, most: usize) -> Result<(), String> {
    match (1..=most).contains(&count) {
        true => Ok(()),
        false => Err(format!("{count} {what}; allowed: 1 to {most}")),
    }
}
