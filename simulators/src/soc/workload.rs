//! Workloads: one or several task graphs, with everything that does not depend on the design worked out.

use super::block::Hardware;
use super::graph::{Accelerator, Budget, MAX_EDGES, MAX_TASKS, Task, TaskGraph, TaskKind};
use super::{SocError, workloads};

/// Most task graphs of a workload.
pub const MAX_APPLICATIONS: usize = 8;

/// Most powers of two among the unrolling factors of an accelerator.
const MOST_UNROLLS: u32 = 16;

/// Task graphs that run together on one chip. Tasks of equal name, such as the source, are one task.
#[derive(Debug, Clone)]
pub struct Workload {
    pub(super) applications: Vec<Application>,
    pub(super) tasks: Vec<TaskRow>,
    /// Ordered by writer.
    pub(super) edges: Vec<EdgeRow>,
    /// Edges into each task, in order of their writers.
    pub(super) into: Vec<u16>,
    /// What every task writes and reads, one task after the other: in the order of `edges`, and of `into`.
    pub(super) accesses: [Vec<Access>; 2],
    pub(super) source: usize,
    /// The tasks without work.
    pub(super) dummies: u64,
    /// Work of the smallest task, the unit of development cost.
    pub(super) least_work: f64,
    budget: Budget,
}

/// One of the task graphs.
#[derive(Debug, Clone)]
pub struct Application {
    /// Its name.
    pub name: String,
    /// The task that ends it.
    pub last_task: usize,
    /// The most time it should take, in s.
    pub latency_budget_s: f64,
}

/// A task with what follows from the graph.
#[derive(Debug, Clone)]
pub struct TaskRow {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: TaskKind,
    /// Instructions.
    pub work: f64,
    /// The same, relative to the smallest task.
    pub(super) effort: f64,
    /// The accelerator that can run it.
    pub accelerator: Option<Accelerator>,
    /// Iterations of its main loop.
    pub loop_iterations: u32,
    /// Its edges as a writer: a range of the workload's edges.
    pub(super) writes: std::ops::Range<u16>,
    /// Its edges as a reader: a range of `into`.
    pub(super) reads: std::ops::Range<u16>,
    pub(super) children: u64,
    pub(super) hardware: Hardware,
    burst_bytes: f64,
}

/// An edge.
#[derive(Debug, Clone, Copy)]
pub struct EdgeRow {
    /// The writing task.
    pub from: usize,
    /// The reading task.
    pub to: usize,
    /// Bytes.
    pub bytes: f64,
}

/// An edge as one of its tasks sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Access {
    pub(super) edge: u16,
    /// Bytes per instruction of the task.
    pub(super) ratio: f64,
    /// Bytes per slice of its work.
    pub(super) unit: f64,
}

impl Workload {
    /// A workload of one or several task graphs.
    ///
    /// # Errors
    /// [`SocError::Graph`] for graphs that are not valid, do not fit together or are too many.
    pub fn new(graphs: &[TaskGraph]) -> Result<Self, SocError> {
        let name = graphs.iter().map(|graph| graph.name.as_str()).collect::<Vec<_>>().join(" + ");
        let refuse = |problem: String| SocError::Graph { graph: name.clone(), problem };
        graphs.iter().try_for_each(TaskGraph::validate)?;
        let mut merged = Merged::default();
        graphs.iter().try_for_each(|graph| merged.add(graph)).map_err(refuse)?;
        merged.finish().map_err(refuse)
    }

    /// The built-in workload called `name`: one of [`workloads::BUILT_IN`].
    ///
    /// # Errors
    /// [`SocError::UnknownWorkload`].
    pub fn built_in(name: &str) -> Result<Self, SocError> {
        Self::new(&workloads::graphs(name)?)
    }

    /// Its task graphs.
    #[must_use]
    pub fn applications(&self) -> &[Application] {
        &self.applications
    }

    /// Its tasks; designs count them in this order.
    #[must_use]
    pub fn tasks(&self) -> &[TaskRow] {
        &self.tasks
    }

    /// Its edges; designs count them in this order.
    #[must_use]
    pub fn edges(&self) -> &[EdgeRow] {
        &self.edges
    }

    /// The task that brings the data in.
    #[must_use]
    pub fn source(&self) -> usize {
        self.source
    }

    /// Power and area that the whole workload should stay within: the sums of its graphs'. Its latency is that of
    /// the first graph; see [`Application::latency_budget_s`] for the others.
    #[must_use]
    pub fn budget(&self) -> Budget {
        self.budget
    }

    /// The edges that a task writes.
    pub fn writes(&self, task: usize) -> impl Iterator<Item = usize> + use<> {
        let range = self.tasks[task].writes.clone();
        usize::from(range.start)..usize::from(range.end)
    }

    /// The edges that a task reads, in order of their writers.
    pub fn reads(&self, task: usize) -> impl Iterator<Item = usize> {
        let range = self.tasks[task].reads.clone();
        self.into[usize::from(range.start)..usize::from(range.end)].iter().map(|edge| usize::from(*edge))
    }
}

impl TaskRow {
    /// The unrolling factors of its accelerator, ascending: powers of two up to the loop's iterations, sixteen at
    /// most, then all iterations.
    #[must_use]
    pub fn unrolls(&self) -> Vec<u32> {
        let powers = (0..=self.loop_iterations.ilog2()).take(MOST_UNROLLS as usize).map(|power| 1 << power);
        let mut factors: Vec<u32> = powers.collect();
        if factors.last() != Some(&self.loop_iterations) {
            factors.push(self.loop_iterations);
        }
        factors
    }
}

/// Graphs put together, tasks of equal name being one.
#[derive(Default)]
struct Merged {
    applications: Vec<Application>,
    tasks: Vec<Task>,
    edges: Vec<(usize, usize, f64)>,
    budget: Option<Budget>,
}

impl Merged {
    fn add(&mut self, graph: &TaskGraph) -> Result<(), String> {
        let mut places = Vec::with_capacity(graph.tasks.len());
        for task in &graph.tasks {
            let known = self.tasks.iter().position(|other| other.name == task.name);
            if let Some(place) = known
                && self.tasks[place] != *task
            {
                return Err(format!("task `{}` differs between the graphs; rename one of them", task.name));
            }
            places.push(known.unwrap_or_else(|| {
                self.tasks.push(task.clone());
                self.tasks.len() - 1
            }));
        }
        let place_of = |name: &str| {
            let at = graph.tasks.iter().position(|task| task.name == name);
            at.map(|at| places[at]).ok_or_else(|| format!("no task `{name}`"))
        };
        for edge in &graph.edges {
            let (from, to) = (place_of(&edge.from)?, place_of(&edge.to)?);
            if self.edges.iter().any(|known| (known.0, known.1) == (from, to)) {
                return Err(format!("edge {} → {} is in two of the graphs", edge.from, edge.to));
            }
            self.edges.push((from, to, edge.bytes));
        }
        let last_task = place_of(&graph.last_task)?;
        let latency_budget_s = graph.budget.latency_s;
        self.applications.push(Application { name: graph.name.clone(), last_task, latency_budget_s });
        let sum = self.budget.get_or_insert(Budget { power_w: 0.0, area_m2: 0.0, ..graph.budget });
        sum.power_w += graph.budget.power_w;
        sum.area_m2 += graph.budget.area_m2;
        Ok(())
    }

    fn finish(mut self) -> Result<Workload, String> {
        let limits = [
            ("task graphs", self.applications.len(), MAX_APPLICATIONS),
            ("tasks", self.tasks.len(), MAX_TASKS),
            ("edges", self.edges.len(), MAX_EDGES),
        ];
        if let Some((what, count, most)) =
            limits.into_iter().find(|(_, count, most)| !(1..=*most).contains(count))
        {
            return Err(format!("{count} {what} together; allowed: 1 to {most}"));
        }
        let sources: Vec<usize> =
            (0..self.tasks.len()).filter(|task| self.tasks[*task].kind == TaskKind::Source).collect();
        let [source] = sources[..] else {
            return Err("the graphs have to share their source; give it the same name in all of them".into());
        };
        self.edges.sort_by_key(|edge| edge.0);
        let mut workload = Workload {
            applications: self.applications,
            tasks: Vec::with_capacity(self.tasks.len()),
            edges: Vec::with_capacity(self.edges.len()),
            into: Vec::with_capacity(self.edges.len()),
            accesses: [const { Vec::new() }; 2],
            source,
            dummies: 0,
            least_work: f64::INFINITY,
            budget: self.budget.ok_or("no task graphs")?,
        };
        for (place, task) in self.tasks.into_iter().enumerate() {
            workload.push(place, task, &self.edges);
        }
        workload.weigh(&self.edges);
        match workload.least_work.is_finite() {
            true => Ok(workload),
            false => Err("no compute task".into()),
        }
    }
}

impl Workload {
    fn push(&mut self, place: usize, task: Task, edges: &[(usize, usize, f64)]) {
        let range = |from: usize, to: usize| from as u16..to as u16;
        let writes = range(
            edges.partition_point(|edge| edge.0 < place),
            edges.partition_point(|edge| edge.0 <= place),
        );
        let before = self.into.len();
        let reads = edges.iter().enumerate().filter(|(_, edge)| edge.1 == place);
        self.into.extend(reads.map(|(index, _)| index as u16));
        let children = edges.iter().filter(|edge| edge.0 == place).fold(0, |mask, edge| mask | 1 << edge.1);
        self.dummies |= u64::from(task.kind.is_dummy()) << place;
        if task.work > 0.0 {
            self.least_work = self.least_work.min(task.work);
        }
        self.tasks.push(TaskRow {
            hardware: task.accelerator.map_or_else(Hardware::default, |own| Hardware::new(&own, task.work)),
            name: task.name,
            kind: task.kind,
            work: task.work,
            effort: 0.0,
            accelerator: task.accelerator,
            loop_iterations: task.loop_iterations,
            writes,
            reads: range(before, self.into.len()),
            children,
            burst_bytes: task.burst_bytes,
        });
    }

    /// Bytes per instruction and per slice of work. A task is cut into as many slices as its smallest input has
    /// bursts, unless a slice of work or output would be empty.
    fn weigh(&mut self, edges: &[(usize, usize, f64)]) {
        let smallest = |bytes: f64, least: f64| if least == 0.0 { bytes } else { least.min(bytes) };
        let (mut read, mut written) = (vec![0.0; self.tasks.len()], vec![0.0; self.tasks.len()]);
        for (from, to, bytes) in edges {
            read[*to] = smallest(*bytes, read[*to]);
            written[*from] = smallest(*bytes, written[*from]);
        }
        let slices: Vec<f64> = (self.tasks.iter().zip(read.iter().zip(&written)))
            .map(|(task, (read, written))| {
                let slices = (read / task.burst_bytes).floor().max(1.0);
                let empty = (written / slices).floor() == 0.0 || (task.work / slices).floor() == 0.0;
                if empty { 1.0 } else { slices }
            })
            .collect();
        let ratio = |task: usize, bytes: f64| match self.tasks[task].work {
            0.0 => 1.0,
            work => bytes / work,
        };
        self.edges = edges.iter().map(|&(from, to, bytes)| EdgeRow { from, to, bytes }).collect();
        let access = |edge: u16, task: usize| {
            let bytes = edges[usize::from(edge)].2;
            Access { edge, ratio: ratio(task, bytes), unit: (bytes / slices[task]).trunc() }
        };
        let written = (0..edges.len() as u16).map(|edge| access(edge, edges[usize::from(edge)].0));
        let read = self.into.iter().map(|edge| access(*edge, edges[usize::from(*edge)].1));
        self.accesses = [written.collect(), read.collect()];
        for task in &mut self.tasks {
            task.effort = task.work / self.least_work;
        }
    }
}
