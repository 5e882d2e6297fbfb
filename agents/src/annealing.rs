//! Simulated annealing: worse designs are accepted too, ever more rarely as the temperature falls.
//!
//! Metropolis' rule with geometric cooling (Kirkpatrick, Gelatt and Vecchi 1983). The first designs are random: the
//! median distance of their rewards sets the initial temperature such that a loss of that size is accepted with a
//! given probability, so the search does not depend on the scale or the zero of the reward. By default the
//! temperature falls over the whole budget. Steps of ordered parameters adapt to be accepted about every other time
//! (Corana et al. 1987); unordered kinds change as in [`DesignSpace::mutate`].
//!
//! Several chains share the temperature and are moved together. Repeats of known designs are moved again, and cost no
//! temperature when they happen nevertheless.

use std::sync::Arc;

use libm::{exp, log, pow};
use rl_env::Error;
use rl_env::agent::{Agent, Context, Trial, from_snapshot, to_snapshot};
use rl_env::design::{Design, DesignSpace, Parameter};
use rl_env::registry::AgentConfig;
use rl_env::seed::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::parts::round::{Round, Told, check_all};
use crate::parts::seen::Seen;

/// Times that a neighbour which breaks a constraint, or is known already, is moved again.
const RETRIES: usize = 8;
/// Factors of a step that was accepted and of one that was not: in balance at an acceptance of 0.44 (Corana's 0.4 to
/// 0.6; 0.44 is best for one dimension, Gelman, Roberts and Gilks 1996).
const ACCEPTED: f64 = 1.25;
const REFUSED: f64 = 0.839_2;
/// Most rewards that set the temperature.
const REWARDS: usize = 64;
/// Smallest and largest step, as shares of the range.
const STEPS: (f64, f64) = (1e-6, 0.5);

/// Hyperparameters of simulated annealing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Random designs that set the temperature, per chain; each chain starts from its best. At most a fifth of the
    /// budget.
    #[schemars(range(min = 2, max = 1000))]
    pub warmup: usize,
    /// Probability that a loss of the median distance between random designs is accepted at first.
    #[schemars(range(min = 0.001, max = 0.99))]
    pub initial_acceptance: f64,
    /// Temperature at the end of cooling, as a share of the first.
    #[schemars(range(min = 1e-9, max = 1.0))]
    pub final_temperature: f64,
    /// Factor of the temperature after `moves` moves; 0 chooses it such that cooling ends with the budget.
    #[schemars(range(min = 0.0, max = 0.9999))]
    pub cooling: f64,
    /// Moves of each chain at one temperature.
    #[schemars(range(min = 1, max = 10000))]
    pub moves: usize,
    /// Times that the temperature rises again after cooling, to half of its last start; the chains go on from the best
    /// design.
    #[schemars(range(min = 0, max = 100))]
    pub reheats: usize,
    /// Standard deviation of the first steps of ordered parameters, as a share of their (logarithmic) range.
    #[schemars(range(min = 0.001, max = 0.5))]
    pub step: f64,
    /// Chains moved together.
    #[schemars(range(min = 1, max = 64))]
    pub chains: usize,
}

/// Chosen by mean rank among 18 settings on the landscapes at 100, 300 and 1000 trials, ten seeds from 1000. A hotter
/// start, parallel chains and reheats cost ranks at these budgets.
impl Default for Config {
    fn default() -> Self {
        Self {
            warmup: 10,
            initial_acceptance: 0.3,
            final_temperature: 1e-4,
            cooling: 0.0,
            moves: 1,
            reheats: 0,
            step: 0.3,
            chains: 1,
        }
    }
}

impl AgentConfig for Config {
    const SUMMARY: &'static str =
        "Simulated annealing over one parameter at a time, cooled over the budget, with adaptive steps.";
    const REFERENCE: &'static str =
        "Kirkpatrick, Gelatt and Vecchi 1983, Optimization by Simulated Annealing";

    fn sweep() -> Vec<Parameter> {
        vec![
            Parameter::real("initial_acceptance", 0.1, 0.95),
            Parameter::log_real("final_temperature", 1e-5, 1e-1),
            Parameter::log_real("cooling", 0.8, 0.999),
            Parameter::integer("moves", 1, 50),
            Parameter::integer("reheats", 0, 3),
            Parameter::log_real("step", 0.02, 0.5),
            Parameter::power_of_two("chains", 1, 8),
        ]
    }

    fn build(self, context: Context) -> Result<Box<dyn Agent>, Error> {
        Ok(Box::new(Annealing::new(self, context)))
    }
}

/// One walk.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Chain {
    current: Option<Told>,
    /// Step of each ordered parameter, as a share of its range.
    steps: Vec<f64>,
}

/// Everything that changes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    rng: Rng,
    round: Round,
    /// The parameter changed by each design of the round, one design a chain; none by random designs.
    moves: Vec<Option<usize>>,
    chains: Vec<Chain>,
    best: Option<Told>,
    /// Rewards that set the temperature.
    rewards: Vec<f64>,
    /// Median distance of those rewards.
    scale: f64,
    /// Random rounds so far.
    warm: usize,
    /// New designs told since the temperature last rose.
    spent: u64,
    /// Times that it rose.
    reheated: usize,
    seen: Seen,
}

struct Annealing {
    config: Config,
    space: Arc<DesignSpace>,
    budget: u64,
    state: State,
}

impl Agent for Annealing {
    fn ask(&mut self, n: usize) -> Result<Vec<Design>, Error> {
        if self.state.round.is_served() {
            self.propose();
        }
        Ok(self.state.round.serve(n))
    }

    fn tell(&mut self, trials: &[Trial]) -> Result<(), Error> {
        if self.is_warm() {
            self.state.spent += trials.iter().filter(|trial| !trial.cached).count() as u64;
        }
        if let Some(round) = self.state.round.tell(trials) {
            self.learn(round);
        }
        Ok(())
    }

    fn batch(&self) -> usize {
        self.config.chains
    }

    fn snapshot(&self) -> Result<Json, Error> {
        to_snapshot(&self.state)
    }

    fn restore(&mut self, state: &Json) -> Result<(), Error> {
        let state: State = from_snapshot("annealing", state)?;
        state.round.check("annealing", &self.space)?;
        let kept = state.chains.iter().filter_map(|chain| chain.current.as_ref()).chain(&state.best);
        check_all("annealing", &self.space, kept.map(|told| &told.design))?;
        let count = self.space.len();
        let fits = state.chains.len() == self.config.chains
            && state.chains.iter().all(|chain| chain.steps.len() == count)
            && state.moves.iter().flatten().all(|parameter| *parameter < count);
        if !fits {
            let problem = format!("is not of {} chains over {count} parameters", self.config.chains);
            return Err(Error::Snapshot { what: "annealing", problem });
        }
        self.state = state;
        Ok(())
    }
}

impl Annealing {
    fn new(config: Config, context: Context) -> Self {
        let chain = Chain { current: None, steps: vec![config.step; context.space.len()] };
        let state = State {
            rng: context.seed.stream("annealing"),
            round: Round::default(),
            moves: Vec::new(),
            chains: vec![chain; config.chains],
            best: None,
            rewards: Vec::new(),
            scale: 0.0,
            warm: 0,
            spent: 0,
            reheated: 0,
            seen: Seen::default(),
        };
        Self { config, space: context.space, budget: context.budget, state }
    }

    /// Random rounds before the first move.
    fn warmup(&self) -> usize {
        let most = self.budget / 5 / self.config.chains as u64;
        self.config.warmup.min(most as usize).max(1)
    }

    fn is_warm(&self) -> bool {
        self.state.warm >= self.warmup()
    }

    /// Moves of each chain during one fall of the temperature.
    fn fall(&self) -> f64 {
        let warmup = (self.warmup() * self.config.chains) as u64;
        let moves = self.budget.saturating_sub(warmup) as f64 / self.config.chains as f64;
        moves / (self.config.reheats as f64 + 1.0)
    }

    /// Kirkpatrick's Tₖ = T₀ αᵏ as a share of T₀; `None` once the fall is over.
    fn cooled(&self) -> Option<f64> {
        let moves = (self.state.spent / self.config.chains as u64) as f64;
        let k = (moves / self.config.moves as f64).floor();
        let share = if self.config.cooling > 0.0 {
            pow(self.config.cooling, k)
        } else {
            pow(self.config.final_temperature, k * self.config.moves as f64 / self.fall().max(1.0))
        };
        (share > self.config.final_temperature).then_some(share)
    }

    /// At T₀ a loss of the median distance d is accepted with the given probability: T₀ = -d/ln p.
    fn temperature(&self) -> f64 {
        let first = -self.state.scale / log(self.config.initial_acceptance);
        let reheated = pow(0.5, self.state.reheated as f64);
        first * reheated * self.cooled().unwrap_or(self.config.final_temperature)
    }

    fn propose(&mut self) {
        if self.is_warm() && self.cooled().is_none() && self.state.reheated < self.config.reheats {
            self.reheat();
        }
        self.state.moves.clear();
        let mut designs = Vec::with_capacity(self.config.chains);
        for chain in 0..self.config.chains {
            let (parameter, design) = self.candidate(chain);
            self.state.moves.push(parameter);
            designs.push(design);
        }
        self.state.round.start(designs);
    }

    fn reheat(&mut self) {
        self.state.reheated += 1;
        self.state.spent = 0;
        let best = &self.state.best;
        self.state.chains.iter_mut().for_each(|chain| chain.current.clone_from(best));
    }

    /// A neighbour of where a chain is; a random design while there is no such feasible place.
    fn candidate(&mut self, chain: usize) -> (Option<usize>, Design) {
        let warm = self.is_warm();
        let State { rng, chains, seen, .. } = &mut self.state;
        let Chain { current, steps } = &chains[chain];
        let here = current.as_ref().filter(|told| warm && told.reward.is_some()).map(|told| &told.design);
        let mut design = here.map_or_else(|| self.space.sample(rng), Clone::clone);
        let mut first = None;
        for _ in 0..RETRIES {
            match here {
                Some(here) => {
                    if self.space.violated(&design).is_some() {
                        design.clone_from(here);
                    }
                    first = moved(&self.space, &mut design, steps, rng);
                }
                None => design = self.space.sample(rng),
            }
            if self.space.violated(&design).is_none() && seen.is_new(&design) {
                return (first, design);
            }
        }
        let design = self.space.sample(rng);
        seen.is_new(&design);
        (None, design)
    }

    /// Takes in rewards that set the temperature, until there are enough and two differ.
    fn gauge(&mut self, round: &[Told]) {
        let State { rewards, scale, .. } = &mut self.state;
        for reward in round.iter().filter_map(|told| told.reward) {
            // All alike so far if these are enough.
            rewards.truncate(REWARDS - 1);
            rewards.push(reward);
        }
        *scale = median_distance(rewards);
    }

    fn learn(&mut self, round: Vec<Told>) {
        let moves = std::mem::take(&mut self.state.moves);
        // Trials that nobody asked for are no chain's.
        let ours = moves.len() == round.len();
        if !self.is_warm() || self.state.scale == 0.0 {
            self.gauge(&round);
        }
        let temperature = self.temperature();
        let warm = self.is_warm();
        self.state.warm += usize::from(ours && !warm);
        for (i, told) in round.into_iter().enumerate() {
            let State { rng, chains, best, .. } = &mut self.state;
            if best.as_ref().is_none_or(|best| told.fitness() > best.fitness()) {
                *best = Some(told.clone());
            }
            let chain = &mut chains[if ours { i } else { 0 }];
            let accepted = chain.current.as_ref().is_none_or(|current| {
                let loss = loss(current.fitness(), told.fitness());
                // Strangers and random designs have to be as good.
                loss <= 0.0 || warm && ours && moves[i].is_some() && rng.uniform() < exp(-loss / temperature)
            });
            if let Some(parameter) = moves.get(i).copied().flatten().filter(|_| ours) {
                let step = &mut chain.steps[parameter];
                *step = (*step * if accepted { ACCEPTED } else { REFUSED }).clamp(STEPS.0, STEPS.1);
            }
            if accepted {
                chain.current = Some(told);
            }
        }
    }
}

/// Changes one parameter that matters, which it names.
fn moved(space: &DesignSpace, design: &mut Design, steps: &[f64], rng: &mut Rng) -> Option<usize> {
    let active = (0..design.0.len()).filter(|index| design.is_active(*index)).count();
    let pick = rng.index(active);
    let parameter = (0..design.0.len()).filter(|index| design.is_active(*index)).nth(pick)?;
    let kind = &space.parameters()[parameter].kind;
    let value = kind
        .step(&design.0[parameter], steps[parameter] * rng.normal())
        .unwrap_or_else(|| kind.mutate(&design.0[parameter], rng));
    space.assign(design, parameter, value, rng);
    Some(parameter)
}

/// What a move costs; halves, because the distance of two rewards may be no number. Infeasible designs cost
/// everything.
fn loss(from: f64, to: f64) -> f64 {
    match to {
        _ if from <= to => 0.0,
        f64::NEG_INFINITY => f64::INFINITY,
        _ => 2.0 * (0.5 * from - 0.5 * to).min(0.25 * f64::MAX),
    }
}

/// Median distance of two of the rewards that differ; 0 if there are none.
fn median_distance(rewards: &[f64]) -> f64 {
    let pairs = rewards.iter().enumerate().flat_map(|(i, a)| rewards[..i].iter().map(move |b| (*a, *b)));
    let mut distances: Vec<f64> = pairs.map(|(a, b)| loss(a.max(b), a.min(b))).filter(|d| *d > 0.0).collect();
    let middle = distances.len() / 2;
    if distances.is_empty() { 0.0 } else { *distances.select_nth_unstable_by(middle, f64::total_cmp).1 }
}

#[cfg(test)]
mod tests;
