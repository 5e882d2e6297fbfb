//! What an episode shows of an outcome: an observation with finite bounds, an info, a line for people.

use libm::{expm1, log1p};
use serde_json::{Value as Json, json};

use crate::design::{Design, DesignSpace, Kind, Parameter, Value};
use crate::env::Info;
use crate::problem::{Outcome, Problem};
use crate::space::{BoxSpace, DType, Element, Space, SpaceError};

/// Bound of [`symlog`]: no finite number has a larger one (ln of the largest `f64` is 709.8).
pub const SYMLOG_LIMIT: f64 = 710.0;

/// sign(x) · ln(1 + |x|): linear near 0, logarithmic far away (Hafner et al. 2023, DreamerV3). It gives metrics of
/// any size and sign a bounded scale, without a declared range.
pub fn symlog(x: f64) -> f64 {
    log1p(x.abs()).copysign(x).clamp(-SYMLOG_LIMIT, SYMLOG_LIMIT)
}

/// The inverse of [`symlog`].
pub fn symexp(y: f64) -> f64 {
    expm1(y.abs()).copysign(y)
}

/// Status (−1 nothing tried yet, 0 infeasible, 1 feasible), then one value a metric.
pub(super) fn observation_space(metrics: usize) -> Result<Space, SpaceError> {
    let bounds = |status: f64, limit: f64| [vec![status], vec![limit; metrics]].concat();
    let (low, high) = (bounds(-1.0, -SYMLOG_LIMIT), bounds(1.0, SYMLOG_LIMIT));
    BoxSpace::new(low, high, &[metrics + 1], DType::Float32).map(Space::Box)
}

pub(super) fn observe(metrics: usize, outcome: Option<&Outcome>) -> Element {
    let status = match outcome {
        None => -1.0,
        Some(outcome) => f64::from(outcome.is_feasible()),
    };
    let mut values = vec![status];
    let shown = outcome.and_then(Outcome::metrics).unwrap_or_default();
    values.extend(shown.iter().map(|metric| DType::Float32.round(symlog(*metric))));
    values.resize(metrics + 1, 0.0);
    Element::Real(values)
}

/// `design` and `metrics` by name, `feasible`, and why not: always the same keys, so that vectors can stack them.
pub(super) fn info(problem: &impl Problem, design: &Design, outcome: &Outcome) -> Info {
    let shown = outcome.metrics().unwrap_or_default();
    let names = problem.metrics().iter().map(|metric| metric.name.to_string());
    let metrics: Info = names.zip(shown.iter().map(|value| Json::from(*value))).collect();
    let (reason, detail) = match outcome {
        Outcome::Feasible(_) => ("", ""),
        Outcome::Infeasible { reason, detail } => (reason.as_ref(), detail.as_str()),
    };
    let mut info = Info::new();
    info.insert("design".into(), Json::Object(design_info(problem.space(), design)));
    info.insert("feasible".into(), Json::from(outcome.is_feasible()));
    info.insert("metrics".into(), Json::Object(metrics));
    info.insert("reason".into(), Json::from(reason));
    info.insert("detail".into(), Json::from(detail));
    info
}

fn design_info(space: &DesignSpace, design: &Design) -> Info {
    let pairs = space.parameters().iter().zip(&design.0);
    pairs.map(|(parameter, value)| (parameter.name.clone(), value_info(parameter, value))).collect()
}

/// Names instead of indices; null where the parameter is inactive.
fn value_info(parameter: &Parameter, value: &Value) -> Json {
    match (&parameter.kind, value) {
        (_, Value::Inactive) => Json::Null,
        (_, Value::Bool(b)) => Json::from(*b),
        (_, Value::Integer(i)) => Json::from(*i),
        (_, Value::Real(x)) => Json::from(*x),
        (Kind::Permutation { items }, Value::Permutation(order)) => {
            json!(order.iter().filter_map(|i| items.get(*i as usize)).collect::<Vec<_>>())
        }
        (Kind::Subset { items, .. }, Value::Subset(flags)) => {
            json!(items.iter().zip(flags).filter(|(_, member)| **member).map(|(i, _)| i).collect::<Vec<_>>())
        }
        _ => Json::from(parameter.format(value)),
    }
}

pub(super) fn describe(problem: &impl Problem, design: &Design, outcome: &Outcome, reward: f64) -> String {
    let design = problem.space().describe(design);
    match outcome {
        Outcome::Feasible(values) => {
            let pairs = problem.metrics().iter().zip(values);
            let metrics: Vec<String> =
                pairs.map(|(metric, value)| format!("{}={value}", metric.name)).collect();
            format!("{design} -> {} (reward {reward})", metrics.join(" "))
        }
        Outcome::Infeasible { reason, detail } => format!("{design} -> infeasible: {reason}: {detail}"),
    }
}
