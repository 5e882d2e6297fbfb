//! The lottery: how the results of an agent spread over its tickets.

use std::collections::BTreeMap;

use anyhow::Result;

use super::ink_of;
use super::style::Ink;
use super::style::axis::Axis;
use super::style::canvas::Point;
use super::style::sheet::{Frame, Mark, Panel, Sheet};
use crate::lottery::Findings;
use crate::statistics::quantile;

/// The ticket with default hyperparameters.
const DEFAULT: u64 = 0;
/// Places at which a density is read.
const READINGS: usize = 80;
/// Fewer tickets have no shape worth showing.
const LEAST_OF_A_SHAPE: usize = 5;
/// How to read the figure.
const WORDS: &str = "Each dot is one ticket (a draw of hyperparameters): its mean regret over seeds and problems. 0 is the \
    best design known, 1 a median random one. A wide shape is a lottery; a narrow one on the left is an agent that can be trusted \
    out of the box.";

/// An agent's tickets: mean regret over problems, ascending.
struct Row<'a> {
    agent: &'a str,
    regrets: Vec<f64>,
    default: Option<f64>,
}

pub(super) fn draw(findings: &Findings) -> Result<Option<String>> {
    let rows: Vec<Row<'_>> = findings.study.agents.iter().filter_map(|agent| row(findings, agent)).collect();
    if rows.is_empty() {
        return Ok(None);
    }
    let high =
        rows.iter().flat_map(|row| row.regrets.iter().chain(&row.default)).copied().fold(0.0, f64::max);
    let panel = Panel {
        heading: String::new(),
        notes: Vec::new(),
        across: Axis::even(0.0, (high * 1.1).max(1e-9)),
        up: Axis::rows(rows.iter().map(|row| row.agent.to_owned()).collect()),
    };
    let sheet = Sheet {
        title: format!("{}: every ticket", findings.study.name),
        lead: WORDS.into(),
        legend: vec![
            (Mark::Dot(Ink::MUTED), "one ticket".into()),
            (Mark::Box(Ink::MUTED), "how tickets spread, and their median".into()),
            (Mark::Diamond, "the default ticket".into()),
        ],
        across: "Normalised regret, mean over seeds and problems (left is better)".into(),
        up: String::new(),
        height: Some(rows.len() as f64 * row_height(rows.len())),
        panels: vec![panel],
    };
    sheet.draw(|frame, _| fill(frame, findings, &rows, high)).map(Some)
}

fn row_height(agents: usize) -> f64 {
    match agents {
        0..=4 => 76.0,
        5..=8 => 58.0,
        _ => 42.0,
    }
}

/// Tickets that were run on all problems that the agent was run on.
fn row<'a>(findings: &Findings, agent: &'a str) -> Option<Row<'a>> {
    let mut tickets: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for row in findings.tickets.iter().filter(|row| row.agent == agent) {
        tickets.entry(row.ticket).or_default().push(row.mean_regret);
    }
    let problems = tickets.values().map(Vec::len).max()?;
    let mean = |all: &Vec<f64>| all.iter().sum::<f64>() / all.len() as f64;
    tickets.retain(|_, all| all.len() == problems);
    let default = tickets.get(&DEFAULT).map(mean);
    let mut regrets: Vec<f64> =
        tickets.iter().filter(|(ticket, _)| **ticket != DEFAULT).map(|(_, all)| mean(all)).collect();
    regrets.sort_by(f64::total_cmp);
    Some(Row { agent, regrets, default })
}

fn fill(frame: &Frame<'_, '_>, findings: &Findings, rows: &[Row<'_>], high: f64) -> Result<()> {
    for (i, row) in rows.iter().enumerate() {
        let (top, ink) = (i as f64, ink_of(findings, row.agent));
        if i > 0 {
            frame.line(&[(-f64::MAX, top), (f64::MAX, top)], Ink::GRID, 0.8)?;
        }
        let ground = top + 0.52;
        if row.regrets.len() >= LEAST_OF_A_SHAPE {
            let shape = shape(&row.regrets, high, ground, 0.42);
            frame.fill(&shape, ink, 0.28)?;
            if let Some(median) = quantile(&row.regrets, 0.5) {
                frame.line(&[(median, ground), (median, ground - 0.42)], ink, 2.0)?;
            }
        }
        let radius = if row.regrets.len() > 100 { 1.6 } else { 2.3 };
        for (regret, lane) in swarm(&row.regrets, high, frame.size().0, radius) {
            frame.dot((regret, ground + 0.1 + 0.055 * lane as f64), radius, ink, 0.7)?;
        }
        if let Some(default) = row.default {
            frame.diamond((default, ground + 0.1))?;
        }
    }
    Ok(())
}

/// Outline of a Gaussian kernel density (Silverman's bandwidth) on the line `ground`, `tall` at its highest, cut at zero regret.
fn shape(regrets: &[f64], high: f64, ground: f64, tall: f64) -> Vec<Point> {
    let count = regrets.len() as f64;
    let mean = regrets.iter().sum::<f64>() / count;
    let deviation = (regrets.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count).sqrt();
    let spread =
        quantile(regrets, 0.75).zip(quantile(regrets, 0.25)).map_or(0.0, |(q3, q1)| (q3 - q1) / 1.34);
    let scale = if spread > 0.0 { deviation.min(spread) } else { deviation };
    let width = (0.9 * scale * libm::pow(count, -0.2)).max(high * 0.004);
    let (from, to) = ((regrets[0] - 3.0 * width).max(0.0), regrets[regrets.len() - 1] + 3.0 * width);
    let at = |i: usize| from + (to - from) * i as f64 / (READINGS - 1) as f64;
    let density = |x: f64| regrets.iter().map(|r| libm::exp(-((x - r) / width).powi(2) / 2.0)).sum::<f64>();
    let densities: Vec<f64> = (0..READINGS).map(|i| density(at(i))).collect();
    let most = densities.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    let mut outline = vec![(from, ground)];
    outline.extend(densities.iter().enumerate().map(|(i, d)| (at(i), ground - tall * d / most)));
    outline.push((to, ground));
    outline
}

/// Lanes below each other, so that dots of near values do not hide each other.
fn swarm(regrets: &[f64], high: f64, wide: f64, radius: f64) -> Vec<(f64, usize)> {
    const LANES: usize = 6;
    let apart = 2.0 * radius * high / wide;
    let mut ends = [f64::NEG_INFINITY; LANES];
    let place = |regret: &f64| {
        let free = ends.iter().position(|end| regret - end >= apart);
        let nearest = || (0..LANES).min_by(|a, b| ends[*a].total_cmp(&ends[*b])).unwrap_or(0);
        let lane = free.unwrap_or_else(nearest);
        ends[lane] = *regret;
        (*regret, lane)
    };
    regrets.iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_dots_take_different_lanes() {
        let lanes: Vec<usize> =
            swarm(&[0.1, 0.1, 0.1, 0.9], 1.0, 500.0, 2.0).iter().map(|(_, lane)| *lane).collect();
        assert_eq!(lanes, [0, 1, 2, 0]);
    }

    #[test]
    fn shapes_stay_on_their_ground_and_right_of_zero() {
        let shape = shape(&[0.0, 0.0, 0.0, 0.2, 0.9], 0.9, 2.0, 0.4);
        assert!(shape.iter().all(|(x, y)| *x >= 0.0 && (1.6 - 1e-12..=2.0).contains(y)), "{shape:?}");
    }
}
