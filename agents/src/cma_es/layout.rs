//! Which parameter is searched by what: coordinates of the Gaussian, or categorical distributions.

use std::sync::Arc;

use rl_env::design::{Design, DesignSpace, Kind};

/// Beyond this, levels lie closer together than the smallest step size of any use.
const MOST_LEVELS: u64 = 1 << 32;

/// What a coordinate of the Gaussian means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Coordinate {
    /// A real number between 0 and 1; beyond its ends the space goes on as its mirror image.
    Real,
    /// One of a number of levels, each an interval of the same width.
    Levels(f64),
    /// A key: only its order among others counts.
    Key,
}

/// Choices are categorical distributions, and so are switches (as Hamano et al. 2025 advise; on the NK landscape
/// they do better than on a coordinate with a margin). Everything else lies on coordinates: reals and ordered levels
/// on one, each item of an order on a key (random keys, Bean 1994), each item of a subset on two levels, in or out.
/// What has a single value is left out. Conditional parameters are sampled always and ignored while inactive, so
/// that what is learnt of them is kept, blurred by chance.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub(super) space: Arc<DesignSpace>,
    pub(super) coordinates: Vec<Coordinate>,
    /// Options of each choice.
    pub(super) options: Vec<usize>,
    /// Where in the unit cube the coordinates and the choices are.
    coordinate_at: Vec<usize>,
    option_at: Vec<usize>,
}

impl Layout {
    pub(super) fn new(space: Arc<DesignSpace>) -> Self {
        let mut layout = Self {
            space: space.clone(),
            coordinates: Vec::new(),
            options: Vec::new(),
            coordinate_at: Vec::new(),
            option_at: Vec::new(),
        };
        let mut at = 0;
        for parameter in space.parameters() {
            let width = parameter.kind.unit_dim();
            if parameter.kind.cardinality() != Some(1) {
                layout.push(&parameter.kind, at, width);
            }
            at += width;
        }
        layout
    }

    fn push(&mut self, kind: &Kind, at: usize, width: usize) {
        let coordinate = match (kind, kind.levels()) {
            (Kind::Bool | Kind::Choice { .. }, levels) => {
                self.options.push(levels.unwrap_or(2) as usize);
                self.option_at.push(at);
                return;
            }
            (Kind::Permutation { .. }, _) => Coordinate::Key,
            (Kind::Subset { .. }, _) => Coordinate::Levels(2.0),
            (_, Some(levels)) if levels <= MOST_LEVELS => Coordinate::Levels(levels as f64),
            _ => Coordinate::Real,
        };
        self.coordinates.extend(std::iter::repeat_n(coordinate, width));
        self.coordinate_at.extend(at..at + width);
    }

    /// Whether the reals lie between their ends.
    pub(super) fn is_inside(&self, point: &[f64]) -> bool {
        let inside = |(c, x): (&Coordinate, &f64)| *c != Coordinate::Real || (0.0..=1.0).contains(x);
        self.coordinates.iter().zip(point).all(inside)
    }

    /// Coordinates and choices.
    pub(super) fn parameters(&self) -> usize {
        self.coordinates.len() + self.options.len()
    }

    /// Levels and choices: what has a margin.
    pub(super) fn discrete(&self) -> usize {
        let levels = |c: &&Coordinate| matches!(c, Coordinate::Levels(_));
        self.coordinates.iter().filter(levels).count() + self.options.len()
    }

    /// The design at a point; constraints are not considered.
    pub(super) fn decode(&self, point: &[f64], chosen: &[u32]) -> Design {
        let mut unit = vec![0.5; self.space.unit_dim()];
        for ((at, coordinate), x) in self.coordinate_at.iter().zip(&self.coordinates).zip(point) {
            unit[*at] = match coordinate {
                Coordinate::Real => mirrored(*x),
                Coordinate::Levels(levels) => (level(*x, *levels) + 0.5) / levels,
                Coordinate::Key => *x,
            };
        }
        for ((at, options), option) in self.option_at.iter().zip(&self.options).zip(chosen) {
            unit[*at] = (f64::from(*option) + 0.5) / *options as f64;
        }
        // Only what is no number is refused.
        self.space.from_unit(&unit).unwrap_or_else(|_| self.space.first())
    }

    /// A point that stands for the design.
    pub(super) fn encode(&self, design: &Design) -> (Vec<f64>, Vec<u32>) {
        let unit = self.space.to_unit(design);
        let point = self.coordinate_at.iter().map(|at| unit[*at]).collect();
        let option = |(at, options): (&usize, &usize)| level(unit[*at], *options as f64) as u32;
        (point, self.option_at.iter().zip(&self.options).map(option).collect())
    }
}

/// The level whose interval holds `x`; the outermost ones go on for ever.
pub(super) fn level(x: f64, levels: f64) -> f64 {
    (x * levels).floor().clamp(0.0, levels - 1.0)
}

/// The real line folded onto [0, 1].
fn mirrored(x: f64) -> f64 {
    let x = (x * 0.5 - (x * 0.5).floor()) * 2.0;
    if x > 1.0 { 2.0 - x } else { x }
}

#[cfg(test)]
mod tests {
    use rl_env::design::Parameter;
    use rl_env::seed::Seed;

    use super::*;

    fn layout(parameters: Vec<Parameter>) -> Layout {
        Layout::new(Arc::new(DesignSpace::new(parameters).unwrap()))
    }

    #[test]
    fn every_design_is_at_the_point_that_stands_for_it() {
        let layout = layout(vec![
            Parameter::bool("bool"),
            Parameter::choice("choice", ["a", "b", "c"]),
            Parameter::choice("only", ["a"]),
            Parameter::integer("integer", -5, 20),
            Parameter::power_of_two("power", 1, 64),
            Parameter::ordinal("ordinal", [1, 3, 9]),
            Parameter::permutation("order", ["a", "b", "c", "d"]).when("choice", ["a", "b"]),
            Parameter::subset("set", ["a", "b", "c", "d"], 1, 3).when("bool", ["true"]),
        ]);
        assert_eq!(layout.options, [2, 3]);
        assert_eq!((layout.coordinates.len(), layout.discrete(), layout.parameters()), (11, 9, 13));
        let mut rng = Seed(1).stream("test");
        for _ in 0..500 {
            let design = layout.space.sample(&mut rng);
            let (point, chosen) = layout.encode(&design);
            assert_eq!(layout.decode(&point, &chosen), design);
        }
    }

    #[test]
    fn reals_fold_at_their_ends_and_levels_stop() {
        let layout = layout(vec![Parameter::real("x", 0.0, 1.0), Parameter::integer("n", 0, 9)]);
        let at = |x: f64, n: f64| layout.decode(&[x, n], &[]);
        for (x, folded) in [(0.25, 0.25), (-0.25, 0.25), (1.25, 0.75), (2.0, 0.0), (-3.0, 1.0), (1e17, 0.0)] {
            assert_eq!(at(x, 0.5).real(0), folded, "{x}");
        }
        for (n, level) in [(-9.0, 0), (0.09, 0), (0.1, 1), (0.999, 9), (1.0, 9), (1e300, 9)] {
            assert_eq!(at(0.5, n).integer(1), level, "{n}");
        }
    }

    #[test]
    fn a_single_value_takes_no_coordinate() {
        let layout = layout(vec![
            Parameter::integer("n", 3, 3),
            Parameter::real("x", 1.0, 1.0),
            Parameter::permutation("order", ["a"]),
            Parameter::subset("set", ["a", "b"], 2, 2),
        ]);
        assert_eq!(layout.parameters(), 0);
        assert_eq!(layout.decode(&[], &[]), layout.space.first());
    }
}
