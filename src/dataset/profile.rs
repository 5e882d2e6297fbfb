//! Types of columns, found by reading a table once.

use std::collections::BTreeMap;

use anyhow::Result;
use csv::StringRecord;
use rl_env::design;
use serde::{Deserialize, Serialize};

use super::declared;
use super::layout::bad;
use super::rows::Rows;
use super::spelling::{Kind, Notation, is_plain_integer, truth};

/// A typed column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Type of its values.
    pub kind: Kind,
    /// How they are written in CSV.
    pub notation: Notation,
    /// Whether writing them in that notation gives every cell back as it was.
    #[serde(skip)]
    pub exact: bool,
}

/// What a column has to hold, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Text,
    Bool,
    Unsigned,
    Real,
    /// Whole numbers if all are, else reals.
    Whole,
    /// Whatever fits.
    Any,
}

impl Wanted {
    fn of(name: &str, declared: &BTreeMap<String, design::Kind>) -> Self {
        use design::Kind as Declared;
        match name {
            "run_id" | "env" | "workload" | "space" | "objective" | "agent" | "reason" | "status" => {
                Self::Text
            }
            "feasible" | "cached" => Self::Bool,
            "step" => Self::Unsigned,
            "reward" => Self::Real,
            _ if name.starts_with("m.") => Self::Real,
            _ => match name.strip_prefix("d.").and_then(|name| declared.get(name)) {
                None => Self::Any,
                Some(kind) if declared::is_whole(kind) => Self::Whole,
                Some(Declared::Bool) => Self::Bool,
                Some(Declared::Real { .. } | Declared::LogReal { .. }) => Self::Real,
                Some(_) => Self::Text,
            },
        }
    }

    fn problem(self) -> &'static str {
        match self {
            Self::Bool => "neither true nor false",
            Self::Unsigned => "not a whole number",
            _ => "not a number",
        }
    }
}

/// What is known of a column so far; each flag says that all cells can be read that way.
#[derive(Debug, Clone)]
struct Reading {
    wanted: Wanted,
    seen: bool,
    bool: bool,
    integer: bool,
    unsigned: bool,
    /// Numbers without fraction, however written.
    whole: bool,
    real: bool,
    notations: Notations,
}

/// Notations that give back every cell so far.
#[derive(Debug, Clone, Copy)]
struct Notations {
    shortest: bool,
    plain: bool,
    python: bool,
}

impl Reading {
    fn new(wanted: Wanted) -> Self {
        let notations = Notations { shortest: true, plain: true, python: true };
        Self {
            wanted,
            seen: false,
            bool: true,
            integer: true,
            unsigned: true,
            whole: true,
            real: true,
            notations,
        }
    }

    /// Takes a cell into account; false if the column must not hold it.
    fn add(&mut self, text: &str, scratch: &mut String) -> bool {
        if text.is_empty() || self.wanted == Wanted::Text {
            return true;
        }
        self.seen = true;
        if self.bool && self.wanted != Wanted::Real {
            self.bool = truth(text).is_some();
            if self.bool {
                self.notations.plain &= text == "true" || text == "false";
                self.notations.python &= text == "True" || text == "False";
            }
        }
        if self.wanted != Wanted::Bool && !self.bool_only() {
            self.add_number(text, scratch);
        }
        match self.wanted {
            Wanted::Bool => self.bool,
            Wanted::Unsigned => self.unsigned,
            Wanted::Real | Wanted::Whole => self.real,
            Wanted::Text | Wanted::Any => true,
        }
    }

    /// Every cell is a switch, so none is a number.
    fn bool_only(&mut self) -> bool {
        let only = self.bool && self.wanted == Wanted::Any;
        if only {
            (self.integer, self.unsigned, self.whole, self.real) = (false, false, false, false);
        }
        only
    }

    fn add_number(&mut self, text: &str, scratch: &mut String) {
        if !self.real && !self.integer && !self.unsigned {
            return;
        }
        let plain_integer = is_plain_integer(text);
        self.integer &= plain_integer && text.parse::<i64>().is_ok();
        self.unsigned &= plain_integer && text.parse::<u64>().is_ok();
        if self.wanted == Wanted::Unsigned || !self.real {
            return;
        }
        let Ok(x) = text.parse::<f64>() else {
            self.real = false;
            return;
        };
        self.whole &= x.fract() == 0.0 && x.abs() < 9.0e15 && (x != 0.0 || x.is_sign_positive());
        self.notations.narrow(text, x, scratch);
    }

    fn column(&self, name: &str) -> Column {
        let n = self.notations;
        let real = n.first();
        let (kind, notation) = match self.wanted {
            Wanted::Text => (Kind::Text, Some(Notation::default())),
            Wanted::Bool => (Kind::Bool, n.of_switches()),
            Wanted::Unsigned => (Kind::Unsigned, Some(Notation::default())),
            Wanted::Real => (Kind::Real, real),
            Wanted::Whole if !self.seen => (Kind::Integer, Some(Notation::default())),
            _ if !self.seen => (Kind::Text, Some(Notation::default())),
            Wanted::Any if self.bool => (Kind::Bool, n.of_switches()),
            _ if self.integer => (Kind::Integer, Some(Notation::default())),
            Wanted::Whole if self.whole => (Kind::Integer, n.python.then_some(Notation::Python)),
            Wanted::Whole => (Kind::Real, real),
            _ if self.unsigned => (Kind::Unsigned, Some(Notation::default())),
            // Text that merely looks like numbers (`007`) is left as it is.
            _ if self.real && real.is_some() => (Kind::Real, real),
            _ => (Kind::Text, Some(Notation::default())),
        };
        Column {
            name: name.to_owned(),
            kind,
            notation: notation.unwrap_or_default(),
            exact: notation.is_some(),
        }
    }
}

impl Notations {
    /// Drops the notations that would write `x` differently from `text`.
    fn narrow(&mut self, text: &str, x: f64, scratch: &mut String) {
        let mut spelt = |alive: &mut bool, notation: Notation| {
            if *alive {
                scratch.clear();
                notation.real(x, scratch);
                *alive = scratch == text;
            }
        };
        spelt(&mut self.shortest, Notation::Shortest);
        let magnitude = x.abs();
        if (1e-4..1e16).contains(&magnitude) {
            // Here notations differ for whole numbers only; writing a number once is enough.
            if self.shortest {
                self.python &= x.fract() != 0.0;
                return;
            }
        }
        spelt(&mut self.plain, Notation::Plain);
        spelt(&mut self.python, Notation::Python);
    }

    fn first(self) -> Option<Notation> {
        let all = [
            (self.shortest, Notation::Shortest),
            (self.plain, Notation::Plain),
            (self.python, Notation::Python),
        ];
        all.into_iter().find(|(alive, _)| *alive).map(|(_, notation)| notation)
    }

    fn of_switches(self) -> Option<Notation> {
        match (self.plain, self.python) {
            (true, _) => Some(Notation::default()),
            (_, true) => Some(Notation::Python),
            _ => None,
        }
    }
}

/// What reading a table to the end found out.
#[derive(Debug, Clone)]
pub struct Profile {
    /// Its columns.
    pub columns: Vec<Column>,
    /// Number of rows.
    pub rows: u64,
    /// Length in bytes if written as CSV with line breaks of one byte and no needless quotes.
    pub plain_bytes: u64,
}

/// Reads a table to its end. `declared` are the kinds of parameters by name.
///
/// # Errors
/// If it is malformed, or a column holds what its name rules out.
pub fn profile(rows: &mut dyn Rows, declared: &BTreeMap<String, design::Kind>) -> Result<Profile> {
    let header = rows.header().to_vec();
    let mut readings: Vec<Reading> =
        header.iter().map(|name| Reading::new(Wanted::of(name, declared))).collect();
    let (mut row, mut scratch) = (StringRecord::new(), String::new());
    let (mut count, mut bytes) = (0, line_length(header.iter().map(String::as_str)));
    while rows.next(&mut row)? {
        count += 1;
        bytes += line_length(row.iter());
        for (at, (reading, text)) in readings.iter_mut().zip(&row).enumerate() {
            if !reading.add(text, &mut scratch) {
                return Err(bad(rows, &row, at, reading.wanted.problem()));
            }
        }
    }
    let columns = header.iter().zip(&readings).map(|(name, reading)| reading.column(name)).collect();
    Ok(Profile { columns, rows: count, plain_bytes: bytes })
}

fn line_length<'a>(cells: impl Iterator<Item = &'a str>) -> u64 {
    let length = |text: &str| {
        let quoted = text.bytes().any(|b| matches!(b, b',' | b'"' | b'\n' | b'\r'));
        let extra = if quoted { 2 + text.bytes().filter(|b| *b == b'"').count() } else { 0 };
        // The separator, or the line break after the last cell.
        (text.len() + extra + 1) as u64
    };
    cells.map(length).sum()
}
