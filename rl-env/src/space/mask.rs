//! Masks and probabilities that steer a sample, in gymnasium's forms.

use serde::{Deserialize, Serialize};

use super::written::ordered;
use super::{MultiBinary, SpaceError};
use crate::seed::Rng;

/// Which values a sample may take.
///
/// ```
/// use rl_env::seed::np_random;
/// use rl_env::space::{Element, Mask, Space};
///
/// let space = Space::discrete(3)?;
/// let mask = Mask::Discrete(vec![false, false, true]);
/// assert_eq!(space.sample_masked(&mut np_random(0), &mask)?, Element::Discrete(2));
/// # Ok::<(), rl_env::space::SpaceError>(())
/// ```
pub type Mask = Guide<bool>;

/// With what probability a sample takes each value.
pub type Probabilities = Guide<f64>;

/// A [`Mask`] or [`Probabilities`], of the same form as its space.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[serde(bound(
    serialize = "W: Serialize, W::Bit: Serialize",
    deserialize = "W: Deserialize<'de>, W::Bit: Deserialize<'de>"
))]
pub enum Guide<W: Weighting> {
    /// Leaves a space of any kind free. The only guide of a `Box`.
    Free,
    /// One entry a value. A mask that allows nothing gives the start.
    Discrete(Vec<W>),
    /// One list of entries a dimension.
    MultiDiscrete(Vec<Vec<W>>),
    /// A mask fixes a bit or leaves it free (`None`, gymnasium's 2); probabilities are those of a set bit.
    MultiBinary(Vec<W::Bit>),
    /// The length, and one entry a character of the set.
    Text {
        /// Any allowed length if none.
        length: Option<usize>,
        /// All characters alike if none.
        characters: Option<Vec<W>>,
    },
    /// One guide a part.
    Tuple(Vec<Guide<W>>),
    /// One guide a key.
    Dict(#[serde(with = "ordered")] Vec<(String, Guide<W>)>),
    /// The lengths to choose from, and the guide of every part.
    Sequence {
        /// Geometric if empty.
        lengths: Vec<usize>,
        /// Guide of every part.
        parts: Box<Guide<W>>,
    },
    /// The guides of every node and of every edge.
    Graph {
        /// Guide of every node.
        nodes: Box<Guide<W>>,
        /// Guide of every edge.
        edges: Box<Guide<W>>,
    },
    /// One guide a space; the choice of the space is free.
    OneOf(Vec<Guide<W>>),
}

impl<W: Weighting> Guide<W> {
    /// A guide of a `Dict` space from its pairs.
    pub fn dict<K: Into<String>>(pairs: impl IntoIterator<Item = (K, Self)>) -> Self {
        Self::Dict(pairs.into_iter().map(|(key, guide)| (key.into(), guide)).collect())
    }

    /// The kind in words, for messages.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Free => "a free guide",
            Self::Discrete(_) => "a Discrete guide",
            Self::MultiDiscrete(_) => "a MultiDiscrete guide",
            Self::MultiBinary(_) => "a MultiBinary guide",
            Self::Text { .. } => "a Text guide",
            Self::Tuple(_) => "a Tuple guide",
            Self::Dict(_) => "a Dict guide",
            Self::Sequence { .. } => "a Sequence guide",
            Self::Graph { .. } => "a Graph guide",
            Self::OneOf(_) => "a OneOf guide",
        }
    }
}

impl Mask {
    /// All flags in one row, as `MaskablePPO` wants them: of a `Discrete`, `MultiDiscrete` or `MultiBinary`
    /// mask (bit off, bit on, for every bit). None for other spaces.
    #[must_use]
    pub fn flat(&self) -> Option<Vec<bool>> {
        match self {
            Self::Discrete(flags) => Some(flags.clone()),
            Self::MultiDiscrete(dimensions) => Some(dimensions.concat()),
            Self::MultiBinary(bits) => {
                Some(bits.iter().flat_map(|bit| [*bit != Some(true), *bit != Some(false)]).collect())
            }
            _ => None,
        }
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for bool {}
    impl Sealed for f64 {}
}

/// The entries of a [`Guide`]: `bool` for a mask, `f64` for probabilities.
pub trait Weighting: Copy + sealed::Sealed {
    /// The entry of a single bit.
    type Bit: Copy;

    /// The index of an entry, at random among the allowed ones; none if nothing is allowed.
    #[doc(hidden)]
    fn pick(weights: &[Self], rng: &mut Rng) -> Result<Option<usize>, SpaceError>;

    /// The bits of a `MultiBinary`.
    #[doc(hidden)]
    fn bits(weights: &[Self::Bit], space: &MultiBinary, rng: &mut Rng) -> Result<Vec<bool>, SpaceError>;

    /// Whether an entry lets its value through.
    #[doc(hidden)]
    fn allows(self) -> bool;

    /// Whether an entry lets this bit through.
    #[doc(hidden)]
    fn allows_bit(entry: Self::Bit, bit: bool) -> bool;
}

impl Weighting for bool {
    type Bit = Option<bool>;

    fn pick(flags: &[bool], rng: &mut Rng) -> Result<Option<usize>, SpaceError> {
        let count = flags.iter().filter(|&&flag| flag).count();
        if count == 0 {
            return Ok(None);
        }
        let chosen = rng.index(count);
        Ok(flags.iter().enumerate().filter(|&(_, &flag)| flag).map(|(i, _)| i).nth(chosen))
    }

    fn bits(entries: &[Option<bool>], space: &MultiBinary, rng: &mut Rng) -> Result<Vec<bool>, SpaceError> {
        // Fixed bits are drawn as well, so that the free ones do not depend on them.
        let free = space.sample(rng);
        Ok(entries.iter().zip(free).map(|(entry, bit)| entry.unwrap_or(bit)).collect())
    }

    fn allows(self) -> bool {
        self
    }

    fn allows_bit(entry: Option<bool>, bit: bool) -> bool {
        entry.is_none_or(|fixed| fixed == bit)
    }
}

impl Weighting for f64 {
    type Bit = f64;

    fn pick(probabilities: &[f64], rng: &mut Rng) -> Result<Option<usize>, SpaceError> {
        check_each(probabilities)?;
        let sum: f64 = probabilities.iter().sum();
        // The tolerance of `numpy.isclose`.
        if (sum - 1.0).abs() > 1.001e-5 {
            return Err(SpaceError::range(format_args!("a sum of {sum:?}"), "sum of 1"));
        }
        Ok(rng.weighted(probabilities))
    }

    fn bits(probabilities: &[f64], _: &MultiBinary, rng: &mut Rng) -> Result<Vec<bool>, SpaceError> {
        check_each(probabilities)?;
        Ok(probabilities.iter().map(|&p| rng.chance(p)).collect())
    }

    fn allows(self) -> bool {
        self > 0.0
    }

    fn allows_bit(probability: f64, bit: bool) -> bool {
        if bit { probability > 0.0 } else { probability < 1.0 }
    }
}

fn check_each(probabilities: &[f64]) -> Result<(), SpaceError> {
    match probabilities.iter().position(|p| !(0.0..=1.0).contains(p)) {
        None => Ok(()),
        Some(i) => Err(SpaceError::range(format_args!("{:?}", probabilities[i]), "0..=1").at(i)),
    }
}
