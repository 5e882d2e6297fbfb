//! Where the spread comes from: variance components and sensitivity.

use std::collections::BTreeMap;

use super::assembly::Material;
use super::board::{Tickets, mean};
use super::findings::{ALL, Findings, Remark, SensitivityRow, VarianceRow};
use super::ledger::Setting;
use crate::statistics::{Component, components, effective_dimensionality, sensitivity};

/// Share of what tuning everything gains that tuning a few hyperparameters must gain.
const NEAR_PEAK: f64 = 0.95;

pub(super) fn fill(material: &Material<'_>, found: &mut Findings) {
    for agent in &material.agents {
        variance(material, agent, found);
        found.sensitivity.extend(sensitive(material, agent));
    }
}

fn variance(material: &Material<'_>, agent: &str, found: &mut Findings) {
    let problems = material.board.of(agent);
    let groups: Vec<Vec<Vec<f64>>> = problems.iter().map(|(_, tickets)| cells(tickets)).collect();
    let mut say = |problem: &str, groups: &[Vec<Vec<f64>>]| {
        let rows = rows(agent, problem, groups);
        let known = rows.is_some();
        found.variance.extend(rows.into_iter().flatten());
        known
    };
    let mut known = true;
    for ((row, _), group) in problems.iter().zip(&groups) {
        known &= say(&row.title, std::slice::from_ref(group));
    }
    if groups.len() > 1 {
        known &= say(ALL, &groups);
    }
    if !known {
        let text = format!(
            "{agent}: with one seed of each ticket the luck of the seed cannot be told from the ticket's"
        );
        found.remarks.push(Remark { about: "variance".to_owned(), text });
    }
}

/// Regrets by ticket: of the drawn tickets if there are several, else of the default.
fn cells(tickets: &Tickets) -> Vec<Vec<f64>> {
    let drawn = tickets.keys().filter(|ticket| **ticket > 0).count();
    let used = tickets.iter().filter(|(ticket, _)| drawn < 2 || **ticket > 0);
    used.map(|(_, seeds)| seeds.values().copied().collect()).collect()
}

fn rows(agent: &str, problem: &str, groups: &[Vec<Vec<f64>>]) -> Option<Vec<VarianceRow>> {
    let found = components(groups)?;
    let named: Vec<(&str, Component)> =
        [("problem", found.outer), ("ticket", found.inner), ("seed", Some(found.rest))]
            .into_iter()
            .filter_map(|(name, component)| Some((name, component?)))
            .collect();
    let total: f64 = named.iter().map(|(_, component)| component.variance.max(0.0)).sum();
    let row = |(name, component): (&str, Component)| VarianceRow {
        agent: agent.to_owned(),
        problem: problem.to_owned(),
        component: name.to_owned(),
        variance: component.variance.max(0.0),
        share: (total > 0.0).then(|| component.variance.max(0.0) / total),
        estimate: component.variance,
        degrees_of_freedom: component.degrees_of_freedom,
    };
    Some(named.into_iter().map(row).collect())
}

fn sensitive(material: &Material<'_>, agent: &str) -> Option<SensitivityRow> {
    let problems = material.board.of(agent);
    let tickets = material.board.complete(agent);
    if problems.len() < 2 || tickets.len() < 2 {
        return None;
    }
    let score = |of: &Tickets, ticket: &u64| Some(1.0 - mean(of.get(ticket)?.values().copied())?);
    let scores = |chosen: &[u64]| -> Option<Vec<Vec<f64>>> {
        problems.iter().map(|(_, of)| chosen.iter().map(|t| score(of, t)).collect()).collect()
    };
    let all = scores(&tickets)?;
    let found = sensitivity(&all)?;
    let settings = material.settings(agent);
    // A grid may or may not hold the default.
    let drawn: Vec<u64> = tickets.iter().copied().filter(|ticket| *ticket > 0).collect();
    let dimensionality = [&tickets, &drawn]
        .into_iter()
        .find_map(|chosen| effective_dimensionality(&scores(chosen)?, &levels(&settings, chosen), NEAR_PEAK));
    Some(SensitivityRow {
        agent: agent.to_owned(),
        problems: problems.len(),
        tickets: tickets.len(),
        tuned_for_each: found.tuned_for_each,
        tuned_for_all: found.tuned_for_all,
        sensitivity: (found.tuned_for_each - found.tuned_for_all).max(0.0),
        best_ticket: tickets[found.best],
        effective_dimensionality: dimensionality,
    })
}

/// The level of every hyperparameter that varies, by ticket.
fn levels(settings: &BTreeMap<u64, Setting>, tickets: &[u64]) -> Vec<Vec<usize>> {
    let mut rows = vec![Vec::new(); tickets.len()];
    let known: Vec<&Setting> = tickets.iter().filter_map(|ticket| settings.get(ticket)).collect();
    let mut names: Vec<&String> = known.iter().flat_map(|setting| setting.keys()).collect();
    names.sort();
    names.dedup();
    for name in names {
        let values: Vec<Option<&String>> = tickets.iter().map(|t| settings.get(t)?.get(name)).collect();
        let mut distinct = values.clone();
        distinct.sort();
        distinct.dedup();
        if distinct.len() > 1 {
            let level = |value| distinct.iter().position(|known| *known == value).unwrap_or(0);
            rows.iter_mut().zip(values).for_each(|(row, value)| row.push(level(value)));
        }
    }
    rows
}
