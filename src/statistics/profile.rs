//! Performance profiles: how much of the runs scores above each threshold (Agarwal et al. 2021, section 4.2).

use rayon::prelude::*;
use rl_env::seed::Seed;

use super::{Interval, Strata, quantile};

/// The share of scores above each of the ascending `thresholds`, mean over strata that have scores, each with its pointwise
/// 95 % interval from a bootstrap stratified by problem. Empty without scores.
pub fn profile(scores: &Strata<f64>, thresholds: &[f64], replicates: u64, seed: Seed) -> Vec<Interval> {
    // Number of thresholds below each score.
    let passed = |score: &f64| thresholds.partition_point(|t| t < score);
    let strata: Strata<usize> = scores.iter().map(|s| s.iter().map(passed).collect()).collect();
    let strata: Strata<usize> = strata.into_iter().filter(|s: &Vec<usize>| !s.is_empty()).collect();
    if strata.is_empty() {
        return Vec::new();
    }
    let estimate = shares(&strata, thresholds.len(), |stratum, i| stratum[i]);
    let replicate = |index: u64| {
        let mut rng = seed.child("replicate", index).stream("profile");
        shares(&strata, thresholds.len(), |stratum, _| stratum[rng.index(stratum.len())])
    };
    let draws: Vec<Vec<f64>> = (0..replicates).into_par_iter().map(replicate).collect();
    let interval = |(at, estimate): (usize, f64)| {
        let mut values: Vec<f64> = draws.iter().map(|draw| draw[at]).collect();
        values.sort_unstable_by(f64::total_cmp);
        let end = |q| quantile(&values, q).unwrap_or(estimate);
        Interval { estimate, low: end(0.025), high: end(0.975) }
    };
    estimate.into_iter().enumerate().map(interval).collect()
}

/// The profile of scores that `pick` chooses from each stratum.
fn shares(
    strata: &Strata<usize>,
    thresholds: usize,
    mut pick: impl FnMut(&[usize], usize) -> usize,
) -> Vec<f64> {
    let mut shares = vec![0.0; thresholds];
    let mut counts = vec![0_u64; thresholds + 1];
    for stratum in strata {
        counts.fill(0);
        (0..stratum.len()).for_each(|i| counts[pick(stratum, i)] += 1);
        let mut above = 0;
        for at in (0..thresholds).rev() {
            above += counts[at + 1];
            shares[at] += above as f64 / stratum.len() as f64;
        }
    }
    shares.iter_mut().for_each(|share| *share /= strata.len() as f64);
    shares
}
