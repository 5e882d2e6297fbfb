//! Certified optima: the best reward of each objective of a problem, and what a random design gets.
//!
//! `results/optima/<env>/<space>/<workload>.json` holds what `sweepstake enumerate … --optima results/optima` found in
//! a complete table, or what is known by analysis. With both numbers, runs on different problems can be compared by
//! their regret ([`Scale`](crate::lottery::Scale)): 0 at the optimum, 1 at the median of random designs.
//!
//! ```
//! use std::path::Path;
//!
//! use sweepstake::lottery::Scale;
//! use sweepstake::optima::{Optima, ROOT};
//!
//! let optima = Optima::load(Path::new(ROOT), "Landscape-v0", "sphere", "")?;
//! let cost = optima.objective("cost")?;
//! let scale = Scale { best: cost.score, random: cost.random.median, certain: true };
//! assert_eq!(scale.regret(Some(cost.score)), 0.0);
//! assert_eq!(scale.regret(Some(cost.random.median)), 1.0);
//! # Ok::<(), anyhow::Error>(())
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use rl_env::Error;
use rl_env::registry::find_env;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use sweepstake_envs::ENVS;

use crate::dataset::output::{Output, cannot_write};
use crate::table::Subject;
use crate::usage::Usage;

mod survey;

pub use survey::{analytic, survey};

/// Where the optima of this repository are.
pub const ROOT: &str = "results/optima";

/// The optima of one environment, workload and space.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Optima {
    /// What they are of.
    pub subject: Subject,
    /// How they are known.
    pub source: Source,
    /// The command that wrote this.
    pub command: String,
    /// Version of sweepstake that ran it.
    pub version: String,
    /// By name of the objective.
    pub objectives: BTreeMap<String, Optimum>,
}

/// How an optimum is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", deny_unknown_fields)]
pub enum Source {
    /// Every design was evaluated.
    CompleteTable {
        /// Points of the space's product.
        designs: u64,
        /// Of these, how many break a constraint.
        violating: u64,
        /// Different behaviours of the others.
        behaviours: u64,
        /// Of these, how many are infeasible.
        infeasible: u64,
        /// Hash of the table (see [`About`](crate::table::About)).
        blake3: String,
    },
    /// By analysis of the function.
    Analytic,
}

/// The best of one objective, and what a random design gets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Optimum {
    /// What a run can reach at best: the best reward, or the hypervolume of the complete front for a Pareto objective.
    /// Compare with [`Summary::score`](crate::run::Summary::score).
    pub score: f64,
    /// Of a Pareto objective, the number of different points on the front; absent if there are infinitely many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub front_points: Option<u64>,
    /// The best single design; for a Pareto objective, the one that dominates most alone, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best: Option<Best>,
    /// Rewards of random designs.
    pub random: Spread,
}

/// A best design.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Best {
    /// Its reward.
    pub reward: f64,
    /// Its active parameters; of several designs the canonical one that is first in rank order.
    pub design: Map<String, Json>,
    /// Its metrics.
    pub metrics: Map<String, Json>,
    /// How many designs share the reward.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ties: Option<Ties>,
}

/// How many share a reward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ties {
    /// Behaviours.
    pub behaviours: u64,
    /// Points of the space's product.
    pub designs: u64,
}

/// Rewards of feasible random designs that satisfy the constraints.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spread {
    /// Designs that this rests on: all of the space, or a sample with a fixed seed.
    pub designs: u64,
    /// Of these, how many are infeasible and do not count below.
    pub infeasible: u64,
    /// Half of them get less.
    pub median: f64,
    /// Other quantiles, by their percentage (0 the worst, 100 the best).
    pub percentiles: BTreeMap<u8, f64>,
}

impl Optima {
    /// Where the optima of a subject are, below `root`.
    pub fn path(root: &Path, env: &str, workload: &str, space: &str) -> PathBuf {
        root.join(env).join(space).join(format!("{workload}.json"))
    }

    /// Reads the optima of a problem below `root` (see [`ROOT`]). Empty names stand for the environment's defaults.
    ///
    /// # Errors
    /// For unknown names, and if there is no such file or it is damaged.
    pub fn load(root: &Path, env: &str, workload: &str, space: &str) -> Result<Self> {
        let entry = find_env(ENVS, env)?;
        let selection = entry.select(workload, space, None)?;
        let path = Self::path(root, entry.id, selection.workload, selection.space);
        let text = fs::read_to_string(&path).map_err(|error| {
            Usage::error(format!("no optima are known: cannot read {}: {error}", path.display()))
        })?;
        serde_json::from_str(&text).map_err(|error| Usage::error(format!("{}: {error}", path.display())))
    }

    /// The optimum of the objective called `name`; empty for the environment's default.
    ///
    /// # Errors
    /// [`Error::Unknown`] naming the closest.
    pub fn objective(&self, name: &str) -> Result<&Optimum> {
        let subject = &self.subject;
        let (name, _) = find_env(ENVS, &subject.env)?.objective(&subject.workload, name)?;
        let known = || self.objectives.keys().map(String::as_str);
        Ok(self.objectives.get(name).ok_or_else(|| Error::unknown("objective", name, known()))?)
    }

    /// Writes the file below `root`.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, root: &Path) -> Result<PathBuf> {
        let subject = &self.subject;
        let path = Self::path(root, &subject.env, &subject.workload, &subject.space);
        let dir = path.parent().unwrap_or(root);
        fs::create_dir_all(dir).with_context(|| cannot_write(dir))?;
        let mut out = Output::create(&path)?;
        let text = serde_json::to_string_pretty(self)? + "\n";
        out.write_all(text.as_bytes()).with_context(|| cannot_write(&path))?;
        out.commit()?;
        Ok(path)
    }
}

/// The optimum of one objective of one problem; empty names stand for the defaults.
///
/// # Errors
/// As [`Optima::load`] and [`Optima::objective`].
pub fn optimum(root: &Path, env: &str, workload: &str, space: &str, objective: &str) -> Result<Optimum> {
    Ok(Optima::load(root, env, workload, space)?.objective(objective)?.clone())
}
