//! Search agents and the AGENTS table.
//!
//! One module per search method, its hyperparameters beside it. A new one costs its file and two lines here: `mod`
//! and a row.

use rl_env::registry::AgentEntry;

pub mod annealing;
pub mod ant_colony;
pub mod bayesian;
pub mod cma_es;
pub mod differential_evolution;
pub mod dqn;
pub mod farsi;
pub mod forest_bayesian;
pub mod genetic;
pub mod grid;
pub mod hill_climb;
pub mod nsga2;
pub mod particle_swarm;
mod parts;
pub mod portfolio;
pub mod ppo;
pub mod random_walker;
pub mod reinforce;
pub mod sobol;
pub mod tpe;

/// Every agent, sorted by name.
#[rustfmt::skip] // one row a line
pub static AGENTS: &[AgentEntry] = &[
    AgentEntry::of::<annealing::Config>("annealing"),
    AgentEntry::of::<ant_colony::Config>("ant-colony"),
    AgentEntry::of::<bayesian::Config>("bayesian"),
    AgentEntry::of::<cma_es::Config>("cma-es"),
    AgentEntry::of::<differential_evolution::Config>("differential-evolution"),
    AgentEntry::of::<dqn::Config>("dqn"),
    AgentEntry::of::<farsi::Config>("farsi"),
    AgentEntry::of::<forest_bayesian::Config>("forest-bayesian"),
    AgentEntry::of::<genetic::Config>("genetic"),
    AgentEntry::of::<grid::Config>("grid"),
    AgentEntry::of::<hill_climb::Config>("hill-climb"),
    AgentEntry::of::<nsga2::Config>("nsga2"),
    AgentEntry::of::<particle_swarm::Config>("particle-swarm"),
    AgentEntry::of::<portfolio::Config>("portfolio"),
    AgentEntry::of::<ppo::Config>("ppo"),
    AgentEntry::of::<random_walker::Config>("random-walker"),
    AgentEntry::of::<reinforce::Config>("reinforce"),
    AgentEntry::of::<sobol::Config>("sobol"),
    AgentEntry::of::<tpe::Config>("tpe"),
];
