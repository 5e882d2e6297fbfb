//! Proxy in the loop: beside any agent, a proxy that learns from the same simulations screens designs by the thousand
//! and spends a share of the simulator calls on the most promising, or on the one that it knows least about. Its share
//! is that of the improvements that it found.
//!
//! The agent's own proposals are always simulated, so that it learns from truth alone. Only simulated designs are ever
//! reported.

use std::collections::{HashMap, HashSet};

use anyhow::{Context as _, Result};
use rl_env::agent::{Agent, Trial};
use rl_env::design::Design;
use rl_env::objective::Scorer;
use rl_env::problem::{self, Outcome, Problem};
use rl_env::seed::{Rng, Seed};

use super::encoding::Encoder;
use super::fitted::{Choice, Fitted};
use super::lesson::{FEWEST, Lesson};
use super::models::find_proxy;
use super::parts::matrix::Matrix;
use super::samples::Wanted;
use crate::cache::{Addresses, Key};
use crate::run::Best;
use crate::usage::Usage;

/// Simulator calls before the first model.
const FIRST: usize = 30;
/// Growth of the data after which the proxy learns anew.
const GROWTH: f64 = 1.1;
/// Designs that are screened at a time: drawn from the whole space, and changed from the best simulated ones.
const DRAWN: usize = 300;
const CHANGED: usize = 1200;
/// Best simulated designs that are changed, and most parameters changed at once.
const PARENTS: usize = 8;
const CHANGES: u64 = 3;
/// One simulation in so many of the proxy's goes to the design that it knows least about.
const CURIOUS: u64 = 5;
/// What an improvement counts for after the next one: the shares follow the present state of the search.
const MEMORY: f64 = 0.9;
/// Least and most calls of the proxy for one of the agent's.
const SHARE: (f64, f64) = (0.2, 4.0);
/// Proposals for each simulator call of the budget after which a search gives up.
const PATIENCE: u64 = 200;
/// Most designs asked for at once.
const MOST_AT_ONCE: usize = 256;
/// Learns fast from few designs and knows where it is unsure.
const MODEL: &str = "extra-trees";

/// What a search came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Hunt {
    /// The best simulated design.
    pub best: Option<Best>,
    /// Simulator calls and best reward, whenever it improved.
    pub curve: Vec<(u64, f64)>,
    /// Simulator calls.
    pub calls: u64,
    /// Designs that the agent proposed.
    pub proposals: u64,
}

/// Searches with at most `budget` simulator calls; without `screened`, the agent alone.
///
/// # Errors
/// If the objective has no single reward, or the agent or a model fails.
pub fn search(
    problem: &dyn Problem,
    scorer: &Scorer,
    agent: &mut dyn Agent,
    budget: u64,
    screened: bool,
    seed: Seed,
) -> Result<Hunt> {
    if scorer.axis_count() > 0 {
        return Err(Usage::error(
            "a proxy in the loop needs an objective with one reward, not a Pareto front",
        ));
    }
    let mut hunter = Hunter::new(problem, scorer, seed)?;
    while hunter.hunt.calls < budget && hunter.hunt.proposals < budget.saturating_mul(PATIENCE) {
        let wanted = agent.batch().clamp(1, MOST_AT_ONCE);
        let designs = agent.ask(wanted)?;
        if designs.is_empty() {
            break;
        }
        let before = hunter.hunt.calls;
        hunter.turn = Turn::Agent;
        let trials = hunter.evaluate(designs, budget)?;
        agent.tell(&trials)?;
        if screened {
            let spent = hunter.share(hunter.hunt.calls - before);
            hunter.learn()?;
            hunter.screen(spent.min(budget - hunter.hunt.calls));
        }
    }
    Ok(hunter.hunt)
}

struct Hunter<'a> {
    problem: &'a dyn Problem,
    scorer: &'a Scorer,
    encoder: Encoder,
    addresses: Addresses,
    seed: Seed,
    known: HashMap<Key, Outcome>,
    lesson: Lesson,
    proxy: Option<Fitted>,
    /// Size of the data at which the proxy learns anew.
    next: usize,
    /// The best simulated designs with their rewards, best first.
    parents: Vec<(f64, Design)>,
    rng: Rng,
    /// Whose turn it is, and what each has contributed.
    turn: Turn,
    improvements: [f64; 2],
    /// Part of a call that the proxy still has.
    owed: f64,
    /// Simulator calls spent for the proxy.
    screened: u64,
    hunt: Hunt,
}

impl<'a> Hunter<'a> {
    fn new(problem: &'a dyn Problem, scorer: &'a Scorer, seed: Seed) -> Result<Self> {
        let names: Vec<String> = scorer.objective().metrics().iter().map(|name| (*name).to_owned()).collect();
        let mut unique: Vec<String> = Vec::new();
        names.into_iter().for_each(|name| {
            if !unique.contains(&name) {
                unique.push(name);
            }
        });
        let wanted = Wanted::new(problem, &unique)?;
        let encoder = Encoder::new(problem.space());
        let lesson = Lesson {
            features: Matrix::new(encoder.len()),
            values: Matrix::new(unique.len()),
            feasible: Vec::new(),
            wanted,
        };
        Ok(Self {
            problem,
            scorer,
            encoder,
            addresses: Addresses::new("", "", problem),
            seed,
            known: HashMap::new(),
            lesson,
            proxy: None,
            next: FIRST,
            parents: Vec::new(),
            rng: seed.stream("screening"),
            turn: Turn::Agent,
            improvements: [1.0; 2],
            owed: 0.0,
            screened: 0,
            hunt: Hunt { best: None, curve: Vec::new(), calls: 0, proposals: 0 },
        })
    }

    fn evaluate(&mut self, designs: Vec<Design>, budget: u64) -> Result<Vec<Trial>> {
        let mut trials = Vec::with_capacity(designs.len());
        for design in designs {
            self.problem.space().check(&design).context("the agent proposed a design outside the space")?;
            self.hunt.proposals += 1;
            let (outcome, cached) = self.outcome(&design, budget);
            let reward = outcome.metrics().map(|metrics| self.scorer.reward(metrics));
            trials.push(Trial { design, outcome, reward, axes: Vec::new(), cached });
        }
        Ok(trials)
    }

    /// The outcome of a design, and whether it was known.
    fn outcome(&mut self, design: &Design, budget: u64) -> (Outcome, bool) {
        if self.problem.space().violated(design).is_some() {
            return (problem::evaluate(self.problem, design), false);
        }
        let canonical = self.problem.canonical(design).into_owned();
        let key = self.addresses.of(&canonical);
        match self.known.get(&key) {
            Some(outcome) => (outcome.clone(), true),
            // The rest of a batch that is larger than what is left; nobody asks the agent again.
            None if self.hunt.calls >= budget => {
                (Outcome::infeasible("budget-spent", "the budget of simulator calls is spent"), false)
            }
            None => (self.simulate(canonical, key), false),
        }
    }

    /// The proxy's calls for so many of the agent's.
    fn share(&mut self, calls: u64) -> u64 {
        let [agent, proxy] = self.improvements;
        self.owed += calls as f64 * (proxy / agent).clamp(SHARE.0, SHARE.1);
        let whole = self.owed.floor();
        self.owed -= whole;
        whole as u64
    }

    /// Spends `calls` simulator calls on what the proxy finds promising, and on what it knows least about.
    fn screen(&mut self, calls: u64) {
        if self.proxy.is_none() || calls == 0 {
            return;
        }
        self.turn = Turn::Proxy;
        let pool = self.pool();
        let mut judged = self.judge(&pool);
        for _ in 0..calls {
            self.screened += 1;
            let curious = self.screened.is_multiple_of(CURIOUS);
            let value = |judged: &Judged| if curious { judged.doubt } else { judged.hope };
            let best = (0..judged.len()).max_by(|a, b| value(&judged[*a]).total_cmp(&value(&judged[*b])));
            let Some(best) = best else { return };
            let at = judged.swap_remove(best).at;
            let (key, design) = pool[at].clone();
            self.simulate(design, key);
        }
    }

    /// Canonical designs that were not simulated, each once.
    fn pool(&mut self) -> Vec<(Key, Design)> {
        let space = self.problem.space();
        let mut pool: Vec<(Key, Design)> = Vec::new();
        let mut seen: HashSet<Key> = HashSet::new();
        for number in 0..DRAWN + CHANGED {
            let design = if number < DRAWN || self.parents.is_empty() {
                space.sample(&mut self.rng)
            } else {
                let mut design = self.parents[self.rng.index(self.parents.len())].1.clone();
                for _ in 0..=self.rng.below(CHANGES) {
                    let index = self.rng.index(space.len());
                    space.mutate(&mut design, index, &mut self.rng);
                }
                design
            };
            if space.violated(&design).is_some() {
                continue;
            }
            let canonical = self.problem.canonical(&design).into_owned();
            let key = self.addresses.of(&canonical);
            if !self.known.contains_key(&key) && seen.insert(key) {
                pool.push((key, canonical));
            }
        }
        pool
    }

    /// The designs of a pool that are likely to work.
    fn judge(&self, pool: &[(Key, Design)]) -> Vec<Judged> {
        let Some(proxy) = &self.proxy else { return Vec::new() };
        let features = self.encoder.encode(pool.iter().map(|(_, design)| design));
        let chances = proxy.chance(&features);
        let predictions = proxy.predict(&features);
        // Metrics that the objective does not read stay 0: the reward does not depend on them.
        let mut metrics = vec![0.0; self.problem.metrics().len()];
        let mut reward = |at: usize, shift: f64| {
            let (scaled, measure) = (predictions.scaled.row(at), predictions.measure.row(at));
            for (i, place) in self.lesson.wanted.places().iter().enumerate() {
                metrics[*place] = proxy.targets[i].back(scaled[i] + shift * measure[i]);
            }
            self.scorer.reward(&metrics)
        };
        let judge = |at: usize| Judged {
            at,
            hope: [-1.0, 0.0, 1.0]
                .map(|shift| reward(at, shift))
                .into_iter()
                .fold(f64::NEG_INFINITY, f64::max),
            doubt: predictions.measure.row(at).iter().sum(),
        };
        let likely = |at: &usize| chances.as_ref().is_none_or(|chances| chances[*at] >= 0.5);
        (0..pool.len()).filter(likely).map(judge).collect()
    }

    fn simulate(&mut self, canonical: Design, key: Key) -> Outcome {
        let outcome = self.problem.evaluate(&canonical);
        self.hunt.calls += 1;
        self.encoder.write(&canonical, &mut self.lesson.features.data);
        self.lesson.feasible.push(outcome.is_feasible());
        let places = self.lesson.wanted.places();
        match outcome.metrics() {
            Some(metrics) => self.lesson.values.data.extend(places.iter().map(|place| metrics[*place])),
            None => self.lesson.values.data.extend(places.iter().map(|_| f64::NAN)),
        }
        if let Some(metrics) = outcome.metrics() {
            let reward = self.scorer.reward(metrics);
            let place = self.parents.partition_point(|(known, _)| *known >= reward);
            self.parents.insert(place, (reward, canonical.clone()));
            self.parents.truncate(PARENTS);
            if self.hunt.best.as_ref().is_none_or(|best| reward > best.reward) {
                self.improvements = self.improvements.map(|all| all * MEMORY + (1.0 - MEMORY) * 0.5);
                self.improvements[self.turn as usize] += 1.0 - MEMORY;
                self.hunt.curve.push((self.hunt.calls, reward));
                let step = self.hunt.calls - 1;
                self.hunt.best = Some(Best { reward, design: canonical, metrics: metrics.into(), step });
            }
        }
        self.known.insert(key, outcome.clone());
        outcome
    }

    fn learn(&mut self) -> Result<()> {
        let working = self.lesson.feasible.iter().filter(|works| **works).count();
        if self.lesson.len() < self.next || working < FEWEST {
            return Ok(());
        }
        let choice = Choice::One(find_proxy(MODEL)?);
        // What does not vary yet cannot be learnt yet.
        self.proxy =
            Fitted::fit(&self.lesson, choice, self.seed.child("proxy", self.lesson.len() as u64)).ok();
        self.next = (self.lesson.len() as f64 * GROWTH) as usize + 1;
        Ok(())
    }
}

/// Who spends the next simulator call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Agent,
    Proxy,
}

/// What the proxy thinks of a design.
struct Judged {
    /// Its place in the pool.
    at: usize,
    /// The reward that it may have: predicted, or one measure of uncertainty to either side.
    hope: f64,
    /// How little is known about it.
    doubt: f64,
}
