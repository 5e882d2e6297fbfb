//! Genetic algorithm: tournaments choose parents, crossover and mutation make children, the fitter survive.
//!
//! The operators follow the type of each parameter (see [`Crossover`] and [`DesignSpace::mutate`]), so one
//! algorithm searches switches, orders and real numbers alike. References: Holland 1975; Goldberg 1989;
//! De Jong 1975 for populations that overlap.
//!
//! The search is synchronous by generation: the children of a generation are all bred before the first of them is
//! evaluated, and selection waits for the last. `ask` serves them from a queue, so what is proposed does not
//! depend on how many designs are asked for at once.

use std::sync::Arc;

use rl_env::Error;
use rl_env::agent::{Agent, Context, Trial, from_snapshot, to_snapshot};
use rl_env::design::{Design, DesignSpace, Parameter};
use rl_env::registry::AgentConfig;
use rl_env::seed::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

pub use crate::parts::crossover::Crossover;
use crate::parts::novelty::Known;
use crate::parts::round::{Round, Told, check_all};

/// Times that a child which breaks a constraint, or is in the population already, is changed again.
const RETRIES: usize = 8;

/// Hyperparameters of the genetic algorithm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Designs that compete and breed. A budget below it buys plain random search.
    #[schemars(range(min = 2, max = 4096))]
    pub population: usize,
    /// How the next population is chosen.
    pub replacement: Replacement,
    /// Share of the population that survives unchanged, best first; used by generational replacement.
    #[schemars(range(min = 0.0, max = 0.9))]
    pub elitism: f64,
    /// Designs that compete to become a parent; the fittest wins. 1 is no selection at all.
    #[schemars(range(min = 1, max = 64))]
    pub tournament: usize,
    /// How two parents are mixed.
    pub crossover: Crossover,
    /// Probability that a child has two parents; otherwise it starts as a copy of one.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub crossover_probability: f64,
    /// How close to its parents simulated binary crossover keeps a child; larger is closer.
    #[schemars(range(min = 0.0, max = 1000.0))]
    pub sbx_eta: f64,
    /// Expected number of parameters that mutate in a child.
    #[schemars(range(min = 0.0, max = 100.0))]
    pub mutation_rate: f64,
}

/// How the next population is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Replacement {
    /// Children replace all but the elite, whether better or not.
    Generational,
    /// A brood of a quarter of the population is bred at a time and competes with its parents for their places.
    SteadyState,
}

/// Chosen by mean rank among 216 settings on the landscapes at 100, 300 and 1000 trials; uniform crossover ranked
/// before `sbx` and `two-point` on average, steady-state before generational replacement.
impl Default for Config {
    fn default() -> Self {
        Self {
            population: 24,
            replacement: Replacement::SteadyState,
            elitism: 0.1,
            tournament: 5,
            crossover: Crossover::Uniform,
            crossover_probability: 0.9,
            sbx_eta: 15.0,
            mutation_rate: 1.0,
        }
    }
}

impl AgentConfig for Config {
    const SUMMARY: &'static str =
        "Genetic algorithm with operators for every type of parameter and synchronous generations.";
    const REFERENCE: &'static str =
        "Goldberg 1989, Genetic Algorithms in Search, Optimization, and Machine Learning";

    fn sweep() -> Vec<Parameter> {
        vec![
            Parameter::power_of_two("population", 8, 256),
            Parameter::choice("replacement", ["generational", "steady-state"]),
            Parameter::real("elitism", 0.0, 0.2).when("replacement", ["generational"]),
            Parameter::integer("tournament", 2, 7),
            Parameter::choice("crossover", ["uniform", "one-point", "two-point", "sbx"]),
            Parameter::real("crossover_probability", 0.5, 1.0),
            Parameter::log_real("sbx_eta", 3.0, 30.0).when("crossover", ["sbx"]),
            Parameter::log_real("mutation_rate", 0.3, 5.0),
        ]
    }

    fn build(self, context: Context) -> Result<Box<dyn Agent>, Error> {
        Ok(Box::new(Genetic::new(self, context)))
    }
}

/// Everything that changes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    rng: Rng,
    /// Fittest first; empty until the first generation is told.
    population: Vec<Told>,
    /// The children bred last.
    brood: Round,
}

struct Genetic {
    config: Config,
    space: Arc<DesignSpace>,
    state: State,
}

impl Agent for Genetic {
    fn ask(&mut self, n: usize) -> Result<Vec<Design>, Error> {
        if self.state.brood.is_served() {
            self.breed();
        }
        Ok(self.state.brood.serve(n))
    }

    fn tell(&mut self, trials: &[Trial]) -> Result<(), Error> {
        if let Some(brood) = self.state.brood.tell(trials) {
            self.select(brood);
        }
        Ok(())
    }

    fn batch(&self) -> usize {
        self.config.population
    }

    fn snapshot(&self) -> Result<Json, Error> {
        to_snapshot(&self.state)
    }

    fn restore(&mut self, state: &Json) -> Result<(), Error> {
        let state: State = from_snapshot("genetic", state)?;
        state.brood.check("genetic", &self.space)?;
        check_all("genetic", &self.space, state.population.iter().map(|told| &told.design))?;
        self.state = state;
        Ok(())
    }
}

impl Genetic {
    fn new(config: Config, context: Context) -> Self {
        let state =
            State { rng: context.seed.stream("genetic"), population: Vec::new(), brood: Round::default() };
        Self { config, space: context.space, state }
    }

    fn elite(&self) -> usize {
        let share = (self.config.elitism * self.config.population as f64).round() as usize;
        share.min(self.config.population - 1)
    }

    /// Children until the next selection.
    fn brood_size(&self) -> usize {
        match self.config.replacement {
            _ if self.state.population.is_empty() => self.config.population,
            Replacement::Generational => self.config.population - self.elite(),
            Replacement::SteadyState => self.config.population.div_ceil(4),
        }
    }

    /// Fills the queue with the next generation.
    fn breed(&mut self) {
        let mut seen = Known::default();
        self.state.population.iter().for_each(|parent| _ = seen.learn(&parent.design));
        let children: Vec<Design> = (0..self.brood_size()).map(|_| self.child(&mut seen)).collect();
        self.state.brood.start(children);
    }

    /// A child that breaks no constraint and repeats neither its elders nor its siblings, as far as a few tries
    /// can tell.
    fn child(&mut self, seen: &mut Known) -> Design {
        let mut child = self.conceive();
        for _ in 0..RETRIES {
            if self.space.violated(&child).is_some() {
                child = self.conceive();
            } else if seen.learn(&child) {
                return child;
            } else {
                let index = self.state.rng.index(child.0.len());
                self.space.mutate(&mut child, index, &mut self.state.rng);
            }
        }
        if self.space.violated(&child).is_some() { self.space.sample(&mut self.state.rng) } else { child }
    }

    /// Crossover and mutation without a look at the result.
    fn conceive(&mut self) -> Design {
        let State { rng, population, .. } = &mut self.state;
        if population.is_empty() {
            return self.space.sample(rng);
        }
        let mother = tournament(population, self.config.tournament, rng);
        let mut child = if rng.chance(self.config.crossover_probability) {
            let father = tournament(population, self.config.tournament, rng);
            self.config.crossover.mix(&self.space, mother, father, self.config.sbx_eta, rng)
        } else {
            mother.clone()
        };
        let active = (0..child.0.len()).filter(|index| child.is_active(*index)).count();
        let share = self.config.mutation_rate / active.max(1) as f64;
        for index in 0..child.0.len() {
            if rng.chance(share) {
                self.space.mutate(&mut child, index, rng);
            }
        }
        child
    }

    /// Ends the generation: the survivors become the population, fittest first.
    fn select(&mut self, mut brood: Vec<Told>) {
        let survivors = match self.config.replacement {
            Replacement::Generational => self.elite(),
            Replacement::SteadyState => self.config.population,
        };
        let population = &mut self.state.population;
        population.truncate(survivors);
        population.append(&mut brood);
        // Stable: of equals, the older survives.
        population.sort_by(|a, b| b.fitness().total_cmp(&a.fitness()));
        population.truncate(self.config.population);
    }
}

/// The fittest of `size` random members; of equals, the first drawn.
fn tournament<'a>(population: &'a [Told], size: usize, rng: &mut Rng) -> &'a Design {
    let mut winner = &population[rng.index(population.len())];
    for _ in 1..size {
        let rival = &population[rng.index(population.len())];
        if rival.fitness() > winner.fitness() {
            winner = rival;
        }
    }
    &winner.design
}

#[cfg(test)]
mod tests;
