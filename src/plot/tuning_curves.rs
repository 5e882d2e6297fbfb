//! Tuning curves: what the best of so many tickets can be expected to reach (Dodge et al. 2021, Lourie et al. 2024).

use anyhow::Result;

use super::ink_of;
use super::style::axis::Axis;
use super::style::curves::{Chart, Curve};
use crate::lottery::Findings;
use crate::lottery::findings::{ALL, TuningRow};

pub(super) fn draw(findings: &Findings) -> Result<Option<String>> {
    let rows: Vec<&TuningRow> = findings.tuning.iter().filter(|row| row.problem == ALL).collect();
    let curve = |agent: &String| {
        let own = || rows.iter().filter(|row| row.agent == *agent);
        Curve {
            name: agent.clone(),
            ink: ink_of(findings, agent),
            points: own().map(|row| (row.tickets as f64, row.median_regret)).collect(),
            band: own().map(|row| (row.tickets as f64, row.low_95, row.high_95)).collect(),
        }
    };
    let most = rows.iter().map(|row| row.tickets).max().unwrap_or(1) as u64;
    let values = || rows.iter().flat_map(|row| [row.median_regret, row.low_95, row.high_95]);
    let (low, high) = (values().fold(1.0, f64::min), values().fold(0.0, f64::max));
    let curves: Vec<Curve> = findings.study.agents.iter().map(curve).collect();
    Chart {
        title: format!("{}: what tuning is worth", findings.study.name),
        lead: "Median regret of the best of so many random tickets, each judged by its mean over seeds and problems. A steep \
               curve is an agent that needs its hyperparameters tuned."
            .into(),
        band: "simultaneous 95 % band",
        across: ("Tickets tried (log scale)", Axis::counts(most)),
        up: ("Normalised regret (lower is better)", Axis::rewards(low, low, high)),
        curves: curves.into_iter().filter(|curve| !curve.points.is_empty()).collect(),
    }
    .draw()
}
