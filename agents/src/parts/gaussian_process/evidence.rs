//! Hyperparameters by maximum a posteriori: evidence times priors, with analytic gradients.

use std::cell::RefCell;

use argmin::core::{CostFunction, Error, Executor, Gradient};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::LBFGS;
use libm::{exp, log, sqrt};
use serde::{Deserialize, Serialize};

use super::cholesky::{Cholesky, dot, row, start};
use super::features::Column;
use super::kernel::{Covariance, Kernel, Memo, Points, scales};

/// Bounds of the logarithms of length-scales, signal variance and noise variance: what the exponentials survive
/// and the factorisation can use.
const LENGTHS: (f64, f64) = (-5.0, 8.0);
const SIGNAL: (f64, f64) = (-20.0, 8.0);
const NOISE: (f64, f64) = (-16.0, 2.0);

/// Normal priors of the logarithms of both variances; standardised targets have a variance of 1. Additivity has to
/// show before it is believed.
const JOINT: Normal = Normal { mean: -0.5, spread: 1.5 };
const ADDITIVE: Normal = Normal { mean: -3.0, spread: 2.0 };

/// Steps that the quasi-Newton method remembers.
const MEMORY: usize = 8;

/// Logarithms of the hyperparameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Hyper {
    /// Length-scale of each group.
    pub(crate) lengths: Vec<f64>,
    /// Variance of the term in which all groups interact.
    pub(crate) joint: f64,
    /// Variance of the term that is a sum over groups.
    pub(crate) additive: f64,
    /// Variance of the noise.
    pub(crate) noise: f64,
}

impl Hyper {
    /// The modes of the priors.
    pub(crate) fn prior(groups: usize) -> Self {
        let prior = Prior::new(groups);
        Self {
            lengths: vec![prior.length.mode(); groups],
            joint: JOINT.mean,
            additive: ADDITIVE.mean,
            noise: prior.noise.mode(),
        }
    }

    /// Whether all are numbers in bounds, and there is a length-scale for each group.
    pub(crate) fn is_sound(&self, groups: usize) -> bool {
        let within = |x: f64, (low, high): (f64, f64)| (low..=high).contains(&x);
        self.lengths.len() == groups
            && self.lengths.iter().all(|x| within(*x, LENGTHS))
            && within(self.joint, SIGNAL)
            && within(self.additive, SIGNAL)
            && within(self.noise, NOISE)
    }

    /// Variances of the joint and of the additive term.
    pub(super) fn variances(&self) -> (f64, f64) {
        (exp(self.joint), exp(self.additive))
    }

    fn to_vec(&self) -> Vec<f64> {
        let mut all = self.lengths.clone();
        all.extend([self.joint, self.additive, self.noise]);
        all
    }

    /// From the vector form, brought into bounds.
    fn from_slice(all: &[f64]) -> Self {
        let groups = all.len() - 3;
        let within = |x: f64, (low, high): (f64, f64)| if x.is_nan() { low } else { x.clamp(low, high) };
        Self {
            lengths: all[..groups].iter().map(|x| within(*x, LENGTHS)).collect(),
            joint: within(all[groups], SIGNAL),
            additive: within(all[groups + 1], SIGNAL),
            noise: within(all[groups + 2], NOISE),
        }
    }
}

/// Normal density of the logarithm of a hyperparameter.
#[derive(Debug, Clone, Copy)]
struct Normal {
    mean: f64,
    spread: f64,
}

impl Normal {
    /// Negative logarithm of the density up to a constant, and its slope.
    fn cost(self, x: f64) -> (f64, f64) {
        let z = (x - self.mean) / self.spread;
        (0.5 * z * z, z / self.spread)
    }
}

/// Log-normal density of a positive hyperparameter, by its logarithm.
#[derive(Debug, Clone, Copy)]
struct LogNormal {
    mean: f64,
    spread: f64,
}

impl LogNormal {
    /// Where the density over the hyperparameter itself is highest.
    fn mode(self) -> f64 {
        self.mean - self.spread * self.spread
    }

    /// Negative logarithm of the density up to a constant, and its slope.
    fn cost(self, log_x: f64) -> (f64, f64) {
        let z = (log_x - self.mean) / self.spread;
        (log_x + 0.5 * z * z, 1.0 + z / self.spread)
    }
}

struct Prior {
    length: LogNormal,
    noise: LogNormal,
}

impl Prior {
    /// Hvarfner, Hellsten and Nardi 2024, section 4: length-scales grow with the root of the dimension. Their prior of
    /// the noise has mean -4 and spread 1; simulators are rather less noisy, and the landscapes were searched better.
    fn new(groups: usize) -> Self {
        let mean = sqrt(2.0) + 0.5 * log(groups.max(1) as f64);
        Self { length: LogNormal { mean, spread: sqrt(3.0) }, noise: LogNormal { mean: -6.0, spread: 1.5 } }
    }
}

/// What the hyperparameters have to explain.
pub(super) struct Evidence<'a> {
    pub(super) kernel: Kernel,
    pub(super) columns: &'a [Column],
    pub(super) points: &'a Points,
    /// Standardised.
    pub(super) targets: &'a [f64],
}

/// The constant mean μ that the targets suggest under a standard normal prior, and `K⁻¹·(y - μ)`.
pub(super) fn centred(factor: &Cholesky, targets: &[f64]) -> (f64, Vec<f64>) {
    let solve = |mut x: Vec<f64>| {
        factor.solve_lower(&mut x);
        factor.solve_upper(&mut x);
        x
    };
    let ones = solve(vec![1.0; targets.len()]);
    let mut weights = solve(targets.to_vec());
    let mean = dot(&ones, targets) / (1.0 + ones.iter().sum::<f64>());
    weights.iter_mut().zip(&ones).for_each(|(weight, one)| *weight -= mean * one);
    (mean, weights)
}

impl Evidence<'_> {
    /// Negative logarithm of evidence times priors, and its gradient (Rasmussen and Williams 2006, equation 5.9).
    /// The mean is at its optimum, so that it adds nothing to the gradient.
    pub(super) fn cost(&self, hyper: &Hyper) -> (f64, Vec<f64>) {
        let n = self.targets.len();
        let scales = scales(self.columns, &hyper.lengths);
        let (joint, additive) = hyper.variances();
        let noise = exp(hyper.noise);
        let memo = Memo::default();
        let covariance = Covariance::new(self.kernel, self.columns, &scales, (joint, additive), &memo);
        let triangles = Triangles::new(&covariance, self.points);
        let mut matrix = covariance.total(&triangles.joint, &triangles.sums);
        (0..n).for_each(|i| matrix[start(i) + i] += noise);
        let factor = Cholesky::new(&matrix, n);
        let (mean, weights) = centred(&factor, self.targets);
        let fit: f64 = weights.iter().zip(self.targets).map(|(w, y)| w * (y - mean)).sum();
        let evidence = 0.5 * (fit + mean * mean) + factor.half_log_determinant();
        // wᵢwⱼ - K⁻¹ᵢⱼ, half of it on the diagonal.
        let mut pulls = factor.inverse();
        for i in 0..n {
            let of = &mut pulls[start(i)..start(i + 1)];
            of.iter_mut().zip(&weights).for_each(|(pull, weight)| *pull = weights[i] * weight - *pull);
            of[i] *= 0.5;
        }
        let mut gradient = self.length_slopes(&covariance, &pulls, &triangles.slopes);
        gradient.push(-joint * dot(&pulls, &triangles.joint));
        gradient.push(-additive / hyper.lengths.len().max(1) as f64 * dot(&pulls, &triangles.sums));
        gradient.push(-noise * (0..n).map(|i| pulls[start(i) + i]).sum::<f64>());
        (evidence + self.add_priors(hyper, &mut gradient), gradient)
    }

    /// `-½ Σᵢⱼ (wᵢwⱼ - K⁻¹ᵢⱼ)·∂Kᵢⱼ/∂log ℓ` for every group.
    fn length_slopes(&self, covariance: &Covariance<'_>, pulls: &[f64], slopes: &[f64]) -> Vec<f64> {
        let groups = self.columns.last().map_or(0, |column| column.group + 1);
        let mut sums = vec![0.0; groups];
        let mut products = vec![0.0; self.points.len()];
        for i in 1..self.points.len() {
            let joint = &row(slopes, i)[..i];
            covariance.slopes(
                self.points,
                &self.points.point(i),
                joint,
                |_| true,
                |group, squares, slopes| {
                    let terms = squares.iter().zip(slopes);
                    products
                        .iter_mut()
                        .zip(terms)
                        .for_each(|(product, (square, slope))| *product = square * slope);
                    sums[group] -= dot(&products[..i], row(pulls, i));
                },
            );
        }
        sums
    }

    fn add_priors(&self, hyper: &Hyper, gradient: &mut [f64]) -> f64 {
        let prior = Prior::new(hyper.lengths.len());
        let mut total = 0.0;
        let mut add = |at: usize, (cost, slope): (f64, f64)| {
            total += cost;
            gradient[at] += slope;
        };
        let groups = hyper.lengths.len();
        hyper.lengths.iter().enumerate().for_each(|(at, x)| add(at, prior.length.cost(*x)));
        add(groups, JOINT.cost(hyper.joint));
        add(groups + 1, ADDITIVE.cost(hyper.additive));
        add(groups + 2, prior.noise.cost(hyper.noise));
        total
    }

    /// The best of what quasi-Newton descents from the given hyperparameters come by in `steps` steps each.
    pub(super) fn maximise(&self, from: &[Hyper], steps: u64) -> Option<Hyper> {
        let mut best: Option<(f64, Hyper)> = None;
        for hyper in from {
            let descent = Descent { evidence: self, last: RefCell::default(), best: RefCell::default() };
            let search = MoreThuenteLineSearch::new().with_bounds(1e-8, 10.0).ok()?;
            let solver = LBFGS::new(search, MEMORY).with_tolerance_grad(1e-3).ok()?;
            let solver = solver.with_tolerance_cost(1e-6).ok()?;
            let begin = hyper.to_vec();
            let executor = Executor::new(&descent, solver);
            // A line search that finds nothing better is an error to the crate and an end to us.
            let _ = executor.configure(|state| state.param(begin).max_iters(steps)).timer(false).run();
            if let Some((cost, found)) = descent.best.into_inner()
                && best.as_ref().is_none_or(|(least, _)| cost < *least)
            {
                best = Some((cost, Hyper::from_slice(&found)));
            }
        }
        best.map(|(_, hyper)| hyper)
    }
}

/// Packed lower triangles over all pairs of points.
struct Triangles {
    /// Correlations and slopes of the joint term.
    joint: Vec<f64>,
    slopes: Vec<f64>,
    /// Sums of the correlations in all groups.
    sums: Vec<f64>,
}

impl Triangles {
    fn new(covariance: &Covariance<'_>, points: &Points) -> Self {
        let empty = || vec![0.0; start(points.len())];
        let mut all = Self { joint: empty(), slopes: empty(), sums: empty() };
        for i in 0..points.len() {
            let of = start(i)..start(i + 1);
            let (joint, slopes) = (&mut all.joint[of.clone()], &mut all.slopes[of.clone()]);
            covariance.parts(points, &points.point(i), joint, slopes, &mut all.sums[of]);
        }
        all
    }
}

/// A place with its cost and gradient.
type Visit = (Vec<f64>, f64, Vec<f64>);

/// The evidence as the optimiser sees it: cost and gradient of one place are computed together, and the best place
/// is kept whatever becomes of the descent.
struct Descent<'a> {
    evidence: &'a Evidence<'a>,
    last: RefCell<Option<Visit>>,
    best: RefCell<Option<(f64, Vec<f64>)>>,
}

impl Descent<'_> {
    fn visit<T>(&self, at: &[f64], read: impl Fn(&Visit) -> T) -> T {
        let mut last = self.last.borrow_mut();
        let known = last.take().filter(|(place, ..)| place == at);
        let visit = known.unwrap_or_else(|| {
            let (cost, gradient) = self.confined(at);
            let mut best = self.best.borrow_mut();
            if best.as_ref().is_none_or(|(least, _)| cost < *least) {
                *best = Some((cost, at.to_vec()));
            }
            (at.to_vec(), cost, gradient)
        });
        let result = read(&visit);
        *last = Some(visit);
        result
    }

    /// Outside the bounds the cost rises with the square of the distance.
    fn confined(&self, at: &[f64]) -> (f64, Vec<f64>) {
        let inside = Hyper::from_slice(at);
        let (mut cost, mut gradient) = self.evidence.cost(&inside);
        for ((slope, x), bound) in gradient.iter_mut().zip(at).zip(inside.to_vec()) {
            if *x != bound {
                let over = (*x - bound).clamp(-1e3, 1e3);
                cost += 10.0 * over * over;
                *slope = 20.0 * over;
            }
        }
        (if cost.is_finite() { cost } else { f64::MAX }, gradient)
    }
}

impl CostFunction for &Descent<'_> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, at: &Vec<f64>) -> Result<f64, Error> {
        Ok(self.visit(at, |(_, cost, _)| *cost))
    }
}

impl Gradient for &Descent<'_> {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, at: &Vec<f64>) -> Result<Vec<f64>, Error> {
        Ok(self.visit(at, |(.., gradient)| gradient.clone()))
    }
}

#[cfg(test)]
mod tests {
    use rl_env::seed::Seed;

    use super::super::features::Role;
    use super::*;

    #[test]
    fn the_gradient_is_that_of_finite_differences() {
        let column = |group, unordered| Column {
            group,
            weight: 0.7,
            role: if unordered { Role::Choice } else { Role::Position },
            parameter: 0,
            unit: Some(0),
            origin: 0.0,
            span: 1.0,
            levels: None,
        };
        let columns = [column(0, false), column(1, false), column(1, false), column(2, true)];
        let mut rng = Seed(1002).stream("points");
        let mut points = Points::new(4);
        let mut targets = Vec::new();
        for _ in 0..21 {
            let x = [rng.uniform(), rng.uniform(), rng.uniform(), rng.index(3) as f64];
            points.push(&x);
            targets.push(x[0] * 3.0 - x[1] * x[2] + if x[3] == 1.0 { 0.5 } else { 0.0 });
        }
        let centre = [-1.0, 0.2, 0.4, 0.3, -0.4, -3.0];
        for kernel in [Kernel::Matern3, Kernel::Matern5, Kernel::SquaredExponential] {
            let evidence = Evidence { kernel, columns: &columns, points: &points, targets: &targets };
            let at = |x: &[f64]| evidence.cost(&Hyper::from_slice(x));
            let (_, gradient) = at(&centre);
            for i in 0..centre.len() {
                let step = 1e-5;
                let moved = |by: f64| {
                    let mut x = centre;
                    x[i] += by;
                    at(&x).0
                };
                let slope = (moved(step) - moved(-step)) / (2.0 * step);
                let error = (slope - gradient[i]).abs();
                assert!(error < 1e-5 * (1.0 + slope.abs()), "{kernel:?} {i}: {slope} {}", gradient[i]);
            }
        }
    }
}
