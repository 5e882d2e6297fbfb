//! Logarithms of Beta functions and binomials.

use std::sync::LazyLock;

/// Integers below it have their ln Γ in a table.
const TABLE: usize = 2048;

/// ln Γ of 0, 1, 2 and so on. (Γ has a pole at 0, which nothing asks for.)
static LN_GAMMA: LazyLock<Vec<f64>> = LazyLock::new(|| (0..TABLE).map(|x| libm::lgamma(x as f64)).collect());

/// ln Γ(x) for x > 0.
pub(super) fn ln_gamma(x: f64) -> f64 {
    let whole = x as usize;
    if whole < TABLE && whole as f64 == x { LN_GAMMA[whole] } else { libm::lgamma(x) }
}

/// ln B(a, b) for a, b > 0.
pub(super) fn ln_beta(a: f64, b: f64) -> f64 {
    ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b)
}

/// ln of the number of ways to take `k` of `n`.
pub(super) fn ln_choose(n: f64, k: f64) -> f64 {
    ln_gamma(n + 1.0) - ln_gamma(k + 1.0) - ln_gamma(n - k + 1.0)
}

/// A sum of exponentials that never overflows.
#[derive(Debug, Clone, Copy)]
pub(super) struct LogSum {
    largest: f64,
    sum: f64,
}

impl LogSum {
    /// Nothing: the logarithm of 0.
    pub(super) const EMPTY: Self = Self { largest: f64::NEG_INFINITY, sum: 0.0 };

    /// Adds exp(`term`).
    pub(super) fn add(&mut self, term: f64) {
        if term == f64::NEG_INFINITY {
            return;
        }
        if term > self.largest {
            self.sum = self.sum * libm::exp(self.largest - term) + 1.0;
            self.largest = term;
        } else {
            self.sum += libm::exp(term - self.largest);
        }
    }

    /// ln of the sum.
    pub(super) fn ln(self) -> f64 {
        self.largest + libm::log(self.sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beta_function_of_small_integers_is_a_fraction() {
        for (a, b, fraction) in [(1.0, 1.0, 1.0), (2.0, 3.0, 1.0 / 12.0), (10.0, 1.0, 0.1)] {
            assert!((ln_beta(a, b) - f64::ln(fraction)).abs() < 1e-14, "B({a}, {b})");
        }
        assert!((ln_choose(10.0, 3.0) - f64::ln(120.0)).abs() < 1e-13);
    }

    #[test]
    fn the_table_meets_the_function_at_its_end() {
        for x in [2047.0, 2048.0, 2047.5] {
            assert_eq!(ln_gamma(x).to_bits(), libm::lgamma(x).to_bits());
        }
    }

    #[test]
    fn a_sum_of_tiny_terms_is_not_zero() {
        let mut sum = LogSum::EMPTY;
        [-5000.0, -4999.0, f64::NEG_INFINITY, -5001.0].into_iter().for_each(|term| sum.add(term));
        let expected = -5000.0 + libm::log(1.0 + libm::exp(1.0) + libm::exp(-1.0));
        assert!((sum.ln() - expected).abs() < 1e-12);
        assert_eq!(LogSum::EMPTY.ln(), f64::NEG_INFINITY);
    }
}
