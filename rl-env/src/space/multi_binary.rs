//! `MultiBinary`: an array of bits.

use serde::{Deserialize, Serialize};

use super::mask::Weighting;
use super::{SpaceError, element_count};
use crate::seed::Rng;

/// An array of bits.
///
/// ```
/// use rl_env::space::MultiBinary;
///
/// assert_eq!(MultiBinary::new(&[2, 3])?.len(), 6);
/// # Ok::<(), rl_env::space::SpaceError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "WrittenMultiBinary")]
pub struct MultiBinary {
    shape: Vec<usize>,
}

impl MultiBinary {
    /// Every extent is at least 1.
    pub fn new(shape: &[usize]) -> Result<Self, SpaceError> {
        let space = Self { shape: shape.to_vec() };
        space.validate()?;
        Ok(space)
    }

    /// Extent of each dimension.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Number of bits.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "never empty")]
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    pub(super) fn validate(&self) -> Result<(), SpaceError> {
        let kind = "MultiBinary";
        if self.shape.is_empty() || self.shape.contains(&0) {
            return Err(SpaceError::definition(
                kind,
                format!("shape {:?} needs extents of at least 1", self.shape),
            ));
        }
        element_count(kind, &self.shape).map(|_| ())
    }

    /// The top bit of every byte of the 32-bit words: what NumPy's 8-bit `integers(0, 2)` comes to.
    pub(super) fn sample(&self, rng: &mut Rng) -> Vec<bool> {
        let mut bits = Vec::with_capacity(self.len());
        while bits.len() < self.len() {
            let word = rng.next_u32().to_le_bytes();
            bits.extend(word.iter().take(self.len() - bits.len()).map(|byte| byte >> 7 == 1));
        }
        bits
    }

    pub(super) fn sample_by<W: Weighting>(
        &self,
        rng: &mut Rng,
        weights: &[W::Bit],
    ) -> Result<Vec<bool>, SpaceError> {
        self.check_length(weights.len())?;
        W::bits(weights, self, rng)
    }

    pub(super) fn check_length(&self, found: usize) -> Result<(), SpaceError> {
        if found == self.len() {
            return Ok(());
        }
        Err(SpaceError::length(format!("{} bits of shape {:?}", self.len(), self.shape), found))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenMultiBinary {
    shape: Vec<usize>,
}

impl TryFrom<WrittenMultiBinary> for MultiBinary {
    type Error = SpaceError;

    fn try_from(written: WrittenMultiBinary) -> Result<Self, SpaceError> {
        Self::new(&written.shape)
    }
}
