//! `sweepstake enumerate`: the complete table of a finite space.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Result, bail};

use crate::enumerate::{self, Enumerated, LIMIT, Order};
use crate::plan::Instance;
use crate::store::Shard;
use crate::table::Table;
use crate::terminal::{self, Gauge, count, duration};

/// Evaluate every design of a finite space and write the complete table.
///
/// Designs that cannot behave differently are evaluated once; designs that break a constraint have no row. The table
/// has a row per behaviour: `d.*`, `m.*`, `feasible`, `reason`, `detail`, `designs` (how many designs it stands
/// for) and `rank`. `run`, `sweep` and `evaluate` take it as `--table` and then look outcomes up.
///
/// Stopped enumerations (Ctrl-C, kill, power loss) go on where they were when the same command is given again.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sweepstake enumerate --env Landscape-v0 --workload nk --out nk.parquet\n  \
                  sweepstake enumerate --env DramController-v0 --space archgym-pow2 --workload stream --out stream.parquet\n  \
                  sweepstake enumerate --env Landscape-v0 --workload nk --out part2.parquet --shard 2/3\n  \
                  sweepstake enumerate --env Landscape-v0 --workload nk --out nk.parquet --parts part*.parquet\n  \
                  sweepstake run --env Landscape-v0 --workload nk --agent genetic --table nk.parquet"
)]
pub(super) struct Args {
    #[command(flatten)]
    variant: super::Variant,
    /// Where to write: FILE.parquet.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Threads; all cores by default.
    #[arg(long, short, value_parser = super::jobs)]
    jobs: Option<usize>,
    /// Evaluate part I of N only; `--parts` puts the tables of all parts together.
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Evaluate nothing: assemble the tables of all shards.
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with = "shard")]
    parts: Vec<PathBuf>,
    /// Most designs that the space may have.
    #[arg(long, default_value_t = LIMIT, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// Replace the table if it is there already.
    #[arg(long)]
    fresh: bool,
}

pub(super) fn enumerate(args: &Args, quiet: bool) -> Result<()> {
    let (instance, _) =
        Instance::new(&args.variant.env, &args.variant.workload, &args.variant.space, Path::new(""))?;
    super::threads(args.jobs);
    let started = Instant::now();
    let shard = args.shard.unwrap_or(Shard::WHOLE);
    let order = Order { out: &args.out, shard, limit: args.limit, fresh: args.fresh };
    let (table, evaluated) = if args.parts.is_empty() {
        evaluate(&instance, &order, quiet)?
    } else {
        (enumerate::assemble(&instance, &args.parts, &order)?, 0)
    };
    if !quiet {
        report(args, &table, evaluated, started.elapsed().as_secs_f64());
    }
    Ok(())
}

fn evaluate(instance: &Instance, order: &Order<'_>, quiet: bool) -> Result<(Table, u64)> {
    let stop = super::stop_flag();
    let gauge = Gauge::new(quiet, "behaviours");
    let enumerated = enumerate::enumerate(instance, order, &stop, &gauge);
    gauge.close();
    match enumerated? {
        Enumerated::Complete(table, evaluated) => Ok((table, evaluated)),
        Enumerated::Interrupted(done, all) => {
            bail!("interrupted with {done} of {all} behaviours on disk; go on with: {}", super::again())
        }
    }
}

fn report(args: &Args, table: &Table, evaluated: u64, seconds: f64) {
    let about = &table.about;
    terminal::line(&format!(
        "{} designs, {} against a constraint, {} different behaviours; {} rows, {} infeasible",
        count(about.designs),
        count(about.violating),
        count(about.behaviours),
        count(table.len() as u64),
        count(table.infeasible() as u64)
    ));
    let known = if evaluated == 0 {
        "nothing to evaluate".to_owned()
    } else {
        format!("{} evaluations", count(evaluated))
    };
    terminal::line(&format!("{known} in {}", duration(seconds)));
    terminal::line(&format!("wrote {} (blake3 {})", args.out.display(), about.blake3));
}
