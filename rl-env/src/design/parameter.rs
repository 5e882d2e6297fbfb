//! Parameters: a name, a kind with its range, a unit and a sentence of documentation.

use serde::{Deserialize, Serialize};

use libm::{exp, log};

use super::{Condition, Value, subset};
use crate::error::Error;
use crate::seed::Rng;

/// The kind of a parameter and its range. All ranges include both ends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", deny_unknown_fields)]
pub enum Kind {
    /// On or off.
    Bool,
    /// One of several named options without order.
    Choice {
        /// Option names.
        options: Vec<String>,
    },
    /// Every whole number of a range.
    Integer {
        /// Smallest value.
        low: i64,
        /// Largest value.
        high: i64,
    },
    /// Powers of two from `low` to `high`, both powers of two themselves.
    PowerOfTwo {
        /// Smallest value.
        low: i64,
        /// Largest value.
        high: i64,
    },
    /// An explicit increasing list of whole numbers, such as the divisors of a layer's width.
    Ordinal {
        /// The values, strictly increasing.
        values: Vec<i64>,
    },
    /// A real number, evenly important everywhere.
    Real {
        /// Smallest value.
        low: f64,
        /// Largest value.
        high: f64,
    },
    /// A positive real number whose order of magnitude matters.
    LogReal {
        /// Smallest value, above zero.
        low: f64,
        /// Largest value.
        high: f64,
    },
    /// An order of all items.
    Permutation {
        /// Item names.
        items: Vec<String>,
    },
    /// Some of the items.
    Subset {
        /// Item names.
        items: Vec<String>,
        /// Fewest members.
        min: usize,
        /// Most members.
        max: usize,
    },
}

/// One parameter of a design space.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Parameter {
    /// Unique snake_case name, also the dataset column.
    pub name: String,
    /// Kind and range.
    #[serde(flatten)]
    pub kind: Kind,
    /// Unit of numeric values, such as `ns` or `KiB`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// What it means.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub doc: String,
    /// The parameter matters only while this holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<Condition>,
}

impl Parameter {
    fn of(name: impl Into<String>, kind: Kind) -> Self {
        Self { name: name.into(), kind, unit: None, doc: String::new(), condition: None }
    }

    /// A switch.
    pub fn bool(name: impl Into<String>) -> Self {
        Self::of(name, Kind::Bool)
    }

    /// One of several named options.
    pub fn choice<S: Into<String>>(name: impl Into<String>, options: impl IntoIterator<Item = S>) -> Self {
        Self::of(name, Kind::Choice { options: options.into_iter().map(Into::into).collect() })
    }

    /// A whole number from `low` to `high`.
    pub fn integer(name: impl Into<String>, low: i64, high: i64) -> Self {
        Self::of(name, Kind::Integer { low, high })
    }

    /// A power of two from `low` to `high`.
    pub fn power_of_two(name: impl Into<String>, low: i64, high: i64) -> Self {
        Self::of(name, Kind::PowerOfTwo { low, high })
    }

    /// One of the listed, strictly increasing whole numbers.
    pub fn ordinal(name: impl Into<String>, values: impl IntoIterator<Item = i64>) -> Self {
        Self::of(name, Kind::Ordinal { values: values.into_iter().collect() })
    }

    /// A real number from `low` to `high`.
    pub fn real(name: impl Into<String>, low: f64, high: f64) -> Self {
        Self::of(name, Kind::Real { low, high })
    }

    /// A positive real number from `low` to `high` on a logarithmic scale.
    pub fn log_real(name: impl Into<String>, low: f64, high: f64) -> Self {
        Self::of(name, Kind::LogReal { low, high })
    }

    /// An order of all `items`.
    pub fn permutation<S: Into<String>>(name: impl Into<String>, items: impl IntoIterator<Item = S>) -> Self {
        Self::of(name, Kind::Permutation { items: items.into_iter().map(Into::into).collect() })
    }

    /// From `min` to `max` of the `items`.
    pub fn subset<S: Into<String>>(
        name: impl Into<String>,
        items: impl IntoIterator<Item = S>,
        min: usize,
        max: usize,
    ) -> Self {
        Self::of(name, Kind::Subset { items: items.into_iter().map(Into::into).collect(), min, max })
    }

    /// States the unit.
    #[must_use]
    pub fn unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = Some(unit.into());
        self
    }

    /// States the meaning.
    #[must_use]
    pub fn doc(mut self, doc: impl Into<String>) -> Self {
        self.doc = doc.into();
        self
    }

    /// Makes the parameter matter only while an *earlier* parameter has one of `values` (in its own notation).
    #[must_use]
    pub fn when<S: Into<String>>(
        mut self,
        parameter: impl Into<String>,
        values: impl IntoIterator<Item = S>,
    ) -> Self {
        self.condition = Some(Condition::new(parameter, values));
        self
    }

    /// Refuses empty, reversed, non-finite or repeated declarations.
    pub(crate) fn validate(&self) -> Result<(), Error> {
        let defect = unfit_name(&self.name).or_else(|| self.kind.defect());
        defect.map_or(Ok(()), |problem| Err(Error::declaration("parameter", &self.name, problem)))
    }
}

impl Kind {
    fn defect(&self) -> Option<String> {
        let power = |x: &i64| *x > 0 && x.count_ones() == 1;
        match self {
            Self::Bool => None,
            Self::Choice { options } => unnamed_or_repeated(options),
            Self::Integer { low, high } if low > high => Some(reversed(low, high)),
            // Levels are counted in u64.
            Self::Integer { low, high } => (high.abs_diff(*low) == u64::MAX).then(|| too_wide(low, high)),
            Self::PowerOfTwo { low, high } if !power(low) || !power(high) => {
                Some(format!("ends {low} and {high} must both be powers of two"))
            }
            Self::PowerOfTwo { low, high } => (low > high).then(|| reversed(low, high)),
            Self::Ordinal { values } if values.is_empty() => Some("needs at least one value".into()),
            Self::Ordinal { values } => {
                (!values.is_sorted_by(|a, b| a < b)).then(|| "values must be strictly increasing".into())
            }
            Self::Real { low, high } | Self::LogReal { low, high }
                if !low.is_finite() || !high.is_finite() =>
            {
                Some(format!("ends {low} and {high} must be finite"))
            }
            Self::Real { low, high } if low > high => Some(reversed(low, high)),
            Self::Real { low, high } => (!(high - low).is_finite()).then(|| too_wide(low, high)),
            Self::LogReal { low, high } if *low <= 0.0 => {
                Some(format!("a logarithmic range {low}..={high} must start above 0"))
            }
            Self::LogReal { low, high } => (low > high).then(|| reversed(low, high)),
            Self::Permutation { items } => unnamed_or_repeated(items),
            Self::Subset { items, min, max } if min > max || *max > items.len() => {
                Some(format!("cannot hold {min} to {max} of {} items", items.len()))
            }
            Self::Subset { items, .. } => unnamed_or_repeated(items),
        }
    }

    /// Number of levels of a scalar kind with finitely many values; `None` for reals and structured kinds.
    pub fn levels(&self) -> Option<u64> {
        match self {
            Self::Bool => Some(2),
            Self::Choice { options } => Some(options.len() as u64),
            // Saturates only on ranges that no parameter may have.
            Self::Integer { low, high } => Some(high.abs_diff(*low).saturating_add(1)),
            Self::PowerOfTwo { low, high } => Some(u64::from(high.ilog2() - low.ilog2()) + 1),
            Self::Ordinal { values } => Some(values.len() as u64),
            Self::Real { .. } | Self::LogReal { .. } | Self::Permutation { .. } | Self::Subset { .. } => None,
        }
    }

    /// The value of level `level` (clamped to the last) of a kind that has [levels](Kind::levels).
    pub fn value_of_level(&self, level: u64) -> Option<Value> {
        let level = level.min(self.levels()?.saturating_sub(1));
        Some(match self {
            Self::Bool => Value::Bool(level == 1),
            Self::Choice { .. } => Value::Choice(level as u32),
            Self::Integer { low, .. } => Value::Integer(low.wrapping_add_unsigned(level)),
            Self::PowerOfTwo { low, .. } => Value::Integer(low << level),
            Self::Ordinal { values } => Value::Integer(values[level as usize]),
            _ => return None,
        })
    }

    /// The level of a value that [belongs](Kind::contains) to the kind.
    pub fn level_of(&self, value: &Value) -> Option<u64> {
        match (self, value) {
            (Self::Bool, Value::Bool(b)) => Some(u64::from(*b)),
            (Self::Choice { options }, Value::Choice(i)) => {
                ((*i as usize) < options.len()).then_some(u64::from(*i))
            }
            (Self::Integer { low, high }, Value::Integer(i)) => {
                (low..=high).contains(&i).then(|| i.abs_diff(*low))
            }
            (Self::PowerOfTwo { low, high }, Value::Integer(i)) => {
                ((low..=high).contains(&i) && i.count_ones() == 1).then(|| u64::from(i.ilog2() - low.ilog2()))
            }
            (Self::Ordinal { values }, Value::Integer(i)) => values.binary_search(i).ok().map(|l| l as u64),
            _ => None,
        }
    }

    /// Whether `value` has the right type and lies in range.
    pub fn contains(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Real { low, high } | Self::LogReal { low, high }, Value::Real(x)) => {
                (low..=high).contains(&x)
            }
            (Self::Permutation { items }, Value::Permutation(order)) => {
                let mut seen = vec![false; items.len()];
                order.len() == items.len()
                    && order
                        .iter()
                        .all(|i| seen.get_mut(*i as usize).is_some_and(|slot| !std::mem::replace(slot, true)))
            }
            (Self::Subset { items, min, max }, Value::Subset(flags)) => {
                flags.len() == items.len() && (min..=max).contains(&&flags.iter().filter(|f| **f).count())
            }
            _ => self.level_of(value).is_some(),
        }
    }

    /// Number of distinct values; `None` for reals, or beyond `u128`.
    pub fn cardinality(&self) -> Option<u128> {
        match self {
            Self::Permutation { items } => {
                (1..=items.len() as u128).try_fold(1u128, |product, i| product.checked_mul(i))
            }
            Self::Subset { items, min, max } => {
                (*min..=*max).try_fold(0u128, |sum, k| sum.checked_add(subset::binomial(items.len(), k)?))
            }
            Self::Real { low, high } | Self::LogReal { low, high } => (low == high).then_some(1),
            _ => self.levels().map(u128::from),
        }
    }

    /// Draws a value uniformly (uniformly in the logarithm for [`Kind::LogReal`]).
    pub fn sample(&self, rng: &mut Rng) -> Value {
        match self {
            Self::Real { low, high } => Value::Real((low + rng.uniform() * (high - low)).clamp(*low, *high)),
            Self::LogReal { low, high } => {
                let x = exp(log(*low) + rng.uniform() * (log(*high) - log(*low)));
                Value::Real(x.clamp(*low, *high))
            }
            Self::Permutation { items } => {
                let mut order: Vec<u32> = (0..items.len() as u32).collect();
                rng.shuffle(&mut order);
                Value::Permutation(order.into())
            }
            Self::Subset { items, min, max } => subset::sample(items.len(), *min, *max, rng),
            _ => {
                let level = rng.below(self.levels().unwrap_or(1));
                self.value_of_level(level).unwrap_or(Value::Inactive)
            }
        }
    }

    /// What the kind accepts, for error messages and documentation.
    pub fn allowed(&self) -> String {
        match self {
            Self::Bool => "true or false".into(),
            Self::Choice { options } => format!("one of {}", options.join(", ")),
            Self::Integer { low, high } => format!("a whole number from {low} to {high}"),
            Self::PowerOfTwo { low, high } => format!("a power of two from {low} to {high}"),
            Self::Ordinal { values } => {
                format!("one of {}", values.iter().map(i64::to_string).collect::<Vec<_>>().join(", "))
            }
            Self::Real { low, high } | Self::LogReal { low, high } => {
                format!("a number from {low} to {high}")
            }
            Self::Permutation { items } => format!("each of {} once, joined by `>`", items.join(", ")),
            Self::Subset { items, min, max } => {
                format!("{min} to {max} of {}, joined by `+` (`-` for none)", items.join(", "))
            }
        }
    }
}

fn reversed(low: impl std::fmt::Display, high: impl std::fmt::Display) -> String {
    format!("range {low}..={high} is reversed")
}

fn too_wide(low: impl std::fmt::Display, high: impl std::fmt::Display) -> String {
    format!("range {low}..={high} is too wide: the distance of its ends is no number")
}

/// Names are columns, command-line keys (`key=value`) and parts of one-hot names.
fn unfit_name(name: &str) -> Option<String> {
    let reserved = |c: char| c.is_whitespace() || c.is_control() || [',', '=', '"', '\''].contains(&c);
    match name {
        "" => Some("needs a name".into()),
        _ => name.contains(reserved).then(|| "its name must not hold white space, `,`, `=` or quotes".into()),
    }
}

fn unnamed_or_repeated(names: &[String]) -> Option<String> {
    let reserved = |c: char| c.is_control() || ['>', '+', ','].contains(&c);
    let mut sorted: Vec<&String> = names.iter().collect();
    sorted.sort();
    if names.is_empty() {
        return Some("needs at least one name".into());
    }
    if let Some(name) =
        names.iter().find(|n| n.is_empty() || n.contains(reserved) || *n == "-" || n.trim() != *n)
    {
        return Some(format!(
            "name `{name}` must not be empty or `-`, hold `>`, `+`, `,` or a line break, or begin or end with a space"
        ));
    }
    sorted.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| format!("name `{}` is repeated", pair[0]))
}
