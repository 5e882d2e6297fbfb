//! A system on chip for AR/VR applications: processors, accelerators, memories and interconnects, and what runs and
//! lies where.
//!
//! The model is that of FARSI (see `sweepstake_simulators::soc`), with its block library in the setting of ArchGym.
//! Every design of the space is a system that works: a reference to a slot that the design does not have means the one
//! that many places on, counted round (the third of two memories is the first), and unused slots are not built.
//! Parameters of slots that are not there do not matter, so that the sequential form never asks for them.

mod encoding;
mod moves;
mod plan;

use std::borrow::Cow;
use std::sync::Arc;

use rl_env::Error;
use rl_env::design::{Design, DesignSpace};
use rl_env::objective::{Axis, Direction, Objective};
use rl_env::problem::{Metric, Outcome, Problem};
use rl_env::registry::{EnvEntry, Make, Named, Selection};
use sweepstake_simulators::soc::{
    Distance, Fidelity, Report, Scratch, Soc as Chip, SocError, TaskGraph, Workload, simulate,
};

use crate::Pool;

use encoding::Encoding;

/// The row of the environment table.
pub const ENTRY: EnvEntry = EnvEntry {
    id: "Soc-v0",
    summary: "A system on chip for a task graph: blocks, topology, and the mapping of tasks and data.",
    reference: "Boroujerdian et al. 2022, FARSI (ACM TECS); Krishnan et al. 2023, ArchGym",
    workloads: &[
        Named { name: "audio-decoder", doc: "Ambisonic audio decoder: fifteen tasks, much parallelism." },
        Named { name: "edge-detection", doc: "Edge detection on an image: six tasks on large data." },
        Named { name: "hpvm-cava", doc: "Camera vision pipeline: a chain of seven tasks." },
        Named { name: "ar-glasses", doc: "The three applications together on one chip." },
    ],
    workload_files: Some(WORKLOAD_FILES),
    spaces: &[Named {
        name: "default",
        doc: "Up to 4 interconnects, 4 memories, 4 processors, accelerators.",
    }],
    objectives,
    max_episode_steps: None,
    make: Make::Problem(|selection| Ok(Arc::new(Soc::new(selection)?))),
};

/// What `--workload FILE` takes.
pub(crate) const WORKLOAD_FILES: &str = "a task graph as YAML (docs/soc.md)";

/// What the SoC environments report.
pub(crate) const METRICS: &[Metric] = &[
    Metric::new("latency_s", "s", "Time until the last task is done; the longest of several applications."),
    Metric::new("power_w", "W", "Highest power over windows of about 10 ms."),
    Metric::new("energy_j", "J", "Energy of the whole run."),
    Metric::new("area_m2", "m²", "Area of everything, the stacked DRAM included."),
    Metric::new("logic_area_m2", "m²", "Area beside the DRAM."),
    Metric::new("dram_area_m2", "m²", "Area of the DRAM."),
    Metric::new(
        "development_cost",
        "",
        "FARSI's development cost: effort relative to porting the smallest task.",
    ),
    Metric::new("distance_eliminate", "", "Distance to the budgets; terms within them count as 1e-9."),
    Metric::new("distance_dampen", "", "Distance to the budgets; terms within them count a tenth."),
    Metric::new("distance_simple", "", "Distance to the budgets, by all terms alike."),
    Metric::new("missed_budgets", "", "Budgets that are missed by a thousandth or more."),
];

/// The metrics of a report, in the order of [`METRICS`].
pub(crate) fn metrics(report: &Report, workload: &Workload) -> Outcome {
    let missed = report.terms(workload).filter(|term| *term >= 0.001).count();
    Outcome::Feasible(
        [
            report.latencies_s().iter().copied().fold(0.0, f64::max),
            report.power_w,
            report.energy_j,
            report.area.total_m2(),
            report.area.logic_m2(),
            report.area.dram_m2,
            report.development_cost,
            report.distance(workload, Distance::Eliminate),
            report.distance(workload, Distance::Dampen),
            report.distance(workload, Distance::Simple),
            missed as f64,
        ]
        .into(),
    )
}

/// The objectives of both SoC environments.
pub(crate) fn objectives(_: &str) -> Vec<(&'static str, Objective)> {
    let axis = |metric: &str, reference: f64| Axis {
        metric: metric.to_owned(),
        direction: Direction::Minimise,
        reference,
        ideal: 0.0,
    };
    let axes = vec![axis("latency_s", 0.2), axis("power_w", 0.05), axis("area_m2", 1e-4)];
    vec![
        ("budget", Objective::minimise("distance_eliminate")),
        ("budget-dampened", Objective::minimise("distance_dampen")),
        ("budget-simple", Objective::minimise("distance_simple")),
        ("low-latency", Objective::minimise("latency_s")),
        ("low-power", Objective::minimise("power_w")),
        ("low-energy", Objective::minimise("energy_j")),
        ("small-area", Objective::minimise("area_m2")),
        ("low-cost", Objective::minimise("development_cost")),
        ("pareto", Objective::Pareto { axes }),
    ]
}

/// The workload of a selection: built in, or read from the file's bytes.
pub(crate) fn workload_of(selection: &Selection<'_>) -> Result<Workload, Error> {
    let refuse = |problem: String| Error::Config { key: "workload".into(), problem };
    let built = match selection.file {
        None => Workload::built_in(selection.workload),
        Some(bytes) => {
            let text = std::str::from_utf8(bytes).map_err(|error| refuse(error.to_string()))?;
            TaskGraph::from_yaml(text).and_then(|graph| Workload::new(&[graph]))
        }
    };
    built.map_err(|error| refuse(error.to_string()))
}

impl Pool<Scratch> {
    /// Simulates an arranged design, or passes on why there is none.
    pub(crate) fn outcome(&self, chip: Result<Chip, SocError>, workload: &Workload) -> Outcome {
        let report =
            chip.and_then(|chip| self.with(|scratch| simulate(&chip, workload, Fidelity::Farsi, scratch)));
        match report {
            Ok(report) => metrics(&report, workload),
            Err(error) => Outcome::infeasible(reason(&error), error.to_string()),
        }
    }
}

/// The reason code of an error.
fn reason(error: &SocError) -> &'static str {
    match error {
        SocError::TooLarge { .. } => "memory-too-large",
        SocError::Unreachable { .. } => "memory-out-of-reach",
        _ => "no-system",
    }
}

struct Soc {
    space: DesignSpace,
    encoding: Arc<Encoding>,
    pool: Arc<Pool<Scratch>>,
}

impl Soc {
    fn new(selection: &Selection<'_>) -> Result<Self, Error> {
        let encoding = Arc::new(Encoding::new(workload_of(selection)?));
        let pool = Arc::new(Pool::default());
        let own = (Arc::clone(&encoding), Arc::clone(&pool));
        let space = DesignSpace::new(encoding.parameters())?;
        let space = space.with_moves(move |design| moves::moves(&own.0, &own.1, design));
        Ok(Self { space, encoding, pool })
    }
}

impl Problem for Soc {
    fn space(&self) -> &DesignSpace {
        &self.space
    }

    fn metrics(&self) -> &[Metric] {
        METRICS
    }

    fn evaluate(&self, design: &Design) -> Outcome {
        let plan = self.encoding.decode(design);
        self.pool.outcome(plan.build(&self.encoding.workload).map(|(chip, _)| chip), &self.encoding.workload)
    }

    fn canonical<'a>(&self, design: &'a Design) -> Cow<'a, Design> {
        Cow::Owned(self.encoding.encode(&self.encoding.decode(design).compact()))
    }
}

/// The chip that a design of `Soc-v0` means: for drawings.
///
/// # Errors
/// A selection that the environment does not have, or a design that is not of its space.
pub fn chip_of(selection: &Selection<'_>, design: &Design) -> Result<(Chip, Workload), Error> {
    let problem = Soc::new(selection)?;
    problem.space.check(design)?;
    let workload = problem.encoding.workload.clone();
    let built = problem.encoding.decode(design).build(&workload);
    let (chip, _) =
        built.map_err(|error| Error::Config { key: "design".into(), problem: error.to_string() })?;
    Ok((chip, workload))
}

#[cfg(test)]
mod tests;
