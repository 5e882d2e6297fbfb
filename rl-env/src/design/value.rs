//! Values and designs: plain data without a reference to their space.

use serde::{Deserialize, Serialize};

/// The value of one parameter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Value {
    /// The parameter does not matter in this design: its condition does not hold.
    Inactive,
    /// A switch.
    Bool(bool),
    /// Index of a named option.
    Choice(u32),
    /// A whole number, also of power-of-two and ordinal parameters.
    Integer(i64),
    /// A real number, never NaN.
    Real(f64),
    /// Item indices in order.
    Permutation(Box<[u32]>),
    /// Membership of each item.
    Subset(Box<[bool]>),
}

impl Value {
    /// Numeric reading used by constraints and surrogate models; `None` for structured and inactive values.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Bool(b) => Some(f64::from(u8::from(*b))),
            Self::Choice(i) => Some(f64::from(*i)),
            Self::Integer(i) => Some(*i as f64),
            Self::Real(x) => Some(*x),
            Self::Inactive | Self::Permutation(_) | Self::Subset(_) => None,
        }
    }

    /// Appends an unambiguous byte form: equal values give equal bytes, unequal ones never do.
    pub fn write_bytes(&self, out: &mut Vec<u8>) {
        match self {
            Self::Inactive => out.push(0),
            Self::Bool(b) => out.extend([1, u8::from(*b)]),
            Self::Choice(i) => {
                out.push(2);
                out.extend(i.to_le_bytes());
            }
            Self::Integer(i) => {
                out.push(3);
                out.extend(i.to_le_bytes());
            }
            Self::Real(x) => {
                out.push(4);
                // -0.0 == 0.0, so they have to share their bytes.
                out.extend((x + 0.0).to_bits().to_le_bytes());
            }
            Self::Permutation(items) => {
                out.push(5);
                out.extend((items.len() as u32).to_le_bytes());
                out.extend(items.iter().flat_map(|i| i.to_le_bytes()));
            }
            Self::Subset(flags) => {
                out.push(6);
                out.extend((flags.len() as u32).to_le_bytes());
                out.extend(flags.iter().map(|f| u8::from(*f)));
            }
        }
    }
}

/// A point of a design space: one value per parameter, in declaration order.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Design(pub Vec<Value>);

impl Design {
    /// The values in declaration order.
    pub fn values(&self) -> &[Value] {
        &self.0
    }

    /// The switch at `index`.
    ///
    /// # Panics
    /// The typed accessors are for decoders of designs that [`check`](super::DesignSpace::check) accepted;
    /// a value of another type, or an index beyond the design, is a bug of the environment and panics.
    pub fn bool(&self, index: usize) -> bool {
        match self.0[index] {
            Value::Bool(b) => b,
            ref other => mismatch("a switch", index, other),
        }
    }

    /// The option index at `index`; see [`Design::bool`] for panics.
    pub fn choice(&self, index: usize) -> usize {
        match self.0[index] {
            Value::Choice(i) => i as usize,
            ref other => mismatch("a choice", index, other),
        }
    }

    /// The whole number at `index`; see [`Design::bool`] for panics.
    pub fn integer(&self, index: usize) -> i64 {
        match self.0[index] {
            Value::Integer(i) => i,
            ref other => mismatch("an integer", index, other),
        }
    }

    /// The real number at `index`; see [`Design::bool`] for panics.
    pub fn real(&self, index: usize) -> f64 {
        match self.0[index] {
            Value::Real(x) => x,
            ref other => mismatch("a real", index, other),
        }
    }

    /// The item order at `index`; see [`Design::bool`] for panics.
    pub fn permutation(&self, index: usize) -> &[u32] {
        match &self.0[index] {
            Value::Permutation(items) => items,
            other => mismatch("a permutation", index, other),
        }
    }

    /// The memberships at `index`; see [`Design::bool`] for panics.
    pub fn subset(&self, index: usize) -> &[bool] {
        match &self.0[index] {
            Value::Subset(flags) => flags,
            other => mismatch("a subset", index, other),
        }
    }

    /// Whether the parameter at `index` matters in this design.
    pub fn is_active(&self, index: usize) -> bool {
        self.0[index] != Value::Inactive
    }

    /// Appends an unambiguous byte form (see [`Value::write_bytes`]); the basis of content addresses.
    pub fn write_bytes(&self, out: &mut Vec<u8>) {
        self.0.iter().for_each(|value| value.write_bytes(out));
    }
}

fn mismatch(wanted: &str, index: usize, found: &Value) -> ! {
    panic!("parameter {index} is not {wanted} but {found:?}")
}
