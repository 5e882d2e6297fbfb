//! Rewards of a steady scale (gymnasium's `NormalizeReward`).

use serde_json::Value as Json;

use super::normalize_observation::positive;
use super::{RunningMoments, load, save};
use crate::env::{Env, Step};
use crate::error::Error;
use crate::space::{DType, Element};

/// Divides rewards by the standard deviation of their running discounted sum.
///
/// As in gymnasium the sum goes on over truncated episodes and starts anew after terminated ones.
#[derive(Debug, Clone)]
pub struct NormalizeReward<E> {
    env: E,
    gamma: f64,
    epsilon: f64,
    sum: f64,
    moments: RunningMoments,
    frozen: bool,
}

impl<E: Env> NormalizeReward<E> {
    /// Normalises with discount `gamma` (gymnasium: 0.99) and gymnasium's ε of 10⁻⁸.
    ///
    /// # Errors
    /// [`Error::Value`] for a discount outside 0..=1.
    pub fn new(env: E, gamma: f64) -> Result<Self, Error> {
        if !(0.0..=1.0).contains(&gamma) {
            return Err(Error::value("gamma", gamma, "0 to 1"));
        }
        let moments = RunningMoments::new(1, DType::Float64);
        Ok(Self { env, gamma, epsilon: 1e-8, sum: 0.0, moments, frozen: false })
    }

    /// Sets ε, which keeps the division away from 0.
    ///
    /// # Errors
    /// [`Error::Value`] unless it is positive and finite.
    pub fn epsilon(mut self, epsilon: f64) -> Result<Self, Error> {
        self.epsilon = positive(epsilon)?;
        Ok(self)
    }

    /// Stops (or resumes) learning from what it sees; for evaluation.
    pub fn freeze(&mut self, frozen: bool) {
        self.frozen = frozen;
    }
}

impl<E: Env> Env for NormalizeReward<E> {
    leave_to_env!(action_space observation_space action_mask render reset close);

    fn step(&mut self, action: &Element) -> Result<Step, Error> {
        let step = self.env.step(action)?;
        let keep = if step.terminated { 0.0 } else { 1.0 };
        self.sum = self.sum * self.gamma * keep + step.reward;
        if !self.frozen {
            self.moments.update(&[self.sum]);
        }
        let reward = step.reward / (self.moments.variance()[0] + self.epsilon).sqrt();
        Ok(Step { reward, ..step })
    }

    fn snapshot(&self) -> Option<Json> {
        save(&(self.sum, &self.moments, self.frozen), &self.env)
    }

    fn restore(&mut self, state: &Json) -> Result<(), Error> {
        const WHAT: &str = "the reward statistics";
        let (sum, moments, frozen): (f64, RunningMoments, bool) = load(WHAT, state, &mut self.env)?;
        if !moments.fits(1) {
            return Err(Error::Snapshot { what: WHAT, problem: "it does not have 1 value".into() });
        }
        (self.sum, self.moments, self.frozen) = (sum, moments, frozen);
        Ok(())
    }
}
