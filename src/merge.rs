//! Merging: the shards of a sweep, written anew in plan order.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::config::SweepConfig;
use crate::document::Document;
use crate::plan::Plan;
use crate::store::{
    MANIFEST, Manifest, Place, RUNS, Shard, Store, file_hash, plan_hash, samples_from_the_end, samples_of,
    samples_path,
};
use crate::usage::Usage;

/// Bytes of rows copied at once.
const BUFFER: usize = 1 << 18;

/// Merges `dirs` into `out` and returns the number of runs.
///
/// # Errors
/// If the directories are not the complete shards of one sweep, or something cannot be read or written.
pub fn merge_shards(dirs: &[PathBuf], out: &Path, fresh: bool, config: Option<&Path>) -> Result<usize> {
    let manifests = dirs.iter().map(|dir| Manifest::read(dir)).collect::<Result<Vec<_>>>()?;
    let place_of = |dir: &Path| dir.canonicalize().ok();
    if let Some(input) = dirs.iter().find(|dir| place_of(dir).is_some() && place_of(dir) == place_of(out)) {
        return Err(Usage::error(format!("--out {} is one of the shards; choose another", input.display())));
    }
    let plan = plan(&manifests[0], config)?;
    let mut parts = complete(dirs, &manifests, &plan)?;
    let folder = PathBuf::from(&manifests[0].folder);
    let place = Place { dir: out, folder: &folder, shard: Shard::WHOLE, fresh };
    let mut store = Store::open(&plan, &manifests[0].config, &place)?;
    let count = parts.len();
    let skip = store.committed();
    let mut rows = Vec::new();
    for run in 0..plan.runs.len() {
        let planned = &plan.runs[run];
        let part = &mut parts[run % count];
        let (row, samples) = part.next_run(&planned.id)?;
        let keep = |store: &mut Store<'_>, rows: &mut Vec<u8>| {
            let result = if run >= skip { store.append_samples(run, rows) } else { Ok(()) };
            rows.clear();
            result
        };
        for _ in 0..samples {
            part.next_sample(&planned.id, &planned.spec.env, &mut rows)?;
            if rows.len() >= BUFFER {
                keep(&mut store, &mut rows)?;
            }
        }
        keep(&mut store, &mut rows)?;
        if run >= skip {
            store.append_row(&row)?;
        }
    }
    store.finish()?;
    Ok(plan.runs.len())
}

/// The plan that the shards were made from.
fn plan(manifest: &Manifest, config: Option<&Path>) -> Result<Plan> {
    let (config, document, folder): (SweepConfig, _, _) = match config {
        Some(path) => {
            let document = Document::read(path)?;
            (document.load()?, document, path.parent().unwrap_or(Path::new("")).to_owned())
        }
        None => {
            let folder = PathBuf::from(&manifest.folder);
            (manifest.config.clone(), Document::parse(Path::new("manifest.json"), "{}")?, folder)
        }
    };
    let plan = Plan::new(&config, &document, &folder)?;
    if plan_hash(&plan) != manifest.plan {
        return Err(Usage::error(
            "the configuration gives another plan than the shards were made from; was a workload file changed?",
        ));
    }
    Ok(plan)
}

/// Readers of the shards in order, if they are all there and finished.
fn complete(dirs: &[PathBuf], manifests: &[Manifest], plan: &Plan) -> Result<Vec<Part>> {
    let first = &manifests[0];
    let mut parts: BTreeMap<usize, Part> = BTreeMap::new();
    for (dir, manifest) in dirs.iter().zip(manifests) {
        let shown = dir.display();
        if manifest.version != first.version {
            bail!(
                "{shown} was made by version {}, {} by {}",
                manifest.version,
                dirs[0].display(),
                first.version
            );
        }
        if manifest.plan != first.plan || manifest.shard.count != first.shard.count {
            return Err(Usage::error(format!("{shown} belongs to another sweep than {}", dirs[0].display())));
        }
        if manifest.hashes.is_empty() {
            return Err(Usage::error(format!(
                "{shown} is not finished; give its sweep command again (--shard {})",
                manifest.shard
            )));
        }
        if let Some((name, _)) = manifest
            .hashes
            .iter()
            .find(|(name, hash)| file_hash(&dir.join(name)).ok() != Some((*hash).clone()))
        {
            bail!(
                "{} is not as its sweep left it: its hash differs from {shown}/{MANIFEST}",
                dir.join(name).display()
            );
        }
        if parts.insert(manifest.shard.index, Part::open(dir, plan)?).is_some() {
            return Err(Usage::error(format!("shard {} is given twice", manifest.shard)));
        }
    }
    let count = first.shard.count;
    match (1..=count).find(|index| !parts.contains_key(index)) {
        Some(missing) => Err(Usage::error(format!("shard {missing}/{count} is missing"))),
        None => Ok(parts.into_values().collect()),
    }
}

/// The tables of one shard, read in order.
struct Part {
    dir: PathBuf,
    runs: BufReader<File>,
    samples: BTreeMap<String, BufReader<File>>,
    /// Distance of the `samples` cell from the end of a row of `runs.csv`.
    samples_at: usize,
}

impl Part {
    fn open(dir: &Path, plan: &Plan) -> Result<Self> {
        let open = |path: &Path| -> Result<(BufReader<File>, String)> {
            let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
            let mut reader = BufReader::with_capacity(1 << 18, file);
            let mut header = String::new();
            reader.read_line(&mut header)?;
            Ok((reader, header))
        };
        let (runs, header) = open(&dir.join(RUNS))?;
        let samples_at = samples_from_the_end(&header);
        let mut samples = BTreeMap::new();
        for instance in &plan.instances {
            samples.insert(instance.env.clone(), open(&samples_path(dir, &instance.env))?.0);
        }
        let samples_at = samples_at.with_context(|| format!("{} has no column `samples`", dir.display()))?;
        Ok(Self { dir: dir.to_owned(), runs, samples, samples_at })
    }

    /// The next row of `runs.csv`, which has to be of `run`, and how many samples belong to it.
    fn next_run(&mut self, run: &str) -> Result<(String, u64)> {
        let mut row = String::new();
        self.runs.read_line(&mut row)?;
        match samples_of(&row, self.samples_at).filter(|_| row.starts_with(run) && row.ends_with('\n')) {
            Some(count) => Ok((row, count)),
            None => bail!("{} is damaged at run {run}", self.dir.join(RUNS).display()),
        }
    }

    /// Appends the next row of samples, which has to be of `run`.
    fn next_sample(&mut self, run: &str, env: &str, rows: &mut Vec<u8>) -> Result<()> {
        let reader = self.samples.get_mut(env).context("no samples of this environment")?;
        let start = rows.len();
        reader.read_until(b'\n', rows)?;
        if !rows[start..].starts_with(run.as_bytes()) || !rows.ends_with(b"\n") {
            bail!("{} is damaged at run {run}", samples_path(&self.dir, env).display());
        }
        Ok(())
    }
}
