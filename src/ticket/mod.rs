//! Lottery tickets of networks: trained networks, masks found by every method, what they are worth.
//!
//! `data.rs` (image folders) → `dense.rs` (trained networks) → `methods.rs` (the table of methods) → `work.rs` (runs, each
//! kept by its content) → `tables.rs` and `figures.rs`.

mod data;
mod dense;
mod figures;
mod methods;
mod tables;
mod work;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sweepstake_networks::architecture::Architecture;
use sweepstake_networks::checkpoint;
use sweepstake_networks::engine::Engine;
use sweepstake_networks::images::{CLASSES, Dataset};
use sweepstake_networks::training::Schedule;

use crate::document::Document;
use crate::enumerate::Progress;
use crate::usage::Usage;

pub use methods::METHODS;
pub use sweepstake_networks::device::{DEVICES, DeviceEntry};
pub use work::Order;

/// A study of tickets, as written in a YAML file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TicketConfig {
    /// A title for the figures.
    pub name: String,
    /// The network.
    pub network: Network,
    /// Channels of its first stage: 16 in the reference Conv4 and in ResNet-20.
    #[schemars(range(min = 1, max = 256))]
    pub width: usize,
    /// How the dense network is trained.
    pub dense: Learning,
    /// How scores are searched, and how long each round of iterative pruning trains.
    pub search: Learning,
    /// How the weights that a mask keeps are trained on, by methods that do.
    pub tune: Learning,
    /// How much lower the scores outside the first mask are.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub margin: f64,
    /// Training images that batch norms see before a mask is judged.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub calibration: usize,
    /// Shares of the kernels' weights that are cut, rising.
    #[schemars(length(min = 1, max = 32))]
    pub sparsities: Vec<f64>,
    /// Every seed has its own dense network and its own searches.
    #[schemars(length(min = 1, max = 64))]
    pub seeds: Vec<u64>,
    /// Which methods.
    #[schemars(length(min = 1))]
    pub methods: Vec<String>,
    /// Accuracies whose cost is counted.
    pub targets: Vec<f64>,
}

/// A network of the crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Network {
    /// Four convolutions.
    Conv4,
    /// A residual network of twenty layers.
    Resnet20,
    /// Six convolutions in three stages.
    VggSmall,
}

/// How something is learnt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Learning {
    /// Passes over the training images.
    #[schemars(range(min = 1, max = 1000))]
    pub epochs: usize,
    /// Images of a step.
    #[schemars(range(min = 2, max = 4096))]
    pub batch: usize,
    /// Learning rate of the first epoch; a cosine takes it to 0.
    #[schemars(range(min = 0.0, max = 100.0))]
    pub rate: f64,
    /// Share of the last step that goes on.
    #[schemars(range(min = 0.0, max = 0.9999))]
    pub momentum: f64,
    /// Weight decay.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub decay: f64,
}

impl Learning {
    fn schedule(&self) -> Schedule {
        let Self { epochs, batch, rate, momentum, decay } = *self;
        Schedule { epochs, batch, rate, momentum, decay }
    }
}

impl TicketConfig {
    /// Reads and checks a file.
    fn read(file: &Path) -> Result<Self> {
        let document = Document::read(file)?;
        let config: Self = document.load()?;
        if let Some(bad) = config.sparsities.iter().find(|share| !(0.0..1.0).contains(*share)) {
            return Err(document.error("sparsities", format!("{bad} is not a share from 0 to below 1")));
        }
        if !config.sparsities.is_sorted_by(|a, b| a < b) {
            return Err(document.error("sparsities", "each has to be above the one before"));
        }
        let mut methods = config.methods.iter().map(|name| methods::method(name));
        if let Some(unknown) = methods.find_map(Result::err) {
            return Err(document.error("methods", unknown));
        }
        Ok(config)
    }

    /// The network for images of this size.
    fn architecture(&self, side: usize) -> Result<Architecture> {
        let width = self.width;
        let network = match self.network {
            Network::Conv4 => Architecture::conv4(side, [width, 2 * width, 4 * width, 4 * width], CLASSES),
            Network::Resnet20 => Architecture::resnet20(side, width, CLASSES),
            Network::VggSmall => Architecture::vgg_small(side, width, CLASSES),
        };
        network.check()?;
        Ok(network)
    }
}

/// What a study works on.
struct Setting<'a> {
    config: &'a TicketConfig,
    network: Architecture,
    dataset: &'a Dataset,
    /// Hash of the images.
    content: String,
    /// What computes.
    engine: Engine,
}

impl<'a> Setting<'a> {
    fn new(config: &'a TicketConfig, dataset: &'a Dataset, engine: Engine) -> Result<Self> {
        let network = config.architecture(dataset.train.side)?;
        let smallest = config.dense.batch.max(config.search.batch);
        if dataset.train.len() < smallest {
            let problem =
                format!("{} training images are fewer than a batch of {smallest}", dataset.train.len());
            return Err(Usage::error(problem));
        }
        Ok(Self { config, network, dataset, content: dataset.content(), engine })
    }
}

/// What is read before anything is computed.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// The study (YAML).
    pub config: &'a Path,
    /// Folder of images.
    pub data: Option<&'a Path>,
    /// A name of [`DEVICES`].
    pub device: &'a str,
}

impl Input<'_> {
    /// The device, first of all: nothing is read for one that is not there.
    fn engine(&self) -> Result<Engine> {
        Engine::on(self.device).map_err(|error| Usage::error(error.to_string()))
    }
}

/// Trains the dense network of one seed and writes it as safetensors, with the first `images` images for training and
/// for testing if so many are wanted; gives its accuracy on the test images.
///
/// # Errors
/// For a device that is not there; for the configuration, with its line; for images that cannot be read; for a file
/// that cannot be written.
pub fn train(
    input: Input<'_>,
    seed: u64,
    images: Option<usize>,
    out: &Path,
    progress: &dyn Progress,
) -> Result<f64> {
    let (engine, config) = (input.engine()?, TicketConfig::read(input.config)?);
    let (dataset, _) = data::find(input.data)?;
    let setting = Setting::new(&config, &dataset, engine)?;
    progress.begin(config.dense.epochs as u64, 0);
    let dense = dense::train(&setting, seed, &|| progress.advance(1))?;
    let packed =
        images.map(|count| Dataset { train: dataset.train.first(count), test: dataset.test.first(count) });
    let bytes = checkpoint::write(&setting.network, &dense.weights, packed.as_ref())?;
    std::fs::write(out, bytes).with_context(|| format!("cannot write {}", out.display()))?;
    Ok(dense.accuracy)
}

/// Runs a study and writes its tables and figures; gives their paths. What a run has found is kept in `.work` of the
/// output folder by its content, and not computed again.
///
/// # Errors
/// As [`train`].
pub fn search(input: Input<'_>, order: Order<'_>, progress: &(dyn Progress + Sync)) -> Result<Vec<PathBuf>> {
    let (engine, config) = (input.engine()?, TicketConfig::read(input.config)?);
    let (dataset, source) = data::find(input.data)?;
    let setting = Setting::new(&config, &dataset, engine)?;
    let done = work::run(&setting, order, progress)?;
    let mut files = tables::write(&setting, &source, &done, order.out)?;
    files.extend(figures::write(&setting, &done, order.out)?);
    Ok(files)
}
