//! One search of an agent under test, as a runner would lead it; panics are caught.

use std::collections::HashSet;
use std::sync::Arc;

use super::AgentSubject;
use super::arena::Arena;
use crate::agent::{Agent, Context, Trial};
use crate::check::report::Verdict;
use crate::check::rule::{fail, guarded};
use crate::design::Design;
use crate::error::Error;
use crate::problem::Outcome;
use crate::seed::Seed;

/// Trials of a search; three generations of a usual population.
pub(super) const TRIALS: usize = 96;

/// What the agent is told of its `i`-th design.
pub(super) type Answer = fn(arena: &Arena, design: &Design, i: usize) -> Trial;

/// A search and what happened so far.
pub(super) struct Search<'a> {
    pub(super) agent: Box<dyn Agent>,
    pub(super) arena: &'a Arena,
    pub(super) trials: Vec<Trial>,
    /// Most designs given beyond those asked for.
    pub(super) excess: usize,
    seen: HashSet<Vec<u8>>,
}

impl<'a> Search<'a> {
    /// A search with the default hyperparameters; `Ok(None)` if the method declines the space.
    pub(super) fn start(
        subject: &AgentSubject<'_>,
        arena: &'a Arena,
        seed: u64,
    ) -> Result<Option<Self>, String> {
        let context = context(arena, seed);
        match guarded(|| subject.entry.build(&subject.entry.defaults(), context)) {
            Ok(Ok(agent)) => {
                Ok(Some(Self { agent, arena, trials: Vec::new(), excess: 0, seen: HashSet::new() }))
            }
            Ok(Err(Error::Config { .. })) => Ok(None),
            Ok(Err(error)) => Err(format!("error: {error}")),
            Err(panic) => Err(panic),
        }
    }

    /// Goes on for up to `trials` trials, asking for `n` designs at once.
    pub(super) fn go(&mut self, trials: usize, n: usize, answer: Answer) -> Result<(), String> {
        let end = self.trials.len() + trials;
        while self.trials.len() < end {
            if !self.once(n.min(end - self.trials.len()), answer)? {
                break;
            }
        }
        Ok(())
    }

    /// Asks for `n` designs at once until at least `trials` trials are told.
    pub(super) fn go_beyond(&mut self, trials: usize, n: usize, answer: Answer) -> Result<(), String> {
        while self.trials.len() < trials && self.once(n, answer)? {}
        Ok(())
    }

    /// Asks and tells once; false when the agent has nothing more to propose.
    fn once(&mut self, wanted: usize, answer: Answer) -> Result<bool, String> {
        let designs = flat("ask", guarded(|| self.agent.ask(wanted)))?;
        if designs.is_empty() {
            return Ok(false);
        }
        self.excess = self.excess.max(designs.len().saturating_sub(wanted));
        let at = self.trials.len();
        let told: Vec<Trial> =
            designs.iter().enumerate().map(|(i, design)| self.told(design, at + i, answer)).collect();
        flat("tell", guarded(|| self.agent.tell(&told)))?;
        self.trials.extend(told);
        Ok(true)
    }

    fn told(&mut self, design: &Design, i: usize, answer: Answer) -> Trial {
        let mut bytes = Vec::new();
        design.write_bytes(&mut bytes);
        let mut trial = answer(self.arena, design, i);
        trial.cached |= !self.seen.insert(bytes);
        trial
    }

    /// The designs so far, and what ended the search before its time.
    pub(super) fn record(&self, result: Result<(), String>) -> Vec<String> {
        let designs = self.trials.iter().map(|trial| format!("{:?}", trial.design));
        designs.chain(result.err()).collect()
    }

    /// Treats old designs as the other search would.
    pub(super) fn take_place_of(&mut self, other: &Self) {
        self.trials.clear();
        self.seen.clone_from(&other.seen);
    }

    /// How many designs the agent likes to be asked for, within reason.
    pub(super) fn batch(&self) -> usize {
        guarded(|| self.agent.batch()).unwrap_or(1).clamp(1, 64)
    }
}

pub(super) fn context(arena: &Arena, seed: u64) -> Context {
    Context {
        space: Arc::new(arena.space().clone()),
        seed: Seed(seed),
        budget: TRIALS as u64,
        axes: arena.scorer.axis_count(),
    }
}

fn flat<T>(call: &str, result: Result<Result<T, Error>, String>) -> Result<T, String> {
    let result = result.and_then(|inner| inner.map_err(|error| format!("error: {error}")));
    result.map_err(|text| format!("{call}: {text}"))
}

/// The proposals of a whole search with true answers, and what ended it before its time. Empty where the method
/// declines the space.
pub(super) fn proposals(subject: &AgentSubject<'_>, arena: &Arena, seed: u64) -> Vec<String> {
    match Search::start(subject, arena, seed) {
        Ok(Some(mut search)) => {
            let result = search.go(TRIALS, search.batch(), truth);
            search.record(result)
        }
        Ok(None) => Vec::new(),
        Err(error) => vec![error],
    }
}

/// Does the same in every arena that the method accepts and where it can be built.
pub(super) fn everywhere(
    subject: &AgentSubject<'_>,
    mut check: impl FnMut(Search<'_>) -> Result<(), Verdict>,
) -> Result<(), Verdict> {
    subject.arenas.iter().try_for_each(|arena| match Search::start(subject, arena, 1) {
        Ok(Some(search)) => check(search),
        _ => Ok(()),
    })
}

/// A search that has to reach its end.
pub(super) fn survives(subject: &AgentSubject<'_>, what: &str, answer: Answer) -> Result<(), Verdict> {
    everywhere(subject, |mut search| {
        let result = search.go(TRIALS, search.batch(), answer);
        let told = search.trials.len();
        let calls = format!("arena `{}`, seed 1, {what}, after {told} trials", search.arena.name);
        result.map_err(|error| fail(error, "a search that goes on", calls))
    })
}

/// What the problem says.
pub(super) fn truth(arena: &Arena, design: &Design, _: usize) -> Trial {
    arena.trial(design)
}

/// Nothing works.
pub(super) fn infeasible(_: &Arena, design: &Design, _: usize) -> Trial {
    let outcome = Outcome::infeasible("nothing-works", "nothing works in this test");
    Trial { design: design.clone(), outcome, reward: None, axes: Vec::new(), cached: false }
}

/// Everything is equally good.
pub(super) fn constant(arena: &Arena, design: &Design, _: usize) -> Trial {
    with_value(arena, design, 0.5)
}

/// Every design is an old one.
pub(super) fn cached(arena: &Arena, design: &Design, _: usize) -> Trial {
    Trial { cached: true, ..arena.trial(design) }
}

/// The largest and smallest numbers by turns.
pub(super) fn extreme(arena: &Arena, design: &Design, i: usize) -> Trial {
    const VALUES: [f64; 6] = [0.0, f64::MAX, -1e-308, -f64::MAX, 1.0, f64::MIN_POSITIVE];
    with_value(arena, design, VALUES[i % VALUES.len()])
}

fn with_value(arena: &Arena, design: &Design, value: f64) -> Trial {
    let metrics = vec![value; arena.problem.metrics().len()];
    let axes = vec![value; arena.scorer.axis_count()];
    let outcome = Outcome::Feasible(metrics.into());
    Trial { design: design.clone(), outcome, reward: Some(value), axes, cached: false }
}
