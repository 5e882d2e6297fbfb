//! A chip as a plan: interconnects as bars, processing elements above them, memories below.

use anyhow::Result;
use sweepstake_simulators::soc::{Block, MemoryKind};

use super::Chip;
use crate::plot::style::Ink;
use crate::plot::style::canvas::{Anchor, Canvas, Point, Type, render};
use crate::plot::style::text::{fit, wrap};

/// Lengths in pixels.
const WIDTH: f64 = 1000.0;
const MARGIN: f64 = 28.0;
const BOX: f64 = 212.0;
const GAP: f64 = 20.0;
const BAR: f64 = 30.0;
const STEM: f64 = 16.0;
const LINE: f64 = 15.0;
const PAD: f64 = 10.0;
/// Space between the bands of two interconnects, and how far boxes and deeper ones are set in: links run there.
const BETWEEN: f64 = 40.0;
const INSET: f64 = 36.0;
/// Most lines of names in a box.
const MOST_LINES: usize = 7;

const NAME: Type = Type { size: 13.0, bold: true, ink: Ink::TEXT };
const SMALL: Type = Type { size: 11.5, bold: false, ink: Ink::TEXT };
const QUIET: Type = Type { size: 11.5, bold: false, ink: Ink::MUTED };
const TITLE: Type = Type { size: 17.0, bold: true, ink: Ink::TEXT };

/// A block on the plan.
struct Boxed {
    label: Vec<String>,
    figures: String,
    lines: Vec<String>,
    ink: Ink,
}

impl Boxed {
    fn new(chip: &Chip<'_>, block: usize) -> Self {
        let names = match chip.block(block).is_memory() {
            true => format!("results of {}", chip.writers_to(block).join(", ")),
            false => chip.tasks_on(block).join(", "),
        };
        let mut lines = wrap(&names, BOX - 2.0 * PAD, SMALL.size, false);
        if lines.len() > MOST_LINES {
            lines.truncate(MOST_LINES - 1);
            lines.push("…".to_owned());
        }
        Self {
            label: wrap(&chip.block(block).label(chip.workload), BOX - 2.0 * PAD, NAME.size, true),
            figures: chip.figures(block).join(" · "),
            lines,
            ink: ink(chip.block(block)),
        }
    }

    fn height(&self) -> f64 {
        2.0 * PAD + LINE * (1 + self.label.len() + self.lines.len()) as f64 + 4.0
    }

    fn draw(&self, canvas: &Canvas<'_>, (x, y): Point, height: f64) -> Result<()> {
        let corners = [(x, y), (x + BOX, y), (x + BOX, y + height), (x, y + height)];
        canvas.fill(&corners, self.ink, 0.13)?;
        canvas.fill(&[(x, y), (x + 4.0, y), (x + 4.0, y + height), (x, y + height)], self.ink, 1.0)?;
        let room = BOX - 2.0 * PAD;
        let at = |line: usize| (x + PAD + 2.0, y + PAD + LINE * line as f64 + 11.0);
        for (place, line) in self.label.iter().enumerate() {
            canvas.text(line, at(place), Anchor::Start, NAME)?;
        }
        let head = self.label.len();
        canvas.text(&fit(&self.figures, room, QUIET.size, false), at(head), Anchor::Start, QUIET)?;
        for (place, line) in self.lines.iter().enumerate() {
            let (x, y) = at(head + 1 + place);
            canvas.text(line, (x, y + 4.0), Anchor::Start, SMALL)?;
        }
        Ok(())
    }
}

fn ink(block: &Block) -> Ink {
    match block {
        Block::Processor => Ink::series(0),
        Block::Accelerator { .. } => Ink::series(2),
        Block::Memory { kind: MemoryKind::Dram, .. } => Ink::series(1),
        Block::Memory { kind: MemoryKind::Sram, .. } => Ink::series(3),
        Block::Interconnect { .. } => Ink::MUTED,
    }
}

/// Rows of boxes of one kind on an interconnect.
struct Shelf {
    rows: Vec<Vec<Boxed>>,
}

impl Shelf {
    fn new(chip: &Chip<'_>, blocks: &[usize], room: f64) -> Self {
        let fits = (((room + GAP) / (BOX + GAP)) as usize).max(1);
        let rows = blocks.chunks(fits).map(|row| row.iter().map(|block| Boxed::new(chip, *block)).collect());
        Self { rows: rows.collect() }
    }

    fn heights(&self) -> impl Iterator<Item = f64> {
        self.rows.iter().map(|row| row.iter().map(Boxed::height).fold(0.0, f64::max))
    }

    fn height(&self) -> f64 {
        self.heights().map(|height| height + STEM).sum()
    }
}

/// One interconnect with its boxes.
struct Band {
    label: String,
    left: f64,
    above: Shelf,
    below: Shelf,
    top: f64,
}

impl Band {
    fn bar(&self) -> f64 {
        self.top + self.above.height()
    }

    fn bottom(&self) -> f64 {
        self.bar() + BAR + self.below.height()
    }

    fn draw(&self, canvas: &Canvas<'_>) -> Result<()> {
        let (bar, right) = (self.bar(), WIDTH - MARGIN);
        let mut y = self.top;
        for (row, height) in self.above.rows.iter().zip(self.above.heights()) {
            self.draw_row(canvas, row, (y, height), (y + height, bar))?;
            y += height + STEM;
        }
        let mut y = bar + BAR;
        for (row, height) in self.below.rows.iter().zip(self.below.heights()) {
            self.draw_row(canvas, row, (y + STEM, height), (bar + BAR, y + STEM))?;
            y += height + STEM;
        }
        let corners = [(self.left, bar), (right, bar), (right, bar + BAR), (self.left, bar + BAR)];
        canvas.fill(&corners, Ink::GRID, 1.0)?;
        canvas.text(&self.label, (self.left + 12.0, bar + 20.0), Anchor::Start, NAME)
    }

    /// Boxes at a height, each with a stem to the bar between two others; stems of rows behind run in the gaps.
    fn draw_row(&self, canvas: &Canvas<'_>, row: &[Boxed], (y, height): Point, stem: Point) -> Result<()> {
        for (place, boxed) in row.iter().enumerate() {
            let x = self.left + INSET + place as f64 * (BOX + GAP);
            // In the gap at the left, so that rows between do not hide it.
            let far = (stem.1 - stem.0).abs() > STEM + 0.5;
            let along = if far { x + BOX + GAP / 2.0 } else { x + BOX / 2.0 };
            if far {
                let middle = y + height / 2.0;
                canvas.line(&[(x + BOX, middle), (along, middle)], Ink::MUTED, 1.5)?;
                let end = if stem.0 > y { stem.1 } else { stem.0 };
                canvas.line(&[(along, middle), (along, end)], Ink::MUTED, 1.5)?;
            } else {
                canvas.line(&[(along, stem.0), (along, stem.1)], Ink::MUTED, 1.5)?;
            }
            boxed.draw(canvas, (x, y), height)?;
        }
        Ok(())
    }
}

/// The plan as SVG.
///
/// # Errors
/// If drawing fails.
pub fn plan(chip: &Chip<'_>, title: &str) -> Result<String> {
    let buses = chip.buses();
    let mut top = MARGIN + 64.0;
    let mut bands: Vec<Band> = Vec::new();
    for (bus, depth) in &buses {
        let left = MARGIN + INSET * *depth as f64;
        let room = WIDTH - MARGIN - left - INSET;
        let above = Shelf::new(chip, &chip.hung(*bus, Block::is_pe), room);
        let below = Shelf::new(chip, &chip.hung(*bus, Block::is_memory), room);
        let label = chip.block(*bus).label(chip.workload);
        bands.push(Band { label, left, above, below, top });
        top = bands.last().map_or(top, Band::bottom) + BETWEEN;
    }
    let height = top - BETWEEN + MARGIN;
    let description = super::text(chip);
    render((WIDTH, height), title, &description, |canvas| {
        canvas.text(title, (MARGIN, MARGIN + 14.0), Anchor::Start, TITLE)?;
        legend(canvas)?;
        for (place, (bus, _)) in buses.iter().enumerate() {
            for other in chip.hung(*bus, Block::is_interconnect) {
                let Some(at) = buses.iter().position(|(known, _)| *known == other) else { continue };
                if at > place {
                    let x = bands[at].left - INSET / 2.0;
                    let y = bands[at].bar() + BAR / 2.0;
                    canvas.line(
                        &[(x, bands[place].bar() + BAR), (x, y), (bands[at].left, y)],
                        Ink::MUTED,
                        3.0,
                    )?;
                }
            }
        }
        bands.iter().try_for_each(|band| band.draw(canvas))
    })
}

fn legend(canvas: &Canvas<'_>) -> Result<()> {
    let entries = [
        ("processor", Ink::series(0)),
        ("accelerator", Ink::series(2)),
        ("DRAM", Ink::series(1)),
        ("SRAM", Ink::series(3)),
    ];
    let mut x = MARGIN;
    for (name, ink) in entries {
        let y = MARGIN + 30.0;
        canvas.fill(&[(x, y), (x + 10.0, y), (x + 10.0, y + 10.0), (x, y + 10.0)], ink, 1.0)?;
        canvas.text(name, (x + 16.0, y + 9.5), Anchor::Start, QUIET)?;
        x += 16.0 + crate::plot::style::text::width(name, QUIET.size, false) + 22.0;
    }
    Ok(())
}
