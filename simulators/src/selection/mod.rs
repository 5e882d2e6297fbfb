//! Choosing among plausible candidates by many cheap pass/fail verdicts, none of which can be trusted.
//!
//! B4 (Chen et al. 2024, arXiv 2409.08692) and its rivals CodeT (Chen et al. 2023), MBR-exec (Shi et al. 2022) and
//! counting passes. All see one matrix of verdicts: rows are candidates, columns are tests.
//!
//! ```
//! use sweepstake_simulators::selection::{PassMatrix, Priors, Strategy};
//!
//! let matrix = PassMatrix::from_text(&["1101", "1101", "0111", "1000"])?;
//! let ranking = Strategy::B4(Priors::new(10.0, 10.0)?).rank(&matrix);
//! assert_eq!(ranking.top, [0, 1]);
//! assert!((ranking.sets[0].score + 22.024_217_188_577_32).abs() < 1e-9);
//! # Ok::<(), sweepstake_simulators::selection::SelectionError>(())
//! ```
//!
//! In reading order: `matrix` (verdicts), `consensus` (candidates that nothing tells apart), `strategy` (scores and
//! ranking), `beta` and `posterior` (what B4 computes), `scenario` (the model that B4 assumes, drawn from),
//! [`conditions`] (when each heuristic works), `diagnosis` (whether the assumptions look broken), `shortlist` (designs
//! to be checked again).

mod beta;
pub mod conditions;
mod consensus;
mod diagnosis;
mod error;
mod matrix;
mod posterior;
mod scenario;
mod shortlist;
mod strategy;

pub use consensus::{Consensus, ConsensusSet};
pub use diagnosis::{Warning, diagnose};
pub use error::SelectionError;
pub use matrix::{MAX_CELLS, PassMatrix};
pub use posterior::{Priors, Thetas};
pub use scenario::{Drawn, Scenario};
pub use shortlist::{Shortlist, Verdicts, shortlist};
pub use strategy::{NAMES, Ranked, Ranking, Strategy};
