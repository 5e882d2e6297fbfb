//! Search agents and the AGENTS table.
//!
//! One module per search method, its hyperparameters beside it. A new one costs its file and two lines here: `mod`
//! and a row.

use rl_env::registry::AgentEntry;

pub mod ant_colony;
pub mod differential_evolution;
pub mod genetic;
pub mod particle_swarm;
mod parts;
pub mod random_walker;

/// Every agent, sorted by name.
#[rustfmt::skip] // one row a line
pub static AGENTS: &[AgentEntry] = &[
    AgentEntry::of::<ant_colony::Config>("ant-colony"),
    AgentEntry::of::<differential_evolution::Config>("differential-evolution"),
    AgentEntry::of::<genetic::Config>("genetic"),
    AgentEntry::of::<particle_swarm::Config>("particle-swarm"),
    AgentEntry::of::<random_walker::Config>("random-walker"),
];
