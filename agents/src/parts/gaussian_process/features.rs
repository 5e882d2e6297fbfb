//! Designs as the coordinates that the kernel compares.
//!
//! Ordered parameters are positions in [0, 1], options of a choice are equal or not, members of a subset are present
//! or not, items of an order have positions (the Euclidean form of Spearman's distance). A parameter that can be
//! inactive has a second coordinate which says so; inactive, the first is imputed in the middle of the range.

use rl_env::design::{Design, DesignSpace, Kind, Value};

/// One coordinate.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Column {
    /// Columns of a group share a length-scale.
    pub(crate) group: usize,
    /// Factor of its squared difference, such that no pair of values of a group is further apart than 1.
    pub(crate) weight: f64,
    /// What it stands for.
    pub(crate) role: Role,
    /// The parameter it belongs to.
    pub(crate) parameter: usize,
    /// Coordinate of the unit cube, `None` for the sign of activity.
    pub(crate) unit: Option<usize>,
    /// Unit-cube coordinate of the feature 0, and the length of the feature's interval there.
    pub(crate) origin: f64,
    pub(crate) span: f64,
    /// Values it can take; `None` for a continuum.
    pub(crate) levels: Option<u64>,
}

/// What a column stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Position in an ordered range.
    Position,
    /// Option of a choice: equal or not.
    Choice,
    /// Membership in a subset.
    Member,
    /// Position of an item in an order.
    Item,
    /// Whether the parameter is active.
    Activity,
}

/// How the designs of a space become points.
#[derive(Debug, Clone)]
pub(crate) struct Features {
    pub(crate) columns: Vec<Column>,
    /// Number of groups: the dimension of the kernel.
    pub(crate) groups: usize,
}

impl Features {
    pub(crate) fn new(space: &DesignSpace) -> Self {
        let mut features = Self { columns: Vec::new(), groups: 0 };
        let mut unit = 0;
        for (parameter, declared) in space.parameters().iter().enumerate() {
            features.add(parameter, &declared.kind, unit);
            if declared.condition.is_some() && !matches!(declared.kind, Kind::Choice { .. }) {
                features.add_activity(parameter);
            }
            unit += declared.kind.unit_dim();
        }
        features
    }

    fn add(&mut self, parameter: usize, kind: &Kind, unit: usize) {
        let fixed = kind.cardinality() == Some(1);
        let column = |group, at: usize| Column {
            group,
            weight: 1.0,
            role: Role::Position,
            parameter,
            unit: Some(unit + at),
            origin: 0.0,
            span: 1.0,
            levels: None,
        };
        match kind {
            _ if fixed => return,
            Kind::Choice { options } => {
                let levels = Some(options.len() as u64);
                self.columns.push(Column { role: Role::Choice, levels, ..column(self.groups, 0) });
            }
            Kind::Permutation { items } => {
                let n = items.len() as f64;
                // Opposite orders differ by n(n² - 1)/3 in steps of 1/(n - 1).
                let weight = 3.0 * (n - 1.0) / (n * (n + 1.0));
                let of = |at| Column {
                    role: Role::Item,
                    weight,
                    origin: 0.5 / n,
                    span: (n - 1.0) / n,
                    levels: Some(items.len() as u64),
                    ..column(self.groups, at)
                };
                self.columns.extend((0..items.len()).map(of));
            }
            Kind::Subset { items, .. } => {
                let of = |at| Column {
                    role: Role::Member,
                    origin: 0.25,
                    span: 0.5,
                    levels: Some(2),
                    ..column(self.groups + at, at)
                };
                self.columns.extend((0..items.len()).map(of));
                self.groups += items.len() - 1;
            }
            _ => {
                let mut only = column(self.groups, 0);
                if let Some(levels) = kind.levels() {
                    let n = levels as f64;
                    (only.origin, only.span, only.levels) = (0.5 / n, (n - 1.0) / n, Some(levels));
                }
                self.columns.push(only);
            }
        }
        self.groups += 1;
    }

    fn add_activity(&mut self, parameter: usize) {
        if let Some(last) = self.columns.last().filter(|last| last.parameter == parameter) {
            let sign = Column { role: Role::Activity, weight: 1.0, unit: None, levels: Some(2), ..*last };
            self.columns.push(sign);
        }
    }

    /// The point of a design.
    pub(crate) fn encode(&self, space: &DesignSpace, design: &Design) -> Vec<f64> {
        let unit = space.to_unit(design);
        self.columns.iter().map(|column| column.read(design, &unit)).collect()
    }
}

impl Column {
    fn read(&self, design: &Design, unit: &[f64]) -> f64 {
        let active = design.0[self.parameter] != Value::Inactive;
        match self.unit {
            None => f64::from(u8::from(active)),
            // No option has this coordinate.
            Some(_) if self.is_choice() && !active => -1.0,
            Some(at) => self.to_feature(unit[at]),
        }
    }

    pub(crate) fn is_choice(&self) -> bool {
        self.role == Role::Choice
    }

    /// Whether it has two values or values without order, so that only the number of changes tells near from far.
    pub(crate) fn is_switch(&self) -> bool {
        match self.role {
            Role::Choice | Role::Member => true,
            Role::Position => self.levels == Some(2),
            Role::Item | Role::Activity => false,
        }
    }

    /// The feature of a unit-cube coordinate.
    pub(crate) fn to_feature(&self, unit: f64) -> f64 {
        if self.is_choice() { unit } else { (unit - self.origin) / self.span }
    }

    /// The unit-cube coordinate of a feature.
    pub(crate) fn to_unit(&self, feature: f64) -> f64 {
        if self.is_choice() { feature } else { self.origin + self.span * feature }
    }
}

#[cfg(test)]
mod tests {
    use rl_env::design::Parameter;

    use super::*;

    fn space() -> DesignSpace {
        DesignSpace::new(vec![
            Parameter::choice("c", ["a", "b", "c"]),
            Parameter::integer("i", 0, 4),
            Parameter::integer("fixed", 3, 3),
            Parameter::real("r", -1.0, 1.0).when("c", ["a"]),
            Parameter::permutation("o", ["x", "y", "z"]),
            Parameter::subset("s", ["x", "y"], 0, 2),
            Parameter::choice("d", ["a", "b", "c"]).when("c", ["a"]),
        ])
        .unwrap()
    }

    #[test]
    fn every_kind_has_its_coordinates() {
        let space = space();
        let features = Features::new(&space);
        let groups: Vec<usize> = features.columns.iter().map(|column| column.group).collect();
        assert_eq!(groups, [0, 1, 2, 2, 3, 3, 3, 4, 5, 6]);
        assert_eq!(features.groups, 7);
        let mut design = Design(vec![
            Value::Choice(0),
            Value::Integer(4),
            Value::Integer(3),
            Value::Real(0.0),
            Value::Permutation([2, 0, 1].into()),
            Value::Subset([true, false].into()),
            Value::Choice(1),
        ]);
        let close = |design: &Design, expected: &[f64]| {
            let point = features.encode(&space, design);
            assert_eq!(point.len(), expected.len());
            point.iter().zip(expected).for_each(|(a, b)| assert!((a - b).abs() < 1e-12, "{point:?}"));
        };
        close(&design, &[0.5 / 3.0, 1.0, 0.5, 1.0, 0.5, 1.0, 0.0, 1.0, 0.0, 0.5]);
        design.0[0] = Value::Choice(1);
        space.canonicalise(&mut design);
        close(&design, &[0.5, 1.0, 0.5, 0.0, 0.5, 1.0, 0.0, 1.0, 0.0, -1.0]);
    }

    #[test]
    fn opposite_orders_are_one_apart() {
        let items = ["a", "b", "c", "d", "e"];
        let space = DesignSpace::new(vec![Parameter::permutation("o", items)]).unwrap();
        let features = Features::new(&space);
        let of = |order: [u32; 5]| features.encode(&space, &Design(vec![Value::Permutation(order.into())]));
        let (a, b) = (of([0, 1, 2, 3, 4]), of([4, 3, 2, 1, 0]));
        let pairs = a.iter().zip(&b).zip(&features.columns);
        let square: f64 = pairs.map(|((a, b), column)| column.weight * (a - b) * (a - b)).sum();
        assert!((square - 1.0).abs() < 1e-12, "{square}");
    }
}
