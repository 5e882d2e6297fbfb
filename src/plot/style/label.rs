//! Numbers as tick labels: exact decimals, never the digits of a binary fraction.

use crate::terminal::count;

/// A number `digits × 10^exponent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decimal {
    /// Significant digits.
    pub(crate) digits: i64,
    /// Power of ten.
    pub(crate) exponent: i32,
}

impl Decimal {
    /// The nearest number that a computer has; infinite beyond its range.
    pub(crate) fn value(self) -> f64 {
        // Parsing rounds correctly; a power of ten may not.
        format!("{}e{}", self.digits, self.exponent).parse().unwrap_or(f64::NAN)
    }

    /// Whether it reads better without an exponent.
    pub(crate) fn is_plain(self) -> bool {
        self.digits == 0 || (1e-3..1e6).contains(&self.value().abs())
    }

    /// `−12,000`, `0.25`: as many decimals as the exponent asks for.
    pub(crate) fn plain(self) -> String {
        if self.digits == 0 {
            return "0".into();
        }
        let mut digits = self.digits.unsigned_abs().to_string();
        let decimals = usize::try_from(-self.exponent).unwrap_or(0);
        digits.extend(std::iter::repeat_n('0', usize::try_from(self.exponent).unwrap_or(0)));
        let padded = format!("{digits:0>width$}", width = decimals + 1);
        let (whole, fraction) = padded.split_at(padded.len() - decimals);
        let point = if fraction.is_empty() { "" } else { "." };
        let whole = whole.parse().map_or_else(|_| whole.to_owned(), count);
        format!("{}{whole}{point}{fraction}", self.sign())
    }

    /// `−1.5e9`: no trailing zeros.
    pub(crate) fn scientific(self) -> String {
        if self.digits == 0 {
            return "0".into();
        }
        let digits = self.digits.unsigned_abs().to_string();
        let power = self.exponent + digits.len() as i32 - 1;
        let (first, rest) = digits.split_at(1);
        let rest = rest.trim_end_matches('0');
        let point = if rest.is_empty() { "" } else { "." };
        let minus = if power < 0 { "−" } else { "" };
        format!("{}{first}{point}{rest}e{minus}{}", self.sign(), power.abs())
    }

    fn sign(self) -> &'static str {
        if self.digits < 0 { "−" } else { "" }
    }
}

/// Labels of the ticks of one axis: all plain or all scientific.
pub(crate) fn uniform(ticks: &[Decimal]) -> Vec<String> {
    let largest = ticks.iter().map(|tick| tick.value().abs()).fold(0.0, f64::max);
    let plain = largest == 0.0 || (1e-3..1e6).contains(&largest);
    ticks.iter().map(|tick| if plain { tick.plain() } else { tick.scientific() }).collect()
}

/// A number rounded to three significant digits, for notes.
pub(crate) fn rounded(value: f64) -> String {
    let text = format!("{value:.2e}");
    let Some((mantissa, power)) = text.split_once('e') else { return text };
    let digits = mantissa.replace('.', "").parse().unwrap_or(0);
    let mut short = Decimal { digits, exponent: power.parse().unwrap_or(0) - 2 };
    while short.digits != 0 && short.digits % 10 == 0 {
        short = Decimal { digits: short.digits / 10, exponent: short.exponent + 1 };
    }
    if short.is_plain() { short.plain() } else { short.scientific() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(digits: i64, exponent: i32) -> Decimal {
        Decimal { digits, exponent }
    }

    #[test]
    fn tenths_are_tenths() {
        assert_eq!(of(3, -1).plain(), "0.3");
        assert_eq!(of(-10, -1).plain(), "−1.0");
        assert_eq!(of(-5, -3).plain(), "−0.005");
        assert_eq!(of(0, -1).plain(), "0");
    }

    #[test]
    fn thousands_are_parted() {
        assert_eq!(of(999, 0).plain(), "999");
        assert_eq!(of(1, 3).plain(), "1,000");
        assert_eq!(of(-123_456, 0).plain(), "−123,456");
    }

    #[test]
    fn exponents_from_a_million_up_and_below_a_thousandth() {
        assert_eq!(uniform(&[of(0, 5), of(999_999, 0)]), ["0", "999,999"]);
        assert_eq!(uniform(&[of(0, 5), of(5, 5), of(10, 5)]), ["0", "5e5", "1e6"]);
        assert_eq!(uniform(&[of(5, -4), of(10, -4)]), ["0.0005", "0.0010"]);
        assert_eq!(uniform(&[of(-9, -4), of(3, -4)]), ["−9e−4", "3e−4"]);
        assert_eq!(of(-15, 307).scientific(), "−1.5e308");
    }

    #[test]
    fn notes_have_three_significant_digits() {
        assert_eq!(rounded(-1234.5), "−1,230");
        assert_eq!(rounded(0.1 + 0.2), "0.3");
        assert_eq!(rounded(0.0), "0");
        assert_eq!(rounded(f64::MAX), "1.8e308");
        assert_eq!(rounded(5e-324), "4.94e−324");
    }
}
