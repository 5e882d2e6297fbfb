//! How values are typed, and how they are spelt as text.
//!
//! A typed table forgets how its numbers were written. To give the same bytes back, each column remembers its
//! notation; three are known, which cover what sweeps and what Python's tools write.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::columns;

/// Type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// True or false.
    Bool,
    /// Whole numbers with sign.
    Integer,
    /// Whole numbers without sign.
    Unsigned,
    /// Real numbers.
    Real,
    /// Text.
    Text,
}

/// How the numbers and switches of a column are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Notation {
    /// Shortest text that reads back the same, with an exponent for the very large and very small: metrics.
    #[default]
    Shortest,
    /// The same, but never an exponent: parameters.
    Plain,
    /// As Python's `repr`: `4.0`, `1e-05`, `True`.
    Python,
}

impl Notation {
    /// Appends a real number.
    pub fn real(self, x: f64, out: &mut String) {
        match self {
            Self::Shortest => columns::number(x, out),
            Self::Plain => {
                // Writing to a string cannot fail.
                let _ = write!(out, "{x}");
            }
            Self::Python => python(x, out),
        }
    }

    /// Appends a whole number.
    pub fn integer(self, x: i64, out: &mut String) {
        let point = if self == Self::Python { ".0" } else { "" };
        let _ = write!(out, "{x}{point}");
    }

    /// A switch.
    pub fn bool(self, b: bool) -> &'static str {
        match (self, b) {
            (Self::Python, true) => "True",
            (Self::Python, false) => "False",
            (_, true) => "true",
            (_, false) => "false",
        }
    }
}

fn python(x: f64, out: &mut String) {
    let magnitude = x.abs();
    if x.is_nan() {
        out.push_str("nan");
    } else if x.is_infinite() || magnitude != 0.0 && !(1e-4..1e16).contains(&magnitude) {
        let text = format!("{x:e}");
        match text.split_once('e') {
            Some((digits, exponent)) => {
                let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |e| ('-', e));
                let _ = write!(out, "{digits}e{sign}{exponent:0>2}");
            }
            None => out.push_str(&text),
        }
    } else {
        let point = if x.fract() == 0.0 { ".0" } else { "" };
        let _ = write!(out, "{x}{point}");
    }
}

/// A switch as sweeps or Python write it.
pub fn truth(text: &str) -> Option<bool> {
    match text {
        "true" | "True" => Some(true),
        "false" | "False" => Some(false),
        _ => None,
    }
}

/// Whether the text is the usual form of a whole number: no plus sign, no leading zeros, no `-0`.
pub fn is_plain_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text).as_bytes();
    match digits {
        [b'0'] => text == "0",
        [b'1'..=b'9', rest @ ..] => rest.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

/// A whole number, also as Python writes it after a missing cell: `4.0`.
pub fn whole(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| {
        let x: f64 = text.parse().ok()?;
        (x.fract() == 0.0 && x.abs() < 9.0e15).then_some(x as i64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_notation_is_that_of_repr() {
        let spelt = |x| {
            let mut text = String::new();
            Notation::Python.real(x, &mut text);
            text
        };
        let known = [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (4.0, "4.0"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1.25e-7, "1.25e-07"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (-1.5e300, "-1.5e+300"),
            (f64::INFINITY, "inf"),
            (f64::NAN, "nan"),
        ];
        for (x, text) in known {
            assert_eq!(spelt(x), text);
        }
    }

    #[test]
    fn only_the_usual_form_is_a_plain_integer() {
        assert!(["0", "7", "-7", "1234567890123456789012"].into_iter().all(is_plain_integer));
        assert!(!["", "-", "-0", "007", "+7", "7.0", "1e3", "0x1"].into_iter().any(is_plain_integer));
    }
}
