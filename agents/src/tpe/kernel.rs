//! One kernel family per kind of parameter.
//!
//! | kind | kernel |
//! |---|---|
//! | real, logarithmic real | normal, truncated to the unit interval |
//! | integer, ordinal, power of two | its mass on each level's interval (beyond 128 levels the density in the middle) |
//! | choice, switch | Aitchison and Aitken 1976 |
//! | permutation | Mallows 1957 with Kendall's distance |
//! | subset | independent flips |
//!
//! Every family has one parameter, from a point mass to the uniform distribution. It follows the spread of the
//! members, so that the estimator contracts with what it models: Scott's rule, carried over to other kinds by
//! measures of spread that are 1 for the uniform distribution.

use libm::{exp, log};
use rl_env::design::{Kind, Value};
use rl_env::seed::Rng;

use super::archive::{Column, Shape};
use crate::parts::approx::NormalCdf;

const LN_SQRT_TAU: f64 = 0.918_938_533_204_672_7;

/// Standard deviation of the uniform distribution on the unit interval.
const UNIFORM: f64 = 0.288_675_134_594_812_9;

/// Aitchison and Aitken's kernel among n members is uniform by this share of n + this at least.
const SMOOTHING: f64 = 3.0;

/// How wide kernels are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Widths {
    /// Width over the spread of the members.
    scale: f64,
    /// Least standard deviation, as a share of the range.
    least: f64,
    /// Least share of a kernel over unordered values that is uniform.
    uniform: f64,
}

impl Widths {
    /// Scott's rule n^(-1/(d + 4)) times `factor` for `members` in `free` parameters.
    pub(super) fn new(members: usize, free: usize, factor: f64, least: f64) -> Self {
        let n = members as f64;
        let scott = exp(-log(n.max(1.0)) / (free as f64 + 4.0));
        Self { scale: factor * scott, least, uniform: SMOOTHING / (n + SMOOTHING) }
    }

    /// The standard deviation for members of this spread; no kernel is wider than the range.
    fn deviation(self, spread: f64) -> f64 {
        (self.scale * spread * UNIFORM).max(self.least).min(1.0)
    }

    /// The share that is uniform.
    fn share(self, spread: f64) -> f64 {
        (self.scale * spread).max(self.uniform).min(1.0)
    }
}

/// The kernels of all members in one parameter.
#[derive(Debug)]
pub(super) enum Kernel {
    /// Nothing to model.
    One,
    Normal {
        width: f64,
        /// Members' positions in widths; NaN where inactive.
        scaled: Vec<f64>,
        /// -2 log of each member's norm, 0 where inactive; of conditional parameters only.
        norms: Option<Vec<f64>>,
    },
    Ordered {
        width: f64,
        members: Vec<u16>,
        /// -2 log of the mass at each distance…
        mass: Vec<f64>,
        /// …and of each centre's norm.
        norms: Vec<f64>,
    },
    Nominal {
        members: Vec<u16>,
        levels: usize,
        /// Share that is uniform.
        uniform: f64,
        /// -2 log of the densities at the centre and elsewhere.
        costs: [f64; 2],
    },
    Bits {
        members: Vec<u64>,
        present: Vec<bool>,
        words: usize,
        /// Mallows' θ, or the probability of a flip.
        strength: f64,
        /// -2 log of the density at the centre, and what each different bit adds.
        costs: [f64; 2],
    },
}

impl Kernel {
    /// The kernels of `members`, and the logarithm of a factor that they have in common; divides `weights` by what
    /// truncation leaves of each.
    pub(super) fn fit(
        column: &Column,
        members: &[usize],
        weights: &mut [f64],
        widths: Widths,
        cdf: &NormalCdf,
    ) -> (Self, f64) {
        match column.shape {
            _ if members.is_empty() => (Self::One, 0.0),
            Shape::Fixed => (Self::One, 0.0),
            Shape::Number { step } => normal(column, members, weights, widths, step, cdf),
            Shape::Ordered { levels } => (ordered(column, members, widths, levels, cdf), 0.0),
            Shape::Nominal { levels } => (nominal(column, members, widths, levels), 0.0),
            Shape::Order { .. } | Shape::Set { .. } => (bits(column, members, widths), 0.0),
        }
    }

    /// A value near `centre`, or one of the prior.
    pub(super) fn sample(&self, kind: &Kind, shape: &Shape, centre: Option<&Value>, rng: &mut Rng) -> Value {
        let Some(centre) = centre.filter(|value| **value != Value::Inactive) else { return kind.sample(rng) };
        match (self, shape, centre) {
            (Self::Normal { width, .. } | Self::Ordered { width, .. }, ..) => {
                let mut unit = Vec::with_capacity(1);
                kind.write_unit(centre, &mut unit);
                kind.read_unit(&[truncated_normal(unit[0], *width, rng)])
            }
            (Self::Nominal { uniform, .. }, ..) => {
                if rng.chance(*uniform) {
                    kind.sample(rng)
                } else {
                    centre.clone()
                }
            }
            (Self::Bits { strength, .. }, _, Value::Permutation(order)) => {
                Value::Permutation(repeated_insertion(order, *strength, rng))
            }
            (Self::Bits { strength, .. }, _, Value::Subset(flags)) => flipped(kind, flags, *strength, rng),
            _ => centre.clone(),
        }
    }

    /// Adds -2 log of each member's density at candidate `at` to `costs`.
    pub(super) fn add_costs(&self, column: &Column, at: usize, row: &mut Vec<f64>, costs: &mut [f64]) {
        match self {
            Self::One => {}
            Self::Normal { width, scaled, norms: None } => {
                let x = column.numbers[at] * (1.0 / width);
                for (cost, member) in costs.iter_mut().zip(scaled) {
                    let z = x - member;
                    *cost += z * z;
                }
            }
            Self::Normal { width, scaled, norms: Some(norms) } => {
                let x = column.numbers[at] * (1.0 / width);
                if x.is_nan() {
                    return;
                }
                for ((cost, member), norm) in costs.iter_mut().zip(scaled).zip(norms) {
                    let z = x - member;
                    *cost += if member.is_nan() { 0.0 } else { z * z + norm };
                }
            }
            Self::Ordered { members, mass, norms, .. } => {
                let level = usize::from(column.levels[at]);
                if level < norms.len() {
                    row.clear();
                    row.extend(norms.iter().enumerate().map(|(b, norm)| mass[level.abs_diff(b)] - norm));
                    row.push(0.0);
                    add_from_row(members, row, costs);
                }
            }
            Self::Nominal { members, levels, costs: [same, other], .. } => {
                let level = usize::from(column.levels[at]);
                if level < *levels {
                    row.clear();
                    row.resize(*levels, *other);
                    row[level] = *same;
                    row.push(0.0);
                    add_from_row(members, row, costs);
                }
            }
            Self::Bits { members, present, words, costs: [base, each], .. } => {
                if column.present[at] {
                    let own = &column.bits[at * words..(at + 1) * words];
                    for ((cost, member), present) in costs.iter_mut().zip(members.chunks(*words)).zip(present)
                    {
                        let distance: u32 = own.iter().zip(member).map(|(a, b)| (a ^ b).count_ones()).sum();
                        *cost += if *present { base + each * f64::from(distance) } else { 0.0 };
                    }
                }
            }
        }
    }
}

fn add_from_row(members: &[u16], row: &[f64], costs: &mut [f64]) {
    for (cost, member) in costs.iter_mut().zip(members) {
        *cost += row[usize::from(*member)];
    }
}

/// Weighted standard deviation over that of the uniform distribution, of those that are not NaN.
fn spread(values: &[f64], weights: &[f64]) -> f64 {
    let known = || values.iter().zip(weights).filter(|(x, _)| !x.is_nan());
    let (mut total, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for (x, weight) in known() {
        total += weight;
        sum += weight * x;
    }
    let mean = sum / total;
    for (x, weight) in known() {
        squares += weight * (x - mean) * (x - mean);
    }
    if total > 0.0 { (squares / total).sqrt() / UNIFORM } else { 1.0 }
}

fn normal(
    column: &Column,
    members: &[usize],
    weights: &mut [f64],
    widths: Widths,
    step: f64,
    cdf: &NormalCdf,
) -> (Kernel, f64) {
    let mut scaled: Vec<f64> = members.iter().map(|m| column.numbers[*m]).collect();
    let width = widths.deviation(spread(&scaled, weights)).max(0.5 * step);
    let log_scale = -log(width) - LN_SQRT_TAU;
    let inverse = 1.0 / width;
    let mass = |x: f64| cdf.at((1.0 - x) * inverse) - cdf.at(-x * inverse);
    let norms = if column.conditional {
        let norm = |x: &f64| if x.is_nan() { 0.0 } else { 2.0 * (log(mass(*x)) - log_scale) };
        Some(scaled.iter().map(norm).collect())
    } else {
        weights.iter_mut().zip(&scaled).for_each(|(weight, x)| *weight /= mass(*x));
        None
    };
    scaled.iter_mut().for_each(|x| *x *= inverse);
    let common = if column.conditional { 0.0 } else { log_scale };
    (Kernel::Normal { width, scaled, norms }, common)
}

fn ordered(column: &Column, members: &[usize], widths: Widths, levels: usize, cdf: &NormalCdf) -> Kernel {
    let members: Vec<u16> = members.iter().map(|m| column.levels[*m]).collect();
    let step = 1.0 / levels as f64;
    let centre = |level: &u16| match usize::from(*level) {
        level if level < levels => (level as f64 + 0.5) * step,
        _ => f64::NAN,
    };
    let positions: Vec<f64> = members.iter().map(centre).collect();
    let width = widths.deviation(spread(&positions, &vec![1.0; members.len()])).max(0.3 * step);
    let mass: Vec<f64> = (0..levels)
        .map(|distance| {
            let middle = distance as f64 * step;
            (cdf.at((middle + 0.5 * step) / width) - cdf.at((middle - 0.5 * step) / width)).max(1e-12)
        })
        .collect();
    // The masses right and left of a centre are sums from its own on.
    let mut sums = vec![0.0];
    sums.extend(mass.iter().scan(0.0, |sum, mass| {
        *sum += mass;
        Some(*sum)
    }));
    // Relative to the uniform distribution, whose mass is a step.
    let norm = |level: usize| -2.0 * log((sums[level + 1] + sums[levels - level] - mass[0]) * step);
    let norms = (0..levels).map(norm).collect();
    let mass = mass.iter().map(|mass| -2.0 * log(*mass)).collect();
    Kernel::Ordered { width, members, mass, norms }
}

/// The members' kernel is the centre with probability 1 - u and uniform with u.
fn nominal(column: &Column, members: &[usize], widths: Widths, levels: usize) -> Kernel {
    let members: Vec<u16> = members.iter().map(|m| column.levels[*m]).collect();
    let mut counts = vec![0.0; levels + 1];
    members.iter().for_each(|level| counts[usize::from(*level)] += 1.0);
    let total: f64 = counts[..levels].iter().sum();
    let concentration: f64 = counts[..levels].iter().map(|n| n * n).sum::<f64>() / (total * total).max(1.0);
    // Gini's index over that of the uniform distribution.
    let n = levels as f64;
    let spread = if total > 0.0 { (1.0 - concentration) * n / (n - 1.0) } else { 1.0 };
    let uniform = widths.share(spread);
    let costs = [-2.0 * log((1.0 - uniform) * n + uniform), -2.0 * log(uniform)];
    Kernel::Nominal { members, levels, uniform, costs }
}

fn bits(column: &Column, members: &[usize], widths: Widths) -> Kernel {
    let words = column.shape.words();
    let count = column.shape.bits();
    let present: Vec<bool> = members.iter().map(|m| column.present[*m]).collect();
    let all: Vec<u64> =
        members.iter().flat_map(|m| &column.bits[m * words..(m + 1) * words]).copied().collect();
    let total = present.iter().filter(|present| **present).count() as f64;
    // Mean over the bits of 4p(1 - p): the variance of each over that of a fair coin.
    let mut spread = 0.0;
    for bit in 0..count {
        let set = |(value, present): (&[u64], &bool)| *present && value[bit / 64] >> (bit % 64) & 1 == 1;
        let ones = all.chunks(words).zip(&present).filter(|pair| set(*pair)).count() as f64;
        let p = if total > 0.0 { ones / total } else { 0.5 };
        spread += 4.0 * p * (1.0 - p) / count as f64;
    }
    let uniform = widths.share(spread);
    let (strength, costs) = match column.shape {
        Shape::Order { items } => mallows(items, uniform),
        _ => {
            let flip = 0.5 * uniform;
            let stay = -2.0 * log(2.0 * (1.0 - flip));
            (flip, [count as f64 * stay, -2.0 * log(2.0 * flip) - stay])
        }
    };
    Kernel::Bits { members: all, present, words, strength, costs }
}

/// Mallows' θ for which the mean distance from the centre is the share `uniform` of that of a random order, with
/// the costs of the kernel (Fligner and Verducci 1986, equations 2.2 and 2.4).
fn mallows(items: usize, uniform: f64) -> (f64, [f64; 2]) {
    let pairs = (items * (items - 1)) as f64 / 2.0;
    let distance = |theta: f64| {
        let term = |j: usize| j as f64 / libm::expm1(j as f64 * theta);
        items as f64 * term(1) - (1..=items).map(term).sum::<f64>()
    };
    let (mut low, mut high) = (1e-3, 30.0);
    for _ in 0..40 {
        let middle = 0.5 * (low + high);
        if distance(middle) > uniform * 0.5 * pairs { low = middle } else { high = middle }
    }
    // log of Z(θ)/n!, the norm relative to the uniform distribution.
    let factor = |j: usize| log(-libm::expm1(-(j as f64) * high)) - log(-libm::expm1(-high)) - log(j as f64);
    (high, [2.0 * (1..=items).map(factor).sum::<f64>(), 2.0 * high])
}

/// A normal deviate within the unit interval, by rejection; `centre` lies within.
fn truncated_normal(centre: f64, width: f64, rng: &mut Rng) -> f64 {
    // A third of the mass lies within at worst.
    for _ in 0..64 {
        let x = centre + width * rng.normal();
        if (0.0..=1.0).contains(&x) {
            return x;
        }
    }
    centre
}

/// Doignon, Pekeč and Regenwetter 2004: the i-th item of the centre goes i - j places too early with a
/// probability in proportion to exp(-θ(i - j)).
fn repeated_insertion(centre: &[u32], theta: f64, rng: &mut Rng) -> Box<[u32]> {
    let mut order = Vec::with_capacity(centre.len());
    for (i, item) in centre.iter().enumerate() {
        // By inversion of the geometric distribution, cut off at i.
        let mass = -libm::expm1(-theta * (i + 1) as f64);
        let early = -libm::log1p(-rng.uniform() * mass) / theta;
        order.insert(i - (early as usize).min(i), *item);
    }
    order.into()
}

/// Every membership flipped with probability `flip`, then changed at random until the size fits.
fn flipped(kind: &Kind, centre: &[bool], flip: f64, rng: &mut Rng) -> Value {
    let mut flags: Box<[bool]> = centre.iter().map(|member| *member ^ rng.chance(flip)).collect();
    if let Kind::Subset { min, max, .. } = kind {
        let mut size = flags.iter().filter(|member| **member).count();
        while !(*min..=*max).contains(&size) {
            let surplus = size > *max;
            let candidates: Vec<usize> = (0..flags.len()).filter(|i| flags[*i] == surplus).collect();
            flags[candidates[rng.index(candidates.len())]] = !surplus;
            size = if surplus { size - 1 } else { size + 1 };
        }
    }
    Value::Subset(flags)
}
