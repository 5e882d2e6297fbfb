//! Runtime distributions: which share of all targets is reached within so many calls (Hansen et al. 2022).

use anyhow::Result;

use super::ink_of;
use super::style::axis::Axis;
use super::style::curves::{Chart, Curve};
use crate::lottery::Findings;

pub(super) fn draw(findings: &Findings) -> Result<Option<String>> {
    let rows = &findings.runtimes;
    let curve = |agent: &String| {
        let own = rows.iter().filter(|row| row.agent == *agent);
        Curve {
            name: agent.clone(),
            ink: ink_of(findings, agent),
            points: own.map(|row| (row.simulator_calls.max(1) as f64, row.share)).collect(),
            band: Vec::new(),
        }
    };
    let most = rows.iter().map(|row| row.simulator_calls).max().unwrap_or(1);
    let highest = rows.iter().map(|row| row.share).fold(0.0, f64::max);
    Chart {
        title: format!("{}: time to targets", findings.study.name),
        lead: "Share of all targets (regrets, evenly spaced in the logarithm) that runs reach within so many simulator \
               calls, mean over problems. Further up and to the left is better."
            .into(),
        band: "",
        across: ("Simulator calls (log scale)", Axis::counts(most)),
        up: ("Share of targets reached", Axis::even(0.0, if highest > 0.5 { 1.0 } else { highest * 1.1 })),
        curves: findings.study.agents.iter().map(curve).collect(),
    }
    .draw()
}
