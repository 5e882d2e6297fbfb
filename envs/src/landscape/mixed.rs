//! A landscape over every scalar kind of parameter, one of them conditional.

use libm::log10;
use rl_env::Error;
use rl_env::design::{Design, DesignSpace, Parameter, Value};
use rl_env::problem::Outcome;
use rl_env::registry::Named;

use super::real::SHIFT;
use super::{COST, Landscape, cost};

const REALS: usize = 6;

// Positions of the other parameters.
const N0: usize = 6;
const N1: usize = 7;
const C0: usize = 8;
const C1: usize = 9;
const P0: usize = 10;
const R0: usize = 11;
const D0: usize = 12;

const OPTIONS: [&str; 4] = ["a", "b", "c", "d"];

/// Price of each option of `c0`. Without `d0` (options a and c) there is one parameter less to get right, which
/// makes c a trap.
const C0_PRICE: [f64; 4] = [1.5, 3.0, 0.75, 0.0];

/// Price of each option of `c1`, and how far it moves the best value of every real.
const C1_PRICE: [f64; 4] = [2.0, 0.0, 1.0, 3.0];
const C1_MOVE: [f64; 4] = [0.5, 0.0, -0.5, 1.0];

// The optimum besides the reals.
const N0_BEST: i64 = 37;
const N1_BEST: i64 = -6;
const C0_BEST: u32 = 3;
const C1_BEST: u32 = 1;
const P0_BEST: i64 = 128;
const R0_BEST: f64 = 0.003;
const D0_BEST: i64 = 11;

pub(super) const MIXED: Landscape = Landscape {
    named: Named {
        name: "mixed",
        doc: "6 reals, 3 integers (one conditional), 2 choices, a power of two and a logarithmic real; a choice \
              moves the best reals.",
    },
    metrics: COST,
    space,
    evaluate,
    optimum,
};

fn space() -> Result<DesignSpace, Error> {
    let real = |i| Parameter::real(format!("x{i}"), -5.0, 5.0).doc("Coordinate.");
    let mut parameters: Vec<Parameter> = (0..REALS).map(real).collect();
    parameters.extend([
        Parameter::integer("n0", 0, 100).doc("Whole coordinate, wide."),
        Parameter::integer("n1", -20, 20).doc("Whole coordinate, narrow."),
        Parameter::choice("c0", OPTIONS).doc("Priced option; b and d bring `d0` into play."),
        Parameter::choice("c1", OPTIONS).doc("Priced option that moves the best reals."),
        Parameter::power_of_two("p0", 1, 1024).doc("Coordinate by powers of two."),
        Parameter::log_real("r0", 1e-4, 10.0).doc("Coordinate by order of magnitude."),
        Parameter::integer("d0", 1, 16).doc("Whole coordinate of two options.").when("c0", ["b", "d"]),
    ]);
    DesignSpace::new(parameters)
}

fn optimum() -> (Design, f64) {
    let reals = SHIFT[..REALS].iter().map(|x| Value::Real(*x));
    let others = [
        Value::Integer(N0_BEST),
        Value::Integer(N1_BEST),
        Value::Choice(C0_BEST),
        Value::Choice(C1_BEST),
        Value::Integer(P0_BEST),
        Value::Real(R0_BEST),
        Value::Integer(D0_BEST),
    ];
    (Design(reals.chain(others).collect()), 0.0)
}

/// A sum of terms that are all zero at the optimum and nowhere negative.
fn evaluate(design: &Design) -> Outcome {
    let square = |x: f64| x * x;
    let (c0, c1) = (design.choice(C0), design.choice(C1));
    let reals: f64 =
        SHIFT[..REALS].iter().enumerate().map(|(i, at)| square(design.real(i) - at - C1_MOVE[c1])).sum();
    let wholes = square((design.integer(N0) - N0_BEST) as f64 / 10.0)
        + square((design.integer(N1) - N1_BEST) as f64 / 5.0);
    let doublings = f64::from(design.integer(P0).ilog2()) - f64::from(P0_BEST.ilog2());
    let decades = log10(design.real(R0) / R0_BEST);
    let conditional =
        if design.is_active(D0) { square((design.integer(D0) - D0_BEST) as f64 / 4.0) } else { 0.0 };
    let prices = C0_PRICE[c0] + C1_PRICE[c1];
    cost(reals + wholes + square(doublings / 2.0) + square(decades) + conditional + prices)
}
