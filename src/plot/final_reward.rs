//! Final scores of all runs: does luck in hyperparameters matter?

use anyhow::Result;

use super::style::Ink;
use super::style::axis::Axis;
use super::style::heading::{headings, lead, notes};
use super::style::sheet::{Frame, Mark, Panel, Sheet};
use crate::statistics::quantile;
use crate::study::{Run, Study};

/// The ticket with default hyperparameters.
const DEFAULT: u64 = 0;
/// Part of a row that its dots fill.
const FILL: f64 = 0.68;
/// How many interquartile ranges below the lower quartile still belong to an agent's picture.
const FENCE: f64 = 3.0;
/// How to read the figure.
const WORDS: &str = "Score of a run: its best reward, or hypervolume where there are several objectives. Within a \
    row, tickets (draws of hyperparameters) are sorted by their median, best on top: the more a row leans to the \
    right, the more hyperparameters matter.";
/// What a cut axis means.
const CUT: &str = "Where an axis is cut, arrows stand for lower scores.";

/// Scores of one ticket over its seeds, ascending.
struct Ticket {
    number: u64,
    scores: Vec<f64>,
}

/// An agent on one problem: its tickets, worst first.
struct Row {
    ink: Ink,
    runs: usize,
    tickets: Vec<Ticket>,
}

pub(super) fn draw(study: &Study) -> Result<Option<String>> {
    let problems = study.problems();
    let agents = study.agents();
    if study.runs.iter().all(|run| finite_score(run).is_none()) {
        return Ok(None);
    }
    let firsts: Vec<&Run> = problems.iter().map(|(_, runs)| runs[0]).collect();
    let names = headings(&firsts);
    let rows: Vec<Vec<Row>> = problems.iter().map(|(_, runs)| rows(runs, &agents)).collect();
    let labels: Vec<String> = agents.iter().map(|agent| (*agent).to_owned()).collect();
    let panels = problems.iter().zip(&rows).zip(names.panels);
    let panels: Vec<Panel> =
        panels.map(|(((_, runs), rows), heading)| panel(heading, runs, rows, &labels)).collect();
    let sheet = Sheet {
        title: format!("{}: final scores", study.name),
        lead: lead(&names.shared, WORDS, CUT, panels.iter().map(|panel| &panel.across)),
        legend: legend(),
        across: "Final score (higher is better)".into(),
        up: String::new(),
        height: Some(agents.len() as f64 * row_height(agents.len())),
        panels,
    };
    sheet.draw(|frame, i| draw_panel(frame, &rows[i], sheet.panels[i].across.cut)).map(Some)
}

fn legend() -> Vec<(Mark, String)> {
    let ink = Ink::MUTED;
    vec![
        (Mark::Dot(ink), "one run (ticket × seed)".into()),
        (Mark::Box(ink), "middle half and median of all runs".into()),
        (Mark::Dot(Ink::TEXT), "run of the default ticket".into()),
        (Mark::Diamond, "median of the default ticket".into()),
    ]
}

fn row_height(agents: usize) -> f64 {
    match agents {
        0..=2 => 54.0,
        3..=6 => 40.0,
        7..=12 => 30.0,
        _ => 24.0,
    }
}

fn finite_score(run: &Run) -> Option<f64> {
    run.score.filter(|score| score.is_finite())
}

fn rows(runs: &[&Run], agents: &[&str]) -> Vec<Row> {
    let row = |(i, agent): (usize, &&str)| {
        let own: Vec<&Run> = runs.iter().copied().filter(|run| run.agent == *agent).collect();
        Row { ink: Ink::series(i), runs: own.len(), tickets: tickets(&own) }
    };
    agents.iter().enumerate().map(row).collect()
}

/// Tickets with a score, worst median first; ties in order of their number.
fn tickets(runs: &[&Run]) -> Vec<Ticket> {
    let mut tickets: Vec<Ticket> = Vec::new();
    for run in runs {
        let Some(score) = finite_score(run) else { continue };
        match tickets.iter_mut().find(|ticket| ticket.number == run.ticket) {
            Some(ticket) => ticket.scores.push(score),
            None => tickets.push(Ticket { number: run.ticket, scores: vec![score] }),
        }
    }
    tickets.iter_mut().for_each(|ticket| ticket.scores.sort_by(f64::total_cmp));
    tickets.sort_by(|a, b| a.median().total_cmp(&b.median()).then(a.number.cmp(&b.number)));
    tickets
}

impl Ticket {
    fn median(&self) -> f64 {
        quantile(&self.scores, 0.5).unwrap_or(f64::NEG_INFINITY)
    }
}

impl Row {
    fn sorted(&self) -> Vec<f64> {
        let mut all: Vec<f64> = self.tickets.iter().flat_map(|ticket| ticket.scores.clone()).collect();
        all.sort_by(f64::total_cmp);
        all
    }

    /// Lower quartile, median and upper quartile of all runs that have a score.
    fn quartiles(&self) -> Option<[f64; 3]> {
        let all = self.sorted();
        Some([quantile(&all, 0.25)?, quantile(&all, 0.5)?, quantile(&all, 0.75)?])
    }
}

fn panel(heading: String, runs: &[&Run], rows: &[Row], labels: &[String]) -> Panel {
    let across = score_axis(rows);
    let infeasible = runs.iter().filter(|run| finite_score(run).is_none()).count();
    let notes = notes(&across, infeasible, runs.len());
    Panel { heading, notes, across, up: Axis::rows(labels.to_vec()) }
}

/// From the worst run that is no outlier of its agent to the best run.
fn score_axis(rows: &[Row]) -> Axis {
    let (mut worst, mut low, mut high) = (f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY);
    for row in rows {
        let all = row.sorted();
        let (Some(first), Some(last), Some([q1, _, q3])) = (all.first(), all.last(), row.quartiles()) else {
            continue;
        };
        (worst, high) = (worst.min(*first), high.max(*last));
        let fence = (q1 - FENCE * (q3 - q1)).max(-f64::MAX);
        low = all.iter().copied().find(|score| *score >= fence).map_or(low, |inside| low.min(inside));
    }
    if high.is_finite() { Axis::rewards(worst, low, high) } else { Axis::blank() }
}

fn draw_panel(frame: &Frame<'_, '_>, rows: &[Row], cut: Option<f64>) -> Result<()> {
    for (i, row) in rows.iter().enumerate() {
        let middle = i as f64 + 0.5;
        if i > 0 {
            frame.line(&[(-f64::MAX, i as f64), (f64::MAX, i as f64)], Ink::GRID, 0.8)?;
        }
        match row.quartiles() {
            Some(quartiles) => draw_row(frame, row, middle, quartiles, cut.unwrap_or(-f64::MAX))?,
            None if row.runs > 0 => frame.remark("no feasible design", middle)?,
            None => frame.remark("not run", middle)?,
        }
    }
    Ok(())
}

fn draw_row(frame: &Frame<'_, '_>, row: &Row, middle: f64, [q1, q2, q3]: [f64; 3], floor: f64) -> Result<()> {
    let (top, bottom) = (middle - 0.4, middle + 0.4);
    frame.fill(&[(q1, top), (q3, top), (q3, bottom), (q1, bottom)], row.ink, 0.2)?;
    let many = row.tickets.iter().map(|ticket| ticket.scores.len()).sum::<usize>() > 150;
    let (radius, opacity) = if many { (1.4, 0.45) } else { (2.2, 0.6) };
    let lane = |rank: usize| middle + FILL * (0.5 - (rank as f64 + 0.5) / row.tickets.len() as f64);
    let mut default = None;
    for (rank, ticket) in row.tickets.iter().enumerate() {
        if ticket.number == DEFAULT {
            default = Some((ticket, lane(rank)));
            continue;
        }
        draw_ticket(frame, ticket, lane(rank), floor, (radius, row.ink, opacity))?;
    }
    frame.line(&[(q2, top), (q2, bottom)], row.ink, 2.0)?;
    if let Some((ticket, y)) = default {
        draw_ticket(frame, ticket, y, floor, (radius.max(1.9), Ink::TEXT, 0.75))?;
        frame.diamond((ticket.median(), y))?;
    }
    Ok(())
}

fn draw_ticket(
    frame: &Frame<'_, '_>,
    ticket: &Ticket,
    y: f64,
    floor: f64,
    dot: (f64, Ink, f64),
) -> Result<()> {
    let (radius, ink, opacity) = dot;
    for score in &ticket.scores {
        if *score < floor {
            frame.beyond(y, ink)?;
        } else {
            frame.dot((*score, y), radius, ink, opacity)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::samples::{run, study};

    #[test]
    fn tickets_are_sorted_by_their_median() {
        let mut runs = [run("a", 0, 0), run("a", 1, 0), run("a", 1, 1), run("a", 2, 0)];
        for (run, score) in runs.iter_mut().zip([Some(-1.0), Some(-9.0), Some(-3.0), None]) {
            run.score = score;
        }
        let tickets = tickets(&runs.iter().collect::<Vec<_>>());
        let order: Vec<(u64, f64)> = tickets.iter().map(|t| (t.number, t.median())).collect();
        assert_eq!(order, [(1, -6.0), (0, -1.0)]);
    }

    #[test]
    fn a_lone_disaster_does_not_squeeze_the_rest() {
        let row = |scores: &[f64]| Row {
            ink: Ink::TEXT,
            runs: scores.len(),
            tickets: vec![Ticket { number: 1, scores: scores.to_vec() }],
        };
        let axis = score_axis(&[row(&[-9000.0, -12.0, -11.0, -10.5, -10.0])]);
        assert_eq!(axis.cut, Some(-12.0));
        assert!(axis.place(-12.0) > 0.0 && axis.place(-10.0) < 1.0 && axis.place(-9000.0) < 0.0);
        assert_eq!(score_axis(&[row(&[-12.5, -12.0, -11.0, -10.0])]).cut, None);
    }

    #[test]
    fn no_score_no_figure() {
        let mut study = study(2, 3);
        assert!(draw(&study).unwrap().is_some());
        study.runs.iter_mut().for_each(|run| run.score = None);
        assert_eq!(draw(&study).unwrap(), None);
    }
}
