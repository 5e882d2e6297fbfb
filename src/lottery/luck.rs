//! Is it luck? Tickets, tuning curves, the chance of a good ticket.

use std::collections::BTreeMap;

use super::assembly::Material;
use super::board::{Lottery, mean};
use super::findings::{ChanceRow, Findings, Remark, TicketRow, TuningRow};
use super::ledger::Setting;
use super::race::grid;
use crate::statistics::{Band, expected_best, median_best, wilson};

/// Confidence of intervals and bands.
const CONFIDENCE: f64 = 0.95;
/// Regrets up to which a ticket is good.
const GOOD: [f64; 3] = [0.01, 0.05, 0.1];
/// Most tickets for which every number of tries is a row.
const EVERY: usize = 32;

pub(super) fn fill(material: &Material<'_>, found: &mut Findings) {
    let mut bands = BTreeMap::new();
    let mut without: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for agent in &material.agents {
        tickets(material, agent, found);
        let lotteries = material.board.lotteries(agent);
        let drawn = lotteries.iter().map(|lottery| lottery.drawn().len()).max().unwrap_or(0);
        if drawn < 2 {
            without.entry(drawn).or_default().push(agent);
            continue;
        }
        for lottery in &lotteries {
            tuning(agent, lottery, &mut bands, found);
            found.chances.extend(GOOD.iter().filter_map(|within| chance(agent, lottery, *within)));
        }
    }
    for (drawn, agents) in without {
        let (verb, tickets) =
            (if agents.len() == 1 { "has" } else { "have" }, if drawn == 1 { "ticket" } else { "tickets" });
        let text = format!(
            "{} {verb} {drawn} random {tickets} beside the default: nothing can be said of the lottery",
            agents.join(", ")
        );
        found.remarks.push(Remark { about: "tuning".to_owned(), text });
    }
}

fn tickets(material: &Material<'_>, agent: &str, found: &mut Findings) {
    let settings = material.settings(agent);
    for (row, tickets) in material.board.of(agent) {
        for (ticket, seeds) in tickets {
            let Some(mean_regret) = mean(seeds.values().copied()) else { continue };
            found.tickets.push(TicketRow {
                agent: agent.to_owned(),
                problem: row.title.clone(),
                ticket: *ticket,
                seeds: seeds.len(),
                mean_regret,
                least_regret: seeds.values().copied().fold(1.0, f64::min),
                most_regret: seeds.values().copied().fold(0.0, f64::max),
                hyperparameters: settings.get(ticket).map(told).unwrap_or_default(),
            });
        }
    }
}

fn told(setting: &Setting) -> String {
    setting.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
}

/// Scores are regrets turned round: regret lies within 0 and 1, and so do they.
fn tuning(agent: &str, lottery: &Lottery, bands: &mut BTreeMap<usize, Band>, found: &mut Findings) {
    let mut scores: Vec<f64> = lottery.drawn().into_iter().map(|regret| 1.0 - regret).collect();
    scores.sort_unstable_by(f64::total_cmp);
    let count = scores.len();
    if count < 2 {
        return;
    }
    let band = bands.entry(count).or_insert_with(|| Band::simultaneous(count, CONFIDENCE));
    let tries = if count <= EVERY { (1..=count as u64).collect() } else { grid(count as u64) };
    for k in tries {
        let median = median_best(&scores, k as usize, band, (0.0, 1.0));
        let (Some(best), Some(median)) = (expected_best(&scores, k as usize), median) else { continue };
        found.tuning.push(TuningRow {
            agent: agent.to_owned(),
            problem: lottery.problem.clone(),
            tickets: k as usize,
            mean_regret: (1.0 - best).max(0.0),
            median_regret: 1.0 - median.estimate,
            low_95: 1.0 - median.high,
            high_95: 1.0 - median.low,
            of_tickets: count,
        });
    }
}

fn chance(agent: &str, lottery: &Lottery, within: f64) -> Option<ChanceRow> {
    let drawn = lottery.drawn();
    let good = drawn.iter().filter(|regret| **regret <= within).count();
    let probability = (!drawn.is_empty()).then(|| good as f64 / drawn.len() as f64)?;
    let (low, high) = wilson(good as u64, drawn.len() as u64, CONFIDENCE);
    let needed = if probability < 1.0 {
        (libm::log(1.0 - CONFIDENCE) / libm::log1p(-probability)).ceil().max(1.0) as u64
    } else {
        1
    };
    Some(ChanceRow {
        agent: agent.to_owned(),
        problem: lottery.problem.clone(),
        within_regret: within,
        tickets: drawn.len(),
        good,
        probability,
        low_95: low,
        high_95: high,
        tickets_for_95: (good > 0).then_some(needed),
        default_is_good: lottery.means.get(&0).map(|regret| *regret <= within),
    })
}
