//! Friedman's test (Friedman 1937) with the correction for ties (Conover 1999, section 5.8).

use super::distributions::chi_squared_survival;
use super::ranks::ranks;

/// The result of Friedman's test.
#[derive(Debug, Clone, PartialEq)]
pub struct Friedman {
    /// χ², corrected for ties.
    pub statistic: f64,
    /// P(χ² as large) with one degree of freedom fewer than treatments.
    pub p: f64,
    /// Mean rank of each treatment, 1 for the smallest values.
    pub mean_ranks: Vec<f64>,
}

/// Tests whether treatments differ, given their values by block, all blocks of the same length. `None` with fewer than
/// three treatments or two blocks, for which the χ² distribution does not hold. Where all values of every block are tied,
/// nothing differs: 0 and 1.
pub fn friedman(blocks: &[Vec<f64>]) -> Option<Friedman> {
    let (n, k) = (blocks.len(), blocks.first()?.len());
    if n < 2 || k < 3 || blocks.iter().any(|block| block.len() != k) {
        return None;
    }
    let (mut sums, mut tied) = (vec![0.0; k], 0.0);
    for block in blocks {
        let (ranks, ties) = ranks(block);
        sums.iter_mut().zip(&ranks).for_each(|(sum, rank)| *sum += rank);
        tied += ties.iter().map(|t| cube(*t)).sum::<f64>();
    }
    let (n, k) = (n as f64, k as f64);
    let correction = 1.0 - tied / (n * k * (k * k - 1.0));
    let squares: f64 = sums.iter().map(|sum| sum * sum).sum();
    let plain = 12.0 / (k * n * (k + 1.0)) * squares - 3.0 * n * (k + 1.0);
    let statistic = if correction > 0.0 { plain / correction } else { 0.0 };
    let p = chi_squared_survival(statistic, k - 1.0);
    Some(Friedman { statistic, p, mean_ranks: sums.iter().map(|sum| sum / n).collect() })
}

/// t³ − t.
fn cube(t: usize) -> f64 {
    let t = t as f64;
    t * t * t - t
}
