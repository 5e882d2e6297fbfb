//! Each agent on each problem.

use std::collections::{BTreeMap, BTreeSet};

use rl_env::seed::Seed;

use super::assembly::Material;
use super::board::mean;
use super::findings::{Findings, SummaryRow};
use crate::statistics::{crossed, interquartile_mean, quantile};
use crate::study::Run;

/// Seed of the bootstrap, so that a report can be made again.
const SEED: Seed = Seed(2022);
/// Regret below which a run has reached the best.
const SOLVED: f64 = 1e-9;

pub(super) fn fill(material: &Material<'_>, found: &mut Findings) {
    for (title, runs) in material.study.problems() {
        for agent in &material.agents {
            let runs: Vec<&Run> = runs.iter().copied().filter(|run| run.agent == *agent).collect();
            if !runs.is_empty() {
                found.summary.push(row(material, &title, &runs));
            }
        }
    }
}

fn row(material: &Material<'_>, title: &str, runs: &[&Run]) -> SummaryRow {
    let board = &material.board;
    let scale = board.rows.iter().find(|row| row.title == title).map(|row| row.scale);
    let after = |run: &&Run| run.best_after(board.calls);
    let mut scores: Vec<f64> = runs.iter().map(|run| after(run).unwrap_or(f64::NEG_INFINITY)).collect();
    scores.sort_unstable_by(f64::total_cmp);
    let regret = |run: &&Run| Some(scale?.regret(after(run)).max(0.0));
    let mut regrets: Vec<f64> = runs.iter().filter_map(regret).collect();
    regrets.sort_unstable_by(f64::total_cmp);
    let at = |q| quantile(&regrets, q);
    let tickets: BTreeSet<u64> = runs.iter().map(|run| run.ticket).collect();
    let seeds: BTreeSet<u64> = runs.iter().map(|run| run.seed).collect();
    let by_key: BTreeMap<(u64, u64), f64> =
        runs.iter().filter_map(|run| Some(((run.ticket, run.seed), regret(run)?))).collect();
    let cell = |ticket: &u64| seeds.iter().map(|seed| by_key.get(&(*ticket, *seed)).copied()).collect();
    let replicates = if regrets.len() > 1 { material.few_replicates() } else { 0 };
    let iqm = crossed(&vec![tickets.iter().map(cell).collect()], interquartile_mean, replicates, SEED);
    let several = iqm.filter(|_| regrets.len() > 1);
    let broken =
        |run: &&&Run| ["failed", "interrupted"].contains(&material.ledger.entry(run).status.as_str());
    // Added to 0, because −0 would print with its sign.
    let finite = |x: Option<f64>| x.filter(|x| x.is_finite()).map(|x| x + 0.0);
    let first = runs[0];
    SummaryRow {
        env: first.env.clone(),
        workload: first.workload.clone(),
        space: first.space.clone(),
        objective: first.objective.clone(),
        agent: first.agent.clone(),
        runs: runs.len(),
        tickets: tickets.len(),
        seeds: seeds.len(),
        infeasible_runs: runs.iter().filter(|run| after(run).is_none()).count(),
        broken_runs: runs.iter().filter(broken).count(),
        best_score: finite(scores.last().copied()),
        median_score: finite(quantile(&scores, 0.5)),
        known_best: finite(scale.map(|scale| scale.best)),
        random_score: finite(scale.map(|scale| scale.random)),
        certain: scale.is_some_and(|scale| scale.certain),
        iqm_regret: iqm.map(|iqm| iqm.estimate),
        low_95: several.map(|iqm| iqm.low),
        high_95: several.map(|iqm| iqm.high),
        mean_regret: mean(regrets.iter().copied()),
        q25_regret: at(0.25),
        median_regret: at(0.5),
        q75_regret: at(0.75),
        solved: regrets.iter().filter(|regret| **regret <= SOLVED).count() as f64 / runs.len() as f64,
    }
}
