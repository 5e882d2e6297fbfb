//! Bootstraps whose strata stay: runs are drawn anew within each problem (Agarwal et al. 2021, section 4.1), or crossed factors, such
//! as tickets and seeds, each for itself (Owen 2007).

use rayon::prelude::*;
use rl_env::seed::{Rng, Seed};

use super::quantile;

/// Values by stratum, such as one list of runs per problem.
pub type Strata<T> = Vec<Vec<T>>;

/// Values by stratum, row and column, `None` where there is none. All strata have the same rows, such as tickets; columns, such
/// as seeds, are each stratum's own.
pub type Crossed = Strata<Vec<Option<f64>>>;

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
        resample(strata, draw, &mut stream(seed, index));
        statistic(draw)
    };
    let values = (0..replicates).into_par_iter().map_init(|| strata.clone(), replicate).flatten().collect();
    Some(percentiles(estimate, values))
}

/// The statistic of all values of `strata` with its 95 % percentile interval over `replicates` draws of rows and, within
/// each stratum, of columns (the pigeonhole bootstrap of Owen 2007, which errs on the wide side); `None` where the statistic
/// has no value. Values of one row have the row in common, those of one column the column, so that neither can be drawn
/// alone: of a single row it is the [`stratified`] bootstrap of its values.
pub fn crossed(
    strata: &Crossed,
    statistic: impl Fn(&mut [f64]) -> Option<f64> + Sync,
    replicates: u64,
    seed: Seed,
) -> Option<Interval> {
    let mut all: Vec<f64> = strata.iter().flatten().flatten().flatten().copied().collect();
    let estimate = statistic(&mut all)?;
    let replicate = |draw: &mut Vec<f64>, index: u64| {
        draw.clear();
        cross(strata, draw, &mut stream(seed, index));
        statistic(draw)
    };
    let values = (0..replicates).into_par_iter().map_init(Vec::new, replicate).flatten().collect();
    Some(percentiles(estimate, values))
}

fn stream(seed: Seed, index: u64) -> Rng {
    seed.child("replicate", index).stream("bootstrap")
}

fn percentiles(estimate: f64, mut values: Vec<f64>) -> Interval {
    values.sort_unstable_by(f64::total_cmp);
    let end = |q| quantile(&values, q).unwrap_or(estimate);
    Interval { estimate, low: end(0.025), high: end(0.975) }
}

fn cross(strata: &Crossed, draw: &mut Vec<f64>, rng: &mut Rng) {
    let count = strata.iter().map(Vec::len).max().unwrap_or(0);
    let rows: Vec<usize> = (0..count).map(|_| if count > 1 { rng.index(count) } else { 0 }).collect();
    for stratum in strata {
        let columns = stratum.iter().map(Vec::len).max().unwrap_or(0);
        for _ in 0..columns {
            let column = rng.index(columns);
            let cell = |row: &usize| stratum.get(*row)?.get(column).copied().flatten();
            draw.extend(rows.iter().filter_map(cell));
        }
    }
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

    fn pooled(values: &mut [f64]) -> Option<f64> {
        Some(values.iter().sum::<f64>() / values.len() as f64).filter(|mean| mean.is_finite())
    }

    /// Values a row and a column have in common: rows and columns of effects with deviation 1 each, no noise. The bootstrap
    /// of the mean then has variance 1/rows + 1/columns (Owen 2007, section 4).
    #[test]
    fn crossed_draws_see_the_spread_of_rows_and_of_columns() {
        let mut rng = Seed(7).stream("test");
        let mut effects = || {
            let all: Vec<f64> = (0..60).map(|_| rng.normal()).collect();
            let mean = all.iter().sum::<f64>() / 60.0;
            let deviation = (all.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 60.0).sqrt();
            all.into_iter().map(|x| (x - mean) / deviation).collect::<Vec<f64>>()
        };
        let (rows, columns) = (effects(), effects());
        let table = |row: &f64| columns.iter().map(|column| Some(row + column)).collect();
        let interval = crossed(&vec![rows.iter().map(table).collect()], pooled, 4000, Seed(2)).unwrap();
        let width = (interval.high - interval.low) / (2.0 * 1.96 * (2.0_f64 / 60.0).sqrt());
        assert!((width - 1.0).abs() < 0.06, "{width}");
    }

    #[test]
    fn rows_that_are_alike_leave_the_spread_of_columns() {
        let alike = vec![vec![vec![Some(1.0), Some(2.0), Some(6.0)]; 5]];
        let interval = crossed(&alike, pooled, 500, Seed(3)).unwrap();
        assert!(interval.low < 2.0 && interval.high > 4.0, "{interval:?}");
    }

    #[test]
    fn a_single_row_is_drawn_as_its_values_are() {
        let values = vec![vec![1.0, 5.0, 2.0, 8.0], vec![3.0, 0.0, 1.0]];
        let rows = values.iter().map(|values| vec![values.iter().copied().map(Some).collect()]).collect();
        let one = crossed(&rows, interquartile_mean, 200, Seed(4));
        assert_eq!(one, stratified(&values, iqm, 200, Seed(4)));
    }

    #[test]
    fn absent_values_are_drawn_by_nobody() {
        let holes = vec![vec![vec![Some(1.0), None], vec![], vec![Some(1.0)]]];
        let interval = crossed(&holes, pooled, 200, Seed(5)).unwrap();
        assert_eq!(interval, Interval { estimate: 1.0, low: 1.0, high: 1.0 });
        assert_eq!(crossed(&vec![vec![vec![None]]], pooled, 10, Seed(5)), None);
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
