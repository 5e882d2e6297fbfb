//! Numbers in rows.

use serde::{Deserialize, Serialize};

/// A matrix by rows.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Matrix<T> {
    /// Width of a row.
    pub columns: usize,
    /// The rows, one after the other.
    pub data: Vec<T>,
}

impl<T: Copy> Matrix<T> {
    /// An empty matrix with rows of this width.
    pub fn new(columns: usize) -> Self {
        Self { columns, data: Vec::new() }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.data.len() / self.columns.max(1)
    }

    /// Row `row`.
    pub fn row(&self, row: usize) -> &[T] {
        &self.data[row * self.columns..(row + 1) * self.columns]
    }

    /// The rows in order.
    pub fn iter(&self) -> std::slice::ChunksExact<'_, T> {
        self.data.chunks_exact(self.columns.max(1))
    }

    /// These rows only, in the order given.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        let data = rows.iter().flat_map(|row| self.row(*row).iter().copied()).collect();
        Self { columns: self.columns, data }
    }

    /// One column.
    pub fn column(&self, column: usize) -> impl Iterator<Item = T> + '_ {
        self.iter().map(move |row| row[column])
    }
}
