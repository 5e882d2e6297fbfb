//! Environments: gymnasium's contract in Rust.

use serde_json::Value as Json;

use crate::error::Error;
use crate::space::{Element, Mask, Space};

/// Extra data of a reset or step, and options of a reset: a JSON object, new at every call.
pub type Info = serde_json::Map<String, Json>;

/// What [`Env::reset`] gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Reset {
    /// First observation of the episode.
    pub observation: Element,
    /// Extra data.
    pub info: Info,
}

/// What [`Env::step`] gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Observation after the action.
    pub observation: Element,
    /// Reward of the action; finite, higher is better.
    pub reward: f64,
    /// The episode reached an end of its own: no value is to be expected after it.
    pub terminated: bool,
    /// The episode was cut off from outside (a time limit, a budget): it could have gone on.
    pub truncated: bool,
    /// Extra data.
    pub info: Info,
}

impl Step {
    /// Whether the episode is over for either cause.
    pub fn done(&self) -> bool {
        self.terminated || self.truncated
    }
}

/// An environment with gymnasium 1.x semantics.
///
/// Implementers need *not* handle time limits, call order, statistics or normalisation: those are
/// wrappers. They must not hand out shared state (every observation is the caller's own), must
/// give the same results for the same seed and actions, and must refuse foreign actions with an error.
pub trait Env: Send {
    /// Legal actions.
    fn action_space(&self) -> &Space;

    /// All possible observations.
    fn observation_space(&self) -> &Space;

    /// Starts an episode. A seed restarts the environment's randomness; `None` lets it go on where it is.
    ///
    /// # Errors
    /// [`Error::Unknown`] for an option that the environment does not know.
    fn reset(&mut self, seed: Option<u64>, options: &Info) -> Result<Reset, Error>;

    /// Takes an action.
    ///
    /// # Errors
    /// [`Error::Space`] for an action outside the action space.
    fn step(&mut self, action: &Element) -> Result<Step, Error>;

    /// Which actions are legal now; `None` means all of the space.
    fn action_mask(&self) -> Option<Mask> {
        None
    }

    /// The present state as text for people.
    fn render(&self) -> Option<String> {
        None
    }

    /// The whole state, if the environment can be continued elsewhere.
    fn snapshot(&self) -> Option<Json> {
        None
    }

    /// Takes up a state that [`snapshot`](Env::snapshot) gave.
    ///
    /// # Errors
    /// [`Error::Snapshot`] if it is not such a state, or the environment has none.
    fn restore(&mut self, state: &Json) -> Result<(), Error> {
        let _ = state;
        Err(Error::Snapshot { what: "the environment", problem: "it keeps no snapshots".into() })
    }

    /// Releases resources; may be called twice.
    fn close(&mut self) {}
}

impl<E: Env + ?Sized> Env for Box<E> {
    fn action_space(&self) -> &Space {
        (**self).action_space()
    }
    fn observation_space(&self) -> &Space {
        (**self).observation_space()
    }
    fn reset(&mut self, seed: Option<u64>, options: &Info) -> Result<Reset, Error> {
        (**self).reset(seed, options)
    }
    fn step(&mut self, action: &Element) -> Result<Step, Error> {
        (**self).step(action)
    }
    fn action_mask(&self) -> Option<Mask> {
        (**self).action_mask()
    }
    fn render(&self) -> Option<String> {
        (**self).render()
    }
    fn snapshot(&self) -> Option<Json> {
        (**self).snapshot()
    }
    fn restore(&mut self, state: &Json) -> Result<(), Error> {
        (**self).restore(state)
    }
    fn close(&mut self) {
        (**self).close();
    }
}

/// Refuses reset options that the environment does not know.
///
/// # Errors
/// [`Error::Unknown`] naming the closest known option.
pub fn check_options(options: &Info, known: &[&str]) -> Result<(), Error> {
    match options.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(Error::unknown("reset option", key, known.iter().copied())),
        None => Ok(()),
    }
}
