//! The figure of learning curves, in the style of all figures.

use anyhow::Result;

use super::curve::{CurvePoint, MIXED};
use crate::plot::style::Ink;
use crate::plot::style::axis::Axis;
use crate::plot::style::canvas::Point;
use crate::plot::style::sheet::{Frame, Mark, Panel, Sheet};

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
    // Wide enough for the scale to be logarithmic.
    let high = high.max(low * 110.0);
    Axis::rewards(low, low, high)
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
