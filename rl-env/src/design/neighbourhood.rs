//! Neighbourhoods: the small steps of local search and the mutations of evolution.

use libm::{exp, log};

use super::{Design, DesignSpace, Kind, Value, subset};
use crate::seed::Rng;

/// Step of a real parameter, as a share of its (logarithmic) range.
const REAL_STEP: f64 = 0.05;

impl Kind {
    /// All values one small step away: the adjacent levels of ordered kinds, every other option of a choice,
    /// ±5 % of a real's range but not beyond its ends, swaps of adjacent items, single members added or removed
    /// (exchanged where the size is fixed).
    pub fn neighbours(&self, value: &Value) -> Vec<Value> {
        match (self, value) {
            (Self::Bool | Self::Choice { .. }, _) => self.other_levels(value),
            (Self::Permutation { .. }, Value::Permutation(order)) => (1..order.len())
                .map(|i| {
                    let mut next = order.clone();
                    next.swap(i - 1, i);
                    Value::Permutation(next)
                })
                .collect(),
            (Self::Subset { min, max, .. }, Value::Subset(flags)) => subset::neighbours(flags, *min, *max),
            (Self::Real { .. } | Self::LogReal { .. }, Value::Real(_)) => [-REAL_STEP, REAL_STEP]
                .iter()
                .map(|step| self.shifted(value, *step, |x, low, high| x.clamp(low, high)))
                .filter(|next| next != value)
                .collect(),
            _ => match self.level_of(value) {
                Some(level) => [level.checked_sub(1), level.checked_add(1)]
                    .into_iter()
                    .flatten()
                    .filter(|l| self.levels().is_some_and(|levels| *l < levels))
                    .filter_map(|l| self.value_of_level(l))
                    .collect(),
                None => Vec::new(),
            },
        }
    }

    /// A different value drawn at random near `value` where the kind has an order: a geometric number of levels
    /// away, a normal step of a tenth of the range, a swap of two items, a flipped member. Kinds with a single
    /// value return it.
    pub fn mutate(&self, value: &Value, rng: &mut Rng) -> Value {
        match (self, value) {
            (Self::Bool | Self::Choice { .. }, _) => {
                let others = self.other_levels(value);
                rng.choice(&others).unwrap_or(value).clone()
            }
            (Self::Permutation { .. }, Value::Permutation(order)) if order.len() > 1 => {
                let mut next = order.clone();
                let i = rng.index(order.len());
                let j = rng.index(order.len() - 1);
                next.swap(i, j + usize::from(j >= i));
                Value::Permutation(next)
            }
            (Self::Subset { min, max, .. }, Value::Subset(flags)) => subset::mutate(flags, *min, *max, rng),
            (Self::Real { .. } | Self::LogReal { .. }, Value::Real(_)) => {
                let step = 0.1 * rng.normal();
                self.shifted(value, step, mirrored)
            }
            _ => self.ordered_step(value, rng),
        }
    }

    /// The value a `share` of the (logarithmic) range away, up if positive, at least one level where there are levels.
    /// It stops at the ends; from an end outwards it turns round. `None` for kinds without an order; kinds with a
    /// single value return it.
    pub fn step(&self, value: &Value, share: f64) -> Option<Value> {
        match (self, value) {
            (Self::Real { .. } | Self::LogReal { .. }, Value::Real(_)) => {
                let bounded = |share| self.shifted(value, share, |x, low, high| x.clamp(low, high));
                let next = bounded(share);
                Some(if next == *value { bounded(-share) } else { next })
            }
            (Self::Integer { .. } | Self::PowerOfTwo { .. } | Self::Ordinal { .. }, _) => {
                let (last, level) = (self.levels()? - 1, self.level_of(value)?);
                // The cast saturates and reads NaN as 0.
                let distance = ((share.abs() * last as f64).round() as u64).clamp(1, last.max(1));
                let (down, up) = (level.saturating_sub(distance), level.saturating_add(distance).min(last));
                let (wanted, other) = if share > 0.0 { (up, down) } else { (down, up) };
                self.value_of_level(if wanted == level { other } else { wanted })
            }
            _ => None,
        }
    }

    fn other_levels(&self, value: &Value) -> Vec<Value> {
        (0..self.levels().unwrap_or(0))
            .filter_map(|level| self.value_of_level(level))
            .filter(|v| v != value)
            .collect()
    }

    /// `value` moved by a share of its (logarithmic) range; `bound` brings it back between the ends.
    fn shifted(&self, value: &Value, step: f64, bound: fn(f64, f64, f64) -> f64) -> Value {
        match (self, value) {
            (Self::Real { low, high }, Value::Real(x)) => {
                Value::Real(bound(x + step * (high - low), *low, *high).clamp(*low, *high))
            }
            (Self::LogReal { low, high }, Value::Real(x)) => {
                let (from, to) = (log(*low), log(*high));
                Value::Real(exp(bound(log(*x) + step * (to - from), from, to)).clamp(*low, *high))
            }
            _ => value.clone(),
        }
    }

    fn ordered_step(&self, value: &Value, rng: &mut Rng) -> Value {
        let (Some(levels), Some(level)) = (self.levels(), self.level_of(value)) else { return value.clone() };
        if levels < 2 {
            return value.clone();
        }
        // Geometric, with a mean of a tenth of the range and at least one level.
        let stop = 1.0 / (levels as f64 / 10.0).max(1.5);
        let geometric = log(1.0 - rng.uniform()) / libm::log1p(-stop);
        let step = 1 + (geometric as u64).min(levels - 2);
        let up = rng.below(2) == 1;
        let next = match (up, level.checked_sub(step), level.saturating_add(step)) {
            (true, _, above) if above < levels => above,
            (false, Some(below), _) => below,
            (true, below, _) => below.unwrap_or(0),
            (false, None, above) => above.min(levels - 1),
        };
        // A full-range step can clamp onto itself; then take the neighbour.
        let next = if next == level { if level + 1 < levels { level + 1 } else { level - 1 } } else { next };
        self.value_of_level(next).unwrap_or_else(|| value.clone())
    }
}

/// Reflected at the end it passed, so that no mass piles up there.
fn mirrored(x: f64, low: f64, high: f64) -> f64 {
    let inside = if x < low { 2.0 * low - x } else { 2.0 * high - x };
    if (low..=high).contains(&x) { x } else { inside.clamp(low, high) }
}

impl DesignSpace {
    /// All designs one small step away ([`Kind::neighbours`]) that satisfy the constraints, in parameter order.
    pub fn neighbours(&self, design: &Design) -> Vec<Design> {
        let mut out = Vec::new();
        for (index, parameter) in self.parameters().iter().enumerate().filter(|(i, _)| design.is_active(*i)) {
            for value in parameter.kind.neighbours(&design.0[index]) {
                let mut next = design.clone();
                next.0[index] = value;
                self.canonicalise(&mut next);
                if self.violated(&next).is_none() {
                    out.push(next);
                }
            }
        }
        out
    }

    /// Changes the parameter at `index` to a nearby value ([`Kind::mutate`]); parameters that become active are
    /// drawn anew, constraints are not considered.
    pub fn mutate(&self, design: &mut Design, index: usize, rng: &mut Rng) {
        if design.is_active(index) {
            let value = self.parameters()[index].kind.mutate(&design.0[index], rng);
            self.assign(design, index, value, rng);
        }
    }

    /// Sets the active parameter at `index`; parameters that become active are drawn anew, constraints are not
    /// considered.
    pub fn assign(&self, design: &mut Design, index: usize, value: Value, rng: &mut Rng) {
        design.0[index] = value;
        if self.unconditional() {
            return;
        }
        for later in index + 1..self.len() {
            let active = self.is_active(later, &design.0[..later]);
            if active && !design.is_active(later) {
                design.0[later] = self.parameters()[later].kind.sample(rng);
            } else if !active {
                design.0[later] = Value::Inactive;
            }
        }
    }
}
