//! A figure as a sheet: headings and legend on top, panels in a grid below.

use anyhow::Result;

use super::Ink;
use super::axis::{self, Axis, Direction, TICK_SIZE};
use super::canvas::{Anchor, Canvas, Point, Type, render};
use super::text::{fit, width, wrap};

mod mark;

pub(crate) use mark::Mark;
use mark::{diamond, ring};

const MARGIN: f64 = 20.0;
const TITLE: Type = Type { size: 18.0, bold: true, ink: Ink::TEXT };
const LEAD: Type = Type { size: 12.0, bold: false, ink: Ink::MUTED };
const KEY: Type = Type { size: 12.0, bold: false, ink: Ink::TEXT };
const HEADING: Type = Type { size: 12.5, bold: true, ink: Ink::TEXT };
const NOTE: Type = Type { size: 10.5, bold: false, ink: Ink::MUTED };
const LABEL: Type = Type { size: TICK_SIZE, bold: false, ink: Ink::MUTED };
const ROW: Type = Type { size: 11.5, bold: false, ink: Ink::TEXT };

/// Widest name of a row or a legend entry.
const LONGEST_NAME: f64 = 190.0;
const LEGEND_GAP: f64 = 20.0;
const LINE_STEP: f64 = 1.4;

/// One small multiple.
#[derive(Debug, Clone)]
pub(crate) struct Panel {
    /// Problem.
    pub(crate) heading: String,
    /// What the reader must know of this panel alone.
    pub(crate) notes: Vec<String>,
    /// Horizontal axis.
    pub(crate) across: Axis,
    /// Vertical axis.
    pub(crate) up: Axis,
}

/// A figure.
#[derive(Debug, Clone)]
pub(crate) struct Sheet {
    /// What it shows, in a few words.
    pub(crate) title: String,
    /// How to read it.
    pub(crate) lead: String,
    /// Marks and their meaning.
    pub(crate) legend: Vec<(Mark, String)>,
    /// Name of the horizontal axes, with unit.
    pub(crate) across: String,
    /// Name of the vertical axes, with unit; empty if they name rows.
    pub(crate) up: String,
    /// Height of a panel's frame in pixels, if it is not to follow from the number of panels.
    pub(crate) height: Option<f64>,
    /// Panels, row by row.
    pub(crate) panels: Vec<Panel>,
}

/// The frame of a panel, for drawing in the measures of its axes.
pub(crate) struct Frame<'a, 'b> {
    canvas: &'a Canvas<'b>,
    panel: &'a Panel,
    corner: Point,
    size: Point,
}

impl Frame<'_, '_> {
    fn at(&self, (x, y): Point) -> Point {
        let within = |place: f64| place.clamp(0.0, 1.0);
        let (x, y) = (within(self.panel.across.place(x)), within(self.panel.up.place(y)));
        (self.corner.0 + x * self.size.0, self.corner.1 + (1.0 - y) * self.size.1)
    }

    fn all(&self, points: &[Point]) -> Vec<Point> {
        points.iter().map(|p| self.at(*p)).collect()
    }

    /// Draws a line; what lies outside runs along the frame.
    pub(crate) fn line(&self, points: &[Point], ink: Ink, width: f64) -> Result<()> {
        self.canvas.line(&self.all(points), ink, width)
    }

    /// Fills a polygon.
    pub(crate) fn fill(&self, points: &[Point], ink: Ink, opacity: f64) -> Result<()> {
        self.canvas.fill(&self.all(points), ink, opacity)
    }

    /// Draws a dot, `radius` in pixels.
    pub(crate) fn dot(&self, at: Point, radius: f64, ink: Ink, opacity: f64) -> Result<()> {
        self.canvas.dot(self.at(at), radius, ink, opacity)
    }

    /// Draws an arrow head at the left edge: the value lies further to the left.
    pub(crate) fn beyond(&self, y: f64, ink: Ink) -> Result<()> {
        let (x, y) = self.at((-f64::MAX, y));
        self.canvas.fill(&[(x + 1.0, y), (x + 6.0, y - 3.0), (x + 6.0, y + 3.0)], ink, 0.8)
    }

    /// Draws an open dot, `radius` in pixels.
    pub(crate) fn ring(&self, at: Point, radius: f64, ink: Ink) -> Result<()> {
        ring(self.canvas, self.at(at), radius, ink)
    }

    /// Draws the mark of something set apart.
    pub(crate) fn diamond(&self, at: Point) -> Result<()> {
        diamond(self.canvas, self.at(at))
    }

    /// Writes beside a place: `across` pixels to the right of it, or to the left where that is negative.
    pub(crate) fn beside(&self, at: Point, across: f64, text: &str) -> Result<()> {
        let (x, y) = self.at(at);
        let anchor = if across < 0.0 { Anchor::End } else { Anchor::Start };
        self.canvas.text(text, (x + across, y + NOTE.size * 0.36), anchor, NOTE)
    }

    /// Writes centred on a place.
    pub(crate) fn on(&self, at: Point, text: &str) -> Result<()> {
        let (x, y) = self.at(at);
        let face = Type { ink: Ink::TEXT, ..NOTE };
        self.canvas.text(text, (x, y + NOTE.size * 0.36), Anchor::Middle, face)
    }

    /// Pixels of the frame.
    pub(crate) fn size(&self) -> Point {
        self.size
    }

    /// Whether there is nothing to draw.
    pub(crate) fn is_blank(&self) -> bool {
        self.panel.up == Axis::blank()
    }

    /// Writes in the middle of the frame at height `y`.
    pub(crate) fn remark(&self, text: &str, y: f64) -> Result<()> {
        let middle = (self.corner.0 + self.size.0 / 2.0, self.at((0.0, y)).1 + NOTE.size * 0.36);
        self.canvas.text(text, middle, Anchor::Middle, NOTE)
    }
}

/// Where everything goes, in pixels.
struct Layout {
    columns: usize,
    frame: Point,
    /// Left edge of each column's frames.
    lefts: Vec<f64>,
    /// Upper edge of the frames of each row, and the height above it.
    rows: Vec<(f64, f64)>,
    size: Point,
    title: Vec<String>,
    lead: Vec<String>,
    /// Upper left corner of each legend entry.
    legend: Vec<Point>,
}

/// Columns, and the size of a frame.
fn grid(panels: usize) -> (usize, Point) {
    match panels {
        0 | 1 => (1, (520.0, 280.0)),
        2..=4 => (2, (300.0, 180.0)),
        5..=9 => (3, (230.0, 150.0)),
        _ => (4, (200.0, 130.0)),
    }
}

fn lines_high(lines: usize, face: Type) -> f64 {
    lines as f64 * face.size * LINE_STEP
}

impl Sheet {
    /// Draws the sheet; `draw` fills the frame of the panel of an index.
    pub(crate) fn draw(&self, draw: impl Fn(&Frame<'_, '_>, usize) -> Result<()>) -> Result<String> {
        let layout = self.layout();
        render(layout.size, &self.title, &self.lead, |canvas| {
            self.draw_head(canvas, &layout)?;
            for (i, panel) in self.panels.iter().enumerate() {
                let corner = layout.corner(i);
                let frame = Frame { canvas, panel, corner, size: layout.frame };
                self.draw_axes(&frame, &layout, i)?;
                draw(&frame, i)?;
            }
            Ok(())
        })
    }

    fn layout(&self) -> Layout {
        let (columns, (wide, tall)) = grid(self.panels.len());
        let frame = (wide, self.height.unwrap_or(tall));
        let (lefts, mut full) = self.columns(columns, frame);
        full = full.max(480.0);
        let room = full - 2.0 * MARGIN;
        let title = wrap(&self.title, room, TITLE.size, true);
        let lead = wrap(&self.lead, room, LEAD.size, false);
        let under_lead = MARGIN + lines_high(title.len(), TITLE) + 2.0 + lines_high(lead.len(), LEAD) + 8.0;
        let (legend, under_legend) = self.place_legend(room, under_lead);
        let top = under_legend + 10.0;
        let (rows, end) = self.rows(columns, frame, top);
        let size = (full.ceil(), end.ceil());
        Layout { columns, frame, lefts, rows, size, title, lead, legend }
    }

    /// Left edges of the columns' frames, and the width of the sheet.
    fn columns(&self, columns: usize, frame: Point) -> (Vec<f64>, f64) {
        let mut lefts = Vec::new();
        let mut x = MARGIN;
        for column in 0..columns.min(self.panels.len()) {
            let own = self.panels.iter().skip(column).step_by(columns);
            x += own.map(|panel| gutter(panel, column, frame.1)).fold(0.0, f64::max);
            x += if column == 0 && !self.up.is_empty() { LABEL.size + 8.0 } else { 0.0 };
            lefts.push(x);
            x += frame.0 + 24.0;
        }
        (lefts, x - 24.0 + MARGIN)
    }

    /// Upper edges of the rows' frames with the heights above them, and where the last row ends.
    fn rows(&self, columns: usize, frame: Point, top: f64) -> (Vec<(f64, f64)>, f64) {
        let foot = TICK_SIZE + 8.0 + LABEL.size * LINE_STEP + 14.0;
        let mut y = top;
        let mut rows = Vec::new();
        for row in self.panels.chunks(columns) {
            let head = row.iter().map(|panel| headlines_height(panel, frame.0)).fold(0.0, f64::max) + 7.0;
            rows.push((y + head, head));
            y += head + frame.1 + foot;
        }
        (rows, y)
    }

    /// Upper left corners of the entries, in rows, and where the legend ends.
    fn place_legend(&self, room: f64, top: f64) -> (Vec<Point>, f64) {
        let step = KEY.size * 1.7;
        let (mut x, mut y) = (MARGIN, top);
        let mut places = Vec::new();
        for (mark, name) in &self.legend {
            let wide = mark.width() + width(&key(name, room), KEY.size, false);
            if x > MARGIN && x + wide > MARGIN + room {
                (x, y) = (MARGIN, y + step);
            }
            places.push((x, y));
            x += wide + LEGEND_GAP;
        }
        (places, if self.legend.is_empty() { top } else { y + step })
    }

    fn draw_head(&self, canvas: &Canvas<'_>, layout: &Layout) -> Result<()> {
        let mut y = MARGIN - 3.0;
        for (lines, face) in [(&layout.title, TITLE), (&layout.lead, LEAD)] {
            for line in lines {
                y += face.size * LINE_STEP;
                canvas.text(line, (MARGIN, y - face.size * 0.4), Anchor::Start, face)?;
            }
            y += 2.0;
        }
        for ((mark, name), at) in self.legend.iter().zip(&layout.legend) {
            mark.draw(canvas, *at)?;
            let name = key(name, layout.size.0 - 2.0 * MARGIN);
            canvas.text(&name, (at.0 + mark.width(), at.1 + KEY.size), Anchor::Start, KEY)?;
        }
        Ok(())
    }

    fn draw_axes(&self, frame: &Frame<'_, '_>, layout: &Layout, index: usize) -> Result<()> {
        let (x, y) = frame.corner;
        let (wide, tall) = frame.size;
        draw_headings(frame, layout.rows[index / layout.columns].1)?;
        draw_across(frame)?;
        draw_up(frame, index.is_multiple_of(layout.columns))?;
        frame.canvas.line(&[(x, y), (x, y + tall), (x + wide, y + tall)], Ink::MUTED, 0.8)?;
        if index.is_multiple_of(layout.columns) && !self.up.is_empty() {
            let middle = (MARGIN + LABEL.size * 0.8, y + tall / 2.0);
            frame.canvas.upright(&fit(&self.up, tall + 20.0, LABEL.size, false), middle, LABEL)?;
        }
        if index + layout.columns >= self.panels.len() {
            let at = (x + wide / 2.0, y + tall + TICK_SIZE + 8.0 + LABEL.size * LINE_STEP);
            frame.canvas.text(
                &fit(&self.across, wide + 20.0, LABEL.size, false),
                at,
                Anchor::Middle,
                LABEL,
            )?;
        }
        Ok(())
    }
}

impl Layout {
    /// Upper left corner of a panel's frame.
    fn corner(&self, index: usize) -> Point {
        let (row, column) = (index / self.columns, index % self.columns);
        (self.lefts[column], self.rows[row].0)
    }
}

/// Lines above a frame: the heading, and the notes beside its end if there is room, else below.
fn headlines(panel: &Panel, room: f64) -> Vec<(f64, String, Type)> {
    let wrapped = |text: &str, face: Type| wrap(text, room, face.size, face.bold);
    let heading = wrapped(&panel.heading, HEADING).into_iter();
    let mut lines: Vec<_> =
        heading.map(|line| (0.0, line.trim_end_matches(" ·").to_owned(), HEADING)).collect();
    let notes = panel.notes.join(" · ");
    let beside = lines.last().map_or(0.0, |(_, line, face)| width(line, face.size, face.bold) + 8.0);
    if beside + width(&notes, NOTE.size, false) <= room {
        lines.push((beside, notes, NOTE));
    } else {
        lines.extend(wrapped(&notes, NOTE).into_iter().map(|line| (0.0, line, NOTE)));
    }
    lines.retain(|(_, line, _)| !line.is_empty());
    lines
}

fn headlines_height(panel: &Panel, room: f64) -> f64 {
    let own_line =
        |(indent, _, face): &(f64, String, Type)| if *indent > 0.0 { 0.0 } else { face.size * LINE_STEP };
    headlines(panel, room).iter().map(own_line).sum()
}

fn key(name: &str, room: f64) -> String {
    fit(name, room.min(2.0 * LONGEST_NAME), KEY.size, false)
}

/// Room left of a frame for its tick labels. Rows are named in the first column only.
fn gutter(panel: &Panel, column: usize, tall: f64) -> f64 {
    if panel.up.has_rows() && column > 0 {
        return 0.0;
    }
    let size = if panel.up.has_rows() { ROW.size } else { TICK_SIZE };
    let ticks = panel.up.ticks(tall, Direction::Up);
    let widest = ticks.iter().map(|tick| width(&tick.label, size, false)).fold(0.0, f64::max);
    widest.min(LONGEST_NAME) + 8.0
}

fn draw_headings(frame: &Frame<'_, '_>, head: f64) -> Result<()> {
    let (x, mut y) = (frame.corner.0, frame.corner.1 - head - HEADING.size * 0.35);
    for (indent, line, face) in headlines(frame.panel, frame.size.0) {
        y += if indent > 0.0 { 0.0 } else { face.size * LINE_STEP };
        frame.canvas.text(&line, (x + indent, y), Anchor::Start, face)?;
    }
    Ok(())
}

fn draw_across(frame: &Frame<'_, '_>) -> Result<()> {
    let (x, y) = frame.corner;
    let (wide, tall) = frame.size;
    for tick in frame.panel.across.ticks(wide, Direction::Across) {
        let at = x + tick.at * wide;
        frame.canvas.line(&[(at, y), (at, y + tall)], Ink::GRID, 0.8)?;
        let (left, right) = axis::extent(&tick, wide);
        let label = (x + f64::midpoint(left, right), y + tall + TICK_SIZE + 5.0);
        frame.canvas.text(&tick.label, label, Anchor::Middle, LABEL)?;
    }
    Ok(())
}

fn draw_up(frame: &Frame<'_, '_>, first: bool) -> Result<()> {
    let (x, y) = frame.corner;
    let (wide, tall) = frame.size;
    let rows = frame.panel.up.has_rows();
    let face = if rows { ROW } else { LABEL };
    for tick in frame.panel.up.ticks(tall, Direction::Up) {
        let at = y + (1.0 - tick.at) * tall;
        if !rows {
            frame.canvas.line(&[(x, at), (x + wide, at)], Ink::GRID, 0.8)?;
        }
        if !rows || first {
            let label = fit(&tick.label, LONGEST_NAME, face.size, false);
            frame.canvas.text(&label, (x - 6.0, at + face.size * 0.36), Anchor::End, face)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(panels: usize, names: usize) -> Sheet {
        let axis = || Axis::rewards(-1.0, -1.0, 0.0);
        let panel = |i: usize| Panel {
            heading: format!("SomeEnvironment-v{i} · a-long-workload-name · energy-delay-product"),
            notes: vec!["log scale".into()],
            across: Axis::counts(100),
            up: axis(),
        };
        Sheet {
            title: "Title".into(),
            lead: "Lead".into(),
            legend: (0..names).map(|i| (Mark::Dot(Ink::series(i)), format!("agent-{i}"))).collect(),
            across: "Calls".into(),
            up: "Reward".into(),
            height: None,
            panels: (0..panels).map(panel).collect(),
        }
    }

    #[test]
    fn panels_never_touch_and_stay_on_the_sheet() {
        for panels in 1..=40 {
            let layout = sheet(panels, 20).layout();
            for i in 0..panels {
                let (x, y) = layout.corner(i);
                assert!(x >= MARGIN && x + layout.frame.0 <= layout.size.0 - MARGIN, "{panels}: {i}");
                assert!(y >= layout.rows[0].0 && y + layout.frame.1 < layout.size.1, "{panels}: {i}");
                if i % layout.columns > 0 {
                    assert!(x >= layout.corner(i - 1).0 + layout.frame.0 + 24.0);
                }
                if i >= layout.columns {
                    assert!(
                        y - layout.rows[i / layout.columns].1
                            > layout.corner(i - layout.columns).1 + layout.frame.1 + TICK_SIZE
                    );
                }
            }
        }
    }

    #[test]
    fn legend_entries_never_overlap() {
        for names in 1..=20 {
            let sheet = sheet(5, names);
            let layout = sheet.layout();
            for (pair, (_, name)) in layout.legend.windows(2).zip(&sheet.legend) {
                let end = pair[0].0 + Mark::Dot(Ink::TEXT).width() + width(name, KEY.size, false);
                assert!(pair[1].1 > pair[0].1 || pair[1].0 >= end + LEGEND_GAP - 1e-9);
                assert!(end <= layout.size.0 - MARGIN);
            }
            assert!(layout.legend.iter().all(|(_, y)| y + KEY.size < layout.rows[0].0 - layout.rows[0].1));
        }
    }
}
