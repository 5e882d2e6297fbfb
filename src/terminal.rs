//! The only place that prints.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use console::Term;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::dataset::rows::Watch;
use crate::enumerate;
use crate::plan::PlannedRun;
use crate::run::Summary;
use crate::sweep::{Observer, Progress};

/// How often a log file hears of progress.
const PLAIN_PERIOD: Duration = Duration::from_secs(10);

/// Prints to standard output. A closed pipe (`| head`) is no error.
pub fn print(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Prints a line to standard output.
pub fn line(text: &str) {
    print(&format!("{text}\n"));
}

/// Prints a line to standard error.
pub fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Columns of the terminal that standard output is; `None` elsewhere.
pub fn width() -> Option<usize> {
    let term = Term::stdout();
    term.is_term().then(|| usize::from(term.size().1))
}

/// Lines that are painted over in place.
pub struct Screen {
    term: Term,
    /// Lines on the screen.
    painted: usize,
}

impl Screen {
    /// A screen, if standard output is a terminal.
    pub fn new() -> Option<Self> {
        let term = Term::stdout();
        term.is_term().then_some(Self { term, painted: 0 })
    }

    /// Columns.
    pub fn width(&self) -> usize {
        usize::from(self.term.size().1)
    }

    /// Shows these lines instead of those before; as many as the terminal holds.
    pub fn paint(&mut self, lines: &[String]) {
        let room = usize::from(self.term.size().0).saturating_sub(1).max(1);
        let shown = &lines[..lines.len().min(room)];
        let mut text = if self.painted > 0 { format!("\x1b[{}A\r", self.painted) } else { String::new() };
        // Each line clears its own rest, so that nothing flickers; then what is left below.
        shown.iter().for_each(|line| text += &format!("{line}\x1b[K\n"));
        text += "\x1b[J";
        self.painted = shown.len();
        print(&text);
    }
}

/// Rows as aligned columns, two spaces apart; numbers keep their place if they are padded by the caller.
pub fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |c: usize| rows.iter().filter_map(|r| r.get(c)).map(|s| s.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', width + 2 - cell.chars().count()));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// A number for people: four significant digits, thousands separated.
pub fn figure(x: f64) -> String {
    let magnitude = x.abs();
    if x == 0.0 {
        return "0".into();
    }
    if !(1e-3..1e9).contains(&magnitude) {
        return format!("{x:.3e}");
    }
    let digits = (3 - magnitude.log10().floor() as i32).clamp(0, 6) as usize;
    let text = format!("{x:.digits$}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let fraction = fraction.trim_end_matches('0');
    let whole = thousands(whole);
    if fraction.is_empty() { whole } else { format!("{whole}.{fraction}") }
}

/// A count for people.
pub fn count(n: u64) -> String {
    thousands(&n.to_string())
}

fn thousands(digits: &str) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |rest| ("-", rest));
    let mut text = String::from(sign);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// How a sweep shows its progress: a bar on a terminal, a line now and then elsewhere, nothing when quiet.
pub struct Display {
    bar: ProgressBar,
    style: Style,
    started: Instant,
    last: Instant,
    /// Done when this process started, so that rates count its own work only.
    before: Option<usize>,
    /// Best score of each agent on each problem.
    best: BTreeMap<String, BTreeMap<String, f64>>,
}

#[derive(PartialEq)]
enum Style {
    Bar,
    Lines,
    Quiet,
}

impl Style {
    fn of(quiet: bool) -> Self {
        match (quiet, io::stderr().is_terminal()) {
            (true, _) => Self::Quiet,
            (false, true) => Self::Bar,
            (false, false) => Self::Lines,
        }
    }
}

impl Display {
    /// A display for a sweep.
    pub fn new(quiet: bool) -> Self {
        let style = Style::of(quiet);
        let target =
            if style == Style::Bar { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        let template = "{bar:14.cyan/blue} {pos}/{len} runs  {wide_msg}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("━╸─"));
        }
        let now = Instant::now();
        Self { bar, style, started: now, last: now, before: None, best: BTreeMap::new() }
    }

    /// Takes the bar off the screen.
    pub fn close(&self) {
        self.bar.finish_and_clear();
    }

    fn message(&self, progress: &Progress) -> String {
        let seconds = self.started.elapsed().as_secs_f64().max(1e-3);
        let now = progress.done - self.before.unwrap_or(0);
        let rate = count((progress.samples as f64 / seconds) as u64);
        let eta = match now {
            0 => "–".to_owned(),
            now => duration(seconds / now as f64 * (progress.runs - progress.done) as f64),
        };
        format!("{eta} left  {rate}/s  {}", self.leaders())
    }

    /// On how many of the problems seen each agent has found the best design so far, ties counted for all.
    fn leaders(&self) -> String {
        let mut leads: BTreeMap<&str, usize> = BTreeMap::new();
        for scores in self.best.values() {
            let top = scores.values().copied().fold(f64::NEG_INFINITY, f64::max);
            for (agent, score) in scores {
                *leads.entry(agent).or_default() += usize::from(*score >= top);
            }
        }
        let mut leads: Vec<(&str, usize)> = leads.into_iter().collect();
        leads.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let shown: Vec<String> =
            leads.iter().take(3).map(|(agent, count)| format!("{agent} {count}")).collect();
        if shown.is_empty() {
            String::new()
        } else {
            format!("best on {}: {}", self.best.len(), shown.join(", "))
        }
    }
}

impl Observer for Display {
    fn progress(&mut self, progress: &Progress) {
        self.before.get_or_insert(progress.done);
        match self.style {
            Style::Quiet => {}
            Style::Bar => {
                self.bar.set_length(progress.runs as u64);
                self.bar.set_position(progress.done as u64);
                self.bar.set_message(self.message(progress));
            }
            Style::Lines if self.last.elapsed() >= PLAIN_PERIOD => {
                self.last = Instant::now();
                note(&format!("{}/{} runs  {}", progress.done, progress.runs, self.message(progress)));
            }
            Style::Lines => {}
        }
    }

    fn finished(&mut self, run: &PlannedRun, summary: &Summary) {
        let Some(score) = summary.score() else { return };
        let problem = format!("{}/{}/{}", run.instance, run.objective, run.spec.workload);
        let best = self.best.entry(problem).or_default().entry(run.agent.clone()).or_insert(score);
        *best = best.max(score);
    }
}

/// Seconds for people.
pub fn duration(seconds: f64) -> String {
    let s = seconds.round() as u64;
    match s {
        0..60 if seconds < 10.0 => format!("{seconds:.1} s"),
        0..60 => format!("{s} s"),
        60..3600 => format!("{} min {:02} s", s / 60, s % 60),
        _ => format!("{} h {:02} min", s / 3600, s % 3600 / 60),
    }
}

/// How far the reading of files is: a bar on a terminal, nothing elsewhere or when quiet.
pub struct Meter<'a> {
    bar: ProgressBar,
    stop: &'a AtomicBool,
}

impl<'a> Meter<'a> {
    /// A bar that is not shown before the work begins. The work ends early once `stop` is set.
    pub fn new(quiet: bool, stop: &'a AtomicBool) -> Self {
        let target = if quiet || !io::stderr().is_terminal() {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        };
        let bar = ProgressBar::with_draw_target(None, target);
        let template = "{bar:32.cyan/blue} {bytes}/{total_bytes}  {bytes_per_sec}  {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("━╸─"));
        }
        Self { bar, stop }
    }

    /// Takes the bar off the screen.
    pub fn close(&self) {
        self.bar.finish_and_clear();
    }
}

impl Watch for Meter<'_> {
    fn begin(&self, bytes: u64) {
        self.bar.set_length(bytes);
        self.bar.set_position(0);
    }

    fn advance(&self, bytes: u64) -> io::Result<()> {
        self.bar.inc(bytes);
        match self.stop.load(Ordering::Relaxed) {
            true => Err(io::Error::other("interrupted; nothing was written")),
            false => Ok(()),
        }
    }
}

/// How far an enumeration is: a bar on a terminal, a line now and then elsewhere, nothing when quiet.
pub struct Gauge {
    bar: ProgressBar,
    style: Style,
    what: &'static str,
    started: Instant,
    /// When the last line was written.
    last: Mutex<Instant>,
    /// On disk before this process began, so that rates count its own work only.
    before: AtomicU64,
}

impl Gauge {
    /// A gauge of so many `what`.
    pub fn new(quiet: bool, what: &'static str) -> Self {
        let style = Style::of(quiet);
        let target =
            if style == Style::Bar { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        let template =
            format!("{{bar:24.cyan/blue}} {{human_pos}}/{{human_len}} {what}  {{per_sec}}  {{eta}} left");
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style.progress_chars("━╸─"));
        }
        let now = Instant::now();
        Self { bar, style, what, started: now, last: Mutex::new(now), before: AtomicU64::new(0) }
    }

    /// Takes the bar off the screen.
    pub fn close(&self) {
        self.bar.finish_and_clear();
    }

    fn line(&self) {
        let (position, all) = (self.bar.position(), self.bar.length().unwrap_or(0));
        let now = position - self.before.load(Ordering::Relaxed).min(position);
        let left =
            self.started.elapsed().as_secs_f64() / now.max(1) as f64 * all.saturating_sub(position) as f64;
        note(&format!("{}/{} {}  {} left", count(position), count(all), self.what, duration(left)));
    }
}

impl enumerate::Progress for Gauge {
    fn begin(&self, all: u64, known: u64) {
        self.before.store(known, Ordering::Relaxed);
        self.bar.set_length(all);
        self.bar.set_position(known);
        self.bar.reset_eta();
    }

    fn advance(&self, evaluated: u64) {
        self.bar.inc(evaluated);
        if self.style != Style::Lines {
            return;
        }
        // Whoever does not get the lock leaves the line to the one who has it.
        if let Ok(mut last) = self.last.try_lock()
            && last.elapsed() >= PLAIN_PERIOD
        {
            *last = Instant::now();
            self.line();
        }
    }
}
