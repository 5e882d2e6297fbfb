//! ZDT1 (Zitzler, Deb and Thiele 2000) with its front moved into the interior of the space.

use libm::sqrt;
use rl_env::Error;
use rl_env::design::{Design, DesignSpace, Parameter, Value};
use rl_env::problem::{Metric, Outcome};
use rl_env::registry::Named;

use super::Landscape;

const DIMENSIONS: usize = 10;

/// The parameter that moves along the front.
const POSITION: usize = 7;

/// The worst costs that count towards the hypervolume.
pub(super) const REFERENCE: [f64; 2] = [1.1, 4.0];

/// Hypervolume of the whole front under the objective `pareto`, which no finite set of designs reaches:
/// `∫₀¹ 4 - (1 - √a) da + 0.1·4`, as a share of the rectangle between the ideal (0, 0) and the reference.
pub const FRONT_HYPERVOLUME: f64 = (3.0 + 2.0 / 3.0 + 0.4) / 4.4;

pub(super) const TWO_OBJECTIVE: Landscape = Landscape {
    named: Named {
        name: "two-objective",
        doc: "Shifted ZDT1 in 10 reals: two costs, convex front cost_b = 1 - √cost_a.",
    },
    metrics: &[
        Metric::new("cost_a", "", "Position on the front; smaller is better."),
        Metric::new("cost_b", "", "Distance from the front and what position leaves; smaller is better."),
    ],
    space,
    evaluate,
    optimum,
};

/// Best value of every parameter but [`POSITION`]: 0.04, 0.14, … 0.94 dealt in the order 4, 7, 0, 3, 6, 9, 2, 5, 8, 1.
const fn best(i: usize) -> f64 {
    0.04 + 0.1 * ((3 * i + 4) % DIMENSIONS) as f64
}

fn space() -> Result<DesignSpace, Error> {
    let real = |i| Parameter::real(format!("x{i}"), 0.0, 1.0).doc("Coordinate.");
    DesignSpace::new((0..DIMENSIONS).map(real).collect())
}

/// The Pareto-optimal design of a given `cost_a` (clamped to 0..=1); its `cost_b` is `1 - √cost_a`.
pub fn front(cost_a: f64) -> Design {
    let at = |i| if i == POSITION { cost_a.clamp(0.0, 1.0) } else { best(i) };
    Design((0..DIMENSIONS).map(|i| Value::Real(at(i))).collect())
}

/// The sum a + 1 - √a is least at a = ¼.
fn optimum() -> (Design, f64) {
    (front(0.25), 0.75)
}

/// Their equations 7 with `g = 1 + Σ (x - best)²`, that is 9/(n - 1) times squares instead of plain values.
fn evaluate(design: &Design) -> Outcome {
    let a = design.real(POSITION);
    let distance = |i| if i == POSITION { 0.0 } else { design.real(i) - best(i) };
    let g: f64 = 1.0 + (0..DIMENSIONS).map(|i| distance(i) * distance(i)).sum::<f64>();
    Outcome::Feasible([a, g * (1.0 - sqrt(a / g))].into())
}
