//! The regret of every run after some number of calls, by problem, agent, ticket and seed.

use std::collections::BTreeMap;

use super::findings::ALL;
use super::regret::{Regrets, Scale};

/// Regret by ticket, then by seed.
pub(super) type Tickets = BTreeMap<u64, BTreeMap<u64, f64>>;

/// One problem.
#[derive(Debug, Clone)]
pub(super) struct Row<'a> {
    /// Its title.
    pub title: String,
    /// Its ends.
    pub scale: Scale,
    /// Regrets by agent.
    pub agents: BTreeMap<&'a str, Tickets>,
}

/// All problems that have a feasible design.
#[derive(Debug, Clone)]
pub(super) struct Board<'a> {
    /// The problems, in plan order.
    pub rows: Vec<Row<'a>>,
    /// Simulator calls.
    pub calls: u64,
}

/// The tickets of one agent on one problem, or over all.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Lottery {
    /// Problem or `all`.
    pub problem: String,
    /// Mean regret of each ticket over its seeds; over all problems, the mean of these means.
    pub means: BTreeMap<u64, f64>,
}

impl Lottery {
    /// Mean regrets of the tickets that were drawn, in ascending order of ticket; the default was not.
    pub(super) fn drawn(&self) -> Vec<f64> {
        self.means.iter().filter(|(ticket, _)| **ticket > 0).map(|(_, mean)| *mean).collect()
    }
}

impl<'a> Board<'a> {
    /// The board of a study on its scales.
    pub(super) fn new(regrets: &Regrets<'a>, calls: u64) -> Self {
        Self { rows: regrets.rows(calls), calls }
    }

    /// The problems on which an agent has runs, each with its tickets.
    pub(super) fn of<'b>(&'b self, agent: &str) -> Vec<(&'b Row<'a>, &'b Tickets)> {
        self.rows.iter().filter_map(|row| Some((row, row.agents.get(agent)?))).collect()
    }

    /// The tickets that an agent has runs of on every one of its problems.
    pub(super) fn complete(&self, agent: &str) -> Vec<u64> {
        let problems = self.of(agent);
        let Some((_, first)) = problems.first() else { return Vec::new() };
        first
            .keys()
            .copied()
            .filter(|t| problems.iter().all(|(_, tickets)| tickets.contains_key(t)))
            .collect()
    }

    /// The lotteries of an agent: each problem's, and if there are several problems that of all, of complete tickets.
    pub(super) fn lotteries(&self, agent: &str) -> Vec<Lottery> {
        let problems = self.of(agent);
        let means = |tickets: &Tickets| {
            let all =
                tickets.iter().filter_map(|(ticket, seeds)| Some((*ticket, mean(seeds.values().copied())?)));
            all.collect::<BTreeMap<u64, f64>>()
        };
        let mut lotteries: Vec<Lottery> = problems
            .iter()
            .map(|(row, tickets)| Lottery { problem: row.title.clone(), means: means(tickets) })
            .collect();
        if lotteries.len() > 1 {
            let over = |t: u64| Some((t, mean(lotteries.iter().filter_map(|l| l.means.get(&t).copied()))?));
            let means = self.complete(agent).into_iter().filter_map(over).collect();
            lotteries.push(Lottery { problem: ALL.to_owned(), means });
        }
        lotteries
    }

    /// Mean regret of an agent's runs on each problem that it has runs on.
    pub(super) fn mean_regret(row: &Row<'_>, agent: &str) -> Option<f64> {
        mean(row.agents.get(agent)?.values().flat_map(|seeds| seeds.values().copied()))
    }
}

/// The mean; `None` of nothing.
pub(super) fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0_usize);
    values.for_each(|x| (sum, count) = (sum + x, count + 1));
    (count > 0).then(|| sum / count as f64)
}
