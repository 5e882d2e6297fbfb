//! Values as text: dataset cells, command lines and conditions share one notation.

use std::fmt::{self, Write as _};

use super::{Design, DesignSpace, Kind, Parameter, Value};
use crate::error::Error;

impl Parameter {
    /// Reads a value in the parameter's notation: option names, numbers, `true`/`false`, items joined by `>`
    /// (orders) or `+` (subsets, `-` for the empty one).
    ///
    /// # Errors
    /// [`Error::Value`] naming the parameter and what it accepts.
    pub fn parse(&self, text: &str) -> Result<Value, Error> {
        let text = text.trim();
        self.kind
            .parse(text)
            .filter(|value| self.kind.contains(value))
            .ok_or_else(|| Error::value(&self.name, format!("`{text}`"), self.kind.allowed()))
    }

    /// Writes a value in the parameter's notation; inactive values are empty.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write(&self, value: &Value, out: &mut impl fmt::Write) -> fmt::Result {
        match (&self.kind, value) {
            (Kind::Choice { options }, Value::Choice(i)) => {
                out.write_str(options.get(*i as usize).map_or("?", String::as_str))
            }
            (Kind::Permutation { items }, Value::Permutation(order)) => {
                joined(order.iter().map(|i| *i as usize), items, '>', out)
            }
            (Kind::Subset { .. }, Value::Subset(flags)) if !flags.contains(&true) => out.write_char('-'),
            (Kind::Subset { items, .. }, Value::Subset(flags)) => {
                joined((0..flags.len()).filter(|i| flags[*i]), items, '+', out)
            }
            (_, Value::Bool(b)) => write!(out, "{b}"),
            (_, Value::Integer(i)) => write!(out, "{i}"),
            (_, Value::Real(x)) => write!(out, "{x}"),
            _ => Ok(()),
        }
    }

    /// [`Parameter::write`] into a new string.
    pub fn format(&self, value: &Value) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.write(value, &mut text);
        text
    }
}

impl Kind {
    fn parse(&self, text: &str) -> Option<Value> {
        Some(match self {
            // Python and R capitalise.
            Self::Bool => Value::Bool(text.to_ascii_lowercase().parse().ok()?),
            Self::Choice { options } => Value::Choice(position(options, text)?),
            Self::Integer { .. } | Self::PowerOfTwo { .. } | Self::Ordinal { .. } => {
                Value::Integer(whole(text)?)
            }
            Self::Real { .. } | Self::LogReal { .. } => Value::Real(text.parse().ok()?),
            Self::Permutation { items } => {
                let order: Option<Vec<u32>> = text.split('>').map(|name| position(items, name)).collect();
                Value::Permutation(order?.into())
            }
            Self::Subset { items, .. } => {
                let mut flags = vec![false; items.len()];
                for name in text.split('+').filter(|_| text != "-") {
                    let flag = &mut flags[position(items, name)? as usize];
                    if std::mem::replace(flag, true) {
                        return None;
                    }
                }
                Value::Subset(flags.into())
            }
        })
    }
}

/// Whole numbers, also as spreadsheets and pandas write them after a missing cell: `4.0`.
fn whole(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| {
        let x: f64 = text.parse().ok()?;
        (x.fract() == 0.0 && x.abs() < 9.0e15).then_some(x as i64)
    })
}

fn position(names: &[String], name: &str) -> Option<u32> {
    names.iter().position(|n| n == name.trim()).map(|i| i as u32)
}

fn joined(
    indices: impl Iterator<Item = usize>,
    names: &[String],
    by: char,
    out: &mut impl fmt::Write,
) -> fmt::Result {
    for (n, index) in indices.enumerate() {
        if n > 0 {
            out.write_char(by)?;
        }
        out.write_str(names.get(index).map_or("?", String::as_str))?;
    }
    Ok(())
}

impl DesignSpace {
    /// Reads a design from one text per parameter. Cells of inactive parameters are ignored.
    ///
    /// # Errors
    /// [`Error::Value`] for the first cell that does not fit.
    pub fn parse<'a>(&self, cells: impl IntoIterator<Item = &'a str>) -> Result<Design, Error> {
        let mut values = Vec::with_capacity(self.len());
        let mut cells = cells.into_iter();
        for (index, parameter) in self.parameters().iter().enumerate() {
            let text = cells.next().unwrap_or_default();
            let active = self.is_active(index, &values);
            values.push(if active { parameter.parse(text)? } else { Value::Inactive });
        }
        Ok(Design(values))
    }

    /// Writes a design as one text per parameter.
    pub fn format(&self, design: &Design) -> Vec<String> {
        self.parameters().iter().zip(&design.0).map(|(p, value)| p.format(value)).collect()
    }

    /// The active parameters of a design with their values as text.
    pub fn named<'a>(&'a self, design: &'a Design) -> impl Iterator<Item = (&'a str, String)> {
        let active = self.parameters().iter().zip(&design.0).filter(|(_, value)| **value != Value::Inactive);
        active.map(|(parameter, value)| (parameter.name.as_str(), parameter.format(value)))
    }

    /// A design as `name=value` pairs, inactive parameters left out; for people.
    pub fn describe(&self, design: &Design) -> String {
        let mut text = String::new();
        for (parameter, value) in self.parameters().iter().zip(&design.0) {
            if *value != Value::Inactive {
                let gap = if text.is_empty() { "" } else { " " };
                let unit = parameter.unit.as_deref().map(|u| format!(" {u}")).unwrap_or_default();
                let _ = write!(text, "{gap}{}={}{unit}", parameter.name, parameter.format(value));
            }
        }
        text
    }
}
