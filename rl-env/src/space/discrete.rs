//! `Discrete` and `MultiDiscrete`: whole numbers from a start, and fixed lists of them.

use serde::{Deserialize, Serialize};

use super::SpaceError;
use super::mask::Weighting;
use crate::seed::Rng;

/// The `n` whole numbers from `start` on.
///
/// ```
/// use rl_env::space::Discrete;
///
/// let die = Discrete::new(6, 1)?;
/// assert_eq!((die.start(), die.end()), (1, 6));
/// # Ok::<(), rl_env::space::SpaceError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "WrittenDiscrete")]
pub struct Discrete {
    n: u64,
    #[serde(skip_serializing_if = "is_zero")]
    start: i64,
}

impl Discrete {
    /// `n` is at least 1, and the last number fits an `i64`.
    pub fn new(n: u64, start: i64) -> Result<Self, SpaceError> {
        let space = Self { n, start };
        space.validate()?;
        Ok(space)
    }

    /// Number of values.
    #[must_use]
    pub fn n(&self) -> u64 {
        self.n
    }

    /// The smallest value.
    #[must_use]
    pub fn start(&self) -> i64 {
        self.start
    }

    /// The largest value.
    #[must_use]
    pub fn end(&self) -> i64 {
        self.start.wrapping_add_unsigned(self.n - 1)
    }

    pub(super) fn validate(&self) -> Result<(), SpaceError> {
        check_count("Discrete", self.n, self.start)
    }

    #[inline]
    pub(super) fn sample(&self, rng: &mut Rng) -> i64 {
        self.start.wrapping_add_unsigned(rng.below(self.n))
    }

    pub(super) fn sample_by<W: Weighting>(&self, rng: &mut Rng, weights: &[W]) -> Result<i64, SpaceError> {
        pick(rng, weights, self.n, self.start)
    }

    #[inline]
    pub(super) fn check(&self, value: i64) -> Result<(), SpaceError> {
        if self.start <= value && value <= self.end() {
            return Ok(());
        }
        Err(SpaceError::range(value, format_args!("{}..={}", self.start, self.end())))
    }
}

/// One [`Discrete`] for each dimension.
///
/// ```
/// use rl_env::space::MultiDiscrete;
///
/// let space = MultiDiscrete::new(vec![3, 2], vec![0, -1])?;
/// assert_eq!(space.dimensions().map(|d| d.end()).collect::<Vec<_>>(), [2, 0]);
/// assert!(MultiDiscrete::new(vec![3, 0], vec![]).is_err());
/// # Ok::<(), rl_env::space::SpaceError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "WrittenMultiDiscrete")]
pub struct MultiDiscrete {
    nvec: Vec<u64>,
    #[serde(skip_serializing_if = "all_zero")]
    start: Vec<i64>,
}

impl MultiDiscrete {
    /// Counts and starts of the dimensions; an empty `start` means all zero.
    pub fn new(nvec: Vec<u64>, start: Vec<i64>) -> Result<Self, SpaceError> {
        let start = if start.is_empty() { vec![0; nvec.len()] } else { start };
        let space = Self { nvec, start };
        space.validate()?;
        Ok(space)
    }

    /// Number of values of each dimension.
    #[must_use]
    pub fn nvec(&self) -> &[u64] {
        &self.nvec
    }

    /// Smallest value of each dimension.
    #[must_use]
    pub fn start(&self) -> &[i64] {
        &self.start
    }

    /// The dimensions one by one.
    pub fn dimensions(&self) -> impl Iterator<Item = Discrete> {
        self.nvec.iter().zip(&self.start).map(|(&n, &start)| Discrete { n, start })
    }

    pub(super) fn validate(&self) -> Result<(), SpaceError> {
        let kind = "MultiDiscrete";
        if self.nvec.is_empty() {
            return Err(SpaceError::definition(kind, "nvec is empty, needs at least one dimension"));
        }
        if self.nvec.len() != self.start.len() {
            let problem = format!("nvec has {} dimensions, start {}", self.nvec.len(), self.start.len());
            return Err(SpaceError::definition(kind, problem));
        }
        for (i, (&n, &start)) in self.nvec.iter().zip(&self.start).enumerate() {
            // Sampling multiplies by a uniform draw of 53 bits.
            if n > 1 << 53 {
                return Err(SpaceError::definition(kind, format!("nvec[{i}] is {n}, must be at most 2^53")));
            }
            check_count(kind, n, start)?;
        }
        Ok(())
    }

    /// Floor of a scaled uniform draw, as gymnasium does it.
    pub(super) fn sample(&self, rng: &mut Rng) -> Vec<i64> {
        self.dimensions().map(|d| d.start.wrapping_add((rng.uniform() * d.n as f64) as i64)).collect()
    }

    pub(super) fn sample_by<W: Weighting>(
        &self,
        rng: &mut Rng,
        weights: &[Vec<W>],
    ) -> Result<Vec<i64>, SpaceError> {
        if weights.len() != self.nvec.len() {
            return Err(SpaceError::length(format!("{} dimensions", self.nvec.len()), weights.len()));
        }
        let pairs = self.dimensions().zip(weights).enumerate();
        pairs.map(|(i, (d, w))| pick(rng, w, d.n, d.start).map_err(|error| error.at(i))).collect()
    }

    pub(super) fn check(&self, values: &[i64]) -> Result<(), SpaceError> {
        if values.len() != self.nvec.len() {
            return Err(SpaceError::length(format!("{} values", self.nvec.len()), values.len()));
        }
        let mut pairs = self.dimensions().zip(values).enumerate();
        pairs.try_for_each(|(i, (d, &value))| d.check(value).map_err(|error| error.at(i)))
    }
}

/// With nothing allowed the answer is the start, as in gymnasium.
fn pick<W: Weighting>(rng: &mut Rng, weights: &[W], n: u64, start: i64) -> Result<i64, SpaceError> {
    if weights.len() as u64 != n {
        return Err(SpaceError::length(format!("{n} entries"), weights.len()));
    }
    let index = W::pick(weights, rng)?.unwrap_or(0);
    Ok(start.wrapping_add_unsigned(index as u64))
}

fn check_count(kind: &'static str, n: u64, start: i64) -> Result<(), SpaceError> {
    if n == 0 {
        return Err(SpaceError::definition(kind, "the number of values is 0, must be at least 1"));
    }
    if start.checked_add_unsigned(n - 1).is_none() {
        let problem = format!("{n} values from {start} on pass the largest 64-bit number {}", i64::MAX);
        return Err(SpaceError::definition(kind, problem));
    }
    Ok(())
}

fn is_zero(start: &i64) -> bool {
    *start == 0
}

fn all_zero(start: &[i64]) -> bool {
    start.iter().all(is_zero)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenDiscrete {
    n: u64,
    #[serde(default)]
    start: i64,
}

impl TryFrom<WrittenDiscrete> for Discrete {
    type Error = SpaceError;

    fn try_from(written: WrittenDiscrete) -> Result<Self, SpaceError> {
        Self::new(written.n, written.start)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenMultiDiscrete {
    nvec: Vec<u64>,
    #[serde(default)]
    start: Vec<i64>,
}

impl TryFrom<WrittenMultiDiscrete> for MultiDiscrete {
    type Error = SpaceError;

    fn try_from(written: WrittenMultiDiscrete) -> Result<Self, SpaceError> {
        Self::new(written.nvec, written.start)
    }
}
