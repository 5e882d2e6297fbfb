//! Actions between other bounds (gymnasium's `RescaleAction`).

use crate::env::{Env, Step};
use crate::error::Error;
use crate::space::{BoxSpace, DType, Element, Space};

/// Maps actions of [min, max] linearly onto the bounds of a `Box` action space, end to end.
#[derive(Debug, Clone)]
pub struct RescaleAction<E> {
    env: E,
    space: Space,
    bounds: Vec<(f64, f64)>,
    dtype: DType,
    min: f64,
    max: f64,
}

impl<E: Env> RescaleAction<E> {
    /// Actions from `min` to `max`, such as −1 and 1.
    ///
    /// # Errors
    /// [`Error::Value`] unless `min` < `max`, both finite; [`Error::Config`] if the action space is not a `Box` of
    /// reals with finite bounds.
    pub fn new(env: E, min: f64, max: f64) -> Result<Self, Error> {
        if !(min < max && (max - min).is_finite()) {
            return Err(Error::value(
                "action bounds",
                format!("{min}..={max}"),
                "a finite, non-empty interval",
            ));
        }
        let unfit = |problem: String| Error::Config { key: "action_space".into(), problem };
        let Space::Box(inner) = env.action_space() else {
            return Err(unfit(format!("a {} cannot be rescaled, only a Box", env.action_space().kind())));
        };
        let bounds: Vec<(f64, f64)> = inner.low().iter().copied().zip(inner.high().iter().copied()).collect();
        if !inner.dtype().is_float() || bounds.iter().any(|(low, high)| !(high - low).is_finite()) {
            return Err(unfit("rescaling needs real numbers between finite bounds".into()));
        }
        let dtype = inner.dtype();
        let space = Space::Box(BoxSpace::uniform(min, max, inner.shape(), dtype)?);
        Ok(Self { env, space, bounds, dtype, min, max })
    }

    fn rescale(&self, value: f64, (low, high): (f64, f64)) -> f64 {
        let share = (value - self.min) / (self.max - self.min);
        self.dtype.round(low + share * (high - low)).clamp(low, high)
    }
}

impl<E: Env> Env for RescaleAction<E> {
    leave_to_env!(observation_space action_mask render reset close snapshot restore);

    fn action_space(&self) -> &Space {
        &self.space
    }

    fn step(&mut self, action: &Element) -> Result<Step, Error> {
        self.space.check(action)?;
        let values = action.as_real().unwrap_or_default().iter().zip(&self.bounds);
        let inner = values.map(|(value, bounds)| self.rescale(*value, *bounds)).collect();
        self.env.step(&Element::Real(inner))
    }
}
