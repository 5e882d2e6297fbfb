//! Interquartile mean of normalised regret over all problems, against simulator calls.

use std::path::Path;

use anyhow::Result;

use super::anytime::log_spaced;
use super::style::Ink;
use super::style::axis::Axis;
use super::style::canvas::Point;
use super::style::sheet::{Frame, Mark, Panel, Sheet};
use crate::lottery::{Comparison, Regrets, Standing};
use crate::optima::ROOT;
use crate::study::Study;

/// Places on the log axis at which regret is read.
const READINGS: usize = 40;
/// Bootstrap draws of each interval: enough for the eye.
const REPLICATES: u64 = 300;
/// More bands than this hide each other.
const BANDS: usize = 8;

pub(super) fn draw(study: &Study) -> Result<Option<String>> {
    let regrets = Regrets::new(study, Path::new(ROOT));
    let agents = study.agents();
    let problems = regrets.scales().count();
    let last = study.runs.iter().map(|run| run.budget.max(1)).max().unwrap_or(0);
    if problems == 0 {
        return Ok(None);
    }
    let curves: Vec<Vec<Standing>> = agents.iter().map(|agent| standings(&regrets, agent, last)).collect();
    let bands = agents.len() <= BANDS;
    let certain = regrets.scales().filter(|(_, scale)| scale.certain).count();
    let panel =
        Panel { heading: String::new(), notes: Vec::new(), across: Axis::counts(last), up: axis(&curves) };
    let sheet = Sheet {
        title: format!("{}: regret over all problems", study.name),
        lead: words(problems, certain, bands),
        legend: agents.iter().enumerate().map(|(i, a)| (Mark::Curve(Ink::series(i)), (*a).into())).collect(),
        across: "Simulator calls (log scale)".into(),
        up: "Normalised regret (lower is better)".into(),
        height: Some(300.0),
        panels: vec![panel],
    };
    sheet.draw(|frame, _| draw_curves(frame, &curves, bands)).map(Some)
}

fn standings(regrets: &Regrets<'_>, agent: &str, last: u64) -> Vec<Standing> {
    let comparison = Comparison { regrets, replicates: REPLICATES };
    log_spaced(last, READINGS).into_iter().filter_map(|calls| comparison.standing(agent, calls)).collect()
}

fn words(problems: usize, certain: usize, bands: bool) -> String {
    let best = match problems - certain {
        0 => "the optimum".to_owned(),
        n if n == problems => "the best design that any of these runs found".to_owned(),
        n => format!(
            "the optimum (on {n} of {problems} problems: the best design that any of these runs found)"
        ),
    };
    let band = if bands {
        "; band: 95 % interval, bootstrap of tickets, or of runs by problem where there is one"
    } else {
        ""
    };
    format!(
        "Line: interquartile mean over all runs of {problems} problems{band}. 0 is {best}, 1 a median random design."
    )
}

/// Zero never fits a log scale: the axis ends at the smallest regret above it.
fn axis(curves: &[Vec<Standing>]) -> Axis {
    let all = || curves.iter().flatten().map(|standing| standing.regret.estimate);
    let low = all().filter(|regret| *regret > 0.0).fold(1.0, f64::min);
    Axis::rewards(low, low, all().fold(low, f64::max))
}

fn draw_curves(frame: &Frame<'_, '_>, curves: &[Vec<Standing>], bands: bool) -> Result<()> {
    for (i, curve) in curves.iter().enumerate().filter(|_| bands) {
        let edge = |of: fn(&Standing) -> f64| curve.iter().map(move |s| (s.calls as f64, of(s)));
        let mut outline: Vec<Point> = edge(|s| s.regret.high).collect();
        outline.extend(edge(|s| s.regret.low).rev());
        if outline.len() > 2 {
            frame.fill(&outline, Ink::series(i), 0.15)?;
        }
    }
    for (i, curve) in curves.iter().enumerate() {
        let points: Vec<Point> = curve.iter().map(|s| (s.calls as f64, s.regret.estimate)).collect();
        if points.len() > 1 {
            frame.line(&points, Ink::series(i), 1.8)?;
        } else if let Some(point) = points.first() {
            frame.dot(*point, 2.5, Ink::series(i), 1.0)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::samples::study;

    #[test]
    fn no_feasible_design_no_figure() {
        let mut study = study(1, 4);
        assert!(draw(&study).unwrap().is_some());
        study.runs.iter_mut().for_each(|run| run.curve.clear());
        assert_eq!(draw(&study).unwrap(), None);
    }
}
