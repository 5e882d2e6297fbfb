//! Complete tables: the outcome of every design of a finite space, so that a search costs a look-up instead of a
//! simulation and its regret is known.
//!
//! A table has one row per *behaviour*: the canonical design that stands for all designs that cannot differ from it
//! ([`Problem::canonical`]), in the order of [`DesignSpace::rank`]. `enumerate` makes tables, [`Tabled`] answers a
//! problem's evaluations from one.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;

use rl_env::design::DesignSpace;
use rl_env::problem::{Outcome, Problem};
use serde::{Deserialize, Serialize};

use crate::store::Shard;

mod file;
mod supply;
mod tabled;

pub use file::{TableWriter, is_table, read};
pub use supply::supply;
pub use tabled::Tabled;

/// What a table is of. Subjects are equal if evaluations are: a workload file is known by its content, not its name.
#[derive(Debug, Clone, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Environment id with version.
    pub env: String,
    /// Workload name; of a file without its folder.
    pub workload: String,
    /// Hash of the workload file, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workload_hash: Option<String>,
    /// Named space.
    pub space: String,
    /// Hash of the parameters, their ranges, the constraints' names and the metrics' names.
    pub definition: String,
}

impl Subject {
    /// The subject of a problem known under these names.
    pub fn new(env: &str, workload: &str, hash: Option<String>, space: &str, problem: &dyn Problem) -> Self {
        let name = match &hash {
            Some(_) => Path::new(workload).file_name().and_then(OsStr::to_str).unwrap_or(workload),
            None => workload,
        };
        Self {
            env: env.to_owned(),
            workload: name.to_owned(),
            workload_hash: hash,
            space: space.to_owned(),
            definition: definition(problem),
        }
    }
}

impl PartialEq for Subject {
    fn eq(&self, other: &Self) -> bool {
        let same_workload = self.workload_hash.is_some() || self.workload == other.workload;
        same_workload
            && self.workload_hash == other.workload_hash
            && self.env == other.env
            && self.space == other.space
            && self.definition == other.definition
    }
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let hash = self.workload_hash.as_ref().map(|hash| format!(", file {hash}")).unwrap_or_default();
        write!(f, "{}, workload {}{hash}, space {}", self.env, self.workload, self.space)
    }
}

/// Documentation and units may be reworded; what designs and metrics mean may not.
fn definition(problem: &dyn Problem) -> String {
    let space = problem.space();
    let mut hasher = blake3::Hasher::new();
    let mut add = |text: &str| {
        hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
    };
    for parameter in space.parameters() {
        add(&parameter.name);
        add(&serde_json::to_string(&(&parameter.kind, &parameter.condition)).unwrap_or_default());
    }
    add("constraints");
    space.constraints().iter().for_each(|constraint| add(&constraint.name));
    add("metrics");
    problem.metrics().iter().for_each(|metric| add(&metric.name));
    hasher.finalize().to_hex()[..16].to_owned()
}

/// What a table says of itself, in the metadata of its file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// What it is of.
    #[serde(flatten)]
    pub subject: Subject,
    /// Points of the space's product, constraints and conditions ignored.
    pub designs: u64,
    /// Of these, how many break a constraint; they have no row.
    pub violating: u64,
    /// Different behaviours of the others: the rows of the complete table.
    pub behaviours: u64,
    /// Which part of the rows is here.
    pub shard: Shard,
    /// Version of sweepstake.
    pub version: String,
    /// BLAKE3 of subject, counts and rows (ranks, numbers of designs, outcomes; the bits of every metric).
    pub blake3: String,
}

/// The rows of a table in memory: for each behaviour 8 bytes and 8 for each metric.
#[derive(Debug, Clone)]
pub struct Table {
    /// What it is.
    pub about: About,
    /// Rank of the canonical design of each row, ascending.
    pub ranks: Vec<u32>,
    /// Points of the product that each row stands for.
    pub designs: Vec<u32>,
    /// Metrics of all rows, one after the other; NaN where the design is infeasible.
    metrics: Vec<f64>,
    /// Metrics of a row.
    width: usize,
    /// Outcomes of the infeasible rows.
    infeasible: BTreeMap<u32, Outcome>,
}

impl Table {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.ranks.len()
    }

    /// Whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.ranks.is_empty()
    }

    /// Whether every behaviour has its row.
    pub fn is_complete(&self) -> bool {
        self.about.shard == Shard::WHOLE
    }

    /// Number of infeasible rows.
    pub fn infeasible(&self) -> usize {
        self.infeasible.len()
    }

    /// Metrics of row `row`; `None` if it is infeasible.
    pub fn metrics(&self, row: usize) -> Option<&[f64]> {
        let metrics = self.metrics.get(row * self.width..(row + 1) * self.width)?;
        // Metrics are finite, so NaN marks the infeasible.
        metrics.first().is_some_and(|x| !x.is_nan()).then_some(metrics)
    }

    /// The outcome of row `row`; `None` beyond the last.
    pub fn outcome(&self, row: usize) -> Option<Outcome> {
        match self.metrics(row) {
            Some(metrics) => Some(Outcome::Feasible(metrics.into())),
            None => self.infeasible.get(&u32::try_from(row).ok()?).cloned(),
        }
    }
}

/// Hashes subject, counts and rows as they come.
struct Contents {
    hasher: blake3::Hasher,
    row: Vec<u8>,
}

impl Contents {
    fn new(about: &About) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("sweepstake table v1");
        let head = (&about.subject, about.designs, about.violating, about.behaviours, about.shard);
        hasher.update(&serde_json::to_vec(&head).unwrap_or_default());
        Self { hasher, row: Vec::new() }
    }

    fn add(&mut self, rank: u32, designs: u32, outcome: Result<&[f64], (&str, &str)>) {
        let row = &mut self.row;
        row.clear();
        row.extend(rank.to_le_bytes());
        row.extend(designs.to_le_bytes());
        match outcome {
            Ok(metrics) => {
                row.push(1);
                metrics.iter().for_each(|x| row.extend(x.to_bits().to_le_bytes()));
            }
            Err((reason, detail)) => {
                row.push(0);
                for text in [reason, detail] {
                    row.extend((text.len() as u64).to_le_bytes());
                    row.extend(text.as_bytes());
                }
            }
        }
        self.hasher.update(row);
    }

    fn finish(&self) -> String {
        self.hasher.finalize().to_hex().to_string()
    }
}

/// An outcome as [`Contents`] takes it.
fn parts(outcome: &Outcome) -> Result<&[f64], (&str, &str)> {
    match outcome {
        Outcome::Feasible(metrics) => Ok(metrics),
        Outcome::Infeasible { reason, detail } => Err((reason, detail)),
    }
}

/// Number of points of a space as it is counted here; `None` if a table of it is out of the question.
pub fn size(space: &DesignSpace) -> Option<u32> {
    space.cardinality().and_then(|n| u32::try_from(n).ok()).filter(|n| *n < u32::MAX)
}
