//! How a mapping is spelt as parameters and constraints.

use std::sync::Arc;

use rl_env::design::{Constraint, Design, Parameter, Value};
use sweepstake_simulators::accelerator::mapper::Keep;
use sweepstake_simulators::accelerator::{self, DATA, Data, Mapping};
use sweepstake_simulators::layer::Dim;

/// Limits that may depend on the first parameters of a design: the words of a level, or its children.
pub(crate) type Limit = Arc<dyn Fn(&[Option<&Value>]) -> u64 + Send + Sync>;

/// Children of a level.
#[derive(Clone)]
pub(crate) enum Children {
    /// In a row.
    Row(Limit),
    /// In a column.
    Column(Limit),
    /// In rows and columns.
    Mesh([Limit; 2]),
}

/// A level of the space.
pub(crate) struct Floor {
    pub(crate) name: &'static str,
    /// Words, if they are limited.
    pub(crate) words: Option<Limit>,
    /// Children, if there is more than one.
    pub(crate) children: Option<Children>,
    pub(crate) rules: [Keep; DATA],
}

/// One decision of a mapping, or a group of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Keep(usize, Data),
    Columns(usize),
    Spread(usize, Dim),
    Tile(usize, Dim),
    Order(usize),
}

/// How a mapping is spelt as parameters, after those of the hardware.
pub(crate) struct Spelling {
    pub(crate) problem: accelerator::Problem,
    floors: Vec<Floor>,
    /// Dimensions with more than one iteration.
    dims: Vec<Dim>,
    hardware: Vec<String>,
    parts: Vec<Part>,
}

impl Spelling {
    pub(crate) fn new(problem: accelerator::Problem, floors: Vec<Floor>, hardware: &[Parameter]) -> Self {
        let dims: Vec<Dim> = Dim::ALL.into_iter().filter(|dim| problem.layer().extent(*dim) > 1).collect();
        let mut parts = Vec::new();
        let loops = |floor: &Floor| floor.rules.iter().any(|rule| *rule != Keep::Never);
        for (level, floor) in floors.iter().enumerate().rev() {
            let free = |data: &Data| level > 0 && floor.rules[*data as usize] == Keep::Free;
            parts.extend(Data::ALL.into_iter().filter(free).map(|data| Part::Keep(level, data)));
            if matches!(floor.children, Some(Children::Mesh(_))) && !dims.is_empty() {
                parts.push(Part::Columns(level));
            }
            if floor.children.is_some() {
                parts.extend(dims.iter().map(|dim| Part::Spread(level, *dim)));
            }
            if level > 0 && loops(floor) {
                parts.extend(dims.iter().map(|dim| Part::Tile(level, *dim)));
            }
        }
        let ordered = (0..floors.len()).filter(|level| !dims.is_empty() && loops(&floors[*level]));
        parts.extend(ordered.map(Part::Order));
        let hardware = hardware.iter().map(|parameter| parameter.name.clone()).collect();
        Self { problem, floors, dims, hardware, parts }
    }

    fn name(&self, part: Part) -> String {
        let level = |level: usize| self.floors[level].name;
        match part {
            Part::Keep(at, data) => format!("keep_{}_{}", level(at), data.name().to_lowercase()),
            Part::Columns(at) => format!("columns_{}", level(at)),
            Part::Spread(at, dim) => format!("spread_{}_{}", level(at), dim.name().to_lowercase()),
            Part::Tile(at, dim) => format!("tile_{}_{}", level(at), dim.name().to_lowercase()),
            Part::Order(at) => format!("order_{}", level(at)),
        }
    }

    pub(crate) fn parameters(&self) -> Vec<Parameter> {
        let dims = || self.dims.iter().map(|dim| dim.name());
        let of = |part: &Part| {
            let name = self.name(*part);
            match *part {
                Part::Keep(_, data) => Parameter::bool(name).doc(format!(
                    "Whether the level keeps {} or passes them by.",
                    data.name().to_lowercase()
                )),
                Part::Columns(_) => Parameter::subset(name, dims(), 0, self.dims.len())
                    .doc("Dimensions that spread along columns of children instead of rows."),
                Part::Spread(_, dim) => Parameter::ordinal(name, divisors(self.problem.layer().extent(dim)))
                    .doc("Children that the dimension spreads over."),
                Part::Tile(_, dim) => Parameter::ordinal(name, divisors(self.problem.layer().extent(dim)))
                    .doc("Iterations of the dimension at the level."),
                Part::Order(_) => Parameter::permutation(name, dims())
                    .doc("Order of the loops at the level, innermost first."),
            }
        };
        self.parts.iter().map(of).collect()
    }

    /// The parts of a constraint, and the hardware's parameters before them.
    fn over(&self, wanted: impl Fn(Part) -> bool) -> (Vec<String>, Vec<Part>) {
        let parts: Vec<Part> = self.parts.iter().copied().filter(|part| wanted(*part)).collect();
        let names = self.hardware.iter().cloned().chain(parts.iter().map(|part| self.name(*part)));
        (names.collect(), parts)
    }

    pub(crate) fn constraints(&self) -> Vec<Constraint> {
        let divide = self.dims.iter().map(|dim| self.divides(*dim));
        let fit = (0..self.floors.len()).filter_map(|level| self.fits(level));
        let spread = (0..self.floors.len()).filter_map(|level| self.reaches(level));
        divide.chain(fit).chain(spread).collect()
    }

    /// The factors of a dimension divide its extent together.
    fn divides(&self, dim: Dim) -> Constraint {
        let extent = i64::from(self.problem.layer().extent(dim));
        let parts = self.parts.iter().copied();
        let names = parts.filter(|part| matches!(part, Part::Spread(_, d) | Part::Tile(_, d) if *d == dim));
        let name = format!("factors-of-{}-divide", dim.name().to_lowercase());
        let doc = format!("the factors of {} have to divide {extent} together", dim.name());
        Constraint::partial(&name, &doc, names.map(|part| self.name(part)), move |values| {
            let mut product = 1i64;
            for value in values.iter().flatten() {
                let Value::Integer(factor) = value else { return false };
                product = product.saturating_mul(*factor);
            }
            extent % product == 0
        })
    }

    /// The tiles that a level keeps fit it. What is not decided yet counts as one word, so more never fits better.
    fn fits(&self, level: usize) -> Option<Constraint> {
        let limit = Arc::clone(self.floors[level].words.as_ref()?);
        let (names, parts) = self.over(|part| match part {
            Part::Keep(at, _) => at == level,
            Part::Spread(at, _) | Part::Tile(at, _) => at >= level,
            Part::Columns(_) | Part::Order(_) => false,
        });
        let (problem, hardware) = (self.problem.clone(), self.hardware.len());
        let always = self.floors[level].rules.map(|rule| rule == Keep::Always);
        let name = format!("fits-{}", self.floors[level].name);
        let doc = format!("the tiles that `{}` keeps have to fit it", self.floors[level].name);
        Some(Constraint::partial(&name, &doc, names, move |values| {
            let (sizes, values) = values.split_at(hardware);
            let (mut extents, mut keep) = ([1u64; 7], always);
            for (part, value) in parts.iter().zip(values) {
                match (part, value) {
                    (Part::Keep(_, data), Some(Value::Bool(kept))) => keep[*data as usize] = *kept,
                    (Part::Spread(_, dim) | Part::Tile(_, dim), Some(Value::Integer(factor))) => {
                        let extent = &mut extents[*dim as usize];
                        // Factors that do not divide break another rule.
                        *extent = extent
                            .saturating_mul(factor.unsigned_abs())
                            .min(u64::from(problem.layer().extent(*dim)));
                    }
                    _ => {}
                }
            }
            let kept = Data::ALL.into_iter().filter(|data| keep[*data as usize]);
            kept.map(|data| problem.words(data, &extents)).sum::<u64>() <= limit(sizes)
        }))
    }

    /// Loops over space fit the rows and columns of children.
    fn reaches(&self, level: usize) -> Option<Constraint> {
        let children = self.floors[level].children.clone()?;
        let (names, parts) = self.over(|part| match part {
            Part::Columns(at) | Part::Spread(at, _) => at == level,
            _ => false,
        });
        if parts.is_empty() {
            return None;
        }
        let (hardware, dims) = (self.hardware.len(), self.dims.clone());
        let name = format!("children-of-{}", self.floors[level].name);
        let level = self.floors[level].name;
        let doc = format!("loops over space have to fit the rows and columns of children of `{level}`");
        Some(Constraint::partial(&name, &doc, names, move |values| {
            let (sizes, values) = values.split_at(hardware);
            let columns = match values.first() {
                Some(Some(Value::Subset(columns))) => &columns[..],
                _ => &[],
            };
            let mut used = [1u64; 2];
            for (part, value) in parts.iter().zip(values) {
                if let (Part::Spread(_, dim), Some(Value::Integer(factor))) = (part, value) {
                    let axis =
                        dims.iter().position(|d| d == dim).is_some_and(|at| columns.get(at) == Some(&true));
                    let along = &mut used[usize::from(axis)];
                    *along = along.saturating_mul(factor.unsigned_abs());
                }
            }
            match &children {
                Children::Row(limit) | Children::Column(limit) => used[0] <= limit(sizes),
                Children::Mesh([rows, columns]) => used[0] <= rows(sizes) && used[1] <= columns(sizes),
            }
        }))
    }

    /// The mapping that a design spells.
    pub(crate) fn mapping(&self, design: &Design) -> Mapping {
        let mut mapping = Mapping::outermost(self.problem.layer());
        for (keep, floor) in mapping.keep.iter_mut().zip(&self.floors) {
            *keep = floor.rules.map(|rule| rule == Keep::Always);
        }
        for (split, floor) in mapping.split.iter_mut().zip(&self.floors) {
            *split = if matches!(floor.children, Some(Children::Row(_))) { Dim::ALL.len() as u8 } else { 0 };
        }
        for (place, part) in self.parts.iter().enumerate() {
            let place = self.hardware.len() + place;
            let factor = |place: usize| u32::try_from(design.integer(place)).unwrap_or(u32::MAX);
            match *part {
                Part::Keep(level, data) => mapping.keep[level][data as usize] = design.bool(place),
                Part::Columns(level) => {
                    let columns = design.subset(place);
                    let along =
                        |dim: &Dim| self.dims.iter().position(|d| d == dim).is_some_and(|at| columns[at]);
                    let order = &mut mapping.spatial[level].order;
                    order.sort_by_key(along);
                    mapping.split[level] = order.iter().filter(|dim| !along(dim)).count() as u8;
                }
                Part::Spread(level, dim) => mapping.spatial[level].factors[dim as usize] = factor(place),
                Part::Tile(level, dim) => mapping.temporal[level].factors[dim as usize] = factor(place),
                Part::Order(level) => {
                    let named = design.permutation(place).iter().map(|at| self.dims[*at as usize]);
                    let rest = Dim::ALL.into_iter().filter(|dim| !self.dims.contains(dim));
                    named
                        .chain(rest)
                        .zip(&mut mapping.temporal[level].order)
                        .for_each(|(dim, slot)| *slot = dim);
                }
            }
        }
        for dim in Dim::ALL {
            let inner = mapping.temporal[1..].iter().chain(&mapping.spatial);
            let product =
                inner.fold(1u32, |product, loops| product.saturating_mul(loops.factors[dim as usize]));
            mapping.temporal[0].factors[dim as usize] = self.problem.layer().extent(dim) / product.max(1);
        }
        mapping
    }

    /// Loops of one iteration have no order and no column.
    pub(crate) fn canonical(&self, design: &Design, mapping: &Mapping) -> Design {
        let mut design = design.clone();
        for (place, part) in self.parts.iter().enumerate() {
            let value = &mut design.0[self.hardware.len() + place];
            match (*part, value) {
                (Part::Columns(level), Value::Subset(flags)) => {
                    let factors = &mapping.spatial[level].factors;
                    flags
                        .iter_mut()
                        .zip(&self.dims)
                        .for_each(|(flag, dim)| *flag &= factors[*dim as usize] > 1);
                }
                (Part::Order(level), Value::Permutation(order)) => {
                    let factors = &mapping.temporal[level].factors;
                    let idle = |at: u32| factors[self.dims[at as usize] as usize] == 1;
                    order.sort_by_key(|at| if idle(*at) { *at + 1 } else { 0 });
                }
                _ => {}
            }
        }
        design
    }
}

fn divisors(n: u32) -> Vec<i64> {
    (1..=n).filter(|d| n.is_multiple_of(*d)).map(i64::from).collect()
}
