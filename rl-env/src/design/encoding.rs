//! Encodings: designs as numbers for agents and models that know no types.

use libm::{exp, log};

use super::{Design, DesignSpace, Kind, Value};
use crate::error::Error;

impl Kind {
    /// Coordinates in the unit cube: one, or one per item of permutations and subsets.
    pub fn unit_dim(&self) -> usize {
        match self {
            Self::Permutation { items } | Self::Subset { items, .. } => items.len(),
            _ => 1,
        }
    }

    /// Columns of the one-hot form: one per option of a choice, n² of an order of n items, else as the unit cube.
    pub fn one_hot_dim(&self) -> usize {
        match self {
            Self::Choice { options } => options.len(),
            Self::Permutation { items } => items.len() * items.len(),
            _ => self.unit_dim(),
        }
    }

    /// Writes the unit-cube coordinates: the middle of the level's interval, the linear or logarithmic position
    /// of a real, an item's position in an order, ¼ and ¾ for absent and present members; ½ when inactive.
    pub fn write_unit(&self, value: &Value, out: &mut Vec<f64>) {
        match (self, value) {
            (Self::Real { low, high }, Value::Real(x)) => out.push(fraction(*low, *high, *x)),
            (Self::LogReal { low, high }, Value::Real(x)) => {
                out.push(fraction(log(*low), log(*high), log(*x)));
            }
            (Self::Permutation { items }, Value::Permutation(order)) => {
                let start = out.len();
                out.resize(start + items.len(), 0.0);
                for (position, item) in order.iter().enumerate() {
                    out[start + *item as usize] = (position as f64 + 0.5) / items.len() as f64;
                }
            }
            (Self::Subset { .. }, Value::Subset(flags)) => {
                out.extend(flags.iter().map(|member| if *member { 0.75 } else { 0.25 }));
            }
            _ => match (self.levels(), self.level_of(value)) {
                (Some(levels), Some(level)) => out.push((level as f64 + 0.5) / levels as f64),
                _ => out.resize(out.len() + self.unit_dim(), 0.5),
            },
        }
    }

    /// The value at [`unit_dim`](Kind::unit_dim) unit-cube coordinates, none of them NaN; every point of the cube
    /// has one, and coordinates outside are clamped.
    pub fn read_unit(&self, coordinates: &[f64]) -> Value {
        let u = coordinates.first().copied().unwrap_or(0.5).clamp(0.0, 1.0);
        match self {
            Self::Real { low, high } => Value::Real((low + u * (high - low)).clamp(*low, *high)),
            Self::LogReal { low, high } => {
                let x = exp(log(*low) + u * (log(*high) - log(*low)));
                Value::Real(x.clamp(*low, *high))
            }
            Self::Permutation { items } => {
                // Random keys (Bean 1994): items in the order of their coordinates, ties by index.
                let mut order: Vec<u32> = (0..items.len() as u32).collect();
                order.sort_by(|a, b| coordinates[*a as usize].total_cmp(&coordinates[*b as usize]));
                Value::Permutation(order.into())
            }
            Self::Subset { items, min, max } => {
                let mut ranked: Vec<usize> = (0..items.len()).collect();
                ranked.sort_by(|a, b| coordinates[*b].total_cmp(&coordinates[*a]));
                let wanted = coordinates.iter().filter(|u| **u >= 0.5).count().clamp(*min, *max);
                let mut flags = vec![false; items.len()];
                ranked[..wanted].iter().for_each(|i| flags[*i] = true);
                Value::Subset(flags.into())
            }
            _ => {
                let levels = self.levels().unwrap_or(1);
                let level = (u * levels as f64) as u64;
                self.value_of_level(level.min(levels - 1)).unwrap_or(Value::Inactive)
            }
        }
    }

    fn write_one_hot(&self, value: &Value, out: &mut Vec<f64>) {
        let start = out.len();
        match (self, value) {
            (Self::Choice { options }, _) => {
                out.resize(start + options.len(), 0.0);
                if let Value::Choice(i) = value {
                    out[start + *i as usize] = 1.0;
                }
            }
            (Self::Permutation { items }, _) => {
                out.resize(start + items.len() * items.len(), 0.0);
                if let Value::Permutation(order) = value {
                    for (position, item) in order.iter().enumerate() {
                        out[start + *item as usize * items.len() + position] = 1.0;
                    }
                }
            }
            (Self::Bool, _) => out.push(value.number().unwrap_or(0.5)),
            (Self::Subset { .. }, Value::Subset(flags)) => {
                out.extend(flags.iter().map(|member| f64::from(u8::from(*member))));
            }
            _ => self.write_unit(value, out),
        }
    }
}

/// Position of `x` between the ends; ½ where the range is a single point.
fn fraction(low: f64, high: f64, x: f64) -> f64 {
    if high > low { ((x - low) / (high - low)).clamp(0.0, 1.0) } else { 0.5 }
}

impl DesignSpace {
    /// Dimensions of the unit cube.
    pub fn unit_dim(&self) -> usize {
        self.parameters().iter().map(|p| p.kind.unit_dim()).sum()
    }

    /// The design as a point of the unit cube `[0, 1]^d`, `d =` [`unit_dim`](DesignSpace::unit_dim).
    pub fn to_unit(&self, design: &Design) -> Vec<f64> {
        let mut out = Vec::with_capacity(self.unit_dim());
        self.parameters().iter().zip(&design.0).for_each(|(p, value)| p.kind.write_unit(value, &mut out));
        out
    }

    /// The design at a point of the unit cube; coordinates outside are clamped, constraints are not considered.
    ///
    /// # Errors
    /// [`Error::Value`] if the point has another dimension or holds NaN.
    pub fn from_unit(&self, point: &[f64]) -> Result<Design, Error> {
        if point.len() != self.unit_dim() || point.iter().any(|u| u.is_nan()) {
            let allowed = format!("{} numbers, none of them NaN", self.unit_dim());
            return Err(Error::value("unit-cube point", format!("{point:?}"), allowed));
        }
        let mut at = 0;
        let mut values = Vec::with_capacity(self.len());
        for parameter in self.parameters() {
            let dim = parameter.kind.unit_dim();
            values.push(parameter.kind.read_unit(&point[at..at + dim]));
            at += dim;
        }
        let mut design = Design(values);
        self.canonicalise(&mut design);
        Ok(design)
    }

    /// Columns of the one-hot form.
    pub fn one_hot_dim(&self) -> usize {
        self.parameters().iter().map(|p| p.kind.one_hot_dim()).sum()
    }

    /// The design with choices and orders spread over indicator columns, everything else scaled to `[0, 1]`.
    pub fn to_one_hot(&self, design: &Design) -> Vec<f64> {
        let mut out = Vec::with_capacity(self.one_hot_dim());
        self.parameters().iter().zip(&design.0).for_each(|(p, value)| p.kind.write_one_hot(value, &mut out));
        out
    }

    /// Names of the one-hot columns, `parameter` or `parameter=option`.
    pub fn one_hot_names(&self) -> Vec<String> {
        let of = |p: &super::Parameter| -> Vec<String> {
            match &p.kind {
                Kind::Choice { options: names } | Kind::Subset { items: names, .. } => {
                    names.iter().map(|name| format!("{}={name}", p.name)).collect()
                }
                Kind::Permutation { items } => items
                    .iter()
                    .flat_map(|item| (0..items.len()).map(move |at| format!("{}[{at}]={item}", p.name)))
                    .collect(),
                _ => vec![p.name.clone()],
            }
        };
        self.parameters().iter().flat_map(of).collect()
    }

    /// Choices open to each [decision](DesignSpace::decisions) of the design, in order: the index form.
    /// Inactive parameters read 0; reals are rounded to one of `resolution` levels.
    pub fn to_levels(&self, design: &Design, resolution: u64) -> Vec<u64> {
        self.decisions(resolution).iter().map(|decision| decision.level_in(self, design)).collect()
    }

    /// The design picked by one level per [decision](DesignSpace::decisions); levels beyond the end are clamped,
    /// repeated items of an order and surplus members of a subset are replaced by the next that fits.
    ///
    /// # Errors
    /// [`Error::Value`] unless there is one level per decision.
    pub fn from_levels(&self, levels: &[u64], resolution: u64) -> Result<Design, Error> {
        let decisions = self.decisions(resolution);
        if levels.len() != decisions.len() {
            let allowed = format!("{} levels, one per decision", decisions.len());
            return Err(Error::value("levels", format!("{} levels", levels.len()), allowed));
        }
        let mut partial = self.partial_at(resolution);
        for (decision, level) in decisions.iter().zip(levels) {
            while partial.decision().is_some_and(|current| current == *decision) {
                partial.choose(partial.nearest_open((*level).min(decision.levels - 1)))?;
            }
        }
        Ok(partial.into_design())
    }
}
