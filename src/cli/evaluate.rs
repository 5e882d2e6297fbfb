//! `sweepstake evaluate`: a file of designs through an environment.

use std::io::BufWriter;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::dataset::output::Output;
use crate::evaluate::evaluate_file;
use crate::plan::Instance;
use crate::table::supply;

/// Evaluate every design of a CSV file.
///
/// The file has one column per parameter. The output of this command serves too, and so do the samples of a sweep
/// over this workload, with their `d.` columns; what is not a parameter is ignored there. The output has one row per
/// design in the same order: the design, `feasible`, `reason`, and the metrics.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  sweepstake evaluate --env Landscape-v0 --workload sphere --designs designs.csv --out metrics.csv"
)]
pub(super) struct Args {
    #[command(flatten)]
    variant: super::Variant,
    /// CSV file of designs.
    #[arg(long)]
    designs: PathBuf,
    /// Complete table (of `sweepstake enumerate`) to look outcomes up in.
    #[arg(long, value_name = "FILE")]
    table: Option<PathBuf>,
    /// Where to write; standard output by default.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Threads; all cores by default.
    #[arg(long, short, value_parser = super::jobs)]
    jobs: Option<usize>,
}

pub(super) fn evaluate(args: &Args) -> Result<()> {
    super::threads(args.jobs);
    let (mut instance, _) =
        Instance::new(&args.variant.env, &args.variant.workload, &args.variant.space, Path::new(""))?;
    supply(std::slice::from_mut(&mut instance), args.table.as_slice())?;
    let problem = instance.problem.as_ref();
    let Some(path) = &args.out else {
        return evaluate_file(problem, &args.designs, &mut BufWriter::new(std::io::stdout().lock()));
    };
    let mut out = Output::create(path)?;
    evaluate_file(problem, &args.designs, &mut out)?;
    out.commit()
}
