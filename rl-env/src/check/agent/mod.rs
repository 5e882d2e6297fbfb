//! The rules of agents.

mod arena;
mod configuration;
mod proposals;
mod search;
mod snapshot;

pub use arena::{Arena, arenas};

use super::report::{Failures, Report};
use super::rule::{Rule, Ruling, judge};
use crate::registry::AgentEntry;

/// An agent under test with the arenas to test it in.
pub struct AgentSubject<'a> {
    entry: &'a AgentEntry,
    arenas: &'a [Arena],
}

/// A rule of agents.
pub type AgentRule = Rule<fn(&AgentSubject<'_>) -> Ruling>;

/// Every rule of agents.
pub static AGENT_RULES: &[AgentRule] = &[
    AgentRule {
        name: "entry",
        doc: "a kebab-case name, a summary and a reference",
        needs: &[],
        check: configuration::entry,
    },
    AgentRule {
        name: "schema",
        doc: "every hyperparameter is documented and has a default",
        needs: &[],
        check: configuration::schema,
    },
    AgentRule {
        name: "defaults",
        doc: "nothing said means the defaults, which resolve to themselves",
        needs: &[],
        check: configuration::defaults,
    },
    AgentRule {
        name: "unknown-key",
        doc: "an unknown hyperparameter is refused by name",
        needs: &[],
        check: configuration::unknown_key,
    },
    AgentRule {
        name: "sweep",
        doc: "swept hyperparameters exist and work at both ends and in random tickets",
        needs: &["defaults"],
        check: configuration::sweep,
    },
    AgentRule {
        name: "every-space",
        doc: "a search works in every arena: mixed, conditional, constrained, one design, huge, two objectives",
        needs: &["defaults"],
        check: proposals::every_space,
    },
    AgentRule {
        name: "in-space",
        doc: "every design is of the space",
        needs: &["defaults"],
        check: proposals::in_space,
    },
    AgentRule {
        name: "batches",
        doc: "ask(1), ask(7) and ask(1000) give at most as many designs",
        needs: &["every-space"],
        check: proposals::batches,
    },
    AgentRule {
        name: "seeded",
        doc: "the same seed and answers give the same designs",
        needs: &["defaults"],
        check: proposals::seeded,
    },
    AgentRule {
        name: "threads",
        doc: "another thread gives the same designs",
        needs: &["seeded"],
        check: proposals::threads,
    },
    AgentRule {
        name: "all-infeasible",
        doc: "a search goes on though nothing works",
        needs: &["every-space"],
        check: proposals::all_infeasible,
    },
    AgentRule {
        name: "constant-reward",
        doc: "a search goes on though everything is equally good",
        needs: &["every-space"],
        check: proposals::constant_reward,
    },
    AgentRule {
        name: "duplicates",
        doc: "a search goes on though every design is an old one",
        needs: &["every-space"],
        check: proposals::duplicates,
    },
    AgentRule {
        name: "extreme-rewards",
        doc: "a search goes on with the largest and smallest rewards",
        needs: &["every-space", "constant-reward"],
        check: proposals::extreme_rewards,
    },
    AgentRule {
        name: "distinct-optimum",
        doc: "an optimum that differs in every dimension is approached better than by a few guesses",
        needs: &["in-space"],
        check: proposals::distinct_optimum,
    },
    AgentRule {
        name: "snapshot",
        doc: "a restored snapshot goes on identically, nonsense is refused",
        needs: &["seeded"],
        check: snapshot::snapshot,
    },
];

/// Checks an agent by all [`AGENT_RULES`] in the given arenas; [`arenas`] gives the built-in ones.
///
/// # Errors
/// The report if a rule is broken.
pub fn check_agent(entry: &AgentEntry, arenas: &[Arena]) -> Result<Report, Failures> {
    let subject = AgentSubject { entry, arenas };
    judge(&format!("agent {}", entry.name), AGENT_RULES, |check| check(&subject)).into_result()
}

/// A digest of proposals: equal in every process, on every machine, for an agent that is deterministic.
pub fn fingerprint_agent(entry: &AgentEntry, arenas: &[Arena]) -> String {
    let subject = AgentSubject { entry, arenas };
    let mut hasher = blake3::Hasher::new();
    for arena in arenas {
        for line in search::proposals(&subject, arena, 1) {
            hasher.update(line.as_bytes()).update(b"\n");
        }
    }
    hasher.finalize().to_hex().to_string()
}

#[cfg(test)]
mod tests;
