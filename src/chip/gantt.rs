//! What a chip does when: a row for each task, coloured by what limits it.

use anyhow::Result;
use sweepstake_simulators::soc::Block;

use super::Chip;
use crate::plot::style::Ink;
use crate::plot::style::canvas::{Anchor, Canvas, Type, render};
use crate::plot::style::text::{fit, width};

/// Lengths in pixels.
const WIDTH: f64 = 1000.0;
const MARGIN: f64 = 28.0;
const NAMES: f64 = 170.0;
const ROW: f64 = 24.0;
const BAR: f64 = 14.0;
const TOP: f64 = MARGIN + 66.0;
/// Divisions of the axis at least.
const TICKS: f64 = 5.0;

const TITLE: Type = Type { size: 17.0, bold: true, ink: Ink::TEXT };
const SMALL: Type = Type { size: 12.0, bold: false, ink: Ink::TEXT };
const QUIET: Type = Type { size: 11.5, bold: false, ink: Ink::MUTED };

/// What can limit a task, with its colour.
const LIMITS: [(&str, usize); 3] =
    [("limited by its own speed", 2), ("by an interconnect", 1), ("by a memory", 3)];

fn limit(block: &Block) -> usize {
    match block {
        Block::Processor | Block::Accelerator { .. } => 0,
        Block::Interconnect { .. } => 1,
        Block::Memory { .. } => 2,
    }
}

/// The chart as SVG.
///
/// # Errors
/// If drawing fails.
pub fn gantt(chip: &Chip<'_>, title: &str) -> Result<String> {
    let trace = chip.trace;
    let mut rows: Vec<usize> =
        (0..trace.start_s.len()).filter(|task| trace.spans.iter().any(|span| span.task == *task)).collect();
    let first = |task: usize| {
        let starts = trace.spans.iter().filter(|span| span.task == task).map(|span| span.from_s);
        starts.fold(f64::INFINITY, f64::min)
    };
    rows.sort_by(|a, b| first(*a).total_cmp(&first(*b)).then(trace.end_s[*a].total_cmp(&trace.end_s[*b])));
    let end = trace.end_s.iter().copied().fold(0.0, f64::max);
    let height = TOP + ROW * rows.len() as f64 + 46.0;
    let description = format!("{} tasks, {} phases, {} s in all", rows.len(), trace.phases.len(), end);
    render((WIDTH, height), title, &description, |canvas| {
        canvas.text(title, (MARGIN, MARGIN + 14.0), Anchor::Start, TITLE)?;
        legend(canvas)?;
        axis(canvas, end, rows.len())?;
        for (row, task) in rows.iter().enumerate() {
            draw_task(canvas, chip, *task, row, end)?;
        }
        Ok(())
    })
}

fn x_of(seconds: f64, end: f64) -> f64 {
    let left = MARGIN + NAMES;
    left + (WIDTH - MARGIN - left) * if end > 0.0 { seconds / end } else { 0.0 }
}

fn draw_task(canvas: &Canvas<'_>, chip: &Chip<'_>, task: usize, row: usize, end: f64) -> Result<()> {
    let y = TOP + ROW * row as f64 + (ROW - BAR) / 2.0;
    let name = fit(&chip.workload.tasks()[task].name, NAMES - 14.0, SMALL.size, false);
    canvas.text(&name, (MARGIN + NAMES - 10.0, y + BAR - 3.0), Anchor::End, SMALL)?;
    let bar = |from: f64, to: f64, inset: f64, ink: Ink| {
        let (left, right) = (x_of(from, end), x_of(to, end).max(x_of(from, end) + 1.0));
        let (top, bottom) = (y + inset, y + BAR - inset);
        canvas.fill(&[(left, top), (right, top), (right, bottom), (left, bottom)], ink, 1.0)
    };
    let spans: Vec<_> = chip.trace.spans.iter().filter(|span| span.task == task).collect();
    if let Some(first) = spans.first()
        && first.from_s > chip.trace.start_s[task]
    {
        bar(chip.trace.start_s[task], first.from_s, BAR / 2.0 - 1.0, Ink::MUTED)?;
    }
    for span in spans {
        let ink = Ink::series(LIMITS[limit(chip.block(span.bottleneck))].1);
        bar(span.from_s, span.to_s, 0.0, ink)?;
    }
    Ok(())
}

/// Vertical lines at round times, with their labels below.
fn axis(canvas: &Canvas<'_>, end: f64, rows: usize) -> Result<()> {
    let bottom = TOP + ROW * rows as f64;
    let units = [(1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")];
    let (unit, name) = units.into_iter().find(|(unit, _)| end >= *unit).unwrap_or((1e-9, "ns"));
    let most = end / unit;
    let step = round_step(most / TICKS);
    for tick in (0..=20).map(|tick| f64::from(tick) * step).take_while(|value| *value <= most * 1.0001) {
        let x = x_of(tick * unit, end);
        canvas.line(&[(x, TOP), (x, bottom)], Ink::GRID, 1.0)?;
        let label = crate::terminal::figure(tick);
        canvas.text(&label, (x, bottom + 18.0), Anchor::Middle, QUIET)?;
    }
    canvas.text(&format!("time in {name}"), (WIDTH - MARGIN, bottom + 36.0), Anchor::End, QUIET)
}

/// The largest of 1, 2, 5 times a power of ten that is not above `wanted`.
fn round_step(wanted: f64) -> f64 {
    let power = 10f64.powf(wanted.max(1e-12).log10().floor());
    let factor = [5.0, 2.0, 1.0].into_iter().find(|factor| factor * power <= wanted).unwrap_or(1.0);
    factor * power
}

fn legend(canvas: &Canvas<'_>) -> Result<()> {
    let mut x = MARGIN;
    let y = MARGIN + 30.0;
    for (name, ink) in
        LIMITS.iter().map(|(name, ink)| (*name, Ink::series(*ink))).chain([("waiting", Ink::MUTED)])
    {
        canvas.fill(&[(x, y), (x + 10.0, y), (x + 10.0, y + 10.0), (x, y + 10.0)], ink, 1.0)?;
        canvas.text(name, (x + 16.0, y + 9.5), Anchor::Start, QUIET)?;
        x += 16.0 + width(name, QUIET.size, false) + 22.0;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round() {
        for (wanted, step) in [(0.3, 0.2), (1.0, 1.0), (7.3, 5.0), (2.1, 2.0), (49.0, 20.0)] {
            assert!((round_step(wanted) - step).abs() < 1e-9, "{wanted}");
        }
    }
}
