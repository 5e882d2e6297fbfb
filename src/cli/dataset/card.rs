//! The data card as text.

use crate::dataset::info::{Card, Distinct, MetricCard, ParameterCard, ProblemCard, Share};
use crate::terminal::{count, figure, table};

/// Longest text of a declared range; `describe` shows all of it.
const DECLARED_WIDTH: usize = 48;

/// The whole card.
pub(super) fn text(card: &Card) -> String {
    let mut text = head(card);
    if !card.reasons.is_empty() {
        let row = |(reason, rows): &(String, u64)| vec![named(reason), count(*rows), part(*rows, card.rows)];
        section(&mut text, &["infeasible because", "rows", "share"], card.reasons.iter().map(row).collect());
    }
    for (title, shares) in [
        ("environment", &card.envs),
        ("workload", &card.workloads),
        ("objective", &card.objectives),
        ("agent", &card.agents),
    ] {
        let row = |s: &Share| vec![named(&s.name), count(s.rows), part(s.rows, card.rows), count(s.runs)];
        section(&mut text, &[title, "rows", "share", "runs"], shares.iter().map(row).collect());
    }
    card.problems.iter().for_each(|problem| add_problem(&mut text, problem));
    text
}

fn head(card: &Card) -> String {
    let share = |rows: u64| format!("{} ({})", count(rows), part(rows, card.rows));
    let rows = [
        ("tables", count(card.tables.len() as u64)),
        ("rows", count(card.rows)),
        ("runs", count(card.runs)),
        ("different designs", distinct(card.unique_designs)),
        ("feasible rows", share(card.feasible)),
        ("cached rows", share(card.cached)),
    ];
    table(&rows.map(|(name, value)| vec![name.to_owned(), value]))
}

fn add_problem(text: &mut String, problem: &ProblemCard) {
    let names: Vec<&str> = [&problem.env, &problem.workload, &problem.space]
        .into_iter()
        .map(String::as_str)
        .filter(|name| !name.is_empty() && *name != "default")
        .collect();
    let title = if names.is_empty() { "all rows".to_owned() } else { names.join(" · ") };
    text.push_str(&format!(
        "\n{title}: {} rows, {} different designs, {} feasible\n",
        count(problem.rows),
        distinct(problem.unique_designs),
        part(problem.feasible, problem.rows)
    ));
    for best in &problem.best {
        let objective =
            if best.objective.is_empty() { String::new() } else { format!(" ({})", best.objective) };
        let by = if best.agent.is_empty() { String::new() } else { format!(" by {}", best.agent) };
        text.push_str(&format!(
            "best reward{objective} {}{by}, run {} step {}\n",
            figure(best.reward),
            best.run_id,
            best.step
        ));
    }
    let header = ["parameter", "rows", "values", "smallest", "largest", "coverage", "declared"];
    section(text, &header, problem.parameters.iter().map(parameter).collect());
    let header = ["metric", "rows", "smallest", "median", "mean", "largest"];
    section(text, &header, problem.metrics.iter().map(metric).collect());
}

fn parameter(p: &ParameterCard) -> Vec<String> {
    let of = p.levels.map(|n| format!(" of {}", figure(n))).unwrap_or_default();
    let declared = p.declared.as_deref().unwrap_or("unknown");
    let outside = match p.outside {
        0 => String::new(),
        n => format!(", {} outside", count(n)),
    };
    vec![
        p.name.clone(),
        count(p.rows),
        format!("{}{of}", distinct(p.distinct)),
        number(p.min),
        number(p.max),
        p.coverage.map(percent).unwrap_or_else(|| "–".to_owned()),
        format!("{}{outside}", shortened(declared)),
    ]
}

fn metric(m: &MetricCard) -> Vec<String> {
    let median = if m.median_exact { number(m.median) } else { format!("≈{}", number(m.median)) };
    let nan = if m.nan > 0 { format!(" ({} not a number)", count(m.nan)) } else { String::new() };
    let rows = format!("{}{nan}", count(m.rows));
    vec![m.name.clone(), rows, number(m.min), median, number(m.mean), number(m.max)]
}

/// A table below an empty line, numbers to the right; nothing without rows.
fn section(text: &mut String, header: &[&str], rows: Vec<Vec<String>>) {
    if rows.is_empty() {
        return;
    }
    let mut all = vec![header.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()];
    all.extend(rows);
    let numeric = header.len() - usize::from(header.last() == Some(&"declared"));
    for column in 1..numeric {
        let width = all.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        all.iter_mut().for_each(|row| row[column] = format!("{:>width$}", row[column]));
    }
    text.push('\n');
    text.push_str(&table(&all));
}

fn named(name: &str) -> String {
    if name.is_empty() { "(unknown)".to_owned() } else { name.to_owned() }
}

fn number(x: Option<f64>) -> String {
    x.map_or_else(|| "–".to_owned(), figure)
}

fn distinct(distinct: Distinct) -> String {
    let bound = if distinct.at_least { "at least " } else { "" };
    format!("{bound}{}", count(distinct.count))
}

fn part(n: u64, of: u64) -> String {
    if of == 0 { "–".to_owned() } else { percent(n as f64 / of as f64) }
}

/// 100 % and 0 % only if it is all or nothing.
fn percent(share: f64) -> String {
    match share * 100.0 {
        0.0 => "0 %".to_owned(),
        100.0 => "100 %".to_owned(),
        p if p < 0.1 => "<0.1 %".to_owned(),
        p => format!("{:.1} %", p.min(99.9)),
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(DECLARED_WIDTH) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
