//! `sweepstake lottery`: what a study says about its agents.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::lottery::{Comparison, Regrets, Standing, Versus};
use crate::optima::ROOT;
use crate::plot;
use crate::study::Study;
use crate::terminal;
use crate::usage::Usage;

/// Compare the agents of a study over all of its problems.
///
/// Regret is normalised on each problem: 0 at the optimum (the best design seen where no optimum is recorded), 1 at a
/// median random design. Agents are compared by the interquartile mean over all runs and problems, with 95 % intervals from a
/// bootstrap stratified by problem (Agarwal et al. 2021).
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  sweepstake lottery out/quickstart\n  \
                  sweepstake lottery out/agents out/peers --reference portfolio --at 100,300,1000 --out results/agents")]
pub(super) struct Args {
    /// Output directories of sweeps.
    #[arg(required = true, value_name = "DIR")]
    dirs: Vec<PathBuf>,
    /// Where to write tables and figures; the folder `lottery` of the first directory by default.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Compare every other agent with this one, run by run.
    #[arg(long, value_name = "AGENT")]
    reference: Option<String>,
    /// Simulator calls at which to compare; a tenth, a third and all of the budget by default.
    #[arg(long, value_name = "CALLS", value_delimiter = ',', value_parser = clap::value_parser!(u64).range(1..))]
    at: Vec<u64>,
    /// Folder of recorded optima; problems without one count as best what any run found.
    #[arg(long, value_name = "DIR", default_value = ROOT)]
    optima: PathBuf,
    /// Bootstrap draws of each interval.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(100..=1_000_000))]
    replicates: u64,
}

pub(super) fn lottery(args: &Args, quiet: bool) -> Result<()> {
    let study = load(&args.dirs)?;
    let agents = study.agents();
    if let Some(reference) = &args.reference
        && !agents.contains(&reference.as_str())
    {
        return Err(Usage::error(format!(
            "no agent `{reference}` in the study; there are {}",
            agents.join(", ")
        )));
    }
    let regrets = Regrets::new(&study, &args.optima);
    if regrets.scales().next().is_none() {
        bail!("no run has a feasible design: there is nothing to compare");
    }
    let comparison = Comparison { regrets: &regrets, replicates: args.replicates };
    let at = checkpoints(&args.at, &study);
    let pairs = || at.iter().flat_map(|calls| agents.iter().map(|agent| (*agent, *calls)));
    let standings: Vec<Standing> =
        pairs().filter_map(|(agent, calls)| comparison.standing(agent, calls)).collect();
    let versus: Vec<Versus> = match &args.reference {
        None => Vec::new(),
        Some(reference) => pairs()
            .filter(|(agent, _)| agent != reference)
            .filter_map(|(agent, calls)| comparison.versus(reference, agent, calls))
            .collect(),
    };
    let out = args.out.clone().unwrap_or_else(|| args.dirs[0].join("lottery"));
    std::fs::create_dir_all(&out).with_context(|| format!("cannot write {}", out.display()))?;
    write_standings(&out, &standings)?;
    write_versus(&out, &versus)?;
    write_problems(&out, &regrets, &agents, &at)?;
    let figures = plot::write(&plot::draw(&study, None)?, &out)?;
    if !quiet {
        terminal::print(&summary(&standings, &at));
        if !versus.is_empty() {
            terminal::print(&format!("\n{}", duels(&versus)));
        }
        terminal::line(&format!(
            "\n{} tables and {} figures in {}",
            3 - usize::from(versus.is_empty()),
            figures.len(),
            out.display()
        ));
    }
    Ok(())
}

/// All runs of several directories; the title is that of the first.
fn load(dirs: &[PathBuf]) -> Result<Study> {
    let mut all: Option<Study> = None;
    for dir in dirs {
        let study = Study::load(dir)?;
        match &mut all {
            None => all = Some(study),
            Some(all) => all.runs.extend(study.runs),
        }
    }
    all.context("no directory is given")
}

/// The calls asked for, or a tenth, a third and all of the largest budget.
fn checkpoints(at: &[u64], study: &Study) -> Vec<u64> {
    let budget = study.runs.iter().map(|run| run.budget).max().unwrap_or(1);
    let mut calls = if at.is_empty() { vec![budget / 10, budget * 3 / 10, budget] } else { at.to_vec() };
    calls.iter_mut().for_each(|calls| *calls = (*calls).max(1));
    calls.sort_unstable();
    calls.dedup();
    calls
}

fn write<const N: usize>(
    path: &Path,
    header: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> Result<()> {
    let context = || format!("cannot write {}", path.display());
    let mut writer = csv::Writer::from_path(path).with_context(context)?;
    writer.write_record(header).with_context(context)?;
    for row in rows {
        writer.write_record(row).with_context(context)?;
    }
    writer.flush().with_context(context)
}

fn write_standings(out: &Path, standings: &[Standing]) -> Result<()> {
    let header = ["agent", "simulator_calls", "iqm_regret", "low_95", "high_95", "problems", "runs"];
    let rows = standings.iter().map(|s| {
        let [estimate, low, high] =
            [s.regret.estimate, s.regret.low, s.regret.high].map(|x| format!("{x:.6}"));
        [
            s.agent.clone(),
            s.calls.to_string(),
            estimate,
            low,
            high,
            s.problems.to_string(),
            s.runs.to_string(),
        ]
    });
    write(&out.join("standings.csv"), header, rows)
}

fn write_versus(out: &Path, versus: &[Versus]) -> Result<()> {
    if versus.is_empty() {
        return Ok(());
    }
    let header = [
        "reference",
        "agent",
        "simulator_calls",
        "iqm_difference",
        "low_95",
        "high_95",
        "probability_of_improvement",
        "improvement_low_95",
        "improvement_high_95",
        "problems",
        "pairs",
    ];
    let rows = versus.iter().map(|v| {
        let (d, p) = (v.difference, v.improvement);
        let [d0, d1, d2, p0, p1, p2] =
            [d.estimate, d.low, d.high, p.estimate, p.low, p.high].map(|x| format!("{x:.6}"));
        let (calls, problems, pairs) = (v.calls.to_string(), v.problems.to_string(), v.pairs.to_string());
        [v.reference.clone(), v.agent.clone(), calls, d0, d1, d2, p0, p1, p2, problems, pairs]
    });
    write(&out.join("versus.csv"), header, rows)
}

/// Median regret of every agent on every problem.
fn write_problems(out: &Path, regrets: &Regrets<'_>, agents: &[&str], at: &[u64]) -> Result<()> {
    let header =
        ["problem", "best_reward", "random_reward", "certain", "agent", "simulator_calls", "median_regret"];
    let mut rows = Vec::new();
    for agent in agents {
        for calls in at {
            for (title, scale, median) in regrets.medians(agent, *calls) {
                let [best, random] = [scale.best, scale.random].map(|x| x.to_string());
                let (agent, median) = ((*agent).to_owned(), format!("{median:.6}"));
                rows.push([
                    title.to_owned(),
                    best,
                    random,
                    scale.certain.to_string(),
                    agent,
                    calls.to_string(),
                    median,
                ]);
            }
        }
    }
    rows.sort();
    write(&out.join("problems.csv"), header, rows.into_iter())
}

/// One row an agent, the best at the last checkpoint first.
fn summary(standings: &[Standing], at: &[u64]) -> String {
    let last = at.last().copied().unwrap_or(0);
    let mut order: Vec<&Standing> = standings.iter().filter(|s| s.calls == last).collect();
    order.sort_by(|a, b| a.regret.estimate.total_cmp(&b.regret.estimate));
    let mut head = vec!["normalised regret".to_owned()];
    head.extend(at.iter().map(|calls| format!("after {}", terminal::count(*calls))));
    let mut rows = vec![head];
    for Standing { agent, .. } in order {
        let of = |calls: &u64| standings.iter().find(|s| s.agent == *agent && s.calls == *calls);
        let cell =
            |s: &Standing| format!("{:.4} [{:.4}, {:.4}]", s.regret.estimate, s.regret.low, s.regret.high);
        let mut row = vec![agent.clone()];
        row.extend(at.iter().map(|calls| of(calls).map(cell).unwrap_or_default()));
        rows.push(row);
    }
    terminal::table(&rows)
}

fn duels(versus: &[Versus]) -> String {
    let Some(first) = versus.first() else { return String::new() };
    let mut rows = vec![vec![
        format!("{} ahead of", first.reference),
        "after".to_owned(),
        "by (regret)".to_owned(),
        "P(better run)".to_owned(),
        String::new(),
    ]];
    for v in versus {
        let verdict = match (v.difference.low > 0.0, v.difference.high < 0.0) {
            (true, _) => "ahead",
            (_, true) => "behind",
            _ => "undecided",
        };
        rows.push(vec![
            v.agent.clone(),
            terminal::count(v.calls),
            format!("{:+.4} [{:+.4}, {:+.4}]", v.difference.estimate, v.difference.low, v.difference.high),
            format!("{:.2}", v.improvement.estimate),
            verdict.to_owned(),
        ]);
    }
    terminal::table(&rows)
}
