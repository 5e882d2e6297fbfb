//! Medians of streams: exact for as long as the values fit, then from a histogram with a bounded relative error.

use std::collections::BTreeMap;

/// Values kept as they are.
const MOST_EXACT: usize = 1 << 17;
/// Leading bits of a number (sign, exponent, 9 bits of the fraction) that name its bucket.
const BUCKET_BITS: u32 = 1 + 11 + 9;

/// Largest relative error of a median that is not exact: half a bucket.
pub const RELATIVE_ERROR: f64 = 1.0 / 1024.0;

/// The median of a stream of numbers.
#[derive(Debug, Clone, Default)]
pub struct Quantiles {
    exact: Vec<f64>,
    buckets: BTreeMap<u32, u64>,
    count: u64,
}

impl Quantiles {
    /// Adds a number that is not NaN.
    pub fn add(&mut self, x: f64) {
        self.count += 1;
        if !self.buckets.is_empty() {
            *self.buckets.entry(bucket(x)).or_default() += 1;
            return;
        }
        self.exact.push(x);
        if self.exact.len() > MOST_EXACT {
            for x in std::mem::take(&mut self.exact) {
                *self.buckets.entry(bucket(x)).or_default() += 1;
            }
        }
    }

    /// Whether the median is exact rather than within [`RELATIVE_ERROR`].
    pub fn is_exact(&self) -> bool {
        self.buckets.is_empty()
    }

    /// The median; of an even number of values the mean of the two in the middle.
    pub fn median(&mut self) -> Option<f64> {
        if self.count == 0 {
            return None;
        }
        let (low, high) = ((self.count - 1) / 2, self.count / 2);
        if low == high { Some(self.at(low)) } else { Some(self.at(low) / 2.0 + self.at(high) / 2.0) }
    }

    /// The value of rank `rank`, from 0.
    fn at(&mut self, rank: u64) -> f64 {
        if self.buckets.is_empty() {
            return *self.exact.select_nth_unstable_by(rank as usize, f64::total_cmp).1;
        }
        let mut below = 0;
        let holds = |(_, n): &(&u32, &u64)| {
            below += **n;
            below > rank
        };
        self.buckets.iter().find(holds).map_or(f64::NAN, |(bucket, _)| middle(*bucket))
    }
}

/// Buckets in the order of the numbers: the bits of a positive double are ordered like it, those of a negative one
/// the other way round.
fn bucket(x: f64) -> u32 {
    let bits = (x + 0.0).to_bits();
    let ordered = if bits >> 63 == 1 { !bits } else { bits | 1 << 63 };
    (ordered >> (64 - BUCKET_BITS)) as u32
}

fn middle(bucket: u32) -> f64 {
    let edge = |b: u64| {
        let ordered = b << (64 - BUCKET_BITS);
        f64::from_bits(if ordered >> 63 == 1 { ordered & !(1 << 63) } else { !ordered })
    };
    let low = edge(u64::from(bucket));
    let high = edge(u64::from(bucket) + 1);
    // The numbers 0 and infinity are the lower ends of their buckets, and what they mostly stand for.
    if low == 0.0 || !low.is_finite() || !high.is_finite() { low } else { low / 2.0 + high / 2.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn median(values: impl IntoIterator<Item = f64>) -> (f64, bool) {
        let mut quantiles = Quantiles::default();
        values.into_iter().for_each(|x| quantiles.add(x));
        (quantiles.median().unwrap(), quantiles.is_exact())
    }

    #[test]
    fn small_streams_are_exact() {
        assert_eq!(median([3.0, 1.0, 2.0]), (2.0, true));
        assert_eq!(median([4.0, 1.0, 2.0, 3.0]), (2.5, true));
        assert_eq!(Quantiles::default().median(), None);
    }

    #[test]
    fn large_streams_are_within_the_stated_error() {
        let n = 3 * MOST_EXACT;
        for scale in [1e-9, 1.0, -7.5e12] {
            let (found, exact) = median((0..n).map(|i| scale * (1.0 + i as f64)));
            let truth = scale * (1.0 + n as f64) / 2.0;
            assert!(!exact && (found / truth - 1.0).abs() <= RELATIVE_ERROR, "{found} for {truth}");
        }
        assert_eq!(median(vec![0.0; n]).0, 0.0);
    }

    #[test]
    fn buckets_are_ordered_like_the_numbers() {
        let numbers = [f64::NEG_INFINITY, -1e300, -2.0, -1e-300, 0.0, 1e-300, 1.0, 2.0, f64::INFINITY];
        assert!(numbers.windows(2).all(|pair| bucket(pair[0]) < bucket(pair[1])));
        assert_eq!(bucket(0.0), bucket(-0.0));
    }
}
