//! Part files: outcomes of a few behaviours each, so that an interrupted enumeration loses little.
//!
//! `FILE.parts/000123.part` holds the outcomes of behaviours 123·[`PART`] and following: a line with the BLAKE3 of
//! the rest, then JSON. It appears under that name only once it is complete and on the disk; one that is damaged all the
//! same, or of another enumeration, counts as absent.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use rl_env::problem::Outcome;
use serde::{Deserialize, Serialize};

use crate::dataset::output::{Output, beside, cannot_write};

/// Behaviours of a part.
pub const PART: usize = 512;

const EXTENSION: &str = "part";

/// The folder of the part files of one table.
#[derive(Debug, Clone)]
pub struct Parts {
    dir: PathBuf,
    /// Hash of what determines the outcomes.
    job: String,
}

#[derive(Serialize, Deserialize)]
struct Content {
    job: String,
    part: usize,
    outcomes: Vec<Outcome>,
}

impl Parts {
    /// The folder of the parts of the table at `out`, for the enumeration with this hash.
    pub fn new(out: &Path, job: String) -> Self {
        Self { dir: beside(out, ".parts"), job }
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    fn path(&self, part: usize) -> PathBuf {
        self.dir.join(format!("{part:06}.{EXTENSION}"))
    }

    /// The outcomes of a part; `None` if it is not there, damaged, or of something else.
    pub fn read(&self, part: usize, expected: usize) -> Option<Vec<Outcome>> {
        let bytes = fs::read(self.path(part)).ok()?;
        let (hash, json) = bytes.split_at_checked(65)?;
        if hash != format!("{}\n", blake3::hash(json).to_hex()).as_bytes() {
            return None;
        }
        let content: Content = serde_json::from_slice(json).ok()?;
        let ours = content.job == self.job && content.part == part && content.outcomes.len() == expected;
        ours.then_some(content.outcomes)
    }

    /// Seals a part.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, part: usize, outcomes: Vec<Outcome>) -> Result<()> {
        let json = serde_json::to_vec(&Content { job: self.job.clone(), part, outcomes })?;
        let path = self.path(part);
        let mut out = Output::create(&path)?;
        let hash = blake3::hash(&json).to_hex();
        out.write_all(format!("{hash}\n").as_bytes())
            .and_then(|()| out.write_all(&json))
            .with_context(|| cannot_write(&path))?;
        out.commit()
    }

    /// Removes the parts, and the folder unless it holds something else.
    pub fn remove(&self) {
        let entries = fs::read_dir(&self.dir).into_iter().flatten().flatten();
        for path in entries.map(|entry| entry.path()).filter(|path| is_ours(path)) {
            // What cannot be removed does no harm: it is read again or overwritten.
            let _ = fs::remove_file(path);
        }
        let _ = fs::remove_dir(&self.dir);
    }
}

fn is_ours(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let number = name.strip_suffix(".tmp").unwrap_or(name).strip_suffix(&format!(".{EXTENSION}"));
    name == crate::store::LOCK
        || number.is_some_and(|n| n.len() >= 6 && n.bytes().all(|b| b.is_ascii_digit()))
}
