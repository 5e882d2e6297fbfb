//! Crossover: one child of two parents, by the type of each parameter.

use libm::{exp, log, pow};
use rl_env::design::{Design, DesignSpace, Kind, Value};
use rl_env::seed::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How two parents are mixed.
///
/// All but `sbx` decide which parameters come from which parent. Orders that fall to the second parent are merged
/// by linear order crossover (Falkenauer and Bouffouix 1991), subsets keep what both parents agree on (random
/// respectful recombination, Radcliffe 1991).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Crossover {
    /// Each parameter from either parent, evenly.
    Uniform,
    /// The first parent up to a random parameter, the second from there.
    OnePoint,
    /// The second parent between two random parameters, the first elsewhere.
    TwoPoint,
    /// Simulated binary crossover (Deb and Agrawal 1995) of half of the numeric parameters, uniform for the rest.
    Sbx,
}

impl Crossover {
    /// A well-formed child of two designs of the space; constraints are not considered.
    pub(crate) fn mix(self, space: &DesignSpace, a: &Design, b: &Design, eta: f64, rng: &mut Rng) -> Design {
        let cut = self.cut(space.len(), rng);
        let mut child = Vec::with_capacity(space.len());
        for (i, parameter) in space.parameters().iter().enumerate() {
            let second =
                cut.map_or_else(|| rng.next_u32() & 1 == 1, |(start, end)| (start..end).contains(&i));
            let (mine, other) = if second { (&b.0[i], &a.0[i]) } else { (&a.0[i], &b.0[i]) };
            child.push(match (space.is_active(i, &child), mine, other) {
                (false, ..) => Value::Inactive,
                (true, Value::Inactive, Value::Inactive) => parameter.kind.sample(rng),
                (true, Value::Inactive, only) | (true, only, Value::Inactive) => only.clone(),
                _ if self == Self::Sbx && rng.next_u32() & 1 == 1 => {
                    simulated_binary(&parameter.kind, mine, other, eta, rng).unwrap_or_else(|| mine.clone())
                }
                _ if second => merged(mine, other, rng).unwrap_or_else(|| mine.clone()),
                _ => mine.clone(),
            });
        }
        Design(child)
    }

    /// Which stretch comes from the second parent, where that is a stretch.
    fn cut(self, len: usize, rng: &mut Rng) -> Option<(usize, usize)> {
        match self {
            Self::Uniform | Self::Sbx => None,
            Self::OnePoint => Some((rng.integer(1, len as i64 - 1) as usize, len)),
            Self::TwoPoint => {
                let (first, second) = (rng.index(len + 1), rng.index(len));
                let second = second + usize::from(second >= first);
                Some((first.min(second), first.max(second)))
            }
        }
    }
}

/// Their equations 8 and 9 on a linear, a logarithmic or the level scale; `None` for kinds without an order.
fn simulated_binary(kind: &Kind, mine: &Value, other: &Value, eta: f64, rng: &mut Rng) -> Option<Value> {
    let mut blend = |mine: f64, other: f64| {
        let u = rng.uniform();
        let ratio = if u <= 0.5 { 2.0 * u } else { 0.5 / (1.0 - u) };
        let spread = pow(ratio, 1.0 / (eta + 1.0));
        0.5 * ((1.0 + spread) * mine + (1.0 - spread) * other)
    };
    match (kind, mine, other) {
        (Kind::Real { low, high }, Value::Real(x), Value::Real(y)) => {
            Some(Value::Real(blend(*x, *y).clamp(*low, *high)))
        }
        (Kind::LogReal { low, high }, Value::Real(x), Value::Real(y)) => {
            Some(Value::Real(exp(blend(log(*x), log(*y))).clamp(*low, *high)))
        }
        (Kind::Integer { .. } | Kind::PowerOfTwo { .. } | Kind::Ordinal { .. }, ..) => {
            let level = blend(kind.level_of(mine)? as f64, kind.level_of(other)? as f64);
            // The cast saturates at 0 and the kind clamps to its last level.
            kind.value_of_level(level.round() as u64)
        }
        _ => None,
    }
}

/// A mixture of two orders or two subsets; `None` for other values.
fn merged(mine: &Value, other: &Value, rng: &mut Rng) -> Option<Value> {
    match (mine, other) {
        (Value::Permutation(mine), Value::Permutation(other)) => {
            Some(Value::Permutation(linear_order(mine, other, rng)))
        }
        (Value::Subset(mine), Value::Subset(other)) => Some(Value::Subset(respectful(mine, other, rng))),
        _ => None,
    }
}

/// A stretch of one order in place, the other items around it in the order of the other.
fn linear_order(mine: &[u32], other: &[u32], rng: &mut Rng) -> Box<[u32]> {
    let (i, j) = (rng.index(mine.len() + 1), rng.index(mine.len() + 1));
    let kept = i.min(j)..i.max(j);
    let mut rest = other.iter().filter(|item| !mine[kept.clone()].contains(item));
    let place = |(at, item)| if kept.contains(&at) { item } else { rest.next().unwrap_or(item) };
    mine.iter().enumerate().map(place).copied().collect()
}

/// Members of both, filled up from the members of one to the size of either parent.
fn respectful(mine: &[bool], other: &[bool], rng: &mut Rng) -> Box<[bool]> {
    let size = |flags: &[bool]| flags.iter().filter(|flag| **flag).count();
    let target = if rng.next_u32() & 1 == 1 { size(mine) } else { size(other) };
    let mut child: Box<[bool]> = mine.iter().zip(other).map(|(a, b)| *a && *b).collect();
    let disputed: Vec<usize> = (0..mine.len()).filter(|i| mine[*i] != other[*i]).collect();
    let missing = target.saturating_sub(size(&child));
    rng.distinct(disputed.len(), missing).into_iter().for_each(|pick| child[disputed[pick]] = true);
    child
}
