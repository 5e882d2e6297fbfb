//! Where the spread of results comes from: problems, tickets or seeds.

use anyhow::Result;

use super::style::Ink;
use super::style::axis::Axis;
use super::style::sheet::{Frame, Mark, Panel, Sheet};
use crate::lottery::Findings;
use crate::lottery::findings::ALL;

/// Components with their meaning, in the order of the bars.
const COMPONENTS: [(&str, &str); 3] = [
    ("problem", "problem: some are harder for it"),
    ("ticket", "ticket: its hyperparameters"),
    ("seed", "seed: chance"),
];
/// Least share that has room for its number.
const ROOM: f64 = 0.07;

/// Shares of an agent, in the order of [`COMPONENTS`].
struct Bar<'a> {
    agent: &'a str,
    shares: Vec<f64>,
}

pub(super) fn draw(findings: &Findings) -> Result<Option<String>> {
    let bars: Vec<Bar<'_>> = findings.study.agents.iter().filter_map(|agent| bar(findings, agent)).collect();
    if bars.is_empty() {
        return Ok(None);
    }
    let panel = Panel {
        heading: String::new(),
        notes: Vec::new(),
        across: Axis::even(0.0, 100.0),
        up: Axis::rows(bars.iter().map(|bar| bar.agent.to_owned()).collect()),
    };
    let legend = COMPONENTS.iter().enumerate();
    let sheet = Sheet {
        title: format!("{}: where the spread comes from", findings.study.name),
        lead: "Shares of the variance of regret, by random effects (seed within ticket within problem). The larger the share of \
               tickets, the more of an agent's result is the luck of its hyperparameters."
            .into(),
        legend: legend.map(|(i, (_, text))| (Mark::Block(Ink::series(i)), (*text).into())).collect(),
        across: "Share of the variance (%)".into(),
        up: String::new(),
        height: Some(bars.len() as f64 * 32.0),
        panels: vec![panel],
    };
    sheet.draw(|frame, _| fill(frame, &bars)).map(Some)
}

fn bar<'a>(findings: &Findings, agent: &'a str) -> Option<Bar<'a>> {
    let share = |component: &str| {
        let of = findings
            .variance
            .iter()
            .find(|row| row.agent == agent && row.problem == ALL && row.component == component);
        of.and_then(|row| row.share)
    };
    let shares: Vec<Option<f64>> = COMPONENTS.iter().map(|(component, _)| share(component)).collect();
    let any = shares.iter().any(Option::is_some);
    any.then(|| Bar { agent, shares: shares.into_iter().map(|share| share.unwrap_or(0.0)).collect() })
}

fn fill(frame: &Frame<'_, '_>, bars: &[Bar<'_>]) -> Result<()> {
    for (row, bar) in bars.iter().enumerate() {
        let (mut from, y) = (0.0, row as f64 + 0.5);
        for (i, share) in bar.shares.iter().enumerate() {
            let to = from + share * 100.0;
            let box_ = [(from, y - 0.34), (to, y - 0.34), (to, y + 0.34), (from, y + 0.34)];
            frame.fill(&box_, Ink::series(i), 0.45)?;
            if *share >= ROOM {
                frame.on((f64::midpoint(from, to), y), &format!("{:.0} %", share * 100.0))?;
            }
            from = to;
        }
    }
    Ok(())
}
