//! Arithmetic with twice the digits of `f64`, from nothing but IEEE sums and products, so that a table
//! rounded from it is the same on every platform.

const LN_2: Double = Double(std::f64::consts::LN_2, 2.3190468138462996e-17);

/// The unevaluated sum of two `f64`, about 106 bits (Dekker 1971).
#[derive(Clone, Copy)]
pub(super) struct Double(pub(super) f64, pub(super) f64);

impl Double {
    /// Knuth's error-free sum.
    fn sum(a: f64, b: f64) -> Self {
        let sum = a + b;
        let part = sum - a;
        Self(sum, (a - (sum - part)) + (b - part))
    }

    /// Dekker's error-free product.
    fn product(a: f64, b: f64) -> Self {
        let ((a_high, a_low), (b_high, b_low)) = (split(a), split(b));
        let product = a * b;
        Self(product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low)
    }

    pub(super) fn plus(self, other: Self) -> Self {
        let Self(high, low) = Self::sum(self.0, other.0);
        let Self(carry, rest) = Self::sum(self.1, other.1);
        let Self(high, low) = Self::sum(high, low + carry);
        Self::sum(high, low + rest)
    }

    pub(super) fn times(self, other: Self) -> Self {
        let Self(high, low) = Self::product(self.0, other.0);
        Self::sum(high, low + (self.0 * other.1 + self.1 * other.0))
    }

    /// Two Newton corrections of the quotient of the leading parts.
    pub(super) fn over(self, other: Self) -> Self {
        let mut quotient = Self(self.0 / other.0, 0.0);
        for _ in 0..2 {
            let rest = self.plus(quotient.times(other).scale(-1.0));
            quotient = quotient.plus(Self(rest.0 / other.0, 0.0));
        }
        quotient
    }

    /// Exact for a power of two or a sign.
    pub(super) fn scale(self, factor: f64) -> Self {
        Self(self.0 * factor, self.1 * factor)
    }

    /// Taylor's series of the argument reduced by ln 2 and halved four times.
    pub(super) fn exp(self) -> Self {
        let power = (self.0 / LN_2.0).round();
        let small = self.plus(LN_2.times(Self(-power, 0.0))).scale(1.0 / 16.0);
        let mut sum = Self(1.0, 0.0);
        for term in (1..=18).rev() {
            sum = Self(1.0, 0.0).plus(small.times(sum).over(Self(f64::from(term), 0.0)));
        }
        for _ in 0..4 {
            sum = sum.times(sum);
        }
        sum.scale(f64::powi(2.0, power as i32))
    }

    /// One Newton step, which doubles the digits of the guess.
    pub(super) fn ln(self) -> Self {
        let guess = Self(libm::log(self.0), 0.0);
        let ratio = self.times(guess.scale(-1.0).exp());
        guess.plus(ratio.plus(Self(-1.0, 0.0)))
    }

    /// The whole part of a positive value.
    pub(super) fn whole(self) -> u64 {
        let floor = self.0.floor();
        let below = (self.0 - floor) + self.1 < 0.0;
        floor as u64 - u64::from(below)
    }
}

/// Veltkamp's split into two halves of 26 bits.
fn split(value: f64) -> (f64, f64) {
    let shifted = 134_217_729.0 * value; // 2^27 + 1
    let high = shifted - (shifted - value);
    (high, value - high)
}
