//! Which hyperparameters matter.

use anyhow::Result;

use super::ink_of;
use super::style::Ink;
use super::style::axis::Axis;
use super::style::sheet::{Frame, Mark, Panel, Sheet};
use crate::lottery::Findings;
use crate::lottery::findings::{ALL, ImportanceRow};

/// Hyperparameters shown of each agent.
const MOST: usize = 8;

pub(super) fn draw(findings: &Findings) -> Result<Option<String>> {
    let mut rows: Vec<&ImportanceRow> = Vec::new();
    for agent in &findings.study.agents {
        let of = |row: &&ImportanceRow| row.agent == *agent && row.problem == ALL;
        let mut own: Vec<&ImportanceRow> = findings.importance.iter().filter(of).collect();
        own.sort_by(|a, b| b.ped_anova.total_cmp(&a.ped_anova));
        rows.extend(own.into_iter().take(MOST));
    }
    if rows.is_empty() {
        return Ok(None);
    }
    // The agent is named once, in its first row.
    let name = |i: usize| match i.checked_sub(1).map(|before| rows[before]) {
        Some(before) if before.agent == rows[i].agent => rows[i].hyperparameter.clone(),
        _ => format!("{} · {}", rows[i].agent, rows[i].hyperparameter),
    };
    let ends = rows.iter().flat_map(|row| [row.ped_anova, row.fanova + row.fanova_sd]);
    let panel = Panel {
        heading: String::new(),
        notes: Vec::new(),
        across: Axis::even(0.0, (ends.fold(0.0, f64::max) * 1.05).clamp(0.1, 1.0)),
        up: Axis::rows((0..rows.len()).map(name).collect()),
    };
    let sheet = Sheet {
        title: format!("{}: which hyperparameters matter", findings.study.name),
        lead: "Over all problems. Bar: share of the importance for being among the best tenth of the tickets (PED-ANOVA). Ring: \
               share of the variance of regret that it explains alone (fANOVA by a random forest), with its standard deviation \
               over the trees."
            .into(),
        legend: vec![(Mark::Block(Ink::MUTED), "PED-ANOVA".into()), (Mark::Ring(Ink::TEXT), "fANOVA".into())],
        across: "Share".into(),
        up: String::new(),
        height: Some(rows.len() as f64 * 22.0),
        panels: vec![panel],
    };
    sheet.draw(|frame, _| fill(frame, findings, &rows)).map(Some)
}

fn fill(frame: &Frame<'_, '_>, findings: &Findings, rows: &[&ImportanceRow]) -> Result<()> {
    for (i, row) in rows.iter().enumerate() {
        let (y, ink) = (i as f64 + 0.5, ink_of(findings, &row.agent));
        if i > 0 && rows[i - 1].agent != row.agent {
            frame.line(&[(-f64::MAX, i as f64), (f64::MAX, i as f64)], Ink::GRID, 0.8)?;
        }
        let end = row.ped_anova.max(0.0);
        frame.fill(&[(0.0, y - 0.3), (end, y - 0.3), (end, y + 0.3), (0.0, y + 0.3)], ink, 0.55)?;
        let (low, high) = ((row.fanova - row.fanova_sd).max(0.0), row.fanova + row.fanova_sd);
        frame.line(&[(low, y), (high, y)], Ink::TEXT, 1.2)?;
        frame.ring((row.fanova, y), 3.0, Ink::TEXT)?;
    }
    Ok(())
}
