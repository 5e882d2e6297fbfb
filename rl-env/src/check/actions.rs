//! Actions at the edges of a space, and just outside of it.

use crate::seed::Rng;
use crate::space::{BoxSpace, Element, Space};

/// Most values of one dimension that are tried one by one, and most dimensions of an array.
const MANY: usize = 48;

/// Stands for an infinite bound.
const FAR: f64 = 1e9;

/// The element with one dimension at a time moved to each of its ends (or to each value, if they are few), and
/// the elements with all dimensions at one end.
pub(super) fn edges(space: &Space, near: &Element, rng: &mut Rng) -> Vec<Element> {
    match (space, near) {
        (Space::Box(space), Element::Real(values)) => box_edges(space, values),
        (Space::Discrete(space), _) => {
            values(space.n(), space.start()).into_iter().map(Element::Discrete).collect()
        }
        (Space::MultiDiscrete(space), Element::MultiDiscrete(at)) => {
            let mut found = vec![
                Element::MultiDiscrete(space.dimensions().map(|d| d.start()).collect()),
                Element::MultiDiscrete(space.dimensions().map(|d| d.end()).collect()),
            ];
            for (i, d) in space.dimensions().enumerate().take(MANY) {
                let moved = values(d.n(), d.start()).into_iter().map(|value| replaced(at, i, value));
                found.extend(moved.map(Element::MultiDiscrete));
            }
            found
        }
        (Space::MultiBinary(_), Element::MultiBinary(bits)) => {
            let flipped = (0..bits.len().min(MANY)).map(|i| replaced(bits, i, !bits[i]));
            let all = [vec![false; bits.len()], vec![true; bits.len()]];
            all.into_iter().chain(flipped).map(Element::MultiBinary).collect()
        }
        (Space::Text(space), _) => {
            let longest = space.max_length().clamp(space.min_length(), space.min_length().max(1024));
            let of = |c: &char, length: usize| Element::Text(std::iter::repeat_n(*c, length).collect());
            let ends = space.charset().first().into_iter().chain(space.charset().last());
            ends.flat_map(|c| [of(c, space.min_length()), of(c, longest)]).collect()
        }
        _ => composite_edges(space, near, rng),
    }
}

fn composite_edges(space: &Space, near: &Element, rng: &mut Rng) -> Vec<Element> {
    match (space, near) {
        (Space::Tuple(space), Element::Tuple(parts)) => {
            let mut found = Vec::new();
            for (i, (space, part)) in space.spaces().iter().zip(parts).enumerate() {
                let moved = edges(space, part, rng).into_iter();
                found.extend(moved.map(|edge| Element::Tuple(replaced(parts, i, edge))));
            }
            found
        }
        (Space::Dict(space), Element::Dict(pairs)) => {
            let mut found = Vec::new();
            for (i, (key, part)) in pairs.iter().enumerate() {
                let moved = space.get(key).map(|space| edges(space, part, rng)).unwrap_or_default();
                let pair = |edge| Element::Dict(replaced(pairs, i, (key.clone(), edge)));
                found.extend(moved.into_iter().map(pair));
            }
            found
        }
        (Space::Sequence(space), _) => {
            let mut of = |length| (0..length).map(|_| space.space().sample(rng)).collect();
            vec![Element::Sequence(Vec::new()), Element::Sequence(of(1)), Element::Sequence(of(32))]
        }
        (Space::OneOf(space), _) => {
            let mut found = Vec::new();
            for (choice, space) in space.spaces().iter().enumerate() {
                let sample = space.sample(rng);
                let moved = edges(space, &sample, rng).into_iter();
                found.extend(moved.map(|edge| Element::OneOf(choice, Box::new(edge))));
            }
            found
        }
        _ => vec![space.sample(rng)],
    }
}

fn box_edges(space: &BoxSpace, at: &[f64]) -> Vec<Element> {
    let finite = |x: f64| if x.is_finite() { x } else { x.signum() * FAR };
    let ends = |i: usize| [finite(space.low()[i]), finite(space.high()[i])];
    let mut found: Vec<_> = (0..2).map(|end| (0..at.len()).map(|i| ends(i)[end]).collect()).collect();
    for i in 0..at.len().min(MANY) {
        found.extend(ends(i).map(|end| replaced(at, i, end)));
    }
    found.into_iter().map(Element::Real).collect()
}

/// All values of a short range; of a long one both ends and some between.
fn values(n: u64, start: i64) -> Vec<i64> {
    let at = |offset: u64| start.wrapping_add_unsigned(offset);
    if n <= MANY as u64 {
        return (0..n).map(at).collect();
    }
    let mut found = vec![at(0), at(1), at(n / 2), at(n - 2), at(n - 1)];
    found.extend((1..8).map(|i| at(n / 8 * i)));
    found
}

/// The list with one value exchanged.
pub(super) fn replaced<T: Clone>(values: &[T], at: usize, value: T) -> Vec<T> {
    let mut next = values.to_vec();
    next[at] = value;
    next
}

/// Elements outside the space: of other kinds, of other sizes, beyond either end.
pub(super) fn foreign(space: &Space, near: &Element) -> Vec<Element> {
    let strangers = vec![
        Element::Discrete(i64::MIN),
        Element::Discrete(i64::MAX),
        Element::Real(Vec::new()),
        Element::Real(vec![f64::NAN]),
        Element::MultiDiscrete(Vec::new()),
        Element::MultiBinary(Vec::new()),
        Element::Text("\u{0}".to_owned()),
        Element::Tuple(Vec::new()),
        Element::Dict(Vec::new()),
        Element::OneOf(usize::MAX, Box::new(Element::Discrete(0))),
    ];
    let all = strangers.into_iter().chain(neighbours(space, near));
    all.filter(|element| !space.contains(element)).collect()
}

fn neighbours(space: &Space, near: &Element) -> Vec<Element> {
    match (space, near) {
        (Space::Box(space), Element::Real(at)) => box_neighbours(space, at),
        (Space::Discrete(space), _) => {
            let beyond = [space.start().checked_sub(1), space.end().checked_add(1)];
            beyond.into_iter().flatten().map(Element::Discrete).collect()
        }
        (Space::MultiDiscrete(space), Element::MultiDiscrete(at)) => {
            let beyond = |(i, d): (usize, crate::space::Discrete)| {
                [d.start().checked_sub(1), d.end().checked_add(1)].map(|v| Some(replaced(at, i, v?)))
            };
            let moved = space.dimensions().enumerate().take(MANY).flat_map(beyond).flatten();
            moved.chain(sizes(at)).map(Element::MultiDiscrete).collect()
        }
        (Space::MultiBinary(_), Element::MultiBinary(bits)) => {
            sizes(bits).map(Element::MultiBinary).collect()
        }
        (Space::Text(space), _) => {
            let long = space.charset().iter().take(1).flat_map(|c| {
                std::iter::repeat_n(*c, if space.max_length() < 4096 { space.max_length() + 1 } else { 0 })
            });
            vec![Element::Text(long.collect())]
        }
        (Space::Tuple(space), Element::Tuple(parts)) => {
            let mut found: Vec<_> = sizes(parts).collect();
            for (i, (space, part)) in space.spaces().iter().zip(parts).enumerate() {
                found.extend(foreign(space, part).into_iter().map(|stranger| replaced(parts, i, stranger)));
            }
            found.into_iter().map(Element::Tuple).collect()
        }
        (Space::Dict(space), Element::Dict(pairs)) => {
            let mut found: Vec<_> = sizes(pairs).collect();
            for (i, (key, part)) in pairs.iter().enumerate() {
                let strangers = space.get(key).map(|space| foreign(space, part)).unwrap_or_default();
                found.extend(strangers.into_iter().map(|s| replaced(pairs, i, (key.clone(), s))));
            }
            found.into_iter().map(Element::Dict).collect()
        }
        _ => Vec::new(),
    }
}

fn box_neighbours(space: &BoxSpace, at: &[f64]) -> Vec<Element> {
    let mut found: Vec<Vec<f64>> = sizes(at).collect();
    for (i, (low, high)) in space.low().iter().zip(space.high()).enumerate().take(MANY) {
        // A hundredth of the range outside, or what a `Box` never holds.
        let margin = (0.01 * (high - low)).clamp(1e-6, FAR);
        let beyond = [low - margin, high + margin, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
        found.extend(beyond.map(|x| replaced(at, i, x)));
    }
    found.into_iter().map(Element::Real).collect()
}

/// One value less and one more.
fn sizes<T: Clone>(values: &[T]) -> impl Iterator<Item = Vec<T>> {
    let shorter = values.split_last().map(|(_, rest)| rest.to_vec());
    let longer = values.last().map(|last| values.iter().chain([last]).cloned().collect());
    shorter.into_iter().chain(longer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::np_random;
    use crate::space::SpaceError;

    fn spaces() -> Result<Vec<Space>, SpaceError> {
        let pair = Space::dict([("gear", Space::discrete(3)?), ("on", Space::multi_binary(2)?)])?;
        Ok(vec![
            Space::discrete(1000)?,
            Space::discrete(1)?,
            Space::boxed(-1.0, 2.0, &[2, 3])?,
            Space::interval(0.0, f64::INFINITY)?,
            Space::multi_discrete(&[2, 100, 1])?,
            Space::multi_binary(4)?,
            Space::text(0, 5)?,
            Space::tuple([Space::interval(0.0, 0.0)?, pair.clone()])?,
            Space::one_of([Space::discrete(2)?, pair.clone()])?,
            Space::sequence(Space::discrete(2)?),
            pair,
        ])
    }

    #[test]
    fn edges_are_of_the_space_and_reach_both_ends() {
        let mut rng = np_random(1);
        for space in spaces().unwrap() {
            let near = space.sample(&mut rng);
            let found = edges(&space, &near, &mut rng);
            assert!(!found.is_empty());
            found.iter().for_each(|edge| space.check(edge).unwrap());
        }
        let space = Space::multi_discrete(&[2, 100]).unwrap();
        let found = edges(&space, &Element::MultiDiscrete(vec![1, 50]), &mut rng);
        for corner in [[0, 0], [1, 99], [0, 50], [1, 0], [1, 99]] {
            assert!(found.contains(&Element::MultiDiscrete(corner.to_vec())), "{corner:?}");
        }
    }

    #[test]
    fn foreign_actions_are_outside_by_one_step_too() {
        let mut rng = np_random(1);
        for space in spaces().unwrap() {
            let near = space.sample(&mut rng);
            let found = foreign(&space, &near);
            assert!(found.len() >= 8 && !found.iter().any(|stranger| space.contains(stranger)), "{space:?}");
        }
        let pair = Space::dict([("gear", Space::discrete(3).unwrap())]).unwrap();
        let found = foreign(&pair, &Element::dict([("gear", Element::Discrete(0))]));
        assert!(found.contains(&Element::dict([("gear", Element::Discrete(3))])));
    }
}
