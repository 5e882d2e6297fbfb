//! What an evaluation of a model came to, and its files.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Serialize;

use super::curve::CurvePoint;
use super::evaluation::{PartScore, Speed};
use super::split::Split;

/// The result of an evaluation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evaluation {
    /// Environment.
    pub env: String,
    /// Workload.
    pub workload: String,
    /// Space.
    pub space: String,
    /// Model asked for; `auto` may choose anew for each part.
    pub model: String,
    /// Seed of all randomness.
    pub seed: u64,
    /// Version of this program.
    pub version: &'static str,
    /// Definition of the error.
    pub rmse_percent_is: &'static str,
    /// Samples read.
    pub samples: usize,
    /// Different designs among them.
    pub designs: usize,
    /// Designs that work.
    pub feasible: usize,
    /// Who logged the samples.
    pub agents: Vec<String>,
    /// What is held out.
    pub split: Split,
    /// The parts of the split.
    pub parts: Vec<PartScore>,
    /// Time of predictions.
    pub speed: Speed,
    /// Learning curves, if they were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub curve: Vec<CurvePoint>,
}

impl Evaluation {
    /// Metrics, in the order of the first part.
    pub fn targets(&self) -> Vec<&str> {
        let first = self.parts.iter().map(|part| &part.scores).find(|scores| !scores.is_empty());
        first.into_iter().flatten().map(|own| own.target.as_str()).collect()
    }

    /// Writes `evaluation.json`, and `curve.csv` where there are curves.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn write(&self, dir: &Path) -> Result<()> {
        let cannot = || format!("cannot write {}", dir.display());
        fs::create_dir_all(dir).with_context(cannot)?;
        let json = serde_json::to_string_pretty(self)? + "\n";
        fs::write(dir.join("evaluation.json"), json).with_context(cannot)?;
        if !self.curve.is_empty() {
            fs::write(dir.join("curve.csv"), self.curve_rows()).with_context(cannot)?;
        }
        Ok(())
    }

    fn curve_rows(&self) -> String {
        let mut rows = "source,samples,designs,target,rmse_percent,kendall_tau,top10_regret\n".to_owned();
        for point in &self.curve {
            let tau = point.kendall_tau.map(|tau| format!("{tau:.6}")).unwrap_or_default();
            let (source, target) = (&point.source, &point.target);
            rows.push_str(&format!(
                "{source},{},{},{target},{:.6},{tau},{:.6}\n",
                point.samples, point.designs, point.rmse_percent, point.top10_regret
            ));
        }
        rows
    }
}
