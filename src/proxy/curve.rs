//! Learning curves: error against the number of samples, from one agent's samples and from those of all.

use anyhow::Result;
use rl_env::seed::Seed;
use serde::Serialize;

use super::evaluation::judge;
use super::fitted::Choice;
use super::lesson::Lesson;
use super::samples::Samples;

/// Source of samples of all agents in equal shares, as far as they reach.
pub const MIXED: &str = "mixed";
/// One design in so many is held out.
const HELD_OUT: usize = 5;
/// Fewest different working designs that a point is worth.
const FEWEST: usize = 50;

/// One point of a curve for one metric.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CurvePoint {
    /// Agent, or [`MIXED`].
    pub source: String,
    /// Samples, repeats included.
    pub samples: usize,
    /// Different designs among them.
    pub designs: usize,
    /// Metric.
    pub target: String,
    /// Error in percent of the mean.
    pub rmse_percent: f64,
    /// Kendall's τ-b.
    pub kendall_tau: Option<f64>,
    /// Top-10 regret.
    pub top10_regret: f64,
}

/// Sizes 1000, 2000, 5000, 10 000 … up to `most`.
pub fn sizes(most: usize) -> Vec<usize> {
    let decades = (2..9).flat_map(|decade| [1, 2, 5].map(|step| step * 10usize.pow(decade)));
    decades
        .chain([400_000])
        .filter(|size| *size <= most && *size >= 200)
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect()
}

/// Measures all curves of some samples, all on the same designs held out; `heard` hears of each point.
///
/// # Errors
/// If a part cannot be learnt from.
pub fn curves(
    samples: &Samples,
    lesson: &Lesson,
    choice: Choice,
    seed: Seed,
    mut heard: impl FnMut(&str, usize),
) -> Result<Vec<CurvePoint>> {
    let order = seed.stream("curve").permutation(samples.designs.len());
    let mut held = vec![false; samples.designs.len()];
    order.iter().step_by(HELD_OUT).for_each(|design| held[*design] = true);
    let test: Vec<usize> = (0..held.len()).filter(|design| held[*design]).collect();
    let test = lesson.select(&test);
    // Per agent, the designs of its samples that may be learnt from, in random order.
    let pools: Vec<Vec<usize>> =
        (0..samples.agents.len()).map(|agent| pool(samples, &held, agent, seed)).collect();
    let all = pools.iter().map(Vec::len).sum();
    let mut sources: Vec<(&str, usize)> =
        samples.agents.iter().zip(&pools).map(|(name, pool)| (name.as_str(), pool.len())).collect();
    if pools.len() > 1 {
        sources.push((MIXED, all));
    }
    let mut points = Vec::new();
    for (number, (source, available)) in sources.iter().enumerate() {
        for size in sizes(*available) {
            let drawn: Vec<usize> = match pools.get(number) {
                Some(pool) => pool[..size].to_vec(),
                None => shares(&pools, size),
            };
            heard(source, size);
            points.extend(point(source, size, drawn, lesson, &test, choice, seed)?);
        }
    }
    Ok(points)
}

/// So many samples in equal shares; where a pool is too small, the others fill up.
fn shares(pools: &[Vec<usize>], size: usize) -> Vec<usize> {
    let mut smallest_first: Vec<&Vec<usize>> = pools.iter().collect();
    smallest_first.sort_by_key(|pool| pool.len());
    let mut drawn = Vec::with_capacity(size);
    for (number, pool) in smallest_first.iter().enumerate() {
        let share = (size - drawn.len()) / (pools.len() - number);
        drawn.extend(&pool[..share.min(pool.len())]);
    }
    drawn
}

fn pool(samples: &Samples, held: &[bool], agent: usize, seed: Seed) -> Vec<usize> {
    let own = samples.log.iter().filter(|logged| usize::from(logged.agent) == agent);
    let mut designs: Vec<usize> =
        own.map(|logged| logged.design as usize).filter(|design| !held[*design]).collect();
    seed.child("pool", agent as u64).stream("order").shuffle(&mut designs);
    designs
}

fn point(
    source: &str,
    samples: usize,
    mut drawn: Vec<usize>,
    lesson: &Lesson,
    test: &Lesson,
    choice: Choice,
    seed: Seed,
) -> Result<Vec<CurvePoint>> {
    drawn.sort_unstable();
    drawn.dedup();
    let train = lesson.select(&drawn);
    if train.working().len() < FEWEST {
        return Ok(Vec::new());
    }
    let part = judge(source, &train, test, choice, seed)?;
    let point = |own: &super::evaluation::TargetScore| CurvePoint {
        source: source.to_owned(),
        samples,
        designs: drawn.len(),
        target: own.target.clone(),
        rmse_percent: own.score.rmse_percent,
        kendall_tau: own.score.kendall_tau,
        top10_regret: own.score.top_regret[1],
    };
    Ok(part.scores.iter().map(point).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_equal_until_a_pool_is_empty() {
        let pools = [vec![1; 10], vec![2; 3], vec![3; 10]];
        let count = |drawn: &[usize], pool: usize| drawn.iter().filter(|x| **x == pool).count();
        let few = shares(&pools, 9);
        assert_eq!([1, 2, 3].map(|pool| count(&few, pool)), [3, 3, 3]);
        let many = shares(&pools, 17);
        assert_eq!([1, 2, 3].map(|pool| count(&many, pool)), [7, 3, 7]);
    }

    #[test]
    fn sizes_go_in_steps_of_one_two_and_five() {
        assert_eq!(sizes(1000), [200, 500, 1000]);
        assert!(sizes(450_000).ends_with(&[200_000, 400_000]));
    }
}
