//! What a reader wants to know of all directories at one moment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;

use super::directory::Directory;
use crate::config::AgentChoice;
use crate::lottery::Regrets;
use crate::optima::ROOT;
use crate::statistics::quantile;
use crate::study::{Run, Study};
use crate::usage::Usage;

/// Places at which curves are read: characters of a sparkline.
const READINGS: usize = 20;
/// A directory in which nothing was written for so long, and for so many times the length of a run, is at rest.
const REST: (Duration, f64) = (Duration::from_secs(60), 5.0);

/// The directories of one sweep: the whole, or some of its shards.
#[derive(Debug)]
pub struct Watched {
    directories: Vec<Directory>,
}

/// How one agent does.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentRow {
    /// The agent.
    pub name: String,
    /// Its finished runs.
    pub done: usize,
    /// All of its runs, if the plan is known.
    pub planned: Option<usize>,
    /// At each reading, from one simulator call to all: 1 at the best design known, 0 at a median random one; median
    /// over runs. `None` before half of the runs have a feasible design.
    pub levels: Vec<Option<f64>>,
    /// Problems on which it has found the best design so far, ties counted for all.
    pub leads: usize,
}

/// A sweep at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// Title of the sweep.
    pub name: String,
    /// Runs of all directories.
    pub runs: usize,
    /// Of these, finished.
    pub done: usize,
    /// Of these, failed.
    pub failed: usize,
    /// Runs under way.
    pub active: usize,
    /// Shards seen and shards of the sweep.
    pub shards: (usize, usize),
    /// Samples taken.
    pub samples: u64,
    /// Finished part of the work, from 0 to 1, runs under way counted by their simulator calls.
    pub part: f64,
    /// Samples a second, all threads together.
    pub rate: Option<f64>,
    /// Seconds to the end, if it goes on like this.
    pub left: Option<f64>,
    /// Time since anything was written.
    pub idle: Option<Duration>,
    /// All directories came to their end.
    pub finished: bool,
    /// Nothing was written for too long for a sweep that runs.
    pub at_rest: bool,
    /// Problems seen.
    pub problems: usize,
    /// Simulator calls of the last reading.
    pub calls: u64,
    /// One row an agent, in order of the configuration.
    pub agents: Vec<AgentRow>,
}

impl Watched {
    /// Opens the directories of one sweep.
    ///
    /// # Errors
    /// If one is not the output of a sweep, or they are of different sweeps.
    pub fn open(paths: &[PathBuf]) -> Result<Self> {
        let directories = paths.iter().map(|path| Directory::open(path)).collect::<Result<Vec<_>>>()?;
        for (i, directory) in directories.iter().enumerate() {
            let (first, own) = (&directories[0].manifest, &directory.manifest);
            if own.plan != first.plan || own.shard.count != first.shard.count {
                return Err(Usage::error(format!(
                    "{} belongs to another sweep than {}",
                    paths[i].display(),
                    paths[0].display()
                )));
            }
            if directories[..i].iter().any(|earlier| earlier.manifest.shard == own.shard) {
                return Err(Usage::error(format!("shard {} is given twice", own.shard)));
            }
        }
        Ok(Self { directories })
    }

    /// Reads what is new and sums it up.
    ///
    /// # Errors
    /// If a file is there and cannot be read.
    pub fn look(&mut self) -> Result<Snapshot> {
        self.directories.iter_mut().try_for_each(Directory::refresh)?;
        Ok(self.sum_up())
    }

    fn sum_up(&self) -> Snapshot {
        let all = &self.directories;
        let count = |of: &dyn Fn(&Directory) -> usize| all.iter().map(of).sum::<usize>();
        let first = &all[0].manifest;
        let budget = first.config.budget;
        let runs = count(&|d| d.manifest.runs);
        let begun: f64 = all.iter().map(|d| begun(d, budget)).sum();
        let done = count(&|d| d.finished.len() + d.sealed);
        let idle = all.iter().filter_map(Directory::idle).min();
        let mut seen: Vec<Run> = all.iter().flat_map(Directory::seen).collect();
        seen.sort_by(|a, b| a.run_id.cmp(&b.run_id));
        let study = Study { name: first.config.name.clone(), runs: seen };
        let finished = all.iter().all(Directory::is_finished);
        Snapshot {
            runs,
            done,
            failed: count(&|d| d.failed),
            active: count(&|d| d.active.len()),
            shards: (all.len(), first.shard.count),
            samples: all.iter().map(Directory::sample_count).sum(),
            part: if runs == 0 { 1.0 } else { ((done as f64 + begun) / runs as f64).min(1.0) },
            rate: Some(all.iter().filter_map(rate).sum()).filter(|rate| *rate > 0.0),
            left: all.iter().filter(|d| !d.is_finished()).map(|d| left(d, budget)).fold(Some(0.0), latest),
            at_rest: !finished && all.iter().filter(|d| !d.is_finished()).all(at_rest),
            idle,
            finished,
            problems: study.problems().len(),
            calls: budget,
            agents: self.agents(&study, budget),
            name: study.name,
        }
    }

    fn agents(&self, study: &Study, budget: u64) -> Vec<AgentRow> {
        let mut rows = Vec::new();
        let leads = leads(study);
        let regrets = Regrets::new(study, Path::new(ROOT));
        let finished: std::collections::HashSet<&str> =
            self.directories.iter().flat_map(|d| &d.finished).map(|(id, _)| id.as_str()).collect();
        let mut names: Vec<&str> =
            self.directories[0].manifest.config.agents.iter().map(AgentChoice::shown).collect();
        names.dedup();
        for name in names {
            let planned = self.directories.iter().filter_map(|d| d.planned.get(name)).sum();
            let own = study.runs.iter().filter(|run| run.agent == name);
            rows.push(AgentRow {
                name: name.to_owned(),
                done: own.filter(|run| finished.contains(run.run_id.as_str())).count(),
                planned: (planned > 0).then_some(planned),
                levels: levels(&regrets, name, budget),
                leads: leads.get(name).copied().unwrap_or(0),
            });
        }
        rows
    }
}

/// Work of runs under way, in runs.
fn begun(directory: &Directory, budget: u64) -> f64 {
    let part = |id: &String| directory.sighting(id).map_or(0.0, |s| s.calls as f64 / budget.max(1) as f64);
    directory.active.iter().map(|id| part(id).min(1.0)).sum()
}

fn mean_seconds(directory: &Directory) -> Option<f64> {
    let count = directory.finished.len();
    (count > 0).then(|| directory.finished.iter().map(|(_, wall)| wall).sum::<f64>() / count as f64)
}

/// Samples a second: those of the finished runs by the time they took, for each run under way.
fn rate(directory: &Directory) -> Option<f64> {
    let samples: u64 =
        directory.finished.iter().filter_map(|(id, _)| directory.sighting(id)).map(|s| s.samples).sum();
    let seconds = mean_seconds(directory)? * directory.finished.len() as f64;
    (seconds > 0.0).then(|| samples as f64 / seconds * directory.active.len() as f64)
}

/// Seconds to the end: what is left, at the mean length of a finished run, by the runs under way.
fn left(directory: &Directory, budget: u64) -> Option<f64> {
    let done = (directory.finished.len() + directory.sealed) as f64 + begun(directory, budget);
    let threads = directory.active.len();
    let runs = (directory.manifest.runs as f64 - done).max(0.0);
    mean_seconds(directory).filter(|_| threads > 0).map(|seconds| runs * seconds / threads as f64)
}

fn latest(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    Some(a?.max(b?))
}

fn at_rest(directory: &Directory) -> bool {
    let long = mean_seconds(directory).unwrap_or(0.0) * REST.1;
    directory.idle().is_some_and(|idle| idle > REST.0 && idle.as_secs_f64() > long)
}

fn levels(regrets: &Regrets<'_>, agent: &str, budget: u64) -> Vec<Option<f64>> {
    let top = libm::log10(budget.max(1) as f64);
    let at = |i: usize| libm::exp10(top * i as f64 / (READINGS - 1) as f64).round() as u64;
    let level = |calls: u64| {
        let mut all: Vec<f64> = regrets.of(agent, calls).into_iter().flatten().collect();
        all.sort_unstable_by(f64::total_cmp);
        quantile(&all, 0.5).map(|regret| 1.0 - regret)
    };
    (0..READINGS).map(at).map(level).collect()
}

/// On how many problems each agent has found the best design.
fn leads(study: &Study) -> BTreeMap<&str, usize> {
    let mut leads: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, runs) in study.problems() {
        let mut best: BTreeMap<&str, f64> = BTreeMap::new();
        for run in &runs {
            if let Some((_, reward)) = run.curve.last() {
                let own = best.entry(&run.agent).or_insert(*reward);
                *own = own.max(*reward);
            }
        }
        let top = best.values().copied().fold(f64::NEG_INFINITY, f64::max);
        best.iter()
            .filter(|(_, own)| **own >= top)
            .for_each(|(agent, _)| *leads.entry(agent).or_default() += 1);
    }
    leads
}
