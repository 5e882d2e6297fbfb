//! Success of every strategy against each value that was varied.

use anyhow::Result;

use super::{Success, VARIED};
use crate::plot::style::Ink;
use crate::plot::style::axis::Axis;
use crate::plot::style::sheet::{Mark, Panel, Sheet};

/// What each panel is called.
const HEADINGS: [&str; 6] = [
    "candidates N",
    "tests M",
    "θx: candidates correct",
    "θy: tests correct",
    "θ1: wrong pass correct tests",
    "θ0: wrong pass wrong tests",
];
/// How to read the figure.
const WORDS: &str = "Pass@1: chance that a candidate taken from the best set is correct. Line: mean over drawn matrices, \
    the same for all strategies; band: its 95 % interval. One value varies in each panel, the others stay. The oracle \
    knows the four probabilities: nothing can beat it.";

/// Curves nowhere further apart than this would hide each other; they are drawn as one.
const SAME: f64 = 0.005;

/// The strategies that are drawn, and what their curves are called.
fn curves(rows: &[Success]) -> (Vec<&'static str>, Vec<String>) {
    let (mut drawn, mut labels): (Vec<&'static str>, Vec<String>) = (Vec::new(), Vec::new());
    let mut all: Vec<&'static str> = Vec::new();
    let means = |strategy: &str| -> Vec<f64> {
        rows.iter().filter(|row| row.strategy == strategy).map(|row| row.pass_at_1).collect()
    };
    for row in rows {
        if all.contains(&row.strategy) {
            continue;
        }
        all.push(row.strategy);
        let own = means(row.strategy);
        let same = |other: &str| means(other).iter().zip(&own).all(|(a, b)| (a - b).abs() < SAME);
        match drawn.iter().position(|other| same(other)) {
            Some(place) => labels[place] = format!("{}, also {}", labels[place], row.strategy),
            None => {
                drawn.push(row.strategy);
                labels.push(row.strategy.to_owned());
            }
        }
    }
    (drawn, labels)
}

pub(super) fn draw(name: &str, rows: &[Success]) -> Result<String> {
    let (strategies, labels) = curves(rows);
    let varied: Vec<(&str, &str)> = VARIED
        .into_iter()
        .zip(HEADINGS)
        .filter(|(varied, _)| rows.iter().any(|row| row.varied == *varied))
        .collect();
    let values = |varied: &str| -> (f64, f64) {
        let own = rows.iter().filter(|row| row.varied == varied).map(|row| row.value);
        own.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)))
    };
    let panel = |(varied, heading): &(&str, &str)| {
        let (low, high) = values(varied);
        Panel {
            heading: (*heading).to_owned(),
            notes: Vec::new(),
            across: Axis::rewards(low, low, high),
            up: Axis::rewards(0.0, 0.0, 1.0),
        }
    };
    let sheet = Sheet {
        title: name.to_owned(),
        lead: WORDS.to_owned(),
        legend: labels
            .into_iter()
            .enumerate()
            .map(|(i, label)| (Mark::Curve(Ink::series(i)), label))
            .collect(),
        across: "Value varied".into(),
        up: "Pass@1 (higher is better)".into(),
        height: None,
        panels: varied.iter().map(panel).collect(),
    };
    sheet.draw(|frame, i| {
        for (place, strategy) in strategies.iter().enumerate() {
            let own = || rows.iter().filter(|row| row.varied == varied[i].0 && row.strategy == *strategy);
            let high = own().map(|row| (row.value, row.high));
            let outline: Vec<_> = high.chain(own().rev().map(|row| (row.value, row.low))).collect();
            let line: Vec<_> = own().map(|row| (row.value, row.pass_at_1)).collect();
            if line.len() > 1 {
                frame.fill(&outline, Ink::series(place), 0.15)?;
                frame.line(&line, Ink::series(place), 1.8)?;
            } else if let Some(point) = line.first() {
                frame.dot(*point, 2.5, Ink::series(place), 1.0)?;
            }
        }
        Ok(())
    })
}
