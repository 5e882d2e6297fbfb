//! Tables of environments and agents: lookups that help.

#![allow(clippy::unwrap_used, reason = "a failed test may panic anywhere")]

use std::sync::Arc;

use rl_env::Error;
use rl_env::agent::{Agent, Context, from_snapshot, to_snapshot};
use rl_env::design::{Design, DesignSpace, Parameter};
use rl_env::objective::Objective;
use rl_env::problem::{Metric, Outcome, Problem};
use rl_env::registry::{AgentConfig, AgentEntry, EnvEntry, Make, Named, Selection, find_agent, find_env};
use rl_env::seed::{Rng, Seed};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

struct Line(DesignSpace);

impl Problem for Line {
    fn space(&self) -> &DesignSpace {
        &self.0
    }
    fn metrics(&self) -> &[Metric] {
        const METRICS: &[Metric] = &[Metric::new("cost", "", "Cost.")];
        METRICS
    }
    fn evaluate(&self, design: &Design) -> Outcome {
        Outcome::Feasible([design.integer(0) as f64].into())
    }
}

fn line(selection: &Selection<'_>) -> Result<Arc<dyn Problem>, Error> {
    let high = if selection.workload == "long" { 100 } else { 10 };
    Ok(Arc::new(Line(DesignSpace::new(vec![Parameter::integer("x", 0, high)])?)))
}

const fn env(id: &'static str, make: Make, workload_files: Option<&'static str>) -> EnvEntry {
    EnvEntry {
        id,
        summary: "A line.",
        reference: "Euclid",
        workloads: &[Named { name: "short", doc: "10." }, Named { name: "long", doc: "100." }],
        workload_files,
        spaces: &[Named { name: "default", doc: "All." }],
        objectives: |_| vec![("cost", Objective::minimise("cost")), ("profit", Objective::maximise("cost"))],
        max_episode_steps: None,
        make,
    }
}

const SEQUENTIAL: Make = Make::Env(|_| Err(Error::Config { key: "env".into(), problem: "not here".into() }));

static ENVS: &[EnvEntry] = &[
    env("Line-v0", Make::Problem(line), None),
    env("Line-v1", Make::Problem(line), Some("CSV")),
    env("Walk-v0", SEQUENTIAL, None),
];

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Config {
    /// Repetitions.
    #[schemars(range(min = 1, max = 5))]
    times: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self { times: 2 }
    }
}

impl AgentConfig for Config {
    const SUMMARY: &'static str = "Guesses.";
    const REFERENCE: &'static str = "None.";

    fn sweep() -> Vec<Parameter> {
        vec![Parameter::integer("times", 1, 5)]
    }

    fn build(self, context: Context) -> Result<Box<dyn Agent>, Error> {
        if self.times == 5 {
            return Err(Error::Config { key: "times".into(), problem: "5 is unlucky".into() });
        }
        Ok(Box::new(Guess { rng: context.seed.stream("guess"), space: context.space }))
    }
}

struct Guess {
    rng: Rng,
    space: Arc<DesignSpace>,
}

impl Agent for Guess {
    fn ask(&mut self, n: usize) -> Result<Vec<Design>, Error> {
        Ok((0..n).map(|_| self.space.sample(&mut self.rng)).collect())
    }
    fn snapshot(&self) -> Result<Json, Error> {
        to_snapshot(&self.rng)
    }
    fn restore(&mut self, state: &Json) -> Result<(), Error> {
        self.rng = from_snapshot("guess", state)?;
        Ok(())
    }
}

static AGENTS: &[AgentEntry] = &[AgentEntry::of::<Config>("guess"), AgentEntry::of::<Config>("second-guess")];

fn context() -> Context {
    let space = DesignSpace::new(vec![Parameter::integer("x", 0, 1_000_000)]).unwrap();
    Context { space: Arc::new(space), seed: Seed(1), budget: 10, axes: 0 }
}

fn message<T>(result: Result<T, Error>) -> String {
    result.err().unwrap().to_string()
}

#[test]
fn environments_are_found_by_id() {
    assert_eq!(find_env(ENVS, "Line-v1").unwrap().id, "Line-v1");
    assert_eq!(find_env(ENVS, "Line-v1").unwrap().version(), "1");
    assert!(message(find_env(ENVS, "Lime-v0")).contains("did you mean `Line-v0`?"));
}

/// The newest version is the one that is meant.
#[test]
fn a_missing_or_wrong_version_names_the_newest() {
    for id in ["Line", "line", "Line-v7", "line-v7"] {
        assert!(message(find_env(ENVS, id)).contains("did you mean `Line-v1`?"), "{id}");
    }
}

#[test]
fn selections_fill_in_defaults_and_refuse_unknown_names() {
    let entry = &ENVS[0];
    let selection = entry.select("", "", None).unwrap();
    assert_eq!((selection.workload, selection.space), ("short", "default"));
    assert!(message(entry.select("lnog", "", None)).contains("did you mean `long`?"));
    assert!(message(entry.select("", "defualt", None)).contains("did you mean `default`?"));
    let problem = entry.problem(&entry.select("long", "", None).unwrap()).unwrap();
    assert_eq!(problem.space().cardinality(), Some(101));
}

#[test]
fn workload_files_only_where_they_are_read() {
    assert!(message(ENVS[0].select("mine", "", Some(b"1,2"))).contains("a built-in workload of Line-v0"));
    assert_eq!(ENVS[1].select("mine", "", Some(b"1,2")).unwrap().file, Some(&b"1,2"[..]));
}

#[test]
fn a_sequential_environment_is_no_search_problem() {
    let entry = &ENVS[2];
    let selection = entry.select("", "", None).unwrap();
    assert!(message(entry.problem(&selection)).contains("Walk-v0 is sequential"));
}

#[test]
fn objectives_default_to_the_first() {
    assert_eq!(ENVS[0].objective("short", "").unwrap().0, "cost");
    assert_eq!(ENVS[0].objective("short", "profit").unwrap().1, Objective::maximise("cost"));
    assert!(message(ENVS[0].objective("short", "profti")).contains("did you mean `profit`?"));
}

#[test]
fn agents_are_found_described_and_built() {
    let entry = find_agent(AGENTS, "guess").unwrap();
    assert_eq!((entry.summary, entry.defaults()), ("Guesses.", json!({"times": 2})));
    assert_eq!(entry.schema().pointer("/properties/times/description"), Some(&json!("Repetitions.")));
    assert_eq!(entry.sweep().unwrap().unwrap().cardinality(), Some(5));
    assert_eq!(entry.resolve(&json!({})).unwrap(), json!({"times": 2}));
    assert_eq!(entry.build(&json!({}), context()).unwrap().ask(3).unwrap().len(), 3);
    assert!(message(find_agent(AGENTS, "gues")).contains("did you mean `guess`?"));
}

#[test]
fn hyperparameters_are_checked_before_building() {
    let entry = &AGENTS[0];
    assert!(message(entry.build(&json!({"times": 9}), context())).contains("≤ 5"));
    assert!(message(entry.build(&json!({"time": 1}), context())).contains("did you mean `times`?"));
    assert!(message(entry.build(&json!({"times": 5}), context())).contains("unlucky"));
}

#[test]
fn snapshots_continue_and_nonsense_is_refused() {
    let build = || AGENTS[0].build(&json!({}), context()).unwrap();
    let (mut a, mut b) = (build(), build());
    a.ask(5).unwrap();
    b.restore(&a.snapshot().unwrap()).unwrap();
    assert_eq!(a.ask(5), b.ask(5));
    assert!(message(b.restore(&json!([1]))).contains("cannot restore guess"));
}
