//! `sweepstake sweep`: every combination of a configuration.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Result, bail};

use crate::config::SweepConfig;
use crate::document::Document;
use crate::plan::Plan;
use crate::plot::{self, Written};
use crate::proxy;
use crate::store::{Manifest, Place, RUNS, Shard};
use crate::study::Study;
use crate::sweep::{self, Outcome};
use crate::table::supply;
use crate::terminal::{self, Display, count, duration};

/// Run every combination of environments, agents, tickets and seeds of a configuration.
///
/// Stopped sweeps (Ctrl-C, kill, power loss) go on where they were when the same command is given again.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sweepstake sweep configs/quickstart.yaml\n  sweepstake sweep study.yaml --out out/study --jobs 8\n  \
                  sweepstake sweep study.yaml --out out/part2 --shard 2/8    (then: sweepstake merge out/part* --out out/study)"
)]
pub(super) struct Args {
    /// Configuration in YAML; `sweepstake schema sweep` documents it.
    config: PathBuf,
    /// Output directory; `out/` and the name of the configuration file by default.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Threads; all cores by default.
    #[arg(long, short, value_parser = super::jobs)]
    jobs: Option<usize>,
    /// Run part I of N only.
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Complete table (of `sweepstake enumerate`) to look outcomes up in; may be repeated, for several workloads.
    /// What is written does not depend on it.
    #[arg(long, value_name = "FILE")]
    table: Vec<PathBuf>,
    /// Proxy (of `sweepstake proxy train`) that answers instead of the simulator; may be repeated, for several workloads.
    #[arg(long, value_name = "FILE")]
    proxy: Vec<PathBuf>,
    /// Start over instead of taking up what is in the output directory.
    #[arg(long)]
    fresh: bool,
}

pub(super) fn sweep(args: &Args, quiet: bool) -> Result<()> {
    let document = Document::read(&args.config)?;
    let config: SweepConfig = document.load()?;
    let folder = args.config.parent().unwrap_or(Path::new(""));
    let mut plan = Plan::new(&config, &document, folder)?;
    supply(&mut plan.instances, &args.table)?;
    proxy::supply::supply(&mut plan, &args.proxy)?;
    let stem = args.config.file_stem().unwrap_or_default();
    let dir = args.out.clone().unwrap_or_else(|| Path::new("out").join(stem));
    let shard = args.shard.unwrap_or(Shard::WHOLE);
    let place = Place { dir: &dir, folder, shard, fresh: args.fresh };
    let jobs = super::threads(args.jobs);
    let stop = super::stop_flag();
    let mut display = Display::new(quiet);
    let started = Instant::now();
    let outcome = sweep::sweep(&plan, &config, &place, jobs, &stop, &mut display);
    display.close();
    let outcome = outcome?;
    let seconds = started.elapsed().as_secs_f64();
    if outcome.interrupted {
        bail!(
            "interrupted with {} of {} runs on disk; go on with: {}",
            outcome.runs,
            outcome.all,
            super::again()
        );
    }
    let figures = if shard == Shard::WHOLE { draw(&dir)? } else { Vec::new() };
    if !quiet {
        report(&dir, &outcome, seconds, &figures)?;
        if shard != Shard::WHOLE {
            terminal::line(&format!(
                "shard {shard} is done; `sweepstake merge` puts all {} together",
                shard.count
            ));
        }
    }
    let table = dir.join(RUNS);
    match (outcome.failures.len(), outcome.failed_before) {
        (0, 0) => Ok(()),
        (0, n) => {
            bail!("{n} runs failed before (status `failed` in {}); --fresh repeats all", table.display())
        }
        (n, _) => bail!("{n} runs failed; the first: {}", outcome.failures[0]),
    }
}

/// Draws every figure that the study has data for.
pub(super) fn draw(dir: &Path) -> Result<Vec<Written>> {
    let study = Study::load(dir)?;
    plot::draw_all(&study, &dir.join("figures"))
}

fn report(dir: &Path, outcome: &Outcome, seconds: f64, figures: &[Written]) -> Result<()> {
    let resumed = match outcome.resumed {
        0 => String::new(),
        n => format!(" ({n} from before)"),
    };
    terminal::line(&format!(
        "{} runs{resumed}, {} samples in {}",
        count(outcome.runs as u64),
        count(outcome.samples),
        duration(seconds)
    ));
    let mut rows = vec![vec![dir.join(RUNS).display().to_string(), "one row a run".to_owned()]];
    for name in Manifest::read(dir)?.hashes.keys() {
        rows.push(vec![dir.join(name).display().to_string(), "one row a sample".to_owned()]);
    }
    rows.extend(figures.iter().map(|f| vec![f.path.display().to_string(), f.summary.to_owned()]));
    terminal::print(&terminal::table(&rows));
    Ok(())
}
