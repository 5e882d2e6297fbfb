//! The trained network of a seed.

use std::path::Path;

use anyhow::{Context as _, Result};
use sweepstake_networks::checkpoint;
use sweepstake_networks::evaluation;
use sweepstake_networks::mask::Mask;
use sweepstake_networks::training::Lesson;
use sweepstake_networks::weights::Weights;

use super::Setting;
use super::work;

/// A trained network.
#[derive(Debug, Clone)]
pub(super) struct Dense {
    /// After the last epoch.
    pub(super) weights: Weights,
    /// After the first, for rewinding.
    pub(super) early: Weights,
    /// On the test images.
    pub(super) accuracy: f64,
}

/// Trains the network; `epoch` is called after each.
pub(super) fn train(setting: &Setting<'_>, seed: u64, epoch: &dyn Fn()) -> Dense {
    let (engine, schedule) = (&setting.engine, setting.config.dense.schedule());
    let (network, images) = (&setting.network, &setting.dataset.train);
    let lesson = Lesson { engine, network, images, schedule: &schedule, seed };
    let mut early = None;
    let weights = lesson.train(Weights::random(network, seed), &Mask::full(network), |progress, weights| {
        if progress.epoch_ends() {
            early.get_or_insert_with(|| weights.clone());
            epoch();
        }
    });
    let accuracy = evaluation::accuracy(engine, network, &weights, &setting.dataset.test);
    Dense { early: early.unwrap_or_else(|| weights.clone()), weights, accuracy }
}

/// The network of a seed from its files in `folder`, or trained and put there.
pub(super) fn kept(setting: &Setting<'_>, seed: u64, folder: &Path, epoch: &dyn Fn()) -> Result<Dense> {
    let key = work::key(setting, &("dense", seed, &setting.config.dense))?;
    let path = |part: &str| folder.join(format!("{key}-{part}.safetensors"));
    if let (Some(weights), Some(early)) = (read(setting, &path("last"))?, read(setting, &path("first"))?) {
        let accuracy =
            evaluation::accuracy(&setting.engine, &setting.network, &weights, &setting.dataset.test);
        (0..setting.config.dense.epochs).for_each(|_| epoch());
        return Ok(Dense { weights, early, accuracy });
    }
    let dense = train(setting, seed, epoch);
    for (part, weights) in [("first", &dense.early), ("last", &dense.weights)] {
        work::put(&path(part), &checkpoint::write(&setting.network, weights, None)?)?;
    }
    Ok(dense)
}

/// A checkpoint of the setting's network; `None` if there is no file.
fn read(setting: &Setting<'_>, path: &Path) -> Result<Option<Weights>> {
    if !path.exists() {
        return Ok(None);
    }
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let (network, weights) = checkpoint::read(&path.display().to_string(), &bytes)?;
    Ok((network == setting.network).then_some(weights))
}
