//! Arenas: small problems that between them have every kind of space an agent may meet.

use std::sync::Arc;

use crate::agent::Trial;
use crate::design::{Constraint, Design, DesignSpace, Parameter};
use crate::error::Error;
use crate::objective::{Axis, Direction, Objective, Scorer};
use crate::problem::{Metric, Outcome, Problem, evaluate};

/// A problem with an objective, for an agent to search.
pub struct Arena {
    /// The name in reports.
    pub name: String,
    pub(super) problem: Arc<dyn Problem>,
    pub(super) scorer: Scorer,
}

impl Arena {
    /// An arena of any problem.
    ///
    /// # Errors
    /// Those of [`Objective::bind`].
    pub fn new(
        name: impl Into<String>,
        problem: Arc<dyn Problem>,
        objective: &Objective,
    ) -> Result<Self, Error> {
        let scorer = objective.bind(problem.metrics())?;
        Ok(Self { name: name.into(), problem, scorer })
    }

    /// The problem that is searched.
    pub fn problem(&self) -> &Arc<dyn Problem> {
        &self.problem
    }

    /// The objective that is searched for.
    pub fn objective(&self) -> &Objective {
        self.scorer.objective()
    }

    pub(super) fn space(&self) -> &DesignSpace {
        self.problem.space()
    }

    /// What the runner would tell. Designs outside the space are infeasible; the rule `in-space` reports them.
    pub(super) fn trial(&self, design: &Design) -> Trial {
        let outcome = match self.space().check(design) {
            Ok(()) => evaluate(&*self.problem, design),
            Err(error) => Outcome::infeasible("not-in-space", error.to_string()),
        };
        let (reward, axes) = match &outcome {
            Outcome::Feasible(metrics) => (Some(self.scorer.reward(metrics)), self.scorer.axes(metrics)),
            Outcome::Infeasible { .. } => (None, Vec::new()),
        };
        Trial { design: design.clone(), outcome, reward, axes, cached: false }
    }

    fn toy(name: &str, space: DesignSpace, objective: &Objective) -> Result<Self, Error> {
        Self::new(name, Arc::new(Toy { space }), objective)
    }
}

/// The built-in arenas: every kind of parameter, conditions, constraints, a single design, more designs than 128
/// bits can count, two objectives.
///
/// # Errors
/// None; the declarations are sound.
pub fn arenas() -> Result<Vec<Arena>, Error> {
    let cost = Objective::minimise("cost");
    let axis = |metric: &str| Axis {
        metric: metric.to_owned(),
        direction: Direction::Minimise,
        reference: 8.0,
        ideal: 0.0,
    };
    let both = Objective::Pareto { axes: vec![axis("cost"), axis("distance")] };
    Ok(vec![
        Arena::toy("mixed", mixed()?, &cost)?,
        Arena::toy("conditional", conditional()?, &cost)?,
        Arena::toy("constrained", constrained()?, &cost)?,
        Arena::toy("one-point", one_point()?, &cost)?,
        Arena::toy("huge", huge()?, &cost)?,
        Arena::toy("two-objective", mixed()?, &both)?,
    ])
}

/// Four reals whose best values differ.
pub(super) fn plain() -> Result<Arena, Error> {
    let real = |i| Parameter::real(format!("x{i}"), 0.0, 1.0);
    Arena::toy("four reals", DesignSpace::new((0..4).map(real).collect())?, &Objective::minimise("cost"))
}

fn mixed() -> Result<DesignSpace, Error> {
    DesignSpace::new(vec![
        Parameter::bool("switch"),
        Parameter::choice("policy", ["open", "closed", "adaptive"]),
        Parameter::integer("depth", -3, 40),
        Parameter::power_of_two("line", 16, 1024),
        Parameter::ordinal("divisor", [1, 2, 3, 4, 6, 12]),
        Parameter::real("voltage", 0.6, 1.2),
        Parameter::log_real("rate", 1e-5, 1e-1),
        Parameter::permutation("order", ["n", "c", "h", "w"]),
        Parameter::subset("features", ["a", "b", "c", "d", "e"], 1, 3),
    ])
}

fn conditional() -> Result<DesignSpace, Error> {
    DesignSpace::new(vec![
        Parameter::choice("cache", ["none", "direct", "associative"]),
        Parameter::power_of_two("size", 1, 64).when("cache", ["direct", "associative"]),
        Parameter::integer("ways", 2, 8).when("cache", ["associative"]),
        Parameter::bool("prefetch").when("size", ["32", "64"]),
        Parameter::permutation("levels", ["a", "b", "c"]).when("prefetch", ["true"]),
        Parameter::real("voltage", 0.6, 1.2),
    ])
}

/// About one design in a hundred satisfies both.
fn constrained() -> Result<DesignSpace, Error> {
    let names = ["a", "b", "c", "d", "e"];
    let whole = |name: &&str| Parameter::integer(*name, 1, 16);
    DesignSpace::new(names.iter().map(whole).collect())?
        .constrain(Constraint::sum_at_most("over-budget", names, 24.0))?
        .constrain(Constraint::product_at_most("over-area", ["a", "b", "c"], 64.0))
}

fn one_point() -> Result<DesignSpace, Error> {
    DesignSpace::new(vec![
        Parameter::integer("width", 3, 3),
        Parameter::choice("policy", ["open"]),
        Parameter::real("voltage", 1.0, 1.0),
        Parameter::log_real("rate", 0.5, 0.5),
        Parameter::permutation("order", ["n"]),
        Parameter::subset("features", ["a", "b"], 2, 2),
    ])
}

fn huge() -> Result<DesignSpace, Error> {
    let wide = |i: usize| Parameter::integer(format!("n{i}"), -(1 << 40), 1 << 40);
    let mut parameters: Vec<Parameter> = (0..12).map(wide).collect();
    parameters.push(Parameter::integer("half", i64::MIN / 2, i64::MAX / 2));
    parameters.extend((0..12).map(|i| Parameter::real(format!("x{i}"), -1e300, 1e300)));
    parameters.push(Parameter::permutation("order", (0..40).map(|i| format!("i{i}"))));
    DesignSpace::new(parameters)
}

/// Squares of the distances from a point of the unit cube that differs in every dimension.
struct Toy {
    space: DesignSpace,
}

impl Problem for Toy {
    fn space(&self) -> &DesignSpace {
        &self.space
    }

    fn metrics(&self) -> &[Metric] {
        const METRICS: &[Metric] = &[
            Metric::new("cost", "", "Distance from the optimum, squared, per dimension."),
            Metric::new("distance", "", "Distance from its mirror image, per dimension."),
        ];
        METRICS
    }

    fn evaluate(&self, design: &Design) -> Outcome {
        let point = self.space.to_unit(design);
        let (mut cost, mut distance) = (0.0, 0.0);
        for (i, x) in point.iter().enumerate() {
            // The golden ratio's multiples: no two alike, none in the middle.
            let best = (0.618_033_988_749_895 * (i as f64 + 1.0)).fract();
            cost += (x - best) * (x - best);
            distance += (x - (1.0 - best)).abs();
        }
        if cost < 0.01 {
            return Outcome::infeasible("too-good", format!("cost {cost} is below 0.01"));
        }
        let dimensions = point.len() as f64;
        Outcome::Feasible([cost / dimensions, distance / dimensions].into())
    }
}
