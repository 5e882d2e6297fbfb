//! The calls of the contract one by one: spaces, reset, options, foreign actions, the end, render, close.

use serde_json::json;

use super::tested::{Factory, Tested, stream};
use crate::check::actions::foreign;
use crate::check::report::Verdict;
use crate::check::rule::{Ruling, fail, guarded, same, skip};
use crate::env::Info;
use crate::space::{Role, Space};

const SEED: u64 = 123;

pub(super) fn spaces(make: &Factory<'_>) -> Ruling {
    let mut tested = Tested::new(make)?;
    let spaces = both(&mut tested);
    for (space, name) in spaces.iter().zip(["action_space", "observation_space"]) {
        space.validate().map_err(|error| fail(error.to_string(), "a valid space", format!("{name}()")))?;
        let again = serde_json::to_string(space).and_then(|text| serde_json::from_str::<Space>(&text));
        if !again.as_ref().is_ok_and(|again| again == space) {
            return Err(fail(
                format!("{again:?}"),
                format!("{space:?}"),
                format!("{name}() as JSON and back"),
            ));
        }
    }
    let fixed = |tested: &mut Tested| match both(tested) {
        now if now == spaces => Ok(()),
        now => Err(fail(format!("{now:?}"), format!("the spaces of before, {spaces:?}"), tested.story())),
    };
    tested.episode(Some(SEED), 0);
    fixed(&mut tested)?;
    fixed(&mut Tested::new(make)?)?;
    let [action, observation] = &spaces;
    let mut warnings = action.limit_warnings(Role::Action);
    warnings.extend(observation.limit_warnings(Role::Observation));
    Ok((!warnings.is_empty()).then(|| warnings.join("; ")))
}

fn both(tested: &mut Tested) -> [Space; 2] {
    [tested.env().action_space().clone(), tested.env().observation_space().clone()]
}

pub(super) fn reset(make: &Factory<'_>) -> Ruling {
    let mut tested = Tested::new(make)?;
    for seed in [None, Some(0), Some(SEED), None, Some(u64::MAX), None] {
        let reset = tested.reset(seed);
        let story = tested.story();
        let reset = reset.map_err(|error| fail(error, "a first observation", story))?;
        let checked = tested.observes(&reset.observation);
        checked.map_err(|error| fail(error, "an observation of the space", tested.story()))?;
    }
    Ok(None)
}

pub(super) fn options(make: &Factory<'_>) -> Ruling {
    const STRANGER: &str = "no_such_option";
    let mut tested = Tested::new(make)?;
    let mut unknown = Info::new();
    unknown.insert(STRANGER.to_owned(), json!(1));
    let call = format!("reset({SEED}, {{{STRANGER:?}: 1}})");
    let expected = "an error that names the option";
    match tested.reset_with(Some(SEED), &unknown) {
        Err(error) if error.contains(STRANGER) && !error.starts_with("panic") => Ok(None),
        Err(error) => Err(fail(error, expected, call)),
        Ok(_) => Err(fail("the option was accepted", expected, call)),
    }
}

pub(super) fn first_step(make: &Factory<'_>) -> Ruling {
    let mut tested = Tested::new(make)?;
    for seed in 0..16 {
        tested.start(seed)?;
        let action = tested.draw(&mut stream(seed));
        if tested.step(&action).is_ok_and(|step| step.truncated) {
            let expected = "`terminated` for an episode of one step; `truncated` is for limits from outside";
            return Err(fail("truncated on step 1", expected, tested.story()));
        }
    }
    Ok(None)
}

/// Foreign actions, each followed by a comparison with a twin that never saw them.
pub(super) fn foreign_actions(make: &Factory<'_>) -> Ruling {
    let (mut tested, mut twin) = (Tested::new(make)?, Tested::new(make)?);
    let space = tested.action_space();
    let near = space.sample(&mut stream(0));
    for (i, stranger) in foreign(&space, &near).into_iter().enumerate() {
        let advance = |tested: &mut Tested| {
            tested.start(SEED)?;
            // Every other time in the middle of an episode, if it has one.
            if i % 2 == 1 && !tested.go_on(0, 1, &mut Vec::new()) {
                tested.start(SEED)?;
            }
            Ok(())
        };
        advance(&mut tested)?;
        advance(&mut twin)?;
        let refused = tested.step(&stranger);
        let seen = match refused {
            Err(error) if error.starts_with("error") => None,
            Err(panic) => Some(panic),
            Ok(_) => Some("the action was taken".to_owned()),
        };
        if let Some(seen) = seen {
            return Err(fail(seen, "an error, for the action is not of the space", tested.story()));
        }
        let (mut seen, mut expected) = (Vec::new(), Vec::new());
        tested.go_on(1, 4, &mut seen);
        twin.go_on(1, 4, &mut expected);
        same("step after a refused action", &expected, &seen, &tested.story())?;
    }
    Ok(None)
}

/// Whether a step out of turn is an error is up to wrappers; that it neither panics nor does harm is not.
pub(super) fn after_the_end(make: &Factory<'_>) -> Ruling {
    let (mut tested, mut twin) = (Tested::new(make)?, Tested::new(make)?);
    let no_panic = |tested: &mut Tested, when: &str| {
        let action = tested.draw(&mut stream(0));
        match tested.step(&action) {
            Err(panic) if panic.starts_with("panic") => {
                Err(fail(panic, format!("an error or a step {when}"), tested.story()))
            }
            _ => Ok(()),
        }
    };
    no_panic(&mut tested, "before the first reset")?;
    let mut ended = 0;
    for actions in 0..8 {
        tested.start(SEED)?;
        if !tested.go_on(actions, 1000, &mut Vec::new()) {
            ended += 1;
            no_panic(&mut tested, "after the end")?;
        }
        let (seen, expected) = (tested.episode(Some(actions), 0), twin.episode(Some(actions), 0));
        same("line of the next episode", &expected, &seen, &tested.story())?;
    }
    Ok((ended == 0).then(|| "no episode ended within 1000 steps".to_owned()))
}

pub(super) fn render(make: &Factory<'_>) -> Ruling {
    let (mut tested, mut twin) = (Tested::new(make)?, Tested::new(make)?);
    let mut seen = drawn(&mut tested)?.is_some();
    tested.start(SEED)?;
    twin.start(SEED)?;
    for actions in 0..8 {
        seen |= drawn(&mut tested)?.is_some();
        let (mut watched, mut unwatched) = (Vec::new(), Vec::new());
        let going = tested.go_on(actions, 1, &mut watched);
        twin.go_on(actions, 1, &mut unwatched);
        same("step after a rendering", &unwatched, &watched, &tested.story())?;
        if !going {
            break;
        }
    }
    if seen { Ok(None) } else { Err(skip("nothing is rendered")) }
}

fn drawn(tested: &mut Tested) -> Result<Option<String>, Verdict> {
    let expected = "text: a few lines, no control characters but line breaks, tabs and colours";
    let story = tested.story();
    let text = guarded(|| tested.env().render()).map_err(|panic| fail(panic, expected, story.clone()))?;
    let legal = |c: char| !c.is_control() || matches!(c, '\n' | '\t' | '\u{1b}');
    match text {
        Some(text) if text.trim().is_empty() || !text.chars().all(legal) => {
            Err(fail(format!("{text:?}"), expected, format!("{story}, render()")))
        }
        text => Ok(text),
    }
}

pub(super) fn close(make: &Factory<'_>) -> Ruling {
    for started in [false, true] {
        let mut tested = Tested::new(make)?;
        if started {
            tested.start(SEED)?;
        }
        for _ in 0..2 {
            let closed = guarded(|| tested.env().close());
            closed.map_err(|panic| {
                fail(panic, "close() may be called twice", format!("{}, close(), close()", tested.story()))
            })?;
        }
    }
    Ok(None)
}
