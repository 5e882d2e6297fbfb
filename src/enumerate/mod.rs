//! Enumeration: every behaviour of a finite space evaluated once, into a [`Table`].
//!
//! The behaviours are found first, which is cheap; then parts of [`PART`] of them are evaluated in any order by any
//! number of threads, each into its own file, and at last written into the table in rank order. So the bytes of the table
//! depend neither on threads nor on interruptions, and a `kill -9` costs the parts under way.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use anyhow::{Context as _, Result, bail};
use rayon::prelude::*;
use rl_env::problem::{self, Outcome, Problem};

use crate::dataset::output::{Output, cannot_write};
use crate::plan::Instance;
use crate::store::{Shard, lock};
use crate::table::{self, About, Table, TableWriter};
use crate::usage::Usage;

mod behaviours;
mod parts;

pub use behaviours::{Behaviours, behaviours, checked_size};
pub use parts::{PART, Parts};

/// Designs of a space above which an enumeration has to be asked for expressly.
pub const LIMIT: u32 = 10_000_000;

/// What is to be enumerated, and how.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// The table to write.
    pub out: &'a Path,
    /// Which parts belong here.
    pub shard: Shard,
    /// Most points of the space.
    pub limit: u32,
    /// Replace a table that is there already.
    pub fresh: bool,
}

/// Something that hears how far an enumeration is.
pub trait Progress: Sync {
    /// Of `all` behaviours, `known` are on disk.
    fn begin(&self, all: u64, known: u64);
    /// So many more are evaluated.
    fn advance(&self, evaluated: u64);
}

/// Nobody hears.
impl Progress for () {
    fn begin(&self, _: u64, _: u64) {}
    fn advance(&self, _: u64) {}
}

/// What came of an enumeration.
#[derive(Debug)]
pub enum Enumerated {
    /// The table is written; so many evaluations were made now.
    Complete(Table, u64),
    /// It was stopped; so many of so many behaviours are on disk.
    Interrupted(u64, u64),
}

/// Enumerates a space on the threads of rayon's pool.
///
/// # Errors
/// If the space is too large, another process is at it, `out` holds something else, or a file cannot be written.
pub fn enumerate(
    instance: &Instance,
    order: &Order<'_>,
    stop: &AtomicBool,
    progress: &dyn Progress,
) -> Result<Enumerated> {
    checked_size(instance.problem.space(), order.limit)?;
    let found = behaviours(instance.problem.as_ref(), order.limit, stop)?;
    let about = about(instance, &found, order.shard);
    let parts = Parts::new(order.out, job(&about));
    if let Some(table) = finished(order, &about)? {
        parts.remove();
        return Ok(Enumerated::Complete(table, 0));
    }
    fs::create_dir_all(parts.dir()).with_context(|| cannot_write(parts.dir()))?;
    let lock = lock(parts.dir())?;
    let work = Work { problem: instance.problem.as_ref(), found: &found, parts: &parts, stop, progress };
    let mine: Vec<usize> =
        (0..found.ranks.len().div_ceil(PART)).filter(|part| order.shard.holds(*part)).collect();
    let rows = |part: &usize| work.rows(*part).len() as u64;
    let all: u64 = mine.iter().map(rows).sum();
    let todo: Vec<usize> =
        mine.par_iter().copied().filter(|part| parts.read(*part, work.rows(*part).len()).is_none()).collect();
    let open: u64 = todo.iter().map(rows).sum();
    progress.begin(all, all - open);
    let sealed = AtomicU64::new(0);
    todo.par_iter().try_for_each(|part| -> Result<()> {
        let outcomes = work.evaluate(*part);
        if outcomes.len() == work.rows(*part).len() {
            sealed.fetch_add(outcomes.len() as u64, Ordering::Relaxed);
            parts.write(*part, outcomes)?;
        }
        Ok(())
    })?;
    let sealed = sealed.into_inner();
    if sealed < open {
        return Ok(Enumerated::Interrupted(all - open + sealed, all));
    }
    let mut writer = TableWriter::new(Output::create(order.out)?, work.problem, about)?;
    for part in mine {
        let outcomes = parts.read(part, work.rows(part).len());
        let outcomes =
            outcomes.with_context(|| format!("a part in {} was changed", parts.dir().display()))?;
        for (row, outcome) in work.rows(part).zip(&outcomes) {
            writer.push(found.ranks[row], found.designs[row], outcome)?;
        }
    }
    writer.finish().with_context(|| cannot_write(order.out))?.0.commit()?;
    drop(lock);
    parts.remove();
    // Reading it back proves that it can be read.
    Ok(Enumerated::Complete(table::read(order.out)?, sealed))
}

/// What the evaluating threads share.
struct Work<'a> {
    problem: &'a dyn Problem,
    found: &'a Behaviours,
    parts: &'a Parts,
    stop: &'a AtomicBool,
    progress: &'a dyn Progress,
}

impl Work<'_> {
    /// Behaviours of a part.
    fn rows(&self, part: usize) -> std::ops::Range<usize> {
        debug_assert!(self.parts.dir().is_dir());
        part * PART..((part + 1) * PART).min(self.found.ranks.len())
    }

    /// Outcomes of a part; too few if it was stopped.
    fn evaluate(&self, part: usize) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(PART);
        for rank in &self.found.ranks[self.rows(part)] {
            let design = self.problem.space().unrank(u128::from(*rank));
            let (Some(design), false) = (design, self.stop.load(Ordering::Relaxed)) else { break };
            outcomes.push(problem::evaluate(self.problem, &design));
            self.progress.advance(1);
        }
        outcomes
    }
}

fn about(instance: &Instance, found: &Behaviours, shard: Shard) -> About {
    About {
        subject: instance.subject.clone(),
        designs: found.all.into(),
        violating: found.violating,
        behaviours: found.ranks.len() as u64,
        shard,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        blake3: String::new(),
    }
}

/// Hash of what determines the parts. The shard does not: parts are numbered over the whole space.
fn job(about: &About) -> String {
    let job = (&about.subject, about.designs, about.violating, about.behaviours, &about.version, PART);
    blake3::hash(&serde_json::to_vec(&job).unwrap_or_default()).to_hex()[..32].to_owned()
}

/// The table at `out`, if it is there and is the one that is asked for.
fn finished(order: &Order<'_>, about: &About) -> Result<Option<Table>> {
    let out = order.out;
    if !out.exists() {
        return Ok(None);
    }
    let shown = out.display();
    if !table::is_table(out) {
        return Err(Usage::error(format!("{shown} exists and is no table; choose another --out")));
    }
    if order.fresh {
        return Ok(None);
    }
    let table = table::read(out)?;
    let known = About { blake3: String::new(), ..table.about.clone() };
    if known != *about {
        let differs = if known.subject != about.subject {
            format!("is of {}", known.subject)
        } else if known.shard != about.shard {
            format!("is shard {}", known.shard)
        } else if known.version != about.version {
            format!("was made by version {}", known.version)
        } else {
            "has other rows than this program would give it".to_owned()
        };
        return Err(Usage::error(format!(
            "the table {shown} {differs}; choose another --out, or pass --fresh to replace it"
        )));
    }
    Ok(Some(table))
}

/// Puts the tables of all shards together; the bytes are those of an enumeration in one piece.
///
/// # Errors
/// If they are not all shards of the space of `instance`, or a file cannot be read or written.
pub fn assemble(instance: &Instance, paths: &[PathBuf], order: &Order<'_>) -> Result<Table> {
    let tables = paths.iter().map(|path| table::read(path)).collect::<Result<Vec<_>>>()?;
    let Some(first) = tables.first() else { bail!(Usage("no shard is given".to_owned())) };
    let whole = About { shard: Shard::WHOLE, blake3: String::new(), ..first.about.clone() };
    let count = first.about.shard.count;
    for (path, table) in paths.iter().zip(&tables) {
        let shown = path.display();
        let about = About { shard: Shard::WHOLE, blake3: String::new(), ..table.about.clone() };
        if about.subject != instance.subject {
            return Err(Usage::error(format!(
                "{shown} is of {}, not of {}",
                about.subject, instance.subject
            )));
        }
        if about != whole || table.about.shard.count != count {
            return Err(Usage::error(format!(
                "{shown} belongs to another table than {}",
                paths[0].display()
            )));
        }
        if paths.iter().any(|other| same_file(other, order.out)) {
            return Err(Usage::error(format!("--out {} is one of the shards", order.out.display())));
        }
    }
    for index in 1..=count {
        match tables.iter().filter(|table| table.about.shard.index == index).count() {
            1 => {}
            0 => return Err(Usage::error(format!("shard {index}/{count} is missing"))),
            _ => return Err(Usage::error(format!("shard {index}/{count} is given twice"))),
        }
    }
    if let Some(table) = finished(order, &whole)? {
        return Ok(table);
    }
    let mut rows: Vec<(u32, usize, usize)> = Vec::new();
    for (t, table) in tables.iter().enumerate() {
        rows.extend(table.ranks.iter().enumerate().map(|(row, rank)| (*rank, t, row)));
    }
    rows.sort_unstable();
    if rows.len() as u64 != whole.behaviours || rows.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        bail!("the shards hold {} rows, not each of {} behaviours once", rows.len(), whole.behaviours);
    }
    let mut writer = TableWriter::new(Output::create(order.out)?, instance.problem.as_ref(), whole)?;
    for (rank, t, row) in rows {
        let outcome = tables[t].outcome(row).context("a row is missing")?;
        writer.push(rank, tables[t].designs[row], &outcome)?;
    }
    writer.finish().with_context(|| cannot_write(order.out))?.0.commit()?;
    table::read(order.out)
}

fn same_file(a: &Path, b: &Path) -> bool {
    a.canonicalize().is_ok_and(|a| b.canonicalize().is_ok_and(|b| a == b))
}
