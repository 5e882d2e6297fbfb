//! Finding optima: in a complete table, or by analysis.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use rl_env::design::Design;
use rl_env::objective::Scorer;
use rl_env::pareto::Front;
use rl_env::problem::{self, Problem};
use rl_env::registry::find_env;
use rl_env::seed::Seed;
use sweepstake_envs::{ENVS, landscape};

use super::{Best, Optima, Optimum, Source, Spread, Ties};
use crate::plan::Instance;
use crate::table::Table;
use crate::usage::Usage;

/// Random designs that stand for an infinite space.
const SAMPLE: u64 = 1000;
/// Seed of their draw.
const SEED: u64 = 0;
/// Percentiles that are stated.
const PERCENTILES: [u8; 11] = [0, 1, 5, 10, 25, 50, 75, 90, 95, 99, 100];

/// The optima of every objective of `instance` in its complete table.
///
/// # Errors
/// If the table is of something else or not complete, or no design is feasible.
pub fn survey(instance: &Instance, table: &Table, command: String) -> Result<Optima> {
    let about = &table.about;
    if about.subject != instance.subject || !table.is_complete() {
        return Err(Usage::error(format!("a complete table of {} is needed", instance.subject)));
    }
    let source = Source::CompleteTable {
        designs: about.designs,
        violating: about.violating,
        behaviours: about.behaviours,
        infeasible: table.infeasible() as u64,
        blake3: about.blake3.clone(),
    };
    optima(instance, source, command, |scorer| {
        let rewards: Vec<(f64, usize)> =
            (0..table.len()).filter_map(|row| Some((scorer.reward(table.metrics(row)?), row))).collect();
        // Of equal rewards the first row.
        let better = |a: (f64, usize), b: (f64, usize)| if b.0 > a.0 { b } else { a };
        let (best, row) = rewards.iter().copied().reduce(better).context("no design is feasible")?;
        let ties = rewards.iter().filter(|(reward, _)| *reward == best);
        let ties = ties.fold(Ties { behaviours: 0, designs: 0 }, |ties, (_, row)| Ties {
            behaviours: ties.behaviours + 1,
            designs: ties.designs + u64::from(table.designs[*row]),
        });
        let rank = u128::from(table.ranks[row]);
        let design = instance.problem.space().unrank(rank).context("a rank beyond the space")?;
        let weighted =
            rewards.iter().map(|(reward, row)| (*reward, u64::from(table.designs[*row]))).collect();
        let all: u64 = table.designs.iter().map(|n| u64::from(*n)).sum();
        let best = Best { ties: Some(ties), ..simulated(instance, scorer, &design)? };
        let random = spread(weighted, all)?;
        Ok(match whole_front(table, scorer) {
            Some(front) => {
                let points = front.members().len() as u64;
                Optimum { score: front.hypervolume(), front_points: Some(points), best: Some(best), random }
            }
            None => Optimum { score: best.reward, front_points: None, best: Some(best), random },
        })
    })
}

/// The optima of every objective of `instance` if they are known by analysis, as those of the landscapes are. What
/// random designs get is estimated from a thousand with a fixed seed.
///
/// # Errors
/// If they are not known.
pub fn analytic(instance: &Instance, command: String) -> Result<Optima> {
    let subject = &instance.subject;
    if subject.env != landscape::ENTRY.id {
        return Err(Usage::error(format!(
            "no optimum of {subject} is known by analysis; write a table with --out"
        )));
    }
    let (design, _) = landscape::optimum(&subject.workload)?;
    optima(instance, Source::Analytic, command, |scorer| {
        let random = sampled(instance, scorer)?;
        if scorer.axis_count() > 0 {
            let score = landscape::FRONT_HYPERVOLUME;
            return Ok(Optimum { score, front_points: None, best: None, random });
        }
        let best = simulated(instance, scorer, &design)?;
        Ok(Optimum { score: best.reward, front_points: None, best: Some(best), random })
    })
}

fn optima(
    instance: &Instance,
    source: Source,
    command: String,
    find: impl Fn(&Scorer) -> Result<Optimum>,
) -> Result<Optima> {
    let subject = instance.subject.clone();
    let mut objectives = BTreeMap::new();
    for (name, objective) in (find_env(ENVS, &subject.env)?.objectives)(&subject.workload) {
        let scorer = objective.bind(instance.problem.metrics())?;
        let optimum = find(&scorer).with_context(|| format!("objective {name} of {subject}"))?;
        objectives.insert(name.to_owned(), optimum);
    }
    Ok(Optima { subject, source, command, version: env!("CARGO_PKG_VERSION").to_owned(), objectives })
}

/// A best design with what the simulator says of it.
fn simulated(instance: &Instance, scorer: &Scorer, best: &Design) -> Result<Best> {
    let problem = instance.problem.as_ref();
    let outcome = problem::evaluate(problem, best);
    let values = outcome.metrics().context("the best design is infeasible")?;
    let named = problem.space().named(best);
    let metrics = problem.metrics().iter().zip(values);
    Ok(Best {
        reward: scorer.reward(values),
        design: named.map(|(name, text)| (name.to_owned(), text.into())).collect(),
        metrics: metrics.map(|(metric, x)| (metric.name.to_string(), (*x).into())).collect(),
        ties: None,
    })
}

/// The front of all designs, if the objective has several axes.
fn whole_front(table: &Table, scorer: &Scorer) -> Option<Front<()>> {
    let mut front = Front::default();
    for metrics in (0..table.len()).filter_map(|row| table.metrics(row)) {
        front.offer(&scorer.axes(metrics), || ());
    }
    (scorer.axis_count() > 0).then_some(front)
}

fn sampled(instance: &Instance, scorer: &Scorer) -> Result<Spread> {
    let problem = instance.problem.as_ref();
    let mut rng = Seed(SEED).stream("optima");
    let outcomes = (0..SAMPLE).map(|_| problem::evaluate(problem, &problem.space().sample(&mut rng)));
    let rewards = outcomes.filter_map(|outcome| outcome.metrics().map(|m| (scorer.reward(m), 1))).collect();
    spread(rewards, SAMPLE)
}

/// Quantiles of rewards with their numbers of designs, of which there are `all` with the infeasible ones.
fn spread(mut rewards: Vec<(f64, u64)>, all: u64) -> Result<Spread> {
    rewards.sort_by(|a, b| a.0.total_cmp(&b.0));
    let feasible: u64 = rewards.iter().map(|(_, n)| n).sum();
    if feasible == 0 {
        bail!("no design is feasible");
    }
    let quantile = |percent: u8| quantile(&rewards, feasible, f64::from(percent) / 100.0);
    Ok(Spread {
        designs: all,
        infeasible: all - feasible,
        median: quantile(50),
        percentiles: PERCENTILES.into_iter().map(|percent| (percent, quantile(percent))).collect(),
    })
}

/// As [`crate::statistics::quantile`], of ascending values that each stand for several.
fn quantile(sorted: &[(f64, u64)], all: u64, q: f64) -> f64 {
    let place = q * (all - 1) as f64;
    let at = |place: u64| {
        let mut before = 0;
        let reaches = |(_, n): &&(f64, u64)| {
            before += n;
            before > place
        };
        sorted.iter().find(reaches).map_or(f64::NAN, |(value, _)| *value)
    };
    let (below, above) = (at(place.floor() as u64), at(place.ceil() as u64));
    let part = place.fract();
    if part == 0.0 { below } else { below * (1.0 - part) + above * part }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics;

    #[test]
    fn weights_count_as_repeats() {
        let weighted = [(1.0, 3), (2.0, 1), (5.0, 4)];
        let plain = [1.0, 1.0, 1.0, 2.0, 5.0, 5.0, 5.0, 5.0];
        for percent in PERCENTILES {
            let q = f64::from(percent) / 100.0;
            assert_eq!(Some(quantile(&weighted, 8, q)), statistics::quantile(&plain, q), "{percent} %");
        }
    }
}
