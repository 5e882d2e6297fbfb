//! Which designs a proxy may learn from, and which it is judged by.
//!
//! Samples hold every canonical design once, so no split can put one design on both sides.

use std::collections::HashMap;

use anyhow::Result;
use rl_env::design::{DesignSpace, Kind};
use rl_env::seed::Seed;

use super::samples::Samples;
use crate::usage::Usage;

/// Share of a parameter's range that is learnt from when its upper end is to be predicted.
const SEEN: f64 = 0.8;

/// A way of splitting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Split {
    /// Designs at random.
    Design,
    /// Designs at random, those with the same metrics together: no outcome of a test was ever seen.
    Outcome,
    /// Designs that only one agent found, learnt from those of all others.
    Agent,
    /// The upper fifth of a parameter's range, learnt from the rest; for each ordered parameter.
    Extrapolation,
    /// One workload, learnt from all others.
    Workload,
}

/// One division into designs to learn from and designs to predict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What is held out.
    pub name: String,
    /// Numbers of the designs to learn from.
    pub train: Vec<usize>,
    /// Numbers of the designs to predict.
    pub test: Vec<usize>,
}

impl Split {
    /// The parts of some samples of a space.
    ///
    /// # Errors
    /// If there are not two sides to split.
    pub fn parts(
        self,
        samples: &Samples,
        space: &DesignSpace,
        folds: usize,
        seed: Seed,
    ) -> Result<Vec<Part>> {
        let parts = match self {
            Self::Design => by_group(&(0..samples.designs.len()).collect::<Vec<_>>(), folds, seed),
            Self::Outcome => by_group(&outcomes(samples), folds, seed),
            Self::Agent => by_agent(samples),
            Self::Extrapolation => by_range(samples, space),
            Self::Workload => Vec::new(),
        };
        let parts: Vec<Part> =
            parts.into_iter().filter(|part| !part.train.is_empty() && !part.test.is_empty()).collect();
        match parts.is_empty() {
            true => Err(Usage::error("the data cannot be split that way: one side would be empty")),
            false => Ok(parts),
        }
    }
}

/// Folds of whole groups, given the group of each design.
fn by_group(groups: &[usize], folds: usize, seed: Seed) -> Vec<Part> {
    let count = groups.iter().max().map_or(0, |most| most + 1);
    let order = seed.stream("split").permutation(count);
    let mut fold = vec![0; count];
    order.iter().enumerate().for_each(|(place, group)| fold[*group] = place % folds);
    let side = |number: usize, inside: bool| {
        (0..groups.len()).filter(|design| (fold[groups[*design]] == number) == inside).collect()
    };
    let part = |number| Part {
        name: format!("fold {}", number + 1),
        train: side(number, false),
        test: side(number, true),
    };
    (0..folds).map(part).collect()
}

/// Numbers designs by their metrics.
fn outcomes(samples: &Samples) -> Vec<usize> {
    let mut known: HashMap<Vec<u64>, usize> = HashMap::new();
    let group = |row: &[f64]| {
        let next = known.len();
        *known.entry(row.iter().map(|x| x.to_bits()).collect()).or_insert(next)
    };
    samples.values.iter().map(group).collect()
}

fn by_agent(samples: &Samples) -> Vec<Part> {
    let agents = samples.agents.len();
    let mut found = vec![false; samples.designs.len() * agents];
    samples
        .log
        .iter()
        .for_each(|logged| found[logged.design as usize * agents + usize::from(logged.agent)] = true);
    let by = |design: usize, agent: usize| found[design * agents + agent];
    let others = |design: usize, agent: usize| (0..agents).any(|other| other != agent && by(design, other));
    let all = || 0..samples.designs.len();
    let part = |(agent, name): (usize, &String)| Part {
        name: name.clone(),
        train: all().filter(|design| others(*design, agent)).collect(),
        test: all().filter(|design| by(*design, agent) && !others(*design, agent)).collect(),
    };
    samples.agents.iter().enumerate().map(part).collect()
}

fn by_range(samples: &Samples, space: &DesignSpace) -> Vec<Part> {
    let ordered = |kind: &Kind| match kind {
        Kind::Real { .. } | Kind::LogReal { .. } => true,
        Kind::Integer { .. } | Kind::PowerOfTwo { .. } | Kind::Ordinal { .. } => {
            kind.levels().is_some_and(|levels| levels > 2)
        }
        Kind::Bool | Kind::Choice { .. } | Kind::Permutation { .. } | Kind::Subset { .. } => false,
    };
    let parameters = space.parameters().iter().enumerate().filter(|(_, p)| ordered(&p.kind));
    let part = |(index, parameter): (usize, &rl_env::design::Parameter)| {
        let beyond = |design: &usize| {
            let mut unit = Vec::new();
            parameter.kind.write_unit(&samples.designs[*design].0[index], &mut unit);
            unit.first().is_some_and(|u| *u > SEEN)
        };
        let (test, train) = (0..samples.designs.len()).partition(beyond);
        Part { name: format!("large {}", parameter.name), train, test }
    };
    parameters.map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_keep_groups_together_and_cover_everything_once() {
        let groups = [0, 1, 0, 2, 3, 2, 4, 0];
        let parts = by_group(&groups, 2, Seed(0));
        let mut tested: Vec<usize> = parts.iter().flat_map(|part| part.test.clone()).collect();
        tested.sort_unstable();
        assert_eq!(tested, (0..groups.len()).collect::<Vec<_>>());
        for part in parts {
            assert!(!part.train.is_empty());
            assert!(part.train.iter().all(|a| part.test.iter().all(|b| groups[*a] != groups[*b])));
        }
    }
}
