//! Ant colony: designs are built decision by decision, where good designs left pheromone.
//!
//! Discrete decisions follow MAX-MIN Ant System (Stützle and Hoos 2000) with the greedy choosing rule of Ant
//! Colony System; real numbers and wide ranges of whole numbers are drawn around good designs by ACO_R (Socha and
//! Dorigo 2008). The two together are the plan of ACO_MV (Liao et al. 2014). The knobs are those of ArchGym's
//! colony (`ants`, `evaporation`, `greediness`, `depth`).
//!
//! Masks keep an ant to what conditions and constraints leave open. Deposits go by rank and sum to a constant, so
//! neither the scale nor the sign of the reward matters, and infeasible designs deposit nothing.

use std::sync::Arc;

use rl_env::Error;
use rl_env::agent::{Agent, Context, Trial, from_snapshot, to_snapshot};
use rl_env::design::{Design, DesignSpace, Kind, Parameter, Partial};
use rl_env::registry::AgentConfig;
use rl_env::seed::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::parts::round::{Round, Told, check_all};
use crate::parts::seen::Seen;

mod archive;
mod trails;

use archive::Archive;
use trails::Trails;

/// Levels of an ordered kind that still get a trail each; wider ranges are numbers.
const NARROW: u64 = 4;

/// Draws of a number before an ant gives up on meeting the constraints.
const RETRIES: usize = 8;

/// Designs of a generation that deposit under [`Deposit::Ranked`], beside the best of the colony
/// (Bullnheimer, Hartl and Strauss 1999).
const RANKED: usize = 5;

/// Hyperparameters of the ant colony.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Designs in a generation.
    #[schemars(range(min = 1, max = 4096))]
    pub ants: usize,
    /// Share of the pheromone that each generation replaces.
    #[schemars(range(min = 0.001, max = 1.0))]
    pub evaporation: f64,
    /// Probability that an ant takes the strongest trail, or the number of the best design, without drawing lots.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub greediness: f64,
    /// Generations without a better design after which the colony starts afresh. ArchGym's colonies live for this
    /// many generations in all; here the budget ends a run, so a colony lives on while it improves.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub depth: u64,
    /// Exponent of the pheromone when lots are drawn.
    #[schemars(range(min = 0.1, max = 10.0))]
    pub alpha: f64,
    /// Whether trails have a lower limit, without which a choice can be lost for ever.
    pub limits: bool,
    /// Which designs deposit pheromone.
    pub deposit: Deposit,
    /// Good designs that numbers are drawn around.
    #[schemars(range(min = 2, max = 1000))]
    pub archive: usize,
    /// How much the best of these are preferred; smaller is more.
    #[schemars(range(min = 1e-6, max = 100.0))]
    pub locality: f64,
    /// How far from a good design numbers are drawn, in mean distances between them.
    #[schemars(range(min = 0.01, max = 10.0))]
    pub spread: f64,
}

/// Which designs deposit pheromone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Deposit {
    /// The best of the generation.
    IterationBest,
    /// The best of the colony.
    BestSoFar,
    /// The best of the colony most, then the best five of the generation, each less than the one before.
    Ranked,
}

/// Chosen by mean regret among some 80 settings at 150, 500 and 1000 trials, on the landscapes and on five small
/// problems of orders, subsets and mixed levels, seeds from 1000. DeepSwarm's and ArchGym's 16 ants, evaporation 0.1
/// and greediness 0.5 learn more slowly than budgets of hundreds allow.
impl Default for Config {
    fn default() -> Self {
        Self {
            ants: 12,
            evaporation: 0.3,
            greediness: 0.3,
            depth: 16,
            alpha: 1.0,
            limits: true,
            deposit: Deposit::BestSoFar,
            archive: 25,
            locality: 0.15,
            spread: 0.85,
        }
    }
}

impl AgentConfig for Config {
    const SUMMARY: &'static str =
        "Ant colony: MAX-MIN trails on discrete decisions, numbers drawn around an archive of good designs.";
    const REFERENCE: &'static str = "Stützle and Hoos 2000, MAX-MIN Ant System; Socha and Dorigo 2008, Ant colony optimization for continuous domains";

    fn sweep() -> Vec<Parameter> {
        vec![
            Parameter::power_of_two("ants", 2, 64),
            Parameter::log_real("evaporation", 0.01, 0.9),
            Parameter::real("greediness", 0.0, 0.95),
            Parameter::power_of_two("depth", 2, 64),
            Parameter::real("alpha", 0.5, 2.0),
            Parameter::bool("limits"),
            Parameter::choice("deposit", ["iteration-best", "best-so-far", "ranked"]),
            Parameter::integer("archive", 10, 100),
            Parameter::log_real("locality", 1e-4, 1.0),
            Parameter::real("spread", 0.4, 1.2),
        ]
    }

    fn build(self, context: Context) -> Result<Box<dyn Agent>, Error> {
        Ok(Box::new(AntColony::new(self, context)))
    }
}

/// Everything that changes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    rng: Rng,
    trails: Vec<f64>,
    archive: Vec<Told>,
    /// Generations since the colony found a better design.
    stale: u64,
    seen: Seen,
    round: Round,
}

struct AntColony {
    config: Config,
    space: Arc<DesignSpace>,
    rng: Rng,
    trails: Trails,
    archive: Archive,
    stale: u64,
    seen: Seen,
    round: Round,
}

impl Agent for AntColony {
    fn ask(&mut self, n: usize) -> Result<Vec<Design>, Error> {
        if self.round.is_served() {
            self.send_ants();
        }
        Ok(self.round.serve(n))
    }

    fn tell(&mut self, trials: &[Trial]) -> Result<(), Error> {
        if let Some(generation) = self.round.tell(trials) {
            self.learn(&generation);
        }
        Ok(())
    }

    fn batch(&self) -> usize {
        self.config.ants
    }

    fn snapshot(&self) -> Result<Json, Error> {
        to_snapshot(&State {
            rng: self.rng.clone(),
            trails: self.trails.cells().to_vec(),
            archive: self.archive.members().to_vec(),
            stale: self.stale,
            seen: self.seen.clone(),
            round: self.round.clone(),
        })
    }

    fn restore(&mut self, state: &Json) -> Result<(), Error> {
        let State { rng, trails, archive, stale, seen, round } = from_snapshot("ant-colony", state)?;
        round.check("ant-colony", &self.space)?;
        check_all("ant-colony", &self.space, archive.iter().map(|told| &told.design))?;
        let refused = |problem| Error::Snapshot { what: "ant-colony", problem };
        if archive.iter().any(|told| told.reward.is_none()) {
            return Err(refused("an infeasible design is in the archive".to_owned()));
        }
        self.trails.set_cells(trails).map_err(refused)?;
        self.archive.set_members(&self.space, archive);
        (self.rng, self.stale, self.seen, self.round) = (rng, stale, seen, round);
        Ok(())
    }
}

impl AntColony {
    fn new(config: Config, context: Context) -> Self {
        let Context { space, seed, .. } = context;
        let limits = config.limits.then_some(config.greediness);
        let trails = Trails::new(&space, is_discrete, config.alpha, limits);
        let numbers = (0..space.len()).filter(|parameter| !trails.has(*parameter));
        let archive = Archive::new(&space, numbers, config.archive, config.locality);
        let rng = seed.stream("ant-colony");
        let (seen, round) = (Seen::default(), Round::default());
        Self { config, space, rng, trails, archive, stale: 0, seen, round }
    }

    /// Fills the queue with a generation.
    fn send_ants(&mut self) {
        let Self { config, space, rng, trails, archive, seen, .. } = self;
        let mut ant = |rng: &mut Rng| {
            let mut path = space.partial();
            match walk(&mut path, space, config, trails, archive, rng) {
                Some(()) => path.into_design(),
                None => space.sample(rng),
            }
        };
        let designs: Vec<Design> = (0..config.ants).map(|_| seen.settle(space, rng, &mut ant)).collect();
        self.round.start(designs);
    }

    /// Ends a generation.
    fn learn(&mut self, generation: &[Told]) {
        let mut ranked: Vec<&Told> = generation.iter().filter(|told| told.reward.is_some()).collect();
        generation.iter().for_each(|told| _ = self.seen.is_new(&told.design));
        // Stable: of equals, the first counts as the better.
        ranked.sort_by(|a, b| b.fitness().total_cmp(&a.fitness()));
        let before = self.archive.members().first().map(Told::fitness);
        self.archive.add(&self.space, ranked.iter().copied());
        let Some(best) = self.archive.members().first() else { return };
        self.stale = if before.is_none_or(|before| best.fitness() > before) { 0 } else { self.stale + 1 };
        if self.stale >= self.config.depth {
            self.stale = 0;
            self.trails.reset();
            self.archive.clear(&self.space);
            return;
        }
        let deposits = deposits(self.config.deposit, &best.design, &ranked);
        self.trails.update(&self.space, self.config.evaporation, &deposits);
    }
}

/// Whether the levels have trails. Numbers of few levels do, because a model of neighbourhood pays only on many.
fn is_discrete(kind: &Kind) -> bool {
    match kind {
        Kind::Integer { .. } | Kind::PowerOfTwo { .. } | Kind::Ordinal { .. } => {
            kind.levels().is_some_and(|levels| levels <= NARROW)
        }
        Kind::Real { .. } | Kind::LogReal { .. } => false,
        _ => true,
    }
}

/// One ant's way to a complete design; `None` where the constraints leave none.
fn walk(
    path: &mut Partial<'_>,
    space: &DesignSpace,
    config: &Config,
    trails: &mut Trails,
    archive: &Archive,
    rng: &mut Rng,
) -> Option<()> {
    while let Some(decision) = path.decision() {
        if trails.has(decision.parameter) {
            let level = trails.choose(decision, config.greediness, rng, |level| path.is_open(level))?;
            path.choose(level).ok()?;
        } else {
            let mut draw =
                || archive.draw(space, decision.parameter, (config.greediness, config.spread), rng);
            let value = (0..RETRIES).map(|_| draw()).find(|value| path.admits(value))?;
            path.take(value).ok()?;
        }
    }
    Some(())
}

/// Weights that sum to 1 for the designs that deposit, given the best of the colony and the generation, best
/// first.
fn deposits<'a>(rule: Deposit, best: &'a Design, ranked: &[&'a Told]) -> Vec<(f64, &'a Design)> {
    match (rule, ranked.first()) {
        (Deposit::IterationBest, Some(first)) => vec![(1.0, &first.design)],
        (Deposit::Ranked, _) => {
            let followers = ranked.iter().take(RANKED).map(|told| &told.design);
            let designs: Vec<&Design> = [best].into_iter().chain(followers).collect();
            let total: f64 = (0..designs.len()).map(|rank| (RANKED + 1 - rank) as f64).sum();
            let weight = |rank: usize| (RANKED + 1 - rank) as f64 / total;
            designs.into_iter().enumerate().map(|(rank, design)| (weight(rank), design)).collect()
        }
        _ => vec![(1.0, best)],
    }
}

#[cfg(test)]
mod tests;
