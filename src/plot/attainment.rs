//! Attainment surfaces of Pareto objectives: what a tenth, half and nine tenths of the runs attain.

use anyhow::Result;

use super::ink_of;
use super::style::axis::Axis;
use super::style::sheet::{Frame, Mark, Panel, Sheet};
use crate::lottery::Findings;
use crate::lottery::findings::AttainmentRow;

pub(super) fn draw(findings: &Findings) -> Result<Option<String>> {
    let rows = &findings.attainment;
    let mut problems: Vec<&AttainmentRow> = Vec::new();
    for row in rows {
        if problems.iter().all(|known| known.problem != row.problem) {
            problems.push(row);
        }
    }
    let Some(first) = problems.first() else { return Ok(None) };
    let same = problems.iter().all(|p| p.x_metric == first.x_metric && p.y_metric == first.y_metric);
    let panel = |problem: &&AttainmentRow| {
        let own = || rows.iter().filter(|row| row.problem == problem.problem);
        let axis = |of: fn(&AttainmentRow) -> f64| {
            let (low, high) =
                (own().map(of).fold(f64::MAX, f64::min), own().map(of).fold(-f64::MAX, f64::max));
            Axis::rewards(low, low, high)
        };
        let notes =
            if same { Vec::new() } else { vec![format!("{} × {}", problem.x_metric, problem.y_metric)] };
        Panel { heading: problem.problem.clone(), notes, across: axis(|row| row.x), up: axis(|row| row.y) }
    };
    let agents = findings.study.agents.iter().filter(|agent| rows.iter().any(|row| row.agent == **agent));
    let sheet = Sheet {
        title: format!("{}: fronts that runs attain", findings.study.name),
        lead: "Thick: designs at least as good on both axes were found by half of an agent's runs; thin: by a tenth and by nine \
               tenths of them. Points are joined for the eye."
            .into(),
        legend: agents.map(|agent| (Mark::Curve(ink_of(findings, agent)), agent.clone())).collect(),
        across: if same { first.x_metric.clone() } else { "First metric".into() },
        up: if same { first.y_metric.clone() } else { "Second metric".into() },
        height: None,
        panels: problems.iter().map(panel).collect(),
    };
    sheet.draw(|frame, i| fill(frame, findings, &problems[i].problem)).map(Some)
}

fn fill(frame: &Frame<'_, '_>, findings: &Findings, problem: &str) -> Result<()> {
    for agent in &findings.study.agents {
        for (percent, width) in [(10, 0.7), (90, 0.7), (50, 1.8)] {
            let own = findings
                .attainment
                .iter()
                .filter(|row| row.problem == problem && row.agent == *agent && row.percent == percent);
            let mut points: Vec<(f64, f64)> = own.map(|row| (row.x, row.y)).collect();
            points.sort_by(|a, b| a.0.total_cmp(&b.0));
            match points[..] {
                [] => {}
                [point] => frame.dot(point, 1.0 + width, ink_of(findings, agent), 1.0)?,
                _ => frame.line(&points, ink_of(findings, agent), width)?,
            }
        }
    }
    Ok(())
}
