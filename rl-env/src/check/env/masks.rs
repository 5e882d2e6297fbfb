//! Masks: what they forbid is refused, what they allow is taken.

use super::tested::{Factory, Tested, stream};
use crate::check::actions::{edges, replaced};
use crate::check::report::Verdict;
use crate::check::rule::{Ruling, fail, guarded, same, skip};
use crate::space::{Element, Mask, Space};

/// Depths of the episodes at which masks are looked at.
const DEPTH: usize = 12;

pub(super) fn masks(make: &Factory<'_>) -> Ruling {
    let mut tested = Tested::new(make)?;
    let space = tested.action_space();
    let mut found = false;
    for seed in 0..4 {
        for depth in 0..DEPTH {
            if !advanced(&mut tested, seed, depth)? {
                break;
            }
            let story = tested.story();
            let mask = guarded(|| tested.env().action_mask());
            let Some(mask) = mask.map_err(|panic| fail(panic, "a mask or none", &*story))? else { continue };
            found = true;
            let drawn = space.sample_masked(&mut stream(seed), &mask);
            let near =
                drawn.map_err(|error| fail(error.to_string(), "a mask of the action space", &*story))?;
            at(make, &mut tested, seed, depth, (&space, &mask, &near))?;
        }
    }
    if found { Ok(None) } else { Err(skip("no action is ever masked")) }
}

/// Plays the first `depth` steps of episode `seed`; false if it is over by then.
fn advanced(tested: &mut Tested, seed: u64, depth: usize) -> Result<bool, Verdict> {
    tested.start(seed)?;
    Ok(tested.go_on(seed, depth, &mut Vec::new()))
}

/// The element with each dimension that the mask governs moved to its ends; the rest is for the rule `fuzz`.
fn governed(space: &Space, mask: &Mask, near: &Element) -> Vec<Element> {
    match (space, mask, near) {
        (_, Mask::Free, _) => Vec::new(),
        (Space::Tuple(space), Mask::Tuple(masks), Element::Tuple(parts)) => {
            let mut found = Vec::new();
            for (i, ((space, mask), part)) in space.spaces().iter().zip(masks).zip(parts).enumerate() {
                let moved = governed(space, mask, part).into_iter();
                found.extend(moved.map(|moved| Element::Tuple(replaced(parts, i, moved))));
            }
            found
        }
        (Space::Dict(space), Mask::Dict(masks), Element::Dict(pairs)) => {
            let mut found = Vec::new();
            for (i, (key, part)) in pairs.iter().enumerate() {
                let mask = masks.iter().find_map(|(name, mask)| (name == key).then_some(mask));
                let moved = space.get(key).zip(mask).map(|(space, mask)| governed(space, mask, part));
                let pair = |moved| Element::Dict(replaced(pairs, i, (key.clone(), moved)));
                found.extend(moved.unwrap_or_default().into_iter().map(pair));
            }
            found
        }
        _ => edges(space, near, &mut stream(0)),
    }
}

fn at(
    make: &Factory<'_>,
    tested: &mut Tested,
    seed: u64,
    depth: usize,
    (space, mask, near): (&Space, &Mask, &Element),
) -> Result<(), Verdict> {
    let mut twin = Tested::new(make)?;
    for action in governed(space, mask, near) {
        advanced(tested, seed, depth)?;
        let taken = tested.step(&action);
        let expected = match (space.allows(mask, &action), taken) {
            (true, Ok(_)) => continue,
            (true, Err(seen)) => Err((seen, "a step: the mask allows the action")),
            (false, Ok(_)) => {
                Err(("the action was taken".to_owned(), "an error: the mask forbids the action"))
            }
            (false, Err(seen)) if seen.starts_with("panic") => Err((seen, "an error, not a panic")),
            (false, Err(_)) => Ok(()),
        };
        expected.map_err(|(seen, expected)| fail(seen, format!("{expected}; {mask:?}"), tested.story()))?;
        advanced(&mut twin, seed, depth)?;
        let (mut seen, mut expected) = (Vec::new(), Vec::new());
        tested.go_on(1, 2, &mut seen);
        twin.go_on(1, 2, &mut expected);
        same("step after a masked action", &expected, &seen, &tested.story())?;
    }
    Ok(())
}
