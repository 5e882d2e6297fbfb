//! The choice of a model by cross-validation inside the data that it may see.
//!
//! Judged from outside, by a split that this choice knows nothing of, the whole is nested cross-validation (Varma and
//! Simon 2006). All models meet on few designs; the best meet again on more.

use anyhow::{Result, bail};
use rayon::prelude::*;
use rl_env::seed::Seed;

use super::fitted::{scale, scales};
use super::lesson::Lesson;
use super::models::{PROXIES, ProxyEntry, Training};
use super::score::rmse_percent;
use super::target::Target;

/// Designs of the first round, and its folds.
const FIRST: usize = 2000;
const FOLDS: usize = 3;
/// Designs of the second round, and the models that reach it.
const SECOND: usize = 20_000;
const FINALISTS: usize = 5;

/// How the models compare.
#[derive(Debug, Clone)]
pub struct Selection {
    /// The chosen model.
    pub best: &'static ProxyEntry,
    /// Every model with its mean error over targets in percent, in the last round that it reached; best first.
    pub errors: Vec<(&'static str, f64)>,
}

/// Chooses a model for working designs.
///
/// # Errors
/// If none can be fitted.
pub fn choose(working: &Lesson, seed: Seed) -> Result<Selection> {
    let order = seed.stream("selection").permutation(working.len());
    let first = working.select(&order[..order.len().min(FIRST)]);
    let targets = scales(&first).or_else(|_| scales(working))?;
    let fold = |number: usize, all: usize, lesson: &Lesson, entry: &'static ProxyEntry| {
        let test: Vec<usize> = (0..lesson.len()).filter(|row| row % all == number).collect();
        let train: Vec<usize> = (0..lesson.len()).filter(|row| row % all != number).collect();
        error(&lesson.select(&train), &lesson.select(&test), &targets, entry, seed)
    };
    let round = |entry: &'static ProxyEntry| {
        let errors: Result<Vec<f64>> = (0..FOLDS).map(|number| fold(number, FOLDS, &first, entry)).collect();
        // A model that cannot cope with the data is not chosen.
        let mean = errors.map_or(f64::INFINITY, |errors| errors.iter().sum::<f64>() / FOLDS as f64);
        (entry, if mean.is_nan() { f64::INFINITY } else { mean })
    };
    let mut table: Vec<(&'static ProxyEntry, f64)> = PROXIES.par_iter().map(round).collect();
    table.sort_by(|a, b| a.1.total_cmp(&b.1));
    if working.len() > FIRST {
        let second = working.select(&order[..order.len().min(SECOND)]);
        for (entry, mean) in table.iter_mut().take(FINALISTS) {
            *mean = fold(0, 5, &second, entry).unwrap_or(f64::INFINITY);
        }
        table[..FINALISTS].sort_by(|a, b| a.1.total_cmp(&b.1));
    }
    let (best, mean) = table[0];
    if !mean.is_finite() {
        bail!("no model can be fitted to these data");
    }
    Ok(Selection { best, errors: table.iter().map(|(entry, mean)| (entry.name, *mean)).collect() })
}

/// Mean error over targets in percent.
fn error(train: &Lesson, test: &Lesson, targets: &[Target], entry: &ProxyEntry, seed: Seed) -> Result<f64> {
    let scaled = scale(train, targets);
    let (model, _) = entry.fit(&Training { features: &train.features, targets: &scaled, seed })?;
    let mut predicted = vec![0.0; test.values.data.len()];
    model.predict(&test.features, &mut predicted);
    let width = targets.len();
    let one = |(i, target): (usize, &Target)| {
        let own = predicted.iter().skip(i).step_by(width).map(|z| target.back(*z)).collect::<Vec<_>>();
        rmse_percent(&test.values.column(i).collect::<Vec<_>>(), &own)
    };
    Ok(targets.iter().enumerate().map(one).sum::<f64>() / width as f64)
}
