//! What can be wrong with a configuration, a trace or a command trace.

use thiserror::Error;

/// Errors of the DRAM simulator. Every message says what is wrong, where, and what is allowed.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum DramError {
    /// No device of that name.
    #[error("unknown DRAM device `{name}`; known devices: {allowed}")]
    UnknownDevice {
        /// The name asked for.
        name: String,
        /// The names that exist.
        allowed: String,
    },
    /// No generated workload of that name.
    #[error("unknown workload `{name}`; built-in workloads: {allowed}")]
    UnknownWorkload {
        /// The name asked for.
        name: String,
        /// The names that exist.
        allowed: String,
    },
    /// A parameter outside its range.
    #[error("`{parameter}` is {value}; allowed: {allowed}")]
    OutOfRange {
        /// Parameter name.
        parameter: &'static str,
        /// The value given.
        value: String,
        /// The values allowed.
        allowed: String,
    },
    /// Options that cannot be combined.
    #[error("`{first}` cannot be combined with `{second}`: {reason}")]
    Impossible {
        /// First option with its value.
        first: String,
        /// Second option with its value.
        second: String,
        /// Why, and what to choose instead.
        reason: &'static str,
    },
    /// An address mapping that does not fit the device.
    #[error("address mapping `{mapping}`: {problem}")]
    Mapping {
        /// The mapping.
        mapping: String,
        /// What is wrong and what is allowed.
        problem: String,
    },
    /// A line of a trace that cannot be read.
    #[error("{format} trace, line {line}: {problem}")]
    TraceLine {
        /// Format being read.
        format: &'static str,
        /// Line number, from 1.
        line: u64,
        /// What is wrong and what is allowed.
        problem: String,
    },
    /// A trace without any request.
    #[error("{format} trace: no request found in {lines} lines; at least one is needed")]
    EmptyTrace {
        /// Format being read.
        format: &'static str,
        /// Lines read.
        lines: u64,
    },
    /// A trace with more requests than can be simulated.
    #[error("trace has more than {limit} requests; split it")]
    TraceTooLong {
        /// Largest number of requests.
        limit: usize,
    },
    /// A workload decoded for another memory system than the configuration's.
    #[error("the workload was decoded for another memory system than the configuration's: decode it again")]
    WrongSystem,
    /// The simulated time passed its limit.
    #[error("simulated time passed {limit_cycles} clock cycles; the trace's cycles are too large")]
    TooLong {
        /// The limit.
        limit_cycles: u64,
    },
    /// The controller can make no progress: no command can ever be issued although requests wait.
    #[error("the controller came to rest with {waiting} of {requests} requests unserved ({reason})")]
    Stuck {
        /// Requests not answered.
        waiting: usize,
        /// Requests of the workload.
        requests: usize,
        /// Likely reason.
        reason: &'static str,
    },
}

impl DramError {
    pub(crate) fn out_of_range(
        parameter: &'static str,
        value: impl std::fmt::Display,
        allowed: impl std::fmt::Display,
    ) -> DramError {
        DramError::OutOfRange { parameter, value: value.to_string(), allowed: allowed.to_string() }
    }
}
