//! The border to linfa and to the version of ndarray that it wants; no other file sees either array type.

use linfa_ndarray::{Array1, Array2};

use super::matrix::Matrix;

/// Rows as linfa wants them.
pub(crate) fn records(rows: &Matrix<f64>) -> Array2<f64> {
    Array2::from_shape_fn((rows.rows(), rows.columns), |(row, column)| rows.row(row)[column])
}

/// One target as linfa wants it.
pub(crate) fn targets(values: Vec<f64>) -> Array1<f64> {
    Array1::from_vec(values)
}
