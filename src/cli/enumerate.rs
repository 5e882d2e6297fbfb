//! `sweepstake enumerate`: the complete table of a finite space.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Result, bail};

use crate::enumerate::{self, Enumerated, LIMIT, Order};
use crate::optima::{self, Optima, ROOT};
use crate::plan::Instance;
use crate::store::Shard;
use crate::table::Table;
use crate::terminal::{self, Gauge, count, duration, figure};

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
                  sweepstake enumerate --env Landscape-v0 --workload sphere --optima results/optima\n  \
                  sweepstake run --env Landscape-v0 --workload nk --agent genetic --table nk.parquet"
)]
pub(super) struct Args {
    #[command(flatten)]
    variant: super::Variant,
    /// Where to write: FILE.parquet.
    #[arg(long, value_name = "FILE", required_unless_present = "optima")]
    out: Option<PathBuf>,
    /// Write the best reward of every objective and the quantiles of all as DIR/ENV/SPACE/WORKLOAD.json. Without
    /// --out, optima that are known by analysis (of the landscapes).
    #[arg(long, value_name = "DIR", conflicts_with = "shard")]
    optima: Option<PathBuf>,
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
    /// Print JSON: the best of every objective; of a shard, what its table says of itself.
    #[arg(long)]
    json: bool,
}

pub(super) fn enumerate(args: &Args, quiet: bool) -> Result<()> {
    let (instance, _) =
        Instance::new(&args.variant.env, &args.variant.workload, &args.variant.space, Path::new(""))?;
    super::threads(args.jobs);
    let Some(out) = &args.out else {
        return certify(args, &optima::analytic(&instance, command(&instance, false))?, quiet);
    };
    let started = Instant::now();
    let shard = args.shard.unwrap_or(Shard::WHOLE);
    let order = Order { out, shard, limit: args.limit, fresh: args.fresh };
    let (table, evaluated) = if args.parts.is_empty() {
        evaluate(&instance, &order, quiet)?
    } else {
        (enumerate::assemble(&instance, &args.parts, &order)?, 0)
    };
    if !quiet && !args.json {
        report(out, &table, evaluated, started.elapsed().as_secs_f64());
    }
    match table.is_complete() && table.len() > table.infeasible() {
        true => certify(args, &optima::survey(&instance, &table, command(&instance, true))?, quiet),
        false if args.json => super::print_json(&table.about),
        false => Ok(()),
    }
}

/// The command that anybody can repeat, without paths of this machine.
fn command(instance: &Instance, table: bool) -> String {
    let subject = &instance.subject;
    let out = if table { format!(" --out {}.parquet", subject.workload) } else { String::new() };
    format!(
        "sweepstake enumerate --env {} --workload {} --space {}{out} --optima {ROOT}",
        subject.env, subject.workload, subject.space
    )
}

/// Shows optima, and writes them if asked to.
fn certify(args: &Args, optima: &Optima, quiet: bool) -> Result<()> {
    let mut rows = vec![["objective", "best", "designs", "median of random"].map(str::to_owned).to_vec()];
    for (name, optimum) in &optima.objectives {
        let ties = optimum.best.as_ref().and_then(|best| best.ties).map(|ties| count(ties.designs));
        let (best, median) = (figure(optimum.score), figure(optimum.random.median));
        rows.push(vec![name.clone(), best, ties.unwrap_or_default(), median]);
    }
    if args.json {
        super::print_json(optima)?;
    } else if !quiet {
        terminal::print(&terminal::table(&rows));
    }
    if let Some(root) = &args.optima {
        let path = optima.write(root)?;
        if !quiet && !args.json {
            terminal::line(&format!("wrote {}", path.display()));
        }
    }
    Ok(())
}

fn evaluate(instance: &Instance, order: &Order<'_>, quiet: bool) -> Result<(Table, u64)> {
    let stop = super::stop_flag();
    let gauge = Gauge::new(quiet, "behaviours");
    let enumerated = enumerate::enumerate(instance, order, &stop, &gauge);
    gauge.close();
    let Enumerated { table, all, done, evaluated } = enumerated?;
    match table {
        Some(table) => Ok((table, evaluated)),
        None => {
            bail!("interrupted with {done} of {all} behaviours on disk; go on with: {}", super::again())
        }
    }
}

fn report(out: &Path, table: &Table, evaluated: u64, seconds: f64) {
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
    terminal::line(&format!("wrote {} (blake3 {})", out.display(), about.blake3));
}
