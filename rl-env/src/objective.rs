//! Objectives as data: what makes one set of metrics better than another.
//!
//! One convention for all of them: **higher is always better**, and no agent can change the sign.

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::problem::{Metric, metric_index};

/// Which way a metric improves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Smaller is better.
    Minimise,
    /// Larger is better.
    Maximise,
}

impl Direction {
    /// The value with its sign turned so that higher is better.
    pub fn oriented(self, x: f64) -> f64 {
        match self {
            Self::Minimise => -x,
            Self::Maximise => x,
        }
    }
}

/// A metric and the value it should have, or stay under.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Goal {
    /// Metric name.
    pub metric: String,
    /// The value in the metric's unit; positive.
    pub value: f64,
}

/// A metric with its exponent in a product, or its factor in a sum.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Weight {
    /// Metric name.
    pub metric: String,
    /// Exponent or factor; positive means that smaller metrics are better.
    pub weight: f64,
}

/// One axis of a Pareto objective.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Axis {
    /// Metric name.
    pub metric: String,
    /// Which way it improves.
    pub direction: Direction,
    /// The worst value that still counts, one corner of the hypervolume.
    pub reference: f64,
    /// The best value worth hoping for, the other corner; the axis is scaled by the distance between the two.
    pub ideal: f64,
}

/// Turns metrics into one reward.
///
/// ```
/// use rl_env::objective::Objective;
/// use rl_env::problem::Metric;
///
/// let metrics = [Metric::new("energy_pj", "pJ", "Energy."), Metric::new("latency_ns", "ns", "Time.")];
/// let objective: Objective =
///     serde_json::from_str(r#"{"kind": "minimise", "metric": "latency_ns"}"#).unwrap();
/// let scorer = objective.bind(&metrics)?;
/// assert_eq!(scorer.reward(&[3.0, 20.0]), -20.0);
/// # Ok::<(), rl_env::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "kind", deny_unknown_fields)]
pub enum Objective {
    /// reward = −metric.
    Minimise {
        /// Metric name.
        metric: String,
    },
    /// reward = metric.
    Maximise {
        /// Metric name.
        metric: String,
    },
    /// reward = −Σ |metric − value| / value: come as close to the goals as possible.
    Target {
        /// The goals.
        goals: Vec<Goal>,
    },
    /// reward = Π value / |metric − value|, capped at 10⁶ each: the formula of ArchGym, which also punishes
    /// beating the goal (ISCA 2023, section 4).
    TargetRatio {
        /// The goals.
        goals: Vec<Goal>,
    },
    /// reward = −Σ max(0, metric − value) / value: 0 once every metric is within its budget.
    Budget {
        /// The budgets.
        goals: Vec<Goal>,
    },
    /// reward = −Σ weight · metric.
    Weighted {
        /// The terms.
        terms: Vec<Weight>,
    },
    /// reward = −Π metric^weight, such as the energy-delay product; metrics must not be negative.
    Product {
        /// The factors.
        terms: Vec<Weight>,
    },
    /// Several metrics at once. The reward of one design is the hypervolume that it dominates alone, each axis
    /// scaled to [0, 1] between reference and ideal; a run is judged by the hypervolume of its front.
    Pareto {
        /// Two to four axes.
        axes: Vec<Axis>,
    },
}

/// Cap of each factor of [`Objective::TargetRatio`], which is singular at its goal.
const RATIO_CAP: f64 = 1e6;

impl Objective {
    /// Smaller `metric` is better.
    pub fn minimise(metric: &str) -> Self {
        Self::Minimise { metric: metric.to_owned() }
    }

    /// Larger `metric` is better.
    pub fn maximise(metric: &str) -> Self {
        Self::Maximise { metric: metric.to_owned() }
    }

    /// Names of the metrics it reads.
    pub fn metrics(&self) -> Vec<&str> {
        match self {
            Self::Minimise { metric } | Self::Maximise { metric } => vec![metric],
            Self::Target { goals } | Self::TargetRatio { goals } | Self::Budget { goals } => {
                goals.iter().map(|goal| goal.metric.as_str()).collect()
            }
            Self::Weighted { terms } | Self::Product { terms } => {
                terms.iter().map(|term| term.metric.as_str()).collect()
            }
            Self::Pareto { axes } => axes.iter().map(|axis| axis.metric.as_str()).collect(),
        }
    }

    /// Which way `metric` has to change so that the reward never falls; `None` if neither way is sure
    /// (targets, or a metric that the objective does not read).
    pub fn improves_with(&self, metric: &str) -> Option<Direction> {
        let by_sign = |weight: f64| if weight >= 0.0 { Direction::Minimise } else { Direction::Maximise };
        match self {
            Self::Minimise { metric: m } => (m == metric).then_some(Direction::Minimise),
            Self::Maximise { metric: m } => (m == metric).then_some(Direction::Maximise),
            Self::Target { .. } | Self::TargetRatio { .. } => None,
            Self::Budget { goals } => goals.iter().any(|g| g.metric == metric).then_some(Direction::Minimise),
            Self::Weighted { terms } | Self::Product { terms } => {
                terms.iter().find(|t| t.metric == metric).map(|t| by_sign(t.weight))
            }
            Self::Pareto { axes } => axes.iter().find(|a| a.metric == metric).map(|a| a.direction),
        }
    }

    /// Ties the objective to the metrics of a problem.
    ///
    /// # Errors
    /// [`Error::Unknown`] for a metric that the problem does not report; [`Error::Value`] for goals that are not
    /// positive, weights that are not finite, empty lists or impossible Pareto corners.
    pub fn bind(&self, metrics: &[Metric]) -> Result<Scorer, Error> {
        self.validate()?;
        let indices =
            self.metrics().into_iter().map(|name| metric_index(metrics, name)).collect::<Result<_, _>>()?;
        Ok(Scorer { objective: self.clone(), indices })
    }

    fn validate(&self) -> Result<(), Error> {
        let names = self.metrics();
        if names.is_empty() {
            return Err(Error::value("objective", "an empty list", "at least one metric"));
        }
        if let Some(name) = names.iter().enumerate().find(|(i, name)| names[..*i].contains(name)) {
            return Err(Error::value("objective", format!("`{}` twice", name.1), "each metric once"));
        }
        match self {
            Self::Minimise { .. } | Self::Maximise { .. } => Ok(()),
            Self::Target { goals } | Self::TargetRatio { goals } | Self::Budget { goals } => {
                goals.iter().find(|g| !(g.value.is_finite() && g.value > 0.0)).map_or(Ok(()), |g| {
                    Err(Error::value(&format!("goal of {}", g.metric), g.value, "a positive number"))
                })
            }
            Self::Weighted { terms } | Self::Product { terms } => {
                terms.iter().find(|t| !t.weight.is_finite()).map_or(Ok(()), |t| {
                    Err(Error::value(&format!("weight of {}", t.metric), t.weight, "a finite number"))
                })
            }
            Self::Pareto { axes } => validate_axes(axes),
        }
    }
}

fn validate_axes(axes: &[Axis]) -> Result<(), Error> {
    if !(2..=4).contains(&axes.len()) {
        return Err(Error::value("pareto axes", axes.len(), "2 to 4 axes"));
    }
    for axis in axes {
        let (ideal, reference) =
            (axis.direction.oriented(axis.ideal), axis.direction.oriented(axis.reference));
        if !(ideal.is_finite() && reference.is_finite() && ideal > reference) {
            let shown = format!("ideal {} and reference {}", axis.ideal, axis.reference);
            let allowed = "finite corners, the ideal better than the reference";
            return Err(Error::value(&format!("axis {}", axis.metric), shown, allowed));
        }
    }
    Ok(())
}

/// An [`Objective`] tied to the metrics of a problem.
#[derive(Debug, Clone)]
pub struct Scorer {
    objective: Objective,
    indices: Vec<usize>,
}

impl Scorer {
    /// The reward of a feasible design's metrics; always finite for finite metrics.
    pub fn reward(&self, metrics: &[f64]) -> f64 {
        let at = |i: usize| metrics[self.indices[i]];
        let reward = match &self.objective {
            Objective::Minimise { .. } => -at(0),
            Objective::Maximise { .. } => at(0),
            Objective::Target { goals } => {
                -goals.iter().enumerate().map(|(i, g)| (at(i) - g.value).abs() / g.value).sum::<f64>()
            }
            Objective::TargetRatio { goals } => goals
                .iter()
                .enumerate()
                .map(|(i, g)| (g.value / (at(i) - g.value).abs()).min(RATIO_CAP))
                .product(),
            Objective::Budget { goals } => {
                -goals.iter().enumerate().map(|(i, g)| (at(i) - g.value).max(0.0) / g.value).sum::<f64>()
            }
            Objective::Weighted { terms } => {
                -terms.iter().enumerate().map(|(i, t)| t.weight * at(i)).sum::<f64>()
            }
            Objective::Product { terms } => {
                -terms.iter().enumerate().map(|(i, t)| libm::pow(at(i).max(0.0), t.weight)).product::<f64>()
            }
            Objective::Pareto { .. } => self.axes(metrics).iter().map(|x| x.clamp(0.0, 1.0)).product(),
        };
        // 0·∞ of a product is as bad as it gets; -0.0 would print as a different cell than 0.0.
        if reward.is_nan() { -f64::MAX } else { reward.clamp(-f64::MAX, f64::MAX) + 0.0 }
    }

    /// The coordinates of a Pareto objective, 0 at the reference and 1 at the ideal, each to be maximised; empty
    /// for scalar objectives.
    pub fn axes(&self, metrics: &[f64]) -> Vec<f64> {
        let Objective::Pareto { axes } = &self.objective else { return Vec::new() };
        let scaled = |(axis, index): (&Axis, &usize)| {
            let (ideal, reference) =
                (axis.direction.oriented(axis.ideal), axis.direction.oriented(axis.reference));
            (axis.direction.oriented(metrics[*index]) - reference) / (ideal - reference)
        };
        axes.iter().zip(&self.indices).map(scaled).collect()
    }

    /// Number of Pareto axes; 0 for a scalar objective.
    pub fn axis_count(&self) -> usize {
        match &self.objective {
            Objective::Pareto { axes } => axes.len(),
            _ => 0,
        }
    }

    /// The objective as declared.
    pub fn objective(&self) -> &Objective {
        &self.objective
    }
}
