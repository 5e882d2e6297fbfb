//! A sphere whose unconstrained minimum is forbidden twice: by a declared constraint and by the model itself.
//!
//! In the manner of COCO's `bbob-constrained` suite (Dufossé et al. 2022): linear constraints, active at a known
//! optimum. The model's own limit is reported only on evaluation, as simulators do.

use rl_env::Error;
use rl_env::design::{Constraint, Design, DesignSpace, Parameter, Value};
use rl_env::problem::Outcome;
use rl_env::registry::Named;

use super::{COST, Landscape, cost};

/// Minimum of the sphere if everything were allowed.
const CENTRE: [f64; 10] = [3.5, 1.5, 0.75, 4.25, 2.25, 4.0, 1.5, 3.75, 3.25, 1.75];

/// Parameters that share a budget, which the centre exceeds by 5.
const SHARING: [&str; 5] = ["x1", "x3", "x4", "x7", "x8"];
const BUDGET: f64 = 10.0;

/// Parameters whose sum the model needs, of which the centre lacks 2.
const PAIR: [usize; 2] = [0, 6];
const LEAST: f64 = 7.0;

/// The centre projected on both half-spaces: 1 less for each that shares, 1 more for each of the pair. Quarters,
/// so that the optimum meets both limits without rounding.
const OPTIMUM: [f64; 10] = [4.5, 0.5, 0.75, 3.25, 1.25, 4.0, 2.5, 2.75, 2.25, 1.75];

pub(super) const CONSTRAINED: Landscape = Landscape {
    named: Named {
        name: "constrained",
        doc: "Sphere in 10 reals; a budget over five of them, and a floor under two that only evaluation reveals.",
    },
    metrics: COST,
    space,
    evaluate,
    optimum,
};

fn space() -> Result<DesignSpace, Error> {
    let real = |i| Parameter::real(format!("x{i}"), 0.0, 5.0).doc("Coordinate.");
    DesignSpace::new((0..CENTRE.len()).map(real).collect())?.constrain(Constraint::sum_at_most(
        "over-budget",
        SHARING,
        BUDGET,
    ))
}

fn optimum() -> (Design, f64) {
    (Design(OPTIMUM.iter().map(|x| Value::Real(*x)).collect()), 7.0)
}

fn evaluate(design: &Design) -> Outcome {
    let pair = design.real(PAIR[0]) + design.real(PAIR[1]);
    if pair < LEAST {
        let [a, b] = PAIR;
        return Outcome::infeasible("collapsed", format!("x{a} + x{b} = {pair} is below {LEAST}"));
    }
    let offsets = CENTRE.iter().enumerate().map(|(i, at)| design.real(i) - at);
    cost(offsets.map(|z| z * z).sum())
}
