//! The columns of `samples/<env>.csv` and `runs.csv`, and their rows.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use rl_env::agent::Trial;
use rl_env::design::DesignSpace;
use rl_env::problem::{Metric, Problem};
use rl_env::registry::version_of;
use serde_json::Value as Json;

use crate::plan::{Instance, Plan, PlannedRun};
use crate::run::{Status, Summary};

/// Columns of `samples/<env>.csv` before the parameters.
const SAMPLE_START: [&str; 2] = ["run_id", "step"];
/// Columns of `samples/<env>.csv` after the metrics.
const SAMPLE_END: [&str; 4] = ["feasible", "reason", "reward", "cached"];

/// The columns of one environment's samples: the union over its workloads and spaces, in plan order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SampleColumns {
    /// Parameter names.
    pub parameters: Vec<String>,
    /// Metric names.
    pub metrics: Vec<String>,
}

impl SampleColumns {
    /// The columns of each environment of a plan.
    pub fn of(instances: &[Instance]) -> BTreeMap<String, Self> {
        let mut all: BTreeMap<String, Self> = BTreeMap::new();
        for instance in instances {
            let columns = all.entry(instance.env.clone()).or_default();
            columns.include(instance.problem.space(), instance.problem.metrics());
        }
        all
    }

    fn include(&mut self, space: &DesignSpace, metrics: &[Metric]) {
        let add = |list: &mut Vec<String>, name: &str| {
            if !list.iter().any(|known| known == name) {
                list.push(name.to_owned());
            }
        };
        space.parameters().iter().for_each(|p| add(&mut self.parameters, &p.name));
        metrics.iter().for_each(|m| add(&mut self.metrics, &m.name));
    }

    /// The header line, without line break.
    pub fn header(&self) -> String {
        let parameters = self.parameters.iter().map(|p| format!("d.{p}"));
        let metrics = self.metrics.iter().map(|m| format!("m.{m}"));
        let fixed = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let all = fixed(&SAMPLE_START).into_iter().chain(parameters).chain(metrics).chain(fixed(&SAMPLE_END));
        all.collect::<Vec<_>>().join(",")
    }
}

/// Writes the sample rows of one run.
#[derive(Debug)]
pub struct SampleWriter<'a> {
    run: &'a str,
    space: &'a DesignSpace,
    /// For each parameter column, the parameter of this run's space.
    parameters: Vec<Option<usize>>,
    /// For each metric column, the metric of this run's problem.
    metrics: Vec<Option<usize>>,
}

impl<'a> SampleWriter<'a> {
    /// A writer of rows of `run` on `problem` into `columns`.
    pub fn new(run: &'a str, problem: &'a dyn Problem, columns: &SampleColumns) -> Self {
        let space = problem.space();
        let parameter = |name: &String| space.parameters().iter().position(|p| p.name == *name);
        let metric = |name: &String| problem.metrics().iter().position(|m| m.name == name.as_str());
        let parameters = columns.parameters.iter().map(parameter).collect();
        let metrics = columns.metrics.iter().map(metric).collect();
        Self { run, space, parameters, metrics }
    }

    /// Appends a row with its line break.
    pub fn write(&self, step: u64, trial: &Trial, out: &mut String) {
        let _ = write!(out, "{},{step}", self.run);
        for column in &self.parameters {
            out.push(',');
            if let Some(index) = column {
                let _ = self.space.parameters()[*index].write(&trial.design.0[*index], out);
            }
        }
        let metrics = trial.outcome.metrics();
        for column in &self.metrics {
            out.push(',');
            if let (Some(index), Some(metrics)) = (column, metrics) {
                number(metrics[*index], out);
            }
        }
        out.push_str(if metrics.is_some() { ",true," } else { ",false," });
        out.push_str(trial.outcome.reason().unwrap_or_default());
        out.push(',');
        if let Some(reward) = trial.reward {
            number(reward, out);
        }
        out.push_str(if trial.cached { ",true\n" } else { ",false\n" });
    }
}

/// The shortest text that reads back to the same number.
pub fn number(x: f64, out: &mut String) {
    let magnitude = x.abs();
    let plain = x == 0.0 || (1e-5..1e16).contains(&magnitude);
    let _ = if plain { write!(out, "{x}") } else { write!(out, "{x:e}") };
}

/// The columns of `runs.csv`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunColumns {
    /// Hyperparameter names of all agents of the plan.
    pub hyperparameters: Vec<String>,
}

/// What came out of a run, as `runs.csv` states it.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Finished {
    /// Content address of the run.
    pub run_id: String,
    /// Why it ended.
    pub status: Status,
    /// Reward of the best feasible design.
    pub best_reward: Option<f64>,
    /// The sample at which it was found, counted from 0.
    pub best_step: Option<u64>,
    /// Hypervolume of the front, for Pareto objectives.
    pub hypervolume: Option<f64>,
    /// Designs told to the agent.
    pub samples: u64,
    /// Unique designs among them.
    pub simulator_calls: u64,
    /// Seconds it took.
    pub wall_s: f64,
}

impl Finished {
    /// The row of a run that came to `summary`.
    pub fn new(run_id: &str, summary: &Summary, wall_s: f64) -> Self {
        Self {
            run_id: run_id.to_owned(),
            status: summary.status,
            best_reward: summary.best.as_ref().map(|best| best.reward),
            best_step: summary.best.as_ref().map(|best| best.step),
            hypervolume: summary.hypervolume,
            samples: summary.samples,
            simulator_calls: summary.simulator_calls,
            wall_s,
        }
    }

    /// Reads a row back, given its cells by column; `None` if one is missing or broken.
    pub fn read<'a>(cell: &dyn Fn(&str) -> Option<&'a str>) -> Option<Self> {
        fn optional<T: std::str::FromStr>(text: &str) -> Option<Option<T>> {
            if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) }
        }
        Some(Self {
            run_id: cell("run_id")?.to_owned(),
            status: serde_json::from_value(cell("status")?.into()).ok()?,
            best_reward: optional(cell("best_reward")?)?,
            best_step: optional(cell("best_step")?)?,
            hypervolume: optional(cell("hypervolume")?)?,
            samples: cell("samples")?.parse().ok()?,
            simulator_calls: cell("simulator_calls")?.parse().ok()?,
            wall_s: cell("wall_s")?.parse().ok()?,
        })
    }
}

impl RunColumns {
    /// The columns of a plan.
    pub fn of(plan: &Plan) -> Self {
        let mut hyperparameters: Vec<String> = Vec::new();
        let mut agents: Vec<&str> = Vec::new();
        for run in &plan.runs {
            if agents.contains(&run.spec.agent.as_str()) {
                continue;
            }
            agents.push(&run.spec.agent);
            for name in run.spec.hyperparameters.as_object().into_iter().flat_map(|map| map.keys()) {
                if !hyperparameters.contains(name) {
                    hyperparameters.push(name.clone());
                }
            }
        }
        Self { hyperparameters }
    }

    /// The header line, without line break.
    pub fn header(&self) -> String {
        let hp: String = self.hyperparameters.iter().map(|name| format!("hp.{name},")).collect();
        format!(
            "run_id,env,env_version,workload,space,objective,agent,ticket,{hp}seed,budget,best_reward,\
             best_step,hypervolume,samples,simulator_calls,wall_s,status"
        )
    }

    /// The row of a finished run, without line break.
    pub fn row(&self, run: &PlannedRun, finished: &Finished) -> String {
        let spec = &run.spec;
        let version = version_of(&spec.env).unwrap_or("0");
        let mut row = format!(
            "{},{},{version},{},{},{},{},{}",
            run.id,
            cell(&spec.env),
            cell(&spec.workload),
            cell(&spec.space),
            cell(&run.objective),
            cell(&run.agent),
            run.ticket
        );
        for name in &self.hyperparameters {
            row.push(',');
            row.push_str(&json_cell(spec.hyperparameters.get(name)));
        }
        let optional = |x: Option<f64>| {
            let mut text = String::new();
            x.into_iter().for_each(|x| number(x, &mut text));
            text
        };
        let (reward, hypervolume) = (optional(finished.best_reward), optional(finished.hypervolume));
        let step = finished.best_step.map(|step| step.to_string()).unwrap_or_default();
        let status = serde_json::to_value(finished.status).unwrap_or_default();
        let _ = write!(
            row,
            ",{},{},{reward},{step},{hypervolume},{},{},{:.6},{}",
            spec.seed,
            spec.budget,
            finished.samples,
            finished.simulator_calls,
            finished.wall_s,
            status.as_str().unwrap_or_default()
        );
        row
    }
}

fn json_cell(value: Option<&Json>) -> String {
    match value {
        None | Some(Json::Null) => String::new(),
        Some(Json::String(text)) => cell(text),
        Some(Json::Number(n)) if n.is_f64() => {
            let mut text = String::new();
            number(n.as_f64().unwrap_or_default(), &mut text);
            text
        }
        Some(other) => cell(&other.to_string()),
    }
}

/// Quotes a cell if it has to be.
pub fn cell(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\"").replace(['\n', '\r'], " "))
    } else {
        text.to_owned()
    }
}
