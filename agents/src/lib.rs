//! Search agents and the AGENTS table.
//!
//! One module per search method, its hyperparameters beside it. A new one costs its file and two lines here: `mod`
//! and a row.

use rl_env::registry::AgentEntry;

pub mod forest_bayesian;
pub mod genetic;
mod parts;
pub mod random_walker;
pub mod tpe;

/// Every agent, sorted by name.
#[rustfmt::skip] // one row a line
pub static AGENTS: &[AgentEntry] = &[
    AgentEntry::of::<forest_bayesian::Config>("forest-bayesian"),
    AgentEntry::of::<genetic::Config>("genetic"),
    AgentEntry::of::<random_walker::Config>("random-walker"),
    AgentEntry::of::<tpe::Config>("tpe"),
];
