//! Performance profiles: the share of runs that score above any bar (Agarwal et al. 2021, section 4.2).

use anyhow::Result;

use super::ink_of;
use super::style::axis::Axis;
use super::style::curves::{Chart, Curve};
use crate::lottery::Findings;

pub(super) fn draw(findings: &Findings) -> Result<Option<String>> {
    let rows = &findings.profiles;
    let curve = |agent: &String| {
        let own = || rows.iter().filter(|row| row.agent == *agent);
        Curve {
            name: agent.clone(),
            ink: ink_of(findings, agent),
            points: own().map(|row| (row.score, row.share)).collect(),
            band: own().map(|row| (row.score, row.low_95, row.high_95)).collect(),
        }
    };
    // Below the lowest score that anybody misses, all curves are at one.
    let telling = rows.iter().filter(|row| row.share < 0.999).map(|row| row.score).fold(1.0, f64::min);
    let least = rows.iter().map(|row| row.score).filter(|score| *score < telling).fold(0.0, f64::max);
    Chart {
        title: format!("{}: performance profiles", findings.study.name),
        lead: "Share of runs that score more than τ, mean over problems. Score 1 is the best design known, 0 a median random \
               one: a curve above another is better at every bar."
            .into(),
        band: "pointwise 95 % interval",
        across: ("Score τ", Axis::even(least, 1.0)),
        up: ("Share of runs above τ", Axis::even(0.0, 1.0)),
        curves: findings.study.agents.iter().map(curve).collect(),
    }
    .draw()
}
