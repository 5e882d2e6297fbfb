//! Mean ranks of agents over problems, and which of them the tests cannot tell apart (Demšar 2006).

use anyhow::Result;

use super::ink_of;
use super::style::Ink;
use super::style::axis::Axis;
use super::style::sheet::{Frame, Mark, Panel, Sheet};
use crate::lottery::Findings;
use crate::lottery::findings::RankRow;

pub(super) fn draw(findings: &Findings) -> Result<Option<String>> {
    let mut rows: Vec<&RankRow> = findings.ranks.iter().collect();
    if rows.len() < 2 {
        return Ok(None);
    }
    rows.sort_by(|a, b| a.mean_rank.total_cmp(&b.mean_rank));
    let groups = groups(findings, &rows);
    let most = rows.len() as f64;
    // Room on the right for one bracket a group.
    let right = most + 0.35 + 0.06 * most * groups.len() as f64;
    let panel = Panel {
        heading: String::new(),
        notes: Vec::new(),
        across: Axis::even(0.8, right),
        up: Axis::rows(rows.iter().map(|row| row.agent.clone()).collect()),
    };
    let sheet = Sheet {
        title: format!("{}: ranks", findings.study.name),
        lead: words(findings, rows[0].problems),
        legend: vec![
            (Mark::Dot(Ink::TEXT), "mean rank over problems (1 is best)".into()),
            (Mark::Bracket, "agents that cannot be told apart".into()),
        ],
        across: "Mean rank (left is better)".into(),
        up: String::new(),
        height: Some(most * 26.0 + 8.0),
        panels: vec![panel],
    };
    sheet.draw(|frame, _| fill(frame, findings, &rows, &groups)).map(Some)
}

fn words(findings: &Findings, problems: usize) -> String {
    let friedman = findings.study.friedman.map(|test| {
        let p = if test.p < 0.001 { "< 0.001".to_owned() } else { format!("= {:.3}", test.p) };
        format!(" Friedman's test of all agents: p {p}.")
    });
    format!(
        "Agents ranked by mean regret on each of {problems} problems.{} Brackets join agents whose difference is not \
         significant (Wilcoxon signed-rank tests with Holm's correction, 5 %).",
        friedman.unwrap_or_default()
    )
}

/// First and last row of each group of at least two.
fn groups(findings: &Findings, rows: &[&RankRow]) -> Vec<(usize, usize)> {
    let mut numbers: Vec<usize> = findings.cliques.iter().map(|row| row.group).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let place = |agent: &str| rows.iter().position(|row| row.agent == agent);
    let span = |group: usize| {
        let members = findings.cliques.iter().filter(|row| row.group == group);
        let places: Vec<usize> = members.filter_map(|row| place(&row.agent)).collect();
        Some((*places.iter().min()?, *places.iter().max()?)).filter(|(first, last)| first < last)
    };
    numbers.into_iter().filter_map(span).collect()
}

fn fill(
    frame: &Frame<'_, '_>,
    findings: &Findings,
    rows: &[&RankRow],
    groups: &[(usize, usize)],
) -> Result<()> {
    for (i, row) in rows.iter().enumerate() {
        let y = i as f64 + 0.5;
        frame.line(&[(-f64::MAX, y), (row.mean_rank, y)], Ink::GRID, 0.8)?;
        frame.dot((row.mean_rank, y), 4.5, ink_of(findings, &row.agent), 1.0)?;
        frame.beside((row.mean_rank, y), 10.0, &format!("{:.2}", row.mean_rank))?;
    }
    let most = rows.len() as f64;
    for (i, (first, last)) in groups.iter().enumerate() {
        let x = most + 0.35 + 0.06 * most * (i as f64 + 0.2);
        let (top, bottom) = (*first as f64 + 0.25, *last as f64 + 0.75);
        frame.line(&[(x, top), (x, bottom)], Ink::TEXT, 3.0)?;
    }
    Ok(())
}
