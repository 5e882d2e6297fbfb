//! Points of the unit cube, for methods that calculate with designs.
//!
//! Every parameter has the coordinates of [`DesignSpace::to_unit`]. Coordinates of ordered kinds (and of orders,
//! by random keys) can be added and subtracted; those of switches, choices and members of subsets only name a level,
//! so they are copied or drawn anew. A coordinate whose parameter does not matter in a design stays where it was.

use rl_env::design::{Design, DesignSpace, Kind};
use rl_env::seed::Rng;

/// What a coordinate means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Axis {
    /// Near coordinates are similar values.
    Ordered,
    /// One of so many levels without order, each an equal stretch of the unit interval.
    Nominal(usize),
}

impl Axis {
    /// The level that a coordinate names.
    pub(crate) fn level(levels: usize, u: f64) -> usize {
        ((u * levels as f64) as usize).min(levels - 1)
    }

    /// The middle of a level's stretch.
    pub(crate) fn coordinate(levels: usize, level: usize) -> f64 {
        (level as f64 + 0.5) / levels as f64
    }
}

/// The axes of the unit cube, in order.
pub(crate) fn axes(space: &DesignSpace) -> Vec<Axis> {
    let of = |kind: &Kind| {
        let axis = match kind {
            Kind::Bool | Kind::Subset { .. } => Axis::Nominal(2),
            Kind::Choice { options } => Axis::Nominal(options.len()),
            _ => Axis::Ordered,
        };
        vec![axis; kind.unit_dim()]
    };
    space.parameters().iter().flat_map(|parameter| of(&parameter.kind)).collect()
}

/// A point with every coordinate drawn uniformly.
pub(crate) fn anywhere(dimensions: usize, rng: &mut Rng) -> Vec<f64> {
    (0..dimensions).map(|_| rng.uniform()).collect()
}

/// The design at a point.
pub(crate) fn decode(space: &DesignSpace, point: &[f64]) -> Design {
    // A point has the right dimension and no NaN, so that this cannot fail.
    space.from_unit(point).unwrap_or_else(|_| space.first())
}

/// Moves a point to a design, as little as needed: coordinates that give the design's values already stay, other
/// than those of orders.
pub(crate) fn follow(space: &DesignSpace, point: &mut [f64], design: &Design) {
    let mut at = 0;
    let mut exact = Vec::new();
    for (index, (parameter, value)) in space.parameters().iter().zip(&design.0).enumerate() {
        let stretch = &mut point[at..at + parameter.kind.unit_dim()];
        at += stretch.len();
        // Keys of an order mean positions again, or differences between them would compare unlike scales.
        let renewed = matches!(parameter.kind, Kind::Permutation { .. });
        if design.is_active(index) && (renewed || parameter.kind.read_unit(stretch) != *value) {
            exact.clear();
            parameter.kind.write_unit(value, &mut exact);
            stretch.copy_from_slice(&exact);
        }
    }
}

/// Whether this can be a point of a saved state.
pub(crate) fn is_point(point: &[f64], dimensions: usize) -> bool {
    point.len() == dimensions && point.iter().all(|u| (0.0..=1.0).contains(u))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic anywhere")]

    use rl_env::design::{Parameter, Value};
    use rl_env::seed::Seed;

    use super::*;

    fn space() -> DesignSpace {
        DesignSpace::new(vec![
            Parameter::bool("on"),
            Parameter::choice("policy", ["a", "b", "c"]).when("on", ["true"]),
            Parameter::permutation("order", ["x", "y", "z"]),
            Parameter::subset("set", ["p", "q"], 0, 2),
            Parameter::real("real", -1.0, 3.0),
        ])
        .unwrap()
    }

    #[test]
    fn only_names_without_order_are_nominal() {
        let (switch, o) = (Axis::Nominal(2), Axis::Ordered);
        assert_eq!(axes(&space()), [switch, Axis::Nominal(3), o, o, o, switch, switch, o]);
    }

    #[test]
    fn a_level_is_an_equal_stretch() {
        for (u, level) in [(0.0, 0), (0.33, 0), (0.34, 1), (0.99, 2), (1.0, 2)] {
            assert_eq!(Axis::level(3, u), level);
        }
        assert!((0..7).all(|level| Axis::level(7, Axis::coordinate(7, level)) == level));
    }

    #[test]
    fn a_point_follows_a_design_and_no_further() {
        let (space, mut rng) = (space(), Seed(1).stream("test"));
        for _ in 0..100 {
            let mut before = anywhere(8, &mut rng);
            let order = decode(&space, &before);
            before[2..5].copy_from_slice(&space.to_unit(&order)[2..5]);
            let mut design = decode(&space, &before);
            let mut point = before.clone();
            follow(&space, &mut point, &design);
            assert_eq!(point, before);
            design.0[4] = Value::Real(0.0);
            follow(&space, &mut point, &design);
            assert_eq!((&point[..7], point[7]), (&before[..7], 0.25));
            assert!(is_point(&point, 8) && !is_point(&point, 7));
        }
    }
}
