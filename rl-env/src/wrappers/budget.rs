//! A limit on simulator calls.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value as Json;

use super::{by_design, load, save};
use crate::design::{Design, DesignSpace};
use crate::env::{Env, Step};
use crate::error::Error;
use crate::problem::{Metric, Outcome, Problem};
use crate::space::Element;

/// Counts unique designs; shared between a [`Budget`] and the [`BudgetLimit`]s of its environments.
#[derive(Debug)]
pub struct Meter {
    limit: u64,
    seen: Mutex<BTreeSet<[u8; 32]>>,
}

impl Meter {
    /// Unique designs that may be evaluated.
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// Unique designs evaluated so far.
    pub fn used(&self) -> u64 {
        self.seen().len() as u64
    }

    /// Whether no new design may be evaluated any more.
    pub fn is_spent(&self) -> bool {
        self.used() >= self.limit
    }

    fn seen(&self) -> MutexGuard<'_, BTreeSet<[u8; 32]>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the design is known or still affordable.
    fn admit(&self, key: [u8; 32]) -> bool {
        let mut seen = self.seen();
        seen.contains(&key) || ((seen.len() as u64) < self.limit && seen.insert(key))
    }
}

/// Lets a number of unique designs through; later ones are infeasible with the reason `budget-exhausted`.
///
/// Designs evaluated before stay free of charge (put a [`Cache`](super::Cache) inside to answer them from memory).
/// Which designs came first depends on the order of the calls: evaluate from one thread where that matters.
///
/// ```
/// # use rl_env::design::{Design, DesignSpace, Parameter};
/// # use rl_env::problem::{Metric, Outcome, Problem};
/// # struct Square(DesignSpace);
/// # impl Problem for Square {
/// #     fn space(&self) -> &DesignSpace { &self.0 }
/// #     fn metrics(&self) -> &[Metric] { &[] }
/// #     fn evaluate(&self, _: &Design) -> Outcome { Outcome::Feasible([].into()) }
/// # }
/// # let problem = Square(DesignSpace::new(vec![Parameter::integer("x", 0, 9)])?);
/// use rl_env::wrappers::Budget;
///
/// let problem = Budget::new(problem, 2);
/// let outcome = |x| problem.evaluate(&problem.space().unrank(x).unwrap());
/// assert!(outcome(0).is_feasible() && outcome(1).is_feasible() && outcome(0).is_feasible());
/// assert_eq!(outcome(2).reason(), Some("budget-exhausted"));
/// # Ok::<(), rl_env::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Budget<P> {
    problem: P,
    meter: Arc<Meter>,
}

impl<P: Problem> Budget<P> {
    /// Lets `limit` unique designs through to `problem`.
    pub fn new(problem: P, limit: u64) -> Self {
        Self { problem, meter: Arc::new(Meter { limit, seen: Mutex::default() }) }
    }

    /// The count, for a [`BudgetLimit`].
    pub fn meter(&self) -> Arc<Meter> {
        Arc::clone(&self.meter)
    }
}

impl<P: Problem> Problem for Budget<P> {
    fn space(&self) -> &DesignSpace {
        self.problem.space()
    }

    fn metrics(&self) -> &[Metric] {
        self.problem.metrics()
    }

    fn evaluate(&self, design: &Design) -> Outcome {
        if self.meter.admit(*by_design::key(&self.problem, design).as_bytes()) {
            return self.problem.evaluate(design);
        }
        let detail = format!("all {} evaluations are spent", self.meter.limit);
        Outcome::infeasible("budget-exhausted", detail)
    }

    fn canonical<'a>(&self, design: &'a Design) -> Cow<'a, Design> {
        self.problem.canonical(design)
    }
}

/// Truncates an environment's episodes once the [`Budget`] of its problem is spent: from the step with the last
/// affordable evaluation on, every step is `truncated`.
#[derive(Debug, Clone)]
pub struct BudgetLimit<E> {
    env: E,
    meter: Arc<Meter>,
}

impl<E: Env> BudgetLimit<E> {
    /// Truncates `env` when `meter` is spent.
    pub fn new(env: E, meter: Arc<Meter>) -> Self {
        Self { env, meter }
    }
}

impl<E: Env> Env for BudgetLimit<E> {
    leave_to_env!(action_space observation_space action_mask render reset close);

    fn step(&mut self, action: &Element) -> Result<Step, Error> {
        let mut step = self.env.step(action)?;
        step.truncated |= self.meter.is_spent();
        Ok(step)
    }

    fn snapshot(&self) -> Option<Json> {
        let seen = self.meter.seen();
        let keys: Vec<String> =
            seen.iter().map(|key| blake3::Hash::from(*key).to_hex().to_string()).collect();
        save(&keys, &self.env)
    }

    fn restore(&mut self, state: &Json) -> Result<(), Error> {
        const WHAT: &str = "the budget";
        let keys: Vec<String> = load(WHAT, state, &mut self.env)?;
        let read = |key: &String| blake3::Hash::from_hex(key).map(|hash| *hash.as_bytes());
        let seen: Result<BTreeSet<[u8; 32]>, _> = keys.iter().map(read).collect();
        *self.meter.seen() =
            seen.map_err(|error| Error::Snapshot { what: WHAT, problem: error.to_string() })?;
        Ok(())
    }
}
