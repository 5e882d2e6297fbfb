//! Marks of data, and their samples in the legend.

use anyhow::Result;

use crate::plot::style::Ink;
use crate::plot::style::canvas::{Canvas, Point};

/// Sample of a mark in the legend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// Line in a band.
    Curve(Ink),
    /// Single run.
    Dot(Ink),
    /// Middle half and median.
    Box(Ink),
    /// Something set apart.
    Diamond,
    /// Filled bar.
    Block(Ink),
    /// Open dot.
    Ring(Ink),
    /// Upright bar that joins rows.
    Bracket,
}

impl Mark {
    /// Room of the sample, with a gap to its meaning.
    pub(super) fn width(self) -> f64 {
        match self {
            Self::Curve(_) | Self::Box(_) | Self::Block(_) => 27.0,
            Self::Dot(_) | Self::Diamond | Self::Ring(_) | Self::Bracket => 16.0,
        }
    }

    /// Draws the sample, its upper left corner at `(x, y)`.
    pub(super) fn draw(self, canvas: &Canvas<'_>, (x, y): Point) -> Result<()> {
        let middle = y + super::KEY.size * 0.64;
        let block = |ink, opacity| {
            let (top, bottom) = (middle - 5.0, middle + 5.0);
            canvas.fill(&[(x, top), (x + 20.0, top), (x + 20.0, bottom), (x, bottom)], ink, opacity)
        };
        match self {
            Self::Curve(ink) => {
                block(ink, 0.16)?;
                canvas.line(&[(x, middle), (x + 20.0, middle)], ink, 2.0)
            }
            Self::Dot(ink) => canvas.dot((x + 6.0, middle), 2.6, ink, 0.8),
            Self::Box(ink) => {
                block(ink, 0.25)?;
                canvas.line(&[(x + 10.0, middle - 5.0), (x + 10.0, middle + 5.0)], ink, 2.0)
            }
            Self::Diamond => diamond(canvas, (x + 6.0, middle)),
            Self::Block(ink) => block(ink, 0.5),
            Self::Ring(ink) => ring(canvas, (x + 6.0, middle), 3.0, ink),
            Self::Bracket => canvas.line(&[(x + 6.0, middle - 6.0), (x + 6.0, middle + 6.0)], Ink::TEXT, 3.0),
        }
    }
}

pub(super) fn ring(canvas: &Canvas<'_>, at: Point, radius: f64, ink: Ink) -> Result<()> {
    canvas.dot(at, radius + 0.8, ink, 1.0)?;
    canvas.dot(at, radius - 0.8, Ink::CARD, 1.0)
}

pub(super) fn diamond(canvas: &Canvas<'_>, (x, y): Point) -> Result<()> {
    let ring = |r: f64| [(x - r, y), (x, y - r), (x + r, y), (x, y + r)];
    canvas.fill(&ring(6.2), Ink::CARD, 1.0)?;
    canvas.fill(&ring(4.8), Ink::TEXT, 1.0)
}
