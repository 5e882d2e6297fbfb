//! The output directory of a sweep: what is on disk, in which order, and how it survives any interruption.
//!
//! Runs may finish in any order, but `samples/<env>.csv` and `runs.csv` grow in plan order only, so their bytes do
//! not depend on threads. A running run writes `.work/<run>.part`; finishing renames it to `<run>.done`, whose last
//! line is the summary. [`Store::commit`] appends finished runs in order: first their samples, then the row of
//! `runs.csv`, which is the mark that the run is there. Opening a directory keeps the longest prefix of runs whose
//! samples are all on disk and cuts everything after it, so a torn write costs at most the runs it touched.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::config::SweepConfig;
use crate::dataset::columns::{Finished, RunColumns, SampleColumns};
use crate::plan::Plan;

mod manifest;
mod rows;
mod segment;
mod takeover;

pub use manifest::{MANIFEST, Manifest, Shard, plan_hash};
use rows::Rows;
pub use segment::Segment;
use segment::{WORK, read_trailer, segment};

/// Name of the runs table.
pub const RUNS: &str = "runs.csv";
const LOCK: &str = ".lock";

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

fn cannot_write(path: &Path) -> String {
    format!("cannot write {}", path.display())
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
        fs::create_dir_all(dir.join("samples")).with_context(|| cannot_write(dir))?;
        let lock = lock(dir)?;
        let manifest = Manifest {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            plan: plan_hash(plan),
            runs: (0..plan.runs.len()).filter(|i| shard.holds(*i)).count(),
            shard,
            config: config.clone(),
            folder: folder.display().to_string(),
            hashes: BTreeMap::new(),
        };
        if fresh {
            clear(dir)?;
        } else if dir.join(MANIFEST).exists() {
            take_up(dir, plan, &manifest)?;
        } else if dir.join(RUNS).exists() {
            bail!(
                "{} holds a {RUNS} without {MANIFEST}; choose another --out or pass --fresh",
                dir.display()
            );
        }
        fs::create_dir_all(dir.join(WORK)).with_context(|| cannot_write(dir))?;
        manifest.write(dir)?;
        let mut store = Self {
            dir: dir.to_owned(),
            mine: (0..plan.runs.len()).filter(|i| shard.holds(*i)).collect(),
            columns: SampleColumns::of(&plan.instances),
            run_columns: RunColumns::of(plan),
            manifest,
            runs: open(&dir.join(RUNS))?,
            samples: BTreeMap::new(),
            committed: 0,
            plan,
            _lock: lock,
        };
        store.recover()?;
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

    /// Columns of an environment's samples.
    pub fn columns(&self, env: &str) -> &SampleColumns {
        &self.columns[env]
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
        let rows = read_trailer(source.try_clone()?)?.map_or(0, |(_, rows)| rows);
        source.seek(SeekFrom::Start(0))?;
        let env = &planned.spec.env;
        let path = samples_path(&self.dir, env);
        let target = self.samples.get_mut(env).context("no samples file for this environment")?;
        std::io::copy(&mut source.take(rows), target).with_context(|| cannot_write(&path))?;
        self.append_row(&(self.run_columns.row(planned, finished) + "\n"))
    }

    /// Appends a run copied from another directory: its row of `runs.csv` and its samples, as they are.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn append_copy(&mut self, run: usize, row: &str, rows: &[u8]) -> Result<()> {
        let env = &self.plan.runs[run].spec.env;
        let path = samples_path(&self.dir, env);
        let target = self.samples.get_mut(env).context("no samples file for this environment")?;
        target.write_all(rows).with_context(|| cannot_write(&path))?;
        self.append_row(row)
    }

    fn append_row(&mut self, row: &str) -> Result<()> {
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
            let mut hasher = blake3::Hasher::new();
            hasher.update_reader(File::open(samples_path(&self.dir, env))?)?;
            let name = format!("samples/{env}.csv");
            self.manifest.hashes.insert(name, hasher.finalize().to_hex().to_string());
        }
        self.runs.sync_all()?;
        self.manifest.write(&self.dir)?;
        fs::remove_dir_all(self.dir.join(WORK)).with_context(|| cannot_write(&self.dir.join(WORK)))
    }

    /// Keeps the longest prefix of runs whose samples are complete and cuts the rest.
    fn recover(&mut self) -> Result<()> {
        let mut readers = BTreeMap::new();
        for (env, columns) in &self.columns {
            let header = columns.header();
            let mut file = open(&samples_path(&self.dir, env))?;
            start(&mut file, &header)?;
            readers.insert(env.clone(), Rows::new(file, header.len() as u64 + 1)?);
        }
        let header = self.run_columns.header();
        start(&mut self.runs, &header)?;
        let mut rows = Rows::new(self.runs.try_clone()?, header.len() as u64 + 1)?;
        let samples_at = header.split(',').rev().position(|name| name == "samples").unwrap_or(0);
        for &run in &self.mine {
            let planned = &self.plan.runs[run];
            let Some(row) = rows.peek()? else { break };
            // Cells are counted from the end, where none is quoted.
            let cells: Vec<&str> = row.rsplitn(samples_at + 2, ',').collect();
            let count = cells.get(samples_at).and_then(|cell| cell.parse::<u64>().ok());
            let whole = row.split(',').count() >= header.split(',').count();
            let (Some(count), true) = (count, whole && starts_with_id(row, &planned.id)) else { break };
            let samples = readers.get_mut(&planned.spec.env).context("no samples file")?;
            if !samples.take(count, &planned.id)? {
                break;
            }
            rows.accept();
            self.committed += 1;
        }
        rows.cut()?;
        for (env, reader) in readers {
            self.samples.insert(env, reader.cut()?);
        }
        self.remove_parts()
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

fn open(path: &Path) -> Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .with_context(|| cannot_write(path))
}

/// Makes the file begin with `header`; anything else there is lost.
fn start(file: &mut File, header: &str) -> Result<()> {
    let mut found = vec![0; header.len() + 1];
    file.seek(SeekFrom::Start(0))?;
    let whole = file.read_exact(&mut found).is_ok();
    if !whole || found != format!("{header}\n").as_bytes() {
        file.set_len(0)?;
        file.seek(SeekFrom::Start(0))?;
        writeln!(file, "{header}").context("cannot write the header of a table")?;
    }
    Ok(())
}

fn lock(dir: &Path) -> Result<File> {
    let path = dir.join(LOCK);
    let file = open(&path)?;
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

/// Removes what a sweep wrote, and nothing else.
fn clear(dir: &Path) -> Result<()> {
    let remove = |result: std::io::Result<()>, path: &Path| match result {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| cannot_write(path))
        }
        _ => Ok(()),
    };
    for name in [MANIFEST, RUNS] {
        let path = dir.join(name);
        remove(fs::remove_file(&path), &path)?;
    }
    let work = dir.join(WORK);
    remove(fs::remove_dir_all(&work), &work)?;
    for entry in fs::read_dir(dir.join("samples"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "csv") {
            remove(fs::remove_file(&path), &path)?;
        }
    }
    Ok(())
}

/// Makes sure that what is in the directory belongs to this sweep, or to a smaller one that it includes.
fn take_up(dir: &Path, plan: &Plan, wanted: &Manifest) -> Result<()> {
    let found = Manifest::read(dir)?;
    let advice = "choose another --out, or pass --fresh to start over";
    if found.version != wanted.version {
        bail!(
            "{} was made by version {}, this is {}; {advice}",
            dir.display(),
            found.version,
            wanted.version
        );
    }
    if found.shard != wanted.shard {
        bail!("{} holds shard {}, not {}; {advice}", dir.display(), found.shard, wanted.shard);
    }
    if found.plan != wanted.plan && !takeover::take_over(dir, plan)? {
        bail!("{} holds another sweep, with runs that this one does not ask for; {advice}", dir.display());
    }
    Ok(())
}
