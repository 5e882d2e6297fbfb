//! Every agent of the program: those of [`sweepstake_agents`], and the one that runs in a process of its own.

use std::sync::LazyLock;

use rl_env::registry::AgentEntry;

use crate::external;

/// Every agent, sorted by name.
pub static AGENTS: LazyLock<Vec<AgentEntry>> = LazyLock::new(|| {
    // Not among the others: libraries start no processes.
    let external = AgentEntry::of::<external::Config>(external::NAME);
    let mut all: Vec<AgentEntry> = sweepstake_agents::AGENTS.iter().copied().chain([external]).collect();
    all.sort_by_key(|entry| entry.name);
    all
});
