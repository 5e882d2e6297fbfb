//! `sweepstake proxy search`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use rayon::prelude::*;
use rl_env::agent::Context;
use rl_env::registry::find_agent;
use rl_env::seed::Seed;
use serde::Serialize;
use serde_json::{Map, Value as Json};

use crate::agents::AGENTS;
use crate::config::ObjectiveChoice;
use crate::plan::Instance;
use crate::proxy::search::{Hunt, search as hunt};
use crate::table::supply;
use crate::terminal::{self, count, figure};

/// How far from the best found a target is, in percent of it.
const TARGETS: [f64; 3] = [10.0, 1.0, 0.1];

/// Search with and without a proxy in the loop, and count the simulator calls that each needs.
///
/// The proxy learns from the same simulations while the search goes on, and spends a share of the calls that follows
/// its success: it screens designs by the thousand and simulates the most promising, or the one it knows least about. The budget is
/// that of agent and proxy together, and whatever is reported was simulated.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  sweepstake proxy search --env DramController-v0 --workload cloud-1 --agent genetic --budget 500 --seeds 10"
)]
pub(super) struct Args {
    #[command(flatten)]
    variant: super::super::Variant,
    /// Named objective; the workload's first by default.
    #[arg(long, default_value = "", hide_default_value = true)]
    objective: String,
    /// Agent names.
    #[arg(long, required = true, num_args = 1..)]
    agent: Vec<String>,
    /// Simulator calls of each search.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..))]
    budget: u64,
    /// Searches of each kind, with seeds 0, 1, ….
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    seeds: u64,
    /// Complete table (of `sweepstake enumerate`) to look outcomes up in.
    #[arg(long, value_name = "FILE")]
    table: Option<PathBuf>,
    /// Where to write the results of all searches: FILE.csv.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Threads; all cores by default.
    #[arg(long, short, value_parser = super::super::jobs)]
    jobs: Option<usize>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// One kind of search over all seeds.
#[derive(Debug, Serialize)]
struct Kind {
    agent: String,
    proxy: bool,
    /// Median of the best simulated rewards.
    median_best: Option<f64>,
    /// For each target: how many searches reached it, and the median of their simulator calls, those that did not
    /// counting as more than any; null if most did not.
    reached: Vec<(u64, Option<u64>)>,
    /// Best simulated design over all seeds.
    best_design: Option<Map<String, Json>>,
}

pub(super) fn search(args: &Args, quiet: bool) -> Result<()> {
    super::super::threads(args.jobs);
    let variant = &args.variant;
    let (mut instance, labels) =
        Instance::new(&variant.env, &variant.workload, &variant.space, Path::new(""))?;
    supply(std::slice::from_mut(&mut instance), args.table.as_slice())?;
    let (name, objective) = labels.objective(&ObjectiveChoice::Named(args.objective.clone()))?;
    let scorer = objective.bind(instance.problem.metrics())?;
    let mut tasks = Vec::new();
    for agent in &args.agent {
        let entry = find_agent(&AGENTS, agent)?;
        tasks.extend([false, true].iter().flat_map(|p| (0..args.seeds).map(move |seed| (entry, *p, seed))));
    }
    let one = |(entry, screened, seed): &(&rl_env::registry::AgentEntry, bool, u64)| -> Result<Hunt> {
        let context = Context {
            space: Arc::new(instance.problem.space().clone()),
            seed: Seed(*seed),
            budget: args.budget,
            axes: scorer.axis_count(),
        };
        let mut agent = entry.build(&entry.defaults(), context)?;
        let problem = instance.problem.as_ref();
        hunt(problem, &scorer, agent.as_mut(), args.budget, *screened, Seed(*seed)).context(entry.name)
    };
    let hunts: Vec<Hunt> = tasks.par_iter().map(one).collect::<Result<_>>()?;
    let best = hunts.iter().filter_map(|hunt| hunt.best.as_ref()).map(|best| best.reward);
    let best = best.fold(f64::NEG_INFINITY, f64::max);
    let kinds: Vec<Kind> = tasks
        .chunks(args.seeds as usize)
        .zip(hunts.chunks(args.seeds as usize))
        .map(|(tasks, hunts)| kind(tasks[0].0.name, tasks[0].1, hunts, best, &instance))
        .collect();
    if let Some(path) = &args.out {
        let rows = csv(&tasks, &hunts);
        std::fs::write(path, rows).with_context(|| format!("cannot write {}", path.display()))?;
    }
    if args.json {
        return super::super::print_json(&kinds);
    }
    if !quiet {
        let subject = &instance.subject;
        terminal::line(&format!(
            "{subject}, objective {name}: {} searches of each kind with {} simulator calls; best reward {}\n",
            args.seeds,
            count(args.budget),
            figure(best)
        ));
    }
    terminal::print(&terminal::table(&rows(&kinds, args.seeds)));
    Ok(())
}

fn kind(agent: &str, proxy: bool, hunts: &[Hunt], best: f64, instance: &Instance) -> Kind {
    let mut rewards: Vec<f64> = hunts.iter().filter_map(|h| h.best.as_ref()).map(|b| b.reward).collect();
    rewards.sort_by(f64::total_cmp);
    let reached = TARGETS.map(|percent| {
        let target = best - percent / 100.0 * best.abs();
        let first =
            |hunt: &Hunt| hunt.curve.iter().find(|(_, reward)| *reward >= target).map(|(calls, _)| *calls);
        let mut calls: Vec<u64> = hunts.iter().map(|hunt| first(hunt).unwrap_or(u64::MAX)).collect();
        calls.sort_unstable();
        let median = calls.get(calls.len() / 2).copied().filter(|calls| *calls < u64::MAX);
        (calls.iter().filter(|calls| **calls < u64::MAX).count() as u64, median)
    });
    let top = hunts.iter().filter_map(|h| h.best.as_ref()).max_by(|a, b| a.reward.total_cmp(&b.reward));
    let named = |design: &rl_env::design::Design| -> Map<String, Json> {
        instance.problem.space().named(design).map(|(name, text)| (name.to_owned(), text.into())).collect()
    };
    Kind {
        agent: agent.to_owned(),
        proxy,
        median_best: rewards.get(rewards.len() / 2).copied(),
        reached: reached.to_vec(),
        best_design: top.map(|best| named(&best.design)),
    }
}

fn rows(kinds: &[Kind], seeds: u64) -> Vec<Vec<String>> {
    let mut head = vec!["agent".to_owned(), "proxy".to_owned(), "median best".to_owned()];
    head.extend(TARGETS.map(|percent| format!("calls to {percent} %")));
    let row = |kind: &Kind| {
        let cell = |(reached, median): &(u64, Option<u64>)| match median {
            Some(calls) => format!("{} ({reached}/{seeds})", count(*calls)),
            None => format!("– ({reached}/{seeds})"),
        };
        let proxy = if kind.proxy { "yes" } else { "no" };
        let best = kind.median_best.map_or("–".to_owned(), figure);
        let cells = [kind.agent.clone(), proxy.to_owned(), best];
        cells.into_iter().chain(kind.reached.iter().map(cell)).collect()
    };
    std::iter::once(head).chain(kinds.iter().map(row)).collect()
}

fn csv(tasks: &[(&rl_env::registry::AgentEntry, bool, u64)], hunts: &[Hunt]) -> String {
    let mut text = "agent,proxy,seed,simulator_calls,proposals,calls,best_reward\n".to_owned();
    for ((entry, screened, seed), hunt) in tasks.iter().zip(hunts) {
        for (calls, reward) in &hunt.curve {
            text.push_str(&format!(
                "{},{screened},{seed},{},{},{calls},{reward}\n",
                entry.name, hunt.calls, hunt.proposals
            ));
        }
    }
    text
}
