//! The table of methods.

use anyhow::Result;
use sweepstake_networks::architecture::Architecture;
use sweepstake_networks::criteria::{self, Subject};
use sweepstake_networks::evaluation::Judge;
use sweepstake_networks::iterative;
use sweepstake_networks::jackpot::{Restriction, Search, Start};
use sweepstake_networks::mask::Mask;
use sweepstake_networks::rates::Rates;
use sweepstake_networks::training::Lesson;
use sweepstake_networks::weights::{Layers, Weights};

use super::Setting;
use super::dense::Dense;
use super::work::{Outcome, Point};

/// A way to find a mask.
#[derive(Debug, Clone, Copy)]
pub struct Method {
    /// kebab-case name, used in configurations and tables.
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    pub(super) kind: Kind,
}

/// How a method works.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// The best of all weights by a criterion.
    Scores,
    /// Random weights, as many in each layer as magnitude would keep.
    Control,
    /// Search by gradients.
    Search {
        start: Start,
        restriction: Restriction,
        /// Whether the weights searched are the trained ones.
        trained: bool,
    },
    /// Pruning and training in turns, which changes weights; one run for all sparsities.
    Iterative,
    /// The weights that the mask of this method keeps, trained on.
    Tuned(&'static str),
}

const fn search(start: Start, restriction: Restriction, trained: bool) -> Kind {
    Kind::Search { start, restriction, trained }
}

/// Every method, sorted by name.
#[rustfmt::skip] // one row a line
pub static METHODS: &[Method] = &[
    Method { name: "edge-popup", summary: "search on untrained weights, scores random at first, the same share of every layer", kind: search(Start::Scores, Restriction::None, false) },
    Method { name: "grasp", summary: "one-shot: gradient flow (GraSP)", kind: Kind::Scores },
    Method { name: "iterative", summary: "iterative magnitude pruning with rewinding to the first epoch; trains weights", kind: Kind::Iterative },
    Method { name: "jackpot", summary: "search on trained weights from the magnitude mask", kind: search(Start::Magnitude, Restriction::None, true) },
    Method { name: "jackpot-random", summary: "search on trained weights from a random mask", kind: search(Start::Random, Restriction::None, true) },
    Method { name: "jackpot-short", summary: "as jackpot, exchanges restricted by (1 − epoch/epochs)⁴", kind: search(Start::Magnitude, Restriction::Power4, true) },
    Method { name: "jackpot-tuned", summary: "the mask of jackpot, then the weights that stay trained on (`tune`)", kind: Kind::Tuned("jackpot") },
    Method { name: "magnitude", summary: "one-shot: large weights of the trained network", kind: Kind::Scores },
    Method { name: "magnitude-tuned", summary: "the mask of magnitude, then the weights that stay trained on (`tune`)", kind: Kind::Tuned("magnitude") },
    Method { name: "random", summary: "one-shot: any weights, as many of each layer as magnitude keeps", kind: Kind::Control },
    Method { name: "snip", summary: "one-shot: sensitivity of the loss (SNIP)", kind: Kind::Scores },
    Method { name: "synflow", summary: "one-shot: synaptic flow (SynFlow)", kind: Kind::Scores },
    Method { name: "untrained", summary: "as jackpot on untrained weights, with the layer shares of the trained ones", kind: search(Start::Magnitude, Restriction::None, false) },
];

/// The method called `name`.
///
/// # Errors
/// If there is none, with the nearest names.
pub(super) fn method(name: &str) -> Result<&'static Method, rl_env::Error> {
    let names = || METHODS.iter().map(|method| method.name);
    METHODS
        .iter()
        .find(|method| method.name == name)
        .ok_or_else(|| rl_env::Error::unknown("method", name, names()))
}

/// Judgements in the first epoch of a search: after every third.
const EARLY: usize = 3;

/// A run: a method on the network of a seed.
pub(super) struct Run<'a> {
    pub(super) setting: &'a Setting<'a>,
    pub(super) dense: &'a Dense,
    pub(super) method: &'a Method,
    pub(super) seed: u64,
}

impl Run<'_> {
    /// What the method finds at these sparsities; `epoch` is called after each epoch of training or search.
    pub(super) fn outcomes(&self, sparsities: &[f64], epoch: &dyn Fn()) -> Result<Vec<Outcome>> {
        if let Kind::Iterative = self.method.kind {
            return self.iterative(sparsities, epoch);
        }
        let one = |sparsity: &f64| match self.method.kind {
            Kind::Search { start, restriction, trained } => {
                self.searched(*sparsity, (start, restriction, trained), epoch)
            }
            _ => self.scored(*sparsity),
        };
        sparsities.iter().map(one).collect()
    }

    fn judge(&self) -> Judge<'_> {
        let Setting { engine, network, dataset, .. } = self.setting;
        Judge { engine, network, dataset, calibration: self.setting.config.calibration }
    }

    /// Of a one-shot criterion.
    fn scored(&self, sparsity: f64) -> Result<Outcome> {
        let weights = &self.dense.weights;
        let mask = match criteria::find(self.method.name) {
            Some(criterion) => {
                let Setting { engine, network, dataset, .. } = self.setting;
                let (images, keep) = (&dataset.train, 1.0 - sparsity);
                let subject = Subject { engine, network, weights, images, keep, seed: self.seed };
                let scores = (criterion.scores)(&subject);
                let control = matches!(self.method.kind, Kind::Control);
                let shares = if control { sizes(weights) } else { scores.clone() };
                Mask::top(&scores, &Rates::Global.keep(&shares, sparsity)?)
            }
            None => Mask::full(&self.setting.network),
        };
        let accuracy = self.judge().accuracy(weights, &mask);
        Ok(self.outcome(sparsity, weights, &mask, vec![Point { images: 0, accuracy, exchanged: 0 }]))
    }

    fn searched(
        &self,
        sparsity: f64,
        (start, restriction, trained): (Start, Restriction, bool),
        epoch: &dyn Fn(),
    ) -> Result<Outcome> {
        let schedule = self.setting.config.search.schedule();
        let judge = self.judge();
        let fresh;
        let weights = if trained {
            &self.dense.weights
        } else {
            // Not the seed of the dense network, whose untrained weights have something of the trained ones.
            fresh = Weights::random(&self.setting.network, self.seed ^ u64::MAX);
            &fresh
        };
        let rates = if start == Start::Scores { Rates::Uniform } else { Rates::Global };
        let keep = rates.keep(&sizes(&self.dense.weights), sparsity)?;
        let search = Search {
            engine: &self.setting.engine,
            network: &self.setting.network,
            weights,
            images: &self.setting.dataset.train,
            schedule: &schedule,
            start,
            margin: self.setting.config.margin,
            restriction,
            seed: self.seed,
        };
        let (mut curve, mut exchanged) = (Vec::new(), 0);
        let mask = search.run(&keep, |found| {
            exchanged += found.exchanged as u64;
            let at = found.progress;
            let third = at.epoch == 0 && at.step == at.steps / EARLY;
            if third || at.epoch_ends() {
                let images = ((at.epoch * at.steps + at.step) * schedule.batch) as u64;
                let accuracy = judge.accuracy(weights, found.mask);
                curve.push(Point { images, accuracy, exchanged });
                exchanged = 0;
            }
            if at.epoch_ends() {
                epoch();
            }
        });
        Ok(self.outcome(sparsity, weights, &mask, curve))
    }

    fn iterative(&self, sparsities: &[f64], epoch: &dyn Fn()) -> Result<Vec<Outcome>> {
        let config = self.setting.config;
        let schedule = sweepstake_networks::training::Schedule {
            epochs: config.search.epochs,
            ..config.dense.schedule()
        };
        let Setting { engine, network, dataset, .. } = self.setting;
        let images = &dataset.train;
        let lesson = Lesson { engine, network, images, schedule: &schedule, seed: self.seed };
        let watch = |progress: sweepstake_networks::training::Progress, _: &Weights| {
            if progress.epoch_ends() {
                epoch();
            }
        };
        let found = iterative::tickets(&lesson, &self.dense.early, &self.dense.weights, sparsities, watch)?;
        let rounds = sparsities.iter().zip(found).enumerate();
        let outcome = |(round, (sparsity, (mask, weights))): (usize, (&f64, (Mask, Weights)))| {
            let steps = images.len() / schedule.batch * schedule.epochs * (round + 1);
            let accuracy = self.judge().accuracy(&weights, &mask);
            let last = Point { images: (steps * schedule.batch) as u64, accuracy, exchanged: 0 };
            self.outcome(*sparsity, &weights, &mask, vec![last])
        };
        Ok(rounds.map(outcome).collect())
    }

    /// The weights of the dense network that stay in a mask, trained on.
    pub(super) fn tuned(&self, found: &Outcome, epoch: &dyn Fn()) -> Outcome {
        let (engine, schedule) = (&self.setting.engine, self.setting.config.tune.schedule());
        let (network, images) = (&self.setting.network, &self.setting.dataset.train);
        let lesson = Lesson { engine, network, images, schedule: &schedule, seed: self.seed };
        let mask = found.mask(network);
        let judge = self.judge();
        let before = found.curve.last().map_or(0, |point| point.images);
        let mut curve = found.curve.clone();
        let weights = lesson.train(self.dense.weights.clone(), &mask, |at, weights| {
            if at.epoch_ends() {
                let images = before + ((at.epoch + 1) * at.steps * schedule.batch) as u64;
                let accuracy = judge.accuracy(weights, &mask);
                curve.push(Point { images, accuracy, exchanged: 0 });
                epoch();
            }
        });
        self.outcome(found.sparsity, &weights, &mask, curve)
    }

    fn outcome(&self, sparsity: f64, weights: &Weights, mask: &Mask, curve: Vec<Point>) -> Outcome {
        let network = &self.setting.network;
        Outcome {
            method: self.method.name.to_owned(),
            sparsity,
            seed: self.seed,
            raw: self.judge().raw(weights, mask),
            kept: mask.kept(),
            flops_share: network.flops(mask) / network.flops(&Mask::full(network)),
            curve,
            mask: mask.layers.iter().map(|layer| hexadecimal(layer)).collect(),
        }
    }
}

/// Sizes of all kernels' weights.
fn sizes(weights: &Weights) -> Layers {
    weights.convs.iter().map(|layer| layer.iter().map(|w| w.abs()).collect()).collect()
}

/// Four truth values a digit, the first in the highest bit.
fn hexadecimal(layer: &[bool]) -> String {
    let digit = |bits: &[bool]| bits.iter().fold(0, |d, on| d << 1 | u32::from(*on)) << (4 - bits.len());
    layer.chunks(4).filter_map(|bits| char::from_digit(digit(bits), 16)).collect()
}

impl Outcome {
    /// Its mask, as [`hexadecimal`] wrote it.
    fn mask(&self, network: &Architecture) -> Mask {
        let truth = |digits: &String, count: usize| -> Vec<bool> {
            let digits = digits.chars().filter_map(|digit| digit.to_digit(16));
            digits.flat_map(|digit| (0..4).rev().map(move |bit| digit >> bit & 1 == 1)).take(count).collect()
        };
        let layers = self.mask.iter().zip(&network.convs);
        Mask { layers: layers.map(|(digits, conv)| truth(digits, conv.weights())).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_is_read_as_it_was_written() {
        let network = Architecture::conv4(8, [1, 2, 1, 3], 10);
        let layer = |count: usize| (0..count).map(|i| i * i % 7 < 3).collect::<Vec<bool>>();
        let mask = Mask { layers: network.convs.iter().map(|conv| layer(conv.weights())).collect() };
        let outcome =
            Outcome { mask: mask.layers.iter().map(|l| hexadecimal(l)).collect(), ..Outcome::default() };
        assert_eq!(outcome.mask(&network), mask);
        assert_eq!(hexadecimal(&[true, false, false, true, true]), "98");
    }
}
