//! Spaces whose elements vary in size: `Sequence` and `Graph`.

use std::convert::Infallible;

use serde::{Deserialize, Serialize};

use super::mask::Weighting;
use super::{Element, Guide, MAX_COUNT, Space, SpaceError};
use crate::seed::Rng;

/// Gymnasium's arbitrary choice: a sample has four parts on average.
const STOP: f64 = 0.25;
/// Gymnasium's default.
const SAMPLE_NODES: usize = 10;

/// Any number of elements of one space.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sequence {
    space: Box<Space>,
}

impl Sequence {
    /// Sequences over `space`.
    #[must_use]
    pub fn new(space: Space) -> Self {
        Self { space: Box::new(space) }
    }

    /// The space of every part.
    #[must_use]
    pub fn space(&self) -> &Space {
        &self.space
    }

    pub(super) fn sample(&self, rng: &mut Rng) -> Vec<Element> {
        (0..rng.geometric(STOP)).map(|_| self.space.sample(rng)).collect()
    }

    pub(super) fn sample_by<W: Weighting>(
        &self,
        rng: &mut Rng,
        lengths: &[usize],
        parts: &Guide<W>,
    ) -> Result<Vec<Element>, SpaceError> {
        if let Some(i) = lengths.iter().position(|&length| length > MAX_COUNT) {
            return Err(SpaceError::range(lengths[i], format_args!("lengths 0..={MAX_COUNT}")).at(i));
        }
        let length = rng.choice(lengths).copied();
        let length = length.unwrap_or_else(|| rng.geometric(STOP) as usize);
        (0..length).map(|_| self.space.guided(rng, parts)).collect()
    }

    pub(super) fn check(&self, parts: &[Element]) -> Result<(), SpaceError> {
        check_all(&self.space, parts)
    }
}

/// Graphs whose nodes, and edges if it has a space for them, carry an element each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Graph {
    node_space: Box<Space>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    edge_space: Option<Box<Space>>,
}

impl Graph {
    /// Graphs over a node space; without an edge space their elements have no edges.
    #[must_use]
    pub fn new(node_space: Space, edge_space: Option<Space>) -> Self {
        Self { node_space: Box::new(node_space), edge_space: edge_space.map(Box::new) }
    }

    /// The space of every node.
    #[must_use]
    pub fn node_space(&self) -> &Space {
        &self.node_space
    }

    /// The space of every edge.
    #[must_use]
    pub fn edge_space(&self) -> Option<&Space> {
        self.edge_space.as_deref()
    }

    pub(super) fn validate(&self) -> Result<(), SpaceError> {
        self.node_space.validate()?;
        self.edge_space().map_or(Ok(()), Space::validate)
    }

    pub(super) fn sample(&self, rng: &mut Rng) -> Element {
        let draw = |space: &Space, rng: &mut Rng| Ok::<_, Infallible>(space.sample(rng));
        let Ok(element) = self.build(rng, draw, draw);
        element
    }

    pub(super) fn sample_by<W: Weighting>(
        &self,
        rng: &mut Rng,
        nodes: &Guide<W>,
        edges: &Guide<W>,
    ) -> Result<Element, SpaceError> {
        let node =
            |space: &Space, rng: &mut Rng| space.guided(rng, nodes).map_err(|error| error.within(".nodes"));
        let edge =
            |space: &Space, rng: &mut Rng| space.guided(rng, edges).map_err(|error| error.within(".edges"));
        self.build(rng, node, edge)
    }

    /// Ten nodes and fewer than 90 edges between any of them, loops included, as in gymnasium.
    fn build<E>(
        &self,
        rng: &mut Rng,
        node: impl Fn(&Space, &mut Rng) -> Result<Element, E>,
        edge: impl Fn(&Space, &mut Rng) -> Result<Element, E>,
    ) -> Result<Element, E> {
        let edge_count = rng.index(SAMPLE_NODES * (SAMPLE_NODES - 1));
        let nodes = (0..SAMPLE_NODES).map(|_| node(&self.node_space, rng)).collect::<Result<_, _>>()?;
        let Some(edge_space) = self.edge_space() else {
            return Ok(Element::Graph { nodes, edges: Vec::new(), edge_links: Vec::new() });
        };
        let edges = (0..edge_count).map(|_| edge(edge_space, rng)).collect::<Result<Vec<_>, _>>()?;
        let edge_links = edges.iter().map(|_| [rng.index(SAMPLE_NODES), rng.index(SAMPLE_NODES)]).collect();
        Ok(Element::Graph { nodes, edges, edge_links })
    }

    pub(super) fn check(
        &self,
        nodes: &[Element],
        edges: &[Element],
        edge_links: &[[usize; 2]],
    ) -> Result<(), SpaceError> {
        check_all(&self.node_space, nodes).map_err(|error| error.within(".nodes"))?;
        match self.edge_space() {
            Some(space) => check_all(space, edges).map_err(|error| error.within(".edges"))?,
            None if edges.is_empty() => {}
            None => {
                return Err(
                    SpaceError::length("no edges without an edge space", edges.len()).within(".edges")
                );
            }
        }
        if edge_links.len() != edges.len() {
            let expected = format!("{} links, one an edge", edges.len());
            return Err(SpaceError::length(expected, edge_links.len()).within(".edge_links"));
        }
        match edge_links.iter().position(|link| link.iter().any(|&node| node >= nodes.len())) {
            None => Ok(()),
            Some(i) => {
                let value = format_args!("{:?}", edge_links[i]);
                let allowed = format_args!("nodes 0..{}", nodes.len());
                Err(SpaceError::range(value, allowed).at(i).within(".edge_links"))
            }
        }
    }
}

fn check_all(space: &Space, parts: &[Element]) -> Result<(), SpaceError> {
    let mut parts = parts.iter().enumerate();
    parts.try_for_each(|(i, part)| space.check_here(part).map_err(|error| error.at(i)))
}
