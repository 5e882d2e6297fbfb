//! Request latency: mean, percentiles and a histogram.

use serde::Serialize;

/// Bins of the histogram.
pub const LATENCY_BINS: usize = 32;

/// Latency from the sending of a request to its response, over all requests.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Latency {
    /// Mean in ns.
    pub mean_ns: f64,
    /// Median in ns (nearest rank).
    pub p50_ns: f64,
    /// 99th percentile in ns (nearest rank).
    pub p99_ns: f64,
    /// Largest in ns.
    pub max_ns: f64,
    /// Requests whose latency in clock cycles is below 2, 4, 8, ... but not below the bound before.
    pub histogram_cycles: [u64; LATENCY_BINS],
}

impl Latency {
    /// Summary of latencies in clock cycles. Reorders its argument.
    pub(crate) fn of(cycles: &mut [u32], clock_period_ps: u64) -> Latency {
        let mut histogram_cycles = [0; LATENCY_BINS];
        let mut sum = 0u64;
        for latency in cycles.iter() {
            sum += u64::from(*latency);
            histogram_cycles[(latency | 1).ilog2() as usize] += 1;
        }
        let ns = clock_period_ps as f64 / 1000.0;
        let count = cycles.len().max(1);
        let max = cycles.iter().copied().max().unwrap_or(0);
        let p99 = percentile(cycles, 99);
        let p50 = percentile(cycles, 50);
        Latency {
            mean_ns: sum as f64 * ns / count as f64,
            p50_ns: f64::from(p50) * ns,
            p99_ns: f64::from(p99) * ns,
            max_ns: f64::from(max) * ns,
            histogram_cycles,
        }
    }
}

/// The nearest-rank percentile.
fn percentile(values: &mut [u32], percent: usize) -> u32 {
    if values.is_empty() {
        return 0;
    }
    let rank = (values.len() * percent).div_ceil(100).max(1);
    *values.select_nth_unstable(rank - 1).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_take_the_nearest_rank() {
        let mut cycles: Vec<u32> = (1..=100).rev().collect();
        let latency = Latency::of(&mut cycles, 1000);
        assert_eq!((latency.p50_ns, latency.p99_ns, latency.max_ns), (50.0, 99.0, 100.0));
        assert_eq!(latency.mean_ns, 50.5);
        assert_eq!(latency.histogram_cycles[..8], [1, 2, 4, 8, 16, 32, 37, 0]);
    }
}
