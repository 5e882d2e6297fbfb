//! `sweepstake proxy predict`.

use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;

use crate::dataset::output::Output;
use crate::evaluate::evaluate_file;
use crate::plan::Instance;
use crate::proxy::file;
use crate::proxy::proxied::Proxied;
use crate::terminal;

/// Predict the metrics of every design of a CSV file.
///
/// Input and output are those of `sweepstake evaluate`. Without designs, the file tells what it is.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sweepstake proxy predict stream.proxy\n  sweepstake proxy predict stream.proxy --designs designs.csv --out predicted.csv"
)]
pub(super) struct Args {
    /// File of `sweepstake proxy train`.
    proxy: PathBuf,
    /// CSV file of designs.
    #[arg(long)]
    designs: Option<PathBuf>,
    /// File of the workload, if the proxy was learnt on one.
    #[arg(long, default_value = "", hide_default_value = true)]
    workload: String,
    /// Where to write; standard output by default.
    #[arg(long)]
    out: Option<PathBuf>,
}

pub(super) fn predict(args: &Args) -> Result<()> {
    let about = file::about(&args.proxy)?;
    let Some(designs) = &args.designs else {
        terminal::line(&serde_json::to_string_pretty(&about)?);
        return Ok(());
    };
    let subject = &about.subject;
    let workload = if args.workload.is_empty() { &subject.workload } else { &args.workload };
    let (instance, _) = Instance::new(&subject.env, workload, &subject.space, Path::new(""))?;
    let proxy = file::read(&args.proxy, &instance.problem, &instance.subject)?;
    let problem = Proxied::new(instance.problem, Arc::new(proxy));
    let Some(path) = &args.out else {
        return evaluate_file(&problem, designs, &mut BufWriter::new(std::io::stdout().lock()));
    };
    let mut out = Output::create(path)?;
    evaluate_file(&problem, designs, &mut out)?;
    out.commit()
}
