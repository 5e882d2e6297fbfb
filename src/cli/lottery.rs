//! `sweepstake lottery`: what a study says about its agents.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::Result;

use crate::lottery::findings::{StandingRow, VersusRow};
use crate::lottery::{self, Findings, Ledger, Question};
use crate::optima::ROOT;
use crate::plot;
use crate::report::Report;
use crate::terminal;
use crate::usage::Usage;

/// Compare the agents of a study over all of its problems, and tell skill from the luck of their hyperparameters.
///
/// Regret is normalised on each problem: 0 at the optimum (the best design seen where no optimum is recorded), 1 at a
/// median random design. Agents are compared by the interquartile mean over all runs and problems, with 95 % intervals from a
/// bootstrap of tickets and of seeds by problem (Agarwal et al. 2021). The tables are described in docs/lottery.md.
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
    /// Compare every other agent with this one, defaults paired by seed.
    #[arg(long, value_name = "AGENT")]
    reference: Option<String>,
    /// Judge runs by their first CALLS simulator calls, as if that had been the budget; by the smallest budget of the study by
    /// default.
    #[arg(long, value_name = "CALLS", value_parser = clap::value_parser!(u64).range(1..))]
    within: Option<u64>,
    /// Simulator calls at which to compare; a tenth, a third and all of --within by default.
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
    let (study, ledger) = Ledger::load(&args.dirs)?;
    let agents = study.agents();
    if let Some(reference) = &args.reference
        && !agents.contains(&reference.as_str())
    {
        return Err(Usage::error(format!(
            "no agent `{reference}` in the study; there are {}",
            agents.join(", ")
        )));
    }
    let question = Question {
        optima: &args.optima,
        within: args.within,
        at: &args.at,
        reference: args.reference.as_deref(),
        replicates: args.replicates,
    };
    let findings = lottery::findings(&study, &ledger, &question)?;
    let out = args.out.clone().unwrap_or_else(|| args.dirs[0].join("lottery"));
    let tables = lottery::write_all(&findings, &out)?;
    let drawn = plot::draw(&study, Some(&findings))?;
    let figures = plot::write(&drawn, &out)?;
    let command = super::command();
    let report =
        Report { findings: &findings, figures: &drawn, manifests: &ledger.manifests, command: &command }
            .write(&out)?;
    if !quiet {
        terminal::print(&summary(&findings.standings));
        if !findings.versus.is_empty() {
            terminal::print(&format!("\n{}", duels(&findings.versus)));
        }
        terminal::print(&remarks(&findings));
        terminal::line(&format!(
            "\n{} tables and {} figures in {}; all of it on one page: {}",
            tables.len(),
            figures.len(),
            out.display(),
            report.display()
        ));
    }
    Ok(())
}

/// What a reader has to know before believing the rest.
fn remarks(findings: &Findings) -> String {
    let lines = findings.remarks.iter().map(|remark| format!("  {}\n", remark.text));
    let lines: String = lines.collect();
    if lines.is_empty() { lines } else { format!("\nRemarks\n{lines}") }
}

/// One row an agent, the best at the last checkpoint first.
pub(super) fn summary(standings: &[StandingRow]) -> String {
    let at: BTreeSet<u64> = standings.iter().map(|s| s.simulator_calls).collect();
    let last = at.last().copied().unwrap_or(0);
    let mut order: Vec<&StandingRow> = standings.iter().filter(|s| s.simulator_calls == last).collect();
    order.sort_by(|a, b| a.iqm_regret.total_cmp(&b.iqm_regret));
    let mut head = vec!["normalised regret".to_owned()];
    head.extend(at.iter().map(|calls| format!("after {}", terminal::count(*calls))));
    let mut rows = vec![head];
    for StandingRow { agent, .. } in order {
        let of = |calls: &u64| standings.iter().find(|s| s.agent == *agent && s.simulator_calls == *calls);
        let cell = |s: &StandingRow| {
            let [middle, low, high] = [s.iqm_regret, s.low_95, s.high_95].map(regret);
            format!("{middle} [{low}, {high}]")
        };
        let mut row = vec![agent.clone()];
        row.extend(at.iter().map(|calls| of(calls).map(cell).unwrap_or_default()));
        rows.push(row);
    }
    terminal::table(&rows)
}

/// Four decimals, or two digits where they would say nothing.
fn regret(x: f64) -> String {
    if x == 0.0 || x.abs() >= 0.001 { format!("{x:.4}") } else { format!("{x:.1e}") }
}

fn duels(versus: &[VersusRow]) -> String {
    let Some(first) = versus.first() else { return String::new() };
    let mut rows = vec![vec![
        format!("{} ahead of", first.reference),
        "after".to_owned(),
        "by (regret)".to_owned(),
        "P(better run)".to_owned(),
        String::new(),
    ]];
    for v in versus {
        let verdict = match (v.low_95 > 0.0, v.high_95 < 0.0) {
            (true, _) => "ahead",
            (_, true) => "behind",
            _ => "undecided",
        };
        let signed = |x: f64| format!("{}{}", if x < 0.0 { "" } else { "+" }, regret(x));
        let by = format!("{} [{}, {}]", signed(v.iqm_difference), signed(v.low_95), signed(v.high_95));
        rows.push(vec![
            v.agent.clone(),
            terminal::count(v.simulator_calls),
            by,
            format!("{:.2}", v.probability_of_improvement),
            verdict.to_owned(),
        ]);
    }
    terminal::table(&rows)
}
