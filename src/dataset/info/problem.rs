//! The part of a data card about one environment, workload and space.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, DefaultHasher};

use anyhow::Result;
use rl_env::design::{Kind, Parameter};
use serde::Serialize;

use super::super::declared;
use super::super::identity::Cell;
use super::super::inputs::Samples;
use super::super::labels::Labels;
use super::super::layout::Layout;
use super::super::quantiles::Quantiles;
use super::{Distinct, MOST_VALUES};

/// One environment, workload and space.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProblemCard {
    /// Environment id; empty if the dataset does not say.
    pub env: String,
    /// Workload.
    pub workload: String,
    /// Named space.
    pub space: String,
    /// Samples.
    pub rows: u64,
    /// Rows with a feasible design.
    pub feasible: u64,
    /// Different designs.
    pub unique_designs: Distinct,
    /// Best reward of each objective.
    pub best: Vec<Best>,
    /// Parameters that have values.
    pub parameters: Vec<ParameterCard>,
    /// Metrics that have values.
    pub metrics: Vec<MetricCard>,
}

/// The best row for an objective.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Best {
    /// Name of the objective.
    pub objective: String,
    /// Its highest reward.
    pub reward: f64,
    /// Run that found it first.
    pub run_id: String,
    /// Sample of that run.
    pub step: u64,
    /// Agent of that run.
    pub agent: String,
}

/// One parameter.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ParameterCard {
    /// Its name.
    pub name: String,
    /// Rows in which it has a value; it has none where it does not matter.
    pub rows: u64,
    /// Different values.
    pub distinct: Distinct,
    /// Number of values that it can take, if that is finite and known.
    pub levels: Option<f64>,
    /// Smallest number.
    pub min: Option<f64>,
    /// Largest number.
    pub max: Option<f64>,
    /// What the environment declares; null if it is not known.
    pub declared: Option<String>,
    /// Share of the declared values that occur, or of the declared range that lies between the smallest and the
    /// largest.
    pub coverage: Option<f64>,
    /// Different values outside of what is declared.
    pub outside: u64,
}

/// One metric.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricCard {
    /// Its name, with the unit.
    pub name: String,
    /// Rows in which it has a value.
    pub rows: u64,
    /// Values among them that are not a number, left out of the rest.
    pub nan: u64,
    /// Smallest.
    pub min: Option<f64>,
    /// Median; exact, or within a thousandth if there are many values.
    pub median: Option<f64>,
    /// Whether the median is exact.
    pub median_exact: bool,
    /// Mean.
    pub mean: Option<f64>,
    /// Largest.
    pub max: Option<f64>,
}

/// Smallest and largest number so far.
#[derive(Debug, Clone, Copy, Default)]
struct Span(Option<(f64, f64)>);

impl Span {
    fn add(&mut self, x: f64) {
        self.0 = Some(self.0.map_or((x, x), |(low, high)| (low.min(x), high.max(x))));
    }

    fn ends(self) -> (Option<f64>, Option<f64>) {
        (self.0.map(|s| s.0), self.0.map(|s| s.1))
    }
}

/// Collects what a [`ProblemCard`] states.
pub(super) struct Tally {
    card: ProblemCard,
    declared: Vec<Parameter>,
    parameters: Vec<ParameterTally>,
    metrics: Vec<MetricTally>,
    /// For the table being read: column and place in `parameters`, and the same for `metrics`.
    parameters_at: Vec<(usize, usize)>,
    metrics_at: Vec<(usize, usize)>,
}

impl Tally {
    pub(super) fn new(labels: &Labels) -> Self {
        let [env, workload, space] = ["env", "workload", "space"].map(|label| labels.get(label).to_owned());
        Self {
            declared: declared::parameters(&env, &workload, &space),
            card: ProblemCard {
                env,
                workload,
                space,
                rows: 0,
                feasible: 0,
                unique_designs: Distinct::default(),
                best: Vec::new(),
                parameters: Vec::new(),
                metrics: Vec::new(),
            },
            parameters: Vec::new(),
            metrics: Vec::new(),
            parameters_at: Vec::new(),
            metrics_at: Vec::new(),
        }
    }

    pub(super) fn is_of(&self, labels: &Labels) -> bool {
        let card = &self.card;
        card.env == labels.get("env")
            && card.workload == labels.get("workload")
            && card.space == labels.get("space")
    }

    /// Prepares for rows of a table.
    pub(super) fn enter(&mut self, layout: &Layout) {
        let Self { declared, parameters, metrics, .. } = self;
        self.parameters_at = layout
            .parameters
            .iter()
            .map(|(at, name)| {
                let known = parameters.iter().position(|p| p.name == *name);
                let new = || {
                    let declared = declared.iter().find(|p| p.name == *name);
                    parameters.push(ParameterTally::new(name, declared.cloned()));
                    parameters.len() - 1
                };
                (*at, known.unwrap_or_else(new))
            })
            .collect();
        self.metrics_at = layout
            .metrics
            .iter()
            .map(|(at, name)| {
                let known = metrics.iter().position(|m| m.name == *name);
                let new = || {
                    metrics.push(MetricTally { name: name.clone(), ..MetricTally::default() });
                    metrics.len() - 1
                };
                (*at, known.unwrap_or_else(new))
            })
            .collect();
    }

    pub(super) fn add(
        &mut self,
        samples: &Samples<'_>,
        labels: &Labels,
        feasible: bool,
        new: bool,
    ) -> Result<()> {
        self.card.rows += 1;
        self.card.feasible += u64::from(feasible);
        self.card.unique_designs.count += u64::from(new);
        for (at, parameter) in &self.parameters_at {
            self.parameters[*parameter].add(&samples.row[*at]);
        }
        for (at, metric) in &self.metrics_at {
            if let Some(x) = samples.number(*at)? {
                self.metrics[*metric].add(x);
            }
        }
        let step = samples.step()?;
        if let Some(reward) = samples.number(samples.layout.reward)? {
            self.note_best(samples, labels, reward, step);
        }
        Ok(())
    }

    fn note_best(&mut self, samples: &Samples<'_>, labels: &Labels, reward: f64, step: u64) {
        let objective = labels.get("objective");
        let known = self.card.best.iter_mut().find(|best| best.objective == objective);
        if known.as_ref().is_some_and(|best| best.reward >= reward) || reward.is_nan() {
            return;
        }
        let best = Best {
            objective: objective.to_owned(),
            reward,
            run_id: samples.row[samples.layout.run_id].to_owned(),
            step,
            agent: labels.get("agent").to_owned(),
        };
        match known {
            Some(known) => *known = best,
            None => self.card.best.push(best),
        }
    }

    pub(super) fn finish(self, at_least: bool) -> ProblemCard {
        let mut card = self.card;
        card.unique_designs.at_least = at_least;
        let used = self.parameters.into_iter().filter(|p| p.rows > 0);
        card.parameters = used.map(ParameterTally::finish).collect();
        card.metrics = self.metrics.into_iter().filter(|m| m.rows > 0).map(MetricTally::finish).collect();
        card
    }
}

struct ParameterTally {
    name: String,
    declared: Option<Parameter>,
    rows: u64,
    values: HashSet<u64, BuildHasherDefault<DefaultHasher>>,
    at_least: bool,
    span: Span,
    outside: u64,
}

impl ParameterTally {
    fn new(name: &str, declared: Option<Parameter>) -> Self {
        Self {
            name: name.to_owned(),
            declared,
            rows: 0,
            values: HashSet::default(),
            at_least: false,
            span: Span::default(),
            outside: 0,
        }
    }

    fn add(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.rows += 1;
        let cell = Cell::of(text);
        if let Some(x) = cell.number() {
            self.span.add(x);
        }
        if self.at_least {
            return;
        }
        if self.values.len() == MOST_VALUES {
            self.at_least = !self.values.contains(&cell.hash64());
        } else if self.values.insert(cell.hash64()) {
            let fits = |p: &Parameter| p.parse(text).is_ok_and(|value| p.kind.contains(&value));
            self.outside += u64::from(self.declared.as_ref().is_some_and(|p| !fits(p)));
        }
    }

    fn finish(self) -> ParameterCard {
        let (min, max) = self.span.ends();
        let kind = self.declared.as_ref().map(|p| &p.kind);
        let levels = kind.and_then(Kind::cardinality).map(|n| n as f64);
        let inside = self.values.len() as f64 - self.outside as f64;
        let coverage = match levels {
            Some(levels) => Some(inside / levels),
            None => kind.zip(self.span.0).and_then(|(kind, span)| covered(kind, span)),
        };
        ParameterCard {
            name: self.name,
            rows: self.rows,
            distinct: Distinct { count: self.values.len() as u64, at_least: self.at_least },
            levels,
            min,
            max,
            declared: kind.map(Kind::allowed),
            coverage,
            outside: self.outside,
        }
    }
}

/// Share of a real range that lies between the smallest and the largest value.
fn covered(kind: &Kind, span: (f64, f64)) -> Option<f64> {
    let (low, high) = declared::range(kind)?;
    let (from, to) = (span.0.clamp(low, high), span.1.clamp(low, high));
    Some(match kind {
        Kind::LogReal { .. } => (to / from).ln() / (high / low).ln(),
        _ => (to - from) / (high - low),
    })
}

#[derive(Default)]
struct MetricTally {
    name: String,
    rows: u64,
    nan: u64,
    sum: f64,
    span: Span,
    quantiles: Quantiles,
}

impl MetricTally {
    fn add(&mut self, x: f64) {
        self.rows += 1;
        if x.is_nan() {
            self.nan += 1;
            return;
        }
        self.sum += x;
        self.span.add(x);
        self.quantiles.add(x);
    }

    fn finish(mut self) -> MetricCard {
        let (min, max) = self.span.ends();
        let numbers = self.rows - self.nan;
        MetricCard {
            name: self.name,
            rows: self.rows,
            nan: self.nan,
            min,
            median: self.quantiles.median(),
            median_exact: self.quantiles.is_exact(),
            mean: (numbers > 0).then(|| self.sum / numbers as f64),
            max,
        }
    }
}
