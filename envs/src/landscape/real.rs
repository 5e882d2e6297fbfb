//! Sphere, Rastrigin and Ackley on ten real parameters.

use std::f64::consts::TAU;

use libm::{cos, exp, sqrt};
use rl_env::Error;
use rl_env::design::{Design, DesignSpace, Parameter, Value};
use rl_env::problem::Outcome;
use rl_env::registry::Named;

use super::{COST, Landscape, cost};

const DIMENSIONS: usize = 10;

/// BBOB's domain, Hansen et al. 2009.
const LIMIT: f64 = 5.0;

/// Where the minimum lies: -4.05, -3.15, … 4.05, dealt to the parameters in the order 3, 0, 7, 4, 1, 8, 5, 2, 9, 6.
pub(super) const SHIFT: [f64; DIMENSIONS] = shift();

const fn shift() -> [f64; DIMENSIONS] {
    let mut at = [0.0; DIMENSIONS];
    let mut i = 0;
    while i < DIMENSIONS {
        at[i] = -4.05 + 0.9 * ((7 * i + 3) % DIMENSIONS) as f64;
        i += 1;
    }
    at
}

pub(super) const SPHERE: Landscape = Landscape {
    named: Named { name: "sphere", doc: "Sum of squares in 10 reals: smooth, separable, one minimum." },
    metrics: COST,
    space,
    evaluate: sphere,
    optimum,
};

pub(super) const RASTRIGIN: Landscape = Landscape {
    named: Named {
        name: "rastrigin",
        doc: "Squares under a cosine ripple in 10 reals: about 10^10 regular local minima.",
    },
    evaluate: rastrigin,
    ..SPHERE
};

pub(super) const ACKLEY: Landscape = Landscape {
    named: Named { name: "ackley", doc: "A rippled plain with a narrow funnel in 10 reals; not separable." },
    evaluate: ackley,
    ..SPHERE
};

fn space() -> Result<DesignSpace, Error> {
    let real = |i| Parameter::real(format!("x{i}"), -LIMIT, LIMIT).doc("Coordinate.");
    DesignSpace::new((0..DIMENSIONS).map(real).collect())
}

fn optimum() -> (Design, f64) {
    (Design(SHIFT.iter().map(|x| Value::Real(*x)).collect()), 0.0)
}

fn offsets(design: &Design) -> impl Iterator<Item = f64> {
    SHIFT.iter().enumerate().map(|(i, at)| design.real(i) - at)
}

/// BBOB f1.
fn sphere(design: &Design) -> Outcome {
    cost(offsets(design).map(|z| z * z).sum())
}

/// Rastrigin 1974, generalised; BBOB f3 without its transformations. Summed so that the minimum is exactly 0.
fn rastrigin(design: &Design) -> Outcome {
    cost(offsets(design).map(|z| z * z + 10.0 * (1.0 - cos(TAU * z))).sum())
}

/// Ackley 1987 with a = 20, b = 0.2, c = 2π.
fn ackley(design: &Design) -> Outcome {
    let (mut squares, mut ripple) = (0.0, 0.0);
    for z in offsets(design) {
        squares += z * z;
        ripple += cos(TAU * z);
    }
    let n = DIMENSIONS as f64;
    // exp(1) rather than the constant e: the same rounding on both sides makes the minimum exactly 0.
    cost(20.0 * (1.0 - exp(-0.2 * sqrt(squares / n))) + (exp(1.0) - exp(ripple / n)))
}
