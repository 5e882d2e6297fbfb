//! Which weights of a trained network stay: how many of each layer, and what tells them apart.
//!
//! A design names a criterion and a share of every layer; the best weights of each layer by that criterion stay, the
//! others become zero, and no weight is trained. `jackpot` searches the mask itself by gradients, for some epochs on the
//! training images and with a restriction of exchanges that are part of the design. Batch norms are recalibrated on training images before every
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
use sweepstake_networks::jackpot::{Restriction, Search, Start};
use sweepstake_networks::mask::Mask;
use sweepstake_networks::training::Schedule;
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
    spaces: &[Named {
        name: "percent",
        doc: "1 to 100 % of every convolution, five criteria and the search for a mask.",
    }],
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

/// The criterion that searches instead of scoring once.
const SEARCH: &str = "jackpot";

/// How many of the exchanges that a search asks for are made.
const RESTRICTIONS: &[(&str, Restriction)] =
    &[("none", Restriction::None), ("power-4", Restriction::Power4), ("tenth", Restriction::Constant(0.1))];

/// Most epochs of a search.
const EPOCHS: i64 = 4;

/// How scores learn: as in the paper, in smaller batches because there are fewer images.
const SCHEDULE: Schedule = Schedule { epochs: 1, batch: 32, rate: 0.1, momentum: 0.9, decay: 5e-4 };

/// How much lower the scores outside the magnitude mask are at first.
const MARGIN: f64 = 0.01;

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
        match design.choice(0) {
            criterion if criterion < CRITERIA.len() => Mask::top(self.scores(criterion), &keep),
            _ => self.searched(design, &keep),
        }
    }

    /// The mask that a search finds.
    fn searched(&self, design: &Design, keep: &[usize]) -> Mask {
        let place = self.network.convs.len() + 1;
        let epochs = design.integer(place + 1) as usize;
        let search = Search {
            engine: &self.engine,
            network: &self.network,
            weights: &self.weights,
            images: &self.dataset.train,
            schedule: &Schedule { epochs, ..SCHEDULE },
            start: Start::Magnitude,
            margin: MARGIN,
            restriction: RESTRICTIONS[design.choice(place)].1,
            seed: 1,
        };
        search.run(keep, |_| ())
    }
}

fn parameters(network: &Architecture) -> Vec<Parameter> {
    let criteria = CRITERIA.iter().map(|criterion| criterion.name).chain([SEARCH]);
    let criterion = Parameter::choice("criterion", criteria);
    let restriction = Parameter::choice("restriction", RESTRICTIONS.iter().map(|(name, _)| *name));
    let searching = [
        restriction.doc("Share of its exchanges that a search makes: all, (1 - epoch/epochs)^4, a tenth."),
        Parameter::integer("epochs", 1, EPOCHS).doc("Passes of a search over the training images."),
    ];
    let searching = searching.map(|parameter| parameter.when("criterion", [SEARCH]));
    let share = |(layer, conv): (usize, &sweepstake_networks::architecture::Conv)| {
        let doc = format!(
            "Weights that stay of convolution {layer}, {} to {} channels.",
            conv.inputs, conv.outputs
        );
        Parameter::integer(format!("keep_conv{layer}"), 1, 100).unit("%").doc(doc)
    };
    let criterion = criterion.doc("Which weights of a layer stay.");
    let shares = network.convs.iter().enumerate().map(share);
    [criterion].into_iter().chain(shares).chain(searching).collect()
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
    use sweepstake_networks::criteria::Criterion;

    fn problem(file: Option<&[u8]>) -> Result<PruningMask, Error> {
        PruningMask::new(&Selection { workload: "conv4-fashion", space: "percent", file })
    }

    fn outcome(problem: &PruningMask, criterion: &str, keep: [i64; 4]) -> Vec<f64> {
        let place = CRITERIA.iter().position(|c| c.name == criterion).unwrap();
        judged(problem, place, keep, [Value::Inactive, Value::Inactive])
    }

    fn judged(problem: &PruningMask, place: usize, keep: [i64; 4], searching: [Value; 2]) -> Vec<f64> {
        let values = [Value::Choice(place as u32)].into_iter().chain(keep.map(Value::Integer));
        let design = Design(values.chain(searching).collect());
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

    /// At a tenth of the weights the search is worth ten points and more over every criterion, as many weights staying.
    #[test]
    fn a_search_finds_better_masks_than_any_criterion() {
        let (problem, keep) = (problem(None).unwrap(), [76, 34, 18, 3]);
        let scored = |criterion: &Criterion| outcome(&problem, criterion.name, keep);
        let scored: Vec<Vec<f64>> = CRITERIA.iter().map(scored).collect();
        let best = scored.iter().map(|metrics| metrics[0]).fold(0.0, f64::max);
        let searching = [Value::Choice(0), Value::Integer(2)];
        let found = judged(&problem, CRITERIA.len(), keep, searching.clone());
        assert!(found[0] > best + 0.1, "{} {best}", found[0]);
        assert_eq!((found[1], found[3]), (scored[0][1], scored[0][3]));
        assert_eq!(judged(&problem, CRITERIA.len(), keep, searching), found);
    }

    /// Within the budget accuracy counts alone; what is over it costs its share.
    #[test]
    fn accuracy_under_a_budget_pays_for_what_is_over_it() {
        let problem = problem(None).unwrap();
        let reward = |objective: &str, metrics: &[f64]| {
            let (_, objective) = objectives().into_iter().find(|(name, _)| *name == objective).unwrap();
            objective.bind(METRICS).unwrap().reward(metrics)
        };
        let (within, over) = (
            outcome(&problem, "magnitude", [40, 30, 20, 5]),
            outcome(&problem, "magnitude", [100, 60, 50, 30]),
        );
        assert!(within[2] < FLOPS && over[2] > FLOPS, "{within:?} {over:?}");
        assert_eq!(reward("accuracy-under-flops", &within), within[0]);
        assert!((reward("accuracy-under-flops", &over) - (over[0] - (over[2] / FLOPS - 1.0))).abs() < 1e-12);
        assert!((reward("accuracy-at-a-tenth", &over) - (over[0] - (over[1] / WEIGHTS - 1.0))).abs() < 1e-12);
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
