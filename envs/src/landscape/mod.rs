//! `Landscape-v0`: analytic test landscapes whose optima are known.
//!
//! They tell a search method that works from one that does not before any simulator is involved: the optimum has a
//! different value in every dimension and the dimensions are permuted, so that neither the centre of the space,
//! nor equal coordinates, nor declaration order gives it away. All of them are to be minimised.

use std::sync::Arc;

use rl_env::Error;
use rl_env::design::{Design, DesignSpace};
use rl_env::objective::{Axis, Direction, Objective, Weight};
use rl_env::problem::{Metric, Outcome, Problem};
use rl_env::registry::{EnvEntry, Make, Named, Selection};

mod constrained;
mod mixed;
mod nk;
mod real;
mod two_objective;

pub use two_objective::{FRONT_HYPERVOLUME, front};

/// The row of the table.
pub const ENTRY: EnvEntry = EnvEntry {
    id: "Landscape-v0",
    summary: "Shifted and permuted analytic functions with known optima, for testing agents.",
    reference: "Hansen et al. 2009 (BBOB, COCO); Ackley 1987; Kauffman 1993 (NK); Zitzler, Deb and Thiele 2000 (ZDT1)",
    workloads: &[
        real::SPHERE.named,
        real::RASTRIGIN.named,
        real::ACKLEY.named,
        nk::NK.named,
        mixed::MIXED.named,
        constrained::CONSTRAINED.named,
        two_objective::TWO_OBJECTIVE.named,
    ],
    workload_files: None,
    spaces: &[Named { name: "default", doc: "The whole domain of the function." }],
    objectives,
    max_episode_steps: None,
    make: Make::Problem(make),
};

static LANDSCAPES: &[Landscape] = &[
    real::SPHERE,
    real::RASTRIGIN,
    real::ACKLEY,
    nk::NK,
    mixed::MIXED,
    constrained::CONSTRAINED,
    two_objective::TWO_OBJECTIVE,
];

const COST: &[Metric] = &[Metric::new("cost", "", "Value of the function; smaller is better.")];

/// One function with its domain and its solution.
struct Landscape {
    named: Named,
    metrics: &'static [Metric],
    space: fn() -> Result<DesignSpace, Error>,
    evaluate: fn(&Design) -> Outcome,
    optimum: fn() -> (Design, f64),
}

/// A landscape with its space.
struct LandscapeProblem {
    landscape: &'static Landscape,
    space: DesignSpace,
}

impl Problem for LandscapeProblem {
    fn space(&self) -> &DesignSpace {
        &self.space
    }

    fn metrics(&self) -> &[Metric] {
        self.landscape.metrics
    }

    fn evaluate(&self, design: &Design) -> Outcome {
        (self.landscape.evaluate)(design)
    }
}

/// The best design of a workload and its cost; for `two-objective` the design that the objective `weighted` likes
/// best and the sum of its two costs (see [`front`] for the others).
///
/// # Errors
/// [`Error::Unknown`] naming the closest workload.
pub fn optimum(workload: &str) -> Result<(Design, f64), Error> {
    find(workload).map(|landscape| (landscape.optimum)())
}

fn find(workload: &str) -> Result<&'static Landscape, Error> {
    let names = || LANDSCAPES.iter().map(|landscape| landscape.named.name);
    let found = LANDSCAPES.iter().find(|landscape| landscape.named.name == workload);
    found.ok_or_else(|| Error::unknown("workload", workload, names()))
}

fn make(selection: &Selection<'_>) -> Result<Arc<dyn Problem>, Error> {
    let landscape = find(selection.workload)?;
    Ok(Arc::new(LandscapeProblem { landscape, space: (landscape.space)()? }))
}

fn objectives(workload: &str) -> Vec<(&'static str, Objective)> {
    if workload != two_objective::TWO_OBJECTIVE.named.name {
        return vec![("cost", Objective::minimise("cost"))];
    }
    let axis = |metric: &str, reference| Axis {
        metric: metric.to_owned(),
        direction: Direction::Minimise,
        reference,
        ideal: 0.0,
    };
    let term = |metric: &str| Weight { metric: metric.to_owned(), weight: 1.0 };
    let [worst_a, worst_b] = two_objective::REFERENCE;
    vec![
        ("pareto", Objective::Pareto { axes: vec![axis("cost_a", worst_a), axis("cost_b", worst_b)] }),
        ("weighted", Objective::Weighted { terms: vec![term("cost_a"), term("cost_b")] }),
    ]
}

fn cost(value: f64) -> Outcome {
    Outcome::Feasible([value].into())
}

#[cfg(test)]
mod tests;
