//! All tests of the root package in one binary. `architecture` checks that no file is forgotten here.

// A failed expectation should stop the test where it stands.
#![allow(clippy::unwrap_used)]

mod active_selection;
mod agents_on_landscapes;
mod architecture;
mod bad_input;
mod cart_pole;
mod command;
mod commands;
mod conformance;
mod dataset;
mod determinism;
mod external;
mod figures;
mod lottery;
mod optima;
mod proxy;
mod report;
mod select;
mod simulate;
mod slurm;
mod soc;
mod statistics;
mod survival;
mod tables;
#[cfg(feature = "networks")]
mod ticket;
mod validate;
mod watch;
