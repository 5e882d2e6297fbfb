//! A permutation of the numbers below n that needs no table.

use rl_env::seed::Seed;

const ROUNDS: u64 = 6;

/// Where the permutation of `0..count` takes `place`; `count` is at most 2¹²⁶.
pub(super) fn shuffled(place: u64, count: u128, key: Seed) -> u128 {
    // Two halves of equal width, so that their product covers the count.
    let bits = (128 - count.saturating_sub(1).leading_zeros()).div_ceil(2).max(1);
    let mask = u64::MAX >> (64 - bits);
    let mut at = u128::from(place);
    loop {
        let (mut left, mut right) = ((at >> bits) as u64, at as u64 & mask);
        for round in 0..ROUNDS {
            let mixed = mix(right ^ mix(key.0.wrapping_add(round))) & mask;
            (left, right) = (right, left ^ mixed);
        }
        at = u128::from(left) << bits | u128::from(right);
        // Cycle walking: the network permutes the power of four, the walk stays below the count. It ends, at the
        // latest where it began, after at most four steps on average.
        if at < count {
            return at;
        }
    }
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood 2014).
fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ x >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ x >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_occurs_once() {
        for count in [1, 2, 3, 4, 5, 16, 17, 100, 1000, 4097] {
            let mut all: Vec<u128> =
                (0..count).map(|place| shuffled(place, u128::from(count), Seed(7))).collect();
            all.sort_unstable();
            assert_eq!(all, (0..u128::from(count)).collect::<Vec<_>>(), "{count}");
        }
    }

    #[test]
    fn huge_counts_are_permuted_too() {
        for bits in [63, 64, 65, 100, 126] {
            let count = (1u128 << bits) - 5;
            let mut all: Vec<u128> = (0..1000).map(|place| shuffled(place, count, Seed(7))).collect();
            assert!(all.iter().filter(|rank| **rank < count / 2).count().abs_diff(500) < 80);
            all.sort_unstable();
            all.dedup();
            assert!(all.len() == 1000 && all[999] < count);
        }
    }
}
