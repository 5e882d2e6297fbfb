//! What an evaluation says, in sentences.

use super::super::grid::decimal;
use super::super::html::{Html, join, strong, text};
use crate::proxy::curve::{CurvePoint, MIXED};
use crate::proxy::evaluated::Evaluation;
use crate::proxy::evaluation::TargetScore;
use crate::proxy::split::Split;
use crate::terminal::{count, figure};

/// Place of the intervals of 90 % among the levels.
const NINETY: usize = 2;
/// Share below which intervals of 90 % are called too narrow.
const TOO_FEW: f64 = 0.8;

/// Errors of one metric over all parts.
pub(super) struct Summary {
    pub(super) mean: f64,
    pub(super) lowest: f64,
    pub(super) highest: f64,
    /// Part with the highest error.
    pub(super) worst: String,
    pub(super) mape: Option<f64>,
    pub(super) r2: Option<f64>,
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// The scores of a metric with the names of their parts.
fn of<'a>(evaluation: &'a Evaluation, target: &'a str) -> impl Iterator<Item = (&'a str, &'a TargetScore)> {
    let own = move |part: &'a crate::proxy::evaluation::PartScore| {
        part.scores.iter().filter(move |own| own.target == target).map(|own| (part.part.as_str(), own))
    };
    evaluation.parts.iter().flat_map(own)
}

impl Summary {
    /// `None` without scores.
    pub(super) fn of(evaluation: &Evaluation, target: &str) -> Option<Self> {
        let errors: Vec<f64> = of(evaluation, target).map(|(_, own)| own.score.rmse_percent).collect();
        let (worst, own) = of(evaluation, target)
            .max_by(|a, b| a.1.score.rmse_percent.total_cmp(&b.1.score.rmse_percent))?;
        let all = |values: Vec<Option<f64>>| {
            values.into_iter().collect::<Option<Vec<f64>>>().map(|values| mean(&values))
        };
        Some(Self {
            mean: mean(&errors),
            lowest: errors.iter().copied().fold(f64::INFINITY, f64::min),
            highest: own.score.rmse_percent,
            worst: worst.to_owned(),
            mape: all(of(evaluation, target).map(|(_, own)| own.score.mape_percent).collect()),
            r2: all(of(evaluation, target).map(|(_, own)| own.score.r2).collect()),
        })
    }
}

/// Numbers with names, as a list in words.
fn listed(items: Vec<Html>) -> Html {
    let last = items.len().saturating_sub(1);
    let with = |(i, item): (usize, Html)| match i {
        0 => item,
        i if i == last => join([text(" and "), item]),
        _ => join([text(", "), item]),
    };
    join(items.into_iter().enumerate().map(with))
}

fn percent(x: f64) -> String {
    format!("{}\u{a0}%", decimal(x))
}

fn share(x: f64) -> String {
    format!("{:.1}\u{a0}%", 100.0 * x)
}

fn whole(n: usize, what: &str) -> String {
    format!("{} {what}{}", count(n as u64), if n == 1 { "" } else { "s" })
}

/// What was held out, as part of a sentence.
fn held_out(split: Split) -> &'static str {
    match split {
        Split::Design => "On designs never seen",
        Split::Outcome => "On designs whose metrics were never seen",
        Split::Agent => "On designs that only an agent unknown to it found",
        Split::Extrapolation => "Beyond the range of parameters that it saw",
        Split::Workload => "On a workload never seen",
    }
}

/// The model of all parts, or what was asked for if they differ.
fn model(evaluation: &Evaluation) -> &str {
    let first = evaluation.parts.first().map(|part| part.model.as_str());
    let same = first.filter(|first| evaluation.parts.iter().all(|part| part.model == *first));
    same.unwrap_or(&evaluation.model)
}

pub(super) fn headline(evaluation: &Evaluation) -> Vec<Html> {
    let errors: Vec<Html> = evaluation
        .targets()
        .into_iter()
        .filter_map(|target| {
            let summary = Summary::of(evaluation, target)?;
            Some(join([text(format!("{target} to ")), strong(percent(summary.mean))]))
        })
        .collect();
    let mut words = Vec::new();
    if !errors.is_empty() {
        let parts = match evaluation.parts.len() {
            1 => String::new(),
            n => format!(", mean of {n} parts"),
        };
        words.push(join([
            text(format!("{}, ", held_out(evaluation.split))),
            strong(model(evaluation)),
            text(" predicts "),
            listed(errors),
            text(format!(" of the mean (RMSE{parts}).")),
        ]));
    }
    words.extend(speed(evaluation));
    words.extend(data(evaluation).into_iter().take(1));
    words
}

pub(super) fn limits(evaluation: &Evaluation) -> Vec<Html> {
    let mut limits = Vec::new();
    if evaluation.split == Split::Design {
        limits.push(text(
            "Designs held out at random have near neighbours among those that were learnt. The splits by outcome, agent, \
             extrapolation and workload are harder.",
        ));
    }
    let working = evaluation.feasible as f64 / evaluation.designs.max(1) as f64;
    if evaluation.feasible < evaluation.designs {
        limits.push(text(format!(
            "Errors are over designs that work, {} of all; whether a design works is a model of its own.",
            share(working)
        )));
    }
    let narrow: Vec<&str> = evaluation
        .parts
        .iter()
        .filter(|part| part.scores.iter().any(|own| own.coverage[NINETY] < TOO_FEW))
        .map(|part| part.part.as_str())
        .collect();
    if !narrow.is_empty() {
        limits.push(text(format!(
            "Intervals are too narrow on {}: of those that are to hold 90\u{a0}% some hold less than {}.",
            if narrow.len() <= 6 { narrow.join(", ") } else { whole(narrow.len(), "part") },
            share(TOO_FEW)
        )));
    }
    limits
}

pub(super) fn errors(evaluation: &Evaluation) -> Vec<Html> {
    let mut words = Vec::new();
    if evaluation.parts.len() > 1 {
        for target in evaluation.targets() {
            let Some(summary) = Summary::of(evaluation, target) else { continue };
            words.push(join([
                text(format!("{target}: ")),
                strong(percent(summary.mean)),
                text(format!(
                    " in the mean, from {} to {} ({}).",
                    percent(summary.lowest),
                    percent(summary.highest),
                    summary.worst
                )),
            ]));
        }
    }
    let right: Vec<f64> = evaluation.parts.iter().filter_map(|part| part.feasibility_right).collect();
    if !right.is_empty() {
        words.push(join([
            text("Whether a design works is predicted right for "),
            strong(share(mean(&right))),
            text(" of the held-out designs."),
        ]));
    }
    words
}

pub(super) fn calibration(evaluation: &Evaluation) -> Vec<Html> {
    let held: Vec<f64> =
        evaluation.parts.iter().flat_map(|part| part.scores.iter().map(|own| own.coverage[NINETY])).collect();
    if held.is_empty() {
        return Vec::new();
    }
    let (low, high) = held.iter().fold((f64::INFINITY, 0.0f64), |(low, high), x| (low.min(*x), high.max(*x)));
    vec![join([
        text("Intervals that are to hold 90\u{a0}% of the true values hold "),
        strong(share(mean(&held))),
        text(format!(", from {} to {} by part and metric.", share(low), share(high))),
    ])]
}

pub(super) fn finds(evaluation: &Evaluation) -> Vec<Html> {
    let worst = |target: &str| {
        let regrets = of(evaluation, target).map(|(_, own)| own.score.top_regret[1]);
        regrets.fold(f64::NEG_INFINITY, f64::max)
    };
    let named = |target: &str| join([text(format!("{target} ")), strong(decimal(worst(target)))]);
    let targets: Vec<Html> = evaluation.targets().into_iter().map(named).collect();
    if targets.is_empty() {
        return Vec::new();
    }
    vec![join([
        text("Highest regret of a search that simulates only the ten most promising designs of a part: "),
        listed(targets),
        text("."),
    ])]
}

/// For each metric, samples of all agents against samples of one, as many of each.
pub(super) fn data(evaluation: &Evaluation) -> Vec<Html> {
    evaluation.targets().into_iter().filter_map(|target| diversity(&evaluation.curve, target)).collect()
}

fn diversity(curve: &[CurvePoint], target: &str) -> Option<Html> {
    let own = || curve.iter().filter(|point| point.target == target);
    // The largest number of samples that most single agents reach, and all agents together.
    let mixed: Vec<&CurvePoint> = own().filter(|point| point.source == MIXED).collect();
    let singles = |size: usize| -> Vec<&CurvePoint> {
        own().filter(|point| point.source != MIXED && point.samples == size).collect()
    };
    let most = mixed.iter().map(|point| singles(point.samples).len()).max().filter(|most| *most > 1)?;
    let all = mixed.iter().filter(|point| singles(point.samples).len() == most).max_by_key(|p| p.samples)?;
    let mut alone = singles(all.samples);
    alone.sort_by(|a, b| a.rmse_percent.total_cmp(&b.rmse_percent));
    let (best, worst) = (alone.first()?, alone.last()?);
    Some(join([
        text(format!("From {} samples, the error of {target} is ", count(all.samples as u64))),
        strong(percent(all.rmse_percent)),
        text(format!(
            " if they are of all agents, {} if they are of {} alone, {} if of {}.",
            percent(best.rmse_percent),
            best.source,
            percent(worst.rmse_percent),
            worst.source
        )),
    ]))
}

pub(super) fn speed(evaluation: &Evaluation) -> Vec<Html> {
    let speed = &evaluation.speed;
    let times =
        if speed.speedup >= 10.0 { count(speed.speedup.round() as u64) } else { figure(speed.speedup) };
    vec![join([
        text("A prediction of all metrics takes "),
        strong(format!("{}\u{a0}µs", figure(speed.single_us))),
        text(format!(
            " alone, a simulation {times} times as long ({}\u{a0}µs); in batches one core predicts ",
            figure(speed.simulator_us)
        )),
        strong(format!("{} designs a second", count(speed.batch_per_s as u64))),
        text("."),
    ])]
}
