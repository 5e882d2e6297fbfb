//! Differential evolution: children are built from differences between the members of a population.
//!
//! L-SHADE (Tanabe and Fukunaga 2014): current-to-pbest/1 with an archive of beaten parents (JADE, Zhang and
//! Sanderson 2009), a history of successful settings, and a population that shrinks linearly over the budget.
//!
//! Designs are points of the unit cube. Whole numbers are relaxed to it and rounded, orders are random keys.
//! Switches, choices and members of subsets have no differences to scale; where two donors disagree, the level of the
//! one is taken with the probability that is the scale factor elsewhere, so that a population that agrees on a level
//! keeps it, as it does with numbers. Coordinates of inactive parameters are inherited unseen.

use std::sync::Arc;

use rl_env::Error;
use rl_env::agent::{Agent, Context, Trial, from_snapshot, to_snapshot};
use rl_env::design::{Design, DesignSpace, Parameter};
use rl_env::registry::AgentConfig;
use rl_env::seed::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::parts::point::{Axis, anywhere, axes, decode, follow, is_point};
use crate::parts::round::{Round, Told};
use crate::parts::seen::Seen;

mod adaptation;
mod variation;

use adaptation::{Control, History, Success};
use variation::{Donors, crossed};

/// Hyperparameters of differential evolution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Members at first; every generation has one child of each.
    #[schemars(range(min = 4, max = 4096))]
    pub population: usize,
    /// Members once the budget is spent, if fewer; the population shrinks linearly towards it.
    #[schemars(range(min = 4, max = 4096))]
    pub final_population: usize,
    /// What is moved by the difference of two members.
    pub variant: Variant,
    /// Which coordinates a child takes from the moved point; the others are its parent's.
    pub crossover: Crossing,
    /// Whether scale and crossover rate follow what succeeds; otherwise they stay as they are set.
    pub adaptation: bool,
    /// Scale factor F of differences, at first.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub scale: f64,
    /// Crossover rate CR, at first.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub crossover_rate: f64,
    /// Generations that the history of successful settings remembers.
    #[schemars(range(min = 1, max = 1000))]
    pub memory: usize,
    /// Share of the population, best first, that children move towards; used by current-to-pbest.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub pbest: f64,
    /// Beaten parents kept as donors, per member.
    #[schemars(range(min = 0.0, max = 100.0))]
    pub archive: f64,
}

/// What is moved by the difference of two members (Storn and Price 1997).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Variant {
    /// A random member.
    Rand,
    /// The best member.
    Best,
    /// The parent, moved towards one of the best.
    CurrentToPbest,
}

/// Which coordinates a child takes from the moved point; at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Crossing {
    /// Each with the probability of the crossover rate.
    Binomial,
    /// A stretch that goes on with that probability.
    Exponential,
}

/// L-SHADE's values, but those that its 10,000 trials per dimension suggest: 18 members per dimension, a memory of 6
/// generations and an archive of 2.6. Chosen by mean regret among 40 settings at 150 to 3000 trials, on the landscapes
/// and on five small problems of orders, subsets and mixed levels, seeds from 1000; generations so small say little, so
/// a longer memory is better.
impl Default for Config {
    fn default() -> Self {
        Self {
            population: 20,
            final_population: 4,
            variant: Variant::CurrentToPbest,
            crossover: Crossing::Binomial,
            adaptation: true,
            scale: 0.5,
            crossover_rate: 0.5,
            memory: 20,
            pbest: 0.11,
            archive: 2.0,
        }
    }
}

impl AgentConfig for Config {
    const SUMMARY: &'static str = "Differential evolution (L-SHADE): history-adapted settings and a population that shrinks over the budget.";
    const REFERENCE: &'static str = "Tanabe and Fukunaga 2014, Improving the search performance of SHADE using linear population size reduction";

    fn sweep() -> Vec<Parameter> {
        vec![
            Parameter::power_of_two("population", 8, 128),
            Parameter::integer("final_population", 4, 16),
            Parameter::choice("variant", ["rand", "best", "current-to-pbest"]),
            Parameter::choice("crossover", ["binomial", "exponential"]),
            Parameter::bool("adaptation"),
            Parameter::real("scale", 0.1, 1.0),
            Parameter::real("crossover_rate", 0.0, 1.0),
            Parameter::integer("memory", 2, 40).when("adaptation", ["true"]),
            Parameter::real("pbest", 0.05, 0.3).when("variant", ["current-to-pbest"]),
            Parameter::real("archive", 0.0, 3.0),
        ]
    }

    fn build(self, context: Context) -> Result<Box<dyn Agent>, Error> {
        Ok(Box::new(DifferentialEvolution::new(self, context)))
    }
}

/// A point and what became of its design.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Member {
    point: Vec<f64>,
    /// `None` when infeasible.
    reward: Option<f64>,
}

impl Member {
    fn fitness(&self) -> f64 {
        self.reward.unwrap_or(f64::NEG_INFINITY)
    }
}

/// A design that was proposed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Child {
    point: Vec<f64>,
    design: Design,
    /// The member it competes with; newcomers have none.
    parent: Option<usize>,
    control: Control,
}

/// Everything that changes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    rng: Rng,
    /// Best first.
    population: Vec<Member>,
    /// Points of beaten parents.
    archive: Vec<Vec<f64>>,
    history: History,
    /// Trials so far that cost a simulator call.
    spent: u64,
    seen: Seen,
    children: Vec<Child>,
    round: Round,
}

struct DifferentialEvolution {
    config: Config,
    space: Arc<DesignSpace>,
    axes: Vec<Axis>,
    budget: u64,
    state: State,
}

impl Agent for DifferentialEvolution {
    fn ask(&mut self, n: usize) -> Result<Vec<Design>, Error> {
        if self.state.round.is_served() {
            self.breed();
        }
        Ok(self.state.round.serve(n))
    }

    fn tell(&mut self, trials: &[Trial]) -> Result<(), Error> {
        self.state.spent += trials.iter().filter(|trial| !trial.cached).count() as u64;
        if let Some(generation) = self.state.round.tell(trials) {
            self.select(&generation);
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
        const NAME: &str = "differential-evolution";
        let state: State = from_snapshot(NAME, state)?;
        state.round.check(NAME, &self.space)?;
        let members = state.population.iter().map(|member| &member.point);
        let mut points = members.chain(&state.archive).chain(state.children.iter().map(|child| &child.point));
        let sound = points.all(|point| is_point(point, self.axes.len()))
            && state.children.iter().all(|child| child.parent.is_none_or(|i| i < state.population.len()))
            && state.history.fits(self.config.memory);
        if !sound {
            let problem = "a point, parent or history does not fit the space and the settings".to_owned();
            return Err(Error::Snapshot { what: NAME, problem });
        }
        self.state = state;
        Ok(())
    }
}

impl DifferentialEvolution {
    fn new(config: Config, context: Context) -> Self {
        let start = Control { scale: config.scale, rate: config.crossover_rate };
        let state = State {
            rng: context.seed.stream("differential-evolution"),
            population: Vec::new(),
            archive: Vec::new(),
            history: History::new(config.memory, start),
            spent: 0,
            seen: Seen::default(),
            children: Vec::new(),
            round: Round::default(),
        };
        let axes = axes(&context.space);
        Self { config, space: context.space, axes, budget: context.budget.max(1), state }
    }

    /// Members that the population should have by now: equation 10 of Tanabe and Fukunaga (2014).
    fn size(&self) -> usize {
        let most = self.config.population as f64;
        let least = (self.config.final_population as f64).min(most);
        let share = (self.state.spent as f64 / self.budget as f64).min(1.0);
        ((least - most) * share + most).round() as usize
    }

    /// Fills the queue: newcomers until the population is complete and something works, then a child of every
    /// member.
    fn breed(&mut self) {
        let parents = self.state.population.len();
        let hopeless = self.state.population.first().is_none_or(|best| best.reward.is_none());
        let missing = if hopeless { self.size() } else { self.size().saturating_sub(parents) };
        self.state.children = if missing > 0 {
            (0..missing).map(|_| self.newcomer()).collect()
        } else {
            (0..parents).map(|parent| self.child(parent)).collect()
        };
        self.state.round.start(self.state.children.iter().map(|child| child.design.clone()));
    }

    fn newcomer(&mut self) -> Child {
        let State { rng, seen, .. } = &mut self.state;
        let mut point = Vec::new();
        let design = seen.settle(&self.space, rng, |rng| {
            point = anywhere(self.axes.len(), rng);
            decode(&self.space, &point)
        });
        follow(&self.space, &mut point, &design);
        let control = Control { scale: self.config.scale, rate: self.config.crossover_rate };
        Child { point, design, parent: None, control }
    }

    fn child(&mut self, parent: usize) -> Child {
        let Self { config, space, axes, state, .. } = self;
        let State { rng, population, archive, history, seen, .. } = state;
        let mut control = Control { scale: config.scale, rate: config.crossover_rate };
        let mut point = Vec::new();
        let design = seen.settle(space, rng, |rng| {
            if config.adaptation {
                control = history.draw(rng);
            }
            let donors = Donors::draw(config, population, archive, parent, rng);
            let crossed = crossed(config.crossover, axes.len(), control.rate, rng);
            point.clone_from(&population[parent].point);
            for (i, axis) in axes.iter().enumerate().filter(|(i, _)| crossed[*i]) {
                point[i] = donors.mutant(*axis, i, control.scale, rng);
            }
            decode(space, &point)
        });
        follow(space, &mut point, &design);
        Child { point, design, parent: Some(parent), control }
    }

    /// Ends the generation: children that are no worse take their parents' places.
    fn select(&mut self, generation: &[Told]) {
        let State { population, archive, history, seen, children, .. } = &mut self.state;
        let mut successes = Vec::new();
        let mut children = children.drain(..).peekable();
        for told in generation {
            let Some(child) = children.next_if(|child| child.design == told.design) else {
                // A trial that nobody asked for.
                seen.is_new(&told.design);
                let point = self.space.to_unit(&told.design);
                population.push(Member { point, reward: told.reward });
                continue;
            };
            let member = Member { point: child.point, reward: told.reward };
            let Some(parent) = child.parent.and_then(|parent| population.get_mut(parent)) else {
                population.push(member);
                continue;
            };
            if member.fitness() > parent.fitness() {
                // Halves, since the difference of the largest numbers overflows.
                let gain = parent.reward.map(|old| 0.5 * member.fitness() - 0.5 * old);
                successes.push(Success { control: child.control, gain });
                archive.push(std::mem::replace(parent, member).point);
            } else if member.fitness() == parent.fitness() {
                *parent = member;
            }
        }
        drop(children);
        history.learn(&successes);
        self.shrink();
    }

    /// Sorts and cuts the population and the archive to their sizes.
    fn shrink(&mut self) {
        let size = self.size();
        let State { rng, population, archive, .. } = &mut self.state;
        // Stable: of equals, the older counts as the better.
        population.sort_by(|a, b| b.fitness().total_cmp(&a.fitness()));
        population.truncate(size);
        let room = (self.config.archive * size as f64).round() as usize;
        while archive.len() > room {
            archive.swap_remove(rng.index(archive.len()));
        }
    }
}

#[cfg(test)]
mod tests;
