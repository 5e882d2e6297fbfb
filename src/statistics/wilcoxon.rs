//! Wilcoxon's signed-rank test (Wilcoxon 1945), two-sided; zeros are dropped.

use super::distributions::normal_survival;
use super::ranks::ranks;

/// Most differences for which the exact distribution is used, and most if there are ties or zeros among them (as SciPy does).
const EXACT: (usize, usize) = (50, 13);

/// How the probability was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// From all sign patterns.
    Exact,
    /// From the normal distribution, with the correction for ties, without one for continuity.
    Normal,
    /// There is no difference but zero.
    None,
}

impl Method {
    /// Name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Normal => "normal",
            Self::None => "none",
        }
    }
}

/// The result of the test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wilcoxon {
    /// The smaller of the two rank sums.
    pub statistic: f64,
    /// Two-sided probability.
    pub p: f64,
    /// How it was found.
    pub method: Method,
}

/// Tests whether paired differences are symmetric about zero.
pub fn wilcoxon(differences: &[f64]) -> Wilcoxon {
    let kept: Vec<f64> = differences.iter().copied().filter(|d| *d != 0.0).collect();
    if kept.is_empty() {
        return Wilcoxon { statistic: 0.0, p: 1.0, method: Method::None };
    }
    let sizes: Vec<f64> = kept.iter().map(|d| d.abs()).collect();
    let (ranks, ties) = ranks(&sizes);
    // From 0, because an empty sum is −0.
    let plus = kept.iter().zip(&ranks).filter(|(d, _)| **d > 0.0).fold(0.0, |sum, (_, rank)| sum + rank);
    let n = kept.len() as f64;
    let statistic = plus.min(0.5 * n * (n + 1.0) - plus);
    let plain = ties.len() == kept.len() && kept.len() == differences.len();
    let most = if plain { EXACT.0 } else { EXACT.1 };
    if differences.len() <= most {
        return Wilcoxon { statistic, p: exact(&ranks, statistic), method: Method::Exact };
    }
    let tied: f64 = ties.iter().map(|t| *t as f64).map(|t| t * t * t - t).sum();
    let deviation = libm::sqrt((n * (n + 1.0) * (2.0 * n + 1.0) - 0.5 * tied) / 24.0);
    let z = (0.25 * n * (n + 1.0) - statistic) / deviation;
    Wilcoxon { statistic, p: (2.0 * normal_survival(z)).min(1.0), method: Method::Normal }
}

/// Twice the share of all sign patterns whose rank sum is at most `statistic`. Ranks are multiples of a half, so doubled ones
/// are whole, and counts up to 2⁵⁰ are exact.
fn exact(ranks: &[f64], statistic: f64) -> f64 {
    let doubled: Vec<usize> = ranks.iter().map(|rank| (2.0 * rank) as usize).collect();
    let mut counts = vec![0.0; doubled.iter().sum::<usize>() + 1];
    counts[0] = 1.0;
    let mut reach = 0;
    for rank in doubled {
        for sum in (0..=reach).rev() {
            counts[sum + rank] += counts[sum];
        }
        reach += rank;
    }
    let below: f64 = counts[..=(2.0 * statistic) as usize].iter().sum();
    (2.0 * below / counts.iter().sum::<f64>()).min(1.0)
}
