//! `sweepstake evaluate`: a file of designs through an environment.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::evaluate::evaluate_file;
use crate::plan::Instance;

/// Evaluate every design of a CSV file.
///
/// The file has one column per parameter (a samples file with its `d.` columns serves too). The output has one row
/// per design in the same order: the design, `feasible`, `reason`, and the metrics.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  sweepstake evaluate --env Landscape-v0 --workload sphere --designs designs.csv --out metrics.csv"
)]
pub(super) struct Args {
    /// Environment id.
    #[arg(long)]
    env: String,
    /// Built-in workload or file; the environment's first by default.
    #[arg(long, default_value = "")]
    workload: String,
    /// Named space; the environment's first by default.
    #[arg(long, default_value = "")]
    space: String,
    /// CSV file of designs.
    #[arg(long)]
    designs: PathBuf,
    /// Where to write; standard output by default.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Threads; all cores by default.
    #[arg(long, short)]
    jobs: Option<usize>,
}

pub(super) fn evaluate(args: &Args) -> Result<()> {
    super::threads(args.jobs);
    let (instance, _) = Instance::new(&args.env, &args.workload, &args.space, Path::new(""))?;
    let problem = instance.problem.as_ref();
    let mut out: Box<dyn Write> = match &args.out {
        Some(path) => {
            let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
            Box::new(BufWriter::new(file))
        }
        None => Box::new(BufWriter::new(std::io::stdout().lock())),
    };
    evaluate_file(problem, &args.designs, &mut out)
}
