//! What a study found, as tables.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::Setting;
use super::methods::{Kind, METHODS};
use super::work::{Done, Outcome};
use crate::statistics::{student, wilson};

/// Writes all tables into a folder.
pub(super) fn write(setting: &Setting<'_>, source: &str, done: &Done, out: &Path) -> Result<Vec<PathBuf>> {
    let tables = [
        ("dense.csv", dense(setting, source, done)),
        ("runs.csv", runs(done)),
        ("summary.csv", summary(setting, done)),
        ("curves.csv", curves(done)),
        ("cost.csv", cost(setting, done)),
        ("overlap.csv", overlap(setting, done)),
    ];
    let put = |(name, content): (&str, String)| -> Result<PathBuf> {
        let path = out.join(name);
        std::fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(path)
    };
    tables.into_iter().map(put).collect()
}

fn dense(setting: &Setting<'_>, source: &str, done: &Done) -> String {
    let mut text =
        "seed,accuracy,low_95,high_95,epochs,training_images,test_images,images,content,device\n".to_owned();
    let (train, test) = (setting.dataset.train.len(), setting.dataset.test.len());
    for (seed, accuracy) in &done.dense {
        let (low, high) = interval(*accuracy, test);
        let (epochs, content) = (setting.config.dense.epochs, &setting.content[..16]);
        let device = setting.engine.device();
        let _ = writeln!(
            text,
            "{seed},{accuracy:.4},{low:.4},{high:.4},{epochs},{train},{test},{source},{content},{device}"
        );
    }
    text
}

fn runs(done: &Done) -> String {
    let mut text = "method,sparsity,seed,accuracy,accuracy_without_recalibration,kept_weights,flops_share,\
                    images_seen,exchanged\n"
        .to_owned();
    for run in &done.outcomes {
        let Outcome { method, sparsity, seed, raw, kept, flops_share, curve, .. } = run;
        let exchanged: u64 = curve.iter().map(|point| point.exchanged).sum();
        let (accuracy, images) = (run.accuracy(), curve.last().map_or(0, |point| point.images));
        let _ = writeln!(
            text,
            "{method},{sparsity},{seed},{accuracy:.4},{raw:.4},{kept},{flops_share:.4},{images},{exchanged}"
        );
    }
    text
}

/// A method at a sparsity over all seeds.
pub(super) struct Summary<'a> {
    pub(super) method: &'a str,
    pub(super) sparsity: f64,
    pub(super) seeds: usize,
    /// Mean over seeds.
    pub(super) mean: f64,
    /// Wilson's 95 % interval of the mean as one proportion of the test images, which are the same for all seeds.
    pub(super) low: f64,
    pub(super) high: f64,
    /// Half the width of Student's 95 % interval over seeds; with fewer than three it would say nothing.
    pub(super) width: Option<f64>,
    /// Lowest and highest of the seeds.
    pub(super) worst: f64,
    pub(super) best: f64,
}

/// In the order of the configuration.
pub(super) fn summaries<'a>(setting: &Setting<'a>, done: &Done) -> Vec<Summary<'a>> {
    let mut all = Vec::new();
    for method in &setting.config.methods {
        for sparsity in &setting.config.sparsities {
            let own: Vec<f64> = of(done, method, *sparsity).map(Outcome::accuracy).collect();
            let Some((mean, width)) = student(&own, 0.95) else { continue };
            let (low, high) = interval(mean, setting.dataset.test.len());
            let worst = own.iter().copied().fold(f64::INFINITY, f64::min);
            let best = own.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let (sparsity, seeds) = (*sparsity, own.len());
            let width = width.filter(|_| seeds >= 3);
            all.push(Summary { method, sparsity, seeds, mean, low, high, width, worst, best });
        }
    }
    all
}

fn summary(setting: &Setting<'_>, done: &Done) -> String {
    let mut text = "method,sparsity,seeds,mean_accuracy,low_95,high_95,seeds_low_95,seeds_high_95,worst_seed,best_seed\n".to_owned();
    for row in summaries(setting, done) {
        let Summary { method, sparsity, seeds, mean, low, high, width, worst, best } = row;
        let end = |sign: f64| {
            width.map_or_else(String::new, |width| format!("{:.4}", (mean + sign * width).clamp(0.0, 1.0)))
        };
        let (from, to) = (end(-1.0), end(1.0));
        let _ = writeln!(
            text,
            "{method},{sparsity},{seeds},{mean:.4},{low:.4},{high:.4},{from},{to},{worst:.4},{best:.4}"
        );
    }
    text
}

fn curves(done: &Done) -> String {
    let mut text = "method,sparsity,seed,images_seen,accuracy,exchanged\n".to_owned();
    for Outcome { method, sparsity, seed, curve, .. } in &done.outcomes {
        for point in curve {
            let (images, accuracy, exchanged) = (point.images, point.accuracy, point.exchanged);
            let _ = writeln!(text, "{method},{sparsity},{seed},{images},{accuracy:.4},{exchanged}");
        }
    }
    text
}

/// Epochs until a search is judged at a target or above; mean over the seeds that get there.
fn cost(setting: &Setting<'_>, done: &Done) -> String {
    let mut text = "method,sparsity,target,seeds,seeds_that_reach_it,mean_epochs\n".to_owned();
    let train = setting.dataset.train.len() as f64;
    for method in setting.config.methods.iter().filter(|name| searches(name)) {
        for sparsity in &setting.config.sparsities {
            for target in &setting.config.targets {
                let reached = |run: &Outcome| {
                    run.curve.iter().find(|p| p.accuracy >= *target).map(|p| p.images as f64 / train)
                };
                let all: Vec<Option<f64>> = of(done, method, *sparsity).map(reached).collect();
                if all.is_empty() {
                    continue;
                }
                let reached: Vec<f64> = all.iter().flatten().copied().collect();
                let epochs =
                    mean(reached.iter().copied()).map_or(String::new(), |epochs| format!("{epochs:.2}"));
                let (seeds, there) = (all.len(), reached.len());
                let _ = writeln!(text, "{method},{sparsity},{target},{seeds},{there},{epochs}");
            }
        }
    }
    text
}

/// Share of the weights found by a search on trained weights that a one-shot mask of the same seed and sparsity keeps.
fn overlap(setting: &Setting<'_>, done: &Done) -> String {
    let mut text = "found_by,one_shot,sparsity,seeds,mean_overlap\n".to_owned();
    for found in setting.config.methods.iter().filter(|name| searches(name)) {
        for criterion in setting.config.methods.iter().filter(|name| one_shot(name)) {
            for sparsity in &setting.config.sparsities {
                let shares = of(done, found, *sparsity).filter_map(|run| {
                    let other = of(done, criterion, *sparsity).find(|other| other.seed == run.seed)?;
                    Some(shared(run, other))
                });
                let shares: Vec<f64> = shares.collect();
                let Some(mean) = mean(shares.iter().copied()) else { continue };
                let _ = writeln!(text, "{found},{criterion},{sparsity},{},{mean:.4}", shares.len());
            }
        }
    }
    text
}

/// Whether a method searches the trained weights.
fn searches(name: &str) -> bool {
    let searches = |kind: &Kind| matches!(kind, Kind::Search { trained: true, .. });
    METHODS.iter().any(|method| method.name == name && searches(&method.kind))
}

fn one_shot(name: &str) -> bool {
    METHODS.iter().any(|method| method.name == name && matches!(method.kind, Kind::Scores | Kind::Control))
}

fn of<'a>(done: &'a Done, method: &str, sparsity: f64) -> impl Iterator<Item = &'a Outcome> {
    done.outcomes.iter().filter(move |run| run.method == method && run.sparsity == sparsity)
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> Option<f64> {
    let count = values.len();
    (count > 0).then(|| values.sum::<f64>() / count as f64)
}

fn interval(share: f64, trials: usize) -> (f64, f64) {
    wilson((share * trials as f64).round() as u64, trials as u64, 0.95)
}

/// Share of the weights of one mask that are in another.
fn shared(found: &Outcome, other: &Outcome) -> f64 {
    let digits = |run: &Outcome| -> Vec<u32> {
        run.mask.iter().flat_map(|layer| layer.chars()).filter_map(|digit| digit.to_digit(16)).collect()
    };
    let both: u32 = digits(found).iter().zip(digits(other)).map(|(a, b)| (a & b).count_ones()).sum();
    f64::from(both) / found.kept.max(1) as f64
}
