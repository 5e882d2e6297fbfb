//! What a study says about its agents: normalised regret, who is ahead, how much is luck, and how sure that is.
//!
//! [`Ledger::load`] reads directories of sweeps, [`findings()`] says all that they say, [`write_all`] writes it as tables.

mod assembly;
mod board;
mod comparison;
pub mod findings;
mod fronts;
mod hyperparameters;
mod ledger;
mod luck;
mod pareto;
mod race;
mod ranking;
mod regret;
mod spread;
mod summary;
mod tables;
mod tuned;

pub use assembly::{Question, findings};
pub use comparison::{Comparison, Standing, Versus};
pub use findings::Findings;
pub use ledger::{Entry, Ledger, Setting};
pub use regret::{Regrets, Scale};
pub use tables::{TABLES, Table, write_all};
