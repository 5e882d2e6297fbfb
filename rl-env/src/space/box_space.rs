//! `Box`: an array of numbers, each in its own closed interval.

use serde::{Deserialize, Serialize};

use super::written::Number;
use super::{DType, SpaceError, element_count};
use crate::seed::Rng;

const KIND: &str = "Box";

/// An array of numbers between two bounds each; a bound may be infinite. Gymnasium's `Box`, but of `float64`
/// unless told otherwise, because elements are `f64`.
///
/// ```
/// use rl_env::space::{BoxSpace, DType};
///
/// let image = BoxSpace::uniform(0.0, 255.0, &[2, 3], DType::UInt8)?;
/// assert_eq!(image.len(), 6);
/// # Ok::<(), rl_env::space::SpaceError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct BoxSpace {
    low: Vec<f64>,
    high: Vec<f64>,
    shape: Vec<usize>,
    dtype: DType,
    /// All bounds are finite: one pass and one draw a value.
    bounded: bool,
}

impl BoxSpace {
    /// Bounds in row-major order of `shape`.
    pub fn new(low: Vec<f64>, high: Vec<f64>, shape: &[usize], dtype: DType) -> Result<Self, SpaceError> {
        let stored =
            |bounds: Vec<f64>| bounds.into_iter().map(|bound| dtype.round(bound)).collect::<Vec<_>>();
        // Before rounding: rounding would turn a bound beyond `float32` into infinity.
        check_bounds(&low, &high, shape, dtype)?;
        let (low, high) = (stored(low), stored(high));
        let bounded = low.iter().chain(&high).all(|bound| bound.is_finite());
        Ok(Self { low, high, shape: shape.to_vec(), dtype, bounded })
    }

    /// The same bounds for every value.
    pub fn uniform(low: f64, high: f64, shape: &[usize], dtype: DType) -> Result<Self, SpaceError> {
        let count = element_count(KIND, shape)?;
        Self::new(vec![low; count], vec![high; count], shape, dtype)
    }

    /// Lower bounds in row-major order.
    #[must_use]
    pub fn low(&self) -> &[f64] {
        &self.low
    }

    /// Upper bounds in row-major order.
    #[must_use]
    pub fn high(&self) -> &[f64] {
        &self.high
    }

    /// Extent of each dimension.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Type of the numbers.
    #[must_use]
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// Number of values.
    #[must_use]
    pub fn len(&self) -> usize {
        self.low.len()
    }

    /// Whether a dimension has no extent.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.low.is_empty()
    }

    pub(super) fn validate(&self) -> Result<(), SpaceError> {
        check_bounds(&self.low, &self.high, &self.shape, self.dtype)
    }

    /// Uniform between finite bounds; beyond one bound exponential; without bounds normal (gymnasium).
    #[inline]
    pub(super) fn sample(&self, rng: &mut Rng) -> Vec<f64> {
        if self.bounded && self.dtype == DType::Float64 {
            return self.bounds().map(|(low, high)| between(low, high, rng)).collect();
        }
        let mut values = vec![0.0; self.len()];
        // Gymnasium draws for one kind of interval after the other; a bounded box needs only the last pass.
        let kinds = [(false, false), (true, false), (false, true), (true, true)];
        for kind in &kinds[if self.bounded { 3 } else { 0 }..] {
            for (value, (low, high)) in values.iter_mut().zip(self.bounds()) {
                if (low.is_finite(), high.is_finite()) == *kind {
                    *value = self.draw(low, high, rng);
                }
            }
        }
        values
    }

    fn draw(&self, low: f64, high: f64, rng: &mut Rng) -> f64 {
        // A whole number stands for the unit interval above it.
        let end = if self.dtype.is_float() { high } else { high + 1.0 };
        let value = match (low.is_finite(), high.is_finite()) {
            (false, false) => rng.normal(),
            (true, false) => rng.exponential() + low,
            (false, true) => -rng.exponential() + end,
            (true, true) => between(low, end, rng),
        };
        let value = if self.dtype.is_float() { self.dtype.round(value) } else { value.floor() };
        let (least, most) = self.dtype.range();
        value.clamp(low.max(least), high.min(most))
    }

    #[inline]
    pub(super) fn check(&self, values: &[f64]) -> Result<(), SpaceError> {
        if values.len() != self.len() {
            return Err(SpaceError::length(
                format!("{} values of shape {:?}", self.len(), self.shape),
                values.len(),
            ));
        }
        let outside = |(&value, (low, high)): (&f64, _)| !self.allows(value, low, high);
        match values.iter().zip(self.bounds()).position(outside) {
            None => Ok(()),
            Some(i) => Err(SpaceError::range(values[i], self.allowed(i)).at(i)),
        }
    }

    /// False for NaN, and for broken numbers in a whole-number box.
    #[inline]
    fn allows(&self, value: f64, low: f64, high: f64) -> bool {
        let value = self.dtype.round(value);
        low <= value && value <= high && (self.dtype.is_float() || self.is_whole(value))
    }

    fn is_whole(&self, value: f64) -> bool {
        let (least, most) = self.dtype.range();
        value.fract() == 0.0 && least <= value && value <= most
    }

    fn allowed(&self, i: usize) -> String {
        let numbers = if self.dtype.is_float() { "" } else { " (whole numbers)" };
        format!("{:?}..={:?}{numbers}", self.low[i], self.high[i])
    }

    #[inline]
    pub(super) fn bounds(&self) -> impl Iterator<Item = (f64, f64)> {
        self.low.iter().copied().zip(self.high.iter().copied())
    }
}

/// Uniform on [low, high]. The second form is for bounds whose distance is beyond the largest `f64`.
#[inline]
fn between(low: f64, high: f64, rng: &mut Rng) -> f64 {
    let (u, span) = (rng.uniform(), high - low);
    let value = if span.is_finite() { low + span * u } else { low * (1.0 - u) + high * u };
    // Rounding may pass the upper bound by one unit in the last place.
    value.min(high)
}

fn check_bounds(low: &[f64], high: &[f64], shape: &[usize], dtype: DType) -> Result<(), SpaceError> {
    let count = element_count(KIND, shape)?;
    if low.len() != count || high.len() != count {
        let problem =
            format!("shape {shape:?} needs {count} bounds, low has {}, high {}", low.len(), high.len());
        return Err(SpaceError::definition(KIND, problem));
    }
    for (i, (&low, &high)) in low.iter().zip(high).enumerate() {
        let problem = bound_problem("low", low, f64::INFINITY, dtype)
            .or_else(|| bound_problem("high", high, f64::NEG_INFINITY, dtype))
            .or_else(|| (low > high).then(|| format!("low {low:?} is above high {high:?}")));
        if let Some(problem) = problem {
            return Err(SpaceError::definition(KIND, format!("value {i}: {problem}")));
        }
    }
    Ok(())
}

/// `wrong` is the infinity that no bound of this side may be.
fn bound_problem(side: &str, bound: f64, wrong: f64, dtype: DType) -> Option<String> {
    let (least, most) = dtype.range();
    if bound.is_nan() || bound == wrong {
        Some(format!("{side} is {bound}, must be a number or {}", -wrong))
    } else if bound.is_infinite() {
        (!dtype.is_signed()).then(|| format!("{side} of type {dtype} is {bound}, must be {least}..={most}"))
    } else if bound < least || bound > most {
        Some(format!("{side} {bound:?} is outside {least}..={most} of type {dtype}"))
    } else if !dtype.is_float() && bound.fract() != 0.0 {
        Some(format!("{side} {bound:?} is not a whole number, which type {dtype} needs"))
    } else {
        None
    }
}

/// The form in files: one number where all bounds of a side are equal.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    low: Bound,
    high: Bound,
    shape: Vec<usize>,
    #[serde(default)]
    dtype: DType,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Bound {
    All(Number),
    Each(Vec<Number>),
}

impl Bound {
    fn written(bounds: &[f64]) -> Self {
        match bounds {
            [first, rest @ ..] if rest.iter().all(|bound| bound == first) => Self::All(Number(*first)),
            _ => Self::Each(bounds.iter().copied().map(Number).collect()),
        }
    }

    fn read(self, count: usize) -> Vec<f64> {
        match self {
            Self::All(bound) => vec![bound.0; count],
            Self::Each(bounds) => bounds.into_iter().map(|bound| bound.0).collect(),
        }
    }
}

impl From<BoxSpace> for Written {
    fn from(space: BoxSpace) -> Self {
        let (low, high) = (Bound::written(&space.low), Bound::written(&space.high));
        Self { low, high, shape: space.shape, dtype: space.dtype }
    }
}

impl TryFrom<Written> for BoxSpace {
    type Error = SpaceError;

    fn try_from(written: Written) -> Result<Self, SpaceError> {
        let count = element_count(KIND, &written.shape)?;
        Self::new(written.low.read(count), written.high.read(count), &written.shape, written.dtype)
    }
}
