//! Best reward so far against simulator calls.

use anyhow::Result;

use super::style::Ink;
use super::style::axis::Axis;
use super::style::canvas::Point;
use super::style::heading::{headings, lead, notes};
use super::style::sheet::{Frame, Mark, Panel, Sheet};
use crate::statistics::quantile;
use crate::study::{Run, Study};

/// Places on the log axis at which curves are read, before neighbours that fall on the same call are merged.
const READINGS: usize = 200;
/// More bands than this hide each other.
const BANDS: usize = 8;
/// What a cut axis means.
const CUT: &str = "Where an axis is cut, curves come up from lower rewards.";

/// Quartiles of an agent's runs after some number of calls.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Reading {
    calls: u64,
    quartiles: [f64; 3],
}

/// An agent on one problem.
struct Curve {
    ink: Ink,
    readings: Vec<Reading>,
}

pub(super) fn draw(study: &Study) -> Result<Option<String>> {
    let problems = study.problems();
    let agents = study.agents();
    if study.runs.iter().all(|run| run.curve.is_empty()) {
        return Ok(None);
    }
    let firsts: Vec<&Run> = problems.iter().map(|(_, runs)| runs[0]).collect();
    let names = headings(&firsts);
    let curves: Vec<Vec<Curve>> = problems.iter().map(|(_, runs)| curves(runs, &agents)).collect();
    let panels = problems.iter().zip(&curves).zip(names.panels);
    let panels: Vec<Panel> =
        panels.map(|(((_, runs), curves), heading)| panel(heading, runs, curves)).collect();
    let bands = agents.len() <= BANDS;
    let sheet = Sheet {
        title: format!("{}: best reward so far", study.name),
        lead: lead(&names.shared, &words(bands), CUT, panels.iter().map(|panel| &panel.up)),
        legend: agents.iter().enumerate().map(|(i, a)| (Mark::Curve(Ink::series(i)), (*a).into())).collect(),
        across: "Simulator calls (log scale)".into(),
        up: "Reward (higher is better)".into(),
        height: None,
        panels,
    };
    sheet.draw(|frame, i| draw_panel(frame, &curves[i], bands, sheet.panels[i].up.cut)).map(Some)
}

fn words(bands: bool) -> String {
    let band = if bands { "; band: middle half of the runs" } else { "" };
    format!(
        "Line: median over all runs (tickets × seeds){band}. A run without a feasible design yet counts as worst."
    )
}

fn curves(runs: &[&Run], agents: &[&str]) -> Vec<Curve> {
    let of = |agent: &str| -> Vec<&Run> { runs.iter().copied().filter(|run| run.agent == agent).collect() };
    let curve = |(i, agent): (usize, &&str)| Curve { ink: Ink::series(i), readings: readings(&of(agent)) };
    agents.iter().enumerate().map(curve).collect()
}

/// Calls that a run had or was allowed, the more of both.
fn length(run: &Run) -> u64 {
    run.budget.max(run.simulator_calls).max(1)
}

fn readings(runs: &[&Run]) -> Vec<Reading> {
    let last = runs.iter().map(|run| length(run)).max().unwrap_or(0);
    let mut readings: Vec<Reading> = Vec::new();
    for calls in log_spaced(last, READINGS) {
        let best = |run: &&Run| run.best_after(calls).unwrap_or(f64::NEG_INFINITY);
        let mut rewards: Vec<f64> = runs.iter().map(best).collect();
        rewards.sort_by(f64::total_cmp);
        let quartiles = [0.25, 0.5, 0.75].map(|q| quantile(&rewards, q).unwrap_or(f64::NEG_INFINITY));
        readings.push(Reading { calls, quartiles });
    }
    readings
}

/// About `readings` whole numbers from 1 to `last`, at equal ratios as far as whole numbers allow.
pub(super) fn log_spaced(last: u64, readings: usize) -> Vec<u64> {
    let top = libm::log10(last.max(1) as f64);
    let at = |i: usize| libm::exp10(top * i as f64 / (readings - 1) as f64).round() as u64;
    let mut calls: Vec<u64> = (0..readings).map(at).map(|n| n.min(last)).filter(|n| *n > 0).collect();
    calls.extend((last > 0).then_some(last));
    calls.dedup();
    calls
}

fn panel(heading: String, runs: &[&Run], curves: &[Curve]) -> Panel {
    let up = reward_axis(curves);
    let infeasible = runs.iter().filter(|run| run.curve.is_empty()).count();
    let notes = notes(&up, infeasible, runs.len());
    let across = Axis::counts(runs.iter().map(|run| length(run)).max().unwrap_or(1));
    Panel { heading, notes, across, up }
}

/// Everything but the worst medians, which are those of the first samples, and each agent's end in any case.
fn reward_axis(curves: &[Curve]) -> Axis {
    let finite = |of: &dyn Fn(&Reading) -> f64| -> Vec<f64> {
        let all = curves.iter().flat_map(|curve| &curve.readings).map(of);
        let mut all: Vec<f64> = all.filter(|v| v.is_finite()).collect();
        all.sort_by(f64::total_cmp);
        all
    };
    let (lower, medians, upper) =
        (finite(&|r| r.quartiles[0]), finite(&|r| r.quartiles[1]), finite(&|r| r.quartiles[2]));
    let Some(high) = upper.last().copied() else { return Axis::blank() };
    let ends = curves.iter().filter_map(|curve| curve.readings.last());
    let ends = ends.flat_map(|r| [r.quartiles[0], r.quartiles[1]]).filter(|v| v.is_finite());
    let low = ends.fold(quantile(&medians, 0.05).unwrap_or(high), f64::min);
    let worst = [lower.first(), medians.first()].into_iter().flatten().fold(low, |a, b| a.min(*b));
    Axis::rewards(worst, low, high)
}

fn draw_panel(frame: &Frame<'_, '_>, curves: &[Curve], bands: bool, cut: Option<f64>) -> Result<()> {
    if frame.is_blank() {
        return frame.remark("no feasible design", 0.5);
    }
    let floor = cut.unwrap_or(-f64::MAX);
    for curve in curves.iter().filter(|_| bands) {
        let outline = band(&curve.readings, floor);
        if outline.len() > 2 {
            frame.fill(&outline, curve.ink, 0.15)?;
        }
    }
    for curve in curves {
        let points = steps(&curve.readings, 1, floor);
        if points.len() > 1 {
            frame.line(&points, curve.ink, 1.8)?;
        } else if let Some(point) = points.first() {
            frame.dot(*point, 2.5, curve.ink, 1.0)?;
        }
    }
    Ok(())
}

/// Outline of the middle half: along the upper quartile, back along the lower one, down to the frame where that is lower.
fn band(readings: &[Reading], floor: f64) -> Vec<Point> {
    let (mut outline, lower) = (steps(readings, 2, floor), steps(readings, 0, floor));
    let (Some((from, _)), Some((to, _))) = (outline.first().copied(), outline.last().copied()) else {
        return Vec::new();
    };
    let seen = lower.first().map_or(to, |(x, _)| *x);
    outline.extend(lower.iter().rev());
    if seen > from {
        outline.extend([(seen, -f64::MAX), (from, -f64::MAX)]);
    }
    outline
}

/// A quartile as stairs from where it first reaches `floor`: the best so far holds until the next improvement.
fn steps(readings: &[Reading], quartile: usize, floor: f64) -> Vec<Point> {
    let mut points: Vec<Point> = Vec::new();
    let seen = readings.iter().filter(|reading| reading.quartiles[quartile] >= floor);
    for reading in seen {
        let (x, y) = (reading.calls as f64, reading.quartiles[quartile]);
        match points.last() {
            // Came up from below the axis, or from no result at all.
            None if reading.calls > 1 => points.push((x, -f64::MAX)),
            Some((_, held)) if *held == y => continue,
            Some((_, held)) => points.push((x, *held)),
            None => {}
        }
        points.push((x, y));
    }
    if let (Some(end), Some((x, y))) = (readings.last(), points.last().copied())
        && end.calls as f64 > x
    {
        points.push((end.calls as f64, y));
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::samples::{run, study};

    #[test]
    fn readings_are_whole_calls_from_one_to_the_last() {
        assert_eq!(log_spaced(0, READINGS), Vec::<u64>::new());
        assert_eq!(log_spaced(1, READINGS), [1]);
        assert_eq!(log_spaced(5, READINGS), [1, 2, 3, 4, 5]);
        let many = log_spaced(123_457, READINGS);
        assert_eq!((many[0], many[many.len() - 1]), (1, 123_457));
        assert!(many.is_sorted_by(|a, b| a < b) && many.len() <= READINGS);
    }

    #[test]
    fn medians_wait_for_half_of_the_runs() {
        let mut runs = [run("a", 0, 0), run("a", 0, 1), run("a", 0, 2)];
        runs[0].curve = vec![(1, -5.0)];
        runs[1].curve = vec![(3, -2.0)];
        runs[2].curve = Vec::new();
        let readings = readings(&runs.iter().collect::<Vec<_>>());
        let median = |calls| readings.iter().find(|r| r.calls == calls).unwrap().quartiles[1];
        assert_eq!((median(1), median(2), median(3)), (f64::NEG_INFINITY, f64::NEG_INFINITY, -5.0));
    }

    #[test]
    fn curves_are_stairs() {
        let at = |calls, y| Reading { calls, quartiles: [y; 3] };
        let stairs = steps(&[at(1, -4.0), at(2, -4.0), at(3, -1.0), at(9, -1.0)], 1, -10.0);
        assert_eq!(stairs, [(1.0, -4.0), (3.0, -4.0), (3.0, -1.0), (9.0, -1.0)]);
        let late = steps(&[at(1, f64::NEG_INFINITY), at(3, -1.0)], 1, -10.0);
        assert_eq!(late, [(3.0, -f64::MAX), (3.0, -1.0)]);
    }

    #[test]
    fn no_feasible_design_no_figure() {
        let mut study = study(2, 3);
        assert!(draw(&study).unwrap().is_some());
        study.runs.iter_mut().for_each(|run| run.curve.clear());
        assert_eq!(draw(&study).unwrap(), None);
        study.runs.clear();
        assert_eq!(draw(&study).unwrap(), None);
    }
}
