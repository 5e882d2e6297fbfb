//! Designs: blocks, links, and what runs and lies where.

use serde::{Deserialize, Serialize};

use super::block::Block;

/// Most interconnects of a design.
pub const MAX_INTERCONNECTS: usize = 16;
/// Most processing elements and most memories of a design.
pub const MAX_OF_A_KIND: usize = 64;

/// A system on chip with a workload mapped onto it.
///
/// Every processing element and every memory is linked to exactly one interconnect; interconnects are linked among
/// each other. Data take the way with the fewest hops; where several are as short, the one through the interconnects
/// listed first.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Soc {
    /// The blocks.
    pub blocks: Vec<Block>,
    /// Pairs of linked blocks.
    pub links: Vec<[usize; 2]>,
    /// The block that runs each task of the workload.
    pub task_pe: Vec<usize>,
    /// The memory that holds the data of each edge of the workload.
    pub edge_memory: Vec<usize>,
    /// The tasks in the order in which ready ones are started; see [`arrange`](super::arrange).
    pub launch_order: Vec<usize>,
}
