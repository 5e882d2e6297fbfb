//! Features with their pairwise products, for models that are linear in what they are given.

use serde::{Deserialize, Serialize};

use super::matrix::Matrix;

/// More features than this are used as they are: their products would be too many.
const MOST: usize = 40;

/// The columns of an expansion: features and products of two features that vary in the data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Expansion {
    /// Of each column, its factors; a feature alone is its own second factor.
    columns: Vec<(u32, u32)>,
    /// Mean of each column in the data.
    means: Vec<f64>,
}

impl Expansion {
    /// The expansion of data, without columns that are constant there.
    pub(crate) fn new(features: &Matrix<f32>) -> Self {
        let own = features.columns as u32;
        let mut columns: Vec<(u32, u32)> = (0..own).map(|a| (a, a)).collect();
        if features.columns <= MOST {
            columns.extend((0..own).flat_map(|a| (a + 1..own).map(move |b| (a, b))));
        }
        let varies = |column: &(u32, u32)| {
            let mut values = features.iter().map(|row| value(row, *column));
            let first = values.next();
            values.any(|x| Some(x) != first)
        };
        columns.retain(varies);
        let rows = features.rows().max(1) as f64;
        let mean = |column: &(u32, u32)| features.iter().map(|row| value(row, *column)).sum::<f64>() / rows;
        let means = columns.iter().map(mean).collect();
        Self { columns, means }
    }

    /// Number of columns.
    pub(crate) fn len(&self) -> usize {
        self.columns.len()
    }

    /// Whether it can be applied to rows of so many features.
    pub(crate) fn fits(&self, features: usize) -> bool {
        let within = |(a, b): &(u32, u32)| (*a as usize) < features && (*b as usize) < features;
        self.columns.iter().all(within)
            && self.means.len() == self.columns.len()
            && self.means.iter().all(|x| x.is_finite())
    }

    /// Keeps these columns only.
    pub(crate) fn keep(&mut self, columns: &[usize]) {
        self.columns = columns.iter().map(|at| self.columns[*at]).collect();
        self.means = columns.iter().map(|at| self.means[*at]).collect();
    }

    /// All columns of all rows, centred.
    pub(crate) fn apply(&self, features: &Matrix<f32>) -> Matrix<f64> {
        let data = features.iter().flat_map(|row| self.row(row)).collect();
        Matrix { columns: self.len(), data }
    }

    /// The columns of a row, centred.
    pub(crate) fn row<'a>(&'a self, row: &'a [f32]) -> impl Iterator<Item = f64> + 'a {
        self.columns.iter().zip(&self.means).map(|(column, mean)| value(row, *column) - mean)
    }
}

fn value(row: &[f32], (a, b): (u32, u32)) -> f64 {
    let x = f64::from(row[a as usize]);
    if a == b { x } else { x * f64::from(row[b as usize]) }
}

/// Columns that are no combination of earlier ones: modified Gram–Schmidt (Golub and Van Loan, section 5.2.8).
pub(crate) fn independent(rows: &Matrix<f64>) -> Vec<usize> {
    /// Share of a column's length that may be left of it.
    const LEFT: f64 = 1e-7;
    let mut directions: Vec<Vec<f64>> = Vec::new();
    let mut kept = Vec::new();
    for column in 0..rows.columns {
        let mut rest: Vec<f64> = rows.column(column).collect();
        let before = length(&rest);
        for direction in &directions {
            let along: f64 = direction.iter().zip(&rest).map(|(a, b)| a * b).sum();
            rest.iter_mut().zip(direction).for_each(|(x, d)| *x -= along * d);
        }
        let after = length(&rest);
        if after > LEFT * before && directions.len() + 1 < rows.rows() {
            rest.iter_mut().for_each(|x| *x /= after);
            directions.push(rest);
            kept.push(column);
        }
    }
    kept
}

fn length(vector: &[f64]) -> f64 {
    vector.iter().map(|x| x * x).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constant_columns_are_left_out_and_the_others_centred() {
        let features = Matrix { columns: 3, data: vec![0.0, 1.0, 1.0, 1.0, 1.0, 0.0] };
        let expansion = Expansion::new(&features);
        // a, c, ab and bc vary; b and ac do not.
        assert_eq!(expansion.columns, [(0, 0), (2, 2), (0, 1), (1, 2)]);
        assert_eq!(expansion.apply(&features).row(0), [-0.5, 0.5, -0.5, 0.5]);
        assert!(expansion.fits(3) && !expansion.fits(2));
    }

    #[test]
    fn a_column_that_is_a_sum_of_others_is_no_use() {
        let rows =
            Matrix { columns: 3, data: vec![1.0, 0.0, 1.0, 0.0, 1.0, 1.0, 2.0, 1.0, 3.0, 1.0, 1.0, 2.0] };
        assert_eq!(independent(&rows), [0, 1]);
    }
}
