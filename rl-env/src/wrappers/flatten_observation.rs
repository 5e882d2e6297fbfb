//! Observations as vectors (gymnasium's `FlattenObservation`).

use crate::env::{Env, Info, Reset, Step};
use crate::error::Error;
use crate::space::{Element, Space};

/// Flattens observations of any fixed size into a one-dimensional `Box` ([`Space::flatten`]).
#[derive(Debug, Clone)]
pub struct FlattenObservation<E> {
    env: E,
    space: Space,
}

impl<E: Env> FlattenObservation<E> {
    /// Flattens the observations of `env`.
    ///
    /// # Errors
    /// [`Error::Space`] if they vary in size.
    pub fn new(env: E) -> Result<Self, Error> {
        env.observation_space().flatdim()?;
        let space = env.observation_space().flatten_space()?;
        Ok(Self { env, space })
    }

    fn flatten(&self, observation: &Element) -> Result<Element, Error> {
        Ok(Element::Real(self.env.observation_space().flatten(observation)?))
    }
}

impl<E: Env> Env for FlattenObservation<E> {
    leave_to_env!(action_space action_mask render close snapshot restore);

    fn observation_space(&self) -> &Space {
        &self.space
    }

    fn reset(&mut self, seed: Option<u64>, options: &Info) -> Result<Reset, Error> {
        let Reset { observation, info } = self.env.reset(seed, options)?;
        Ok(Reset { observation: self.flatten(&observation)?, info })
    }

    fn step(&mut self, action: &Element) -> Result<Step, Error> {
        let step = self.env.step(action)?;
        Ok(Step { observation: self.flatten(&step.observation)?, ..step })
    }
}
