//! **rl-env**: environments, design spaces and the agents' contract, with gymnasium semantics.
//!
//! - [`design`]: typed, named parameters with units, conditions and constraints.
//! - [`problem`]: one-shot search problems; infeasible designs are values.
//! - [`objective`]: what is better, as data; higher is always better. [`pareto`]: fronts and hypervolume.
//! - [`agent`]: search methods that `ask` and are `tell`ed. [`policy`]: methods that act step by step.
//! - [`space`] and [`env`](mod@env): gymnasium's spaces and environments. [`episode`]: any problem as an environment.
//!   [`wrappers`]: time limits, statistics, normalisation, caches, budgets. [`vector`]: many at once.
//! - [`registry`]: tables of environments and agents; [`schema`]: checked configurations.
//! - [`check`](mod@check): the conformance suite for environments, problems and agents.
//! - [`seed`]: one seed, many independent streams, bit-compatible with NumPy.

pub mod agent;
pub mod check;
pub mod design;
pub mod env;
pub mod episode;
pub mod error;
pub mod objective;
pub mod pareto;
pub mod policy;
pub mod problem;
pub mod registry;
pub mod schema;
pub mod seed;
pub mod space;
pub mod vector;
pub mod wrappers;

pub use error::Error;

/// The program of the README has to compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
