//! Stationary kernels over [features](super::features) with a length-scale per group (automatic relevance
//! determination).
//!
//! Squared differences of ordered coordinates and mismatches of options add up to one distance, each divided by
//! its squared length-scale, so every kind of parameter interacts with every other.

use std::cell::RefCell;
use std::ops::Range;

use libm::exp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::features::Column;

/// How correlation falls with distance (Rasmussen and Williams 2006, section 4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kernel {
    /// Matérn with ν = 3/2: once differentiable.
    #[serde(rename = "matern-3/2")]
    Matern3,
    /// Matérn with ν = 5/2: twice differentiable.
    #[serde(rename = "matern-5/2")]
    Matern5,
    /// Squared exponential: infinitely smooth.
    SquaredExponential,
}

impl Kernel {
    /// Turns squared distances into correlations.
    pub(super) fn correlate(self, squares: &mut [f64]) {
        match self {
            Self::Matern3 => squares.iter_mut().for_each(|x| *x = matern_3(*x).0),
            Self::Matern5 => squares.iter_mut().for_each(|x| *x = matern_5(*x).0),
            Self::SquaredExponential => squares.iter_mut().for_each(|x| *x = exp_minus(0.5 * *x)),
        }
    }

    /// Turns squared distances into correlations and writes the slopes `-2·∂k/∂(r²)`.
    pub(super) fn correlate_with_slopes(self, squares: &mut [f64], slopes: &mut [f64]) {
        let pairs = squares.iter_mut().zip(slopes);
        match self {
            Self::Matern3 => pairs.for_each(|(x, slope)| (*x, *slope) = matern_3(*x)),
            Self::Matern5 => pairs.for_each(|(x, slope)| (*x, *slope) = matern_5(*x)),
            Self::SquaredExponential => pairs.for_each(|(x, slope)| {
                *x = exp_minus(0.5 * *x);
                *slope = *x;
            }),
        }
    }
}

#[inline(always)]
fn matern_3(square: f64) -> (f64, f64) {
    let r = (3.0 * square).sqrt();
    let e = exp_minus(r);
    ((1.0 + r) * e, 3.0 * e)
}

#[inline(always)]
fn matern_5(square: f64) -> (f64, f64) {
    let r = (5.0 * square).sqrt();
    let e = exp_minus(r);
    ((1.0 + r + (5.0 / 3.0) * square) * e, (5.0 / 3.0) * (1.0 + r) * e)
}

/// `exp(-x)` for x ≥ 0, to within a few units of the last place; at least `exp(-700)`. Without branches and tables,
/// so that loops over it are vectorised: most of the time of small models is spent here.
#[inline(always)]
fn exp_minus(x: f64) -> f64 {
    /// Adding it rounds to a whole number, which ends up in the lowest bits.
    const ROUND: f64 = 6_755_399_441_055_744.0;
    const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
    const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    const TAYLOR: [f64; 12] = [
        1.0 / 479_001_600.0,
        1.0 / 39_916_800.0,
        1.0 / 3_628_800.0,
        1.0 / 362_880.0,
        1.0 / 40_320.0,
        1.0 / 5_040.0,
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0,
    ];
    let x = if x < 700.0 { -x } else { -700.0 };
    let rounded = x * std::f64::consts::LOG2_E + ROUND;
    let k = rounded - ROUND;
    let r = (x - k * LN_2_HIGH) - k * LN_2_LOW;
    let mut sum = 1.0 / 6_227_020_800.0;
    for coefficient in TAYLOR {
        sum = sum * r + coefficient;
    }
    let sum = sum * r + 1.0;
    sum * f64::from_bits(rounded.to_bits().wrapping_add(1023) << 52)
}

/// Points by column, so that one point is compared with all others in straight loops.
#[derive(Debug, Clone, Default)]
pub(crate) struct Points {
    columns: Vec<Vec<f64>>,
    len: usize,
}

impl Points {
    pub(crate) fn new(width: usize) -> Self {
        Self { columns: vec![Vec::new(); width], len: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn push(&mut self, point: &[f64]) {
        self.columns.iter_mut().zip(point).for_each(|(column, x)| column.push(*x));
        self.len += 1;
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        self.columns.iter_mut().for_each(|column| column.truncate(len));
        self.len = self.len.min(len);
    }

    /// Coordinate `column` of every point.
    pub(crate) fn column(&self, column: usize) -> &[f64] {
        &self.columns[column]
    }

    pub(crate) fn point(&self, i: usize) -> Vec<f64> {
        self.columns.iter().map(|column| column[i]).collect()
    }
}

/// Values up to which the comparisons of a column are remembered.
const FEW_VALUES: u64 = 64;

/// What a group says of one point and the known ones: squared distances, correlations, and slopes of these.
#[derive(Debug, Clone, Default)]
struct Comparison {
    squares: Vec<f64>,
    correlations: Vec<f64>,
    slopes: Vec<f64>,
}

/// Comparisons of the known points with each value of the groups that are one column of few values. They hold as long
/// as points and length-scales do; on a discrete space, most of the time of a model was spent in making them again.
#[derive(Debug, Clone, Default)]
pub(super) struct Memo {
    /// By group, with the value.
    rows: RefCell<Vec<Vec<(f64, Comparison)>>>,
}

impl Memo {
    /// Forgets everything: the points have changed.
    pub(super) fn clear(&mut self) {
        self.rows.get_mut().clear();
    }

    /// Calls `visit` with the comparison for a group and a value, made by `make` once.
    fn with(
        &self,
        group: usize,
        value: f64,
        make: impl FnOnce(&mut Comparison),
        visit: impl FnOnce(&Comparison),
    ) {
        let mut rows = self.rows.borrow_mut();
        if rows.len() <= group {
            rows.resize(group + 1, Vec::new());
        }
        let rows = &mut rows[group];
        let at = rows.iter().position(|(of, _)| *of == value).unwrap_or_else(|| {
            let mut comparison = Comparison::default();
            make(&mut comparison);
            rows.push((value, comparison));
            rows.len() - 1
        });
        visit(&rows[at].1);
    }
}

/// The covariance of the function at two points: one term of all groups together, in which everything interacts with
/// everything, and one that is a sum over groups (Duvenaud, Nickisch and Rasmussen 2011), which learns from few
/// points what each parameter does by itself.
#[derive(Debug, Clone)]
pub(super) struct Covariance<'a> {
    kernel: Kernel,
    columns: &'a [Column],
    scales: &'a [f64],
    joint: f64,
    each: f64,
    memo: &'a Memo,
}

impl<'a> Covariance<'a> {
    /// `scales` holds what a squared difference in each column counts, `joint` and `additive` are the variances of
    /// both terms, `memo` what was compared before with these points and scales.
    pub(super) fn new(
        kernel: Kernel,
        columns: &'a [Column],
        scales: &'a [f64],
        (joint, additive): (f64, f64),
        memo: &'a Memo,
    ) -> Self {
        let groups = columns.last().map_or(1, |column| column.group + 1);
        Self { kernel, columns, scales, joint, each: additive / groups as f64, memo }
    }

    /// Calls `visit` with each group that is `wanted` and the comparison in it of `x` with at least the first `n`
    /// points.
    fn by_group(
        &self,
        points: &Points,
        x: &[f64],
        n: usize,
        wanted: impl Fn(usize) -> bool,
        mut visit: impl FnMut(usize, &Comparison),
    ) {
        let mut buffer = Comparison::default();
        let mut at = 0;
        for of in self.columns.chunk_by(|a, b| a.group == b.group) {
            let (group, first) = (of[0].group, at);
            at += of.len();
            if !wanted(group) {
                continue;
            }
            if of.len() == 1 && of[0].levels.is_some_and(|levels| levels <= FEW_VALUES) {
                let make = |row: &mut Comparison| self.compare(points, x, first..at, points.len(), row);
                self.memo.with(group, x[first], make, |row| visit(group, row));
            } else {
                self.compare(points, x, first..at, n, &mut buffer);
                visit(group, &buffer);
            }
        }
    }

    /// Compares `x` with the first `n` points in the columns of one group.
    fn compare(&self, points: &Points, x: &[f64], of: Range<usize>, n: usize, out: &mut Comparison) {
        let Comparison { squares, correlations, slopes } = out;
        squares.clear();
        squares.resize(n, 0.0);
        for at in of {
            let (values, scale, x) = (&points.columns[at], self.scales[at], x[at]);
            let pairs = squares.iter_mut().zip(values);
            if self.columns[at].is_choice() {
                pairs.for_each(|(out, value)| *out += if *value == x { 0.0 } else { scale });
            } else {
                pairs.for_each(|(out, value)| *out += scale * (value - x) * (value - x));
            }
        }
        if self.each > 0.0 {
            correlations.clone_from(squares);
            slopes.resize(n, 0.0);
            self.kernel.correlate_with_slopes(correlations, slopes);
        }
    }

    /// Correlations of the joint term and the sum of those of the additive one, of `x` with the first points.
    pub(super) fn parts(
        &self,
        points: &Points,
        x: &[f64],
        joint: &mut [f64],
        slopes: &mut [f64],
        sum: &mut [f64],
    ) {
        joint.fill(0.0);
        sum.fill(0.0);
        self.by_group(
            points,
            x,
            joint.len(),
            |_| true,
            |_, group| {
                add(joint, &group.squares);
                if self.each > 0.0 {
                    add(sum, &group.correlations);
                }
            },
        );
        self.kernel.correlate_with_slopes(joint, slopes);
    }

    /// Covariances of `x` with the first points.
    pub(super) fn of(&self, points: &Points, x: &[f64], out: &mut [f64]) {
        let mut sum = vec![0.0; out.len()];
        out.fill(0.0);
        self.by_group(
            points,
            x,
            out.len(),
            |_| true,
            |_, group| {
                add(out, &group.squares);
                if self.each > 0.0 {
                    add(&mut sum, &group.correlations);
                }
            },
        );
        self.kernel.correlate(out);
        out.iter_mut().zip(sum).for_each(|(joint, sum)| *joint = self.joint * *joint + self.each * sum);
    }

    /// Covariances from the [parts](Self::parts).
    pub(super) fn total(&self, joint: &[f64], sum: &[f64]) -> Vec<f64> {
        joint.iter().zip(sum).map(|(joint, sum)| self.joint * joint + self.each * sum).collect()
    }

    /// Calls `visit` with each group that is `wanted`, the squared distances in it, and the slope `-2·∂k/∂(r²)` by
    /// them, given the slopes of the joint correlation.
    pub(super) fn slopes(
        &self,
        points: &Points,
        x: &[f64],
        joint: &[f64],
        wanted: impl Fn(usize) -> bool,
        mut visit: impl FnMut(usize, &[f64], &[f64]),
    ) {
        let n = joint.len();
        let mut slopes = vec![0.0; n];
        self.by_group(points, x, n, wanted, |group, of| {
            slopes.fill(0.0);
            if self.each > 0.0 {
                slopes.copy_from_slice(&of.slopes[..n]);
            }
            slopes
                .iter_mut()
                .zip(joint)
                .for_each(|(own, joint)| *own = self.each * *own + self.joint * joint);
            visit(group, &of.squares[..n], &slopes);
        });
    }
}

fn add(to: &mut [f64], what: &[f64]) {
    to.iter_mut().zip(what).for_each(|(to, what)| *to += what);
}

/// What a squared difference in each column counts: its weight over the squared length-scale of its group.
pub(crate) fn scales(columns: &[Column], log_lengths: &[f64]) -> Vec<f64> {
    columns.iter().map(|column| column.weight * exp(-2.0 * log_lengths[column.group])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_is_that_of_the_library() {
        for i in 0..70_000 {
            let x = 0.01 * f64::from(i) + 1e-9;
            let relative = exp_minus(x) / exp(-x) - 1.0;
            assert!(relative.abs() < 4e-15, "{x}: {relative}");
        }
        assert_eq!(exp_minus(0.0), 1.0);
        assert!(exp_minus(1e300) < 1e-300);
    }
}
