//! Whether an element respects a mask.

use super::mask::Weighting;
use super::{Element, Guide, Space};

impl Space {
    /// Whether a sample under this guide could be this element of the space.
    ///
    /// ```
    /// use rl_env::space::{Element, Mask, Space};
    ///
    /// let (space, mask) = (Space::discrete(3)?, Mask::Discrete(vec![true, false, true]));
    /// assert!(!space.allows(&mask, &Element::Discrete(1)));
    /// # Ok::<(), rl_env::space::SpaceError>(())
    /// ```
    #[must_use]
    pub fn allows<W: Weighting>(&self, guide: &Guide<W>, element: &Element) -> bool {
        self.contains(element) && self.lets_through(guide, element)
    }

    fn lets_through<W: Weighting>(&self, guide: &Guide<W>, element: &Element) -> bool {
        match (self, guide, element) {
            (_, Guide::Free, _) => true,
            (Self::Discrete(space), Guide::Discrete(weights), Element::Discrete(value)) => {
                lets_value(weights, value.wrapping_sub(space.start()))
            }
            (Self::MultiDiscrete(space), Guide::MultiDiscrete(weights), Element::MultiDiscrete(values)) => {
                let offsets =
                    values.iter().zip(space.start()).map(|(value, start)| value.wrapping_sub(*start));
                all_pairs(weights, offsets, |weights, offset| lets_value(weights, offset))
            }
            (Self::MultiBinary(_), Guide::MultiBinary(entries), Element::MultiBinary(bits)) => {
                all_pairs(entries, bits, |entry, bit| W::allows_bit(*entry, *bit))
            }
            (Self::Text(space), Guide::Text { length, characters }, Element::Text(text)) => {
                length.is_none_or(|length| text.chars().count() == length)
                    && characters.as_ref().is_none_or(|weights| lets_text(space.charset(), weights, text))
            }
            (Self::Tuple(space), Guide::Tuple(guides), Element::Tuple(parts)) => {
                let spaces = space.spaces().iter().zip(parts);
                all_pairs(guides, spaces, |guide, (space, part)| space.lets_through(guide, part))
            }
            (Self::Dict(space), Guide::Dict(guides), Element::Dict(_)) => {
                space.matched(guides).is_ok_and(|matched| {
                    let lets = |(key, space, guide): &(&String, &Self, &Guide<W>)| {
                        element.get(key).is_some_and(|part| space.lets_through(guide, part))
                    };
                    matched.iter().all(lets)
                })
            }
            (Self::Sequence(space), Guide::Sequence { lengths, parts: guide }, Element::Sequence(parts)) => {
                (lengths.is_empty() || lengths.contains(&parts.len()))
                    && parts.iter().all(|part| space.space().lets_through(guide, part))
            }
            (
                Self::Graph(space),
                Guide::Graph { nodes, edges },
                Element::Graph { nodes: n, edges: e, .. },
            ) => {
                n.iter().all(|node| space.node_space().lets_through(nodes, node))
                    && e.iter().all(|edge| space.edge_space().is_some_and(|s| s.lets_through(edges, edge)))
            }
            (Self::OneOf(space), Guide::OneOf(guides), Element::OneOf(choice, part)) => {
                let pair = space.spaces().get(*choice).zip(guides.get(*choice));
                guides.len() == space.spaces().len()
                    && pair.is_some_and(|(space, guide)| space.lets_through(guide, part))
            }
            _ => false,
        }
    }
}

/// A mask that allows nothing stands for the start.
fn lets_value<W: Weighting>(weights: &[W], offset: i64) -> bool {
    let weight = usize::try_from(offset).ok().and_then(|offset| weights.get(offset));
    weight.is_some_and(|weight| weight.allows() || (offset == 0 && !weights.iter().any(|w| w.allows())))
}

fn lets_text<W: Weighting>(charset: &[char], weights: &[W], text: &str) -> bool {
    let weight = |character| charset.iter().position(|c| *c == character).and_then(|i| weights.get(i));
    text.chars().all(|character| weight(character).is_some_and(|w| w.allows()))
}

fn all_pairs<'a, T, U>(
    guides: &'a [T],
    values: impl IntoIterator<Item = U>,
    lets: impl Fn(&'a T, U) -> bool,
) -> bool {
    let mut guides = guides.iter();
    values.into_iter().all(|value| guides.next().is_some_and(|guide| lets(guide, value)))
        && guides.next().is_none()
}
