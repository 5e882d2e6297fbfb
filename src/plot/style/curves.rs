//! Figures of one panel: curves, some in bands.

use anyhow::Result;

use super::Ink;
use super::axis::Axis;
use super::canvas::Point;
use super::sheet::{Frame, Mark, Panel, Sheet};

/// More bands than this hide each other.
const BANDS: usize = 8;

/// A curve with its meaning.
#[derive(Debug, Clone)]
pub(crate) struct Curve {
    /// What it is of.
    pub(crate) name: String,
    /// Its colour.
    pub(crate) ink: Ink,
    /// Its points, left to right.
    pub(crate) points: Vec<Point>,
    /// Its band: place, lower end and upper end, left to right; may be empty.
    pub(crate) band: Vec<(f64, f64, f64)>,
}

/// A figure of curves on one pair of axes.
#[derive(Debug, Clone)]
pub(crate) struct Chart {
    /// What it shows, in a few words.
    pub(crate) title: String,
    /// How to read it.
    pub(crate) lead: String,
    /// What the bands are, if there are any.
    pub(crate) band: &'static str,
    /// Name and axis of what runs to the right.
    pub(crate) across: (&'static str, Axis),
    /// Name and axis of what runs upwards.
    pub(crate) up: (&'static str, Axis),
    /// The curves, in the order of the legend.
    pub(crate) curves: Vec<Curve>,
}

impl Chart {
    /// Draws the figure; `None` if no curve has a point.
    pub(crate) fn draw(self) -> Result<Option<String>> {
        if self.curves.iter().all(|curve| curve.points.is_empty()) {
            return Ok(None);
        }
        let banded = self.curves.iter().filter(|curve| !curve.band.is_empty()).count();
        let bands = (1..=BANDS).contains(&banded);
        let band = if bands { format!(" Band: {}.", self.band) } else { String::new() };
        let panel = Panel { heading: String::new(), notes: Vec::new(), across: self.across.1, up: self.up.1 };
        let sheet = Sheet {
            title: self.title,
            lead: self.lead + &band,
            legend: self.curves.iter().map(|curve| (Mark::Curve(curve.ink), curve.name.clone())).collect(),
            across: self.across.0.into(),
            up: self.up.0.into(),
            height: Some(300.0),
            panels: vec![panel],
        };
        sheet.draw(|frame, _| draw(frame, &self.curves, bands)).map(Some)
    }
}

fn draw(frame: &Frame<'_, '_>, curves: &[Curve], bands: bool) -> Result<()> {
    for curve in curves.iter().filter(|curve| bands && curve.band.len() > 1) {
        let mut outline: Vec<Point> = curve.band.iter().map(|(x, _, high)| (*x, *high)).collect();
        outline.extend(curve.band.iter().rev().map(|(x, low, _)| (*x, *low)));
        frame.fill(&outline, curve.ink, 0.15)?;
    }
    for curve in curves {
        match curve.points[..] {
            [] => {}
            [point] => frame.dot(point, 2.5, curve.ink, 1.0)?,
            _ => frame.line(&curve.points, curve.ink, 1.8)?,
        }
    }
    Ok(())
}
