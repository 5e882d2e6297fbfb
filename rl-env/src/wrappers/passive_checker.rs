//! Checks what goes in and out of an environment (gymnasium's `PassiveEnvChecker`).

use crate::env::{Env, Info, Reset, Step};
use crate::error::Error;
use crate::seed::np_random;
use crate::space::Element;

/// Checks that actions and observations are of their spaces, rewards finite and masks of the action space's form.
///
/// Gymnasium checks the first step only; this checks all of them, so take it off where every nanosecond counts.
#[derive(Debug, Clone)]
pub struct PassiveChecker<E> {
    env: E,
}

impl<E: Env> PassiveChecker<E> {
    /// Watches over `env`.
    ///
    /// # Errors
    /// [`Error::Space`] if one of its spaces breaks its own invariants.
    pub fn new(env: E) -> Result<Self, Error> {
        env.action_space().validate()?;
        env.observation_space().validate()?;
        Ok(Self { env })
    }

    fn check(&self, call: &'static str, observation: &Element) -> Result<(), Error> {
        let broken = |what: &str, error: String| Error::Protocol {
            call,
            problem: format!("the environment broke its contract: {what}: {error}"),
        };
        let space = self.env.observation_space();
        space
            .check(observation)
            .map_err(|error| broken("observation outside its space", error.to_string()))?;
        let Some(mask) = self.env.action_mask() else { return Ok(()) };
        // Only the form matters here, so that any generator will do.
        let sample = self.env.action_space().sample_masked(&mut np_random(0), &mask);
        sample.map(|_| ()).map_err(|error| broken("mask", error.to_string()))
    }
}

impl<E: Env> Env for PassiveChecker<E> {
    leave_to_env!(action_space observation_space action_mask render close snapshot restore);

    fn reset(&mut self, seed: Option<u64>, options: &Info) -> Result<Reset, Error> {
        let reset = self.env.reset(seed, options)?;
        self.check("reset", &reset.observation)?;
        Ok(reset)
    }

    fn step(&mut self, action: &Element) -> Result<Step, Error> {
        self.env.action_space().check(action)?;
        let step = self.env.step(action)?;
        self.check("step", &step.observation)?;
        if !step.reward.is_finite() {
            let problem = format!("the environment broke its contract: reward {} is not finite", step.reward);
            return Err(Error::Protocol { call: "step", problem });
        }
        Ok(step)
    }
}
