//! `sweepstake run`: one agent on one environment.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use anyhow::{Result, anyhow};
use serde_json::{Map, Value as Json, json};

use crate::config::{AgentChoice, AgentTickets, EnvChoice, ObjectiveChoice, Seeds, SweepConfig, Tickets};
use crate::document::Document;
use crate::plan::Plan;
use crate::proxy;
use crate::run::{self, Status, Summary, Task};
use crate::store::{Place, Shard};
use crate::sweep::{self, Observer, Progress};
use crate::table::supply;
use crate::terminal::{self, count, duration, figure};
use crate::usage::Usage;

/// Search one environment with one agent.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sweepstake run --env Landscape-v0 --agent genetic\n  sweepstake run --env Landscape-v0 \
                  --workload rastrigin --agent genetic \\\n      --set population=64 --budget 2000 --seed 7 --out out/run"
)]
pub(super) struct Args {
    #[command(flatten)]
    variant: super::Variant,
    /// Named objective; the workload's first by default.
    #[arg(long, default_value = "", hide_default_value = true)]
    objective: String,
    /// Agent name.
    #[arg(long)]
    agent: String,
    /// Set a hyperparameter; may be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Unique simulator calls.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..))]
    budget: u64,
    /// Seed of all randomness.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Directory for runs.csv and samples; nothing is written without it.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Threads; all cores by default.
    #[arg(long, short, value_parser = super::jobs)]
    jobs: Option<usize>,
    /// Complete table (of `sweepstake enumerate`) to look outcomes up in.
    #[arg(long, value_name = "FILE")]
    table: Vec<PathBuf>,
    /// Proxy (of `sweepstake proxy train`) that answers instead of the simulator; may be repeated, for several workloads.
    #[arg(long, value_name = "FILE")]
    proxy: Vec<PathBuf>,
    /// Start over if the directory holds a run already.
    #[arg(long)]
    fresh: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, quiet: bool) -> Result<()> {
    let config = config(args)?;
    let here = Document::parse(Path::new("command line"), "{}")?;
    let mut plan = Plan::new(&config, &here, Path::new("")).map_err(without_place)?;
    supply(&mut plan.instances, &args.table)?;
    proxy::supply::supply(&mut plan, &args.proxy)?;
    let jobs = super::threads(args.jobs);
    let stop = super::stop_flag();
    let started = Instant::now();
    let summary = match &args.out {
        Some(dir) => logged(&plan, &config, dir, jobs, args.fresh, &stop)?,
        None => unlogged(&plan, jobs, &stop)?,
    };
    match (summary.status, &summary.failure) {
        (Status::Failed, failure) => {
            return Err(anyhow!("the run failed: {}", failure.as_deref().unwrap_or("no cause given")));
        }
        (Status::Interrupted, _) => return Err(anyhow!("interrupted; the same command starts over")),
        _ => {}
    }
    report(args, &plan, &summary, started.elapsed().as_secs_f64(), quiet)
}

fn config(args: &Args) -> Result<SweepConfig> {
    let named = |name: &String| vec![ObjectiveChoice::Named(name.clone())];
    Ok(SweepConfig {
        name: String::new(),
        envs: vec![EnvChoice {
            env: args.variant.env.clone(),
            workloads: Some(vec![args.variant.workload.clone()]),
            space: args.variant.space.clone(),
            objectives: Some(named(&args.objective)),
        }],
        agents: vec![AgentChoice::Full(AgentTickets {
            agent: args.agent.clone(),
            label: None,
            set: args.set.iter().map(|text| super::setting(text)).collect::<Result<_>>()?,
            tickets: Tickets::default(),
        })],
        budget: args.budget,
        seeds: Seeds::List(vec![args.seed]),
        ticket_seed: 0,
    })
}

/// There is no file to point at: `command line:1: envs[0].env: …` says too much.
fn without_place(error: anyhow::Error) -> anyhow::Error {
    let text = format!("{error:#}");
    let text = text.strip_prefix("command line:1: ").unwrap_or(&text);
    let inner = ["envs[0].", "agents[0]"].iter().find_map(|p| text.strip_prefix(p)?.split_once(": "));
    Usage::error(inner.map_or(text, |(_, message)| message))
}

struct Keep(Option<Summary>);

impl Observer for Keep {
    fn progress(&mut self, _: &Progress) {}
    fn finished(&mut self, _: &crate::plan::PlannedRun, summary: &Summary) {
        self.0 = Some(summary.clone());
    }
}

fn logged(
    plan: &Plan,
    config: &SweepConfig,
    dir: &Path,
    jobs: usize,
    fresh: bool,
    stop: &AtomicBool,
) -> Result<Summary> {
    let mut keep = Keep(None);
    let place = Place { dir, folder: Path::new(""), shard: Shard::WHOLE, fresh };
    let outcome = sweep::sweep(plan, config, &place, jobs, stop, &mut keep)?;
    match keep.0 {
        Some(summary) => Ok(summary),
        None if outcome.interrupted => Err(anyhow!("interrupted; the same command starts over")),
        None => Err(Usage::error(format!(
            "{} holds this very run already: read its runs.csv, or pass --fresh to repeat it",
            dir.display()
        ))),
    }
}

fn unlogged(plan: &Plan, jobs: usize, stop: &AtomicBool) -> Result<Summary> {
    let planned = &plan.runs[0];
    let instance = &plan.instances[planned.instance];
    let scorer = planned.spec.objective.bind(instance.problem.metrics())?;
    let mut agent = planned.agent(instance, &scorer)?;
    let mut task = Task {
        problem: instance.problem.as_ref(),
        scorer: &scorer,
        addresses: instance.addresses.clone(),
        budget: planned.spec.budget,
        shared: None,
        parallel: jobs > 1,
        stop,
    };
    run::run(&mut task, agent.as_mut(), &mut |_, _| Ok(()))
}

fn report(args: &Args, plan: &Plan, summary: &Summary, wall_s: f64, quiet: bool) -> Result<()> {
    let problem = &plan.instances[0].problem;
    let space = problem.space();
    let best = summary.best.as_ref();
    if args.json {
        let design: Option<Map<String, Json>> = best.map(|best| {
            space.named(&best.design).map(|(name, text)| (name.to_owned(), text.into())).collect()
        });
        let metrics: Option<Map<String, Json>> = best.map(|best| {
            problem
                .metrics()
                .iter()
                .zip(&best.metrics)
                .map(|(m, x)| (m.name.to_string(), (*x).into()))
                .collect()
        });
        return super::print_json(&json!({
            "best_reward": best.map(|b| b.reward), "best_design": design, "best_metrics": metrics,
            "best_step": best.map(|b| b.step), "hypervolume": summary.hypervolume,
            "simulator_calls": summary.simulator_calls, "samples": summary.samples,
            "status": summary.status, "wall_s": wall_s,
        }));
    }
    let Some(best) = best else {
        terminal::line("no feasible design was found");
        return Ok(());
    };
    let mut rows = vec![vec!["best reward".to_owned(), figure(best.reward)]];
    if let Some(hypervolume) = summary.hypervolume {
        rows.push(vec!["hypervolume".to_owned(), figure(hypervolume)]);
    }
    for (metric, x) in problem.metrics().iter().zip(&best.metrics) {
        rows.push(vec![metric.name.to_string(), figure(*x)]);
    }
    terminal::print(&terminal::table(&rows));
    terminal::line(&format!("best design  {}", space.describe(&best.design)));
    if !quiet {
        terminal::line(&format!(
            "{} simulator calls, {} samples in {}",
            count(summary.simulator_calls),
            count(summary.samples),
            duration(wall_s)
        ));
    }
    if let (Some(dir), false) = (&args.out, quiet) {
        terminal::line(&format!("wrote {}", dir.display()));
    }
    Ok(())
}
