//! Snapshots: a restored environment goes on as if nothing had happened.

use serde_json::{Value as Json, json};

use super::tested::{Factory, Tested};
use crate::check::report::Verdict;
use crate::check::rule::{Ruling, fail, guarded, same, skip};

pub(super) fn snapshot(make: &Factory<'_>) -> Ruling {
    refuses_nonsense(make)?;
    let mut offered = false;
    for (seed, depth) in [(0, 0), (1, 1), (2, 3), (3, 10), (4, 30)] {
        let mut original = Tested::new(make)?;
        original.start(seed)?;
        original.go_on(seed, depth, &mut Vec::new());
        let story = original.story();
        let state = guarded(|| original.env().snapshot());
        let Some(state) = state.map_err(|panic| fail(panic, "a snapshot or none", &*story))? else {
            continue;
        };
        offered = true;
        let mut copy = restored(make, &state, &story)?;
        let again = guarded(|| copy.env().snapshot()).ok().flatten();
        if again.as_ref() != Some(&state) {
            let calls = format!("{story}, snapshot(), restore() into another, snapshot()");
            return Err(fail(format!("{again:?}"), format!("the state restored, {state}"), calls));
        }
        let calls = format!("{story}, snapshot(), restore() into another, then steps and reset()");
        same("line after the snapshot", &rest(&mut original), &rest(&mut copy), &calls)?;
    }
    if offered { Ok(None) } else { Err(skip("no snapshots are kept")) }
}

/// What is left of the episode, and the next.
fn rest(tested: &mut Tested) -> Vec<String> {
    let mut record = Vec::new();
    tested.go_on(7, 16, &mut record);
    record.extend(tested.episode(None, 8));
    record
}

/// Takes the way over text, as a file would, into an environment that was elsewhere.
fn restored(make: &Factory<'_>, state: &Json, story: &str) -> Result<Tested, Verdict> {
    let mut copy = Tested::new(make)?;
    copy.episode(Some(99), 0);
    let state: Json = serde_json::from_str(&state.to_string()).unwrap_or_default();
    match guarded(|| copy.env().restore(&state)) {
        Ok(Ok(())) => Ok(copy),
        Ok(Err(error)) => {
            Err(fail(error.to_string(), "the state taken up", format!("{story}, restore({state})")))
        }
        Err(panic) => Err(fail(panic, "the state taken up", format!("{story}, restore({state})"))),
    }
}

fn refuses_nonsense(make: &Factory<'_>) -> Result<(), Verdict> {
    for nonsense in [json!("no state"), json!([1, 2]), json!({"no": "state"})] {
        let mut tested = Tested::new(make)?;
        tested.start(0)?;
        let seen = match guarded(|| tested.env().restore(&nonsense)) {
            Ok(Err(_)) => continue,
            Ok(Ok(())) => "nonsense was taken up".to_owned(),
            Err(panic) => panic,
        };
        return Err(fail(seen, "an error", format!("{}, restore({nonsense})", tested.story())));
    }
    Ok(())
}
