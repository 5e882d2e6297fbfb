//! A DNN accelerator: storage levels, a mapping of a layer's loops to them, accesses, energy, cycles and area.
//!
//! The model follows the dense analysis of the public simulator Timeloop 3 for mappings whose factors divide, exactly.
//! A layer becomes a [`Problem`] once; evaluating a mapping then allocates nothing:
//!
//! ```
//! use sweepstake_simulators::accelerator::{Architecture, Level, Mac, Mapping, Problem, Scratch, evaluate};
//! use sweepstake_simulators::layer::Layer;
//!
//! let layer = Layer::conv(64, 3, 112, 7).stride(2);
//! let dram = Level { name: "DRAM".into(), read_energy_pj: 128.0, ..Level::default() };
//! let mac = Mac { instances: 1, mesh_x: 1, energy_pj: 2.2, area_um2: 1240.0 };
//! let architecture = Architecture::new(vec![dram], mac)?;
//! let mut scratch = Scratch::default();
//! let problem = Problem::new(&layer)?;
//! let analysis = evaluate(&architecture, &problem, &Mapping::outermost(&layer), &mut scratch).unwrap();
//! assert_eq!(analysis.cycles, layer.macs());
//! # Ok::<(), sweepstake_simulators::accelerator::AcceleratorError>(())
//! ```
//!
//! [`mapper`] finds a good mapping.
//!
//! Where to look: `architecture` and `mapping` are the input, `nest` lays the loops out and checks them, `reuse` counts
//! the words that cross each boundary, `links` those that neighbours pass on, `evaluate` makes accesses, energy and
//! cycles of them.

mod analysis;
mod architecture;
mod error;
mod evaluate;
pub mod eyeriss;
mod links;
pub mod mapper;
mod mapping;
mod nest;
mod problem;
mod reuse;
pub mod technology;
pub mod timeloop;
mod violation;

pub use analysis::{Analysis, LevelAnalysis, Traffic};
pub use architecture::{Architecture, Level, MOST_LEVELS, Mac};
pub use error::AcceleratorError;
pub use evaluate::{Scratch, check, evaluate};
pub use mapping::{Loops, Mapping};
pub use problem::{DATA, Data, Problem};
pub use violation::Violation;
