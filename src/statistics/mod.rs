//! Statistics of small samples, as the fields of reinforcement learning, optimisation and hyperparameter tuning report them: pure
//! functions, one file each.

mod ablation;
mod attainment;
mod bands;
mod bootstrap;
mod cliques;
pub mod distributions;
mod fanova;
pub mod forest;
mod friedman;
mod holm;
mod igd_plus;
mod nested;
mod ped_anova;
mod profile;
mod ranks;
mod runtime;
mod sensitivity;
mod student;
mod tuning;
mod wilcoxon;
mod wilson;

pub use ablation::{Step, ablation};
pub use attainment::attainment;
pub use bands::Band;
pub use bootstrap::{Crossed, Interval, Strata, crossed, stratified};
pub use cliques::cliques;
pub use fanova::fanova;
pub use friedman::{Friedman, friedman};
pub use holm::holm;
pub use igd_plus::igd_plus;
pub use nested::{Component, Components, components};
pub use ped_anova::{Layout, ped_anova};
pub use profile::profile;
pub use ranks::ranks;
pub use runtime::{Attempt, expected_running_time, reached_within};
pub use sensitivity::{Sensitivity, effective_dimensionality, sensitivity};
pub use student::student;
pub use tuning::{Median, best_weights, expected_best, median_best};
pub use wilcoxon::{Method, Wilcoxon, wilcoxon};
pub use wilson::wilson;

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

/// Interquartile mean: the mean of the middle half (Agarwal et al. 2021), a quarter of the values, rounded down, cut at
/// either end. Reorders the values; `None` if there are none.
pub fn interquartile_mean(values: &mut [f64]) -> Option<f64> {
    let (count, cut) = (values.len(), values.len() / 4);
    if count == 0 {
        return None;
    }
    let middle = if cut == 0 {
        values
    } else {
        let (_, _, above) = values.select_nth_unstable_by(cut - 1, f64::total_cmp);
        let kept = count - 2 * cut;
        above.select_nth_unstable_by(kept, f64::total_cmp).0
    };
    // Summed in ascending order, so that the order of the input cannot show.
    middle.sort_unstable_by(f64::total_cmp);
    Some(middle.iter().sum::<f64>() / middle.len() as f64)
}

/// Probability that a draw of `a` exceeds a draw of `b`, ties counted half: Mann and Whitney's U over the number of
/// pairs. `None` if either is empty.
pub fn probability_of_improvement(a: &[f64], b: &[f64]) -> Option<f64> {
    let mut sorted = b.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let below = |x: f64| sorted.partition_point(|y| *y < x);
    let up_to = |x: f64| sorted.partition_point(|y| *y <= x);
    let twice: usize = a.iter().map(|x| below(*x) + up_to(*x)).sum();
    let pairs = a.len() * b.len();
    (pairs > 0).then(|| twice as f64 / (2 * pairs) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.stats.trim_mean(x, 0.25)` of SciPy 1.17, which rliable 1.2 calls the interquartile mean.
    #[test]
    fn interquartile_means_are_those_of_scipy() {
        assert_eq!(interquartile_mean(&mut [3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(interquartile_mean(&mut [9.0, 1.0, 2.0, 4.0]), Some(3.0));
        assert_eq!(interquartile_mean(&mut [9.0, 1.0, 2.0, 4.0, -70.0, 3.0, 8.0]), Some(3.6));
        assert_eq!(interquartile_mean(&mut [5.0]), Some(5.0));
        assert_eq!(interquartile_mean(&mut []), None);
    }

    #[test]
    fn ties_improve_half() {
        assert_eq!(probability_of_improvement(&[1.0, 2.0], &[1.0]), Some(0.75));
        assert_eq!(probability_of_improvement(&[0.0], &[1.0, 2.0]), Some(0.0));
        assert_eq!(probability_of_improvement(&[], &[1.0]), None);
    }

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
