//! The figures of an evaluation, in the style of all figures: errors, calibration and learning curves.

use anyhow::Result;

use super::curve::{CurvePoint, MIXED};
use super::evaluated::Evaluation;
use super::evaluation::PartScore;
use super::fitted::LEVELS;
use crate::plot::style::Ink;
use crate::plot::style::axis::Axis;
use crate::plot::style::canvas::Point;
use crate::plot::style::sheet::{Frame, Mark, Panel, Sheet};

/// Parts beyond which a row for each is no longer read.
const MOST_ROWS: usize = 40;
/// Errors this many times apart get a log scale.
const APART: f64 = 20.0;

/// A figure.
#[derive(Debug, Clone)]
pub struct Drawn {
    /// Its name, which is that of its file.
    pub name: &'static str,
    /// As SVG.
    pub svg: String,
}

/// Draws all figures that there is something to show in.
///
/// # Errors
/// If one cannot be drawn.
pub fn draw(evaluation: &Evaluation) -> Result<Vec<Drawn>> {
    let Evaluation { env, workload, model, curve, .. } = evaluation;
    let title = format!("{env} on {workload}: error of proxies against data");
    let all = [
        ("errors", errors(evaluation)?),
        ("calibration", calibration(evaluation)?),
        ("curve", learning(&title, model, curve)?),
    ];
    Ok(all.into_iter().filter_map(|(name, svg)| Some(Drawn { name, svg: svg? })).collect())
}

/// Errors of each metric, a row for each part.
fn errors(evaluation: &Evaluation) -> Result<Option<String>> {
    let parts: Vec<&PartScore> = evaluation.parts.iter().filter(|part| !part.scores.is_empty()).collect();
    let values = || parts.iter().flat_map(|part| part.scores.iter().map(|own| own.score.rmse_percent));
    let high = values().fold(0.0, f64::max);
    if parts.is_empty() || parts.len() > MOST_ROWS || !high.is_finite() || high <= 0.0 {
        return Ok(None);
    }
    let low = values().filter(|x| *x > 0.0).fold(high, f64::min);
    let log = high / low > APART;
    let names = evaluation.targets().into_iter().enumerate();
    let sheet = Sheet {
        title: format!("{} on {}: errors on designs held out", evaluation.env, evaluation.workload),
        lead: "A dot is the root of the mean squared error of one metric over the designs of a part, in per cent of the mean of \
               their true values."
            .into(),
        legend: names.map(|(i, name)| (Mark::Dot(Ink::series(i)), name.to_owned())).collect(),
        across: format!("RMSE in % of the mean{}", if log { " (log scale)" } else { "" }),
        up: String::new(),
        height: Some(parts.len() as f64 * 26.0 + 10.0),
        panels: vec![Panel {
            heading: String::new(),
            notes: Vec::new(),
            across: if log { Axis::ratios(low * 0.8, high * 1.25) } else { Axis::even(0.0, high * 1.05) },
            up: Axis::rows(parts.iter().map(|part| part.part.clone()).collect()),
        }],
    };
    let fill = |frame: &Frame<'_, '_>, _: usize| -> Result<()> {
        for (row, part) in parts.iter().enumerate() {
            for (i, own) in part.scores.iter().enumerate() {
                frame.dot((own.score.rmse_percent, row as f64 + 0.5), 4.5, Ink::series(i), 0.9)?;
            }
        }
        Ok(())
    };
    sheet.draw(fill).map(Some)
}

/// Share of true values inside intervals against the share that they are to hold.
fn calibration(evaluation: &Evaluation) -> Result<Option<String>> {
    let targets = evaluation.targets();
    if targets.is_empty() {
        return Ok(None);
    }
    let held = |target: usize, level: usize| -> Vec<f64> {
        let scores = evaluation.parts.iter().filter_map(|part| part.scores.get(target));
        scores.map(|own| 100.0 * own.coverage[level]).collect()
    };
    let panel = |name: &&str| Panel {
        heading: (*name).to_owned(),
        notes: Vec::new(),
        across: Axis::even(45.0, 100.0),
        up: Axis::even(0.0, 100.0),
    };
    let mut legend = vec![(Mark::Curve(Ink::MUTED), "as it should be".to_owned())];
    let several = evaluation.parts.len() > 1;
    legend.push((Mark::Curve(Ink::series(0)), if several { "mean of the parts" } else { "it is" }.into()));
    if several {
        legend.push((Mark::Dot(Ink::series(0)), "a part".into()));
    }
    let sheet = Sheet {
        title: format!("{} on {}: how far its intervals can be trusted", evaluation.env, evaluation.workload),
        lead: "Share of the true values inside intervals that are to hold 50, 80, 90 and 95 % of them. Below the diagonal the \
               proxy is too sure of itself."
            .into(),
        legend,
        across: "Share that an interval is to hold (%)".into(),
        up: "Share that it holds (%)".into(),
        height: Some(220.0),
        panels: targets.iter().map(panel).collect(),
    };
    let fill = |frame: &Frame<'_, '_>, target: usize| -> Result<()> {
        frame.line(&[(45.0, 45.0), (100.0, 100.0)], Ink::MUTED, 1.0)?;
        let mut means = Vec::new();
        for (level, share) in LEVELS.iter().enumerate() {
            let values = held(target, level);
            means.push((100.0 * share, values.iter().sum::<f64>() / values.len().max(1) as f64));
            for value in values.into_iter().take(MOST_ROWS) {
                frame.dot((100.0 * share, value), 2.6, Ink::series(0), 0.45)?;
            }
        }
        frame.line(&means, Ink::series(0), 2.2)
    };
    sheet.draw(fill).map(Some)
}

/// Draws learning curves, a panel for each metric, as SVG; `None` without points.
///
/// # Errors
/// If it cannot be drawn.
pub fn learning(title: &str, model: &str, points: &[CurvePoint]) -> Result<Option<String>> {
    let (mut sources, mut targets): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    for point in points {
        for (list, name) in [(&mut sources, &point.source), (&mut targets, &point.target)] {
            if !list.contains(&name.as_str()) {
                list.push(name);
            }
        }
    }
    if points.is_empty() {
        return Ok(None);
    }
    let curve = |source: &str, target: &str| -> Vec<Point> {
        let own = points.iter().filter(|point| point.source == source && point.target == target);
        own.filter(|point| point.rmse_percent > 0.0).map(|p| (p.samples as f64, p.rmse_percent)).collect()
    };
    let across = axis(points.iter().map(|point| point.samples as f64));
    let panel = |target: &&str| Panel {
        heading: (*target).to_owned(),
        notes: Vec::new(),
        across: across.clone(),
        up: axis(sources.iter().flat_map(|source| curve(source, target)).map(|(_, y)| y)),
    };
    let sheet = Sheet {
        title: title.to_owned(),
        lead: format!(
            "Model: {model}, judged on designs that no curve learns from. Samples are of one agent, or of all agents in \
             equal shares as far as they reach (mixed)."
        ),
        legend: sources
            .iter()
            .enumerate()
            .map(|(i, name)| (Mark::Curve(Ink::series(i)), (*name).into()))
            .collect(),
        across: "Samples, repeats included (log scale)".into(),
        up: "RMSE in % of the mean (log scale)".into(),
        height: Some(280.0),
        panels: targets.iter().map(panel).collect(),
    };
    let svg = sheet.draw(|frame, panel| {
        for (i, source) in sources.iter().enumerate() {
            draw_curve(frame, &curve(source, targets[panel]), i, *source == MIXED)?;
        }
        Ok(())
    });
    svg.map(Some)
}

fn axis(values: impl Iterator<Item = f64>) -> Axis {
    let (low, high) =
        values.fold(
            (f64::INFINITY, 0.0f64),
            |(low, high), x| if x > 0.0 { (low.min(x), high.max(x)) } else { (low, high) },
        );
    if low > high {
        return Axis::blank();
    }
    Axis::ratios(low * 0.85, high * 1.18)
}

fn draw_curve(frame: &Frame<'_, '_>, points: &[Point], index: usize, thick: bool) -> Result<()> {
    let ink = Ink::series(index);
    if points.len() > 1 {
        frame.line(points, ink, if thick { 2.6 } else { 1.6 })?;
    }
    points.iter().try_for_each(|point| frame.dot(*point, if thick { 3.0 } else { 2.2 }, ink, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panel_for_each_metric_and_a_line_for_each_source() {
        let point = |source: &str, target: &str, samples: usize| CurvePoint {
            source: source.into(),
            samples,
            designs: samples,
            target: target.into(),
            rmse_percent: 100.0 / samples as f64,
            kendall_tau: None,
            top10_regret: 0.0,
        };
        let points: Vec<CurvePoint> = ["genetic", MIXED]
            .iter()
            .flat_map(|source| {
                [1000, 2000].map(|n| [point(source, "power_mw", n), point(source, "energy_pj", n)])
            })
            .flatten()
            .collect();
        let svg = learning("Curves", "extra-trees", &points).unwrap().unwrap();
        for word in ["power_mw", "energy_pj", "genetic", "mixed", "RMSE in %"] {
            assert!(svg.contains(word), "{word}");
        }
        assert_eq!(learning("Curves", "extra-trees", &[]).unwrap(), None);
    }
}
