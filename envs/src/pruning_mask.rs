//! Which weights of a trained network stay: how many of each layer, and what tells them apart.
//!
//! A design names a criterion and a share of every layer; the best weights of each layer by that criterion stay, the
//! others become zero, and nothing is trained afterwards. Batch norms are recalibrated on training images before every
//! judgement. As an episode in sequential form this is pruning layer by layer.
//!
//! Accuracies come from floating-point sums whose order depends on the processor: on another kind of machine an image
//! that lies between two classes may count differently. On one machine they never change, whatever the threads.

use std::sync::{Arc, OnceLock};

use rl_env::Error;
use rl_env::design::{Design, DesignSpace, Parameter};
use rl_env::objective::{Axis, Direction, Objective, Weight};
use rl_env::problem::{Metric, Outcome, Problem};
use rl_env::registry::{EnvEntry, Make, Named, Selection};
use sweepstake_networks::architecture::Architecture;
use sweepstake_networks::criteria::{CRITERIA, Subject};
use sweepstake_networks::engine::Engine;
use sweepstake_networks::evaluation::Judge;
use sweepstake_networks::images::Dataset;
use sweepstake_networks::mask::Mask;
use sweepstake_networks::weights::{Layers, Weights};
use sweepstake_networks::{checkpoint, shipped};

/// The row of the environment table.
pub const ENTRY: EnvEntry = EnvEntry {
    id: "PruningMask-v0",
    summary: "Which weights of a trained network stay: a share of every layer and a criterion.",
    reference: "Zhang et al. 2023, Lottery Jackpots Exist in Pre-trained Models, TPAMI 45(12)",
    workloads: &[Named {
        name: "conv4-fashion",
        doc: "Conv4 trained on Fashion-MNIST, judged on 800 images that it has not seen.",
    }],
    workload_files: Some("networks written by `sweepstake ticket train`; their own images, or those shipped"),
    spaces: &[Named { name: "percent", doc: "1 to 100 % of every convolution, five criteria." }],
    objectives: |_| objectives(),
    max_episode_steps: None,
    make: Make::Problem(|selection| Ok(Arc::new(PruningMask::new(selection)?))),
};

/// Share of the weights that `over_weights` allows.
const WEIGHTS: f64 = 0.1;
/// Share of the operations that `over_flops` allows.
const FLOPS: f64 = 0.25;

const METRICS: &[Metric] = &[
    Metric::new("accuracy", "", "Share of test images classified correctly, batch norms recalibrated."),
    Metric::new("kept_weights", "", "Share of the kernels' weights that stay."),
    Metric::new("kept_flops", "", "Share of the operations that stay if zeros cost nothing."),
    Metric::new("over_weights", "", "Weights beyond a tenth of all, as a share of that tenth; 0 within it."),
    Metric::new(
        "over_flops",
        "",
        "Operations beyond a quarter of all, as a share of that quarter; 0 within it.",
    ),
];

fn objectives() -> Vec<(&'static str, Objective)> {
    // An excess of 10 % costs as much as ten points of accuracy: nothing gains by it for long.
    let within = |excess: &str| Objective::Weighted {
        terms: vec![
            Weight { metric: "accuracy".into(), weight: -1.0 },
            Weight { metric: excess.into(), weight: 1.0 },
        ],
    };
    let axis = |metric: &str, direction, reference, ideal| Axis {
        metric: metric.to_owned(),
        direction,
        reference,
        ideal,
    };
    let axes = vec![
        axis("accuracy", Direction::Maximise, 0.1, 1.0),
        axis("kept_weights", Direction::Minimise, 1.0, 0.0),
    ];
    vec![
        ("accuracy-at-a-tenth", within("over_weights")),
        ("accuracy-under-flops", within("over_flops")),
        ("pareto", Objective::Pareto { axes }),
    ]
}

/// Training images of the shipped part that batch norms see.
const CALIBRATION: usize = 500;

/// Weights that stay when SynFlow has gone through all its rounds: its scores then rank what is above.
const LEAST: f64 = 0.01;

/// The problem.
struct PruningMask {
    space: DesignSpace,
    engine: Engine,
    network: Architecture,
    weights: Weights,
    dataset: Dataset,
    /// Scores of every criterion, computed when first needed.
    scores: Vec<OnceLock<Layers>>,
}

impl PruningMask {
    fn new(selection: &Selection<'_>) -> Result<Self, Error> {
        let broken = |error: sweepstake_networks::Error| Error::Config {
            key: "workload".into(),
            problem: error.to_string(),
        };
        let (name, bytes) = (selection.workload, selection.file.unwrap_or(shipped::CONV4));
        let (network, weights) = checkpoint::read(name, bytes).map_err(broken)?;
        let own = checkpoint::images(name, bytes).map_err(broken)?;
        let dataset = own.map_or_else(shipped::images, Ok).map_err(broken)?;
        if dataset.train.side != network.side {
            let (wanted, side) = (network.side, dataset.train.side);
            let problem =
                format!("a network for images of {wanted} pixels on a side, but images have {side}");
            return Err(Error::Config { key: "workload".into(), problem });
        }
        let space = DesignSpace::new(parameters(&network))?;
        let scores = CRITERIA.iter().map(|_| OnceLock::new()).collect();
        Ok(Self { space, engine: Engine::default(), network, weights, dataset, scores })
    }

    /// The scores of a criterion.
    fn scores(&self, criterion: usize) -> &Layers {
        self.scores[criterion].get_or_init(|| {
            let subject = Subject {
                engine: &self.engine,
                network: &self.network,
                weights: &self.weights,
                images: &self.dataset.train,
                keep: LEAST,
                seed: 1,
            };
            (CRITERIA[criterion].scores)(&subject)
        })
    }

    fn mask(&self, design: &Design) -> Mask {
        let kept = |(layer, conv): (usize, &sweepstake_networks::architecture::Conv)| {
            let percent = design.integer(layer + 1) as usize;
            (conv.weights() * percent).div_ceil(100)
        };
        let keep: Vec<usize> = self.network.convs.iter().enumerate().map(kept).collect();
        Mask::top(self.scores(design.choice(0)), &keep)
    }
}

fn parameters(network: &Architecture) -> Vec<Parameter> {
    let criterion = Parameter::choice("criterion", CRITERIA.iter().map(|criterion| criterion.name));
    let share = |(layer, conv): (usize, &sweepstake_networks::architecture::Conv)| {
        let doc = format!(
            "Weights that stay of convolution {layer}, {} to {} channels.",
            conv.inputs, conv.outputs
        );
        Parameter::integer(format!("keep_conv{layer}"), 1, 100).unit("%").doc(doc)
    };
    let criterion = criterion.doc("Which weights of a layer stay.");
    [criterion].into_iter().chain(network.convs.iter().enumerate().map(share)).collect()
}

impl Problem for PruningMask {
    fn space(&self) -> &DesignSpace {
        &self.space
    }

    fn metrics(&self) -> &[Metric] {
        METRICS
    }

    fn evaluate(&self, design: &Design) -> Outcome {
        let mask = self.mask(design);
        let judge = Judge {
            engine: &self.engine,
            network: &self.network,
            dataset: &self.dataset,
            calibration: CALIBRATION,
        };
        let weights = mask.kept() as f64 / self.network.weights() as f64;
        let flops = self.network.flops(&mask) / self.network.flops(&Mask::full(&self.network));
        let over = |share: f64, budget: f64| (share / budget - 1.0).max(0.0);
        let accuracy = judge.accuracy(&self.weights, &mask);
        Outcome::Feasible([accuracy, weights, flops, over(weights, WEIGHTS), over(flops, FLOPS)].into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rl_env::design::Value;

    fn problem(file: Option<&[u8]>) -> Result<PruningMask, Error> {
        PruningMask::new(&Selection { workload: "conv4-fashion", space: "percent", file })
    }

    fn outcome(problem: &PruningMask, criterion: &str, keep: [i64; 4]) -> Vec<f64> {
        let place = CRITERIA.iter().position(|c| c.name == criterion).unwrap();
        let values = [Value::Choice(place as u32)].into_iter().chain(keep.map(Value::Integer));
        let design = Design(values.collect());
        problem.space().check(&design).unwrap();
        problem.evaluate(&design).metrics().unwrap().to_vec()
    }

    /// The shipped network is trained: whole, it knows nine of ten images; at the shares that the magnitudes of all
    /// layers together ask for, half of it loses little.
    #[test]
    fn the_shipped_network_is_good_and_half_of_it_too() {
        let problem = problem(None).unwrap();
        let whole = outcome(&problem, "random", [100; 4]);
        assert!(whole[0] > 0.88 && whole[1..] == [1.0, 1.0, 9.0, 3.0], "{whole:?}");
        let half = outcome(&problem, "magnitude", [92, 72, 63, 41]);
        assert!(half[0] > whole[0] - 0.02 && half[1] < 0.52, "{half:?}");
        let tenth = outcome(&problem, "random", [10; 4]);
        assert!(tenth[0] < 0.5 && tenth[3] < 0.01, "{tenth:?}");
    }

    #[test]
    fn foreign_networks_and_networks_for_other_images_are_refused() {
        let message = |file: &[u8]| problem(Some(file)).err().unwrap().to_string();
        assert!(message(b"{}").contains("not a whole safetensors file"));
        let network = Architecture::conv4(8, [2, 2, 2, 2], 10);
        let weights = Weights::random(&network, 1);
        let bytes = checkpoint::write(&network, &weights, None).unwrap();
        assert!(message(&bytes).contains("images of 8 pixels on a side, but images have 28"));
    }
}
