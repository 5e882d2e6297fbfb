//! Products of matrices stored row by row.

/// Adds the product of `a`, with rows of `inner` values, and `b`, with rows of `width` values, to `sum`.
///
/// The inner loop runs along rows of `b` and `sum`, so it vectorises without a change in the order of any sum;
/// four rows of `b` at a time, so that `sum` is loaded once for them.
pub(super) fn add_product(a: &[f64], inner: usize, b: &[f64], width: usize, sum: &mut [f64]) {
    if inner == 0 || width == 0 {
        return;
    }
    for (factors, out) in a.chunks_exact(inner).zip(sum.chunks_exact_mut(width)) {
        let mut rows = b.chunks_exact(4 * width);
        let mut fours = factors.chunks_exact(4);
        for (four, rows) in fours.by_ref().zip(rows.by_ref()) {
            // One-hot inputs and silent units are common.
            if four != [0.0; 4] {
                add_rows(four, rows, out);
            }
        }
        for (factor, row) in fours.remainder().iter().zip(rows.remainder().chunks_exact(width)) {
            out.iter_mut().zip(row).for_each(|(out, x)| *out += factor * x);
        }
    }
}

fn add_rows(four: &[f64], rows: &[f64], out: &mut [f64]) {
    let (first, rest) = rows.split_at(out.len());
    let (second, rest) = rest.split_at(out.len());
    let (third, fourth) = rest.split_at(out.len());
    let pairs = out.iter_mut().zip(first).zip(second).zip(third).zip(fourth);
    for ((((out, a), b), c), d) in pairs {
        *out += (four[0] * a + four[1] * b) + (four[2] * c + four[3] * d);
    }
}

/// The transpose of a matrix with rows of `width` values.
pub(super) fn transposed(values: &[f64], width: usize) -> Vec<f64> {
    let height = values.len().checked_div(width).unwrap_or(0);
    let mut out = vec![0.0; values.len()];
    for (i, row) in values.chunks_exact(width.max(1)).enumerate() {
        row.iter().enumerate().for_each(|(j, value)| out[j * height + i] = *value);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_adds_to_what_is_there() {
        // Six columns: a full block of four and a rest of two.
        let a = [[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [0.0, 0.0, 0.0, 0.0, 1.0, 0.0]].concat();
        let b: Vec<f64> = (1..=12).map(f64::from).collect();
        let mut sum = [100.0, 0.0, 0.0, 0.5];
        add_product(&a, 6, &b, 2, &mut sum);
        assert_eq!(sum, [261.0, 182.0, 9.0, 10.5]);
    }

    #[test]
    fn a_transpose_swaps_rows_and_columns() {
        assert_eq!(transposed(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 3), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
        assert!(transposed(&[], 0).is_empty());
    }
}
