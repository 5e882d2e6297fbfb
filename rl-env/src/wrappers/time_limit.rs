//! Truncates episodes that last too long (gymnasium's `TimeLimit`).

use serde_json::Value as Json;

use super::{load, save};
use crate::env::{Env, Info, Reset, Step};
use crate::error::Error;
use crate::space::Element;

/// Truncates every episode after a number of steps.
///
/// A limit is not part of the task, so the environment inside does not know it and the flag is `truncated`: values
/// after the last step are still to be bootstrapped.
#[derive(Debug, Clone)]
pub struct TimeLimit<E> {
    env: E,
    limit: u64,
    elapsed: u64,
}

impl<E: Env> TimeLimit<E> {
    /// Truncates with the `limit`-th step (at least 1).
    ///
    /// # Errors
    /// [`Error::Value`] for a limit of 0.
    pub fn new(env: E, limit: u64) -> Result<Self, Error> {
        if limit == 0 {
            return Err(Error::value("max_episode_steps", limit, "at least 1"));
        }
        Ok(Self { env, limit, elapsed: 0 })
    }
}

impl<E: Env> Env for TimeLimit<E> {
    leave_to_env!(action_space observation_space action_mask render close);

    fn reset(&mut self, seed: Option<u64>, options: &Info) -> Result<Reset, Error> {
        let reset = self.env.reset(seed, options)?;
        self.elapsed = 0;
        Ok(reset)
    }

    fn step(&mut self, action: &Element) -> Result<Step, Error> {
        let mut step = self.env.step(action)?;
        self.elapsed += 1;
        step.truncated |= self.elapsed >= self.limit;
        Ok(step)
    }

    fn snapshot(&self) -> Option<Json> {
        save(&self.elapsed, &self.env)
    }

    fn restore(&mut self, state: &Json) -> Result<(), Error> {
        self.elapsed = load("the time limit", state, &mut self.env)?;
        Ok(())
    }
}
