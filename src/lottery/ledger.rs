//! What `runs.csv` and the manifests say beside the scores: hyperparameters, how runs ended, what is missing.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use csv::StringRecord;

use super::findings::Remark;
use crate::store::{Manifest, RUNS};
use crate::study::{Run, Study};
use crate::usage::Usage;

/// Hyperparameters of a ticket by name, as they are written.
pub type Setting = BTreeMap<String, String>;

/// One run's row.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Entry {
    /// Which directory it came from.
    pub dir: usize,
    /// Its hyperparameters.
    pub setting: Setting,
    /// Why it ended.
    pub status: String,
    /// Designs told to the agent.
    pub samples: u64,
    /// Whether it is judged by hypervolume.
    pub pareto: bool,
}

/// All rows by run, and what the directories say of themselves.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    /// The directories.
    pub dirs: Vec<PathBuf>,
    /// Their manifests.
    pub manifests: Vec<Manifest>,
    /// Rows by content address.
    pub entries: HashMap<String, Entry>,
    /// What a reader has to know.
    pub remarks: Vec<Remark>,
}

impl Ledger {
    /// Reads directories of sweeps into one study; a run that is in several counts once.
    ///
    /// # Errors
    /// If a directory cannot be read, or two of them hold different runs under one name: the same agent, ticket and seed on the
    /// same problem, or one ticket with two settings.
    pub fn load(dirs: &[PathBuf]) -> Result<(Study, Self)> {
        let mut ledger = Self { dirs: dirs.to_vec(), ..Self::default() };
        let mut all = Study { name: String::new(), runs: Vec::new() };
        for (at, dir) in dirs.iter().enumerate() {
            let context = || format!("cannot read the study in {}", dir.display());
            let study = Study::load(dir).with_context(context)?;
            let manifest = Manifest::read(dir)?;
            ledger.remark_missing(dir, &manifest, study.runs.len());
            let entries = read(&dir.join(RUNS), at).with_context(context)?;
            if at == 0 {
                all.name = study.name;
            }
            ledger.manifests.push(manifest);
            ledger.include(study.runs, entries, &mut all.runs);
        }
        ledger.refuse_homonyms(&all.runs)?;
        ledger.remark_all(&all.runs);
        Ok((all, ledger))
    }

    /// What is known of a run.
    pub fn entry(&self, run: &Run) -> Entry {
        self.entries.get(&run.run_id).cloned().unwrap_or_default()
    }

    /// Whether a run is judged by hypervolume.
    pub fn is_pareto(&self, run: &Run) -> bool {
        self.entries.get(&run.run_id).is_some_and(|entry| entry.pareto)
    }

    /// The setting of each ticket of an agent.
    pub fn settings(&self, study: &Study, agent: &str) -> BTreeMap<u64, Setting> {
        let runs = study.runs.iter().filter(|run| run.agent == agent);
        runs.map(|run| (run.ticket, self.entry(run).setting)).collect()
    }

    pub(super) fn remark(&mut self, about: &str, text: String) {
        let remark = Remark { about: about.to_owned(), text };
        if !self.remarks.contains(&remark) {
            self.remarks.push(remark);
        }
    }

    fn include(&mut self, runs: Vec<Run>, mut entries: HashMap<String, Entry>, all: &mut Vec<Run>) {
        let mut twice = 0;
        for run in runs {
            let Some(entry) = entries.remove(&run.run_id) else { continue };
            if self.entries.contains_key(&run.run_id) {
                twice += 1;
                continue;
            }
            self.entries.insert(run.run_id.clone(), entry);
            all.push(run);
        }
        if twice > 0 {
            self.remark("study", format!("{twice} runs are in several directories; each counts once"));
        }
    }

    fn remark_missing(&mut self, dir: &Path, manifest: &Manifest, found: usize) {
        let dir = dir.display();
        if found < manifest.runs {
            self.remark(
                "study",
                format!("{dir} holds {found} of {} runs; the rest is missing", manifest.runs),
            );
        }
        if manifest.shard.count > 1 {
            self.remark(
                "study",
                format!("{dir} is shard {} of a sweep; merge all shards for the whole", manifest.shard),
            );
        }
    }

    /// Tickets are numbered by each sweep for itself, so two sweeps may mean different things by one number.
    fn refuse_homonyms(&self, runs: &[Run]) -> Result<()> {
        let mut places = HashMap::new();
        let mut settings: HashMap<(&str, u64), &Entry> = HashMap::new();
        for run in runs {
            let Some(entry) = self.entries.get(&run.run_id) else { continue };
            let dir = |entry: &Entry| self.dirs[entry.dir].display().to_string();
            let place =
                (&run.env, &run.workload, &run.space, &run.objective, &run.agent, run.ticket, run.seed);
            if let Some(other) = places.insert(place, entry) {
                return Err(Usage::error(format!(
                    "{} and {} hold different runs of ticket {} of {} with seed {} on {} {} {}; label the agents differently",
                    dir(other),
                    dir(entry),
                    run.ticket,
                    run.agent,
                    run.seed,
                    run.env,
                    run.workload,
                    run.objective
                )));
            }
            let known = settings.entry((&run.agent, run.ticket)).or_insert(entry);
            if known.setting != entry.setting {
                return Err(Usage::error(format!(
                    "ticket {} of {} has other hyperparameters in {} than in {}; label the agents differently",
                    run.ticket,
                    run.agent,
                    dir(entry),
                    dir(known)
                )));
            }
        }
        Ok(())
    }

    fn remark_all(&mut self, runs: &[Run]) {
        let versions: BTreeSet<&str> = self.manifests.iter().map(|m| m.version.as_str()).collect();
        if versions.len() > 1 {
            let versions = versions.into_iter().collect::<Vec<_>>().join(", ");
            self.remark("study", format!("the runs were made by several versions of sweepstake: {versions}"));
        }
        let budgets: BTreeSet<u64> = runs.iter().map(|run| run.budget).collect();
        if let (Some(least), Some(most), true) = (budgets.first(), budgets.last(), budgets.len() > 1) {
            self.remark(
                "study",
                format!("budgets differ, {least} to {most} calls; all runs are judged after {least}"),
            );
        }
        for status in ["failed", "interrupted"] {
            let count = runs.iter().filter(|run| self.entry(run).status == status).count();
            if count > 0 {
                self.remark(
                    "study",
                    format!("{count} runs are {status}; they count with what they had found"),
                );
            }
        }
        let empty = runs.iter().filter(|run| run.curve.is_empty()).count();
        if empty > 0 {
            self.remark("study", format!("{empty} runs have no feasible design; they count as regret 1"));
        }
    }
}

/// The rows of `runs.csv`.
fn read(path: &Path, dir: usize) -> Result<HashMap<String, Entry>> {
    let mut reader =
        csv::Reader::from_path(path).with_context(|| format!("cannot read {}", path.display()))?;
    let header = reader.headers()?.clone();
    let at = |name: &str| {
        let found = header.iter().position(|known| known == name);
        found.with_context(|| format!("{} has no column `{name}`", path.display()))
    };
    let (id, status, samples, volume) = (at("run_id")?, at("status")?, at("samples")?, at("hypervolume")?);
    let names: Vec<(usize, &str)> =
        header.iter().enumerate().filter_map(|(i, name)| Some((i, name.strip_prefix("hp.")?))).collect();
    let setting = |record: &StringRecord| {
        let value = |(at, name): &(usize, &str)| Some((name.to_string(), record.get(*at)?.to_owned()));
        names.iter().filter_map(value).filter(|(_, value)| !value.is_empty()).collect()
    };
    let mut entries = HashMap::new();
    for record in reader.records() {
        let record = record?;
        let entry = Entry {
            dir,
            setting: setting(&record),
            status: record[status].to_owned(),
            samples: record[samples].parse().with_context(|| {
                format!(
                    "{}: `samples` of run {} is not a whole number: `{}`",
                    path.display(),
                    &record[id],
                    &record[samples]
                )
            })?,
            pareto: !record[volume].is_empty(),
        };
        entries.insert(record[id].to_owned(), entry);
    }
    Ok(entries)
}
