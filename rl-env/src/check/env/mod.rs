//! The rules of environments.

mod contract;
mod exploration;
mod masks;
mod randomness;
mod snapshot;
mod tested;

pub use tested::Factory;
use tested::Tested;

use super::report::{Failures, Report};
use super::rule::{Rule, Ruling, judge};
use crate::env::Env;

/// A rule of environments.
pub type EnvRule = Rule<fn(&Factory<'_>) -> Ruling>;

/// What rules need that compare episodes.
const REPEATABLE: &[&str] = &["steps", "episodes"];

/// Every rule of environments, in the order of gymnasium's checker as far as that has them.
pub static ENV_RULES: &[EnvRule] = &[
    EnvRule {
        name: "spaces",
        doc: "both spaces are valid, survive JSON and never change",
        needs: &[],
        check: contract::spaces,
    },
    EnvRule {
        name: "reset",
        doc: "reset works at any time and gives an observation of the space",
        needs: &[],
        check: contract::reset,
    },
    EnvRule {
        name: "seeds",
        doc: "reset(s), reset() give the same twice, bit for bit",
        needs: &["reset"],
        check: randomness::seeds,
    },
    EnvRule {
        name: "unseeded-reset",
        doc: "reset() does not seed again",
        needs: &["seeds"],
        check: randomness::unseeded_reset,
    },
    EnvRule {
        name: "distinct-seeds",
        doc: "different seeds give different randomness, in all 64 bits",
        needs: &["seeds"],
        check: randomness::distinct_seeds,
    },
    EnvRule {
        name: "options",
        doc: "unknown reset options are refused by name",
        needs: &[],
        check: contract::options,
    },
    EnvRule {
        name: "steps",
        doc: "a seed restarts everything: the same actions give the same episode",
        needs: &["seeds"],
        check: randomness::steps,
    },
    EnvRule {
        name: "first-step",
        doc: "the first step never truncates",
        needs: &[],
        check: contract::first_step,
    },
    EnvRule {
        name: "episodes",
        doc: "two environments give the same episodes",
        needs: &["seeds"],
        check: randomness::episodes,
    },
    EnvRule {
        name: "threads",
        doc: "another thread gives the same episodes",
        needs: REPEATABLE,
        check: randomness::threads,
    },
    EnvRule {
        name: "masks",
        doc: "masked actions are refused and do no harm, all others are taken",
        needs: REPEATABLE,
        check: masks::masks,
    },
    EnvRule {
        name: "fuzz",
        doc: "1024 legal actions, half of them at the edges of the space, give steps",
        needs: &["masks"],
        check: exploration::fuzz,
    },
    EnvRule {
        name: "observations",
        doc: "every observation is of the space",
        needs: &[],
        check: exploration::observations,
    },
    EnvRule { name: "rewards", doc: "every reward is finite", needs: &[], check: exploration::rewards },
    EnvRule {
        name: "info",
        doc: "every info survives JSON and has lost no NaN to it",
        needs: &[],
        check: exploration::info,
    },
    EnvRule {
        name: "foreign-actions",
        doc: "actions outside the space are refused and do no harm",
        needs: REPEATABLE,
        check: contract::foreign_actions,
    },
    EnvRule {
        name: "after-the-end",
        doc: "steps before a reset and after the end neither panic nor do harm",
        needs: REPEATABLE,
        check: contract::after_the_end,
    },
    EnvRule {
        name: "render",
        doc: "a rendering is text and changes nothing",
        needs: REPEATABLE,
        check: contract::render,
    },
    EnvRule { name: "close", doc: "close may be called twice", needs: &[], check: contract::close },
    EnvRule {
        name: "snapshot",
        doc: "a restored snapshot goes on identically, nonsense is refused",
        needs: REPEATABLE,
        check: snapshot::snapshot,
    },
];

/// Checks an environment by all [`ENV_RULES`]. `make` gives a new environment at every call, all of them alike.
///
/// # Errors
/// The report if a rule is broken.
pub fn check_env(make: impl Fn() -> Box<dyn Env>) -> Result<Report, Failures> {
    judge("environment", ENV_RULES, |check| check(&make)).into_result()
}

/// A digest of whole episodes: equal in every process, on every machine, for an environment that is deterministic.
pub fn fingerprint_env(make: impl Fn() -> Box<dyn Env>) -> String {
    let mut hasher = blake3::Hasher::new();
    match Tested::new(&make) {
        Ok(mut tested) => {
            for seed in [Some(0), None, Some(1), Some(u64::MAX), None] {
                for line in tested.episode(seed, 0) {
                    hasher.update(line.as_bytes()).update(b"\n");
                }
            }
        }
        Err(verdict) => _ = hasher.update(format!("{verdict:?}").as_bytes()),
    }
    hasher.finalize().to_hex().to_string()
}

#[cfg(test)]
mod tests;
