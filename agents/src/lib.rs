//! Search agents and the AGENTS table.
//!
//! One module per search method, its hyperparameters beside it. A new one costs its file and two lines here: `mod`
//! and a row.

use rl_env::registry::AgentEntry;

pub mod annealing;
pub mod genetic;
pub mod grid;
pub mod hill_climb;
pub mod nsga2;
mod parts;
pub mod random_walker;
pub mod sobol;

/// Every agent, sorted by name.
#[rustfmt::skip] // one row a line
pub static AGENTS: &[AgentEntry] = &[
    AgentEntry::of::<annealing::Config>("annealing"),
    AgentEntry::of::<genetic::Config>("genetic"),
    AgentEntry::of::<grid::Config>("grid"),
    AgentEntry::of::<hill_climb::Config>("hill-climb"),
    AgentEntry::of::<nsga2::Config>("nsga2"),
    AgentEntry::of::<random_walker::Config>("random-walker"),
    AgentEntry::of::<sobol::Config>("sobol"),
];
