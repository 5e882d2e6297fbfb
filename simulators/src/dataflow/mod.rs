//! Data-centric mappings, evaluated as MAESTRO does (Kwon et al. 2019): which part of each dimension a cluster of
//! processing elements has, at a time and from one time to the next, and what that costs.
//!
//! A [`Mapping`] is a list of directives in levels of clusters; [`evaluate`] finds cycles, words moved, energy, area and
//! power of a layer under it. Values are those of MAESTRO, its quirks included, to the last digit it prints.
//!
//! ```
//! use sweepstake_simulators::dataflow::{
//!     Dim, Directive, Hardware, Mapping, Operator, Over, Problem, Scratch, evaluate,
//! };
//!
//! let sizes = [(Dim::M, 64), (Dim::N, 32), (Dim::K, 16)];
//! let problem = Problem::new(Operator::Gemm, &sizes, [1, 1])?;
//! let rows = Directive::spatial(1, 1, Over::Input(Dim::M));
//! let mapping = Mapping { levels: vec![vec![rows]], clusters: vec![] };
//! let hardware =
//!     Hardware { pes: 16, noc_bandwidth: 8, noc_latency: 1, offchip_bandwidth: 8, simd: 1 };
//! let report = evaluate(&hardware, &problem, &mapping, &mut Scratch::default())?;
//! assert_eq!(report.macs, 64 * 32 * 16);
//! # Ok::<(), sweepstake_simulators::dataflow::DataflowError>(())
//! ```

mod error;
mod evaluate;
mod file;
mod mapping;
mod plan;
mod problem;
mod report;
mod state;
mod tokens;
mod traffic;

pub use error::DataflowError;
pub use evaluate::{Scratch, evaluate};
pub use file::{MappedLayer, read};
pub use mapping::{Directive, Mapping, Over};
pub use problem::{Dim, Hardware, Operator, Problem};
pub use report::{Delays, Report};
