//! The trained network of a seed.

use std::path::Path;

use anyhow::{Context as _, Result};
use sweepstake_networks::Error;
use sweepstake_networks::architecture::Architecture;
use sweepstake_networks::checkpoint;
use sweepstake_networks::evaluation;
use sweepstake_networks::mask::Mask;
use sweepstake_networks::training::{Lesson, State};
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

/// Trains the network of a seed; `epoch` is called after each.
pub(super) fn train(setting: &Setting<'_>, seed: u64, epoch: &dyn Fn()) -> Result<Dense> {
    let start = State::new(Weights::random(&setting.network, seed));
    taken_up(setting, seed, (start, None), &mut |_, _| {
        epoch();
        Ok(())
    })
}

/// Trains on; `after` sees the state and the early weights after each epoch.
fn taken_up(
    setting: &Setting<'_>,
    seed: u64,
    (start, mut early): (State, Option<Weights>),
    after: &mut dyn FnMut(&State, &Weights) -> Result<()>,
) -> Result<Dense> {
    let (engine, schedule) = (&setting.engine, setting.config.dense.schedule());
    let (network, images) = (&setting.network, &setting.dataset.train);
    let lesson = Lesson { engine, network, images, schedule: &schedule, seed };
    let mut done = Ok(());
    let state = lesson.resume(start, &Mask::full(network), |progress, state| {
        if progress.epoch_ends() && done.is_ok() {
            done = after(state, early.get_or_insert_with(|| state.weights.clone()));
        }
    });
    done?;
    let accuracy = evaluation::accuracy(engine, network, &state.weights, &setting.dataset.test);
    Ok(Dense { early: early.unwrap_or_else(|| state.weights.clone()), weights: state.weights, accuracy })
}

/// The network of a seed from its files in `folder`, or trained and put there; a training that was interrupted goes on
/// after its last epoch.
pub(super) fn kept(setting: &Setting<'_>, seed: u64, folder: &Path, epoch: &dyn Fn()) -> Result<Dense> {
    let key = work::key(setting, &("dense", seed, &setting.config.dense))?;
    let path = |part: &str| folder.join(format!("{key}-{part}.safetensors"));
    let (first, last, left) = (path("first"), path("last"), path("left"));
    let early = read(setting, &first, checkpoint::read)?;
    if let (Some(weights), Some(early)) = (read(setting, &last, checkpoint::read)?, &early) {
        let accuracy =
            evaluation::accuracy(&setting.engine, &setting.network, &weights, &setting.dataset.test);
        (0..setting.config.dense.epochs).for_each(|_| epoch());
        return Ok(Dense { weights, early: early.clone(), accuracy });
    }
    let start = match (read(setting, &left, checkpoint::read_state)?, early) {
        (Some(state), Some(early)) => (state, Some(early)),
        _ => (State::new(Weights::random(&setting.network, seed)), None),
    };
    (0..start.0.epochs).for_each(|_| epoch());
    let dense = taken_up(setting, seed, start, &mut |state, early| {
        if state.epochs == 1 {
            work::put(&first, &checkpoint::write(&setting.network, early, None)?)?;
        }
        epoch();
        work::put(&left, &checkpoint::write_state(&setting.network, state)?)
    })?;
    work::put(&last, &checkpoint::write(&setting.network, &dense.weights, None)?)?;
    std::fs::remove_file(&left).with_context(|| format!("cannot remove {}", left.display()))?;
    Ok(dense)
}

/// What a file holds of the setting's network; `None` if there is no file.
fn read<T>(
    setting: &Setting<'_>,
    path: &Path,
    read: impl Fn(&str, &[u8]) -> Result<(Architecture, T), Error>,
) -> Result<Option<T>> {
    if !path.exists() {
        return Ok(None);
    }
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let (network, content) = read(&path.display().to_string(), &bytes)?;
    Ok((network == setting.network).then_some(content))
}
