//! The default against the ticket that tuning chooses, both on seeds that tuning never saw.

use anyhow::Result;

use super::ink_of;
use super::style::Ink;
use super::style::axis::Axis;
use super::style::sheet::{Mark, Panel, Sheet};
use crate::lottery::Findings;
use crate::lottery::findings::{ALL, TunedRow};

pub(super) fn draw(findings: &Findings) -> Result<Option<String>> {
    let rows: Vec<&TunedRow> = findings.tuned.iter().filter(|row| row.problem == ALL).collect();
    if rows.is_empty() {
        return Ok(None);
    }
    let high = rows
        .iter()
        .flat_map(|row| [row.default_regret, row.test_regret, row.tuning_regret])
        .fold(0.0, f64::max);
    let panel = Panel {
        heading: String::new(),
        notes: Vec::new(),
        across: Axis::even(0.0, (high * 1.15).max(1e-6)),
        up: Axis::rows(rows.iter().map(|row| row.agent.clone()).collect()),
    };
    let sheet = Sheet {
        title: format!("{}: default against tuned", findings.study.name),
        lead: "One ticket for all problems, chosen on the tuning seeds. Regret on the test seeds; the small ring is what the \
               ticket promised on the seeds that chose it."
            .into(),
        legend: vec![
            (Mark::Diamond, "default ticket".into()),
            (Mark::Dot(Ink::MUTED), "chosen ticket".into()),
            (Mark::Ring(Ink::MUTED), "what tuning promised".into()),
        ],
        across: "Normalised regret (left is better)".into(),
        up: String::new(),
        height: Some(rows.len() as f64 * 32.0),
        panels: vec![panel],
    };
    let fill = |frame: &super::style::sheet::Frame<'_, '_>, _: usize| -> Result<()> {
        for (i, row) in rows.iter().enumerate() {
            let (y, ink) = (i as f64 + 0.5, ink_of(findings, &row.agent));
            frame.line(&[(row.default_regret, y), (row.test_regret, y)], ink, 2.0)?;
            frame.ring((row.tuning_regret, y), 3.0, ink)?;
            frame.dot((row.test_regret, y), 6.0, ink, 1.0)?;
            frame.diamond((row.default_regret, y))?;
        }
        Ok(())
    };
    sheet.draw(fill).map(Some)
}
