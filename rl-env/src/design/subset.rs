//! Subsets of bounded size: sampling, steps and ranks.

use libm::{exp, log};

use super::Value;
use crate::seed::Rng;

/// n over k, `None` beyond `u128`.
pub(super) fn binomial(n: usize, k: usize) -> Option<u128> {
    let k = k.min(n.checked_sub(k)?);
    (0..k as u128).try_fold(1u128, |product, i| Some(product.checked_mul(n as u128 - i)? / (i + 1)))
}

/// Uniform over all subsets of the allowed sizes: the size in proportion to how many sets have it, then members.
pub(super) fn sample(n: usize, min: usize, max: usize, rng: &mut Rng) -> Value {
    if (min, max) == (0, n) {
        return Value::Subset((0..n).map(|_| rng.next_u32() & 1 == 1).collect());
    }
    // In logarithms: n over k itself overflows from n = 1030.
    let logs: Vec<f64> = (min..max)
        .scan(0.0, |sum, k| {
            *sum += log((n - k) as f64 / (k + 1) as f64);
            Some(*sum)
        })
        .collect();
    let peak = logs.iter().copied().fold(0.0, f64::max);
    let weights: Vec<f64> = [0.0].iter().chain(&logs).map(|l| exp(l - peak)).collect();
    let size = min + rng.weighted(&weights).unwrap_or(0);
    let mut flags = vec![false; n];
    rng.distinct(n, size).into_iter().for_each(|member| flags[member] = true);
    Value::Subset(flags.into())
}

/// Single members added or removed; where the size is fixed, one member exchanged for another.
pub(super) fn neighbours(flags: &[bool], min: usize, max: usize) -> Vec<Value> {
    if min < max {
        let sizes = min..=max;
        let flipped = (0..flags.len()).map(|i| with_flips(flags, &[i]));
        return flipped.filter(|next| sizes.contains(&size(next))).map(Value::Subset).collect();
    }
    let pairs = (0..flags.len()).flat_map(|i| (0..i).map(move |j| [j, i]));
    pairs
        .filter(|[j, i]| flags[*j] != flags[*i])
        .map(|pair| Value::Subset(with_flips(flags, &pair)))
        .collect()
}

/// One member flipped, and another the other way where the size would not fit; the only set there is stays.
pub(super) fn mutate(flags: &[bool], min: usize, max: usize, rng: &mut Rng) -> Value {
    let i = rng.index(flags.len());
    let next = with_flips(flags, &[i]);
    if (min..=max).contains(&size(&next)) {
        return Value::Subset(next);
    }
    let others: Vec<usize> = (0..flags.len()).filter(|j| flags[*j] != flags[i]).collect();
    Value::Subset(rng.choice(&others).map_or_else(|| flags.into(), |j| with_flips(flags, &[i, *j])))
}

/// Smaller subsets first; within a size, sets that hold the earlier items first.
pub(super) fn of_rank(n: usize, min: usize, max: usize, mut rank: u128) -> Option<Value> {
    let mut size = min;
    while size <= max {
        let count = binomial(n, size)?;
        if rank < count {
            break;
        }
        rank -= count;
        size += 1;
    }
    let mut flags = vec![false; n];
    for (i, flag) in flags.iter_mut().enumerate() {
        let with = if size == 0 { 0 } else { binomial(n - i - 1, size - 1).unwrap_or(0) };
        *flag = rank < with;
        if *flag {
            size -= 1;
        } else {
            rank -= with;
        }
    }
    (size == 0).then(|| Value::Subset(flags.into()))
}

/// The inverse of [`of_rank`].
pub(super) fn rank(flags: &[bool], min: usize, max: usize) -> Option<u128> {
    let n = flags.len();
    let mut size = size(flags);
    debug_assert!((min..=max).contains(&size));
    let mut rank = (min..size).try_fold(0u128, |sum, k| sum.checked_add(binomial(n, k)?))?;
    for (i, member) in flags.iter().enumerate() {
        if *member {
            size -= 1;
        } else if size > 0 {
            rank = rank.checked_add(binomial(n - i - 1, size - 1)?)?;
        }
    }
    Some(rank)
}

fn size(flags: &[bool]) -> usize {
    flags.iter().filter(|flag| **flag).count()
}

fn with_flips(flags: &[bool], at: &[usize]) -> Box<[bool]> {
    let mut next: Box<[bool]> = flags.into();
    at.iter().for_each(|i| next[*i] = !next[*i]);
    next
}
