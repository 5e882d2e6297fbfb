//! The space: parameters, conditions and constraints together.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::knowledge::{Known, Moves, Representative};
use super::{Constraint, Design, Kind, Move, Parameter, Value, subset};
use crate::error::Error;
use crate::seed::Rng;

/// Uniform draws tried before constrained sampling falls back to masked, parameter-by-parameter draws.
const REJECTIONS: usize = 32;

/// An ordered set of parameters with the constraints on their combinations.
#[derive(Debug, Clone, Serialize)]
pub struct DesignSpace {
    parameters: Vec<Parameter>,
    constraints: Vec<Constraint>,
    #[serde(skip)]
    index: BTreeMap<String, usize>,
    /// No conditions, so every design is its own canonical form.
    #[serde(skip)]
    unconditional: bool,
    #[serde(skip)]
    moves: Option<Moves>,
    #[serde(skip)]
    representative: Option<Representative>,
}

impl DesignSpace {
    /// A space of `parameters`.
    ///
    /// # Errors
    /// [`Error::Declaration`] on an empty space, a repeated name, an impossible range, or a condition that names
    /// no earlier parameter or an impossible value.
    pub fn new(parameters: Vec<Parameter>) -> Result<Self, Error> {
        let mut space = Self {
            unconditional: parameters.iter().all(|p| p.condition.is_none()),
            parameters: Vec::with_capacity(parameters.len()),
            constraints: Vec::new(),
            index: BTreeMap::new(),
            moves: None,
            representative: None,
        };
        if parameters.is_empty() {
            return Err(Error::declaration("space", "", "needs at least one parameter"));
        }
        parameters.into_iter().try_for_each(|parameter| space.push(parameter))?;
        Ok(space)
    }

    fn push(&mut self, mut parameter: Parameter) -> Result<(), Error> {
        parameter.validate()?;
        if let Some(condition) = &mut parameter.condition {
            let refuse = |problem: String| Err(Error::declaration("parameter", &parameter.name, problem));
            let Some(&at) = self.index.get(&condition.parameter) else {
                return refuse(format!(
                    "its condition names `{}`, which is not an earlier parameter",
                    condition.parameter
                ));
            };
            if condition.one_of.is_empty() {
                return refuse("its condition lists no value, so that it never matters".into());
            }
            let parent = &self.parameters[at];
            let values: Result<Vec<_>, _> = condition.one_of.iter().map(|text| parent.parse(text)).collect();
            match values {
                Ok(values) => condition.resolved = Some((at, values)),
                Err(error) => return refuse(format!("its condition: {error}")),
            }
        }
        let name = parameter.name.clone();
        if self.index.insert(name.clone(), self.parameters.len()).is_some() {
            return Err(Error::declaration("parameter", &name, "is declared twice"));
        }
        self.parameters.push(parameter);
        Ok(())
    }

    /// Adds a constraint.
    ///
    /// # Errors
    /// [`Error::Unknown`] if it names a parameter that does not exist; [`Error::Declaration`] if its own name is not
    /// kebab-case.
    pub fn constrain(mut self, mut constraint: Constraint) -> Result<Self, Error> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if constraint.name.is_empty() || !constraint.name.chars().all(fits) {
            let problem = "must be kebab-case: small letters, digits and hyphens";
            return Err(Error::declaration("constraint", &constraint.name, problem));
        }
        constraint.indices =
            constraint.parameters.iter().map(|name| self.position(name)).collect::<Result<_, _>>()?;
        self.constraints.push(constraint);
        Ok(self)
    }

    /// Adds the moves that the environment itself proposes.
    #[must_use]
    pub fn with_moves(mut self, moves: impl Fn(&Design) -> Vec<Move> + Send + Sync + 'static) -> Self {
        self.moves = Some(Known(Arc::new(moves)));
        self
    }

    /// Whether the environment proposes [moves](DesignSpace::moves).
    pub fn has_moves(&self) -> bool {
        self.moves.is_some()
    }

    /// The moves that the environment proposes from a design of the space; `None` if it knows none for any design.
    /// [`neighbours`](DesignSpace::neighbours) and [`mutate`](DesignSpace::mutate) are there in every space.
    pub fn moves(&self, design: &Design) -> Option<Vec<Move>> {
        self.moves.as_ref().map(|moves| (moves.0)(design))
    }

    /// Adds what [`Problem::canonical`](crate::problem::Problem::canonical) knows: which designs behave alike.
    #[must_use]
    pub fn with_representative(
        mut self,
        canonical: impl for<'a> Fn(&'a Design) -> Cow<'a, Design> + Send + Sync + 'static,
    ) -> Self {
        self.representative = Some(Known(Arc::new(canonical)));
        self
    }

    /// The design that stands for all that are known to behave like `design`: itself if nothing is known.
    pub fn representative<'a>(&self, design: &'a Design) -> Cow<'a, Design> {
        self.representative.as_ref().map_or(Cow::Borrowed(design), |known| (known.0)(design))
    }

    /// The parameters in order.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// The constraints in order.
    pub fn constraints(&self) -> &[Constraint] {
        &self.constraints
    }

    /// Number of parameters.
    pub fn len(&self) -> usize {
        self.parameters.len()
    }

    /// Always false: a space has at least one parameter.
    pub fn is_empty(&self) -> bool {
        self.parameters.is_empty()
    }

    /// Whether every parameter matters in every design.
    pub(super) fn unconditional(&self) -> bool {
        self.unconditional
    }

    /// Index of the parameter called `name`.
    ///
    /// # Errors
    /// [`Error::Unknown`], naming the closest.
    pub fn position(&self, name: &str) -> Result<usize, Error> {
        let known = || self.parameters.iter().map(|p| p.name.as_str());
        self.index.get(name).copied().ok_or_else(|| Error::unknown("parameter", name, known()))
    }

    /// Whether the parameter at `index` matters, given the values of the earlier ones.
    pub fn is_active(&self, index: usize, earlier: &[Value]) -> bool {
        self.parameters[index].condition.as_ref().is_none_or(|condition| condition.holds(earlier))
    }

    /// Checks types, ranges and activity, but not the constraints (see [`DesignSpace::violated`]).
    ///
    /// # Errors
    /// [`Error::Value`] for the first parameter that is wrong.
    pub fn check(&self, design: &Design) -> Result<(), Error> {
        if design.0.len() != self.len() {
            let allowed = format!("{} values, one per parameter", self.len());
            return Err(Error::value("design", format!("{} values", design.0.len()), allowed));
        }
        for (index, (parameter, value)) in self.parameters.iter().zip(&design.0).enumerate() {
            let active = self.is_active(index, &design.0[..index]);
            let fits = if active { parameter.kind.contains(value) } else { *value == Value::Inactive };
            if !fits {
                let allowed =
                    if active { parameter.kind.allowed() } else { "nothing (it is inactive here)".into() };
                return Err(Error::value(&parameter.name, shown(value), allowed));
            }
        }
        Ok(())
    }

    /// Whether the design is well-formed and breaks no constraint.
    pub fn contains(&self, design: &Design) -> bool {
        self.check(design).is_ok() && self.violated(design).is_none()
    }

    /// The first constraint that a well-formed design breaks.
    pub fn violated(&self, design: &Design) -> Option<&Constraint> {
        self.constraints.iter().find(|constraint| !constraint.admits(&design.0))
    }

    /// Marks parameters that do not matter as inactive, and gives newly active ones their first value, so that
    /// equal hardware has one design.
    pub fn canonicalise(&self, design: &mut Design) {
        if self.unconditional {
            return;
        }
        for index in 0..self.len() {
            if !self.is_active(index, &design.0[..index]) {
                design.0[index] = Value::Inactive;
            } else if design.0[index] == Value::Inactive {
                design.0[index] = self.parameters[index].kind.first();
            }
        }
    }

    /// Draws a design that satisfies the constraints; uniform over the unconstrained product where rejection
    /// succeeds, otherwise built by masked decisions. If the constraints leave nothing, the draw breaks them.
    pub fn sample(&self, rng: &mut Rng) -> Design {
        let mut design = self.draw(rng);
        for _ in 0..REJECTIONS {
            if self.violated(&design).is_none() {
                return design;
            }
            design = self.draw(rng);
        }
        self.complete(&mut self.partial(), rng)
    }

    fn draw(&self, rng: &mut Rng) -> Design {
        let mut values = Vec::with_capacity(self.len());
        for (index, parameter) in self.parameters.iter().enumerate() {
            let active = self.is_active(index, &values);
            values.push(if active { parameter.kind.sample(rng) } else { Value::Inactive });
        }
        Design(values)
    }

    /// The design made of every parameter's first value.
    pub fn first(&self) -> Design {
        let mut design = Design(self.parameters.iter().map(|p| p.kind.first()).collect());
        self.canonicalise(&mut design);
        design
    }

    /// Number of points of the product of all parameters, conditions and constraints ignored; `None` when
    /// infinite or beyond `u128`.
    pub fn cardinality(&self) -> Option<u128> {
        self.parameters.iter().try_fold(1u128, |product, p| product.checked_mul(p.kind.cardinality()?))
    }

    /// The canonical form of point `rank` of the product, the last parameter varying fastest; `None` beyond the
    /// [cardinality](DesignSpace::cardinality).
    pub fn unrank(&self, mut rank: u128) -> Option<Design> {
        if rank >= self.cardinality()? {
            return None;
        }
        let mut values = vec![Value::Inactive; self.len()];
        for (parameter, slot) in self.parameters.iter().zip(&mut values).rev() {
            let count = parameter.kind.cardinality()?;
            *slot = parameter.kind.value_of_rank(rank % count)?;
            rank /= count;
        }
        let mut design = Design(values);
        self.canonicalise(&mut design);
        Some(design)
    }

    /// The smallest rank of a well-formed design: the inverse of [`unrank`](DesignSpace::unrank). `None` if a value
    /// has no rank, or the rank is beyond `u128`.
    pub fn rank(&self, design: &Design) -> Option<u128> {
        if design.0.len() != self.len() {
            return None;
        }
        self.parameters.iter().zip(&design.0).try_fold(0u128, |rank, (parameter, value)| {
            rank.checked_mul(parameter.kind.cardinality()?)?.checked_add(parameter.kind.rank_of_value(value)?)
        })
    }
}

/// A value for an error message: it need not belong to the parameter, so the parameter's notation is no help.
fn shown(value: &Value) -> String {
    match value {
        Value::Integer(i) => i.to_string(),
        Value::Real(x) => x.to_string(),
        Value::Bool(b) => b.to_string(),
        other => format!("{other:?}"),
    }
}

impl Kind {
    /// The smallest value in the kind's own order; what a parameter takes when nothing else is said.
    pub fn first(&self) -> Value {
        match self {
            Self::Real { low, .. } | Self::LogReal { low, .. } => Value::Real(*low),
            _ => self.value_of_rank(0).unwrap_or(Value::Inactive),
        }
    }

    /// The value of rank `rank` among [`cardinality`](Kind::cardinality) many.
    pub fn value_of_rank(&self, rank: u128) -> Option<Value> {
        match self {
            Self::Real { low, high } | Self::LogReal { low, high } => {
                (low == high && rank == 0).then_some(Value::Real(*low))
            }
            Self::Permutation { items } => Some(Value::Permutation(permutation_of_rank(items.len(), rank))),
            Self::Subset { items, min, max } => subset::of_rank(items.len(), *min, *max, rank),
            _ => self.value_of_level(u64::try_from(rank).ok()?),
        }
    }

    /// The rank of a value of the kind, the inverse of [`value_of_rank`](Kind::value_of_rank). An inactive value has
    /// rank 0, like the first one; other values of reals have none.
    pub fn rank_of_value(&self, value: &Value) -> Option<u128> {
        match (self, value) {
            (_, Value::Inactive) => Some(0),
            (Self::Real { low, high } | Self::LogReal { low, high }, Value::Real(x)) => {
                (low == high && x == low).then_some(0)
            }
            (Self::Permutation { .. }, Value::Permutation(order)) => {
                self.contains(value).then(|| rank_of_permutation(order))?
            }
            (Self::Subset { min, max, .. }, Value::Subset(flags)) => {
                self.contains(value).then(|| subset::rank(flags, *min, *max))?
            }
            _ => self.level_of(value).map(u128::from),
        }
    }
}

/// Lehmer code: digits in the factorial number system pick from the items that remain.
fn permutation_of_rank(n: usize, mut rank: u128) -> Box<[u32]> {
    let mut digits = vec![0usize; n];
    for (i, digit) in digits.iter_mut().rev().enumerate() {
        *digit = (rank % (i as u128 + 1)) as usize;
        rank /= i as u128 + 1;
    }
    let mut remaining: Vec<u32> = (0..n as u32).collect();
    digits.into_iter().map(|digit| remaining.remove(digit)).collect()
}

/// The Lehmer code read back.
fn rank_of_permutation(order: &[u32]) -> Option<u128> {
    let smaller_later = |i: usize| order[i + 1..].iter().filter(|later| **later < order[i]).count();
    (0..order.len()).try_fold(0u128, |rank, i| {
        rank.checked_mul((order.len() - i) as u128)?.checked_add(smaller_later(i) as u128)
    })
}
