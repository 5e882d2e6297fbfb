//! Bayesian optimisation: a Gaussian process predicts what designs are worth, and the most promising is tried.
//!
//! The method for few trials: it learns from every one of them, at the price of milliseconds. The kernel compares
//! parameters of all kinds, an inactive one counts as the middle of its range (`gaussian_process`); length-scales
//! have the dimension-scaled priors of Hvarfner et al. 2024; proposals maximise the logarithm of expected
//! improvement (Ament et al. 2023) in the whole space and in a trust region (TuRBO, Eriksson et al. 2019) by turns.
//! A second Gaussian process predicts feasibility (Gardner et al. 2014). Only some of many trials are learnt from.

use std::collections::HashSet;
use std::sync::Arc;

use rl_env::Error;
use rl_env::agent::{Agent, Context, Trial, from_snapshot, to_snapshot};
use rl_env::design::{Design, DesignSpace, Parameter};
use rl_env::registry::AgentConfig;
use rl_env::seed::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

mod acquisition;
mod ascent;
mod initial;
mod learning;
mod maximise;
mod trust_region;

pub use self::acquisition::Acquisition;
use self::learning::{Fit, Models};
use self::maximise::{Maximiser, bytes};
use self::trust_region::TrustRegion;
use crate::parts::gaussian_process::Features;
pub use crate::parts::gaussian_process::{Kernel, warp::Warp};
use crate::parts::round::{Round, Told, check_all};

/// Designs near which the acquisition is searched.
const ELITE: usize = 5;

/// Hyperparameters of Bayesian optimisation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Designs of the initial space-filling sample for each dimension, one more in all; at most a quarter of the
    /// budget.
    #[schemars(range(min = 0.0, max = 100.0))]
    pub initial: f64,
    /// How correlation falls with distance.
    pub kernel: Kernel,
    /// How rewards are transformed before they are modelled.
    pub warp: Warp,
    /// How designs are ranked by predicted mean and uncertainty.
    pub acquisition: Acquisition,
    /// Standard deviations above the mean that the acquisition `ucb` takes for granted.
    #[schemars(range(min = 0.0, max = 100.0))]
    pub beta: f64,
    /// Improvement, in prior standard deviations, that `log-ei` demands of proposals outside of the trust region: the
    /// last digits of what is known are left to the region.
    #[schemars(range(min = 0.0, max = 10.0))]
    pub margin: f64,
    /// Where proposals are looked for.
    pub trust_region: Scope,
    /// Trials that the model learns from at most; of more, the best, the nearest and the latest.
    #[schemars(range(min = 16, max = 1024))]
    pub active: usize,
    /// Designs proposed together, each as if those before it had come out as predicted.
    #[schemars(range(min = 1, max = 64))]
    pub batch: usize,
}

/// Where proposals are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// In the whole space.
    Off,
    /// In a trust region.
    On,
    /// By turns in the whole space and in a trust region.
    Alternating,
}

/// Chosen on the landscapes at 100 and 200 trials with five seeds from 1000: in order of effect, the warp, noise prior
/// and additive term of the surrogate, then `margin` and the trust region by turns.
impl Default for Config {
    fn default() -> Self {
        Self {
            initial: 1.0,
            kernel: Kernel::Matern5,
            warp: Warp::YeoJohnson,
            acquisition: Acquisition::LogEi,
            beta: 2.0,
            margin: 0.01,
            trust_region: Scope::Alternating,
            active: 256,
            batch: 1,
        }
    }
}

impl AgentConfig for Config {
    const SUMMARY: &'static str = "Bayesian optimisation: a Gaussian process over mixed spaces, log expected improvement and trust regions.";
    const REFERENCE: &'static str =
        "Hvarfner, Hellsten and Nardi 2024, Vanilla Bayesian Optimization Performs Great in High Dimensions";

    fn sweep() -> Vec<Parameter> {
        vec![
            Parameter::log_real("initial", 0.5, 10.0),
            Parameter::choice("kernel", ["matern-3/2", "matern-5/2", "squared-exponential"]),
            Parameter::choice("warp", ["off", "half-rank", "yeo-johnson", "rank"]),
            Parameter::choice("acquisition", ["log-ei", "ucb"]),
            Parameter::real("beta", 0.5, 4.0).when("acquisition", ["ucb"]),
            Parameter::log_real("margin", 1e-4, 0.3).when("acquisition", ["log-ei"]),
            Parameter::choice("trust_region", ["off", "on", "alternating"]),
        ]
    }

    fn build(self, context: Context) -> Result<Box<dyn Agent>, Error> {
        Ok(Box::new(Bayesian::new(self, context)))
    }
}

/// Everything that changes; models are rebuilt from it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    rng: Rng,
    trials: Vec<Told>,
    round: Round,
    objective: Option<Fit>,
    feasibility: Option<Fit>,
    region: TrustRegion,
    /// Whether the present round lies in the trust region.
    local: bool,
}

struct Bayesian {
    config: Config,
    space: Arc<DesignSpace>,
    features: Features,
    /// Designs of the initial sample.
    initial: usize,
    state: State,
    /// What follows from the trials: points, designs seen, and models.
    points: Vec<Vec<f64>>,
    seen: HashSet<Vec<u8>>,
    models: Models,
}

impl Agent for Bayesian {
    fn ask(&mut self, n: usize) -> Result<Vec<Design>, Error> {
        if self.state.round.is_served() {
            self.propose();
        }
        Ok(self.state.round.serve(n))
    }

    fn tell(&mut self, trials: &[Trial]) -> Result<(), Error> {
        if let Some(round) = self.state.round.tell(trials) {
            self.learn(round);
        }
        Ok(())
    }

    fn batch(&self) -> usize {
        self.config.batch
    }

    fn snapshot(&self) -> Result<Json, Error> {
        to_snapshot(&self.state)
    }

    fn restore(&mut self, state: &Json) -> Result<(), Error> {
        let state: State = from_snapshot("bayesian", state)?;
        state.round.check("bayesian", &self.space)?;
        check_all("bayesian", &self.space, state.trials.iter().map(|told| &told.design))?;
        let trials = state.trials.len();
        let fits = [&state.objective, &state.feasibility];
        let sound = fits.into_iter().flatten().all(|fit| fit.is_sound(self.features.groups, trials))
            && state.objective.iter().all(|fit| fit.has_rewards(&state.trials));
        if !sound || !state.region.is_sound(trials) {
            let problem = "hyperparameters or trust region out of range".to_owned();
            return Err(Error::Snapshot { what: "bayesian", problem });
        }
        (self.points, self.seen, self.models) = Default::default();
        state.trials.iter().for_each(|told| self.note(&told.design));
        self.state = state;
        Ok(())
    }
}

impl Bayesian {
    fn new(config: Config, context: Context) -> Self {
        let features = Features::new(&context.space);
        let wanted = 1.0 + (config.initial * features.groups as f64).ceil();
        let most = (context.budget / 4).clamp(2, 1 << 16) as f64;
        let state = State {
            rng: context.seed.stream("bayesian"),
            trials: Vec::new(),
            round: Round::default(),
            objective: None,
            feasibility: None,
            region: TrustRegion::new(features.groups, config.batch),
            local: false,
        };
        Self {
            initial: wanted.min(most) as usize,
            config,
            space: context.space,
            features,
            state,
            points: Vec::new(),
            seen: HashSet::new(),
            models: Models::default(),
        }
    }

    /// Takes a design among those that models know.
    fn note(&mut self, design: &Design) {
        let representative = self.space.representative(design);
        self.points.push(self.features.encode(&self.space, &representative));
        self.seen.insert(bytes(&representative));
    }

    fn learn(&mut self, round: Vec<Told>) {
        let best = |trials: &[Told]| trials.iter().map(Told::fitness).fold(f64::NEG_INFINITY, f64::max);
        let since = self.state.region.since;
        let (before, now) = (best(&self.state.trials[since..]), best(&round));
        for told in round {
            self.note(&told.design);
            // A reward that is no number says as much as none.
            let reward = told.reward.filter(|reward| reward.is_finite());
            self.state.trials.push(Told { reward, ..told });
        }
        if self.state.local {
            // Eriksson et al. 2019: an improvement by a thousandth counts.
            let improved = now > before && now - before >= 1e-3 * before.abs().min(f64::MAX);
            self.state.region.learn(improved, self.state.trials.len());
        }
    }

    /// Fills the queue with the next round.
    fn propose(&mut self) {
        let known = self.state.trials.len();
        let designs = if known < self.initial {
            self.state.local = false;
            initial::sample(&self.space, known..self.initial, &mut self.state.rng)
        } else {
            self.promising()
        };
        self.state.round.start(designs);
    }

    /// A round of the most promising designs.
    fn promising(&mut self) -> Vec<Design> {
        let Self { config, space, features, state, points, seen, models, .. } = self;
        models.refresh(config, features, points, state);
        let turn = match config.trust_region {
            Scope::Off => false,
            Scope::On => true,
            Scope::Alternating => (state.trials.len() / config.batch) % 2 == 1,
        };
        let elite = elite(&state.trials, 0);
        let centre = elite_since(&state.trials, state.region.since);
        state.local = turn && centre.is_some() && models.objective.is_some();
        let margin = if state.local { 0.0 } else { config.margin };
        let mut designs: Vec<Design> = Vec::with_capacity(config.batch);
        let mut taken: Vec<Vec<u8>> = Vec::new();
        while designs.len() < config.batch {
            let region = centre.filter(|_| state.local).and_then(|at| {
                let hyper = models.objective.as_ref()?.hyper();
                Some(state.region.around(points[at].clone(), features, hyper))
            });
            let starts: Vec<usize> = if state.local { centre.into_iter().collect() } else { elite.clone() };
            let maximiser = Maximiser {
                space,
                features,
                criterion: models.criterion(config.acquisition, config.beta, margin),
                objective: models.objective.as_ref(),
                feasibility: models.feasibility.as_ref(),
                region,
                elite: starts.iter().map(|at| state.trials[*at].design.clone()).collect(),
                known: seen,
            };
            let design = maximiser.run(&mut state.rng);
            let representative = space.representative(&design);
            if designs.len() + 1 < config.batch {
                models.believe(&features.encode(space, &representative));
            }
            let bytes = bytes(&representative);
            if seen.insert(bytes.clone()) {
                taken.push(bytes);
            }
            designs.push(design);
        }
        // Known only once they are told.
        taken.iter().for_each(|bytes| _ = seen.remove(bytes));
        if config.batch > 1 {
            models.disbelieve();
        }
        designs
    }
}

/// Indices of the best feasible trials, best first.
fn elite(trials: &[Told], since: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (since..trials.len()).filter(|i| trials[*i].reward.is_some()).collect();
    order.sort_by(|a, b| trials[*b].fitness().total_cmp(&trials[*a].fitness()));
    order.truncate(ELITE);
    order
}

/// Index of the best feasible trial from `since` on.
fn elite_since(trials: &[Told], since: usize) -> Option<usize> {
    elite(trials, since).first().copied()
}

#[cfg(test)]
mod tests;
