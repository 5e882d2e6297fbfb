//! Cholesky factors that grow row by row.
//!
//! Row `i` of the factor depends only on the rows above it, so a full factorisation is `n` pushes, and extending a
//! factor gives the bits that factorising anew would have given. Plain loops with a fixed order of summation: the
//! same bits on every machine.

/// Least share of a diagonal element that a pivot keeps: what rounding leaves of two equal points without noise.
const LEAST_PIVOT: f64 = 1e-12;

/// Lower-triangular `L` of `L·Lᵀ = K`, its rows packed one behind the other.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cholesky {
    packed: Vec<f64>,
    len: usize,
}

/// Where row `i` of a packed triangle starts.
#[inline]
pub(super) fn start(i: usize) -> usize {
    i * (i + 1) / 2
}

/// Row `i` of a packed triangle, its diagonal last.
#[inline]
pub(super) fn row(packed: &[f64], i: usize) -> &[f64] {
    &packed[start(i)..start(i + 1)]
}

/// Inner product over the shorter of two slices, in eight lanes.
#[inline]
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let len = a.len().min(b.len());
    let (a, b) = (&a[..len], &b[..len]);
    let (a_chunks, b_chunks) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f64 = a_chunks.remainder().iter().zip(b_chunks.remainder()).map(|(x, y)| x * y).sum();
    let mut lanes = [0.0; 8];
    for (x, y) in a_chunks.zip(b_chunks) {
        for lane in 0..8 {
            lanes[lane] += x[lane] * y[lane];
        }
    }
    let [a, b, c, d, e, f, g, h] = lanes;
    ((a + e) + (b + f)) + ((c + g) + (d + h)) + rest
}

/// `y += factor · x`.
#[inline]
pub(super) fn add_scaled(y: &mut [f64], factor: f64, x: &[f64]) {
    y.iter_mut().zip(x).for_each(|(y, x)| *y += factor * x);
}

impl Cholesky {
    /// Factorises a packed lower triangle.
    pub(crate) fn new(packed: &[f64], len: usize) -> Self {
        let mut factor = Self { packed: Vec::with_capacity(packed.len()), len: 0 };
        (0..len).for_each(|i| factor.push(row(packed, i)));
        factor
    }

    /// Extends the factor by the last row of the enlarged matrix, diagonal last. A matrix that rounding has made
    /// indefinite is repaired by raising the new diagonal element.
    pub(crate) fn push(&mut self, last: &[f64]) {
        let n = self.len;
        let begin = start(n);
        self.packed.extend_from_slice(&last[..=n]);
        let (above, new) = self.packed.split_at_mut(begin);
        for j in 0..n {
            let other = row(above, j);
            new[j] = (new[j] - dot(&new[..j], &other[..j])) / other[j];
        }
        let pivot = new[n] - dot(&new[..n], &new[..n]);
        new[n] = pivot.max(LEAST_PIVOT * last[n]).max(f64::MIN_POSITIVE).sqrt();
        self.len += 1;
    }

    /// Forgets all but the first `len` rows.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
        self.packed.truncate(start(self.len));
    }

    /// Half the logarithm of the determinant of `K`.
    pub(crate) fn half_log_determinant(&self) -> f64 {
        (0..self.len).map(|i| libm::log(row(&self.packed, i)[i])).sum()
    }

    /// `x ← L⁻¹·x`.
    pub(crate) fn solve_lower(&self, x: &mut [f64]) {
        for i in 0..self.len {
            let of = row(&self.packed, i);
            let (done, rest) = x.split_at_mut(i);
            rest[0] = (rest[0] - dot(&of[..i], done)) / of[i];
        }
    }

    /// `x ← L⁻ᵀ·x`.
    pub(crate) fn solve_upper(&self, x: &mut [f64]) {
        for i in (0..self.len).rev() {
            let of = row(&self.packed, i);
            let (rest, last) = x[..=i].split_at_mut(i);
            last[0] /= of[i];
            add_scaled(rest, -last[0], of);
        }
    }

    /// The packed lower triangle of `K⁻¹ = L⁻ᵀ·L⁻¹`.
    pub(crate) fn inverse(&self) -> Vec<f64> {
        let lower = self.lower_inverse();
        let mut inverse = vec![0.0; lower.len()];
        for k in 0..self.len {
            let of = row(&lower, k);
            for i in 0..=k {
                add_scaled(&mut inverse[start(i)..start(i + 1)], of[i], of);
            }
        }
        inverse
    }

    /// The packed rows of `L⁻¹`.
    fn lower_inverse(&self) -> Vec<f64> {
        let mut inverse = vec![0.0; self.packed.len()];
        for i in 0..self.len {
            let of = row(&self.packed, i);
            let (above, new) = inverse.split_at_mut(start(i));
            for k in 0..i {
                add_scaled(&mut new[..=k], of[k], row(above, k));
            }
            let scale = -1.0 / of[i];
            new[..i].iter_mut().for_each(|x| *x *= scale);
            new[i] = 1.0 / of[i];
        }
        inverse
    }
}

#[cfg(test)]
mod tests {
    use rl_env::seed::Seed;

    use super::*;

    /// A random positive definite matrix, packed.
    fn matrix(n: usize) -> Vec<f64> {
        let mut rng = Seed(1001).stream("matrix");
        let rows: Vec<Vec<f64>> = (0..n).map(|_| (0..n + 3).map(|_| rng.normal()).collect()).collect();
        (0..n).flat_map(|i| (0..=i).map(|j| dot(&rows[i], &rows[j])).collect::<Vec<_>>()).collect()
    }

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() <= 1e-9 * (1.0 + a.abs()), "{a} is not {b}");
    }

    #[test]
    fn the_factor_times_its_transpose_is_the_matrix() {
        let k = matrix(23);
        let factor = Cholesky::new(&k, 23);
        for i in 0..23 {
            for j in 0..=i {
                close(dot(row(&factor.packed, i), row(&factor.packed, j)), row(&k, i)[j]);
            }
        }
    }

    #[test]
    fn an_extended_factor_is_the_factor_of_the_extended_matrix() {
        let k = matrix(20);
        let mut grown = Cholesky::new(&k, 17);
        grown.push(row(&k, 17));
        grown.truncate(15);
        (15..20).for_each(|i| grown.push(row(&k, i)));
        // Bit for bit.
        assert_eq!(grown.packed, Cholesky::new(&k, 20).packed);
    }

    #[test]
    fn solutions_and_the_inverse_undo_the_matrix() {
        let n = 19;
        let k = matrix(n);
        let at = |i: usize, j: usize| row(&k, i.max(j))[i.min(j)];
        let factor = Cholesky::new(&k, n);
        let truth: Vec<f64> = (0..n).map(|i| 1.0 - 0.3 * i as f64).collect();
        let mut x: Vec<f64> = (0..n).map(|i| (0..n).map(|j| at(i, j) * truth[j]).sum()).collect();
        let right = x.clone();
        factor.solve_lower(&mut x);
        factor.solve_upper(&mut x);
        x.iter().zip(&truth).for_each(|(x, t)| close(*x, *t));
        let inverse = factor.inverse();
        for (i, truth) in truth.iter().enumerate() {
            close((0..n).map(|j| row(&inverse, i.max(j))[i.min(j)] * right[j]).sum(), *truth);
        }
    }

    #[test]
    fn equal_points_do_not_break_the_factorisation() {
        let factor = Cholesky::new(&[1.0, 1.0, 1.0, 1.0, 1.0, 1.0], 3);
        assert!(factor.packed.iter().all(|x| x.is_finite()));
    }
}
