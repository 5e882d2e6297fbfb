//! `sweepstake merge`: the shards of a sweep become one directory.

use std::path::PathBuf;

use anyhow::Result;

use crate::merge::merge_shards;
use crate::terminal::{self, count};

/// Merge the output directories of all shards of a sweep.
///
/// The result is byte for byte what the sweep writes on one machine.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  sweepstake merge out/part1 out/part2 out/part3 --out out/study")]
pub(super) struct Args {
    /// Output directories of the shards, in any order.
    #[arg(required = true)]
    dirs: Vec<PathBuf>,
    /// Where to write the merged sweep.
    #[arg(long)]
    out: PathBuf,
    /// Start over if the directory holds something already.
    #[arg(long)]
    fresh: bool,
    /// The configuration, if its workload files are not where the sweep was started.
    #[arg(long)]
    config: Option<PathBuf>,
}

pub(super) fn merge(args: &Args) -> Result<()> {
    let runs = merge_shards(&args.dirs, &args.out, args.fresh, args.config.as_deref())?;
    let ending = super::sweep::Ending::write(&args.out)?;
    terminal::line(&format!("{} runs in {}", count(runs as u64), args.out.display()));
    terminal::print(&format!("\n{}{}", ending.words(), terminal::table(&ending.rows())));
    Ok(())
}
