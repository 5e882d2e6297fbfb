//! Problems: a design goes in, metrics or a reason why not come out.

use std::borrow::Cow;

use serde::Serialize;

use crate::design::{Design, DesignSpace};
use crate::error::Error;

/// A quantity that a simulator reports. The unit is part of the name: `latency_ns`, `energy_pj`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Metric {
    /// Unique snake_case name that ends in the unit unless the quantity is a pure number.
    pub name: Cow<'static, str>,
    /// Unit symbol; empty for pure numbers.
    pub unit: Cow<'static, str>,
    /// What it measures.
    pub doc: Cow<'static, str>,
}

impl Metric {
    /// A metric with its unit and meaning.
    pub const fn new(name: &'static str, unit: &'static str, doc: &'static str) -> Self {
        Self { name: Cow::Borrowed(name), unit: Cow::Borrowed(unit), doc: Cow::Borrowed(doc) }
    }
}

/// The values of a problem's [`metrics`](Problem::metrics), in their order; all finite.
pub type Metrics = Box<[f64]>;

/// What evaluating a design gives.
///
/// Infeasible designs are values: neither errors nor magic numbers.
#[derive(Debug, Clone, PartialEq, Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The design works and costs this much.
    Feasible(Metrics),
    /// The design cannot be built or run.
    Infeasible {
        /// Short kebab-case code, the same for the same cause.
        reason: Cow<'static, str>,
        /// What exactly, with numbers; one line.
        detail: String,
    },
}

impl Outcome {
    /// An infeasible outcome.
    pub fn infeasible(reason: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        Self::Infeasible { reason: reason.into(), detail: detail.into() }
    }

    /// The metrics of a feasible outcome.
    pub fn metrics(&self) -> Option<&[f64]> {
        match self {
            Self::Feasible(metrics) => Some(metrics),
            Self::Infeasible { .. } => None,
        }
    }

    /// Whether the design works.
    pub fn is_feasible(&self) -> bool {
        matches!(self, Self::Feasible(_))
    }

    /// The reason code of an infeasible outcome.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Feasible(_) => None,
            Self::Infeasible { reason, .. } => Some(reason),
        }
    }
}

/// A one-shot search problem: a pure function from designs to outcomes.
///
/// Implementers need *not* handle caching, budgets, rewards, logging, threads, or designs outside
/// [`space`](Problem::space): callers check designs and their constraints first. `evaluate` must be
/// deterministic and may be called from many threads at once.
///
/// ```
/// use rl_env::design::{Design, DesignSpace, Parameter};
/// use rl_env::problem::{Metric, Outcome, Problem};
///
/// struct Adder(DesignSpace);
///
/// impl Problem for Adder {
///     fn space(&self) -> &DesignSpace {
///         &self.0
///     }
///     fn metrics(&self) -> &[Metric] {
///         const METRICS: &[Metric] = &[Metric::new("area_um2", "µm²", "Silicon area.")];
///         METRICS
///     }
///     fn evaluate(&self, design: &Design) -> Outcome {
///         Outcome::Feasible([design.integer(0) as f64 * 1.5].into())
///     }
/// }
///
/// let problem = Adder(DesignSpace::new(vec![Parameter::integer("width", 1, 64).unit("bit")])?);
/// assert_eq!(problem.evaluate(&problem.space().first()).metrics(), Some(&[1.5][..]));
/// # Ok::<(), rl_env::Error>(())
/// ```
pub trait Problem: Send + Sync {
    /// The designs that may be asked about.
    fn space(&self) -> &DesignSpace;

    /// What a feasible evaluation reports, in order.
    fn metrics(&self) -> &[Metric];

    /// Evaluates a design of the space that satisfies its constraints.
    fn evaluate(&self, design: &Design) -> Outcome;

    /// The representative of all designs that behave exactly like `design` (parameters that are dead in it set to
    /// a fixed value). Caches count equivalent designs as one. Must be idempotent and never change the outcome.
    fn canonical<'a>(&self, design: &'a Design) -> Cow<'a, Design> {
        Cow::Borrowed(design)
    }
}

impl<P: Problem + ?Sized> Problem for std::sync::Arc<P> {
    fn space(&self) -> &DesignSpace {
        (**self).space()
    }
    fn metrics(&self) -> &[Metric] {
        (**self).metrics()
    }
    fn evaluate(&self, design: &Design) -> Outcome {
        (**self).evaluate(design)
    }
    fn canonical<'a>(&self, design: &'a Design) -> Cow<'a, Design> {
        (**self).canonical(design)
    }
}

/// Evaluates any well-formed design: one that breaks a constraint is infeasible with the constraint's name as
/// reason and costs no simulator call.
pub fn evaluate(problem: &(impl Problem + ?Sized), design: &Design) -> Outcome {
    match problem.space().violated(design) {
        Some(constraint) => Outcome::infeasible(constraint.name.clone(), constraint.doc.clone()),
        None => problem.evaluate(design),
    }
}

/// Index of the metric called `name`.
///
/// # Errors
/// [`Error::Unknown`], naming the closest.
pub fn metric_index(metrics: &[Metric], name: &str) -> Result<usize, Error> {
    let known = || metrics.iter().map(|metric| metric.name.as_ref());
    known().position(|known| known == name).ok_or_else(|| Error::unknown("metric", name, known()))
}
