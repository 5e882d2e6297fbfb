//! The posterior of a Gaussian process given some designs and their targets.

use libm::exp;

use super::cholesky::{Cholesky, dot};
use super::evidence::{Evidence, Hyper, centred};
use super::features::Column;
use super::kernel::{Covariance, Kernel, Memo, Points, scales};

/// What the surrogate believes of the targets at one point, in the units of the targets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Prediction {
    pub(crate) mean: f64,
    /// Standard deviation of the function, noise left out.
    pub(crate) deviation: f64,
}

/// A Gaussian process that knows some points.
#[derive(Debug, Clone)]
pub(crate) struct Surrogate {
    kernel: Kernel,
    columns: Vec<Column>,
    hyper: Hyper,
    scales: Vec<f64>,
    points: Points,
    memo: Memo,
    factor: Cholesky,
    /// Standardised by `shift` and `scale`.
    targets: Vec<f64>,
    shift: f64,
    scale: f64,
    mean: f64,
    weights: Vec<f64>,
}

impl Surrogate {
    /// Knows nothing yet.
    pub(crate) fn new(kernel: Kernel, columns: &[Column], hyper: Hyper) -> Self {
        let scales = scales(columns, &hyper.lengths);
        Self {
            kernel,
            columns: columns.to_vec(),
            hyper,
            scales,
            points: Points::new(columns.len()),
            memo: Memo::default(),
            factor: Cholesky::default(),
            targets: Vec::new(),
            shift: 0.0,
            scale: 1.0,
            mean: 0.0,
            weights: Vec::new(),
        }
    }

    /// Fits hyperparameters to points and targets, starting from each of `from`.
    pub(crate) fn fit(
        kernel: Kernel,
        columns: &[Column],
        data: (&[Vec<f64>], &[f64]),
        from: &[Hyper],
        steps: u64,
    ) -> Option<Hyper> {
        let mut points = Points::new(columns.len());
        data.0.iter().for_each(|point| points.push(point));
        let (shift, scale) = moments(data.1);
        let targets: Vec<f64> = data.1.iter().map(|y| (y - shift) / scale).collect();
        Evidence { kernel, columns, points: &points, targets: &targets }.maximise(from, steps)
    }

    pub(crate) fn len(&self) -> usize {
        self.points.len()
    }

    pub(crate) fn hyper(&self) -> &Hyper {
        &self.hyper
    }

    /// Adds a point; its target, and those of all others, have to be stated next.
    pub(crate) fn push(&mut self, point: &[f64]) {
        self.points.push(point);
        self.memo.clear();
        let n = self.points.len();
        let mut last = vec![0.0; n];
        self.covariance().of(&self.points, point, &mut last);
        last[n - 1] += exp(self.hyper.noise);
        self.factor.push(&last);
    }

    /// Forgets all but the first `len` points; the targets have to be stated next.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.points.truncate(len);
        self.memo.clear();
        self.factor.truncate(len);
    }

    /// States the targets of all points.
    pub(crate) fn state(&mut self, targets: &[f64]) {
        (self.shift, self.scale) = moments(targets);
        self.targets.clear();
        self.targets.extend(targets.iter().map(|y| (y - self.shift) / self.scale));
        (self.mean, self.weights) = centred(&self.factor, &self.targets);
    }

    /// The targets of all points.
    pub(crate) fn told(&self) -> Vec<f64> {
        self.targets.iter().map(|y| self.shift + self.scale * y).collect()
    }

    /// The means at the known points: the targets without what is taken for noise.
    pub(crate) fn fitted(&self) -> impl Iterator<Item = f64> {
        let noise = exp(self.hyper.noise);
        let smooth = move |(y, weight): (&f64, &f64)| self.shift + self.scale * (y - noise * weight);
        self.targets.iter().zip(&self.weights).map(smooth)
    }

    /// What an uncertainty of one prior standard deviation is in the units of the targets.
    pub(crate) fn prior_deviation(&self) -> f64 {
        self.scale * self.variance().sqrt()
    }

    fn covariance(&self) -> Covariance<'_> {
        Covariance::new(self.kernel, &self.columns, &self.scales, self.hyper.variances(), &self.memo)
    }

    /// Prior variance of the function in standard units.
    fn variance(&self) -> f64 {
        let (joint, additive) = self.hyper.variances();
        joint + additive
    }

    /// Like [`predict`](Self::predict), but as if only the closest point were known to the deviation: never below
    /// the true deviation, at a fraction of the cost.
    pub(crate) fn guess(&self, point: &[f64], scratch: &mut Vec<f64>) -> Prediction {
        scratch.resize(self.len(), 0.0);
        self.covariance().of(&self.points, point, scratch);
        let mean = self.mean + dot(scratch, &self.weights);
        let signal = self.variance();
        let most = scratch.iter().fold(0.0, |most: f64, x| most.max(*x));
        let variance = (signal - most * most / (signal + exp(self.hyper.noise))).max(1e-12 * signal);
        Prediction { mean: self.shift + self.scale * mean, deviation: self.scale * variance.sqrt() }
    }

    pub(crate) fn predict(&self, point: &[f64], scratch: &mut Vec<f64>) -> Prediction {
        let guess = self.guess(point, scratch);
        self.refine(guess, scratch)
    }

    /// The prediction, given the [guess](Self::guess) and what it left in `scratch`.
    pub(crate) fn refine(&self, guess: Prediction, scratch: &mut [f64]) -> Prediction {
        self.factor.solve_lower(scratch);
        let variance = (self.variance() - dot(scratch, scratch)).max(1e-12 * self.variance());
        Prediction { deviation: self.scale * variance.sqrt(), ..guess }
    }

    /// Prediction, and the gradients of mean and deviation along the ordered columns `along`.
    pub(crate) fn slopes(&self, point: &[f64], along: &[usize]) -> (Prediction, Vec<[f64; 2]>) {
        let (n, covariance) = (self.len(), self.covariance());
        let mut joint = vec![0.0; n];
        let (mut slopes, mut sums) = (vec![0.0; n], vec![0.0; n]);
        covariance.parts(&self.points, point, &mut joint, &mut slopes, &mut sums);
        let mut solved = covariance.total(&joint, &sums);
        let mean = self.mean + dot(&solved, &self.weights);
        self.factor.solve_lower(&mut solved);
        let variance = (self.variance() - dot(&solved, &solved)).max(1e-12 * self.variance());
        let deviation = variance.sqrt();
        self.factor.solve_upper(&mut solved);
        let mut gradients = vec![[0.0; 2]; along.len()];
        let wanted = |group| along.iter().any(|column| self.columns[*column].group == group);
        covariance.slopes(&self.points, point, &slopes, wanted, |group, _, slopes| {
            // ∂k/∂x = -slope·(x - xⱼ)·scale.
            let towards = |weights: &[f64], column: usize| {
                let pulls = slopes.iter().zip(weights).zip(self.points.column(column));
                let terms = pulls.map(|((slope, weight), x)| slope * weight * (x - point[column]));
                self.scales[column] * terms.sum::<f64>()
            };
            for (gradient, column) in gradients.iter_mut().zip(along) {
                if self.columns[*column].group == group {
                    let of_variance = -2.0 * towards(&solved, *column);
                    let of_mean = towards(&self.weights, *column);
                    *gradient = [self.scale * of_mean, self.scale * of_variance / (2.0 * deviation)];
                }
            }
        });
        (Prediction { mean: self.shift + self.scale * mean, deviation: self.scale * deviation }, gradients)
    }
}

/// Mean and standard deviation; 1 instead of none.
fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|y| (y - mean) * (y - mean)).sum::<f64>() / n;
    let deviation = variance.sqrt();
    (mean, if deviation > 1e-12 * (1.0 + mean.abs()) { deviation } else { 1.0 })
}

#[cfg(test)]
mod tests {
    use rl_env::seed::Seed;

    use super::super::features::Role;
    use super::*;

    fn column(group: usize, unordered: bool) -> Column {
        let (unit, levels) = (Some(group), None);
        let role = if unordered { Role::Choice } else { Role::Position };
        Column { group, weight: 1.0, role, parameter: group, unit, origin: 0.0, span: 1.0, levels }
    }

    /// Computed with numpy 2: Matérn 5/2 with ℓ = 0.5 and variance 1.3 on standardised targets, noise variance 0.01,
    /// K inverted by `numpy.linalg.inv`, constant mean `1ᵀK⁻¹z / (1ᵀK⁻¹1 + 1)`; read at 0.55.
    #[test]
    fn the_posterior_of_three_points_is_as_computed_by_hand() {
        let hyper = Hyper {
            lengths: vec![libm::log(0.5)],
            joint: libm::log(1.3),
            additive: -30.0,
            noise: libm::log(0.01),
        };
        let mut surrogate = Surrogate::new(Kernel::Matern5, &[column(0, false)], hyper);
        [0.1, 0.4, 0.9].iter().for_each(|x| surrogate.push(&[*x]));
        surrogate.state(&[1.0, -0.5, 0.7]);
        let prediction = surrogate.predict(&[0.55], &mut Vec::new());
        assert!((prediction.mean - -0.499_753_227_944_174_26).abs() < 1e-12, "{prediction:?}");
        assert!((prediction.deviation - 0.174_062_428_148_557_16).abs() < 1e-12, "{prediction:?}");
    }

    /// Twelve random points over two reals and a choice.
    fn trained(noise: f64) -> (Surrogate, Vec<Vec<f64>>, Vec<f64>) {
        let hyper = Hyper { lengths: vec![-0.7, 0.1, 0.3], joint: 0.4, additive: -0.3, noise };
        let columns = [column(0, false), column(1, false), column(2, true)];
        let mut surrogate = Surrogate::new(Kernel::Matern5, &columns, hyper);
        let mut rng = Seed(1003).stream("points");
        let points: Vec<Vec<f64>> =
            (0..12).map(|_| vec![rng.uniform(), rng.uniform(), rng.index(3) as f64]).collect();
        let targets: Vec<f64> = points.iter().map(|x| 5.0 * x[0] - x[1] * x[1] + 40.0 * x[2]).collect();
        points.iter().for_each(|point| surrogate.push(point));
        surrogate.state(&targets);
        (surrogate, points, targets)
    }

    #[test]
    fn noise_free_data_are_interpolated() {
        let (surrogate, points, targets) = trained(-16.0);
        for (point, target) in points.iter().zip(&targets) {
            let prediction = surrogate.predict(point, &mut Vec::new());
            assert!((prediction.mean - target).abs() < 1e-2, "{prediction:?} at {target}");
            assert!(prediction.deviation < 1e-2 * surrogate.prior_deviation(), "{prediction:?}");
        }
        surrogate.fitted().zip(&targets).for_each(|(a, b)| assert!((a - b).abs() < 1e-2));
    }

    #[test]
    fn slopes_are_those_of_finite_differences() {
        let (surrogate, ..) = trained(-6.0);
        let at = [0.31, 0.62, 1.0];
        let (prediction, slopes) = surrogate.slopes(&at, &[0, 1]);
        assert_eq!(prediction, surrogate.predict(&at, &mut Vec::new()));
        for column in 0..2 {
            let moved = |by: f64| {
                let mut x = at;
                x[column] += by;
                surrogate.predict(&x, &mut Vec::new())
            };
            let (more, less) = (moved(1e-6), moved(-1e-6));
            let mean = (more.mean - less.mean) / 2e-6;
            let deviation = (more.deviation - less.deviation) / 2e-6;
            assert!((mean - slopes[column][0]).abs() < 1e-4 * (1.0 + mean.abs()), "{mean} {slopes:?}");
            assert!(
                (deviation - slopes[column][1]).abs() < 1e-4 * (1.0 + deviation.abs()),
                "{deviation} {slopes:?}"
            );
        }
    }

    #[test]
    fn a_guess_is_never_surer_than_the_prediction() {
        let (surrogate, ..) = trained(-6.0);
        let mut rng = Seed(1004).stream("points");
        for _ in 0..100 {
            let point = [rng.uniform(), rng.uniform(), rng.index(3) as f64];
            let (guess, truth) =
                (surrogate.guess(&point, &mut Vec::new()), surrogate.predict(&point, &mut Vec::new()));
            assert_eq!(guess.mean, truth.mean);
            assert!(guess.deviation >= truth.deviation);
        }
    }
}
