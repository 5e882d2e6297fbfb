//! How likely a run of the reference beats one of another agent (Agarwal et al. 2021, section 4.3).

use anyhow::Result;

use super::style::Ink;
use super::style::axis::Axis;
use super::style::sheet::{Mark, Panel, Sheet};
use crate::lottery::Findings;
use crate::lottery::findings::VersusRow;
use crate::terminal;

pub(super) fn draw(findings: &Findings) -> Result<Option<String>> {
    let last = findings.versus.iter().map(|row| row.simulator_calls).max().unwrap_or(0);
    let mut rows: Vec<&VersusRow> =
        findings.versus.iter().filter(|row| row.simulator_calls == last).collect();
    let Some(first) = rows.first().copied() else { return Ok(None) };
    rows.sort_by(|a, b| b.probability_of_improvement.total_cmp(&a.probability_of_improvement));
    let panel = Panel {
        heading: String::new(),
        notes: Vec::new(),
        across: Axis::even(0.0, 1.0),
        up: Axis::rows(rows.iter().map(|row| row.agent.clone()).collect()),
    };
    let sheet = Sheet {
        title: format!("{}: {} against the others", findings.study.name, first.reference),
        lead: format!(
            "Probability that a run of {} has less regret after {} simulator calls than one of the other agent on the \
             same problem, both with default hyperparameters, ties half, mean over problems. Line: 95 % interval, bootstrap \
             stratified by problem. Where it keeps clear of one half, the difference is no accident.",
            first.reference,
            terminal::count(last)
        ),
        legend: vec![(Mark::Dot(Ink::series(0)), "probability".into())],
        across: format!("P({} is better)", first.reference),
        up: String::new(),
        height: Some(rows.len() as f64 * 26.0 + 8.0),
        panels: vec![panel],
    };
    let fill = |frame: &super::style::sheet::Frame<'_, '_>, _: usize| -> Result<()> {
        frame.line(&[(0.5, -f64::MAX), (0.5, f64::MAX)], Ink::TEXT, 1.0)?;
        for (i, row) in rows.iter().enumerate() {
            let (y, ink) = (i as f64 + 0.5, Ink::series(0));
            frame.line(&[(row.improvement_low_95, y), (row.improvement_high_95, y)], ink, 3.0)?;
            frame.dot((row.probability_of_improvement, y), 4.5, ink, 1.0)?;
        }
        Ok(())
    };
    sheet.draw(fill).map(Some)
}
