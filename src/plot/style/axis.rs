//! Axes: where values lie between two ends, and which ticks name them.

use super::label::{self, Decimal};
use super::text;

/// Size of tick labels in pixels.
pub(crate) const TICK_SIZE: f64 = 11.0;
/// Free room that a range leaves at both of its ends.
const PADDING: f64 = 0.04;
/// Ratio of the ends from which equal steps hide more than they show.
const LOG_RATIO: f64 = 100.0;
/// Part of an axis below which outliers may not squeeze the rest.
const LEAST_PART: f64 = 1.0 / 3.0;
/// Range below which values count as one, relative to their size.
const CONSTANT: f64 = 1e-6;
/// Range below which values count as one; near the smallest numbers, steps cannot be divided further.
const TINY: f64 = 1e-290;

#[derive(Debug, Clone, PartialEq)]
enum Scale {
    Linear,
    /// Logarithm of positive values.
    Log,
    /// Logarithm of what is lost: −1000, −100, −10.
    NegativeLog,
    /// Named rows from top to bottom; row `i` spans `i..i + 1`.
    Rows(Vec<String>),
}

/// A named place on an axis.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tick {
    /// Between 0 (low end) and 1 (high end).
    pub(crate) at: f64,
    /// What is written there.
    pub(crate) label: String,
}

/// Which way an axis runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Low end on the left.
    Across,
    /// Low end at the bottom.
    Up,
}

/// One axis of a panel.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Axis {
    scale: Scale,
    /// Ends in the scale's own measure.
    low: f64,
    high: f64,
    /// Lowest value shown if there are lower ones.
    pub(crate) cut: Option<f64>,
}

impl Axis {
    /// Counts from one to `most`, on a log scale.
    pub(crate) fn counts(most: u64) -> Self {
        Self { scale: Scale::Log, low: 0.0, high: libm::log10(most.max(2) as f64), cut: None }
    }

    /// Values from `low` to `high` in even steps, without room beyond; the low end may be the larger one.
    pub(crate) fn even(low: f64, high: f64) -> Self {
        let high = if (high - low).abs() < TINY { low + 1.0 } else { high };
        Self { scale: Scale::Linear, low, high, cut: None }
    }

    /// Positive values from `low` to `high` on a log scale.
    pub(crate) fn ratios(low: f64, high: f64) -> Self {
        let measure = |value: f64| libm::log10(value.max(f64::MIN_POSITIVE));
        let (low, high) = (measure(low), measure(high.max(low * 2.0)));
        Self { scale: Scale::Log, low, high, cut: None }
    }

    /// Named rows, the first on top.
    pub(crate) fn rows(names: Vec<String>) -> Self {
        Self { low: names.len().max(1) as f64, high: 0.0, scale: Scale::Rows(names), cut: None }
    }

    /// Nothing to show.
    pub(crate) fn blank() -> Self {
        Self::rows(Vec::new())
    }

    /// Rewards up to `high`. Values down to `low` are shown in any case, those down to `worst` if they cost less than
    /// two thirds of the axis. Rewards of one sign that differ a hundredfold get a log scale. All three are finite.
    pub(crate) fn rewards(worst: f64, low: f64, high: f64) -> Self {
        let (high, low) = (high.max(low), low.min(high));
        let worst = worst.min(low);
        let scale = match (low, high) {
            (low, high) if low > 0.0 && high / low >= LOG_RATIO && worst > 0.0 => Scale::Log,
            (low, high) if high < 0.0 && low / high >= LOG_RATIO => Scale::NegativeLog,
            _ => Scale::Linear,
        };
        let mut axis = Self { scale, low: 0.0, high: 0.0, cut: None };
        let [w, l, h] = [worst, low, high].map(|value| axis.measure(value));
        let cut = halves(h, l) < halves(h, w) * LEAST_PART;
        (axis.low, axis.high) = axis.widen(if cut { l } else { w }, h);
        // On the wider axis of a lone value, the worst may show all the same.
        axis.cut = (cut && axis.between(w) < 0.0).then_some(low);
        axis
    }

    /// Room around the values; a lone value gets an axis of its own size.
    fn widen(&self, low: f64, high: f64) -> (f64, f64) {
        let size = low.abs().max(high.abs());
        let half = halves(high, low);
        let room = match half {
            _ if size < TINY => 1.0,
            _ if half < CONSTANT * size / 2.0 => size * 0.05,
            _ => half * 2.0 * PADDING,
        };
        ((low - room).max(-f64::MAX), (high + room).min(f64::MAX))
    }

    fn measure(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Linear | Scale::Rows(_) => value,
            Scale::Log => libm::log10(value.max(f64::MIN_POSITIVE)),
            Scale::NegativeLog => -libm::log10((-value).max(f64::MIN_POSITIVE)),
        }
    }

    /// Where a value lies: 0 at the low end, 1 at the high end, beyond them if it is outside.
    pub(crate) fn place(&self, value: f64) -> f64 {
        self.between(self.measure(value))
    }

    fn between(&self, measure: f64) -> f64 {
        // Halves, since the difference of huge values of both signs overflows.
        (measure / 2.0 - self.low / 2.0) / (self.high / 2.0 - self.low / 2.0)
    }

    /// Whether steps are those of a logarithm.
    pub(crate) fn is_log(&self) -> bool {
        matches!(self.scale, Scale::Log | Scale::NegativeLog)
    }

    /// Whether the ticks name rows.
    pub(crate) fn has_rows(&self) -> bool {
        matches!(self.scale, Scale::Rows(_))
    }

    /// As many ticks as `length` pixels hold without crowding.
    pub(crate) fn ticks(&self, length: f64, direction: Direction) -> Vec<Tick> {
        if let Scale::Rows(names) = &self.scale {
            let tick = |(i, name): (usize, &String)| (self.between(i as f64 + 0.5), name.clone());
            return names.iter().enumerate().map(tick).map(|(at, label)| Tick { at, label }).collect();
        }
        let mut fallback = Vec::new();
        for ticks in self.candidates() {
            if ticks.len() >= 2 && has_room(&ticks, length, direction) {
                return ticks;
            }
            if !ticks.is_empty() {
                fallback = ticks;
            }
        }
        fallback.truncate(1);
        fallback
    }

    /// Sets of ticks, the densest first.
    fn candidates(&self) -> Vec<Vec<Tick>> {
        match self.scale {
            Scale::Linear => (1..=6).rev().map(|n| self.linear(n)).collect(),
            _ => {
                let fine: [&[i64]; 3] = [&[1, 2, 5], &[1, 3], &[1]];
                let decades = [2, 3, 5, 10, 20, 50, 100, 200];
                let fine = fine.iter().filter(|d| d.len() == 1 || self.high - self.low < 2.0);
                fine.map(|digits| self.decades(digits, 1))
                    .chain(decades.map(|stride| self.decades(&[1], stride)))
                    .collect()
            }
        }
    }

    /// Multiples of 1, 2 or 5 times a power of ten that part the axis about `parts` times.
    fn linear(&self, parts: u32) -> Vec<Tick> {
        let (lower, upper) = (self.low.min(self.high), self.low.max(self.high));
        let raw = halves(upper, lower) / (f64::from(parts) / 2.0);
        let below = libm::floor(libm::log10(raw)) as i32;
        let steps = [(1, below), (2, below), (5, below), (1, below + 1)];
        let size = |(digits, exponent): (i64, i32)| Decimal { digits, exponent }.value();
        let (digits, exponent) = steps.into_iter().find(|s| size(*s) >= raw * 0.999).unwrap_or(steps[3]);
        let step = size((digits, exponent));
        // A tick on the very end must not fall to rounding.
        let (first, last) = (libm::ceil(lower / step - 1e-9) as i64, libm::floor(upper / step + 1e-9) as i64);
        let ticks: Vec<Decimal> = (first..=last.min(first.saturating_add(20)))
            .map(|n| Decimal { digits: n.saturating_mul(digits), exponent })
            .filter(|tick| tick.value().is_finite())
            .collect();
        self.name(&ticks, label::uniform(&ticks))
    }

    /// `digits × 10^k` for every `stride`-th `k`.
    fn decades(&self, digits: &[i64], stride: i32) -> Vec<Tick> {
        let negative = self.scale == Scale::NegativeLog;
        let (low, high) = if negative { (-self.high, -self.low) } else { (self.low, self.high) };
        let (first, last) = (libm::floor(low) as i32, libm::floor(high) as i32);
        let sign = if negative { -1 } else { 1 };
        let mut ticks: Vec<Decimal> = (first..=last)
            .filter(|exponent| exponent.rem_euclid(stride) == 0)
            .flat_map(|exponent| digits.iter().map(move |d| Decimal { digits: sign * d, exponent }))
            .collect();
        if negative {
            ticks.reverse();
        }
        let text = |tick: &Decimal| if tick.is_plain() { tick.plain() } else { tick.scientific() };
        self.name(&ticks, ticks.iter().map(text).collect())
    }

    fn name(&self, ticks: &[Decimal], labels: Vec<String>) -> Vec<Tick> {
        let placed =
            ticks.iter().zip(labels).map(|(tick, label)| Tick { at: self.place(tick.value()), label });
        placed.filter(|tick| (-1e-9..=1.0 + 1e-9).contains(&tick.at)).collect()
    }
}

/// Half the distance of two values; the whole may be beyond the largest number.
fn halves(high: f64, low: f64) -> f64 {
    high / 2.0 - low / 2.0
}

/// How far a label may reach beyond the ends of a horizontal axis.
const OVERHANG: f64 = 12.0;

/// Left and right end of a label on a horizontal axis of `length` pixels, kept from reaching far beyond its ends.
pub(crate) fn extent(tick: &Tick, length: f64) -> (f64, f64) {
    let width = text::width(&tick.label, TICK_SIZE, false);
    let left = (tick.at * length - width / 2.0).min(length + OVERHANG - width).max(-OVERHANG);
    (left, left + width)
}

/// Whether labels stay apart.
fn has_room(ticks: &[Tick], length: f64, direction: Direction) -> bool {
    ticks.windows(2).all(|pair| match direction {
        Direction::Up => (pair[1].at - pair[0].at) * length >= 22.0,
        Direction::Across => extent(&pair[1], length).0 - extent(&pair[0], length).1 >= 10.0,
    })
}

#[cfg(test)]
#[path = "axis_tests.rs"]
mod tests;
