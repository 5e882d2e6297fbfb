//! A DRAM memory controller: the ten parameters that ArchGym searches, on any memory trace.
//!
//! The model is cycle-exact against the simulator that ArchGym runs (see `sweepstake_simulators::dram`), with its
//! device: eight 1 Gb DDR3-1600 chips on a 64-bit module. Requests of a trace are sent at its cycles of 1.25 ns.

use std::borrow::Cow;
use std::io::Cursor;
use std::sync::Arc;

use rl_env::Error;
use rl_env::design::{Design, DesignSpace, Kind, Parameter, Value};
use rl_env::objective::{Axis, Direction, Goal, Objective, Weight};
use rl_env::problem::{Metric, Outcome, Problem};
use rl_env::registry::{EnvEntry, Make, Named, Selection};
use sweepstake_simulators::dram::config::{
    Arbiter, Controller, PagePolicy, RefreshPolicy, RespQueue, Scheduler, SchedulerBuffer, System,
};
use sweepstake_simulators::dram::generate::{DEFAULT_REQUESTS, generate};
use sweepstake_simulators::dram::trace::{self, Format};
use sweepstake_simulators::dram::{self, Config, Report, Scratch, Trace, Workload};

use crate::Pool;

/// The row of the environment table.
pub const ENTRY: EnvEntry = EnvEntry {
    id: "DramController-v0",
    summary: "A DDR3 memory controller on a memory trace: energy, power and time of ten policies and sizes.",
    reference: "Krishnan et al. 2023, ArchGym (DRAMGym); Steiner et al. 2022, DRAMSys 4.0",
    workloads: WORKLOADS,
    workload_files: Some(WORKLOAD_FILES),
    spaces: &[
        Named { name: "archgym", doc: "Every value of ArchGym's random, genetic and Bayesian agents." },
        Named {
            name: "archgym-pow2",
            doc: "ArchGym's space for RL and Vizier: sizes are powers of two, buffers up to 128.",
        },
    ],
    objectives,
    max_episode_steps: None,
    make: Make::Problem(|selection| Ok(Arc::new(DramController::new(selection)?))),
};

/// Built-in workloads of both DRAM environments: ArchGym's four patterns and recorded kernels.
pub(crate) const WORKLOADS: &[Named] = &[
    Named { name: "stream", doc: "Sequential reads, one a cycle." },
    Named { name: "random", doc: "Uniform random reads in 1 GiB, one a cycle." },
    Named { name: "cloud-1", doc: "Phases of 50 requests, sequential or random, sequential first." },
    Named { name: "cloud-2", doc: "Phases of 50 requests, sequential or random, random first." },
    Named { name: "bfs", doc: "Breadth-first search on a random graph, behind a cache." },
    Named { name: "gemm", doc: "Dense matrix multiplication in tiles, behind a cache." },
    Named { name: "hash-join", doc: "Build and probe of a hash table, behind a cache." },
    Named { name: "pointer-chase", doc: "Dependent loads along a random cycle, behind a cache." },
    Named { name: "sort", doc: "Bottom-up merge sort, behind a cache." },
    Named { name: "spmv", doc: "Sparse matrix times vector, behind a cache." },
    Named { name: "triad", doc: "a[i] = b[i] + s·c[i] on long arrays, behind a cache." },
];

/// What `--workload FILE` takes.
pub(crate) const WORKLOAD_FILES: &str =
    "memory traces as CSV (cycle,op,addr), DRAMSys .stl, DRAMsim3 or Ramulator text, plain or gzipped";

/// Parameter names in the order of ArchGym's action vector.
const NAMES: [&str; 10] = [
    "page_policy",
    "scheduler",
    "scheduler_buffer",
    "request_buffer_size",
    "resp_queue",
    "refresh_policy",
    "refresh_max_postponed",
    "refresh_max_pulledin",
    "arbiter",
    "max_active_transactions",
];

/// What both DRAM environments report.
pub(crate) const METRICS: &[Metric] = &[
    Metric::new("energy_pj", "pJ", "Energy of the memory until its last command is done."),
    Metric::new("power_mw", "mW", "That energy over that time."),
    Metric::new("latency_ns", "ns", "Time from the first request to the last response; ArchGym's latency."),
    Metric::new("mean_request_latency_ns", "ns", "Mean time of a request in the memory system."),
    Metric::new("p99_request_latency_ns", "ns", "99th percentile of that time."),
    Metric::new("max_request_latency_ns", "ns", "Longest such time."),
    Metric::new("bandwidth_gbit_per_s", "Gbit/s", "Data moved over the whole time."),
    Metric::new("bus_utilization_percent", "percent", "Busy share of the data bus."),
    Metric::new("row_hit_percent", "percent", "Share of accesses that found their row open."),
    Metric::new("activates", "", "Rows opened."),
    Metric::new("refreshes", "", "Refresh commands."),
    Metric::new(
        "archgym_printed_latency",
        "",
        "ArchGym's observed latency with its unit bug: the printed number without its unit, over 1e9.",
    ),
];

/// Goals of ArchGym's default configuration: 1 W, and 0.1 s of simulated time.
const ARCHGYM_POWER_MW: f64 = 1000.0;
const ARCHGYM_LATENCY_NS: f64 = 1e8;
const ARCHGYM_PRINTED: f64 = 0.1;

/// The objectives of both DRAM environments, whatever the workload.
pub(crate) fn objectives(_: &str) -> Vec<(&'static str, Objective)> {
    let product = |metrics: [&str; 2]| Objective::Product {
        terms: metrics.iter().map(|m| Weight { metric: (*m).to_owned(), weight: 1.0 }).collect(),
    };
    let ratio = |goals: &[(&str, f64)]| Objective::TargetRatio {
        goals: goals.iter().map(|(m, value)| Goal { metric: (*m).to_owned(), value: *value }).collect(),
    };
    let axis = |metric: &str, reference: f64| Axis {
        metric: metric.to_owned(),
        direction: Direction::Minimise,
        reference,
        ideal: 0.0,
    };
    let (power, latency) = (("power_mw", ARCHGYM_POWER_MW), ("latency_ns", ARCHGYM_LATENCY_NS));
    let printed = ("archgym_printed_latency", ARCHGYM_PRINTED);
    vec![
        ("low-power", Objective::minimise("power_mw")),
        ("low-latency", Objective::minimise("latency_ns")),
        ("joint", product(["power_mw", "latency_ns"])),
        ("energy-delay", product(["energy_pj", "latency_ns"])),
        ("pareto", Objective::Pareto { axes: vec![axis("power_mw", 4000.0), axis("latency_ns", 1e6)] }),
        ("archgym-power", ratio(&[power])),
        ("archgym-latency", ratio(&[latency])),
        ("archgym-both", ratio(&[power, latency])),
        ("archgym-latency-as-printed", ratio(&[printed])),
        ("archgym-both-as-printed", ratio(&[power, printed])),
    ]
}

/// The ten parameters, in one of the two named spaces.
fn parameters(space: &str) -> Vec<Parameter> {
    let archgym = space != "archgym-pow2";
    let size = |name: &str, most: i64| match archgym {
        true => Parameter::integer(name, 1, most),
        false => Parameter::power_of_two(name, 1, most),
    };
    let buffer = if archgym { 8 } else { 128 };
    controller_parameters(size("request_buffer_size", buffer), &size)
}

/// The controller's parameters with the given sizes; shared with `DramSystem-v0`.
pub(crate) fn controller_parameters(
    buffer: Parameter,
    size: &dyn Fn(&str, i64) -> Parameter,
) -> Vec<Parameter> {
    let choice = |name: &str, doc: &str, options: Vec<&str>| Parameter::choice(name, options).doc(doc);
    vec![
        choice(NAMES[0], "When a row is closed.", names(PagePolicy::ALL, PagePolicy::name)),
        choice(NAMES[1], "Which request of a bank comes next.", names(Scheduler::ALL, Scheduler::name)),
        choice(
            NAMES[2],
            "How the request buffer is shared.",
            names(SchedulerBuffer::ALL, SchedulerBuffer::name),
        ),
        buffer.unit("requests").doc("Size of a request buffer."),
        choice(NAMES[4], "Order of the responses.", names(RespQueue::ALL, RespQueue::name)),
        choice(NAMES[5], "How refresh is scheduled.", REFRESH.map(RefreshPolicy::name).to_vec()),
        size(NAMES[6], 8).doc("Refreshes that may be postponed."),
        size(NAMES[7], 8).doc("Refreshes that may be pulled in."),
        choice(NAMES[8], "How requests and responses pass to and fro.", names(Arbiter::ALL, Arbiter::name)),
        size(NAMES[9], 128).unit("requests").doc("Requests in flight under the fifo and reorder arbiters."),
    ]
}

/// The refresh policies that ArchGym searches.
const REFRESH: [RefreshPolicy; 2] = [RefreshPolicy::None, RefreshPolicy::AllBank];

fn names<T: Copy>(all: &[T], name: impl Fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().map(|choice| name(*choice)).collect()
}

/// Reads the controller from the first ten values of a design.
pub(crate) fn controller(design: &Design) -> Controller {
    let size = |index: usize| u32::try_from(design.integer(index)).unwrap_or(u32::MAX);
    Controller {
        page_policy: PagePolicy::ALL[design.choice(0)],
        scheduler: Scheduler::ALL[design.choice(1)],
        scheduler_buffer: SchedulerBuffer::ALL[design.choice(2)],
        request_buffer_size: size(3),
        resp_queue: RespQueue::ALL[design.choice(4)],
        refresh_policy: REFRESH[design.choice(5)],
        refresh_max_postponed: size(6),
        refresh_max_pulledin: size(7),
        arbiter: Arbiter::ALL[design.choice(8)],
        max_active_transactions: size(9),
        ..Controller::default()
    }
}

/// Writes the controller over the first ten values of a design.
pub(crate) fn write_controller(controller: &Controller, design: &mut Design) {
    fn place<T: PartialEq>(all: &[T], choice: T) -> Value {
        Value::Choice(all.iter().position(|known| *known == choice).unwrap_or(0) as u32)
    }
    let size = |n: u32| Value::Integer(i64::from(n));
    let values = [
        place(PagePolicy::ALL, controller.page_policy),
        place(Scheduler::ALL, controller.scheduler),
        place(SchedulerBuffer::ALL, controller.scheduler_buffer),
        size(controller.request_buffer_size),
        place(RespQueue::ALL, controller.resp_queue),
        place(&REFRESH, controller.refresh_policy),
        size(controller.refresh_max_postponed),
        size(controller.refresh_max_pulledin),
        place(Arbiter::ALL, controller.arbiter),
        size(controller.max_active_transactions),
    ];
    design.0.iter_mut().zip(values).for_each(|(slot, value)| *slot = value);
}

/// The trace of a selection: built in, or read from the file's bytes.
pub(crate) fn trace_of(selection: &Selection<'_>) -> Result<Trace, Error> {
    let refuse = |problem: String| Error::Config { key: "workload".into(), problem };
    let Some(bytes) = selection.file else {
        return generate(selection.workload, DEFAULT_REQUESTS, 0).map_err(|error| refuse(error.to_string()));
    };
    let first =
        bytes.split(|byte| *byte == b'\n').map(|line| String::from_utf8_lossy(&line[..line.len().min(200)]));
    let content =
        first.map(|line| line.trim().to_owned()).find(|line| !line.is_empty() && !line.starts_with('#'));
    let format = content.as_deref().and_then(Format::detect).ok_or_else(|| {
        let known: Vec<&str> = Format::ALL.iter().map(|format| format.name()).collect();
        refuse(format!("its first line fits none of the trace formats {}", known.join(", ")))
    })?;
    trace::read(format, Cursor::new(bytes)).map_err(|error| refuse(error.to_string()))
}

/// The metrics of a report, in the order of [`METRICS`].
pub(crate) fn metrics(report: &Report) -> Outcome {
    let accesses = report.requests.max(1) as f64;
    Outcome::Feasible(
        [
            report.energy.total_pj,
            report.average_power_mw,
            report.total_time_ns,
            report.latency.mean_ns,
            report.latency.p99_ns,
            report.latency.max_ns,
            report.bandwidth_gbit_per_s,
            report.bus_utilization_percent,
            100.0 * report.row_hits as f64 / accesses,
            report.commands.act as f64,
            (report.commands.refa + report.commands.refb) as f64,
            printed_latency(report.total_time_ns),
        ]
        .into(),
    )
}

/// The simulator prints the time in the largest unit that leaves it whole, and ArchGym drops the unit
/// (oss-arch-gym issue 139).
fn printed_latency(time_ns: f64) -> f64 {
    let mut number = (time_ns * 1000.0).round() as u64;
    while number > 0 && number.is_multiple_of(1000) {
        number /= 1000;
    }
    number as f64 / 1e9
}

impl Pool<Scratch> {
    /// Simulates with scratch memory of the pool.
    pub(crate) fn simulate(&self, config: &Config, workload: &Workload) -> Outcome {
        match self.with(|scratch| dram::simulate(config, workload, scratch)) {
            Ok(report) => metrics(&report),
            Err(error) => Outcome::infeasible("impossible-system", error.to_string()),
        }
    }
}

struct DramController {
    space: DesignSpace,
    system: System,
    workload: Workload,
    pool: Pool<Scratch>,
}

impl DramController {
    fn new(selection: &Selection<'_>) -> Result<Self, Error> {
        let system = System::default();
        let decoded = Workload::decode(&trace_of(selection)?, &system);
        let workload =
            decoded.map_err(|error| Error::Config { key: "workload".into(), problem: error.to_string() })?;
        let space = DesignSpace::new(parameters(selection.space))?;
        Ok(Self { space, system, workload, pool: Pool::default() })
    }

    fn config(&self, design: &Design) -> Config {
        Config { system: self.system.clone(), controller: controller(design) }
    }
}

impl Problem for DramController {
    fn space(&self) -> &DesignSpace {
        &self.space
    }

    fn metrics(&self) -> &[Metric] {
        METRICS
    }

    fn evaluate(&self, design: &Design) -> Outcome {
        self.pool.simulate(&self.config(design), &self.workload)
    }

    fn canonical<'a>(&self, design: &'a Design) -> Cow<'a, Design> {
        let canonical = dram::canonical(&self.config(design), &self.workload);
        let mut representative = design.clone();
        write_controller(&canonical.controller, &mut representative);
        // A trace shorter than the buffers can ask for sizes that this space does not have.
        for (parameter, (value, own)) in
            self.space.parameters().iter().zip(representative.0.iter_mut().zip(&design.0))
        {
            if matches!(parameter.kind, Kind::PowerOfTwo { .. }) && !parameter.kind.contains(value) {
                value.clone_from(own);
            }
        }
        Cow::Owned(representative)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(workload: &str, space: &str) -> Arc<dyn Problem> {
        ENTRY.problem(&ENTRY.select(workload, space, None).unwrap()).unwrap()
    }

    #[test]
    fn spaces_have_the_published_sizes() {
        assert_eq!(problem("stream", "archgym").space().cardinality(), Some(28_311_552));
        assert_eq!(problem("stream", "archgym-pow2").space().cardinality(), Some(442_368));
    }

    #[test]
    fn latency_is_printed_in_the_largest_whole_unit() {
        for (ns, printed) in [(430_895.0, 430_895.0), (288_003.75, 288_003_750.0), (50_000.0, 50.0)] {
            assert_eq!(printed_latency(ns), printed / 1e9);
        }
    }

    #[test]
    fn a_design_survives_its_controller() {
        let problem = problem("stream", "archgym");
        let mut rng = rl_env::seed::Seed(3).stream("test");
        for _ in 0..200 {
            let design = problem.space().sample(&mut rng);
            let mut copy = problem.space().first();
            write_controller(&controller(&design), &mut copy);
            assert_eq!(copy, design);
        }
    }

    #[test]
    fn a_trace_file_gives_what_the_built_in_workload_gives() {
        let text = trace::to_csv(&generate("cloud-1", DEFAULT_REQUESTS, 0).unwrap());
        let selection = ENTRY.select("file.csv", "", Some(text.as_bytes())).unwrap();
        let (file, built_in) = (ENTRY.problem(&selection).unwrap(), problem("cloud-1", ""));
        let design = file.space().first();
        assert_eq!(file.evaluate(&design), built_in.evaluate(&design));
    }

    #[test]
    fn a_file_that_is_no_trace_is_refused() {
        for (bytes, expected) in [
            (&b""[..], "fits none"),
            (b"hello\n", "fits none"),
            (b"cycle,op,addr\n", "no request"),
            (b"cycle,op,addr\n0,R,0x40\n1,X,0x80\n", "line 3"),
        ] {
            let selection = ENTRY.select("file", "", Some(bytes)).unwrap();
            let error = ENTRY.problem(&selection).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.to_lowercase().contains(expected), "{error}");
        }
    }
}
