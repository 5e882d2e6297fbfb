//! A member of a space, as data.

use serde::{Deserialize, Serialize};

use super::written::{ordered, reals};

/// A value of a [`Space`](super::Space): an action or an observation.
///
/// ```
/// use rl_env::space::Element;
///
/// let action = Element::dict([("gear", Element::Discrete(2)), ("speed", Element::Real(vec![0.5]))]);
/// assert_eq!(action.get("gear").and_then(Element::as_discrete), Some(2));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Element {
    /// Of a `Box`: values in row-major order; the shape is the space's.
    Real(#[serde(with = "reals")] Vec<f64>),
    /// Of a `Discrete`.
    Discrete(i64),
    /// Of a `MultiDiscrete`.
    MultiDiscrete(Vec<i64>),
    /// Of a `MultiBinary`, in row-major order.
    MultiBinary(Vec<bool>),
    /// Of a `Text`.
    Text(String),
    /// Of a `Tuple`.
    Tuple(Vec<Element>),
    /// Of a `Dict`.
    Dict(#[serde(with = "ordered")] Vec<(String, Element)>),
    /// Of a `Sequence`.
    Sequence(Vec<Element>),
    /// Of a `Graph`. Edge `i` joins the two nodes of `edge_links[i]`; a graph without edges has none of both.
    Graph {
        /// One element of the node space each.
        nodes: Vec<Element>,
        /// One element of the edge space each.
        edges: Vec<Element>,
        /// Indices into `nodes`.
        edge_links: Vec<[usize; 2]>,
    },
    /// Of a `OneOf`: which space, and its element.
    OneOf(usize, Box<Element>),
}

impl Element {
    /// A `Dict` element from its pairs.
    pub fn dict<K: Into<String>>(pairs: impl IntoIterator<Item = (K, Self)>) -> Self {
        Self::Dict(pairs.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    /// The values of a `Box` element.
    #[must_use]
    pub fn as_real(&self) -> Option<&[f64]> {
        if let Self::Real(values) = self { Some(values) } else { None }
    }

    /// The value of a `Discrete` element.
    #[must_use]
    pub fn as_discrete(&self) -> Option<i64> {
        if let Self::Discrete(value) = self { Some(*value) } else { None }
    }

    /// The values of a `MultiDiscrete` element.
    #[must_use]
    pub fn as_multi_discrete(&self) -> Option<&[i64]> {
        if let Self::MultiDiscrete(values) = self { Some(values) } else { None }
    }

    /// The bits of a `MultiBinary` element.
    #[must_use]
    pub fn as_multi_binary(&self) -> Option<&[bool]> {
        if let Self::MultiBinary(bits) = self { Some(bits) } else { None }
    }

    /// The string of a `Text` element.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The parts of a `Tuple` or `Sequence` element.
    #[must_use]
    pub fn as_parts(&self) -> Option<&[Self]> {
        if let Self::Tuple(parts) | Self::Sequence(parts) = self { Some(parts) } else { None }
    }

    /// The value under a key of a `Dict` element.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        let Self::Dict(pairs) = self else { return None };
        pairs.iter().find_map(|(name, value)| (name == key).then_some(value))
    }

    /// The kind in words, for messages.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Real(_) => "Box values",
            Self::Discrete(_) => "a Discrete value",
            Self::MultiDiscrete(_) => "MultiDiscrete values",
            Self::MultiBinary(_) => "MultiBinary bits",
            Self::Text(_) => "a Text string",
            Self::Tuple(_) => "a Tuple",
            Self::Dict(_) => "a Dict",
            Self::Sequence(_) => "a Sequence",
            Self::Graph { .. } => "a Graph",
            Self::OneOf(..) => "a OneOf choice",
        }
    }
}

impl From<i64> for Element {
    fn from(value: i64) -> Self {
        Self::Discrete(value)
    }
}

impl From<Vec<f64>> for Element {
    fn from(values: Vec<f64>) -> Self {
        Self::Real(values)
    }
}
