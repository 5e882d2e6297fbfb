//! Policies: they act in an environment step by step and learn from transitions.
//!
//! [`play`] plays one episode, a [`Collector`] takes steps in a vector of environments for a policy to learn from, and
//! [`PolicyAgent`] turns a policy into a search method: it builds designs in the sequential form
//! ([`Sequential`](crate::episode::Sequential)) and learns from their rewards.

mod collector;
mod search;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::env::{Env, Info};
use crate::error::Error;
use crate::space::{Element, Mask};

pub use collector::{Collection, Collector};
pub use search::PolicyAgent;

/// One step as a policy saw it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Transition {
    /// What was seen before the action.
    pub observation: Element,
    /// What was legal then; `None` means everything.
    pub mask: Option<Mask>,
    /// What was done.
    pub action: Element,
    /// What it brought.
    pub reward: f64,
    /// What was seen after it.
    pub next_observation: Element,
    /// The episode reached an end of its own: no value follows.
    pub terminated: bool,
    /// The episode was cut off: a value is still to be expected after `next_observation`.
    pub truncated: bool,
}

/// A way to act, learnt or not.
///
/// Implementers own their randomness and must be reproducible from it; they need *not* handle resets, episodes
/// or the loop. Transitions come in order, one episode after the other; an episode that is still going on when it is
/// learnt from ends with a step that is `truncated`, since a value is to be expected after it.
///
/// ```
/// use rl_env::policy::Policy;
/// use rl_env::seed::Rng;
/// use rl_env::space::{Element, Mask, Space};
///
/// /// Acts at random.
/// struct Uniform(Space, Rng);
///
/// impl Policy for Uniform {
///     fn act(&mut self, _: &Element, mask: Option<&Mask>) -> Result<Element, rl_env::Error> {
///         Ok(match mask {
///             Some(mask) => self.0.sample_masked(&mut self.1, mask)?,
///             None => self.0.sample(&mut self.1),
///         })
///     }
///     fn snapshot(&self) -> Result<serde_json::Value, rl_env::Error> {
///         rl_env::agent::to_snapshot(&self.1)
///     }
///     fn restore(&mut self, state: &serde_json::Value) -> Result<(), rl_env::Error> {
///         self.1 = rl_env::agent::from_snapshot("the uniform policy", state)?;
///         Ok(())
///     }
/// }
/// ```
pub trait Policy: Send {
    /// Chooses an action that the mask allows.
    ///
    /// # Errors
    /// [`Error::Agent`] when the method cannot go on.
    fn act(&mut self, observation: &Element, mask: Option<&Mask>) -> Result<Element, Error>;

    /// Chooses the action that seems best, without exploring; for evaluation.
    ///
    /// # Errors
    /// [`Error::Agent`] when the method cannot go on.
    fn act_greedily(&mut self, observation: &Element, mask: Option<&Mask>) -> Result<Element, Error> {
        self.act(observation, mask)
    }

    /// Learns from steps taken.
    ///
    /// # Errors
    /// [`Error::Agent`] when the method cannot go on.
    fn learn(&mut self, transitions: &[Transition]) -> Result<(), Error> {
        let _ = transitions;
        Ok(())
    }

    /// The whole state between two episodes.
    ///
    /// # Errors
    /// [`Error::Snapshot`] if the state cannot be written.
    fn snapshot(&self) -> Result<Json, Error>;

    /// Takes up a state that [`snapshot`](Policy::snapshot) gave for the same configuration.
    ///
    /// # Errors
    /// [`Error::Snapshot`] if it is not such a state.
    fn restore(&mut self, state: &Json) -> Result<(), Error>;
}

/// Plays one episode, without learning. The environment has to end its episodes (see
/// [`TimeLimit`](crate::wrappers::TimeLimit)).
///
/// # Errors
/// Those of the environment and the policy.
pub fn play(
    env: &mut (impl Env + ?Sized),
    policy: &mut (impl Policy + ?Sized),
    seed: Option<u64>,
) -> Result<Vec<Transition>, Error> {
    let mut observation = env.reset(seed, &Info::new())?.observation;
    let mut transitions = Vec::new();
    loop {
        let mask = env.action_mask();
        let action = policy.act(&observation, mask.as_ref())?;
        let step = env.step(&action)?;
        let done = step.done();
        transitions.push(Transition {
            observation: std::mem::replace(&mut observation, step.observation.clone()),
            mask,
            action,
            reward: step.reward,
            next_observation: step.observation,
            terminated: step.terminated,
            truncated: step.truncated,
        });
        if done {
            return Ok(transitions);
        }
    }
}
