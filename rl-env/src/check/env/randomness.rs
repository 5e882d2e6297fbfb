//! Where randomness may come from: the seed, and nothing else.

use std::collections::HashSet;

use super::tested::{Factory, Tested, written};
use crate::check::report::Verdict;
use crate::check::rule::{Ruling, elsewhere, fail, same, skip};

const SEED: u64 = 123;

/// Seeds or resets that are compared with each other.
const DRAWS: u64 = 8;

/// Gymnasium's order of calls, compared bit for bit.
pub(super) fn seeds(make: &Factory<'_>) -> Ruling {
    let mut tested = Tested::new(make)?;
    let record: Vec<String> =
        [Some(SEED), None, Some(SEED), None].into_iter().map(|seed| written(&tested.reset(seed))).collect();
    let calls = format!("reset({SEED}), reset(), reset({SEED}), reset()");
    same("reset", &record[..2], &record[2..], &calls)?;
    Ok(None)
}

/// The same episode twice in one environment, others in between.
pub(super) fn steps(make: &Factory<'_>) -> Ruling {
    let mut tested = Tested::new(make)?;
    for actions in 0..4 {
        let first = tested.episode(Some(SEED), actions);
        tested.episode(Some(SEED + 1), actions);
        tested.episode(None, actions + 1);
        let second = tested.episode(Some(SEED), actions);
        same(
            "line of the episode",
            &first,
            &second,
            &format!("twice, with others in between: {}", tested.story()),
        )?;
    }
    Ok(None)
}

/// The same episodes in two environments.
pub(super) fn episodes(make: &Factory<'_>) -> Ruling {
    let (mut one, mut other) = (Tested::new(make)?, Tested::new(make)?);
    for seed in 0..4 {
        for seed in [Some(seed), None] {
            let (first, second) = (one.episode(seed, 0), other.episode(seed, 0));
            same(
                "line of the episode",
                &first,
                &second,
                &format!("in a second environment: {}", other.story()),
            )?;
        }
    }
    Ok(None)
}

/// The same episode before and after a move to another thread.
pub(super) fn threads(make: &Factory<'_>) -> Ruling {
    let mut tested = Tested::new(make)?;
    for seed in 0..4 {
        let here = tested.episode(Some(seed), seed);
        let there = elsewhere(|| tested.episode(Some(seed), seed));
        let there =
            there.map_err(|panic| fail(panic, "an episode", format!("reset({seed}) on another thread")))?;
        same("line of the episode", &here, &there, &format!("on another thread: {}", tested.story()))?;
    }
    Ok(None)
}

/// Without a seed, randomness goes on.
pub(super) fn unseeded_reset(make: &Factory<'_>) -> Ruling {
    let draws = Draws::of(make)?;
    if !draws.by_seed {
        return Err(skip("seeds make no difference"));
    }
    if !draws.by_reset {
        let calls = format!("reset({SEED}), then reset() {DRAWS} times");
        return Err(fail("the same episode every time", "new episodes: reset() must not seed again", calls));
    }
    Ok(None)
}

/// Different seeds give different episodes, also if they differ in a high bit only.
pub(super) fn distinct_seeds(make: &Factory<'_>) -> Ruling {
    let draws = Draws::of(make)?;
    match draws {
        Draws { by_seed: false, by_reset: false, .. } => Err(skip("no randomness is used")),
        Draws { by_seed: false, .. } => {
            let seen = "seeds make no difference, yet resets without one do";
            Err(fail(seen, "randomness from the seed", format!("reset(0) to reset({DRAWS})")))
        }
        Draws { by_high_bits: false, .. } => {
            let calls = format!("reset(0) and reset({}), reset(1) and so on", 1u64 << 32);
            Err(fail(
                "seeds that differ by 2^32 or 2^63 are the same",
                "all 64 bits of the seed count",
                calls,
            ))
        }
        _ => Ok(None),
    }
}

/// What makes a difference to episodes with the same actions.
struct Draws {
    by_seed: bool,
    by_high_bits: bool,
    by_reset: bool,
}

impl Draws {
    fn of(make: &Factory<'_>) -> Result<Self, Verdict> {
        let seeded = |seed: u64| Ok(Tested::new(make)?.episode(Some(seed), 0));
        let low: Vec<_> = (0..DRAWS).map(seeded).collect::<Result<_, Verdict>>()?;
        let beyond =
            |bit: u64| (0..DRAWS).map(|seed| seeded(seed | bit)).collect::<Result<Vec<_>, Verdict>>();
        let by_high_bits = beyond(1 << 32)? != low && beyond(1 << 63)? != low;
        let mut tested = Tested::new(make)?;
        tested.start(SEED)?;
        let unseeded: HashSet<_> = (0..DRAWS).map(|_| tested.episode(None, 0)).collect();
        let by_seed = low.into_iter().collect::<HashSet<_>>().len() > 1;
        Ok(Self { by_seed, by_high_bits, by_reset: unseeded.len() > 1 })
    }
}
