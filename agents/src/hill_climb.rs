//! Hill climbing: small changes to one design, kept when they help, and new starts when nothing does.
//!
//! One parameter changes at a time, so the method is native to every kind. Ordered parameters move by steps of their
//! own size and direction (Rosenbrock 1960): a success makes the step larger, a failure halves it and turns it round,
//! on whole levels down to the next one. Unordered kinds change as in [`DesignSpace::mutate`]. With a tabu list
//! (Glover 1989) the climb leaves a summit through the best of its neighbours; without, it starts anew once it makes
//! no more progress, by default near the best design so far (iterated local search, Lourenço, Martin and Stützle
//! 2003).

use std::collections::VecDeque;
use std::sync::Arc;

use rl_env::Error;
use rl_env::agent::{Agent, Context, Trial, from_snapshot, to_snapshot};
use rl_env::design::{Design, DesignSpace, Parameter, Value};
use rl_env::registry::AgentConfig;
use rl_env::seed::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::parts::round::{Round, Told, check_all};
use crate::parts::seen::Seen;

mod moves;

use moves::{Steps, kicked, tries};

/// Tours without a new neighbour after which the climb is over.
const TOURS: usize = 4;
/// Draws for a start that nobody proposed before.
const RETRIES: usize = 8;

/// Hyperparameters of hill climbing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Which neighbour is moved to.
    pub improvement: Improvement,
    /// Neighbours proposed together by first improvement, before it learns from any of them.
    #[schemars(range(min = 1, max = 64))]
    pub batch: usize,
    /// Trials without progress before a new start, as a multiple of the number of parameters that matter.
    #[schemars(range(min = 1.0, max = 1000.0))]
    pub patience: f64,
    /// Where a new start is.
    pub restart: Restart,
    /// Share of the parameters, one at least, that a new start near the best design draws anew.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub kick: f64,
    /// Probability that an ordered parameter is drawn anew instead of moved a step, so that a climb can leave a wave
    /// of the landscape.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub jump: f64,
    /// First step of an ordered parameter, as a share of its (logarithmic) range.
    #[schemars(range(min = 0.001, max = 0.5))]
    pub step: f64,
    /// Length of the tabu list: for so many moves, no parameter gets back a value that it was moved away from.
    #[schemars(range(min = 0, max = 1000))]
    pub tabu: usize,
}

/// Which neighbour is moved to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Improvement {
    /// The first that is better.
    First,
    /// The best of the whole neighbourhood, which is proposed together.
    Best,
}

/// Where a new start is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Restart {
    /// Anywhere.
    Random,
    /// At the best design so far with some parameters drawn anew.
    Perturbed,
}

/// Chosen by mean rank among 40 settings on the landscapes at 100, 300 and 1000 trials, sixteen seeds from 1000. A
/// long tabu list, best improvement and random restarts each cost ranks.
impl Default for Config {
    fn default() -> Self {
        Self {
            improvement: Improvement::First,
            batch: 1,
            patience: 2.0,
            restart: Restart::Perturbed,
            kick: 0.1,
            jump: 0.05,
            step: 0.3,
            tabu: 0,
        }
    }
}

impl AgentConfig for Config {
    const SUMMARY: &'static str =
        "Hill climbing over one parameter at a time with adaptive steps, restarts and an optional tabu list.";
    const REFERENCE: &'static str = "Rosenbrock 1960, An Automatic Method for Finding the Greatest or Least Value of \
         a Function; Lourenço, Martin and Stützle 2003, Iterated Local Search";

    fn sweep() -> Vec<Parameter> {
        vec![
            Parameter::choice("improvement", ["first", "best"]),
            Parameter::log_real("patience", 1.0, 10.0),
            Parameter::choice("restart", ["random", "perturbed"]),
            Parameter::real("kick", 0.0, 0.5).when("restart", ["perturbed"]),
            Parameter::real("jump", 0.0, 0.2),
            Parameter::log_real("step", 0.02, 0.5),
            Parameter::integer("tabu", 0, 50),
        ]
    }

    fn build(self, context: Context) -> Result<Box<dyn Agent>, Error> {
        Ok(Box::new(HillClimb::new(self, context)))
    }
}

/// Everything that changes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    rng: Rng,
    round: Round,
    /// The parameter changed by each design of the round; none by starts.
    moves: Vec<Option<usize>>,
    /// Parameters still to be tried on this tour of the neighbourhood, last first.
    tour: Vec<usize>,
    /// Where the climb is; none before a start is told.
    current: Option<Told>,
    best: Option<Told>,
    /// The best neighbour that was no better, of this tour.
    runner_up: Option<(usize, Told)>,
    steps: Steps,
    /// Trials without progress.
    failures: u64,
    /// Values moved away from, latest last.
    tabu: VecDeque<(usize, Value)>,
    seen: Seen,
}

struct HillClimb {
    config: Config,
    space: Arc<DesignSpace>,
    state: State,
}

impl Agent for HillClimb {
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
        match self.config.improvement {
            Improvement::First => self.config.batch,
            Improvement::Best => self.space.unit_dim(),
        }
    }

    fn snapshot(&self) -> Result<Json, Error> {
        to_snapshot(&self.state)
    }

    fn restore(&mut self, state: &Json) -> Result<(), Error> {
        let state: State = from_snapshot("hill-climb", state)?;
        state.round.check("hill-climb", &self.space)?;
        let kept = [&state.current, &state.best].into_iter().flatten();
        let kept = kept.chain(state.runner_up.iter().map(|(_, told)| told));
        check_all("hill-climb", &self.space, kept.map(|told| &told.design))?;
        let count = self.space.len();
        let moved = state.moves.iter().copied().flatten().chain(state.tour.iter().copied());
        let moved = moved.chain(state.runner_up.iter().map(|(parameter, _)| *parameter));
        if state.steps.len() != count || moved.into_iter().any(|parameter| parameter >= count) {
            let problem = format!("is not of a space of {count} parameters");
            return Err(Error::Snapshot { what: "hill-climb", problem });
        }
        self.state = state;
        Ok(())
    }
}

impl HillClimb {
    fn new(config: Config, context: Context) -> Self {
        let state = State {
            rng: context.seed.stream("hill-climb"),
            round: Round::default(),
            moves: Vec::new(),
            tour: Vec::new(),
            current: None,
            best: None,
            runner_up: None,
            steps: Steps::new(context.space.len(), config.step),
            failures: 0,
            tabu: VecDeque::new(),
            seen: Seen::default(),
        };
        Self { config, space: context.space, state }
    }

    fn propose(&mut self) {
        let mut designs = Vec::new();
        self.state.moves.clear();
        if !self.is_stuck() {
            let wanted = match self.config.improvement {
                Improvement::First => self.config.batch,
                Improvement::Best => usize::MAX,
            };
            while designs.len() < wanted {
                let Some((parameter, design)) = self.next_neighbour(designs.is_empty()) else { break };
                self.state.moves.push(Some(parameter));
                designs.push(design);
            }
        }
        if designs.is_empty() {
            designs.push(self.start());
            self.state.moves.push(None);
        }
        self.state.round.start(designs);
    }

    fn is_stuck(&self) -> bool {
        let Some(current) = &self.state.current else { return true };
        let dimensions = (0..current.design.0.len()).filter(|index| current.design.is_active(*index)).count();
        // From infeasible designs no way leads up.
        current.reward.is_none() || self.state.failures as f64 >= self.config.patience * dimensions as f64
    }

    /// The next neighbour that is allowed and new, with the parameter that it changes. Beyond the present tour of
    /// the neighbourhood only if `further`.
    fn next_neighbour(&mut self, further: bool) -> Option<(usize, Design)> {
        let mut tours = if further { TOURS } else { 0 };
        loop {
            while let Some(parameter) = self.state.tour.pop() {
                if let Some(design) = self.neighbour(parameter) {
                    return Some((parameter, design));
                }
                self.state.steps.resize(parameter, false);
            }
            if tours == 0 {
                return None;
            }
            tours -= 1;
            self.begin_tour();
        }
    }

    /// A design that differs in one parameter, if it is allowed and new.
    fn neighbour(&mut self, parameter: usize) -> Option<Design> {
        let State { rng, current, steps, tabu, seen, .. } = &mut self.state;
        let current = &current.as_ref()?.design;
        if !current.is_active(parameter) {
            return None;
        }
        let kind = &self.space.parameters()[parameter].kind;
        let value = steps.value(parameter, kind, &current.0[parameter], self.config.jump, rng);
        if tabu.iter().any(|(of, left)| *of == parameter && *left == value) {
            return None;
        }
        let mut next = current.clone();
        self.space.assign(&mut next, parameter, value, rng);
        (self.space.violated(&next).is_none() && seen.is_new(&next)).then_some(next)
    }

    /// Lists the parameters that matter in random order, those with several neighbours as often. A tour that found
    /// nothing better ends, with a tabu list, at the best it found.
    fn begin_tour(&mut self) {
        if self.config.tabu > 0
            && let Some((parameter, told)) = self.state.runner_up.take()
        {
            self.go_to(Some(parameter), told);
        }
        let State { rng, tour, current, .. } = &mut self.state;
        let Some(current) = current else { return };
        for (index, parameter) in self.space.parameters().iter().enumerate() {
            if current.design.is_active(index) {
                tour.extend((0..tries(&parameter.kind)).map(|_| index));
            }
        }
        rng.shuffle(tour);
    }

    /// A design to climb from.
    fn start(&mut self) -> Design {
        let State { rng, tour, current, runner_up, tabu, failures, steps, best, seen, .. } = &mut self.state;
        (*current, *runner_up, *failures) = (None, None, 0);
        tour.clear();
        tabu.clear();
        steps.draw(self.config.step, rng);
        let summit =
            best.as_ref().filter(|best| self.config.restart == Restart::Perturbed && best.reward.is_some());
        for _ in 0..RETRIES {
            let design = match summit {
                Some(summit) => kicked(&self.space, &summit.design, self.config.kick, rng),
                None => self.space.sample(rng),
            };
            if self.space.violated(&design).is_none() && seen.is_new(&design) {
                return design;
            }
        }
        let design = self.space.sample(rng);
        seen.is_new(&design);
        design
    }

    fn learn(&mut self, round: Vec<Told>) {
        let moves = std::mem::take(&mut self.state.moves);
        // Trials that nobody asked for are told without a move.
        let ours = moves.len() == round.len();
        let before = self.state.current.as_ref().map(Told::fitness);
        let mut progress = false;
        self.state.failures += round.len() as u64;
        for (i, told) in round.into_iter().enumerate() {
            let parameter = if ours { moves[i] } else { None };
            let better = before.is_none_or(|before| told.fitness() > before);
            progress |= better;
            let moved = self.consider(parameter, told);
            match parameter {
                Some(parameter) if moved && better => {
                    self.state.steps.resize(parameter, true);
                    // On in the same direction at once.
                    self.state.tour.push(parameter);
                }
                Some(parameter) if !better => self.state.steps.resize(parameter, false),
                _ => {}
            }
        }
        if progress {
            self.state.failures = 0;
        }
    }

    /// Moves to a design that is as good as the present one; on a plateau this is no progress. Says whether it moved.
    fn consider(&mut self, parameter: Option<usize>, told: Told) -> bool {
        let State { best, current, runner_up, .. } = &mut self.state;
        if best.as_ref().is_none_or(|best| told.fitness() > best.fitness()) {
            *best = Some(told.clone());
        }
        if current.as_ref().is_none_or(|current| told.fitness() >= current.fitness()) {
            self.go_to(parameter, told);
            return true;
        }
        if let Some(parameter) = parameter
            && runner_up.as_ref().is_none_or(|(_, other)| told.fitness() > other.fitness())
        {
            *runner_up = Some((parameter, told));
        }
        false
    }

    fn go_to(&mut self, parameter: Option<usize>, told: Told) {
        let State { current, tabu, runner_up, .. } = &mut self.state;
        *runner_up = None;
        if let (Some(parameter), Some(left)) = (parameter, &*current) {
            tabu.push_back((parameter, left.design.0[parameter].clone()));
            tabu.drain(..tabu.len().saturating_sub(self.config.tabu));
        }
        *current = Some(told);
    }
}

#[cfg(test)]
mod tests;
