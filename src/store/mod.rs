//! The output directory of a sweep: what is on disk, in which order, and how it survives any interruption.
//!
//! Runs may finish in any order, but `samples/<env>.csv` and `runs.csv` grow in plan order only, so their bytes do
//! not depend on threads. A running run writes `.work/<run>.part`; finishing renames it to `<run>.done`, whose last
//! line is the summary. [`Store::commit`] appends finished runs in order: first their samples, then the row of
//! `runs.csv`, which is the mark that the run is there. Opening a directory keeps the longest prefix of runs whose
//! samples are all on disk and cuts everything after it, so a torn write costs at most the runs it touched.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::config::SweepConfig;
use crate::dataset::columns::{Finished, RunColumns, SampleColumns};
use crate::dataset::output::cannot_write;
use crate::plan::Plan;

mod manifest;
mod rows;
mod segment;
mod takeover;

pub use manifest::{MANIFEST, Manifest, Shard, plan_hash};
use rows::Rows;
pub use segment::Segment;
pub(crate) use segment::WORK;
use segment::{read_trailer, segment};

/// Name of the runs table.
pub const RUNS: &str = "runs.csv";
pub(crate) const LOCK: &str = ".lock";

/// Where the output goes, and how it is taken up.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Output directory.
    pub dir: &'a Path,
    /// Where workload files are looked for.
    pub folder: &'a Path,
    /// Which part of the runs belongs here.
    pub shard: Shard,
    /// Start over instead of taking up what is there.
    pub fresh: bool,
}

/// The samples file of an environment.
pub fn samples_path(dir: &Path, env: &str) -> PathBuf {
    dir.join("samples").join(format!("{env}.csv"))
}

/// An open output directory.
pub struct Store<'a> {
    dir: PathBuf,
    plan: &'a Plan,
    /// Indices of this directory's runs in the plan.
    mine: Vec<usize>,
    columns: BTreeMap<String, SampleColumns>,
    run_columns: RunColumns,
    manifest: Manifest,
    runs: File,
    samples: BTreeMap<String, File>,
    /// How many of `mine` are committed.
    committed: usize,
    /// How many of these failed before this store was opened.
    failed: usize,
    /// Held for as long as the store lives; the system lets go of it when the process dies.
    _lock: File,
}

impl<'a> Store<'a> {
    /// Opens a directory, taking up what is there.
    ///
    /// # Errors
    /// If another process works there, it holds another sweep, or it cannot be written.
    pub fn open(plan: &'a Plan, config: &SweepConfig, place: &Place<'_>) -> Result<Self> {
        let Place { dir, folder, shard, fresh } = *place;
        refuse_others_files(dir)?;
        fs::create_dir_all(dir.join("samples")).with_context(|| cannot_write(dir))?;
        let lock = lock(dir)?;
        let mut manifest = Manifest {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            plan: plan_hash(plan),
            runs: (0..plan.runs.len()).filter(|i| shard.holds(*i)).count(),
            shard,
            config: config.clone(),
            folder: folder.display().to_string(),
            rebuilding: false,
            hashes: BTreeMap::new(),
        };
        if dir.join(MANIFEST).exists() {
            if fresh {
                clear(dir)?;
            } else {
                let found = Manifest::read(dir)?;
                manifest.rebuilding = take_up(dir, plan, &found, &manifest)?;
                if found.plan == manifest.plan {
                    manifest.hashes = found.hashes;
                }
            }
        }
        fs::create_dir_all(dir.join(WORK)).with_context(|| cannot_write(dir))?;
        manifest.write(dir)?;
        let header = RunColumns::of(plan).header();
        let rows = Rows::open(&dir.join(RUNS), &header, manifest.rebuilding)?;
        let mut store = Self {
            dir: dir.to_owned(),
            mine: (0..plan.runs.len()).filter(|i| shard.holds(*i)).collect(),
            columns: SampleColumns::of(&plan.instances),
            run_columns: RunColumns::of(plan),
            manifest,
            runs: rows.file()?,
            samples: BTreeMap::new(),
            committed: 0,
            failed: 0,
            plan,
            _lock: lock,
        };
        store.recover(rows)?;
        Ok(store)
    }

    /// Indices (in the plan) of the runs that belong to this directory.
    pub fn mine(&self) -> &[usize] {
        &self.mine
    }

    /// How many of [`mine`](Store::mine) are in the tables already.
    pub fn committed(&self) -> usize {
        self.committed
    }

    /// How many runs in the tables had failed when the directory was opened.
    pub fn failed(&self) -> usize {
        self.failed
    }

    /// The outcome of a run that finished but is not in the tables yet.
    pub fn finished(&self, run: usize) -> Option<Finished> {
        let id = &self.plan.runs[run].id;
        let file = File::open(self.dir.join(WORK).join(format!("{id}.done"))).ok()?;
        read_trailer(file).ok().flatten().map(|(finished, _)| finished).filter(|f| f.run_id == *id)
    }

    /// Appends every finished run whose turn it is. `known` are outcomes of finished runs by plan index.
    ///
    /// # Errors
    /// If a file cannot be read or written.
    pub fn commit(&mut self, known: &mut BTreeMap<usize, Finished>) -> Result<()> {
        while let Some(&run) = self.mine.get(self.committed) {
            let Some(finished) = known.remove(&run) else { break };
            let path = segment(&self.dir, &finished.run_id, true);
            self.append(run, &finished, &path)?;
            // Losing the segment before the row is on disk would be worse than keeping it for nothing.
            fs::remove_file(&path).with_context(|| cannot_write(&path))?;
        }
        Ok(())
    }

    fn append(&mut self, run: usize, finished: &Finished, segment: &Path) -> Result<()> {
        let planned = &self.plan.runs[run];
        let mut source = File::open(segment).with_context(|| format!("cannot read {}", segment.display()))?;
        let (_, rows) = read_trailer(source.try_clone()?)?
            .with_context(|| format!("{} is damaged; remove it and start again", segment.display()))?;
        source.seek(SeekFrom::Start(0))?;
        let env = &planned.spec.env;
        let path = samples_path(&self.dir, env);
        let target = self.samples.get_mut(env).context("no samples file for this environment")?;
        std::io::copy(&mut source.take(rows), target).with_context(|| cannot_write(&path))?;
        self.append_row(&(self.run_columns.row(planned, finished) + "\n"))
    }

    /// Appends rows of samples of `run` copied from another directory.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn append_samples(&mut self, run: usize, rows: &[u8]) -> Result<()> {
        let env = &self.plan.runs[run].spec.env;
        let path = samples_path(&self.dir, env);
        let target = self.samples.get_mut(env).context("no samples file for this environment")?;
        target.write_all(rows).with_context(|| cannot_write(&path))
    }

    /// Appends a row of `runs.csv`: the mark that all samples of the run are there.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn append_row(&mut self, row: &str) -> Result<()> {
        self.runs.write_all(row.as_bytes()).with_context(|| cannot_write(&self.dir.join(RUNS)))?;
        self.committed += 1;
        Ok(())
    }

    /// Writes the hashes into the manifest, flushes everything to the disk and removes the working files.
    ///
    /// # Errors
    /// If a file cannot be read or written.
    pub fn finish(&mut self) -> Result<()> {
        for (env, file) in &self.samples {
            file.sync_all().with_context(|| cannot_write(&samples_path(&self.dir, env)))?;
            let name = format!("samples/{env}.csv");
            // A sweep that was finished when it was opened has been checked against its hashes already.
            if !self.manifest.hashes.contains_key(&name) {
                self.manifest.hashes.insert(name, file_hash(&samples_path(&self.dir, env))?);
            }
        }
        self.runs.sync_all()?;
        self.manifest.write(&self.dir)?;
        fs::remove_dir_all(self.dir.join(WORK)).with_context(|| cannot_write(&self.dir.join(WORK)))
    }

    /// Keeps the longest prefix of runs whose samples are complete and cuts the rest.
    fn recover(&mut self, mut rows: Rows) -> Result<()> {
        let rebuilding = self.manifest.rebuilding;
        let mut readers = BTreeMap::new();
        for (env, columns) in &self.columns {
            let path = samples_path(&self.dir, env);
            readers.insert(env.clone(), Rows::open(&path, &columns.header(), rebuilding)?);
        }
        let samples_at = samples_from_the_end(&self.run_columns.header()).unwrap_or(0);
        for &run in &self.mine {
            let planned = &self.plan.runs[run];
            let Some(row) = rows.peek()? else { break };
            let count = samples_of(row, samples_at);
            let failed = row.ends_with(",failed");
            let (Some(count), true) = (count, starts_with_id(row, &planned.id)) else {
                return Err(rows.foreign());
            };
            let samples = readers.get_mut(&planned.spec.env).context("no samples file")?;
            if !samples.take(count, &planned.id)? {
                break;
            }
            rows.accept();
            self.committed += 1;
            self.failed += usize::from(failed);
        }
        rows.cut()?;
        for (env, reader) in readers {
            self.samples.insert(env, reader.cut()?);
        }
        if rebuilding {
            self.manifest.rebuilding = false;
            self.manifest.write(&self.dir)?;
        }
        self.check_hashes()?;
        self.remove_parts()
    }

    /// A finished sweep must be as it was when it finished.
    fn check_hashes(&mut self) -> Result<()> {
        if self.committed < self.mine.len() {
            self.manifest.hashes.clear();
            return self.manifest.write(&self.dir);
        }
        for (name, expected) in &self.manifest.hashes {
            let path = self.dir.join(name);
            if *expected != file_hash(&path)? {
                bail!(
                    "{} was changed after the sweep finished; put the file back, or pass --fresh to start over",
                    path.display()
                );
            }
        }
        Ok(())
    }

    /// Unfinished segments are of no use: their runs are repeated.
    fn remove_parts(&self) -> Result<()> {
        let work = self.dir.join(WORK);
        for entry in fs::read_dir(&work)? {
            let path = entry?.path();
            if path.extension().is_none_or(|e| e != "done") {
                fs::remove_file(&path).with_context(|| cannot_write(&path))?;
            }
        }
        Ok(())
    }
}

fn starts_with_id(row: &str, id: &str) -> bool {
    row.strip_prefix(id).is_some_and(|rest| rest.starts_with(','))
}

/// Distance of the `samples` cell from the end of a row of `runs.csv`: only cells before it may be quoted.
pub fn samples_from_the_end(header: &str) -> Option<usize> {
    header.trim_end().rsplit(',').position(|name| name == "samples")
}

/// How many samples a row of `runs.csv` counts.
pub fn samples_of(row: &str, from_the_end: usize) -> Option<u64> {
    row.rsplit(',').nth(from_the_end)?.parse().ok()
}

/// BLAKE3 of a file.
///
/// # Errors
/// If it cannot be read.
pub fn file_hash(path: &Path) -> Result<String> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(file).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(hasher.finalize().to_hex().to_string())
}

/// A directory is ours if it has a manifest of ours, or nothing that we would write over.
fn refuse_others_files(dir: &Path) -> Result<()> {
    if dir.join(MANIFEST).exists() {
        return Manifest::read(dir).map(|_| ());
    }
    let theirs = [RUNS, WORK, "figures"].into_iter().map(|name| dir.join(name)).find(|path| path.exists());
    let samples = fs::read_dir(dir.join("samples")).ok().and_then(|mut entries| entries.next()?.ok());
    match theirs.or_else(|| samples.map(|entry| entry.path())) {
        Some(path) => bail!(
            "{} is not the output of a sweep (it has no {MANIFEST}) but holds {}; choose another --out",
            dir.display(),
            path.display()
        ),
        None => Ok(()),
    }
}

/// Keeps other processes out of a directory for as long as the file lives.
pub(crate) fn lock(dir: &Path) -> Result<File> {
    let path = dir.join(LOCK);
    let file =
        OpenOptions::new().create(true).append(true).open(&path).with_context(|| cannot_write(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => {
            bail!("another process is working in {}; wait for it or choose another --out", dir.display())
        }
        Err(fs::TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock {}", path.display()))
        }
    }
}

/// Removes what the sweep of this directory wrote, and nothing else.
fn clear(dir: &Path) -> Result<()> {
    let mut files: Vec<PathBuf> = [RUNS, MANIFEST].map(|name| dir.join(name)).to_vec();
    files.extend(Manifest::read(dir)?.config.envs.iter().map(|choice| samples_path(dir, &choice.env)));
    let work = dir.join(WORK);
    files.extend(fs::read_dir(&work).into_iter().flatten().flatten().map(|entry| entry.path()));
    for path in files {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| cannot_write(&path));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Makes sure that what is in the directory belongs to this sweep, or to a smaller one that it includes. Answers
/// whether the tables have to be written anew, from segments.
fn take_up(dir: &Path, plan: &Plan, found: &Manifest, wanted: &Manifest) -> Result<bool> {
    let advice = "choose another --out, or pass --fresh to start over";
    let shown = dir.display();
    if found.version != wanted.version {
        bail!("{shown} was made by version {}, this is {}; {advice}", found.version, wanted.version);
    }
    if found.shard != wanted.shard {
        bail!("{shown} holds shard {}, not {}; {advice}", found.shard, wanted.shard);
    }
    if found.plan == wanted.plan {
        return Ok(found.rebuilding);
    }
    if found.rebuilding {
        bail!("{shown} was being extended; give that command again first, or {advice}");
    }
    if !takeover::take_over(dir, plan)? {
        bail!("{shown} holds another sweep, with runs that this one does not ask for; {advice}");
    }
    Ok(true)
}
