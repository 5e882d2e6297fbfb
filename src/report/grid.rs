//! Tables of a report: rows of the findings, with headings that sort.

use std::collections::HashMap;

use serde_json::{Map, Value as Json};

use super::html::{Html, join, tag, text};
use crate::lottery::{Findings, TABLES};
use crate::terminal::{count, figure};

/// Most rows of one table on the page; the CSV has all.
const MOST_ROWS: usize = 400;
/// More rows than this are folded away.
const FOLDED: usize = 24;

/// Characters of numbers among words that are shown as they are.
const LONGEST_NUMBER: usize = 7;

/// What a column shows of a row.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cell {
    /// Words.
    Words(&'static str),
    /// A number.
    Number(&'static str),
    /// A count.
    Count(&'static str),
    /// A part of one, in per cent.
    Share(&'static str),
    /// The ends of an interval.
    Interval(&'static str, &'static str),
    /// The ends of an interval of parts of one, in per cent.
    Shares(&'static str, &'static str),
}

/// Which of the findings a table shows.
#[derive(Debug, Clone, Copy)]
pub(super) struct View {
    /// Name of the table in [`TABLES`]; the field of [`Findings`] is called alike.
    pub(super) table: &'static str,
    /// What it says.
    pub(super) caption: &'static str,
    /// Rows about all problems together only.
    pub(super) overall: bool,
    /// Fields by which it is sorted to begin with, and whether they ascend; else as the findings have it.
    pub(super) order: &'static [(&'static str, bool)],
    /// Headings with what stands below.
    pub(super) columns: &'static [(&'static str, Cell)],
}

impl Cell {
    fn field(self) -> &'static str {
        match self {
            Self::Words(f) | Self::Number(f) | Self::Count(f) | Self::Share(f) => f,
            Self::Interval(f, _) | Self::Shares(f, _) => f,
        }
    }

    fn is_number(self) -> bool {
        !matches!(self, Self::Words(_))
    }

    /// What is shown, and what it is sorted by.
    fn content(self, row: &Map<String, Json>) -> (String, Option<f64>) {
        let value = |field: &str| row.get(field).and_then(Json::as_f64);
        let number = value(self.field());
        let shown = match (self, number) {
            (Self::Words(field), _) => words(row.get(field)),
            (_, None) => "–".to_owned(),
            (Self::Number(_), Some(x)) => decimal(x),
            (Self::Count(_), Some(x)) => count(x.max(0.0).round() as u64),
            (Self::Share(_), Some(x)) => percent(x),
            (Self::Shares(_, high), Some(low)) => {
                format!("{} to {}", percent(low), value(high).map_or("–".to_owned(), percent))
            }
            (Self::Interval(_, high), Some(low)) => {
                format!("{} to {}", decimal(low), value(high).map_or("–".to_owned(), decimal))
            }
        };
        (shown, number.filter(|_| self.is_number()))
    }
}

fn percent(x: f64) -> String {
    format!("{:.1}\u{a0}%", x * 100.0)
}

fn words(value: Option<&Json>) -> String {
    match value {
        None | Some(Json::Null) => "–".into(),
        Some(Json::Bool(yes)) => if *yes { "yes" } else { "no" }.into(),
        Some(Json::String(text)) => match text.parse::<f64>() {
            // A value of a hyperparameter with all its digits.
            Ok(x) if text.len() > LONGEST_NUMBER && x.is_finite() => figure(x).replace('-', "−"),
            _ => text.clone(),
        },
        Some(other) => other.to_string(),
    }
}

/// Four decimals where that says something, else four digits; a true minus.
pub(super) fn decimal(x: f64) -> String {
    let text = if x == 0.0 || (1e-3..1.0).contains(&x.abs()) { format!("{x:.4}") } else { figure(x) };
    text.replace('-', "−")
}

impl View {
    /// Rows that there are.
    fn rows<'a>(&self, findings: &'a Json) -> Vec<&'a Map<String, Json>> {
        let field = self.table.replace('-', "_");
        let rows =
            findings.get(&field).and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_object);
        let overall =
            |row: &&Map<String, Json>| !self.overall || row.get("problem").is_some_and(|p| p == "all");
        let mut rows: Vec<_> = rows.filter(overall).collect();
        // Stable: the first field counts most, so it comes last.
        for (field, ascending) in self.order.iter().rev() {
            let value = |row: &Map<String, Json>| row.get(*field).and_then(Json::as_f64).unwrap_or(f64::MAX);
            rows.sort_by(|a, b| {
                let order = value(a).total_cmp(&value(b));
                if *ascending { order } else { order.reverse() }
            });
        }
        rows
    }

    /// The table; `None` without rows.
    pub(super) fn html(&self, findings: &Json) -> Option<Html> {
        let rows = self.rows(findings);
        if rows.is_empty() {
            return None;
        }
        let meanings: HashMap<String, String> = TABLES
            .iter()
            .find(|t| t.name == self.table)
            .map(|t| (t.columns)().into_iter().collect())
            .unwrap_or_default();
        let heads = self.columns.iter().map(|(name, cell)| {
            let class = if cell.is_number() { "number" } else { "words" };
            let meaning = meanings.get(cell.field()).map_or("", String::as_str);
            let button = tag("button", &[("type", "button"), ("title", meaning)], [text(*name)]);
            tag("th", &[("scope", "col"), ("class", class)], [button])
        });
        let head = tag("thead", &[], [tag("tr", &[], heads)]);
        let body = tag("tbody", &[], rows.iter().take(MOST_ROWS).map(|row| self.row(row)));
        let table = tag("table", &[("class", "sortable")], [head, body]);
        let scroll = tag(
            "div",
            &[("class", "scroll"), ("tabindex", "0"), ("role", "region"), ("aria-label", self.caption)],
            [table],
        );
        Some(self.framed(scroll, rows.len()))
    }

    fn row(&self, row: &Map<String, Json>) -> Html {
        let cell = |(i, (_, cell)): (usize, &(&str, Cell))| {
            let (shown, sort) = cell.content(row);
            let class = if cell.is_number() { "number" } else { "words" };
            let sort = sort.map(|x| x.to_string());
            let mut attributes = vec![("class", class)];
            attributes.extend(sort.as_deref().map(|sort| ("data-sort", sort)));
            if i == 0 {
                attributes.push(("scope", "row"));
            }
            tag(if i == 0 { "th" } else { "td" }, &attributes, [text(shown)])
        };
        tag("tr", &[], self.columns.iter().enumerate().map(cell))
    }

    fn framed(&self, table: Html, rows: usize) -> Html {
        let file = format!("{}.csv", self.table);
        let note = match rows {
            n if n > MOST_ROWS => {
                format!("The first {} of {} rows; {file} has all.", count(MOST_ROWS as u64), count(n as u64))
            }
            _ => String::new(),
        };
        let note = tag("p", &[("class", "note")], [text(note)]);
        if rows > FOLDED {
            let summary =
                tag("summary", &[], [text(format!("{} ({} rows)", self.caption, count(rows as u64)))]);
            return tag("details", &[("class", "table")], [summary, table, note]);
        }
        join([tag("p", &[("class", "caption")], [text(self.caption)]), table, note])
    }
}

/// The findings as the tables read them.
///
/// # Errors
/// Never, for findings of ours.
pub(super) fn readable(findings: &Findings) -> serde_json::Result<Json> {
    serde_json::to_value(findings)
}

#[cfg(test)]
mod tests {
    use super::super::section::SECTIONS;
    use super::*;

    /// A renamed field must not leave an empty column behind.
    #[test]
    fn every_column_is_one_of_its_table() {
        for view in SECTIONS.iter().flat_map(|section| section.tables) {
            let table = TABLES.iter().find(|table| table.name == view.table);
            let known: Vec<String> = (table.unwrap().columns)().into_iter().map(|(name, _)| name).collect();
            for (_, cell) in view.columns {
                assert!(known.iter().any(|name| name == cell.field()), "{}: {}", view.table, cell.field());
                if let Cell::Interval(_, high) | Cell::Shares(_, high) = cell {
                    assert!(known.iter().any(|name| name == high), "{}: {high}", view.table);
                }
            }
        }
    }

    #[test]
    fn numbers_read_well_and_absent_ones_are_dashes() {
        assert_eq!(
            [0.0, 0.01234, -0.5, 12.3456, 1e-7].map(decimal),
            ["0.0000", "0.0123", "−0.5000", "12.35", "1.000e−7"]
        );
        assert_eq!(Cell::Number("x").content(&Map::new()), ("–".to_owned(), None));
    }
}
