//! Refuses calls in the wrong order (gymnasium's `OrderEnforcing`).

use serde_json::Value as Json;

use super::{load, save};
use crate::env::{Env, Info, Reset, Step};
use crate::error::Error;
use crate::space::Element;

/// Refuses `step` before the first `reset`; `render` shows nothing before it.
#[derive(Debug, Clone)]
pub struct OrderEnforcing<E> {
    env: E,
    started: bool,
}

impl<E: Env> OrderEnforcing<E> {
    /// Wraps an environment that was not reset yet.
    pub fn new(env: E) -> Self {
        Self { env, started: false }
    }
}

impl<E: Env> Env for OrderEnforcing<E> {
    leave_to_env!(action_space observation_space action_mask close);

    fn reset(&mut self, seed: Option<u64>, options: &Info) -> Result<Reset, Error> {
        let reset = self.env.reset(seed, options)?;
        self.started = true;
        Ok(reset)
    }

    fn step(&mut self, action: &Element) -> Result<Step, Error> {
        if !self.started {
            let problem = "no episode was started; call reset first".to_owned();
            return Err(Error::Protocol { call: "step", problem });
        }
        self.env.step(action)
    }

    fn render(&self) -> Option<String> {
        self.started.then(|| self.env.render()).flatten()
    }

    fn snapshot(&self) -> Option<Json> {
        save(&self.started, &self.env)
    }

    fn restore(&mut self, state: &Json) -> Result<(), Error> {
        self.started = load("the call order", state, &mut self.env)?;
        Ok(())
    }
}
