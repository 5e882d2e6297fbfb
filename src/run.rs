//! One run: ask → evaluate → remember → tell → log, until the budget of simulator calls is spent.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result, bail};
use rayon::prelude::*;
use rl_env::agent::{Agent, Trial};
use rl_env::design::Design;
use rl_env::objective::{Objective, Scorer};
use rl_env::pareto::Front;
use rl_env::problem::{self, Outcome, Problem};
use serde::{Deserialize, Serialize};

use crate::cache::{Addresses, Cache, Key, Memory};

/// Most designs asked for at once, whatever the agent would like.
const MOST_AT_ONCE: usize = 4096;
/// Samples without a new simulator call after which a run gives up.
const PATIENCE: u64 = 1000;
/// Samples per simulator call of the budget after which a run gives up.
const REPEATS: u64 = 10;

/// What a run works on.
#[derive(Debug)]
pub struct Task<'a, P: Problem + ?Sized> {
    /// The problem.
    pub problem: &'a P,
    /// The objective, tied to the problem's metrics.
    pub scorer: &'a Scorer,
    /// Content addresses of the problem's designs.
    pub addresses: Addresses,
    /// Unique simulator calls to spend.
    pub budget: u64,
    /// Outcomes known from other runs.
    pub shared: Option<&'a Cache>,
    /// Evaluate the designs of a batch in parallel.
    pub parallel: bool,
    /// Set from outside to end the run early.
    pub stop: &'a AtomicBool,
}

impl<P: Problem + ?Sized> Task<'_, P> {
    /// Why a run ended whose agent failed: agents in other processes fail when everything is told to end.
    fn given_up(&self, failure: String) -> (Status, Option<String>) {
        match self.stop.load(Ordering::Relaxed) {
            true => (Status::Interrupted, None),
            false => (Status::Failed, Some(failure)),
        }
    }
}

/// Why a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// The budget is spent.
    Complete,
    /// The agent had nothing more to propose.
    Exhausted,
    /// The agent kept repeating designs: 1000 times in a row, ten times the budget in all, or because every design
    /// of the space is known.
    Stalled,
    /// The run was stopped from outside; it will be repeated.
    Interrupted,
    /// The agent failed or broke its contract.
    Failed,
}

/// The best design of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// Its reward.
    pub reward: f64,
    /// The design.
    pub design: Design,
    /// Its metrics.
    pub metrics: Box<[f64]>,
    /// The sample at which it was found, counted from 0.
    pub step: u64,
}

/// What a run comes to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Why it ended.
    pub status: Status,
    /// The best feasible design.
    pub best: Option<Best>,
    /// Hypervolume of the front, for Pareto objectives.
    pub hypervolume: Option<f64>,
    /// Designs told to the agent.
    pub samples: u64,
    /// Unique designs simulated (or served by the sweep's shared cache).
    pub simulator_calls: u64,
    /// What went wrong, if the run failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

impl Summary {
    /// The summary of a run that failed before its first sample.
    pub fn failed(failure: String) -> Self {
        State::default().summary(Status::Failed, Some(failure), 0)
    }

    /// What the run is judged by: the hypervolume of a Pareto run, else the best reward.
    pub fn score(&self) -> Option<f64> {
        self.hypervolume.or_else(|| self.best.as_ref().map(|best| best.reward))
    }
}

/// Where the samples of a run go: called once per trial, with its step.
pub type Log<'a> = dyn FnMut(u64, &Trial) -> Result<()> + 'a;

/// Runs `agent` on a task.
///
/// An agent that fails or proposes a design outside the space ends its run with [`Status::Failed`].
///
/// # Errors
/// Those of `log`.
pub fn run<P: Problem + ?Sized>(
    task: &mut Task<'_, P>,
    agent: &mut dyn Agent,
    log: &mut Log<'_>,
) -> Result<Summary> {
    let mut state = State::default();
    let (status, failure) = loop {
        if task.stop.load(Ordering::Relaxed) {
            break (Status::Interrupted, None);
        }
        if state.calls >= task.budget {
            break (Status::Complete, None);
        }
        if state.stalled(task) {
            break (Status::Stalled, None);
        }
        let trials = match state.next_trials(task, agent) {
            Ok(trials) if trials.is_empty() => break (Status::Exhausted, None),
            Ok(trials) => trials,
            Err(error) => break task.given_up(format!("{error:#}")),
        };
        for trial in &trials {
            state.note(trial, task.scorer);
            log(state.samples, trial)?;
            state.samples += 1;
        }
        if let Err(error) = agent.tell(&trials) {
            break task.given_up(error.to_string());
        }
    };
    Ok(state.summary(status, failure, task.scorer.axis_count()))
}

#[derive(Default)]
struct State {
    memory: Memory,
    /// Designs of the present batch waiting for evaluation, by address: the place of the first in `fresh`.
    pending: HashMap<Key, usize>,
    fresh: Vec<(Key, Design)>,
    best: Option<Best>,
    front: Front<()>,
    samples: u64,
    calls: u64,
    /// Samples since the last new design.
    repeats: u64,
}

/// Where the outcome of a proposed design comes from.
enum Source {
    Known(Outcome),
    Fresh { at: usize, first: bool },
    Broken(Outcome),
}

impl State {
    fn stalled<P: Problem + ?Sized>(&self, task: &Task<'_, P>) -> bool {
        self.repeats >= PATIENCE
            || self.samples >= task.budget.saturating_mul(REPEATS).saturating_add(PATIENCE)
            || task.problem.space().cardinality().is_some_and(|all| u128::from(self.calls) >= all)
    }

    fn summary(self, status: Status, failure: Option<String>, axes: usize) -> Summary {
        Summary {
            status,
            hypervolume: (axes > 0).then(|| self.front.hypervolume()),
            best: self.best,
            samples: self.samples,
            simulator_calls: self.calls,
            failure,
        }
    }

    /// Asks the agent and evaluates what it proposes; empty when it has nothing more to try.
    fn next_trials<P: Problem + ?Sized>(
        &mut self,
        task: &mut Task<'_, P>,
        agent: &mut dyn Agent,
    ) -> Result<Vec<Trial>> {
        let room = usize::try_from(task.budget - self.calls).unwrap_or(usize::MAX);
        let wanted = agent.batch().clamp(1, MOST_AT_ONCE).min(room);
        let designs = agent.ask(wanted)?;
        if designs.len() > wanted {
            bail!("the agent proposed {} designs when asked for at most {wanted}", designs.len());
        }
        self.evaluate(task, designs)
    }

    fn evaluate<P: Problem + ?Sized>(
        &mut self,
        task: &mut Task<'_, P>,
        designs: Vec<Design>,
    ) -> Result<Vec<Trial>> {
        self.pending.clear();
        self.fresh.clear();
        let sources: Vec<Source> =
            designs.iter().map(|design| self.source(task, design)).collect::<Result<_>>()?;
        let outcomes = evaluate_fresh(task, &self.fresh);
        self.calls += self.fresh.len() as u64;
        for ((key, _), outcome) in self.fresh.iter().zip(&outcomes) {
            self.memory.insert(*key, outcome.clone());
        }
        let trials = designs.into_iter().zip(sources).map(|(design, source)| {
            let (outcome, cached) = match source {
                Source::Known(outcome) => (outcome, true),
                Source::Fresh { at, first } => (outcomes[at].clone(), !first),
                Source::Broken(outcome) => (outcome, false),
            };
            let reward = outcome.metrics().map(|metrics| task.scorer.reward(metrics));
            let axes = outcome.metrics().map(|metrics| task.scorer.axes(metrics)).unwrap_or_default();
            Trial { design, outcome, reward, axes, cached }
        });
        Ok(trials.collect())
    }

    fn source<P: Problem + ?Sized>(&mut self, task: &mut Task<'_, P>, design: &Design) -> Result<Source> {
        let space = task.problem.space();
        space.check(design).context("the agent proposed a design outside the space")?;
        self.repeats += 1;
        if let Some(constraint) = space.violated(design) {
            let broken = Outcome::infeasible(constraint.name.clone(), constraint.doc.clone());
            return Ok(Source::Broken(broken));
        }
        let canonical = task.problem.canonical(design);
        let key = task.addresses.of(&canonical);
        if let Some(outcome) = self.memory.get(key) {
            return Ok(Source::Known(outcome.clone()));
        }
        if let Some(at) = self.pending.get(&key) {
            return Ok(Source::Fresh { at: *at, first: false });
        }
        let at = self.fresh.len();
        self.pending.insert(key, at);
        self.fresh.push((key, canonical.into_owned()));
        self.repeats = 0;
        Ok(Source::Fresh { at, first: true })
    }

    fn note(&mut self, trial: &Trial, scorer: &Scorer) {
        let (Some(reward), Some(metrics)) = (trial.reward, trial.outcome.metrics()) else { return };
        if self.best.as_ref().is_none_or(|best| reward > best.reward) {
            let (design, metrics) = (trial.design.clone(), metrics.into());
            self.best = Some(Best { reward, design, metrics, step: self.samples });
        }
        if scorer.axis_count() > 0 {
            self.front.offer(&trial.axes, || ());
        }
    }
}

fn evaluate_fresh<P: Problem + ?Sized>(task: &Task<'_, P>, fresh: &[(Key, Design)]) -> Vec<Outcome> {
    let one = |(key, design): &(Key, Design)| {
        if let Some(outcome) = task.shared.and_then(|cache| cache.get(*key)) {
            return outcome;
        }
        let outcome = problem::evaluate(task.problem, design);
        if let Some(cache) = task.shared {
            cache.insert(*key, outcome.clone());
        }
        outcome
    };
    if task.parallel && fresh.len() > 1 {
        fresh.par_iter().map(one).collect()
    } else {
        fresh.iter().map(one).collect()
    }
}

/// Searches a problem with an agent, without a log: the runner for programs of your own.
///
/// # Errors
/// If the objective names a metric that the problem does not report.
pub fn search<P: Problem + ?Sized>(
    problem: &P,
    objective: &Objective,
    agent: &mut dyn Agent,
    budget: u64,
) -> Result<Summary> {
    let scorer = objective.bind(problem.metrics())?;
    let mut task = Task {
        problem,
        scorer: &scorer,
        addresses: Addresses::new("", "", problem),
        budget,
        shared: None,
        parallel: false,
        stop: &AtomicBool::new(false),
    };
    run(&mut task, agent, &mut |_, _| Ok(()))
}
