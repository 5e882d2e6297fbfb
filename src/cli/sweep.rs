//! `sweepstake sweep`: every combination of a configuration.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Result, bail};

use crate::config::SweepConfig;
use crate::document::Document;
use crate::lottery::{self, Ledger, Question};
use crate::optima::ROOT;
use crate::plan::Plan;
use crate::plot::{self, Draw, Written};
use crate::proxy;
use crate::report::Report;
use crate::slurm::{self, Job};
use crate::store::{Manifest, Place, RUNS, Shard};
use crate::study::Study;
use crate::sweep::{self, Outcome};
use crate::table::supply;
use crate::terminal::{self, Display, count, duration};
use crate::usage::Usage;

/// Run every combination of environments, agents, tickets and seeds of a configuration.
///
/// Stopped sweeps (Ctrl-C, kill, power loss) go on where they were when the same command is given again.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sweepstake sweep configs/quickstart.yaml\n  sweepstake sweep study.yaml --out out/study --jobs 8\n  \
                  sweepstake sweep study.yaml --out out/part2 --shard 2/8    (then: sweepstake merge out/part* --out out/study)\n  \
                  sweepstake sweep study.yaml --slurm 50 > job.sh && bash job.sh\n\nOn another terminal: sweepstake watch out/study"
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
    /// Run nothing; print a Slurm script that runs N parts as an array and merges them.
    #[arg(long, value_name = "N", conflicts_with_all = ["shard", "fresh"])]
    slurm: Option<NonZeroUsize>,
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
    /// Write the tables only: no figures and no report at the end.
    #[arg(long)]
    no_report: bool,
}

pub(super) fn sweep(args: &Args, quiet: bool) -> Result<()> {
    let document = Document::read(&args.config)?;
    let config: SweepConfig = document.load()?;
    if let Some(parts) = args.slurm {
        return print_slurm(args, &config, &document, parts.get(), quiet);
    }
    let folder = args.config.parent().unwrap_or(Path::new(""));
    let mut plan = Plan::new(&config, &document, folder)?;
    supply(&mut plan.instances, &args.table)?;
    proxy::supply::supply(&mut plan, &args.proxy)?;
    let dir = output(args);
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
    let ending = (shard == Shard::WHOLE && !args.no_report).then(|| Ending::write(&dir)).transpose()?;
    if !quiet {
        report(&dir, &outcome, seconds, ending.as_ref())?;
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

/// The output directory.
fn output(args: &Args) -> PathBuf {
    let stem = args.config.file_stem().unwrap_or_default();
    args.out.clone().unwrap_or_else(|| Path::new("out").join(stem))
}

/// Threads of an array task where none are asked for.
const SLURM_JOBS: usize = 4;

/// Prints the script that hands the sweep to Slurm, if the configuration holds.
fn print_slurm(
    args: &Args,
    config: &SweepConfig,
    document: &Document,
    parts: usize,
    quiet: bool,
) -> Result<()> {
    let folder = args.config.parent().unwrap_or(Path::new(""));
    let runs = Plan::new(config, document, folder)?.runs.len();
    if parts > runs {
        return Err(Usage::error(format!(
            "--slurm {parts}: the sweep has {runs} runs; at most one part each"
        )));
    }
    let text = |path: &Path| -> Result<String> {
        let problem =
            || Usage::error(format!("{} is not valid UTF-8: scripts cannot name it", path.display()));
        path.to_str().map(str::to_owned).ok_or_else(problem)
    };
    let program = std::env::current_exe()?;
    let (program, config_path, out) = (text(&program)?, text(&args.config)?, text(&output(args))?);
    let job = Job {
        title: &config.name,
        name: &args.config.file_stem().unwrap_or_default().to_string_lossy(),
        runs,
        parts,
        jobs: args.jobs.unwrap_or(SLURM_JOBS),
        program: &program,
        config: &config_path,
        out: &out,
        tables: args.table.iter().map(|table| text(table)).collect::<Result<_>>()?,
    };
    terminal::print(&slurm::script(&job));
    if !quiet {
        terminal::note(&format!("{runs} runs in {parts} parts; `bash` the script to submit them"));
    }
    Ok(())
}

/// Bootstrap draws of the report that a sweep ends with; `sweepstake lottery` takes more.
const REPLICATES: u64 = 1000;

/// What a sweep leaves beside its tables.
pub(super) struct Ending {
    figures: Vec<Written>,
    /// The report; absent where there is nothing to compare, and why.
    report: Result<PathBuf>,
    /// Agents by regret, for the terminal.
    standings: String,
}

impl Ending {
    /// Draws the runs and writes the report into a finished directory.
    ///
    /// # Errors
    /// If the directory cannot be read, or a figure cannot be written.
    pub(super) fn write(dir: &Path) -> Result<Self> {
        // A sweep that cannot be compared, such as one with two agents of one name, is a sweep all the same.
        let (study, ledger) = match Ledger::load(&[dir.to_owned()]) {
            Ok((study, ledger)) => (study, Ok(ledger)),
            Err(error) => (Study::load(dir)?, Err(error)),
        };
        let question = Question {
            optima: Path::new(ROOT),
            within: None,
            at: &[],
            reference: None,
            replicates: REPLICATES,
        };
        let found = ledger.and_then(|ledger| Ok((lottery::findings(&study, &ledger, &question)?, ledger)));
        let findings = found.as_ref().ok().map(|(findings, _)| findings);
        let drawn = plot::draw(&study, findings)?;
        let (runs, _): (Vec<_>, Vec<_>) =
            drawn.iter().cloned().partition(|drawn| matches!(drawn.figure.draw, Draw::Runs(_)));
        let figures = plot::write(&runs, &dir.join("figures"))?;
        let standings = findings.map(|found| super::lottery::summary(&found.standings)).unwrap_or_default();
        let command = super::command();
        let report = found.and_then(|(findings, ledger)| {
            let (findings, figures, manifests) = (&findings, &drawn[..], &ledger.manifests[..]);
            Report { findings, figures, manifests, command: &command }.write(dir)
        });
        Ok(Self { figures, report, standings })
    }

    /// What was written, by name and meaning.
    pub(super) fn rows(&self) -> Vec<Vec<String>> {
        let mut rows: Vec<Vec<String>> = self
            .figures
            .iter()
            .map(|f| vec![f.path.display().to_string(), format!("{} (also .png)", f.summary)])
            .collect();
        let report = self.report.as_ref().ok();
        rows.extend(report.map(|path| vec![path.display().to_string(), "all of it on one page".to_owned()]));
        rows
    }

    /// How the agents stand, or why there is nothing to say.
    pub(super) fn words(&self) -> String {
        match &self.report {
            Ok(_) => format!("{}\n", self.standings),
            Err(error) => format!("no report: {error:#}\n\n"),
        }
    }
}

fn report(dir: &Path, outcome: &Outcome, seconds: f64, ending: Option<&Ending>) -> Result<()> {
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
    rows.extend(ending.into_iter().flat_map(Ending::rows));
    terminal::print(&format!(
        "\n{}{}",
        ending.map(Ending::words).unwrap_or_default(),
        terminal::table(&rows)
    ));
    Ok(())
}
