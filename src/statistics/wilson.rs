//! Wilson's interval of a proportion (Wilson 1927).

use super::distributions::normal_quantile;

/// The two-sided interval of a proportion after `successes` of `trials`; all of [0, 1] without trials.
pub fn wilson(successes: u64, trials: u64, confidence: f64) -> (f64, f64) {
    if trials == 0 {
        return (0.0, 1.0);
    }
    let z = normal_quantile(0.5 + 0.5 * confidence);
    let (n, p) = (trials as f64, successes as f64 / trials as f64);
    let square = z * z / n;
    let centre = (p + 0.5 * square) / (1.0 + square);
    let half = z * libm::sqrt((p * (1.0 - p) + 0.25 * square) / n) / (1.0 + square);
    // The ends are exact there; rounding must not move them.
    let low = if successes == 0 { 0.0 } else { centre - half };
    let high = if successes == trials { 1.0 } else { centre + half };
    (low, high)
}
