//! Models: one file each, one table, one contract.
//!
//! A model sees features in `[0, 1]` (see [`super::encoding`]) and targets with mean 0 and variance 1, and knows
//! neither spaces nor metrics.

use anyhow::Result;
use rl_env::seed::Seed;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::parts::matrix::Matrix;
use crate::usage::Usage;

mod elastic_net;
mod extra_trees;
mod gaussian_process;
mod gradient_boosting;
mod k_nearest;
mod lasso;
mod linear;
mod mlp;
mod random_forest;
mod ridge;
mod svr;

/// What a model learns from: as many rows of features as of targets, at least one.
#[derive(Debug, Clone, Copy)]
pub struct Training<'a> {
    /// Features.
    pub features: &'a Matrix<f32>,
    /// Targets, standardised.
    pub targets: &'a Matrix<f64>,
    /// Seed of all randomness.
    pub seed: Seed,
}

impl Training<'_> {
    /// At most so many rows, drawn at random: for methods whose cost grows faster than the data.
    fn at_most(&self, rows: usize) -> (Matrix<f32>, Matrix<f64>) {
        let all = self.features.rows();
        if all <= rows {
            return (self.features.clone(), self.targets.clone());
        }
        let some = self.seed.stream("rows").distinct(all, rows);
        (self.features.select(&some), self.targets.select(&some))
    }
}

/// A fitted model.
pub trait Model: Send + Sync {
    /// Writes the predictions of all rows, row by row: `rows × targets` numbers.
    fn predict(&self, features: &Matrix<f32>, out: &mut [f64]);

    /// Predicts as [`Model::predict`], and writes how unsure it is of each, in a measure that is comparable between
    /// rows only; 1 for methods that cannot tell.
    fn predict_unsure(&self, features: &Matrix<f32>, out: &mut [f64], spread: &mut [f64]) {
        self.predict(features, out);
        spread.fill(1.0);
    }
}

/// How a model is fitted, saved and loaded.
pub trait Learner: Model + Serialize + DeserializeOwned + 'static {
    /// One sentence about the method.
    const SUMMARY: &'static str;
    /// Paper or book.
    const REFERENCE: &'static str;

    /// Learns.
    ///
    /// # Errors
    /// If the method cannot cope with the data.
    fn fit(training: &Training<'_>) -> Result<Self>;

    /// Whether this model, which was read from somewhere, predicts so many targets from so many features without
    /// leaving its arrays.
    fn fits(&self, features: usize, targets: usize) -> bool;
}

/// A fitted model, and its bytes for [`ProxyEntry::load`].
pub type Kept = (Box<dyn Model>, Vec<u8>);

type Load = fn(&[u8], usize, usize) -> Option<Box<dyn Model>>;

/// One model of the table.
#[derive(Debug, Clone, Copy)]
pub struct ProxyEntry {
    /// kebab-case name.
    pub name: &'static str,
    /// One sentence about the method.
    pub summary: &'static str,
    /// Paper or book.
    pub reference: &'static str,
    fit: fn(&Training<'_>) -> Result<Kept>,
    load: Load,
}

impl ProxyEntry {
    const fn of<M: Learner>(name: &'static str) -> Self {
        Self {
            name,
            summary: M::SUMMARY,
            reference: M::REFERENCE,
            fit: |training| {
                let model = M::fit(training)?;
                let bytes = postcard::to_stdvec(&model)?;
                Ok((Box::new(model), bytes))
            },
            load: |bytes, features, targets| {
                let model: M = postcard::from_bytes(bytes).ok()?;
                let boxed = |model| -> Box<dyn Model> { Box::new(model) };
                model.fits(features, targets).then(|| boxed(model))
            },
        }
    }

    /// Fits the model; also as bytes for [`ProxyEntry::load`].
    ///
    /// # Errors
    /// If the method cannot cope with the data.
    pub fn fit(&self, training: &Training<'_>) -> Result<Kept> {
        (self.fit)(training)
    }

    /// Reads a fitted model; `None` if the bytes are none that predicts so many `targets` from so many `features`.
    pub fn load(&self, bytes: &[u8], features: usize, targets: usize) -> Option<Box<dyn Model>> {
        (self.load)(bytes, features, targets)
    }
}

/// Every model, sorted by name.
#[rustfmt::skip] // one row a line
pub static PROXIES: &[ProxyEntry] = &[
    ProxyEntry::of::<elastic_net::ElasticNet>("elastic-net"),
    ProxyEntry::of::<extra_trees::ExtraTrees>("extra-trees"),
    ProxyEntry::of::<gaussian_process::GaussianProcess>("gaussian-process"),
    ProxyEntry::of::<gradient_boosting::GradientBoosting>("gradient-boosting"),
    ProxyEntry::of::<k_nearest::KNearest>("k-nearest"),
    ProxyEntry::of::<lasso::Lasso>("lasso"),
    ProxyEntry::of::<linear::Linear>("linear"),
    ProxyEntry::of::<mlp::Mlp>("mlp"),
    ProxyEntry::of::<random_forest::RandomForest>("random-forest"),
    ProxyEntry::of::<ridge::Ridge>("ridge"),
    ProxyEntry::of::<svr::Svr>("svr"),
];

/// The model called `name`.
///
/// # Errors
/// If there is none, naming the closest.
pub fn find_proxy(name: &str) -> Result<&'static ProxyEntry> {
    let names = || PROXIES.iter().map(|entry| entry.name).chain(["auto"]);
    let found = PROXIES.iter().find(|entry| entry.name == name);
    found.ok_or_else(|| Usage::error(rl_env::Error::unknown("model", name, names()).to_string()))
}

#[cfg(test)]
mod tests;
