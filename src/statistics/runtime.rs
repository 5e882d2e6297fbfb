//! Runtimes to targets (Hansen et al. 2022, COCO).

/// A run towards one target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// Calls until the target was reached; `None` if it never was.
    pub reached: Option<u64>,
    /// Calls of the whole run.
    pub spent: u64,
}

/// Expected running time of a target when runs are repeated until one reaches it: the calls of all runs until they reached it
/// or ended, over the number that did. `None` if none did.
pub fn expected_running_time(attempts: &[Attempt]) -> Option<f64> {
    let successes = attempts.iter().filter(|a| a.reached.is_some()).count();
    let calls: u64 = attempts.iter().map(|a| a.reached.unwrap_or(a.spent)).sum();
    (successes > 0).then(|| calls as f64 / successes as f64)
}

/// The share of attempts that have succeeded within each of the ascending numbers of `calls`; 0 without attempts.
pub fn reached_within(attempts: &[Attempt], calls: &[u64]) -> Vec<f64> {
    let mut reached: Vec<u64> = attempts.iter().filter_map(|a| a.reached).collect();
    reached.sort_unstable();
    let all = attempts.len().max(1) as f64;
    calls.iter().map(|calls| reached.partition_point(|at| at <= calls) as f64 / all).collect()
}
