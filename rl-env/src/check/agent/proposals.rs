//! What an agent proposes: designs of the space, as many as asked for at most, the same for the same seed.

use super::AgentSubject;
use super::arena::plain;
use super::search::{
    Search, TRIALS, cached, constant, everywhere, extreme, infeasible, proposals, survives, truth,
};
use crate::check::report::Verdict;
use crate::check::rule::{Ruling, elsewhere, fail, guarded, same, skip};
use crate::design::Design;
use crate::seed::Seed;

pub(super) fn every_space(subject: &AgentSubject<'_>) -> Ruling {
    let mut declined = Vec::new();
    for arena in subject.arenas {
        let calls = format!("arena `{}`, seed 1", arena.name);
        let search = Search::start(subject, arena, 1);
        let Some(mut search) = search.map_err(|error| fail(error, "an agent", &*calls))? else {
            declined.push(arena.name.as_str());
            continue;
        };
        let result = search.go(TRIALS, search.batch(), truth);
        result.map_err(|error| fail(error, "a search that goes on", &*calls))?;
        if search.trials.is_empty() {
            return Err(fail("nothing proposed", "at least one design", calls));
        }
    }
    if declined.len() == subject.arenas.len() && !declined.is_empty() {
        return Err(fail("every arena is declined", "at least one space that can be searched", "build()"));
    }
    Ok((!declined.is_empty()).then(|| format!("declines {}", declined.join(", "))))
}

/// Whether designs break constraints is no rule, but good to know.
pub(super) fn in_space(subject: &AgentSubject<'_>) -> Ruling {
    let mut shares = Vec::new();
    everywhere(subject, |mut search| {
        let _ = search.go(TRIALS, search.batch(), truth);
        let (space, name) = (search.arena.space(), &search.arena.name);
        for (i, trial) in search.trials.iter().enumerate() {
            let calls = || format!("arena `{name}`, seed 1, design {i}: {:?}", trial.design);
            space
                .check(&trial.design)
                .map_err(|error| fail(error.to_string(), "a design of the space", calls()))?;
        }
        let broken = search.trials.iter().filter(|trial| space.violated(&trial.design).is_some()).count();
        if broken > 0 {
            shares.push(format!("{name} {:.0} %", 100.0 * broken as f64 / search.trials.len() as f64));
        }
        Ok(())
    })?;
    Ok((!shares.is_empty()).then(|| format!("designs that break a constraint: {}", shares.join(", "))))
}

/// One by one, by an odd number, and far more than the agent can have thought of.
pub(super) fn batches(subject: &AgentSubject<'_>) -> Ruling {
    for n in [1, 7, 1000] {
        everywhere(subject, |mut search| {
            let calls = format!("arena `{}`, seed 1, ask({n}) repeatedly", search.arena.name);
            if !guarded(|| search.agent.batch()).is_ok_and(|batch| batch > 0) {
                return Err(fail("no batch size", "batch() is at least 1", calls));
            }
            let result = search.go_beyond(TRIALS, n, truth);
            result.map_err(|error| fail(error, "designs", &*calls))?;
            match search.excess {
                0 => Ok(()),
                more => Err(fail(format!("{more} designs too many"), "at most as many as asked for", calls)),
            }
        })?;
    }
    Ok(None)
}

pub(super) fn seeded(subject: &AgentSubject<'_>) -> Ruling {
    for arena in subject.arenas {
        for seed in [1, u64::MAX] {
            let calls = format!("arena `{}`, seed {seed}, twice", arena.name);
            same("proposal", &proposals(subject, arena, seed), &proposals(subject, arena, seed), &calls)?;
        }
    }
    Ok(None)
}

pub(super) fn threads(subject: &AgentSubject<'_>) -> Ruling {
    for arena in subject.arenas {
        let calls = format!("arena `{}`, seed 1, on another thread", arena.name);
        let there = elsewhere(|| proposals(subject, arena, 1)).map_err(|e| fail(e, "proposals", &*calls))?;
        same("proposal", &proposals(subject, arena, 1), &there, &calls)?;
    }
    Ok(None)
}

pub(super) fn all_infeasible(subject: &AgentSubject<'_>) -> Ruling {
    survives(subject, "every design infeasible", infeasible).map(|()| None)
}

pub(super) fn constant_reward(subject: &AgentSubject<'_>) -> Ruling {
    survives(subject, "every reward 0.5", constant).map(|()| None)
}

pub(super) fn duplicates(subject: &AgentSubject<'_>) -> Ruling {
    survives(subject, "every design told as cached", cached).map(|()| None)
}

pub(super) fn extreme_rewards(subject: &AgentSubject<'_>) -> Ruling {
    survives(subject, "rewards of 0, ±1.8e308, ±1e-308 and 1 by turns", extreme).map(|()| None)
}

/// Not a contest: an agent that gives all coordinates the same value, or one design for ever, stands out.
pub(super) fn distinct_optimum(subject: &AgentSubject<'_>) -> Ruling {
    const SEEDS: u64 = 5;
    const GUESSES: usize = 12;
    let arena = plain().map_err(|error| skip(error.to_string()))?;
    let best = |rewards: &mut dyn Iterator<Item = f64>| rewards.fold(-8.0, f64::max);
    let (mut found, mut guessed) = (0.0, 0.0);
    for seed in 0..SEEDS {
        let started = Search::start(subject, &arena, seed);
        let Ok(Some(mut search)) = started else { return Err(skip("declines four reals")) };
        // A search that fails is for the rule `every-space`.
        let _ = search.go(2 * TRIALS, search.batch(), truth);
        found += best(&mut search.trials.iter().filter_map(|trial| trial.reward));
        let mut rng = Seed(seed).stream("check");
        let designs: Vec<Design> = (0..GUESSES).map(|_| arena.space().sample(&mut rng)).collect();
        guessed += best(&mut designs.iter().filter_map(|design| arena.trial(design).reward));
    }
    verdict(found / SEEDS as f64, guessed / SEEDS as f64, GUESSES)
}

fn verdict(found: f64, guessed: f64, guesses: usize) -> Result<Option<String>, Verdict> {
    if found >= guessed {
        return Ok(None);
    }
    let expected = format!("at least {guessed:.4}, the mean of {guesses} random guesses");
    let calls = format!("four reals, each with its own best value, {} trials, five seeds", 2 * TRIALS);
    Err(fail(format!("mean best reward {found:.4}"), expected, calls))
}
