//! When two cells are equal, and when two rows are the same design.
//!
//! Text is not enough: another tool may have written `4.0` for `4`. Cells that read as the same number are equal.

use std::hash::{DefaultHasher, Hash, Hasher};

/// A cell, apart from how it is spelt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cell<'a> {
    /// A whole number.
    Whole(i64),
    /// The bits of another number.
    Real(u64),
    /// Anything else.
    Text(&'a str),
}

impl<'a> Cell<'a> {
    /// Reads a cell.
    pub fn of(text: &'a str) -> Self {
        // Most cells are numbers; names are told by their first byte.
        let numeric = text.as_bytes().first().is_some_and(|b| matches!(b, b'0'..=b'9' | b'-' | b'+' | b'.'));
        if !numeric {
            return Self::Text(text);
        }
        match (text.parse::<i64>(), text.parse::<f64>()) {
            (Ok(whole), _) => Self::Whole(whole),
            (_, Ok(x)) if x.fract() == 0.0 && x.abs() < 9.0e15 => Self::Whole(x as i64),
            (_, Ok(x)) => Self::Real(x.to_bits()),
            _ => Self::Text(text),
        }
    }

    /// The number, if it is one.
    pub fn number(self) -> Option<f64> {
        match self {
            Self::Whole(i) => Some(i as f64),
            Self::Real(bits) => Some(f64::from_bits(bits)),
            Self::Text(_) => None,
        }
    }

    /// 64 bits that equal cells share.
    pub fn hash64(self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }
}

/// Collects the cells of a row in an unambiguous form and hashes them.
#[derive(Debug, Default)]
pub struct Digest(Vec<u8>);

impl Digest {
    /// Starts over.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Appends text.
    pub fn text(&mut self, text: &str) {
        self.0.extend((text.len() as u32).to_le_bytes());
        self.0.extend(text.as_bytes());
    }

    /// Appends the cell of column `column`; an empty one counts as absent.
    pub fn cell(&mut self, column: usize, text: &str) {
        if text.is_empty() {
            return;
        }
        self.0.extend((column as u32).to_le_bytes());
        match Cell::of(text) {
            Cell::Whole(i) => {
                self.0.push(0);
                self.0.extend(i.to_le_bytes());
            }
            Cell::Real(bits) => {
                self.0.push(1);
                self.0.extend(bits.to_le_bytes());
            }
            Cell::Text(text) => {
                self.0.push(2);
                self.text(text);
            }
        }
    }

    /// The first `N` bytes of the hash.
    pub fn hash<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        let hash = blake3::hash(&self.0);
        bytes.copy_from_slice(&hash.as_bytes()[..N]);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_numbers_are_equal_cells() {
        for (a, b) in [("4", "4.0"), ("0", "-0.0"), ("1e3", "1000"), ("0.5", "5e-1")] {
            assert_eq!(Cell::of(a), Cell::of(b), "{a} and {b}");
        }
        assert_ne!(Cell::of("0.1"), Cell::of("0.10000000000000002"));
        assert_ne!(Cell::of("9007199254740993"), Cell::of("9007199254740992"));
        assert_ne!(Cell::of("1>0"), Cell::of("1"));
    }

    #[test]
    fn a_value_in_another_column_is_another_design() {
        let hash = |column| {
            let mut digest = Digest::default();
            digest.cell(column, "4");
            digest.hash::<16>()
        };
        assert_ne!(hash(0), hash(1));
    }
}
