//! Interquartile mean of normalised regret over all problems, against simulator calls.

use std::collections::BTreeMap;

use anyhow::Result;

use super::ink_of;
use super::style::axis::Axis;
use super::style::curves::{Chart, Curve};
use crate::lottery::Findings;

/// Regrets below are rounding errors of rewards, and drawn here.
const FLOOR: f64 = 1e-8;

pub(super) fn draw(findings: &Findings) -> Result<Option<String>> {
    let rows = &findings.anytime;
    let curve = |agent: &String| {
        let own = || rows.iter().filter(|row| row.agent == *agent);
        let calls = |calls: u64| calls as f64;
        let drawn = |regret: f64| regret.max(FLOOR);
        Curve {
            name: agent.clone(),
            ink: ink_of(findings, agent),
            points: own().map(|row| (calls(row.simulator_calls), drawn(row.iqm_regret))).collect(),
            band: own()
                .map(|row| (calls(row.simulator_calls), drawn(row.low_95), drawn(row.high_95)))
                .collect(),
        }
    };
    // Zero never fits a log scale: the axis ends at the smallest regret drawn.
    let all = || rows.iter().map(|row| row.iqm_regret);
    let low = all().fold(1.0, f64::min);
    let below = if low < FLOOR { " Less than 1e-8 is drawn as 1e-8." } else { "" };
    let low = low.max(FLOOR);
    Chart {
        title: format!("{}: regret over all problems", findings.study.name),
        lead: words(findings) + below,
        band: "95 % interval, bootstrap of tickets and of seeds by problem",
        across: ("Simulator calls (log scale)", Axis::counts(findings.study.calls)),
        up: ("Normalised regret (lower is better)", Axis::rewards(low, low, all().fold(low, f64::max))),
        curves: findings.study.agents.iter().map(curve).collect(),
    }
    .draw()
}

fn words(findings: &Findings) -> String {
    let certain: BTreeMap<&str, bool> =
        findings.problems.iter().map(|row| (row.problem.as_str(), row.certain)).collect();
    let problems = certain.len();
    let best = match certain.values().filter(|certain| !**certain).count() {
        0 => "the optimum".to_owned(),
        n if n == problems => "the best design that any of these runs found".to_owned(),
        n => format!(
            "the optimum (on {n} of {problems} problems: the best design that any of these runs found)"
        ),
    };
    format!(
        "Line: interquartile mean over all runs of {problems} problems. 0 is {best}, 1 a median random design."
    )
}
