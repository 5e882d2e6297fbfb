//! Stratified bootstrap: runs are drawn anew within each problem, problems stay (Agarwal et al. 2021, section 4.1).

use rayon::prelude::*;
use rl_env::seed::{Rng, Seed};

use super::quantile;

/// Values by stratum, such as one list of runs per problem.
pub type Strata<T> = Vec<Vec<T>>;

/// An estimate with its confidence interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The statistic of the values themselves.
    pub estimate: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// The statistic of `strata` with its 95 % percentile interval over `replicates` draws; `None` where the statistic
/// has no value. The same seed gives the same interval whatever the number of threads.
pub fn stratified<T: Copy + Send + Sync>(
    strata: &Strata<T>,
    statistic: impl Fn(&Strata<T>) -> Option<f64> + Sync,
    replicates: u64,
    seed: Seed,
) -> Option<Interval> {
    let estimate = statistic(strata)?;
    let replicate = |draw: &mut Strata<T>, index: u64| {
        resample(strata, draw, &mut seed.child("replicate", index).stream("bootstrap"));
        statistic(draw)
    };
    let mut values: Vec<f64> =
        (0..replicates).into_par_iter().map_init(|| strata.clone(), replicate).flatten().collect();
    values.sort_unstable_by(f64::total_cmp);
    let end = |q| quantile(&values, q).unwrap_or(estimate);
    Some(Interval { estimate, low: end(0.025), high: end(0.975) })
}

fn resample<T: Copy>(strata: &Strata<T>, draw: &mut Strata<T>, rng: &mut Rng) {
    for (stratum, drawn) in strata.iter().zip(draw) {
        drawn.fill_with(|| stratum[rng.index(stratum.len())]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::interquartile_mean;

    fn iqm(strata: &Strata<f64>) -> Option<f64> {
        interquartile_mean(&mut strata.concat())
    }

    #[test]
    fn runs_never_leave_their_problem() {
        let strata = vec![vec![1.0; 5], vec![3.0; 5]];
        let interval = stratified(&strata, iqm, 200, Seed(1)).unwrap();
        assert_eq!(interval, Interval { estimate: 2.0, low: 2.0, high: 2.0 });
    }

    /// The bootstrap of a mean of n values has standard error s / √n.
    #[test]
    fn the_interval_of_a_mean_is_two_standard_errors_either_way() {
        let mut rng = Seed(5).stream("test");
        let values: Vec<f64> = (0..400).map(|_| rng.normal()).collect();
        let mean = |strata: &Strata<f64>| Some(strata[0].iter().sum::<f64>() / strata[0].len() as f64);
        let interval = stratified(&vec![values.clone()], mean, 4000, Seed(2)).unwrap();
        let variance = values.iter().map(|x| (x - interval.estimate).powi(2)).sum::<f64>() / 400.0;
        let error = (variance / 400.0).sqrt();
        let width = (interval.high - interval.low) / (2.0 * 1.96 * error);
        assert!((width - 1.0).abs() < 0.06, "{width}");
    }

    #[test]
    fn the_seed_decides() {
        let strata = vec![vec![1.0, 5.0, 2.0, 8.0], vec![3.0, 0.0, 1.0]];
        let of = |seed| stratified(&strata, iqm, 100, Seed(seed)).unwrap();
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
    }

    #[test]
    fn nothing_has_no_interval() {
        assert_eq!(stratified(&Vec::<Vec<f64>>::new(), iqm, 10, Seed(1)), None);
    }
}
