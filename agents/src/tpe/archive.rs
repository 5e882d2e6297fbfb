//! Designs as columns of numbers, one column per parameter.

use rl_env::design::{Design, DesignSpace, Kind, Value};

/// Numbers with more levels than this are treated as reals.
const TABLED: u64 = 128;

/// How the kernels of a parameter measure distance.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    /// A single value: nothing to model.
    Fixed,
    /// A real, or a whole number with many levels, of this distance on the unit interval.
    Number { step: f64 },
    /// Few levels in order.
    Ordered { levels: usize },
    /// Options without order.
    Nominal { levels: usize },
    /// An order of items.
    Order { items: usize },
    /// A set of items.
    Set { items: usize },
}

impl Shape {
    fn of(kind: &Kind) -> Self {
        match kind {
            _ if kind.cardinality() == Some(1) => Self::Fixed,
            Kind::Real { .. } | Kind::LogReal { .. } => Self::Number { step: 0.0 },
            Kind::Permutation { items } => Self::Order { items: items.len() },
            Kind::Subset { items, .. } => Self::Set { items: items.len() },
            Kind::Bool => Self::Nominal { levels: 2 },
            Kind::Choice { options } if options.len() < usize::from(u16::MAX) => {
                Self::Nominal { levels: options.len() }
            }
            _ => match kind.levels().unwrap_or(1) {
                levels if levels > TABLED => Self::Number { step: 1.0 / levels as f64 },
                levels => Self::Ordered { levels: levels as usize },
            },
        }
    }

    /// Bits that two values are compared by: which of two items comes first, or which items are members.
    pub(super) fn bits(&self) -> usize {
        match self {
            Self::Order { items } => items * (items - 1) / 2,
            Self::Set { items } => *items,
            _ => 0,
        }
    }

    /// Words per value.
    pub(super) fn words(&self) -> usize {
        self.bits().div_ceil(64)
    }
}

/// The values of one parameter.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) shape: Shape,
    /// Some designs have no value.
    pub(super) conditional: bool,
    /// Position on the unit interval; NaN where inactive.
    pub(super) numbers: Vec<f64>,
    /// Level; as many as there are levels where inactive.
    pub(super) levels: Vec<u16>,
    /// [`Shape::words`] per design.
    pub(super) bits: Vec<u64>,
    /// For columns of bits, whether the design has a value.
    pub(super) present: Vec<bool>,
}

impl Column {
    fn push(&mut self, kind: &Kind, value: &Value, scratch: &mut Vec<f64>) {
        match (&self.shape, value) {
            (Shape::Fixed, _) => {}
            (Shape::Number { .. }, Value::Inactive) => self.numbers.push(f64::NAN),
            (Shape::Number { .. }, _) => {
                scratch.clear();
                kind.write_unit(value, scratch);
                self.numbers.extend(scratch.first());
            }
            (Shape::Ordered { levels } | Shape::Nominal { levels }, _) => {
                self.levels.push(kind.level_of(value).map_or(*levels as u16, |level| level as u16));
            }
            (Shape::Order { .. } | Shape::Set { .. }, _) => {
                let start = self.bits.len();
                self.bits.resize(start + self.shape.words(), 0);
                self.present.push(*value != Value::Inactive);
                set_bits(value, &mut self.bits[start..]);
            }
        }
    }

    fn truncate(&mut self, len: usize) {
        self.numbers.truncate(len);
        self.levels.truncate(len);
        self.bits.truncate(len * self.shape.words());
        self.present.truncate(len);
    }
}

fn set_bits(value: &Value, words: &mut [u64]) {
    let mut set = |bit: usize| words[bit / 64] |= 1 << (bit % 64);
    match value {
        Value::Subset(flags) => (0..flags.len()).filter(|i| flags[*i]).for_each(set),
        Value::Permutation(order) => {
            for (at, first) in order.iter().enumerate() {
                let (first, later) = (*first as usize, &order[at + 1..]);
                // Pair (i, j < i) has bit i(i - 1)/2 + j, set where i comes first.
                later.iter().filter(|j| (**j as usize) < first).for_each(|j| {
                    set(first * (first - 1) / 2 + *j as usize);
                });
            }
        }
        _ => {}
    }
}

/// Designs by column.
#[derive(Debug, Clone)]
pub(super) struct Archive {
    pub(super) columns: Vec<Column>,
    len: usize,
    scratch: Vec<f64>,
}

impl Archive {
    pub(super) fn new(space: &DesignSpace) -> Self {
        let column = |parameter: &rl_env::design::Parameter| Column {
            shape: Shape::of(&parameter.kind),
            conditional: parameter.condition.is_some(),
            numbers: Vec::new(),
            levels: Vec::new(),
            bits: Vec::new(),
            present: Vec::new(),
        };
        let columns = space.parameters().iter().map(column).collect();
        Self { columns, len: 0, scratch: Vec::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Appends a design of the space.
    pub(super) fn push(&mut self, space: &DesignSpace, design: &Design) {
        for ((column, parameter), value) in self.columns.iter_mut().zip(space.parameters()).zip(&design.0) {
            column.push(&parameter.kind, value, &mut self.scratch);
        }
        self.len += 1;
    }

    /// Keeps the first `len` designs.
    pub(super) fn truncate(&mut self, len: usize) {
        self.columns.iter_mut().for_each(|column| column.truncate(len));
        self.len = self.len.min(len);
    }
}
