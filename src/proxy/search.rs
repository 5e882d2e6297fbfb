//! Proxy in the loop: any agent searches, a proxy that learns on the way decides which of its proposals are worth a
//! simulation, and only simulated designs are ever reported.
//!
//! The proposals predicted to be best are simulated, and some of those that the proxy knows least about; the agent is
//! told of the others what the proxy predicts. The proxy learns anew whenever it has seen a quarter more.

use std::collections::HashMap;
use std::collections::VecDeque;

use anyhow::{Context as _, Result};
use rl_env::agent::{Agent, Trial};
use rl_env::design::Design;
use rl_env::objective::Scorer;
use rl_env::problem::{self, Outcome, Problem};
use rl_env::seed::Seed;

use super::encoding::Encoder;
use super::fitted::{Choice, Fitted};
use super::lesson::{FEWEST, Lesson};
use super::models::find_proxy;
use super::parts::matrix::Matrix;
use super::samples::Wanted;
use crate::cache::{Addresses, Key};
use crate::run::Best;
use crate::usage::Usage;

/// Share of the proposals that are simulated for their promise, and for what can be learnt from them.
const PROMISING: f64 = 0.08;
const UNSURE: f64 = 0.02;
/// Proposals that the shares are shares of.
const RECENT: usize = 400;
/// Designs simulated before the first model.
const FIRST: usize = 60;
/// Growth of the data after which the proxy learns anew.
const GROWTH: f64 = 1.25;
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
        let trials = hunter.evaluate(designs, budget, screened)?;
        agent.tell(&trials)?;
        if screened {
            hunter.learn()?;
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
    promise: Recent,
    doubt: Recent,
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
            promise: Recent::default(),
            doubt: Recent::default(),
            hunt: Hunt { best: None, curve: Vec::new(), calls: 0, proposals: 0 },
        })
    }

    fn evaluate(&mut self, designs: Vec<Design>, budget: u64, screened: bool) -> Result<Vec<Trial>> {
        let mut trials = Vec::with_capacity(designs.len());
        for design in designs {
            self.problem.space().check(&design).context("the agent proposed a design outside the space")?;
            self.hunt.proposals += 1;
            let (outcome, cached) = self.outcome(&design, budget, screened);
            let reward = outcome.metrics().map(|metrics| self.scorer.reward(metrics));
            trials.push(Trial { design, outcome, reward, axes: Vec::new(), cached });
        }
        Ok(trials)
    }

    /// The outcome of a design, simulated or predicted, and whether it was known.
    fn outcome(&mut self, design: &Design, budget: u64, screened: bool) -> (Outcome, bool) {
        let space = self.problem.space();
        if space.violated(design).is_some() {
            return (problem::evaluate(self.problem, design), false);
        }
        let canonical = self.problem.canonical(design).into_owned();
        let key = self.addresses.of(&canonical);
        if let Some(outcome) = self.known.get(&key) {
            return (outcome.clone(), true);
        }
        let predicted = if screened { self.predict(&canonical) } else { None };
        match predicted {
            Some((outcome, worthwhile)) if !worthwhile || self.hunt.calls >= budget => (outcome, false),
            None if self.hunt.calls >= budget => {
                (Outcome::infeasible("budget-spent", "the budget of simulator calls is spent"), false)
            }
            _ => (self.simulate(canonical, key), false),
        }
    }

    /// What the proxy predicts, and whether the design is worth a simulation.
    fn predict(&mut self, canonical: &Design) -> Option<(Outcome, bool)> {
        let proxy = self.proxy.as_ref()?;
        let features = self.encoder.encode([canonical]);
        let works = proxy.chance(&features).is_none_or(|chances| chances[0] >= 0.5);
        let predictions = proxy.predict(&features);
        let doubt = predictions.measure.data.iter().sum::<f64>();
        let values = proxy.targets.iter().zip(predictions.scaled.row(0)).map(|(target, z)| target.back(*z));
        // Metrics that the objective does not read are left at 0: the agent sees them, and its reward does not.
        let mut metrics = vec![0.0; self.problem.metrics().len()];
        values.zip(self.lesson.wanted.places()).for_each(|(x, place)| metrics[*place] = x);
        let unsure = self.doubt.is_among_highest(doubt, UNSURE);
        if !works {
            return Some((
                Outcome::infeasible("predicted-infeasible", "the proxy expects it to fail"),
                unsure,
            ));
        }
        let reward = self.scorer.reward(&metrics);
        let promising = self.promise.is_among_highest(reward, PROMISING);
        Some((Outcome::Feasible(metrics.into()), promising || unsure))
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
            if self.hunt.best.as_ref().is_none_or(|best| reward > best.reward) {
                self.hunt.curve.push((self.hunt.calls, reward));
                let step = self.hunt.proposals - 1;
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
        self.next = (self.lesson.len() as f64 * GROWTH) as usize;
        (self.promise, self.doubt) = (Recent::default(), Recent::default());
        Ok(())
    }
}

/// The values of recent proposals.
#[derive(Debug, Default)]
struct Recent(VecDeque<f64>);

impl Recent {
    /// Whether a value is among the highest `share` of the recent ones, to which it is added. Until there are enough
    /// to tell, only a new highest is.
    fn is_among_highest(&mut self, value: f64, share: f64) -> bool {
        let higher = self.0.iter().filter(|known| **known >= value).count();
        let allowed = (share * self.0.len() as f64) as usize;
        self.0.push_back(value);
        if self.0.len() > RECENT {
            self.0.pop_front();
        }
        higher <= allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_share_of_recent_values_is_chosen() {
        let mut recent = Recent::default();
        let mut rng = Seed(0).stream("test");
        let chosen = (0..4000).filter(|_| recent.is_among_highest(rng.uniform(), 0.1)).count();
        assert!((300..520).contains(&chosen), "{chosen}");
        assert!(recent.is_among_highest(2.0, 0.0) && !recent.is_among_highest(-1.0, 0.1));
    }
}
