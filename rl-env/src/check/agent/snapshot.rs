//! Snapshots: a restored agent proposes what the original would have proposed.

use serde_json::{Value as Json, json};

use super::AgentSubject;
use super::search::{Search, TRIALS, truth};
use crate::check::report::Verdict;
use crate::check::rule::{Ruling, fail, guarded, same};

/// Trials before the snapshot: none, in the middle of a batch, at the end of one, later.
const MOMENTS: [usize; 4] = [0, 10, 64, 90];

pub(super) fn snapshot(subject: &AgentSubject<'_>) -> Ruling {
    for arena in subject.arenas {
        for moment in MOMENTS {
            let calls = format!("arena `{}`, seed 1, {moment} trials in sevens, snapshot()", arena.name);
            let Ok(Some(mut original)) = Search::start(subject, arena, 1) else { continue };
            if original.go(moment, 7, truth).is_err() {
                continue;
            }
            let state = taken(&original, &calls)?;
            let Ok(Some(mut copy)) = Search::start(subject, arena, 99) else { continue };
            // The copy was elsewhere before.
            let _ = copy.go(20, 7, truth);
            restore(&mut copy, &state, &calls)?;
            original.trials.clear();
            copy.take_place_of(&original);
            let calls = format!("{calls}, restore() into an agent of seed 99, go on");
            let (expected, seen) = (rest(&mut original), rest(&mut copy));
            same("proposal", &expected, &seen, &calls)?;
        }
    }
    refuses_nonsense(subject)?;
    Ok(None)
}

fn taken(search: &Search<'_>, calls: &str) -> Result<Json, Verdict> {
    let state = guarded(|| search.agent.snapshot());
    let state = state.map_err(|panic| fail(panic, "a state", calls))?;
    state.map_err(|error| fail(error.to_string(), "a state", calls))
}

/// Takes the way over text, as a file would.
fn restore(copy: &mut Search<'_>, state: &Json, calls: &str) -> Result<(), Verdict> {
    let state: Json = serde_json::from_str(&state.to_string()).unwrap_or_default();
    let restored = guarded(|| copy.agent.restore(&state));
    let seen = match restored {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error)) => error.to_string(),
        Err(panic) => panic,
    };
    Err(fail(seen, "the state taken up", format!("{calls}, restore()")))
}

fn rest(search: &mut Search<'_>) -> Vec<String> {
    let result = search.go(TRIALS, 5, truth);
    search.record(result)
}

fn refuses_nonsense(subject: &AgentSubject<'_>) -> Result<(), Verdict> {
    for nonsense in [json!("no state"), json!([1, "two"]), json!({"no": "state"})] {
        let searches = subject.arenas.iter().map(|arena| Search::start(subject, arena, 1));
        let Some(mut search) = searches.flatten().flatten().next() else { return Ok(()) };
        let seen = match guarded(|| search.agent.restore(&nonsense)) {
            Ok(Err(_)) => continue,
            Ok(Ok(())) => "nonsense was taken up".to_owned(),
            Err(panic) => panic,
        };
        return Err(fail(seen, "an error", format!("restore({nonsense})")));
    }
    Ok(())
}
