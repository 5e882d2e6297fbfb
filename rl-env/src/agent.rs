//! Agents: they propose designs and learn from trials; somebody else owns the loop.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::design::{Design, DesignSpace};
use crate::error::Error;
use crate::problem::Outcome;
use crate::seed::Seed;

/// One evaluated design.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// The design as the agent proposed it.
    pub design: Design,
    /// Metrics, or why there are none.
    pub outcome: Outcome,
    /// What the objective makes of the metrics; higher is always better. `None` when infeasible.
    pub reward: Option<f64>,
    /// The coordinates of a Pareto objective, each to be maximised; empty for scalar objectives and when
    /// infeasible.
    pub axes: Vec<f64>,
    /// An equivalent design was evaluated before in this run, so this one cost no simulator call.
    pub cached: bool,
}

/// What an agent is told when it is built.
#[derive(Debug, Clone)]
pub struct Context {
    /// The space to search; the agent never restates it.
    pub space: Arc<DesignSpace>,
    /// The seed of all the agent's randomness.
    pub seed: Seed,
    /// Simulator calls that the run may spend.
    pub budget: u64,
    /// Number of Pareto axes; 0 for a scalar objective.
    pub axes: usize,
}

/// A search method.
///
/// The runner calls `ask`, evaluates the designs (in parallel, through a cache), and calls `tell` with all of
/// them in the order asked. Implementers need *not* handle the loop, budget, threads, caching, logging or
/// designs that break constraints (those come back infeasible). The same seed and the same answers must give the
/// same proposals.
///
/// ```
/// use rl_env::agent::{Agent, Context, Trial};
/// use rl_env::design::Design;
/// use rl_env::seed::Rng;
///
/// struct Guess(Context, Rng);
///
/// impl Agent for Guess {
///     fn ask(&mut self, n: usize) -> Result<Vec<Design>, rl_env::Error> {
///         Ok((0..n).map(|_| self.0.space.sample(&mut self.1)).collect())
///     }
///     fn snapshot(&self) -> Result<serde_json::Value, rl_env::Error> {
///         rl_env::agent::to_snapshot(&self.1)
///     }
///     fn restore(&mut self, state: &serde_json::Value) -> Result<(), rl_env::Error> {
///         self.1 = rl_env::agent::from_snapshot("guess", state)?;
///         Ok(())
///     }
/// }
/// ```
pub trait Agent: Send {
    /// Proposes at most `n` (at least 1) designs of the space. Fewer are welcome, none means that the agent has
    /// nothing more to try and ends the run.
    ///
    /// # Errors
    /// [`Error::Agent`] when the method cannot go on.
    fn ask(&mut self, n: usize) -> Result<Vec<Design>, Error>;

    /// Learns from the trials of the designs last asked, in their order.
    ///
    /// # Errors
    /// [`Error::Agent`] when the method cannot go on.
    fn tell(&mut self, trials: &[Trial]) -> Result<(), Error> {
        let _ = trials;
        Ok(())
    }

    /// How many designs the method would like to be asked for at once.
    fn batch(&self) -> usize {
        1
    }

    /// The whole state between a `tell` and the next `ask`.
    ///
    /// # Errors
    /// [`Error::Snapshot`] if the state cannot be written.
    fn snapshot(&self) -> Result<Json, Error>;

    /// Takes up a state that [`snapshot`](Agent::snapshot) gave for the same configuration and context.
    ///
    /// # Errors
    /// [`Error::Snapshot`] if it is not such a state.
    fn restore(&mut self, state: &Json) -> Result<(), Error>;
}

/// State as JSON, for [`Agent::snapshot`].
///
/// # Errors
/// [`Error::Snapshot`] if a value has no JSON form.
pub fn to_snapshot(state: &impl Serialize) -> Result<Json, Error> {
    serde_json::to_value(state)
        .map_err(|error| Error::Snapshot { what: "the state", problem: error.to_string() })
}

/// State from JSON, for [`Agent::restore`].
///
/// # Errors
/// [`Error::Snapshot`] naming `what` if the JSON does not fit.
pub fn from_snapshot<T: for<'de> Deserialize<'de>>(what: &'static str, state: &Json) -> Result<T, Error> {
    T::deserialize(state).map_err(|error| Error::Snapshot { what, problem: error.to_string() })
}
