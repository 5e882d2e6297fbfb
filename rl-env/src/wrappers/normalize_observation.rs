//! Observations of mean 0 and variance 1 (gymnasium's `NormalizeObservation`).

use serde_json::Value as Json;

use super::{RunningMoments, load, save};
use crate::env::{Env, Info, Reset, Step};
use crate::error::Error;
use crate::space::{BoxSpace, DType, Element, Space};

/// Shifts and scales `Box` observations by their running mean and variance.
///
/// For other observation spaces put [`FlattenObservation`](super::FlattenObservation) inside. The result depends
/// on everything seen before, resets included, so equal seeds give equal episodes only from equal statistics.
#[derive(Debug, Clone)]
pub struct NormalizeObservation<E> {
    env: E,
    space: Space,
    moments: RunningMoments,
    epsilon: f64,
    frozen: bool,
}

impl<E: Env> NormalizeObservation<E> {
    /// Normalises with gymnasium's ε of 10⁻⁸.
    ///
    /// # Errors
    /// [`Error::Config`] if the observations are not those of a `Box`.
    pub fn new(env: E) -> Result<Self, Error> {
        let Space::Box(inner) = env.observation_space() else {
            let problem =
                format!("{} observations have no mean; flatten them first", env.observation_space().kind());
            return Err(Error::Config { key: "observation_space".into(), problem });
        };
        let (infinity, shape) = (f64::INFINITY, inner.shape());
        let space = Space::Box(BoxSpace::uniform(-infinity, infinity, shape, DType::Float32)?);
        let narrow = inner.dtype() == DType::Float32;
        let dtype = if narrow { DType::Float32 } else { DType::Float64 };
        let moments = RunningMoments::of_observations(inner.len(), dtype);
        Ok(Self { env, space, moments, epsilon: 1e-8, frozen: false })
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

    /// What was learnt so far.
    pub fn moments(&self) -> &RunningMoments {
        &self.moments
    }

    fn normalise(&mut self, observation: &Element) -> Element {
        let values = observation.as_real().unwrap_or_default();
        if !self.frozen {
            self.moments.update(values);
        }
        Element::Real(self.moments.normalise(values, self.epsilon))
    }
}

/// An ε that defeats its purpose is refused, as in gymnasium.
pub(super) fn positive(epsilon: f64) -> Result<f64, Error> {
    if epsilon > 0.0 && epsilon.is_finite() {
        return Ok(epsilon);
    }
    Err(Error::value("epsilon", epsilon, "a positive number"))
}

impl<E: Env> Env for NormalizeObservation<E> {
    leave_to_env!(action_space action_mask render close);

    fn observation_space(&self) -> &Space {
        &self.space
    }

    fn reset(&mut self, seed: Option<u64>, options: &Info) -> Result<Reset, Error> {
        let Reset { observation, info } = self.env.reset(seed, options)?;
        Ok(Reset { observation: self.normalise(&observation), info })
    }

    fn step(&mut self, action: &Element) -> Result<Step, Error> {
        let step = self.env.step(action)?;
        Ok(Step { observation: self.normalise(&step.observation), ..step })
    }

    fn snapshot(&self) -> Option<Json> {
        save(&(&self.moments, self.frozen), &self.env)
    }

    fn restore(&mut self, state: &Json) -> Result<(), Error> {
        const WHAT: &str = "the observation statistics";
        let (moments, frozen): (RunningMoments, bool) = load(WHAT, state, &mut self.env)?;
        let length = self.moments.mean().len();
        if !moments.fits(length) {
            return Err(Error::Snapshot { what: WHAT, problem: format!("it does not have {length} values") });
        }
        (self.moments, self.frozen) = (moments, frozen);
        Ok(())
    }
}
