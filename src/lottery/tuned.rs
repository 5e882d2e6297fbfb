//! Does tuning pay? Tickets are chosen on one half of the seeds and judged on the other.

use std::collections::BTreeSet;

use rl_env::seed::Seed;

use super::assembly::Material;
use super::board::{Row, Tickets, mean};
use super::findings::{ALL, Findings, Remark, TunedRow, TuningCostRow};
use super::race::grid;
use crate::statistics::{Strata, best_weights, expected_best, stratified};

/// Seed of the bootstrap.
const SEED: Seed = Seed(2024);
/// The agent that tuning has to beat.
const RANDOM: &str = "random-walker";

/// One problem's tickets on tuning seeds and on test seeds.
struct Trial {
    problem: String,
    tuning_seeds: usize,
    /// By ticket: mean regret on the tuning seeds, regrets on the test seeds in order of seed.
    tickets: Vec<(u64, f64, Vec<f64>)>,
}

impl Trial {
    /// Splits the seeds of a problem: the lower half, rounded down, tunes. `None` with fewer than two seeds, or without a default.
    /// Tickets that lack a seed are left out.
    fn new(row: &Row<'_>, tickets: &Tickets) -> Option<Self> {
        let seeds: Vec<u64> =
            tickets.values().flat_map(|s| s.keys().copied()).collect::<BTreeSet<_>>().into_iter().collect();
        let (tuning, test) = seeds.split_at(seeds.len() / 2);
        let regrets = |of: &std::collections::BTreeMap<u64, f64>, seeds: &[u64]| {
            seeds.iter().map(|seed| of.get(seed).copied()).collect::<Option<Vec<f64>>>()
        };
        let judged = tickets.iter().filter_map(|(ticket, of)| {
            Some((*ticket, mean(regrets(of, tuning)?.into_iter())?, regrets(of, test)?))
        });
        let tickets: Vec<_> = judged.collect();
        (tickets.first()?.0 == 0).then(|| Self {
            problem: row.title.clone(),
            tuning_seeds: tuning.len(),
            tickets,
        })
    }

    fn of(&self, ticket: u64) -> Option<&(u64, f64, Vec<f64>)> {
        self.tickets.iter().find(|(known, ..)| *known == ticket)
    }

    /// Regret of the default less that of a ticket, by test seed.
    fn gains(&self, ticket: u64) -> Vec<f64> {
        let (Some(default), Some(chosen)) = (self.of(0), self.of(ticket)) else { return Vec::new() };
        default.2.iter().zip(&chosen.2).map(|(default, chosen)| default - chosen).collect()
    }
}

pub(super) fn fill(material: &Material<'_>, found: &mut Findings) {
    for agent in &material.agents {
        let problems = material.board.of(agent);
        if problems.iter().all(|(_, tickets)| tickets.len() < 2) {
            continue;
        }
        let trials: Vec<Trial> =
            problems.iter().filter_map(|(row, tickets)| Trial::new(row, tickets)).collect();
        if trials.len() < problems.len() {
            let text = format!(
                "{agent}: {} of {} problems lack a second seed, or the default; a ticket cannot be chosen and judged on \
                 different seeds there",
                problems.len() - trials.len(),
                problems.len()
            );
            found.remarks.push(Remark { about: "tuned".to_owned(), text });
        }
        for trial in trials.iter().filter(|trial| trial.tickets.len() > 1) {
            found.tuned.extend(row(material, agent, &trial.problem, &[trial]));
        }
        if trials.len() > 1 && trials.len() == problems.len() {
            found.tuned.extend(row(material, agent, ALL, &trials.iter().collect::<Vec<_>>()));
        }
        found.tuning_cost.extend(costs(material, agent, &trials));
    }
}

/// One ticket for all the problems given, chosen by the mean over them.
fn row(material: &Material<'_>, agent: &str, problem: &str, trials: &[&Trial]) -> Option<TunedRow> {
    let tickets = trials.first()?.tickets.iter().map(|(ticket, ..)| *ticket);
    let tickets: Vec<u64> = tickets.filter(|t| trials.iter().all(|trial| trial.of(*t).is_some())).collect();
    let tuning = |ticket: u64| mean(trials.iter().filter_map(|trial| Some(trial.of(ticket)?.1)));
    let test =
        |ticket: u64| mean(trials.iter().filter_map(|trial| mean(trial.of(ticket)?.2.iter().copied())));
    let mut chosen = (0, tuning(0)?);
    for ticket in &tickets {
        let regret = tuning(*ticket)?;
        if regret < chosen.1 {
            chosen = (*ticket, regret);
        }
    }
    let gains: Strata<f64> = trials.iter().map(|trial| trial.gains(chosen.0)).collect();
    let of = |strata: &Strata<f64>| mean(strata.iter().filter_map(|gains| mean(gains.iter().copied())));
    let sure = gains.iter().all(|gains| gains.len() > 1);
    let interval = stratified(&gains, of, if sure { material.replicates } else { 0 }, SEED)?;
    let first = trials.first()?;
    Some(TunedRow {
        agent: agent.to_owned(),
        problem: problem.to_owned(),
        tickets: tickets.len(),
        tuning_seeds: first.tuning_seeds,
        test_seeds: gains.first()?.len(),
        chosen: chosen.0,
        tuning_regret: chosen.1,
        test_regret: test(chosen.0)?,
        default_regret: test(0)?,
        gain: interval.estimate,
        gain_low_95: sure.then_some(interval.low),
        gain_high_95: sure.then_some(interval.high),
    })
}

/// Expected test regret of the best of k drawn tickets on the tuning seeds, for growing k; the default first.
fn costs(material: &Material<'_>, agent: &str, trials: &[Trial]) -> Vec<TuningCostRow> {
    let drawn: Vec<Vec<(f64, f64)>> = trials.iter().map(best_last).collect();
    let Some(most) = drawn.iter().map(Vec::len).min().filter(|count| *count > 1) else { return Vec::new() };
    let seeds = trials.iter().map(|trial| trial.tuning_seeds).max().unwrap_or(1) as u64;
    let walks: Vec<Vec<f64>> = trials.iter().map(|trial| walks(material, &trial.problem)).collect();
    let row = |k: u64| {
        let runs = k * seeds + 1;
        let expected = match k {
            0 => mean(trials.iter().filter_map(|trial| mean(trial.of(0)?.2.iter().copied())))?,
            _ => mean(drawn.iter().filter_map(|tickets| {
                let weights = best_weights(tickets.len(), k as usize)?;
                Some(weights.iter().zip(tickets).map(|(weight, (_, test))| weight * test).sum())
            }))?,
        };
        let best =
            walks.iter().map(|scores| expected_best(scores, runs as usize)).collect::<Option<Vec<f64>>>();
        Some(TuningCostRow {
            agent: agent.to_owned(),
            tickets: k as usize,
            simulator_calls: runs * material.board.calls,
            expected_regret: expected,
            random_walker_regret: best
                .and_then(|scores| mean(scores.into_iter().map(|score| (1.0 - score).max(0.0)))),
        })
    };
    std::iter::once(0).chain(grid(most as u64)).filter_map(row).collect()
}

/// Tuning and test regret of the drawn tickets, the best on the tuning seeds last. Tickets that tie there are chosen between by
/// lot, so they share their mean.
fn best_last(trial: &Trial) -> Vec<(f64, f64)> {
    let drawn = trial.tickets.iter().filter(|(ticket, ..)| *ticket > 0);
    let mut all: Vec<(f64, f64)> =
        drawn.filter_map(|(_, tuning, test)| Some((*tuning, mean(test.iter().copied())?))).collect();
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    for group in all.chunk_by_mut(|a, b| a.0 == b.0) {
        let shared = mean(group.iter().map(|(_, test)| *test)).unwrap_or(1.0);
        group.iter_mut().for_each(|(_, test)| *test = shared);
    }
    all
}

/// Ascending scores of all runs of `random-walker` on a problem.
fn walks(material: &Material<'_>, problem: &str) -> Vec<f64> {
    let row = material.board.rows.iter().find(|row| row.title == problem);
    let tickets = row.and_then(|row| row.agents.get(RANDOM));
    let mut scores: Vec<f64> = tickets
        .into_iter()
        .flat_map(|t| t.values().flat_map(|s| s.values().map(|regret| 1.0 - regret)))
        .collect();
    scores.sort_unstable_by(f64::total_cmp);
    scores
}
