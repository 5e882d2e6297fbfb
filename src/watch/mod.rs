//! A sweep seen from outside: what its directories tell while other processes write them.
//!
//! Nothing is locked and nothing is written. Only complete rows count, so a row that is being written is seen the next
//! time; runs that are not in the tables yet are read from their segments.

mod directory;
mod screen;
mod snapshot;
mod tail;

pub use directory::Directory;
pub use screen::lines;
pub use snapshot::{AgentRow, Snapshot, Watched};
