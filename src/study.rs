//! Studies: the runs of an output directory with their best-so-far curves, for figures and statistics.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use anyhow::{Context as _, Result, anyhow};

use crate::store::{Manifest, RUNS, samples_path};

/// One run.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Content address.
    pub run_id: String,
    /// Environment id.
    pub env: String,
    /// Workload name.
    pub workload: String,
    /// Named space.
    pub space: String,
    /// Objective name.
    pub objective: String,
    /// Agent name.
    pub agent: String,
    /// Hyperparameter ticket; 0 is the default.
    pub ticket: u64,
    /// Seed.
    pub seed: u64,
    /// Unique simulator calls allowed.
    pub budget: u64,
    /// Unique simulator calls made.
    pub simulator_calls: u64,
    /// Hypervolume of a Pareto run, else the best reward; `None` without a feasible design.
    pub score: Option<f64>,
    /// Best reward so far: (simulator calls, reward) at each improvement.
    pub curve: Vec<(u64, f64)>,
}

impl Run {
    /// Best reward within the first `calls` simulator calls.
    pub fn best_after(&self, calls: u64) -> Option<f64> {
        let known = self.curve.partition_point(|(at, _)| *at <= calls);
        known.checked_sub(1).map(|i| self.curve[i].1)
    }
}

/// All runs of a directory, in plan order.
#[derive(Debug, Clone, PartialEq)]
pub struct Study {
    /// Title of the sweep.
    pub name: String,
    /// The runs.
    pub runs: Vec<Run>,
}

impl Study {
    /// Reads `runs.csv` and streams the samples; only improvements are kept.
    ///
    /// # Errors
    /// If a table is missing, lacks a column or holds a broken number; with file and line.
    pub fn load(dir: &Path) -> Result<Self> {
        let name = Manifest::read(dir)?.config.name;
        let mut runs = read_runs(&dir.join(RUNS))?;
        let index: HashMap<String, usize> =
            runs.iter().enumerate().map(|(i, run)| (run.run_id.clone(), i)).collect();
        let envs: BTreeMap<String, ()> = runs.iter().map(|run| (run.env.clone(), ())).collect();
        for env in envs.keys() {
            read_curves(&samples_path(dir, env), &mut runs, &index)?;
        }
        Ok(Self { name, runs })
    }

    /// Runs grouped by environment, workload, space and objective, in plan order; the space is part of the title
    /// only where there are several.
    pub fn problems(&self) -> Vec<(String, Vec<&Run>)> {
        let several = self.runs.iter().any(|run| run.space != self.runs[0].space);
        let mut groups: Vec<(String, Vec<&Run>)> = Vec::new();
        for run in &self.runs {
            let space = if several { format!(" ({})", run.space) } else { String::new() };
            let title = format!("{} · {}{space} · {}", run.env, run.workload, run.objective);
            match groups.iter_mut().find(|(known, _)| *known == title) {
                Some((_, members)) => members.push(run),
                None => groups.push((title, vec![run])),
            }
        }
        groups
    }

    /// Agent names in plan order.
    pub fn agents(&self) -> Vec<&str> {
        let mut agents: Vec<&str> = Vec::new();
        for run in &self.runs {
            if !agents.contains(&run.agent.as_str()) {
                agents.push(&run.agent);
            }
        }
        agents
    }
}

/// Positions of named columns.
struct Header<'a> {
    path: &'a Path,
    names: csv::StringRecord,
}

impl Header<'_> {
    fn column(&self, name: &str) -> Result<usize> {
        let found = self.names.iter().position(|known| known == name);
        found.ok_or_else(|| anyhow!("{} has no column `{name}`", self.path.display()))
    }
}

fn reader(path: &Path) -> Result<csv::Reader<std::fs::File>> {
    csv::ReaderBuilder::new()
        .buffer_capacity(1 << 18)
        .from_path(path)
        .with_context(|| format!("cannot read {}", path.display()))
}

/// Columns of `runs.csv` that a study is made of.
const RUN_COLUMNS: [&str; 12] = [
    "run_id",
    "env",
    "workload",
    "space",
    "objective",
    "agent",
    "ticket",
    "seed",
    "budget",
    "best_reward",
    "hypervolume",
    "simulator_calls",
];

fn read_runs(path: &Path) -> Result<Vec<Run>> {
    let mut reader = reader(path)?;
    let header = Header { path, names: reader.headers()?.clone() };
    let mut columns = HashMap::new();
    for name in RUN_COLUMNS {
        columns.insert(name, header.column(name)?);
    }
    let mut runs = Vec::new();
    for (line, record) in reader.records().enumerate() {
        let record = record?;
        let text = |name: &str| columns.get(name).and_then(|at| record.get(*at)).unwrap_or_default();
        let whole = |name: &str| {
            let place = format!("{}:{}", path.display(), line + 2);
            let problem = || format!("{place}: `{name}` is not a whole number: `{}`", text(name));
            text(name).parse::<u64>().with_context(problem)
        };
        let score = if text("hypervolume").is_empty() { text("best_reward") } else { text("hypervolume") };
        runs.push(Run {
            run_id: text("run_id").to_owned(),
            env: text("env").to_owned(),
            workload: text("workload").to_owned(),
            space: text("space").to_owned(),
            objective: text("objective").to_owned(),
            agent: text("agent").to_owned(),
            ticket: whole("ticket")?,
            seed: whole("seed")?,
            budget: whole("budget")?,
            simulator_calls: whole("simulator_calls")?,
            score: score.parse().ok(),
            curve: Vec::new(),
        });
    }
    Ok(runs)
}

/// Follows the samples of each run; rows of a run are contiguous.
fn read_curves(path: &Path, runs: &mut [Run], index: &HashMap<String, usize>) -> Result<()> {
    let mut reader = reader(path)?;
    let header = Header { path, names: reader.headers()?.clone() };
    let (id_at, reward_at, cached_at) =
        (header.column("run_id")?, header.column("reward")?, header.column("cached")?);
    let mut record = csv::ByteRecord::new();
    let (mut current, mut id, mut calls) = (None, Vec::new(), 0);
    while reader.read_byte_record(&mut record)? {
        if record[id_at] != id[..] {
            id = record[id_at].to_vec();
            current = std::str::from_utf8(&id).ok().and_then(|id| index.get(id).copied());
            calls = 0;
        }
        calls += u64::from(&record[cached_at] == b"false");
        let reward = std::str::from_utf8(&record[reward_at]).ok().and_then(|text| text.parse::<f64>().ok());
        if let (Some(run), Some(reward)) = (current, reward) {
            let curve = &mut runs[run].curve;
            if curve.last().is_none_or(|(_, best)| reward > *best) {
                curve.push((calls, reward));
            }
        }
    }
    Ok(())
}
