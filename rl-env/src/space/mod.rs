//! Gymnasium's spaces as data: what an action or an observation may be.
//!
//! A [`Space`] is checked when it is built or read from a file, so one that exists is valid. An [`Element`] is a
//! value; only [`Space::check`] says whether it belongs. All randomness comes from the caller's [`Rng`].
//! Semantics follow gymnasium 1.4; where a sample is one draw of numbers (`Box`, `Discrete`, `MultiDiscrete`,
//! `MultiBinary`) it equals gymnasium's for the same seed, while spaces made of others use one stream in order.

mod allowed;
mod batch;
mod box_space;
mod composite;
mod discrete;
mod dtype;
mod element;
mod error;
mod flat;
mod json;
mod limits;
mod mask;
mod multi_binary;
mod text;
mod varying;
mod written;

use serde::{Deserialize, Serialize};

pub use box_space::BoxSpace;
pub use composite::{Dict, OneOf, Tuple};
pub use discrete::{Discrete, MultiDiscrete};
pub use dtype::DType;
pub use element::Element;
pub use error::SpaceError;
pub use limits::Role;
pub use mask::{Guide, Mask, Probabilities, Weighting};
pub use multi_binary::MultiBinary;
pub use text::{ALPHANUMERIC, Text};
pub use varying::{Graph, Sequence};

use crate::seed::Rng;

/// Most values of one array: 2 GiB of `f64`. Keeps a typing error in a file from exhausting the memory.
pub const MAX_COUNT: usize = 1 << 28;

/// A set of values to sample from and to check against.
///
/// ```
/// use rl_env::seed::np_random;
/// use rl_env::space::Space;
///
/// let space = Space::dict([
///     ("banks", Space::discrete(4)?),
///     ("voltage", Space::interval(0.8, 1.2)?),
/// ])?;
/// let element = space.sample(&mut np_random(1));
/// assert!(space.contains(&element));
/// assert_eq!(space.flatdim()?, 5);
/// # Ok::<(), rl_env::space::SpaceError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum Space {
    /// An array of numbers between bounds.
    Box(BoxSpace),
    /// Whole numbers from a start.
    Discrete(Discrete),
    /// A list of whole numbers.
    MultiDiscrete(MultiDiscrete),
    /// An array of bits.
    MultiBinary(MultiBinary),
    /// Strings.
    Text(Text),
    /// One element of each of several spaces.
    Tuple(Tuple),
    /// The same, under keys.
    Dict(Dict),
    /// Any number of elements of one space.
    Sequence(Sequence),
    /// Nodes and edges.
    Graph(Graph),
    /// An element of one of several spaces.
    OneOf(OneOf),
}

impl Space {
    /// One real number between two bounds.
    pub fn interval(low: f64, high: f64) -> Result<Self, SpaceError> {
        Self::boxed(low, high, &[1])
    }

    /// An array of reals with the same bounds for all.
    pub fn boxed(low: f64, high: f64, shape: &[usize]) -> Result<Self, SpaceError> {
        BoxSpace::uniform(low, high, shape, DType::Float64).map(Self::Box)
    }

    /// A list of reals with bounds for each.
    pub fn bounded(low: Vec<f64>, high: Vec<f64>) -> Result<Self, SpaceError> {
        let shape = [low.len()];
        BoxSpace::new(low, high, &shape, DType::Float64).map(Self::Box)
    }

    /// The whole numbers 0..n.
    pub fn discrete(n: u64) -> Result<Self, SpaceError> {
        Discrete::new(n, 0).map(Self::Discrete)
    }

    /// A list of whole numbers 0..n.
    pub fn multi_discrete(nvec: &[u64]) -> Result<Self, SpaceError> {
        MultiDiscrete::new(nvec.to_vec(), Vec::new()).map(Self::MultiDiscrete)
    }

    /// A list of `n` bits.
    pub fn multi_binary(n: usize) -> Result<Self, SpaceError> {
        MultiBinary::new(&[n]).map(Self::MultiBinary)
    }

    /// Strings of letters and digits.
    pub fn text(min_length: usize, max_length: usize) -> Result<Self, SpaceError> {
        Text::new(min_length, max_length, ALPHANUMERIC).map(Self::Text)
    }

    /// One element of each space.
    pub fn tuple(spaces: impl IntoIterator<Item = Self>) -> Result<Self, SpaceError> {
        Tuple::new(spaces.into_iter().collect()).map(Self::Tuple)
    }

    /// One element of each space, under its key.
    pub fn dict<K: Into<String>>(spaces: impl IntoIterator<Item = (K, Self)>) -> Result<Self, SpaceError> {
        Dict::new(spaces.into_iter().map(|(key, space)| (key.into(), space)).collect()).map(Self::Dict)
    }

    /// Any number of elements of `space`.
    #[must_use]
    pub fn sequence(space: Self) -> Self {
        Self::Sequence(Sequence::new(space))
    }

    /// Graphs.
    #[must_use]
    pub fn graph(node_space: Self, edge_space: Option<Self>) -> Self {
        Self::Graph(Graph::new(node_space, edge_space))
    }

    /// An element of any one of the spaces.
    pub fn one_of(spaces: impl IntoIterator<Item = Self>) -> Result<Self, SpaceError> {
        OneOf::new(spaces.into_iter().collect()).map(Self::OneOf)
    }

    /// The kind, under its gymnasium name.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Box(_) => "Box",
            Self::Discrete(_) => "Discrete",
            Self::MultiDiscrete(_) => "MultiDiscrete",
            Self::MultiBinary(_) => "MultiBinary",
            Self::Text(_) => "Text",
            Self::Tuple(_) => "Tuple",
            Self::Dict(_) => "Dict",
            Self::Sequence(_) => "Sequence",
            Self::Graph(_) => "Graph",
            Self::OneOf(_) => "OneOf",
        }
    }

    /// Checks all invariants again. Every constructor and every reader has done it; this is for conformance suites.
    pub fn validate(&self) -> Result<(), SpaceError> {
        match self {
            Self::Box(space) => space.validate(),
            Self::Discrete(space) => space.validate(),
            Self::MultiDiscrete(space) => space.validate(),
            Self::MultiBinary(space) => space.validate(),
            Self::Text(space) => space.validate(),
            Self::Tuple(space) => space.validate(),
            Self::Dict(space) => space.validate(),
            Self::Sequence(space) => space.space().validate(),
            Self::Graph(space) => space.validate(),
            Self::OneOf(space) => space.validate(),
        }
    }

    /// A random element.
    #[must_use]
    pub fn sample(&self, rng: &mut Rng) -> Element {
        match self {
            Self::Box(space) => Element::Real(space.sample(rng)),
            Self::Discrete(space) => Element::Discrete(space.sample(rng)),
            Self::MultiDiscrete(space) => Element::MultiDiscrete(space.sample(rng)),
            Self::MultiBinary(space) => Element::MultiBinary(space.sample(rng)),
            Self::Text(space) => Element::Text(space.sample(rng)),
            Self::Tuple(space) => Element::Tuple(space.sample(rng)),
            Self::Dict(space) => Element::Dict(space.sample(rng)),
            Self::Sequence(space) => Element::Sequence(space.sample(rng)),
            Self::Graph(space) => space.sample(rng),
            Self::OneOf(space) => space.sample(rng),
        }
    }

    /// A random element among those that the mask allows.
    pub fn sample_masked(&self, rng: &mut Rng, mask: &Mask) -> Result<Element, SpaceError> {
        self.guided(rng, mask).map_err(|error| error.within("mask"))
    }

    /// A random element with the given probabilities.
    pub fn sample_weighted(
        &self,
        rng: &mut Rng,
        probabilities: &Probabilities,
    ) -> Result<Element, SpaceError> {
        self.guided(rng, probabilities).map_err(|error| error.within("probabilities"))
    }

    fn guided<W: Weighting>(&self, rng: &mut Rng, guide: &Guide<W>) -> Result<Element, SpaceError> {
        match (self, guide) {
            (_, Guide::Free) => Ok(self.sample(rng)),
            (Self::Discrete(space), Guide::Discrete(w)) => space.sample_by(rng, w).map(Element::Discrete),
            (Self::MultiDiscrete(space), Guide::MultiDiscrete(w)) => {
                space.sample_by(rng, w).map(Element::MultiDiscrete)
            }
            (Self::MultiBinary(space), Guide::MultiBinary(w)) => {
                space.sample_by::<W>(rng, w).map(Element::MultiBinary)
            }
            (Self::Text(space), Guide::Text { length, characters }) => {
                space.sample_by(rng, *length, characters.as_deref()).map(Element::Text)
            }
            (Self::Tuple(space), Guide::Tuple(guides)) => space.sample_by(rng, guides).map(Element::Tuple),
            (Self::Dict(space), Guide::Dict(guides)) => space.sample_by(rng, guides).map(Element::Dict),
            (Self::Sequence(space), Guide::Sequence { lengths, parts }) => {
                space.sample_by(rng, lengths, parts).map(Element::Sequence)
            }
            (Self::Graph(space), Guide::Graph { nodes, edges }) => space.sample_by(rng, nodes, edges),
            (Self::OneOf(space), Guide::OneOf(guides)) => space.sample_by(rng, guides),
            _ => Err(SpaceError::kind(self.guide_kind(), guide.kind())),
        }
    }

    fn guide_kind(&self) -> String {
        if matches!(self, Self::Box(_)) {
            return "a free guide, the only one of a Box".to_owned();
        }
        format!("a {} guide or a free one", self.kind())
    }

    /// Whether the element belongs to the space.
    #[inline]
    #[must_use]
    pub fn contains(&self, element: &Element) -> bool {
        self.check_here(element).is_ok()
    }

    /// Says what keeps an element out of the space: where it is, what it is, and what is allowed.
    #[inline]
    pub fn check(&self, element: &Element) -> Result<(), SpaceError> {
        self.check_here(element).map_err(|error| error.within("element"))
    }

    fn check_here(&self, element: &Element) -> Result<(), SpaceError> {
        match (self, element) {
            (Self::Box(space), Element::Real(values)) => space.check(values),
            (Self::Discrete(space), Element::Discrete(value)) => space.check(*value),
            (Self::MultiDiscrete(space), Element::MultiDiscrete(values)) => space.check(values),
            (Self::MultiBinary(space), Element::MultiBinary(bits)) => space.check_length(bits.len()),
            (Self::Text(space), Element::Text(text)) => space.check(text),
            (Self::Tuple(space), Element::Tuple(parts)) => space.check(parts),
            (Self::Dict(space), Element::Dict(pairs)) => space.check(pairs),
            (Self::Sequence(space), Element::Sequence(parts)) => space.check(parts),
            (Self::Graph(space), Element::Graph { nodes, edges, edge_links }) => {
                space.check(nodes, edges, edge_links)
            }
            (Self::OneOf(space), Element::OneOf(choice, part)) => space.check(*choice, part),
            _ => Err(SpaceError::kind(format!("an element of a {} space", self.kind()), element.kind())),
        }
    }
}

/// Number of values of an array; one for no dimension.
fn element_count(kind: &'static str, shape: &[usize]) -> Result<usize, SpaceError> {
    let count = shape.iter().try_fold(1usize, |count, &extent| count.checked_mul(extent));
    count.filter(|&count| count <= MAX_COUNT).ok_or_else(|| {
        SpaceError::definition(kind, format!("shape {shape:?} has more than {MAX_COUNT} values"))
    })
}
