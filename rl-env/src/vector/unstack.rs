//! A batched element taken apart (gymnasium's `iterate`): the inverse of [`Space::stack`].

use crate::space::{Element, Space, SpaceError};

/// The `n` elements of `space` that a batch holds.
///
/// ```
/// use rl_env::space::{Element, Space};
/// use rl_env::vector::unstack;
///
/// let space = Space::discrete(3)?;
/// let parts = unstack(&space, &Element::MultiDiscrete(vec![2, 0]), 2)?;
/// assert_eq!(parts, [Element::Discrete(2), Element::Discrete(0)]);
/// # Ok::<(), rl_env::space::SpaceError>(())
/// ```
///
/// # Errors
/// [`SpaceError`] if the batch is not of `space.batch(n)`.
pub fn unstack(space: &Space, batch: &Element, n: usize) -> Result<Vec<Element>, SpaceError> {
    space.batch(n)?.check(batch)?;
    Ok((0..n).map(|index| part(space, batch, index, n)).collect())
}

/// The batch is of the batched space, so that no other pair of kinds can occur.
fn part(space: &Space, batch: &Element, index: usize, n: usize) -> Element {
    match (space, batch) {
        (Space::Discrete(_), Element::MultiDiscrete(values)) => Element::Discrete(values[index]),
        (Space::Box(_), Element::Real(values)) => Element::Real(row(values, index, n).to_vec()),
        (Space::MultiDiscrete(_), Element::Real(values)) => {
            Element::MultiDiscrete(row(values, index, n).iter().map(|value| *value as i64).collect())
        }
        (Space::MultiBinary(_), Element::Real(values)) => {
            Element::MultiBinary(row(values, index, n).iter().map(|value| *value != 0.0).collect())
        }
        (Space::Tuple(space), Element::Tuple(parts)) => Element::Tuple(
            space.spaces().iter().zip(parts).map(|(space, p)| part(space, p, index, n)).collect(),
        ),
        (Space::Dict(space), _) => {
            let entry = |(key, space): &(String, Space)| {
                batch.get(key).map(|batch| (key.clone(), part(space, batch, index, n)))
            };
            Element::Dict(space.spaces().iter().filter_map(entry).collect())
        }
        _ => batch.as_parts().and_then(|parts| parts.get(index)).unwrap_or(batch).clone(),
    }
}

fn row(values: &[f64], index: usize, n: usize) -> &[f64] {
    let length = values.len() / n;
    &values[index * length..(index + 1) * length]
}
