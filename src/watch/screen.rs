//! A snapshot as text: colours on a terminal, none elsewhere.

use console::{measure_text_width, style, truncate_str};

use super::snapshot::{AgentRow, Snapshot};
use crate::terminal::{count, duration};

/// Widest progress bar.
const BAR: usize = 40;
/// Heights of a sparkline.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The lines of a snapshot, none wider than `width` columns.
pub fn lines(snapshot: &Snapshot, width: usize) -> Vec<String> {
    let mut lines = vec![title(snapshot), progress(snapshot, width), work(snapshot), String::new()];
    lines.extend(agents(snapshot));
    lines.push(String::new());
    lines.extend(words(snapshot).into_iter().map(|line| style(line).dim().to_string()));
    lines.iter().map(|line| truncate_str(line, width, "…").into_owned()).collect()
}

fn title(snapshot: &Snapshot) -> String {
    let name = if snapshot.name.is_empty() { "sweep" } else { &snapshot.name };
    let name: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let idle = snapshot.idle.map_or(0.0, |idle| idle.as_secs_f64());
    let state = match (snapshot.finished, snapshot.at_rest) {
        (true, _) => style("finished".to_owned()).green(),
        (_, true) => style(format!("at rest: nothing written for {}", duration(idle))).yellow(),
        _ => style("running".to_owned()).cyan(),
    };
    format!("{}  {state}", style(name).bold())
}

fn progress(snapshot: &Snapshot, width: usize) -> String {
    let percent = format!("{:.0} %", (snapshot.part * 100.0).floor());
    let mut text =
        format!("  {} of {} runs  {percent}", count(snapshot.done as u64), count(snapshot.runs as u64));
    if !snapshot.finished && !snapshot.at_rest {
        let left = snapshot.left.map_or("–".to_owned(), |left| format!("about {}", duration(left)));
        text += &format!("  {left} left");
    }
    let room = width.saturating_sub(measure_text_width(&text)).clamp(8, BAR);
    let full = ((room as f64) * snapshot.part).floor() as usize;
    let (done, rest) = ("━".repeat(full), "─".repeat(room - full));
    format!("{}{}{text}", style(done).cyan(), style(rest).dim())
}

fn work(snapshot: &Snapshot) -> String {
    let mut parts = vec![format!("{} samples", count(snapshot.samples))];
    if !snapshot.finished && !snapshot.at_rest {
        parts.extend(
            snapshot.rate.filter(|rate| *rate >= 1.0).map(|rate| format!("{}/s", count(rate as u64))),
        );
        parts.push(format!("{} under way", snapshot.active));
    }
    if snapshot.shards.1 > 1 {
        parts.push(format!("{} of {} shards", snapshot.shards.0, snapshot.shards.1));
    }
    let failed =
        (snapshot.failed > 0).then(|| style(format!("{} failed", snapshot.failed)).red().to_string());
    parts.extend(failed);
    parts.join("  ")
}

fn agents(snapshot: &Snapshot) -> Vec<String> {
    let mut rows = vec![["agent", "runs", "best so far", "", "best on"].map(str::to_owned)];
    let row = |agent: &AgentRow| {
        let runs = match agent.planned {
            Some(planned) => format!("{}/{}", count(agent.done as u64), count(planned as u64)),
            None => count(agent.done as u64),
        };
        let now = agent.levels.last().copied().flatten();
        let now = now.map_or("–".to_owned(), |level| format!("{:.1} %", level * 100.0));
        [
            agent.name.clone(),
            runs,
            sparkline(&agent.levels),
            now,
            format!("{} of {}", agent.leads, snapshot.problems),
        ]
    };
    rows.extend(snapshot.agents.iter().map(row));
    let width = |column: usize| rows.iter().map(|row| measure_text_width(&row[column])).max().unwrap_or(0);
    let widths: Vec<usize> = (0..5).map(width).collect();
    let line = |(i, row): (usize, &[String; 5])| {
        let mut cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .enumerate()
            .map(|(column, (cell, width))| {
                let gap = " ".repeat(width - measure_text_width(cell));
                if matches!(column, 1 | 3 | 4) && i > 0 { gap + cell } else { cell.clone() + &gap }
            })
            .collect();
        if i == 0 {
            return style(cells.join("  ")).dim().to_string();
        }
        cells[2] = style(&cells[2]).cyan().to_string();
        cells.join("  ")
    };
    rows.iter().enumerate().map(line).collect()
}

fn sparkline(levels: &[Option<f64>]) -> String {
    let bar = |level: f64| BARS[((level * BARS.len() as f64) as usize).min(BARS.len() - 1)];
    levels.iter().map(|level| level.map_or(' ', bar)).collect()
}

fn words(snapshot: &Snapshot) -> [String; 2] {
    [
        "best so far: 0 % is a median random design, 100 % the best design known;".into(),
        format!(
            "median over all runs seen, after 1 to {} simulator calls (log scale)",
            count(snapshot.calls)
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot() -> Snapshot {
        let agent = |name: &str, planned| AgentRow {
            name: name.into(),
            done: 3,
            planned,
            levels: vec![None, Some(0.0), Some(0.5), Some(1.0)],
            leads: 2,
        };
        Snapshot {
            name: "Study\n".into(),
            runs: 12,
            done: 5,
            failed: 1,
            active: 2,
            shards: (1, 3),
            samples: 12_345,
            part: 0.4567,
            rate: Some(999.5),
            left: Some(75.0),
            idle: None,
            finished: false,
            at_rest: false,
            problems: 4,
            calls: 1000,
            agents: vec![agent("genetic", Some(8)), agent("random-walker", None)],
        }
    }

    #[test]
    fn a_snapshot_tells_progress_rate_time_and_agents() {
        let text = lines(&snapshot(), 120).join("\n");
        for part in [
            "Study   running",
            "5 of 12 runs  45 %",
            "about 1 min 15 s left",
            "12,345 samples",
            "999/s",
            "1 of 3 shards",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        for part in ["1 failed", " 3/8   ▁▅█", "100.0 %   2 of 4"] {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for width in [20, 60, 80, 200] {
            let lines = lines(&snapshot(), width);
            assert!(lines.iter().all(|line| measure_text_width(line) <= width), "{width}: {lines:?}");
        }
    }

    #[test]
    fn a_sweep_at_rest_says_since_when_and_promises_nothing() {
        let idle = Some(std::time::Duration::from_secs(720));
        let text = lines(&Snapshot { at_rest: true, idle, ..snapshot() }, 100).join("\n");
        assert!(
            text.contains("at rest: nothing written for 12 min 00 s") && !text.contains("left"),
            "{text}"
        );
        let text = lines(&Snapshot { finished: true, part: 1.0, ..snapshot() }, 100).join("\n");
        assert!(text.contains("finished") && text.contains("100 %") && !text.contains("left"), "{text}");
    }
}
