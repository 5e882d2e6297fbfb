//! Verdicts, one bit each.

use super::error::SelectionError;

/// Most verdicts of a matrix: a quarter of a gigabyte.
pub const MAX_CELLS: usize = 1 << 31;

/// Which candidate (row) passes which test (column). At least one of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassMatrix {
    rows: usize,
    columns: usize,
    /// Words of a row; unused bits are 0, so that equal rows are equal words.
    words: usize,
    bits: Vec<u64>,
}

impl PassMatrix {
    /// Every candidate fails every test.
    ///
    /// # Errors
    /// For a matrix without cells or with more than [`MAX_CELLS`].
    pub fn zeros(rows: usize, columns: usize) -> Result<Self, SelectionError> {
        if rows == 0 || columns == 0 {
            return Err(SelectionError::Empty { what: if rows == 0 { "candidates" } else { "verdicts" } });
        }
        let words = columns.div_ceil(64);
        if words.checked_mul(rows).is_none_or(|words| words > MAX_CELLS / 64) {
            return Err(SelectionError::TooLarge { rows, columns, most: MAX_CELLS });
        }
        Ok(Self { rows, columns, words, bits: vec![0; rows * words] })
    }

    /// From the verdicts of each candidate.
    ///
    /// # Errors
    /// If there are none, or rows differ in length.
    pub fn from_rows<R: AsRef<[bool]>>(rows: &[R]) -> Result<Self, SelectionError> {
        let columns = rows.first().map_or(0, |row| row.as_ref().len());
        let mut matrix = Self::zeros(rows.len(), columns)?;
        for (i, row) in rows.iter().enumerate() {
            let row = row.as_ref();
            if row.len() != columns {
                return Err(SelectionError::Ragged { row: i + 1, found: row.len(), expected: columns });
            }
            for (j, passes) in row.iter().enumerate() {
                if *passes {
                    matrix.pass(i, j);
                }
            }
        }
        Ok(matrix)
    }

    /// From a text of `0` and `1` for each candidate.
    ///
    /// # Errors
    /// If there are none, rows differ in length, or a character is another.
    pub fn from_text<S: AsRef<str>>(rows: &[S]) -> Result<Self, SelectionError> {
        let cells = |(i, row): (usize, &S)| -> Result<Vec<bool>, SelectionError> {
            let cell = |(j, c): (usize, char)| match c {
                '0' => Ok(false),
                '1' => Ok(true),
                other => {
                    Err(SelectionError::NotBinary { row: i + 1, column: j + 1, found: other.to_string() })
                }
            };
            row.as_ref().chars().enumerate().map(cell).collect()
        };
        let rows: Vec<Vec<bool>> = rows.iter().enumerate().map(cells).collect::<Result<_, _>>()?;
        Self::from_rows(&rows)
    }

    /// Number of candidates.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of tests.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Whether a candidate passes a test; false beyond the matrix.
    pub fn passes(&self, row: usize, column: usize) -> bool {
        row < self.rows
            && column < self.columns
            && self.bits[row * self.words + column / 64] >> (column % 64) & 1 == 1
    }

    /// The verdicts of a candidate, 64 to a word, the first in the lowest bit; empty beyond the matrix.
    pub fn row(&self, row: usize) -> &[u64] {
        self.bits.get(row * self.words..(row + 1) * self.words).unwrap_or_default()
    }

    /// How many tests a candidate passes.
    pub fn row_passes(&self, row: usize) -> u64 {
        self.row(row).iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// The matrix with candidates and tests changed about.
    #[must_use]
    pub fn transposed(&self) -> Self {
        let words = self.rows.div_ceil(64);
        let bits = vec![0; self.columns * words];
        let mut turned = Self { rows: self.columns, columns: self.rows, words, bits };
        for i in 0..self.rows {
            each_pass(self.row(i), |j| turned.pass(j, i));
        }
        turned
    }

    /// Some candidates and some tests, in the order given.
    ///
    /// # Errors
    /// If none are left, or one is not there.
    pub fn part(&self, rows: &[usize], columns: &[usize]) -> Result<Self, SelectionError> {
        let beyond = |what: &str, index: usize, most: usize| SelectionError::Choice {
            problem: format!("{what} {index} is not there; the matrix has {most}, counted from 0"),
        };
        if let Some(row) = rows.iter().find(|row| **row >= self.rows) {
            return Err(beyond("row", *row, self.rows));
        }
        if let Some(column) = columns.iter().find(|column| **column >= self.columns) {
            return Err(beyond("column", *column, self.columns));
        }
        let mut part = Self::zeros(rows.len(), columns.len())?;
        for (i, row) in rows.iter().enumerate() {
            for (j, column) in columns.iter().enumerate() {
                if self.passes(*row, *column) {
                    part.pass(i, j);
                }
            }
        }
        Ok(part)
    }

    /// Marks a test as passed. The cell has to be there.
    pub(super) fn pass(&mut self, row: usize, column: usize) {
        self.bits[row * self.words + column / 64] |= 1 << (column % 64);
    }
}

/// Calls `see` with every column that a row passes, ascending.
pub(super) fn each_pass(row: &[u64], mut see: impl FnMut(usize)) {
    for (place, word) in row.iter().enumerate() {
        let mut left = *word;
        while left != 0 {
            see(place * 64 + left.trailing_zeros() as usize);
            left &= left - 1;
        }
    }
}

/// How many verdicts differ between two rows.
pub(super) fn distance(one: &[u64], other: &[u64]) -> u64 {
    one.iter().zip(other).map(|(a, b)| u64::from((a ^ b).count_ones())).sum()
}
