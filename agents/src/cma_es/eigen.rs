//! Eigenvectors of a symmetric matrix: Householder's reduction and the implicit QL method (Martin, Reinsch and
//! Wilkinson 1968; Bowdler, Martin, Reinsch and Wilkinson 1968), in plain loops so that the bits never vary.

use libm::sqrt;

/// Steps of QL for one eigenvalue; two are usual.
const MOST_STEPS: usize = 60;

/// A matrix being decomposed, stored by columns: in the end each row of `vectors` is an eigenvector.
struct Reduction<'a> {
    n: usize,
    vectors: &'a mut [f64],
    diagonal: &'a mut [f64],
    beside: Vec<f64>,
}

/// Replaces the symmetric n × n `matrix` by its orthonormal eigenvectors, one a row, and fills `values`. False if
/// that fails (the matrix held something that is no number); both are useless then.
pub(super) fn decompose(matrix: &mut [f64], values: &mut [f64]) -> bool {
    let n = values.len();
    if n == 0 {
        return true;
    }
    let mut reduction = Reduction { n, vectors: matrix, diagonal: values, beside: vec![0.0; n] };
    reduction.tridiagonalise();
    reduction.accumulate();
    reduction.iterate() && values.iter().all(|value| value.is_finite())
}

impl Reduction<'_> {
    /// Row and column count from 0.
    fn at(&self, row: usize, column: usize) -> usize {
        column * self.n + row
    }

    /// To tridiagonal form, row by row from the last; the reflections stay in the upper triangle.
    fn tridiagonalise(&mut self) {
        let n = self.n;
        for j in 0..n {
            self.diagonal[j] = self.vectors[j * n + n - 1];
        }
        for i in (1..n).rev() {
            let scale: f64 = self.diagonal[..i].iter().map(|x| x.abs()).sum();
            let length = if scale == 0.0 { self.skip(i) } else { self.reflect(i, scale) };
            self.diagonal[i] = length;
        }
    }

    /// The row has nothing beside the diagonal already.
    fn skip(&mut self, i: usize) -> f64 {
        self.beside[i] = self.diagonal[i - 1];
        for j in 0..i {
            let (above, row, column) = (self.at(i - 1, j), self.at(i, j), self.at(j, i));
            self.diagonal[j] = self.vectors[above];
            self.vectors[row] = 0.0;
            self.vectors[column] = 0.0;
        }
        0.0
    }

    fn reflect(&mut self, i: usize, scale: f64) -> f64 {
        let n = self.n;
        let (d, e, v) = (&mut *self.diagonal, &mut self.beside, &mut *self.vectors);
        let mut h = 0.0;
        for x in &mut d[..i] {
            *x /= scale;
            h += *x * *x;
        }
        let f = d[i - 1];
        let g = if f > 0.0 { -sqrt(h) } else { sqrt(h) };
        e[i] = scale * g;
        h -= f * g;
        d[i - 1] = f - g;
        e[..i].fill(0.0);
        for j in 0..i {
            let f = d[j];
            v[i * n + j] = f;
            let column = &v[j * n..j * n + i];
            let mut g = e[j] + column[j] * f;
            for k in j + 1..i {
                g += column[k] * d[k];
                e[k] += column[k] * f;
            }
            e[j] = g;
        }
        let mut f = 0.0;
        for j in 0..i {
            e[j] /= h;
            f += e[j] * d[j];
        }
        let half = f / (h + h);
        for j in 0..i {
            e[j] -= half * d[j];
        }
        for j in 0..i {
            let (f, g) = (d[j], e[j]);
            let column = &mut v[j * n..j * n + n];
            for k in j..i {
                column[k] -= f * e[k] + g * d[k];
            }
            d[j] = column[i - 1];
            column[i] = 0.0;
        }
        h
    }

    /// The product of the reflections.
    fn accumulate(&mut self) {
        let n = self.n;
        let (d, v) = (&mut *self.diagonal, &mut *self.vectors);
        for i in 0..n - 1 {
            v[i * n + n - 1] = v[i * n + i];
            v[i * n + i] = 1.0;
            let h = d[i + 1];
            let (before, from) = v.split_at_mut((i + 1) * n);
            let reflection = &mut from[..=i];
            if h != 0.0 {
                for k in 0..=i {
                    d[k] = reflection[k] / h;
                }
                for column in before.chunks_exact_mut(n) {
                    let g: f64 = (0..=i).map(|k| reflection[k] * column[k]).sum();
                    for k in 0..=i {
                        column[k] -= g * d[k];
                    }
                }
            }
            reflection.fill(0.0);
        }
        for j in 0..n {
            d[j] = v[j * n + n - 1];
            v[j * n + n - 1] = 0.0;
        }
        v[n * n - 1] = 1.0;
        self.beside[0] = 0.0;
    }

    /// QL with implicit shifts until nothing is left beside the diagonal.
    fn iterate(&mut self) -> bool {
        let n = self.n;
        self.beside.rotate_left(1);
        self.beside[n - 1] = 0.0;
        let (mut shift, mut largest) = (0.0, 0.0f64);
        for l in 0..n {
            largest = largest.max(self.diagonal[l].abs() + self.beside[l].abs());
            let small = f64::EPSILON * largest;
            let end = (l..n - 1).find(|m| self.beside[*m].abs() <= small).unwrap_or(n - 1);
            let mut steps = if end > l { MOST_STEPS } else { 0 };
            while steps > 0 {
                shift += self.step(l, end);
                if self.beside[l].abs() <= small {
                    break;
                }
                steps -= 1;
                // A NaN is never small.
                if steps == 0 {
                    return false;
                }
            }
            self.diagonal[l] += shift;
            self.beside[l] = 0.0;
        }
        true
    }

    /// One sweep from row `end` to row `l`; returns the shift.
    fn step(&mut self, l: usize, end: usize) -> f64 {
        let n = self.n;
        let (d, e) = (&mut *self.diagonal, &mut self.beside);
        let g = d[l];
        let p = (d[l + 1] - g) / (2.0 * e[l]);
        let r = if p < 0.0 { -sqrt(p * p + 1.0) } else { sqrt(p * p + 1.0) };
        d[l] = e[l] / (p + r);
        d[l + 1] = e[l] * (p + r);
        let (next, beside_next, shift) = (d[l + 1], e[l + 1], g - d[l]);
        d[l + 2..].iter_mut().for_each(|x| *x -= shift);
        let mut p = d[end];
        let (mut c, mut c2, mut c3) = (1.0, 1.0, 1.0);
        let (mut s, mut s2) = (0.0, 0.0);
        for i in (l..end).rev() {
            (c3, c2, s2) = (c2, c, s);
            let g = c * e[i];
            let h = c * p;
            let r = sqrt(p * p + e[i] * e[i]);
            e[i + 1] = s * r;
            s = e[i] / r;
            c = p / r;
            p = c * d[i] - s * g;
            d[i + 1] = h + s * (c * g + s * d[i]);
            let (left, right) = self.vectors[i * n..(i + 2) * n].split_at_mut(n);
            for (x, y) in left.iter_mut().zip(right) {
                (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
            }
        }
        let p = -s * s2 * c3 * beside_next * e[l] / next;
        e[l] = s * p;
        d[l] = c * p;
        shift
    }
}

#[cfg(test)]
mod tests {
    use rl_env::seed::Seed;

    use super::*;

    /// Largest defect of V diag(values) Vᵀ against the matrix, and of V Vᵀ against the identity.
    fn defects(matrix: &[f64], n: usize) -> (f64, f64) {
        let (mut vectors, mut values) = (matrix.to_vec(), vec![0.0; n]);
        assert!(decompose(&mut vectors, &mut values));
        let product = |i: usize, j: usize, weight: &dyn Fn(usize) -> f64| -> f64 {
            (0..n).map(|k| vectors[k * n + i] * weight(k) * vectors[k * n + j]).sum()
        };
        let (mut rebuilt, mut unit) = (0.0f64, 0.0f64);
        for i in 0..n {
            for j in 0..n {
                rebuilt = rebuilt.max((product(i, j, &|k| values[k]) - matrix[i * n + j]).abs());
                unit = unit.max((product(i, j, &|_| 1.0) - f64::from(u8::from(i == j))).abs());
            }
        }
        (rebuilt, unit)
    }

    #[test]
    fn a_known_matrix_has_its_known_eigenvalues() {
        // 2 on the diagonal, -1 beside it: 2 - 2 cos(kπ/4).
        let mut matrix = vec![2.0, -1.0, 0.0, -1.0, 2.0, -1.0, 0.0, -1.0, 2.0];
        let mut values = vec![0.0; 3];
        assert!(decompose(&mut matrix, &mut values));
        values.sort_by(f64::total_cmp);
        for (found, wanted) in values.iter().zip([2.0 - 2f64.sqrt(), 2.0, 2.0 + 2f64.sqrt()]) {
            assert!((found - wanted).abs() < 1e-14, "{values:?}");
        }
    }

    #[test]
    fn random_matrices_are_rebuilt_from_their_eigenvectors() {
        let mut rng = Seed(1).stream("eigen");
        for n in [1, 2, 3, 5, 10, 40] {
            for spread in [0.0, 3.0, 6.0] {
                let scale: Vec<f64> =
                    (0..n).map(|_| libm::pow(10.0, spread * (rng.uniform() - 0.5))).collect();
                let mut matrix = vec![0.0; n * n];
                for i in 0..n {
                    for j in 0..=i {
                        let x = rng.normal() * scale[i] * scale[j];
                        (matrix[i * n + j], matrix[j * n + i]) = (x, x);
                    }
                }
                let size = matrix.iter().fold(0.0f64, |size, x| size.max(x.abs()));
                let (rebuilt, unit) = defects(&matrix, n);
                assert!(
                    rebuilt < 1e-13 * size * n as f64 && unit < 1e-13 * n as f64,
                    "{n}: {rebuilt} {unit}"
                );
            }
        }
    }

    #[test]
    fn diagonal_and_singular_matrices_are_no_special_case() {
        for matrix in [[0.0; 9], [3.0, 0.0, 0.0, 0.0, 3.0, 0.0, 0.0, 0.0, -1.0], [1.0; 9]] {
            let (rebuilt, unit) = defects(&matrix, 3);
            assert!(rebuilt < 1e-14 && unit < 1e-14, "{matrix:?}: {rebuilt} {unit}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        let mut matrix = [1.0, f64::NAN, f64::NAN, 1.0];
        assert!(!decompose(&mut matrix, &mut [0.0; 2]));
    }
}
