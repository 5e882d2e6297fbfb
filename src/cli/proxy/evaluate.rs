//! `sweepstake proxy evaluate`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use rl_env::seed::Seed;
use sweepstake_envs::ENVS;

use super::train::{Data, Read};
use crate::plan::Instance;
use crate::proxy::curve::curves;
use crate::proxy::evaluated::Evaluation;
use crate::proxy::evaluation::{PartScore, TargetScore, judge, speed};
use crate::proxy::figure;
use crate::proxy::fitted::Choice;
use crate::proxy::lesson::Lesson;
use crate::proxy::samples::Samples;
use crate::proxy::split::Split;
use crate::report::ProxyReport;
use crate::terminal::{self, count, duration, figure as number};
use crate::usage::Usage;

/// Judge models on designs never seen.
///
/// Designs are split in their canonical form, so that none is on both sides in another spelling. RMSE % is the root of
/// the mean squared error over the held-out designs, in percent of the mean of their true values. Top-k regret: how
/// far the best of the k designs with the lowest predictions is from the lowest of all; 1 is the median design.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sweepstake proxy evaluate --data out/study --env DramController-v0 --target power_mw --model extra-trees\n  \
                  sweepstake proxy evaluate --data out/study --env DramController-v0 --split agent\n  \
                  sweepstake proxy evaluate --data out/study --env DramController-v0 --curve --out out/proxy"
)]
pub(super) struct Args {
    #[command(flatten)]
    data: Data,
    /// What is held out.
    #[arg(long, value_enum, default_value_t = Split::Design)]
    split: Split,
    /// Parts of the splits `design` and `outcome`.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(2..=100))]
    folds: u64,
    /// Measure learning curves: error against the number of samples, of one agent and of all.
    #[arg(long)]
    curve: bool,
    /// Directory for report.html, its figures (SVG), evaluation.json and curve.csv; nothing is written without it.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn evaluate(args: &Args, quiet: bool) -> Result<()> {
    let choice = Choice::of(&args.data.model)?;
    let read = args.data.read(quiet)?;
    let seed = Seed(args.data.seed);
    let mut parts = Vec::new();
    for (name, train, test) in sides(args, &read, seed)? {
        parts
            .push(judge(&name, &train, &test, choice, seed).with_context(|| format!("cannot judge {name}"))?);
    }
    let curve = if args.curve {
        curves(&read.samples, &read.lesson, choice, seed, |source, size| {
            if !quiet {
                terminal::note(&format!("learning from {} samples of {source}", count(size as u64)));
            }
        })?
    } else {
        Vec::new()
    };
    // Measured with the model that the parts have shown.
    let shown = match parts.first() {
        Some(part) => Choice::of(&part.model)?,
        None => choice,
    };
    let (problem, designs) = (&read.instance.problem, &read.samples.designs);
    let speed = speed(problem, &read.encoder, &read.lesson, designs, shown, seed)?;
    let subject = &read.instance.subject;
    let evaluation = Evaluation {
        env: subject.env.clone(),
        workload: subject.workload.clone(),
        space: subject.space.clone(),
        model: args.data.model.clone(),
        seed: args.data.seed,
        version: env!("CARGO_PKG_VERSION"),
        rmse_percent_is: "100 * sqrt(mean(error^2)) / |mean(true values of the held-out designs)|",
        samples: read.samples.log.len(),
        designs: read.samples.designs.len(),
        feasible: read.samples.working().len(),
        agents: read.samples.agents.clone(),
        split: args.split,
        parts,
        speed,
        curve,
    };
    if let Some(dir) = &args.out {
        write(&evaluation, dir)?;
    }
    if args.json {
        return super::super::print_json(&evaluation);
    }
    terminal::print(&text(&evaluation));
    if let (Some(dir), false) = (&args.out, quiet) {
        terminal::line(&format!("wrote {}", dir.display()));
    }
    Ok(())
}

type Sides = (String, Lesson, Lesson);

fn sides(args: &Args, read: &Read, seed: Seed) -> Result<Vec<Sides>> {
    if args.split == Split::Workload {
        return workloads(args, read);
    }
    let space = read.instance.problem.space();
    let folds = usize::try_from(args.folds).unwrap_or(2);
    let parts = args.split.parts(&read.samples, space, folds, seed)?;
    let side = |designs: &[usize]| read.lesson.select(designs);
    Ok(parts.into_iter().map(|part| (part.name, side(&part.train), side(&part.test))).collect())
}

/// The workload of the command line is held out; all others that the data hold are learnt from.
fn workloads(args: &Args, read: &Read) -> Result<Vec<Sides>> {
    let own = &read.instance.subject;
    let names = ENVS.iter().filter(|entry| entry.id == own.env).flat_map(|entry| entry.workloads);
    let mut train: Option<Lesson> = None;
    for workload in names.filter(|workload| workload.name != own.workload) {
        let (other, _) = Instance::new(&own.env, workload.name, &own.space, Path::new(""))?;
        // Workloads that the data lack are passed over.
        let Ok(samples) = Samples::read(&args.data.data, &other, &read.wanted, &()) else { continue };
        let lesson = Lesson::new(&samples, &read.encoder, &read.wanted);
        match &mut train {
            Some(train) => train.append(&lesson),
            None => train = Some(lesson),
        }
    }
    let Some(train) = train else {
        return Err(Usage::error(format!("the data hold no other workload than {}", own.workload)));
    };
    Ok(vec![(own.workload.clone(), train, read.lesson.clone())])
}

/// Files of an evaluation: its numbers, its figures and its page.
fn write(evaluation: &Evaluation, dir: &Path) -> Result<()> {
    evaluation.write(dir)?;
    let figures = figure::draw(evaluation)?;
    for drawn in &figures {
        let path = dir.join(format!("{}.svg", drawn.name));
        fs::write(&path, &drawn.svg).with_context(|| format!("cannot write {}", path.display()))?;
    }
    let command = super::super::command();
    ProxyReport { evaluation, figures: &figures, command: &command }.write(dir)?;
    Ok(())
}

fn text(evaluation: &Evaluation) -> String {
    let speed = &evaluation.speed;
    let mut out = format!(
        "{} {} {}: {} designs ({} feasible) from {} samples of {}\n\n",
        evaluation.env,
        evaluation.workload,
        evaluation.space,
        count(evaluation.designs as u64),
        count(evaluation.feasible as u64),
        count(evaluation.samples as u64),
        evaluation.agents.join(", ")
    );
    out.push_str(&terminal::table(&rows(&evaluation.parts)));
    let seconds = evaluation.parts.iter().map(|part| part.train_seconds).fold(0.0, f64::max);
    out.push_str(&format!(
        "\n{}: learning took up to {}; a prediction of all metrics takes {} µs alone and {} µs in batches ({} designs/s \
         on one core), a simulation {} µs\n",
        speed.model,
        duration(seconds),
        number(speed.single_us),
        number(1e6 / speed.batch_per_s),
        count(speed.batch_per_s as u64),
        number(speed.simulator_us)
    ));
    out
}

fn rows(parts: &[PartScore]) -> Vec<Vec<String>> {
    let head = [
        "held out",
        "model",
        "learnt",
        "judged",
        "metric",
        "RMSE %",
        "MAPE %",
        "R²",
        "τ",
        "top-10 regret",
        "90 % holds",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    let row = |part: &PartScore, own: &TargetScore| {
        let optional =
            |x: Option<f64>, digits: usize| x.map_or("–".to_owned(), |x| format!("{x:.digits$}"));
        vec![
            part.part.clone(),
            part.model.clone(),
            count(part.train_designs as u64),
            count(own.score.designs as u64),
            own.target.clone(),
            format!("{:.4}", own.score.rmse_percent),
            optional(own.score.mape_percent, 4),
            optional(own.score.r2, 6),
            optional(own.score.kendall_tau, 4),
            format!("{:.4}", own.score.top_regret[1]),
            format!("{:.1} %", 100.0 * own.coverage[2]),
        ]
    };
    rows.extend(parts.iter().flat_map(|part| part.scores.iter().map(move |own| row(part, own))));
    if parts.len() > 1
        && let Some(first) = parts.first()
    {
        for own in &first.scores {
            let same = parts.iter().flat_map(|part| part.scores.iter().filter(|s| s.target == own.target));
            let errors: Vec<f64> = same.map(|s| s.score.rmse_percent).collect();
            let mut row = vec![String::new(); head.len()];
            (row[0], row[4]) = ("mean".to_owned(), own.target.clone());
            row[5] = format!("{:.4}", errors.iter().sum::<f64>() / errors.len() as f64);
            rows.push(row);
        }
    }
    rows
}
