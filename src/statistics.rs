//! Statistics of small samples.

/// Quantile `q` of ascending values by linear interpolation (type 7 of Hyndman and Fan, 1996); `None` if there are none.
///
/// −∞ stands for "no result" and is worse than any value: a quantile that leans on it is −∞ too.
pub fn quantile(sorted: &[f64], q: f64) -> Option<f64> {
    let place = q.clamp(0.0, 1.0) * sorted.len().checked_sub(1)? as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    let part = place.fract();
    if part == 0.0 || !below.is_finite() {
        return Some(below);
    }
    // Not `below + part * (above - below)`: that overflows for huge values of both signs.
    Some(below * (1.0 - part) + above * part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_interpolate_between_neighbours() {
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.5), Some(2.0));
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.25), Some(1.5));
        assert_eq!(quantile(&[1.0, 2.0, 4.0, 8.0], 0.5), Some(3.0));
        assert_eq!(quantile(&[7.0], 0.99), Some(7.0));
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn missing_results_are_worst_and_never_nan() {
        let none = f64::NEG_INFINITY;
        assert_eq!(quantile(&[none, 3.0], 0.5), Some(none));
        assert_eq!(quantile(&[none, none, 3.0], 0.5), Some(none));
        assert_eq!(quantile(&[none, 2.0, 3.0], 0.5), Some(2.0));
        assert_eq!(quantile(&[-f64::MAX, f64::MAX], 0.5), Some(0.0));
    }
}
