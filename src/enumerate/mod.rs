//! Enumeration: every behaviour of a finite space evaluated once, into a [`Table`].
//!
//! The behaviours are found first, which is cheap; then parts of [`PART`] of them are evaluated in any order by any
//! number of threads, each into its own file, and at last written into the table in rank order. So the bytes of the table
//! depend neither on threads nor on interruptions, and a `kill -9` costs the parts under way.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use anyhow::{Context as _, Result, anyhow, bail};
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
pub struct Enumerated {
    /// The table; `None` if the enumeration was stopped.
    pub table: Option<Table>,
    /// Behaviours that belong here.
    pub all: u64,
    /// Of these, on disk.
    pub done: u64,
    /// Of these, evaluated now.
    pub evaluated: u64,
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
        let all = table.len() as u64;
        return Ok(Enumerated { table: Some(table), all, done: all, evaluated: 0 });
    }
    fs::create_dir_all(parts.dir()).with_context(|| cannot_write(parts.dir()))?;
    let lock = lock(parts.dir())?;
    let work = Work { problem: instance.problem.as_ref(), found: &found, parts: &parts, stop, progress };
    let mine = order.shard.of(found.ranks.len().div_ceil(PART));
    let rows = |part: &usize| work.rows(*part).len() as u64;
    let all: u64 = mine.iter().map(rows).sum();
    let todo: Vec<usize> = mine.par_iter().copied().filter(|part| work.read(*part).is_none()).collect();
    let open: u64 = todo.iter().map(rows).sum();
    progress.begin(all, all - open);
    let evaluated = AtomicU64::new(0);
    todo.par_iter().try_for_each(|part| -> Result<()> {
        let outcomes = work.evaluate(*part);
        if outcomes.len() == work.rows(*part).len() {
            evaluated.fetch_add(outcomes.len() as u64, Ordering::Relaxed);
            parts.write(*part, outcomes)?;
        }
        Ok(())
    })?;
    let evaluated = evaluated.into_inner();
    let done = all - open + evaluated;
    if done < all {
        return Ok(Enumerated { table: None, all, done, evaluated });
    }
    let rows = mine.into_iter().flat_map(|part| work.read_rows(part));
    let table = write(order.out, instance, about, rows)?;
    drop(lock);
    parts.remove();
    Ok(Enumerated { table: Some(table), all, done, evaluated })
}

/// A row as it is written: rank, number of designs, outcome.
type Row = (u32, u32, Outcome);

fn write(
    out: &Path,
    instance: &Instance,
    about: About,
    rows: impl Iterator<Item = Result<Row>>,
) -> Result<Table> {
    let mut writer = TableWriter::new(Output::create(out)?, instance.problem.as_ref(), about)?;
    for row in rows {
        let (rank, designs, outcome) = row?;
        writer.push(rank, designs, &outcome).with_context(|| cannot_write(out))?;
    }
    writer.finish().with_context(|| cannot_write(out))?.0.commit()?;
    // Reading it back proves that it can be read.
    table::read(out)
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
    fn rows(&self, part: usize) -> Range<usize> {
        part * PART..((part + 1) * PART).min(self.found.ranks.len())
    }

    fn read(&self, part: usize) -> Option<Vec<Outcome>> {
        self.parts.read(part, self.rows(part).len())
    }

    /// The rows of a part that was sealed or checked just now.
    fn read_rows(&self, part: usize) -> Vec<Result<Row>> {
        let Some(outcomes) = self.read(part) else {
            return vec![Err(anyhow!("a part in {} was changed meanwhile", self.parts.dir().display()))];
        };
        let row = |(at, outcome)| Ok((self.found.ranks[at], self.found.designs[at], outcome));
        self.rows(part).zip(outcomes).map(row).collect()
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
    if let Some(shard) = paths.iter().find(|path| same_file(path, order.out)) {
        return Err(Usage::error(format!("--out {} is one of the shards", shard.display())));
    }
    let tables = paths.iter().map(|path| table::read(path)).collect::<Result<Vec<_>>>()?;
    let whole = all_shards(instance, paths, &tables)?;
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
    let rows = rows.into_iter().map(|(rank, t, row)| {
        let outcome = tables[t].outcome(row).context("a row is missing")?;
        Ok((rank, tables[t].designs[row], outcome))
    });
    write(order.out, instance, whole, rows)
}

/// What the whole says of itself, if `tables` are all its shards.
fn all_shards(instance: &Instance, paths: &[PathBuf], tables: &[Table]) -> Result<About> {
    let whole = |table: &Table| About { shard: Shard::WHOLE, blake3: String::new(), ..table.about.clone() };
    let Some(first) = tables.first() else { return Err(Usage::error("no shard is given")) };
    let count = first.about.shard.count;
    for (path, table) in paths.iter().zip(tables) {
        let (shown, subject) = (path.display(), &table.about.subject);
        if *subject != instance.subject {
            return Err(Usage::error(format!("{shown} is of {subject}, not of {}", instance.subject)));
        }
        if whole(table) != whole(first) || table.about.shard.count != count {
            let other = paths[0].display();
            return Err(Usage::error(format!("{shown} belongs to another table than {other}")));
        }
    }
    for index in 1..=count {
        match tables.iter().filter(|table| table.about.shard.index == index).count() {
            1 => {}
            0 => return Err(Usage::error(format!("shard {index}/{count} is missing"))),
            _ => return Err(Usage::error(format!("shard {index}/{count} is given twice"))),
        }
    }
    Ok(whole(first))
}

fn same_file(a: &Path, b: &Path) -> bool {
    a.canonicalize().is_ok_and(|a| b.canonicalize().is_ok_and(|b| a == b))
}
