//! What tuning gains once its simulator calls are charged.

use anyhow::Result;

use super::ink_of;
use super::style::Ink;
use super::style::axis::Axis;
use super::style::curves::{Chart, Curve};
use crate::lottery::Findings;
use crate::lottery::findings::TuningCostRow;

pub(super) fn draw(findings: &Findings) -> Result<Option<String>> {
    // Without tickets nothing is tuned: that is the default, another figure's business.
    let rows: Vec<&TuningCostRow> = findings.tuning_cost.iter().filter(|row| row.tickets > 0).collect();
    let curve = |agent: &String| {
        let own = rows.iter().filter(|row| row.agent == *agent);
        Curve {
            name: agent.clone(),
            ink: ink_of(findings, agent),
            points: own.map(|row| (row.simulator_calls.max(1) as f64, row.expected_regret)).collect(),
            band: Vec::new(),
        }
    };
    let mut walk: Vec<(f64, f64)> =
        rows.iter().filter_map(|row| Some((row.simulator_calls as f64, row.random_walker_regret?))).collect();
    walk.sort_by(|a, b| a.0.total_cmp(&b.0));
    walk.dedup_by(|a, b| a.0 == b.0);
    let values = || rows.iter().map(|row| row.expected_regret).chain(walk.iter().map(|(_, regret)| *regret));
    let (low, high) = (values().fold(1.0, f64::min), values().fold(0.0, f64::max));
    let calls = || rows.iter().map(|row| row.simulator_calls.max(1));
    let curves = findings.study.agents.iter().map(curve).filter(|curve| !curve.points.is_empty());
    let random = Curve {
        name: "random search, as many calls".into(),
        ink: Ink::MUTED,
        points: walk,
        band: Vec::new(),
    };
    Chart {
        title: format!("{}: tuning, charged", findings.study.name),
        lead: "Expected regret on the test seeds after tuning with more and more tickets, against all simulator calls that it \
               takes on one problem, those of tuning included."
            .into(),
        band: "",
        across: (
            "Simulator calls, tuning included (log scale)",
            Axis::ratios(calls().min().unwrap_or(1) as f64, calls().max().unwrap_or(1) as f64),
        ),
        up: ("Normalised regret (lower is better)", Axis::rewards(low, low, high)),
        curves: curves.chain((!random.points.is_empty()).then_some(random)).collect(),
    }
    .draw()
}
