//! Proxies: models learnt from samples that answer in the place of a simulator.
//!
//! [`samples`] (what the data say of one problem) → [`encoding`] (designs as features) → [`lesson`] → [`fitted`]
//! (a model of [`models`] with its scales and intervals) → [`mod@file`] (kept on disk) → [`proxied`] (a drop-in problem).
//! [`evaluation`] judges on designs never seen, [`evaluated`] is what it came to; [`search`] lets a proxy choose what an agent simulates.

pub mod curve;
pub mod encoding;
pub mod evaluated;
pub mod evaluation;
pub mod figure;
pub mod file;
pub mod fitted;
pub mod lesson;
pub mod models;
pub mod parts;
pub mod proxied;
pub mod samples;
pub mod score;
pub mod search;
pub mod select;
pub mod split;
pub mod supply;
pub mod target;

pub use models::PROXIES;
