//! CMA-ES: designs are drawn from a normal distribution whose mean, step size and covariance follow the better half
//! of each generation.
//!
//! The core is Hansen's (The CMA Evolution Strategy: A Tutorial, arXiv 1604.00772v2, whose equations the comments
//! cite). Only the order of rewards matters, so any monotone transformation of them gives the same search. Levels
//! keep a margin (CMA-ES with Margin, Hamano et al. 2022), choices are categorical distributions that learn along
//! the natural gradient together with it (CatCMA, Hamano et al. 2024; with Margin, Hamano et al. 2025); which
//! parameter becomes what is said in `layout`.
//!
//! Where all designs can be listed, the search remembers what it was told: a generation is drawn and judged as
//! ever, but only designs not known yet are proposed.

use std::collections::HashSet;

use rl_env::Error;
use rl_env::agent::{Agent, Context, Trial, from_snapshot, to_snapshot};
use rl_env::design::{Design, Parameter};
use rl_env::registry::AgentConfig;
use rl_env::seed::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

mod categorical;
mod distribution;
mod eigen;
mod gaussian;
mod known;
mod layout;
mod margin;
mod restart;
mod strategy;

use crate::parts::round::{Round, Told, check_all};
use distribution::{Distribution, Sample};
use known::{Known, key};
use layout::Layout;
pub use restart::Restart;
use restart::Schedule;
use strategy::Strategy;

/// Draws of a design until it breaks no constraint; then one of the space that breaks none.
const RETRIES: usize = 24;

/// Generations of known designs in a row before the search looks elsewhere.
const IDLE: usize = 32;

/// Coordinates beyond which the covariance is diagonal: a decomposition would cost more than many a simulator.
const MOST_FULL: usize = 128;

/// Hyperparameters of CMA-ES.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Standard deviation of the first generation, as a share of every parameter's range.
    #[schemars(range(min = 0.001, max = 1.0))]
    pub sigma0: f64,
    /// Population, in multiples of the usual 4 + 3 ln n for n parameters.
    #[schemars(range(min = 0.5, max = 64.0))]
    pub population_factor: f64,
    /// What follows when a search has converged.
    pub restart: Restart,
    /// Standard deviation, as a share of the range, below which a search has converged.
    #[schemars(range(min = 1e-12, max = 0.1))]
    pub tolerance: f64,
    /// Whether every level of integers, switches and choices stays reachable (CMA-ES with Margin).
    pub margin: bool,
    /// Whether the worse half counts against the directions it came from (negative weights).
    pub active: bool,
    /// Random designs before the first generation, which starts around the best of them; with 0 it starts in the
    /// middle of the space.
    #[schemars(range(min = 0, max = 4096))]
    pub start: usize,
    /// What is learnt of the covariance. Beyond 128 coordinates it is the diagonal.
    pub covariance: Covariance,
}

/// What is learnt of the covariance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Covariance {
    /// All of it, and the scales of the coordinates ahead of the rest (dd-CMA, Akimoto and Hansen 2020).
    Accelerated,
    /// All of it at one rate, as in the tutorial: the search does not depend on the coordinate system.
    Full,
    /// Its diagonal alone (separable CMA-ES, Ros and Hansen 2008).
    Diagonal,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            sigma0: 0.2,
            population_factor: 1.0,
            restart: Restart::Ipop,
            tolerance: 1e-5,
            margin: true,
            active: true,
            start: 0,
            covariance: Covariance::Accelerated,
        }
    }
}

impl AgentConfig for Config {
    const SUMMARY: &'static str =
        "CMA-ES with margins for integers, categorical distributions for choices, and restarts.";
    const REFERENCE: &'static str = "Hansen 2016, The CMA Evolution Strategy: A Tutorial (arXiv 1604.00772); Hamano \
                                     et al. 2025, CatCMA with Margin (arXiv 2504.07884)";

    fn sweep() -> Vec<Parameter> {
        vec![
            Parameter::log_real("sigma0", 0.05, 0.5),
            Parameter::log_real("population_factor", 1.0, 8.0),
            Parameter::choice("restart", ["none", "ipop", "bipop"]),
            Parameter::bool("margin"),
            Parameter::bool("active"),
            Parameter::choice("covariance", ["accelerated", "full", "diagonal"]),
        ]
    }

    fn build(self, context: Context) -> Result<Box<dyn Agent>, Error> {
        Ok(Box::new(CmaEs::new(self, context)))
    }
}

/// Everything that changes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    rng: Rng,
    search: Distribution,
    schedule: Schedule,
    /// Drawn and not learnt from yet.
    generation: Vec<Sample>,
    /// Those of them that are new.
    round: Round,
    known: Known,
    /// The best design so far.
    best: Option<Told>,
    /// Trials told that cost a simulator call.
    spent: u64,
}

struct CmaEs {
    config: Config,
    layout: Layout,
    /// Whether all designs can be listed, so that remembering them pays.
    finite: bool,
    budget: u64,
    strategy: Strategy,
    state: State,
}

impl Agent for CmaEs {
    fn ask(&mut self, n: usize) -> Result<Vec<Design>, Error> {
        if self.state.round.is_served() {
            self.propose();
        }
        Ok(self.state.round.serve(n))
    }

    fn tell(&mut self, trials: &[Trial]) -> Result<(), Error> {
        let fresh = trials.iter().filter(|trial| !trial.cached).count() as u64;
        self.state.spent = self.state.spent.saturating_add(fresh);
        self.state.schedule.spend(fresh);
        if let Some(told) = self.state.round.tell(trials) {
            self.take_in(told);
        }
        Ok(())
    }

    fn batch(&self) -> usize {
        self.state.schedule.population
    }

    fn snapshot(&self) -> Result<Json, Error> {
        to_snapshot(&self.state)
    }

    fn restore(&mut self, state: &Json) -> Result<(), Error> {
        const NAME: &str = "cma-es";
        let state: State = from_snapshot(NAME, state)?;
        state.round.check(NAME, &self.layout.space)?;
        check_all(NAME, &self.layout.space, state.best.iter().map(|told| &told.design))?;
        let sound = state.search.is_sound(&self.layout, self.is_diagonal())
            && state.schedule.is_sound()
            && state.generation.iter().all(|sample| sample.is_sound(&self.layout));
        if !sound {
            let problem = "its distribution is not one of this space and configuration".to_owned();
            return Err(Error::Snapshot { what: NAME, problem });
        }
        self.state = state;
        self.strategy = self.strategy_for(self.state.schedule.population);
        Ok(())
    }
}

impl CmaEs {
    fn new(config: Config, context: Context) -> Self {
        let Context { space, seed, budget, .. } = context;
        let finite = space.cardinality().is_some();
        let layout = Layout::new(space);
        let population = strategy::population(layout.parameters(), config.population_factor);
        let n = layout.coordinates.len();
        let config = match n > MOST_FULL {
            true => Config { covariance: Covariance::Diagonal, ..config },
            false => config,
        };
        let diagonal = config.covariance == Covariance::Diagonal;
        let state = State {
            rng: seed.stream("cma-es"),
            search: Distribution::new(&layout, vec![0.5; n], config.sigma0, diagonal),
            schedule: Schedule::new(population, config.sigma0),
            generation: Vec::new(),
            round: Round::default(),
            known: Known::default(),
            best: None,
            spent: 0,
        };
        let strategy = Strategy::new(n, population, config.active, config.covariance);
        Self { config, layout, finite, budget, strategy, state }
    }

    fn is_diagonal(&self) -> bool {
        self.config.covariance == Covariance::Diagonal
    }

    fn strategy_for(&self, lambda: usize) -> Strategy {
        Strategy::new(self.layout.coordinates.len(), lambda, self.config.active, self.config.covariance)
    }

    /// Starts a round: the new designs of a generation, or random ones where the search has none to offer.
    fn propose(&mut self) {
        if self.state.spent == 0 && self.state.generation.is_empty() && self.state.best.is_none() {
            let random: Vec<Design> =
                (0..self.config.start).map(|_| self.layout.space.sample(&mut self.state.rng)).collect();
            if !random.is_empty() {
                return self.state.round.start(random);
            }
        }
        for _ in 0..IDLE {
            let outstanding = !self.state.generation.is_empty();
            let designs = self.draw_generation();
            if !designs.is_empty() {
                return self.state.round.start(designs);
            }
            if outstanding {
                break;
            }
            self.learn();
        }
        let mut drawn = HashSet::new();
        let designs: Vec<Design> =
            (0..self.state.schedule.population).map(|_| self.unknown(&mut drawn)).collect();
        self.state.round.start(designs);
        if self.state.generation.is_empty() && self.config.restart != Restart::None {
            self.restart();
        }
    }

    /// Draws λ samples; gives the designs that are neither known nor drawn twice.
    fn draw_generation(&mut self) -> Vec<Design> {
        let mut designs = Vec::new();
        for _ in 0..self.state.schedule.population {
            let (sample, design) = self.draw();
            let drawn = |other: &Sample| other.key == sample.key;
            if !self.state.known.holds(sample.key) && !self.state.generation.iter().any(drawn) {
                designs.push(design);
            }
            self.state.generation.push(sample);
        }
        designs
    }

    /// A sample whose design breaks no constraint, as far as a few tries can tell.
    fn draw(&mut self) -> (Sample, Design) {
        let space = self.layout.space.clone();
        for _ in 0..RETRIES {
            let (point, chosen) = self.state.search.sample(&self.layout, &mut self.state.rng);
            let design = self.layout.decode(&point, &chosen);
            if space.violated(&design).is_none() {
                return (Sample { point, chosen, key: key(&design), foreign: false }, design);
            }
        }
        let design = space.sample(&mut self.state.rng);
        (self.foreign(&design), design)
    }

    fn foreign(&self, design: &Design) -> Sample {
        let (point, chosen) = self.layout.encode(design);
        Sample { point, chosen, key: key(design), foreign: true }
    }

    /// A random design that is neither known nor `drawn`, as far as a few tries can tell.
    fn unknown(&mut self, drawn: &mut HashSet<u64>) -> Design {
        let State { rng, known, .. } = &mut self.state;
        let mut design = self.layout.space.sample(rng);
        for _ in 0..RETRIES {
            let key = key(&design);
            if !known.holds(key) && drawn.insert(key) {
                break;
            }
            design = self.layout.space.sample(rng);
        }
        design
    }

    /// Learns from the trials of a round.
    fn take_in(&mut self, told: Vec<Told>) {
        let drawn = self.state.generation.len();
        for told in told {
            let key = key(&told.design);
            let reward = told.reward.filter(|r| !r.is_nan()).map(|r| r.clamp(-f64::MAX, f64::MAX));
            self.state.known.insert(key, reward);
            if !self.state.generation[..drawn].iter().any(|sample| sample.key == key) {
                let sample = self.foreign(&told.design);
                self.state.generation.push(sample);
            }
            if reward > self.state.best.as_ref().and_then(|best| best.reward) {
                self.state.best = Some(Told { reward, ..told });
            }
        }
        if 2 * drawn > self.state.generation.len() {
            self.learn();
        } else {
            // Mostly designs that others thought of: they say where to begin.
            self.state.generation.clear();
            self.begin_at_best();
        }
        if !self.finite {
            self.state.known.clear();
        }
    }

    fn begin_at_best(&mut self) {
        if self.state.search.gaussian.generation == 0
            && let Some(best) = &self.state.best
        {
            self.state.search.gaussian.mean = self.layout.encode(&best.design).0;
        }
    }

    /// Learns from the present generation, as far as it is known.
    fn learn(&mut self) {
        let mut samples = std::mem::take(&mut self.state.generation);
        samples.retain(|sample| self.state.known.holds(sample.key));
        let rewards: Vec<Option<f64>> =
            samples.iter().map(|sample| self.state.known.reward(sample.key)).collect();
        if samples.len() < 2 {
            return;
        }
        let usual = samples.len() == self.strategy.weights.len();
        let other = (!usual).then(|| self.strategy_for(samples.len()));
        let strategy = other.as_ref().unwrap_or(&self.strategy);
        let best =
            rewards.iter().copied().fold(None, |best, reward| if reward > best { reward } else { best });
        let search = &mut self.state.search;
        match strategy::rank(&rewards, strategy) {
            Some(weights) => {
                search.update(&self.layout, strategy, &samples, &weights, self.config.margin);
            }
            None if self.state.best.is_some() => search.gaussian.shrink(strategy),
            // Nothing works yet: try around another design.
            None => {
                search.gaussian.mean = self.layout.encode(&self.layout.space.sample(&mut self.state.rng)).0;
            }
        }
        self.state.schedule.note(best);
        let coordinates = &self.layout.coordinates;
        let over =
            self.state.schedule.is_over(&self.state.search.gaussian, coordinates, self.config.tolerance);
        if over && self.config.restart != Restart::None {
            self.restart();
        }
    }

    /// A new search around a random design.
    fn restart(&mut self) {
        let population = strategy::population(self.layout.parameters(), self.config.population_factor);
        let first = (population, self.config.sigma0);
        let left = self.budget.saturating_sub(self.state.spent);
        let diagonal = self.is_diagonal();
        let State { rng, schedule, search, .. } = &mut self.state;
        schedule.restart(self.config.restart, first, left, rng);
        let mean = self.layout.encode(&self.layout.space.sample(rng)).0;
        *search = Distribution::new(&self.layout, mean, schedule.sigma, diagonal);
        self.strategy = self.strategy_for(self.state.schedule.population);
    }
}

#[cfg(test)]
mod tests;
