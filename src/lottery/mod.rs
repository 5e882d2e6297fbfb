//! What a study says about its agents: normalised regret, who is ahead, how much is luck, and how sure that is.

mod comparison;
pub mod findings;
mod regret;
mod tables;

pub use comparison::{Comparison, Standing, Versus};
pub use findings::Findings;
pub use regret::{Regrets, Scale};
pub use tables::{TABLES, Table, write_all};
