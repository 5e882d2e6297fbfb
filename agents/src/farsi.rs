//! FARSI's search: hill climbing that looks at what the design suffers from (Boroujerdian et al. 2022, section 4).
//!
//! An environment that knows its architecture proposes moves ([`DesignSpace::moves`]): for the metric farthest from its
//! budget, by the part of the work that is to blame and the block that it suffers from. The search takes the part most
//! to blame and its worst block, and draws one of the moves that suit. Moves are made on top of each other, `depth` at
//! a time, and the best design on the way is kept if it is better than the last one kept; a part that leads nowhere is
//! left alone for a while. `selection: random` is the paper's naive baseline: part, block and move by chance.
//!
//! In a space without moves, steps are small changes of one parameter, each from the best design so far.

use std::collections::BTreeMap;
use std::sync::Arc;

use rl_env::Error;
use rl_env::agent::{Agent, Context, Trial, from_snapshot, to_snapshot};
use rl_env::design::{Design, DesignSpace, Move, Parameter};
use rl_env::registry::AgentConfig;
use rl_env::seed::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::parts::round::{Told, check_all};
use crate::parts::seen::Seen;

/// Draws for a step that leads to a design that nobody proposed before.
const RETRIES: usize = 16;

/// Hyperparameters of FARSI's search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How part, block and move are chosen.
    pub selection: Selection,
    /// Moves on top of each other before the best design on the way is kept.
    #[schemars(range(min = 1, max = 100))]
    pub depth: usize,
    /// Chains without progress after which the part most to blame is left alone.
    #[schemars(range(min = 1, max = 100))]
    pub patience: u32,
    /// Chains without progress after which the search starts again, from a design drawn at random.
    #[schemars(range(min = 1, max = 1000))]
    pub stagnation: u32,
}

/// How part, block and move are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Selection {
    /// The part most to blame, the block that it suffers from most, a move that suits.
    ArchitectureAware,
    /// All by chance.
    Random,
}

/// Depth and patience are FARSI's.
impl Default for Config {
    fn default() -> Self {
        Self { selection: Selection::ArchitectureAware, depth: 10, patience: 2, stagnation: 50 }
    }
}

impl AgentConfig for Config {
    const SUMMARY: &'static str =
        "FARSI's architecture-aware hill climbing on the moves that an environment proposes.";
    const REFERENCE: &'static str = "Boroujerdian et al. 2022, FARSI: An Early-stage Design Space Exploration Framework to Tame the \
         Domain-specific System-on-chip Complexity";

    fn sweep() -> Vec<Parameter> {
        vec![
            Parameter::choice("selection", ["architecture-aware", "random"]),
            Parameter::integer("depth", 1, 20),
            Parameter::integer("patience", 1, 5),
            Parameter::integer("stagnation", 5, 100),
        ]
    }

    fn build(self, context: Context) -> Result<Box<dyn Agent>, Error> {
        Ok(Box::new(Farsi::new(self, context)))
    }
}

/// Everything that changes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    rng: Rng,
    /// The design last kept.
    kept: Option<Told>,
    /// The designs of the present chain.
    chain: Vec<Told>,
    /// Where the chain goes on from; none before a feasible design is known.
    tip: Option<Design>,
    /// The part that the first move of the chain was for.
    part: Option<u32>,
    /// Chains without progress by the part that they were for.
    failures: BTreeMap<u32, u32>,
    /// Parts left alone, last one last.
    left_alone: Vec<u32>,
    /// Chains since the last progress.
    stagnant: u32,
    /// The first design of all has been proposed.
    started: bool,
    seen: Seen,
}

struct Farsi {
    config: Config,
    space: Arc<DesignSpace>,
    state: State,
}

impl Agent for Farsi {
    fn ask(&mut self, _: usize) -> Result<Vec<Design>, Error> {
        let design = match self.state.tip.clone() {
            Some(tip) => self.step(&tip),
            None => self.start(),
        };
        self.state.seen.is_new(&design);
        Ok(vec![design])
    }

    fn tell(&mut self, trials: &[Trial]) -> Result<(), Error> {
        trials.iter().for_each(|trial| self.learn(Told::from(trial)));
        Ok(())
    }

    fn snapshot(&self) -> Result<Json, Error> {
        to_snapshot(&self.state)
    }

    fn restore(&mut self, state: &Json) -> Result<(), Error> {
        let state: State = from_snapshot("farsi", state)?;
        let told = state.kept.iter().chain(&state.chain).map(|told| &told.design);
        check_all("farsi", &self.space, told.chain(&state.tip))?;
        self.state = state;
        Ok(())
    }
}

impl Farsi {
    fn new(config: Config, context: Context) -> Self {
        let state = State {
            rng: context.seed.stream("farsi"),
            kept: None,
            chain: Vec::new(),
            tip: None,
            part: None,
            failures: BTreeMap::new(),
            left_alone: Vec::new(),
            stagnant: 0,
            started: false,
            seen: Seen::default(),
        };
        Self { config, space: context.space, state }
    }

    /// The first design of the space, which with moves is the least one; others are drawn.
    fn start(&mut self) -> Design {
        let first = self.space.first();
        if self.space.has_moves() && !std::mem::replace(&mut self.state.started, true) {
            return first;
        }
        self.space.sample(&mut self.state.rng)
    }

    /// A design that one move leads to, new if a few draws find such a one.
    fn step(&mut self, tip: &Design) -> Design {
        if let Some(moves) = self.space.moves(tip) {
            let chosen = match self.config.selection {
                Selection::ArchitectureAware => self.advised(moves),
                Selection::Random => self.by_chance(moves),
            };
            if let Some(chosen) = chosen {
                if self.state.chain.is_empty() {
                    self.state.part = Some(chosen.part);
                }
                return chosen.design;
            }
        }
        let State { rng, seen, .. } = &mut self.state;
        let mut design = tip.clone();
        for _ in 0..RETRIES {
            design.clone_from(tip);
            let active: Vec<usize> = (0..self.space.len()).filter(|index| tip.is_active(*index)).collect();
            if let Some(index) = rng.choice(&active) {
                self.space.mutate(&mut design, *index, rng);
            }
            if self.space.violated(&design).is_none() && !seen.knows(&design) {
                return design;
            }
        }
        self.space.sample(&mut self.state.rng)
    }

    /// One of the moves that suit, for the part most to blame that still has a new one.
    fn advised(&mut self, moves: Vec<Move>) -> Option<Move> {
        let State { rng, seen, left_alone, .. } = &mut self.state;
        let mut suit: Vec<Move> =
            moves.into_iter().filter(|step| step.advised && !seen.knows(&step.design)).collect();
        if suit.iter().any(|step| !left_alone.contains(&step.part)) {
            suit.retain(|step| !left_alone.contains(&step.part));
        }
        let most =
            |of: fn(&Move) -> f64, among: &[Move]| among.iter().map(of).fold(f64::NEG_INFINITY, f64::max);
        let share = most(|step| step.share, &suit);
        suit.retain(|step| step.share >= share);
        let blame = most(|step| step.blame, &suit);
        suit.retain(|step| step.blame >= blame);
        (!suit.is_empty()).then(|| suit.swap_remove(rng.index(suit.len())))
    }

    /// A part, a block of it and a move, each by chance.
    fn by_chance(&mut self, mut moves: Vec<Move>) -> Option<Move> {
        let State { rng, seen, .. } = &mut self.state;
        moves.retain(|step| !seen.knows(&step.design));
        for of in [(|step| step.part) as fn(&Move) -> u32, |step| step.block] {
            let mut numbers: Vec<u32> = moves.iter().map(of).collect();
            numbers.sort_unstable();
            numbers.dedup();
            let chosen = *rng.choice(&numbers)?;
            moves.retain(|step| of(step) == chosen);
        }
        (!moves.is_empty()).then(|| moves.swap_remove(rng.index(moves.len())))
    }

    fn learn(&mut self, told: Told) {
        if self.state.kept.is_none() {
            if told.reward.is_some() {
                self.state.tip = Some(told.design.clone());
                self.state.kept = Some(told);
            }
            return;
        }
        let guided = self.space.has_moves();
        let best = self
            .state
            .chain
            .iter()
            .chain(&self.state.kept)
            .map(Told::fitness)
            .fold(f64::NEG_INFINITY, f64::max);
        if told.reward.is_some() && (guided || told.fitness() >= best) {
            self.state.tip = Some(told.design.clone());
        }
        self.state.chain.push(told);
        if self.state.chain.len() >= self.config.depth {
            self.select();
        }
    }

    /// Keeps the best design of the chain, or goes back to the last one kept.
    fn select(&mut self) {
        let chain = std::mem::take(&mut self.state.chain);
        let State { kept, tip, part, failures, left_alone, stagnant, .. } = &mut self.state;
        let best = chain
            .into_iter()
            .reduce(|best, other| if other.fitness() > best.fitness() { other } else { best });
        let before = kept.as_ref().map_or(f64::NEG_INFINITY, Told::fitness);
        let progress = best.as_ref().is_some_and(|best| best.fitness() > before);
        if progress {
            *kept = best;
            *stagnant = 0;
        } else {
            *stagnant += 1;
        }
        if let Some(part) = part.take() {
            let count = failures.entry(part).or_default();
            *count = if progress { count.saturating_sub(1) } else { *count + 1 };
            if *count > self.config.patience && !left_alone.contains(&part) {
                left_alone.push(part);
            }
        }
        if progress {
            left_alone.pop();
        }
        *tip = kept.as_ref().map(|kept| kept.design.clone());
        if *stagnant >= self.config.stagnation {
            (*kept, *tip, *stagnant) = (None, None, 0);
            failures.clear();
            left_alone.clear();
        }
    }
}

#[cfg(test)]
mod tests;
