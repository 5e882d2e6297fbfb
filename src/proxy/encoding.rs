//! Designs as features, from the environment's own declaration of its space.
//!
//! * a choice of two, or a switch: one column; a choice of more: one indicator for each option;
//! * powers of two, reals on a logarithmic scale, and whole numbers from 1 to 16 or more: the logarithm;
//! * other whole numbers, ordinals and reals: the place in the range;
//! * an order: the place of each item; a subset: a flag for each item;
//! * a parameter that can be inactive: one more column that says so.

use rl_env::design::{Design, DesignSpace, Kind, Parameter, Value};

use super::parts::matrix::Matrix;

/// How one parameter becomes columns.
#[derive(Debug, Clone)]
enum Column {
    /// Indicators of so many options.
    Options(usize),
    /// A number between ends, or its logarithm.
    Number { low: f64, high: f64, log: bool },
    /// Places of so many items.
    Order(usize),
    /// Flags of so many items.
    Members(usize),
}

/// Encodes the designs of one space.
#[derive(Debug, Clone)]
pub struct Encoder {
    columns: Vec<(Column, bool)>,
    names: Vec<String>,
}

impl Encoder {
    /// The encoder of a space.
    pub fn new(space: &DesignSpace) -> Self {
        let columns = space.parameters().iter().map(|p| (Column::of(&p.kind), p.condition.is_some()));
        let columns: Vec<_> = columns.collect();
        let parameters = space.parameters().iter().zip(&columns);
        let names = parameters.flat_map(|(parameter, (column, may_rest))| {
            let resting = may_rest.then(|| format!("{}:inactive", parameter.name));
            column.names(parameter).into_iter().chain(resting)
        });
        Self { names: names.collect(), columns }
    }

    /// Number of features.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// What each feature is.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Appends the features of a well-formed design.
    pub fn write(&self, design: &Design, out: &mut Vec<f32>) {
        for ((column, may_rest), value) in self.columns.iter().zip(&design.0) {
            column.write(value, out);
            if *may_rest {
                out.push(f32::from(u8::from(*value == Value::Inactive)));
            }
        }
    }

    /// The features of well-formed designs.
    pub fn encode<'a>(&self, designs: impl IntoIterator<Item = &'a Design>) -> Matrix<f32> {
        let mut features = Matrix::new(self.len());
        designs.into_iter().for_each(|design| self.write(design, &mut features.data));
        features
    }
}

impl Column {
    fn of(kind: &Kind) -> Self {
        let number = |low: i64, high: i64, log| Self::Number { low: low as f64, high: high as f64, log };
        match kind {
            Kind::Bool => number(0, 1, false),
            Kind::Choice { options } if options.len() <= 2 => number(0, 1, false),
            Kind::Choice { options } => Self::Options(options.len()),
            Kind::Integer { low, high } => number(*low, *high, *low >= 1 && high / low >= 16),
            Kind::PowerOfTwo { low, high } => number(*low, *high, true),
            Kind::Ordinal { values } => {
                let (low, high) = (values.first().copied(), values.last().copied());
                let (low, high) = (low.unwrap_or(0), high.unwrap_or(0));
                number(low, high, low >= 1 && high / low >= 16)
            }
            Kind::Real { low, high } => Self::Number { low: *low, high: *high, log: false },
            Kind::LogReal { low, high } => Self::Number { low: *low, high: *high, log: true },
            Kind::Permutation { items } => Self::Order(items.len()),
            Kind::Subset { items, .. } => Self::Members(items.len()),
        }
        .prepared()
    }

    /// Takes the logarithms of the ends once.
    fn prepared(self) -> Self {
        match self {
            Self::Number { low, high, log: true } => {
                Self::Number { low: libm::log2(low), high: libm::log2(high), log: true }
            }
            other => other,
        }
    }

    fn names(&self, parameter: &Parameter) -> Vec<String> {
        let name = &parameter.name;
        match (self, &parameter.kind) {
            (Self::Options(_), Kind::Choice { options: parts })
            | (Self::Members(_), Kind::Subset { items: parts, .. }) => {
                parts.iter().map(|part| format!("{name}={part}")).collect()
            }
            (Self::Order(_), Kind::Permutation { items }) => {
                items.iter().map(|item| format!("{name}:place of {item}")).collect()
            }
            (Self::Number { log: true, .. }, _) => vec![format!("log2({name})")],
            _ => vec![name.clone()],
        }
    }

    fn write(&self, value: &Value, out: &mut Vec<f32>) {
        match self {
            Self::Options(options) => {
                let start = out.len();
                out.resize(start + options, 0.0);
                if let Value::Choice(option) = value
                    && (*option as usize) < *options
                {
                    out[start + *option as usize] = 1.0;
                }
            }
            Self::Number { low, high, log } => {
                let x = match value {
                    Value::Integer(x) if *log && *x > 0 && x.count_ones() == 1 => {
                        f64::from(x.trailing_zeros())
                    }
                    value => {
                        value.number().map_or(0.5 * (low + high), |x| if *log { libm::log2(x) } else { x })
                    }
                };
                let place = if high > low { (x - low) / (high - low) } else { 0.5 };
                out.push(place as f32);
            }
            Self::Order(items) => {
                let start = out.len();
                out.resize(start + items, 0.5);
                if let Value::Permutation(order) = value {
                    for (place, item) in order.iter().enumerate() {
                        out[start + *item as usize] = place as f32 / (*items).max(2) as f32;
                    }
                }
            }
            Self::Members(items) => {
                let start = out.len();
                out.resize(start + items, 0.0);
                if let Value::Subset(flags) = value {
                    flags
                        .iter()
                        .enumerate()
                        .for_each(|(i, flag)| out[start + i] = f32::from(u8::from(*flag)));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_typed_columns() {
        let space = DesignSpace::new(vec![
            Parameter::bool("on"),
            Parameter::choice("two", ["a", "b"]),
            Parameter::choice("three", ["a", "b", "c"]),
            Parameter::integer("few", 1, 8),
            Parameter::integer("many", 1, 128),
            Parameter::power_of_two("size", 1, 16),
            Parameter::real("x", -1.0, 1.0).when("two", ["a"]),
            Parameter::permutation("order", ["p", "q"]),
            Parameter::subset("some", ["r", "s"], 0, 2),
        ])
        .unwrap();
        let encoder = Encoder::new(&space);
        let names = "on two three=a three=b three=c few log2(many) log2(size) x x:inactive order:place_of_p \
                     order:place_of_q some=r some=s";
        let own: Vec<String> = encoder.names().iter().map(|name| name.replace(' ', "_")).collect();
        assert_eq!(own.join(" "), names);
        let design = space.parse(["true", "b", "c", "8", "128", "4", "", "q>p", "s"]).unwrap();
        let row = encoder.encode([&design]);
        assert_eq!(row.data, [1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.5, 0.5, 1.0, 0.5, 0.0, 0.0, 1.0]);
    }
}
