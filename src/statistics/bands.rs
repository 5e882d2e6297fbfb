//! Simultaneous confidence bands of a distribution function from its order statistics.
//!
//! A band for n values is a pair of bounds for each order statistic's probability F(x₍ᵢ₎). Those of Learned-Miller and
//! DeStefano (2008) are equal-tailed intervals of its beta distribution, wide enough to hold all at once (Lourie et al.
//! 2024). Their common coverage is found from the exact probability that all hold, not by simulation.

use super::distributions::beta_quantile;

/// Bounds of F at every order statistic.
#[derive(Debug, Clone, PartialEq)]
pub struct Band {
    /// Lower bounds, ascending.
    pub low: Vec<f64>,
    /// Upper bounds, ascending.
    pub high: Vec<f64>,
}

impl Band {
    /// Equal-tailed beta intervals of the given pointwise coverage.
    pub fn equal_tailed(n: usize, coverage: f64) -> Self {
        let end = |p: f64| {
            let of = |i: usize| beta_quantile(i as f64, (n + 1 - i) as f64, p);
            (1..=n).map(of).collect::<Vec<f64>>()
        };
        Self { low: end(0.5 - 0.5 * coverage), high: end(0.5 + 0.5 * coverage) }
    }

    /// The equal-tailed band that holds everywhere with probability `confidence` (between 0 and 1, exclusive).
    pub fn simultaneous(n: usize, confidence: f64) -> Self {
        // Pointwise coverage cannot be less than that of all points, nor more than Bonferroni's.
        let (mut low, mut high) = (confidence, 1.0 - (1.0 - confidence) / n.max(1) as f64);
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if Self::equal_tailed(n, middle).probability() < confidence {
                low = middle
            } else {
                high = middle
            }
            if high - low < 1e-13 {
                break;
            }
        }
        Self::equal_tailed(n, 0.5 * (low + high))
    }

    /// The probability that the order statistics of uniform values all lie within the band.
    ///
    /// Values arrive as a Poisson process of rate n, conditioned on n arrivals; between two bounds the distribution of the
    /// count is convolved, at a bound it is cut (Noé 1972, in the form of Moscovich and Nadler 2017).
    pub fn probability(&self) -> f64 {
        let n = self.low.len();
        let mut stops: Vec<f64> = self.low.iter().chain(&self.high).copied().chain([1.0]).collect();
        stops.sort_unstable_by(f64::total_cmp);
        let (mut counts, mut first, mut at) = (vec![1.0], 0, 0.0);
        for stop in stops {
            // N(highᵢ) ≥ i and N(lowᵢ) < i.
            let fewest = self.high.partition_point(|h| *h <= stop).max(first);
            let most = self.low.partition_point(|l| *l < stop);
            if fewest > most {
                return 0.0;
            }
            let arrivals = poisson(n as f64 * (stop - at), most - first);
            counts = convolve(&counts, &arrivals, fewest - first, most - first);
            (first, at) = (fewest, stop);
        }
        // Given that n arrive in all.
        let all = poisson(n as f64, n);
        counts.last().copied().unwrap_or(0.0) / all[n]
    }
}

/// Poisson probabilities of 0 to `most` arrivals.
fn poisson(rate: f64, most: usize) -> Vec<f64> {
    if rate <= 0.0 {
        return std::iter::once(1.0).chain(std::iter::repeat_n(0.0, most)).collect();
    }
    let log = |k: usize| k as f64 * libm::log(rate) - rate - libm::lgamma(k as f64 + 1.0);
    (0..=most).map(|k| libm::exp(log(k))).collect()
}

/// Entries `from..=to` of the convolution.
fn convolve(counts: &[f64], arrivals: &[f64], from: usize, to: usize) -> Vec<f64> {
    let entry = |m: usize| {
        let known = counts.iter().enumerate().take(m + 1);
        known.map(|(before, p)| p * arrivals[m - before]).sum()
    };
    (from..=to).map(entry).collect()
}
