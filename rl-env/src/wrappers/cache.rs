//! Evaluates every design once.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::by_design;
use crate::design::{Design, DesignSpace};
use crate::problem::{Metric, Outcome, Problem};

/// Remembers outcomes, one for all designs with the same [canonical form](Problem::canonical).
///
/// Outcomes are pure, so a cache never changes a result. Two threads that ask for the same new design at the same
/// moment may both simulate it. It grows without bound: a few hundred bytes a design.
#[derive(Debug)]
pub struct Cache<P> {
    problem: P,
    known: Mutex<HashMap<[u8; 32], Outcome>>,
    hits: AtomicU64,
}

impl<P: Problem> Cache<P> {
    /// An empty cache before `problem`.
    pub fn new(problem: P) -> Self {
        Self { problem, known: Mutex::default(), hits: AtomicU64::new(0) }
    }

    /// The problem behind the cache.
    pub fn problem(&self) -> &P {
        &self.problem
    }

    /// Number of designs known.
    pub fn known(&self) -> usize {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Number of evaluations answered from memory.
    pub fn hits(&self) -> u64 {
        self.hits.load(Ordering::Relaxed)
    }
}

impl<P: Problem> Problem for Cache<P> {
    fn space(&self) -> &DesignSpace {
        self.problem.space()
    }

    fn metrics(&self) -> &[Metric] {
        self.problem.metrics()
    }

    fn evaluate(&self, design: &Design) -> Outcome {
        let key = *by_design::key(&self.problem, design).as_bytes();
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(outcome) = known {
            self.hits.fetch_add(1, Ordering::Relaxed);
            return outcome;
        }
        // The lock is not held while the simulator runs.
        let outcome = self.problem.evaluate(design);
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(key, outcome.clone());
        outcome
    }

    fn canonical<'a>(&self, design: &'a Design) -> Cow<'a, Design> {
        self.problem.canonical(design)
    }
}
