//! **Sweepstake**: a gym for design-space search.
//!
//! The library behind the `sweepstake` binary: it brings environments ([`sweepstake_envs`]) and agents
//! ([`sweepstake_agents`]) together, runs sweeps, writes datasets and draws figures. Everything that touches files,
//! clocks or the terminal is here; the other crates are pure.

pub mod agents;
pub mod cache;
pub mod chip;
pub mod cli;
pub mod config;
pub mod dataset;
pub mod document;
pub mod enumerate;
pub mod evaluate;
pub mod external;
pub mod lottery;
pub mod merge;
pub mod optima;
pub mod plan;
pub mod plot;
pub mod proxy;
pub mod report;
pub mod run;
pub mod selection_study;
pub mod slurm;
pub mod statistics;
pub mod store;
pub mod study;
pub mod sweep;
pub mod table;
pub mod terminal;
#[cfg(feature = "networks")]
pub mod ticket;
pub mod tickets;
pub mod traces;
pub mod usage;
pub mod validate;
pub mod verdicts;
pub mod watch;

/// The programs of the README have to compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// The programs of CONTRIBUTING have to compile.
#[cfg(doctest)]
#[doc = include_str!("../CONTRIBUTING.md")]
struct Contributing;
