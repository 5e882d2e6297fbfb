//! `sweepstake proxy train`.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Result;
use rl_env::seed::Seed;
use serde_json::json;

use crate::plan::Instance;
use crate::proxy::encoding::Encoder;
use crate::proxy::file::{self, About};
use crate::proxy::fitted::{Choice, Fitted};
use crate::proxy::lesson::Lesson;
use crate::proxy::samples::{Samples, Wanted};
use crate::proxy::select;
use crate::terminal::{self, Meter, count, duration};
use crate::usage::Usage;

/// What to learn, from what.
#[derive(Debug, clap::Args)]
pub(super) struct Data {
    /// Output directories of sweeps, tables of samples (.csv, .parquet), or complete tables of `enumerate`.
    #[arg(long, required = true, num_args = 1.., value_name = "PATH")]
    pub(super) data: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) variant: super::super::Variant,
    /// Metrics to predict; all by default.
    #[arg(long, num_args = 1.., value_name = "METRIC")]
    pub(super) target: Vec<String>,
    /// Model (`sweepstake list proxies`), or `auto` for the best by cross-validation.
    #[arg(long, default_value = "auto")]
    pub(super) model: String,
    /// Seed of all randomness.
    #[arg(long, default_value_t = 0)]
    pub(super) seed: u64,
    /// Threads; all cores by default.
    #[arg(long, short, value_parser = super::super::jobs)]
    pub(super) jobs: Option<usize>,
}

/// What was read.
pub(super) struct Read {
    pub(super) instance: Instance,
    pub(super) samples: Samples,
    pub(super) wanted: Wanted,
    pub(super) encoder: Encoder,
    pub(super) lesson: Lesson,
}

impl Data {
    /// Reads the samples and reports contradictions.
    pub(super) fn read(&self, quiet: bool) -> Result<Read> {
        super::super::threads(self.jobs);
        let variant = &self.variant;
        let (instance, _) = Instance::new(&variant.env, &variant.workload, &variant.space, Path::new(""))?;
        let wanted = Wanted::new(instance.problem.as_ref(), &self.target)?;
        let stop = super::super::stop_flag();
        let meter = Meter::new(quiet, &stop);
        let samples = Samples::read(&self.data, &instance, &wanted, &meter);
        meter.close();
        let samples = samples?;
        if samples.conflicts > 0 {
            terminal::note(&format!(
                "warning: {} samples contradict the first of the same design, from {} on; the first counts",
                count(samples.conflicts),
                samples.conflicts_at.join(", ")
            ));
        }
        let encoder = Encoder::new(instance.problem.space());
        let lesson = Lesson::new(&samples, &encoder, &wanted);
        Ok(Read { instance, samples, wanted, encoder, lesson })
    }
}

/// Learn a proxy and save it.
///
/// Each design is learnt once, in its canonical form, however often it was sampled.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  sweepstake proxy train --data out/study --env DramController-v0 --workload stream \\\n      \
                  --target power_mw latency_ns energy_pj --out stream.proxy"
)]
pub(super) struct Args {
    #[command(flatten)]
    data: Data,
    /// Learn from so many samples only, drawn at random.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    rows: Option<u64>,
    /// Where to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn train(args: &Args, quiet: bool) -> Result<()> {
    let choice = Choice::of(&args.data.model)?;
    if args.out.is_dir() {
        return Err(Usage::error(format!("--out {} is a directory", args.out.display())));
    }
    let mut read = args.data.read(quiet)?;
    let seed = Seed(args.data.seed);
    if let Some(rows) = args.rows {
        read.limit(usize::try_from(rows).unwrap_or(usize::MAX), seed);
    }
    let started = Instant::now();
    let (choice, errors) = match choice {
        Choice::One(_) => (choice, Vec::new()),
        Choice::Auto => {
            let selection = select::choose(&read.lesson.checked()?, seed)?;
            (Choice::One(selection.best), selection.errors)
        }
    };
    let fitted = Fitted::fit(&read.lesson, choice, seed)?;
    let seconds = started.elapsed().as_secs_f64();
    let about = about(&read, &fitted, args.data.seed);
    file::write(&args.out, &about, &fitted)?;
    if args.json {
        return super::super::print_json(&json!({
            "model": about.model, "designs": about.designs, "samples": about.samples, "seconds": seconds,
            "candidates": errors.iter().map(|(name, error)| json!({"model": name, "rmse_percent": error}))
                .collect::<Vec<_>>(),
        }));
    }
    if !errors.is_empty() && !quiet {
        let shown =
            |(name, error): &(&str, f64)| vec![String::new(), (*name).to_owned(), format!("{error:.3}")];
        let head = vec![String::new(), "model".to_owned(), "RMSE % in cross-validation".to_owned()];
        let rows: Vec<_> = std::iter::once(head).chain(errors.iter().map(shown)).collect();
        terminal::print(&terminal::table(&rows));
    }
    if !quiet {
        terminal::line(&format!(
            "{} learnt {} from {} designs ({} samples) in {}: wrote {}",
            about.model,
            read.wanted.names.join(", "),
            count(about.designs),
            count(about.samples),
            duration(seconds),
            args.out.display()
        ));
    }
    Ok(())
}

impl Read {
    /// Keeps `rows` samples drawn at random, and their designs.
    fn limit(&mut self, rows: usize, seed: Seed) {
        let log = &self.samples.log;
        if rows < log.len() {
            let mut drawn = seed.stream("rows").distinct(log.len(), rows);
            drawn.sort_unstable();
            self.samples = self.samples.part(&drawn);
            self.lesson = Lesson::new(&self.samples, &self.encoder, &self.wanted);
        }
    }
}

fn about(read: &Read, fitted: &Fitted, seed: u64) -> About {
    let samples = &read.samples;
    About {
        subject: read.instance.subject.clone(),
        targets: fitted.targets.clone(),
        model: fitted.entry.name.to_owned(),
        features: read.encoder.names().to_vec(),
        samples: samples.log.len() as u64,
        designs: samples.designs.len() as u64,
        feasible: samples.working().len() as u64,
        agents: samples.agents.clone(),
        data: samples.blake3(),
        seed,
        calibration: fitted.calibration.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        bytes: [0; 2],
    }
}
