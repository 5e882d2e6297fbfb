//! What can be wrong with a task graph or a design.

use thiserror::Error;

/// Errors of the SoC simulator. Every message says what is wrong, where, and what is allowed.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum SocError {
    /// A task graph file that is not what it should be.
    #[error("task graph: {problem}")]
    Yaml {
        /// Where and what.
        problem: String,
    },
    /// A task graph that cannot be run.
    #[error("task graph `{graph}`: {problem}")]
    Graph {
        /// Name of the graph.
        graph: String,
        /// What is wrong and what is allowed.
        problem: String,
    },
    /// No built-in workload of that name.
    #[error("unknown workload `{name}`; built-in workloads: {allowed}")]
    UnknownWorkload {
        /// The name asked for.
        name: String,
        /// The names that exist.
        allowed: String,
    },
    /// Blocks or links that make no system.
    #[error("design: {problem}")]
    Design {
        /// What is wrong and what is allowed.
        problem: String,
    },
    /// A task whose data lies in a memory that its processor cannot reach.
    #[error("task `{task}`: no route from its block {pe} to memory {memory}; connect their interconnects")]
    Unreachable {
        /// The task.
        task: String,
        /// Its block.
        pe: usize,
        /// The memory's block.
        memory: usize,
    },
    /// A memory that has to hold more than its table says.
    #[error("memory {memory} has to hold {bytes} bytes; the table of {kind} ends at {most}")]
    TooLarge {
        /// The memory's block.
        memory: usize,
        /// Bytes at the peak.
        bytes: u64,
        /// The memory's kind.
        kind: &'static str,
        /// Most bytes in the table.
        most: u64,
    },
}

impl SocError {
    pub(super) fn design(problem: impl Into<String>) -> Self {
        Self::Design { problem: problem.into() }
    }
}
