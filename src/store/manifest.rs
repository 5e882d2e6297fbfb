//! `manifest.json` and the shards of a sweep.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use crate::config::SweepConfig;
use crate::dataset::output::{Output, cannot_write};
use crate::plan::Plan;

/// Name of the manifest.
pub const MANIFEST: &str = "manifest.json";

/// Part `index` (from 1) of `count` of a sweep that is spread over machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// Number of this part, from 1.
    pub index: usize,
    /// Number of parts.
    pub count: usize,
}

impl Shard {
    /// The whole sweep.
    pub const WHOLE: Self = Self { index: 1, count: 1 };

    /// Whether run number `run` of the plan belongs to this part. Interleaved, so that parts take equally long.
    pub fn holds(self, run: usize) -> bool {
        run % self.count == self.index - 1
    }

    /// Which of `all` belong to this part.
    pub fn of(self, all: usize) -> Vec<usize> {
        (0..all).filter(|i| self.holds(*i)).collect()
    }
}

impl std::str::FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
        match parts {
            Some((index, count)) if (1..=count).contains(&index) => Ok(Self { index, count }),
            _ => Err(format!("`{text}` is not a shard; expected I/N with 1 ≤ I ≤ N, such as 2/8")),
        }
    }
}

impl std::fmt::Display for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

/// `manifest.json`: what made the files beside it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of sweepstake.
    pub version: String,
    /// Hash of the plan: every run's content address and labels in order.
    pub plan: String,
    /// Number of runs of this directory.
    pub runs: usize,
    /// Which part of the sweep this directory holds.
    pub shard: Shard,
    /// The configuration.
    pub config: SweepConfig,
    /// Where its workload files were looked for, as given on the command line.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub folder: String,
    /// The tables are being written anew for a larger plan; until they are, the segments count.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rebuilding: bool,
    /// BLAKE3 of every samples file, once all runs are there.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub hashes: BTreeMap<String, String>,
}

impl Manifest {
    /// Reads the manifest of a directory.
    ///
    /// # Errors
    /// If there is none or it is damaged.
    pub fn read(dir: &Path) -> Result<Self> {
        let path = dir.join(MANIFEST);
        let text = fs::read_to_string(&path).with_context(|| {
            format!("{} is not the output of a sweep: cannot read {MANIFEST}", dir.display())
        })?;
        serde_json::from_str(&text).with_context(|| format!("{} is damaged", path.display()))
    }

    pub(super) fn write(&self, dir: &Path) -> Result<()> {
        let path = dir.join(MANIFEST);
        let mut out = Output::create(&path)?;
        let text = serde_json::to_string_pretty(self)? + "\n";
        out.write_all(text.as_bytes()).with_context(|| cannot_write(&path))?;
        out.commit()
    }
}

/// The hash of a plan.
pub fn plan_hash(plan: &Plan) -> String {
    let mut hasher = blake3::Hasher::new();
    plan.runs.iter().for_each(|run| {
        // Labels are part of the tables though not of the runs.
        hasher.update(format!("{} {} {} {}\n", run.id, run.ticket, run.objective, run.agent).as_bytes());
    });
    hasher.finalize().to_hex()[..32].to_owned()
}
