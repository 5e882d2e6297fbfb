//! One output directory, read again and again.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};

use super::tail::Tail;
use crate::document::Document;
use crate::plan::Plan;
use crate::store::{MANIFEST, Manifest, RUNS, WORK, plan_hash, samples_path};
use crate::study::Run;

/// Plans larger than this are not spelt out only to name runs that are not finished.
const MOST_PLANNED: usize = 200_000;

/// What is known of a run.
#[derive(Debug, Clone, Default)]
pub(super) struct Sighting {
    /// Samples taken.
    pub(super) samples: u64,
    /// Unique simulator calls among them.
    pub(super) calls: u64,
    /// Improvements, as in [`Run::curve`].
    curve: Vec<(u64, f64)>,
}

impl Sighting {
    /// Follows a row of samples, whose last cells are the reward and whether it was cached.
    fn follow(&mut self, row: &csv::ByteRecord) {
        let Some(last) = row.len().checked_sub(1).filter(|last| *last > 2) else { return };
        self.samples += 1;
        self.calls += u64::from(&row[last] == b"false");
        let reward = std::str::from_utf8(&row[last - 1]).ok().and_then(|text| text.parse::<f64>().ok());
        if let Some(reward) = reward.filter(|reward| reward.is_finite())
            && self.curve.last().is_none_or(|(_, best)| reward > *best)
        {
            self.curve.push((self.calls, reward));
        }
    }
}

/// A file of samples, and whose rows were read last.
#[derive(Debug)]
struct Samples {
    tail: Tail,
    run: Vec<u8>,
}

/// An output directory of a sweep.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    pub(super) manifest: Manifest,
    /// Runs by content address, if the plan can be made here; else those in the table.
    labels: HashMap<String, Run>,
    /// Runs of each agent in the whole plan of this directory.
    pub(super) planned: BTreeMap<String, usize>,
    runs: Tail,
    columns: Vec<String>,
    samples: Vec<Samples>,
    segments: HashMap<String, Tail>,
    sightings: HashMap<String, Sighting>,
    /// Runs in the table, in its order, with the seconds they took.
    pub(super) finished: Vec<(String, f64)>,
    /// Of these, failed.
    pub(super) failed: usize,
    /// Runs with a segment that is sealed, which are not in the table yet.
    pub(super) sealed: usize,
    /// Runs with a segment that is being written.
    pub(super) active: Vec<String>,
}

impl Directory {
    /// Opens a directory for reading.
    ///
    /// # Errors
    /// If it is not the output of a sweep.
    pub fn open(path: &Path) -> Result<Self> {
        let manifest = Manifest::read(path)?;
        let labels = planned(&manifest);
        let mut per_agent = BTreeMap::new();
        labels.values().for_each(|run| *per_agent.entry(run.agent.clone()).or_default() += 1);
        let mut envs: Vec<&str> = manifest.config.envs.iter().map(|choice| choice.env.as_str()).collect();
        envs.sort_unstable();
        envs.dedup();
        let tails = envs.iter().map(|env| Tail::new(&samples_path(path, env)));
        Ok(Self {
            path: path.to_owned(),
            labels,
            planned: per_agent,
            runs: Tail::new(&path.join(RUNS)),
            columns: Vec::new(),
            samples: tails.map(|tail| Samples { tail, run: Vec::new() }).collect(),
            segments: HashMap::new(),
            sightings: HashMap::new(),
            finished: Vec::new(),
            failed: 0,
            sealed: 0,
            active: Vec::new(),
            manifest,
        })
    }

    /// Reads what is new.
    ///
    /// # Errors
    /// If a file is there and cannot be read.
    pub fn refresh(&mut self) -> Result<()> {
        // While a sweep starts over there may be no manifest for a moment.
        if let Ok(manifest) = Manifest::read(&self.path) {
            if manifest.plan != self.manifest.plan || manifest.shard != self.manifest.shard {
                *self = Self::open(&self.path)?;
            }
            self.manifest = manifest;
        }
        if !(self.read_runs()? && self.read_samples()?) {
            *self = Self::open(&self.path)?;
            self.read_runs()?;
            self.read_samples()?;
        }
        self.read_segments()
    }

    fn read_runs(&mut self) -> Result<bool> {
        let Self { runs, columns, labels, finished, failed, .. } = self;
        runs.read(|row| {
            let cells: Vec<&str> =
                row.iter().map(|cell| std::str::from_utf8(cell).unwrap_or_default()).collect();
            if columns.is_empty() {
                *columns = cells.iter().map(|cell| (*cell).to_owned()).collect();
                return;
            }
            let cell =
                |name: &str| columns.iter().position(|c| c == name).and_then(|at| cells.get(at)).copied();
            let (Some(id), Some(wall)) = (cell("run_id"), cell("wall_s").and_then(|text| text.parse().ok()))
            else {
                return;
            };
            finished.push((id.to_owned(), wall));
            *failed += usize::from(cell("status") == Some("failed"));
            if !labels.contains_key(id) {
                labels.insert(id.to_owned(), label(&|name| cell(name).unwrap_or_default()));
            }
        })
    }

    /// Rows of a run are contiguous; where they begin, what its segment said before is counted anew.
    fn read_samples(&mut self) -> Result<bool> {
        for Samples { tail, run } in &mut self.samples {
            let sightings = &mut self.sightings;
            let whole = tail.read(|row| {
                let Ok(id) = std::str::from_utf8(&row[0]) else { return };
                if run.as_slice() != id.as_bytes() {
                    *run = id.as_bytes().to_vec();
                    sightings.insert(id.to_owned(), Sighting::default());
                }
                if let Some(sighting) = sightings.get_mut(id) {
                    sighting.follow(row);
                }
            })?;
            if !whole {
                return Ok(false);
            }
            sightings.remove("run_id"); // the header
        }
        Ok(true)
    }

    fn read_segments(&mut self) -> Result<()> {
        let (mut sealed, mut active) = (0, Vec::new());
        let finished: std::collections::HashSet<&str> =
            self.finished.iter().map(|(id, _)| id.as_str()).collect();
        let mut tails = HashMap::new();
        for entry in fs::read_dir(self.path.join(WORK)).into_iter().flatten().flatten() {
            let path = entry.path();
            let Some(id) = path.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned) else {
                continue;
            };
            let done = path.extension().is_some_and(|extension| extension == "done");
            if finished.contains(id.as_str()) {
                continue;
            }
            let mut tail = self.segments.remove(&id).unwrap_or_else(|| Tail::new(&path));
            tail.moved(&path);
            let sighting = self.sightings.entry(id.clone()).or_default();
            if !tail.read(|row| sighting.follow(row))? {
                *sighting = Sighting::default();
                tail = Tail::new(&path);
                tail.read(|row| sighting.follow(row))?;
            }
            tails.insert(id.clone(), tail);
            match done {
                true => sealed += 1,
                false => active.push(id),
            }
        }
        active.sort_unstable();
        self.segments = tails;
        (self.sealed, self.active) = (sealed, active);
        Ok(())
    }

    /// Whether the sweep came to its end.
    pub(super) fn is_finished(&self) -> bool {
        !self.manifest.hashes.is_empty() && self.finished.len() >= self.manifest.runs
    }

    /// Everything seen so far, as runs with their curves.
    pub(super) fn seen(&self) -> impl Iterator<Item = Run> + '_ {
        self.sightings.iter().filter_map(|(id, sighting)| {
            let label = self.labels.get(id)?.clone();
            let score = sighting.curve.last().map(|(_, best)| *best);
            Some(Run { simulator_calls: sighting.calls, score, curve: sighting.curve.clone(), ..label })
        })
    }

    pub(super) fn sighting(&self, id: &str) -> Option<&Sighting> {
        self.sightings.get(id)
    }

    /// Samples of all runs.
    pub(super) fn sample_count(&self) -> u64 {
        self.sightings.values().map(|sighting| sighting.samples).sum()
    }

    /// Time since anything in the directory was written.
    pub(super) fn idle(&self) -> Option<Duration> {
        let work = self.path.join(WORK);
        let mut files = vec![self.path.join(MANIFEST), self.path.join(RUNS), work.clone()];
        files.extend(fs::read_dir(&work).into_iter().flatten().flatten().map(|entry| entry.path()));
        files.extend(self.manifest.config.envs.iter().map(|choice| samples_path(&self.path, &choice.env)));
        let written = files.iter().filter_map(|file| fs::metadata(file).ok()?.modified().ok()).max()?;
        // Clocks of other machines may run ahead.
        Some(SystemTime::now().duration_since(written).unwrap_or_default())
    }
}

/// The runs of a directory by content address, if its plan can be made again here; else none.
fn planned(manifest: &Manifest) -> HashMap<String, Run> {
    let make = || {
        let document = Document::parse(Path::new(MANIFEST), "{}")?;
        let plan = Plan::new(&manifest.config, &document, Path::new(&manifest.folder))?;
        (plan_hash(&plan) == manifest.plan).then_some(plan).context("another plan")
    };
    if manifest.runs.saturating_mul(manifest.shard.count) > MOST_PLANNED {
        return HashMap::new();
    }
    let Ok(plan) = make() else { return HashMap::new() };
    let mine = plan.runs.into_iter().enumerate().filter(|(i, _)| manifest.shard.holds(*i));
    let label = |run: crate::plan::PlannedRun| Run {
        run_id: run.id,
        env: run.spec.env,
        workload: run.spec.workload,
        space: run.spec.space,
        objective: run.objective,
        agent: run.agent,
        ticket: run.ticket as u64,
        seed: run.spec.seed,
        budget: run.spec.budget,
        simulator_calls: 0,
        score: None,
        curve: Vec::new(),
    };
    mine.map(|(_, run)| (run.id.clone(), label(run))).collect()
}

/// A run as its row of `runs.csv` names it.
fn label<'a>(cell: &dyn Fn(&'a str) -> &'a str) -> Run {
    let whole = |name| cell(name).parse().unwrap_or_default();
    Run {
        run_id: cell("run_id").to_owned(),
        env: cell("env").to_owned(),
        workload: cell("workload").to_owned(),
        space: cell("space").to_owned(),
        objective: cell("objective").to_owned(),
        agent: cell("agent").to_owned(),
        ticket: whole("ticket"),
        seed: whole("seed"),
        budget: whole("budget"),
        simulator_calls: 0,
        score: None,
        curve: Vec::new(),
    }
}
