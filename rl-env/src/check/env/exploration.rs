//! Whole random episodes, half of the actions at the edges of the action space.

use serde_json::Value as Json;

use super::tested::{Factory, Tested, stream};
use crate::check::report::Verdict;
use crate::check::rule::{Ruling, fail};
use crate::env::{Info, Step};

/// Actions tried.
const ACTIONS: usize = 1024;

/// Longest episode, so that environments without an end start anew too.
const LIMIT: usize = 128;

/// Tries the actions and shows each result to `see`. Resets and steps that fail end the episode, a panic ends all;
/// the rules `reset` and `fuzz` report them.
fn explore(
    make: &Factory<'_>,
    mut see: impl FnMut(&mut Tested, Result<Step, String>) -> Result<(), Verdict>,
) -> Result<(), Verdict> {
    let mut tested = Tested::new(make)?;
    let mut rng = stream(0);
    let (mut tried, mut episode) = (0, 0);
    while tried < ACTIONS {
        let _ = tested.reset(Some(episode));
        episode += 1;
        for _ in 0..LIMIT.min(ACTIONS - tried) {
            let action = if rng.chance(0.5) { tested.draw(&mut rng) } else { tested.draw_edge(&mut rng) };
            let step = tested.step(&action);
            tried += 1;
            let over = !step.as_ref().is_ok_and(|step| !step.done());
            let panicked = step.as_ref().is_err_and(|error| error.starts_with("panic"));
            see(&mut tested, step)?;
            if panicked {
                return Ok(());
            }
            if over {
                break;
            }
        }
    }
    Ok(())
}

pub(super) fn observations(make: &Factory<'_>) -> Ruling {
    explore(make, |tested, step| {
        let Ok(step) = step else { return Ok(()) };
        let checked = tested.observes(&step.observation);
        checked.map_err(|error| fail(error, "an observation of the space", tested.story()))
    })?;
    Ok(None)
}

pub(super) fn rewards(make: &Factory<'_>) -> Ruling {
    explore(make, |tested, step| match step {
        Ok(step) if !step.reward.is_finite() => {
            Err(fail(format!("reward {}", step.reward), "a finite reward", tested.story()))
        }
        _ => Ok(()),
    })?;
    Ok(None)
}

/// JSON has no NaN: `serde_json` silently makes a null of it. A null under `design` is an inactive parameter, as
/// [`Episode`](crate::episode::Episode) writes it.
pub(super) fn info(make: &Factory<'_>) -> Ruling {
    let check = |info: &Info, story: &str| {
        let text = serde_json::to_string(info).unwrap_or_default();
        match serde_json::from_str::<Info>(&text) {
            Ok(again) if again == *info && !lost_number(info) => Ok(()),
            again => {
                let expected =
                    "an object that survives JSON, without nulls outside `design` (NaN becomes one)";
                Err(fail(format!("{text}, read as {again:?}"), expected, story))
            }
        }
    };
    let mut tested = Tested::new(make)?;
    let reset = tested.start(0)?;
    check(&reset.info, &tested.story())?;
    explore(make, |tested, step| step.map_or(Ok(()), |step| check(&step.info, &tested.story())))?;
    Ok(None)
}

fn lost_number(info: &Info) -> bool {
    info.iter().any(|(key, value)| key != "design" && has_null(value))
}

fn has_null(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::Array(items) => items.iter().any(has_null),
        Json::Object(map) => map.values().any(has_null),
        _ => false,
    }
}

pub(super) fn fuzz(make: &Factory<'_>) -> Ruling {
    explore(make, |tested, step| match step {
        Ok(_) => Ok(()),
        Err(error) => Err(fail(error, "a step: the action is of the space and not masked", tested.story())),
    })?;
    Ok(None)
}
