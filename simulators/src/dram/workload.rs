//! A memory trace, and the same trace decoded for one memory system and shared by all designs on it.

use super::config::System;
use super::error::DramError;

/// One line of a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access {
    /// Earliest clock cycle at which the request may be sent.
    pub cycle: u64,
    /// Byte address.
    pub address: u64,
    /// True for a write.
    pub write: bool,
}

/// A memory trace: requests in the order in which they are sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trace {
    /// The requests. Cycles need not be sorted; a request whose cycle has passed goes as soon as possible.
    pub accesses: Vec<Access>,
}

/// Most requests of one trace.
pub const MAX_REQUESTS: usize = 1 << 26;

/// Largest cycle of a trace (86 s at 800 MHz): refreshing an idle memory for longer would take minutes.
pub const MAX_CYCLE: u64 = 1 << 36;

/// A request of a decoded trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) cycle: u64,
    pub(crate) row: u32,
    pub(crate) column: u32,
    /// Position among the requests of the same channel.
    pub(crate) sequence: u32,
    /// Bank, numbered over the channel.
    pub(crate) bank: u16,
    pub(crate) channel: u8,
    pub(crate) write: bool,
}

/// A trace decoded for one memory system.
#[derive(Debug, Clone)]
pub struct Workload {
    pub(crate) requests: Vec<Request>,
    pub(crate) system: System,
    pub(crate) reads: usize,
}

impl Workload {
    /// Decode `trace` for `system`. Addresses are aligned down to the burst.
    ///
    /// # Errors
    /// An invalid system, a trace without requests, or one of more than [`MAX_REQUESTS`], or a cycle above
    /// [`MAX_CYCLE`].
    pub fn decode(trace: &Trace, system: &System) -> Result<Workload, DramError> {
        let mapping = system.resolve_mapping()?;
        if trace.accesses.is_empty() {
            return Err(DramError::EmptyTrace { format: "decoded", lines: 0 });
        }
        if trace.accesses.len() > MAX_REQUESTS {
            return Err(DramError::TraceTooLong { limit: MAX_REQUESTS });
        }
        if let Some(access) = trace.accesses.iter().find(|access| access.cycle > MAX_CYCLE) {
            return Err(DramError::out_of_range("cycle", access.cycle, format_args!("0 to {MAX_CYCLE}")));
        }
        let organization = &system.device().organization;
        let banks_per_group = organization.banks / organization.bank_groups;
        let align = !(organization.burst_bytes() - 1);
        let mut sequence = vec![0u32; system.channels as usize];
        let mut decode = |access: &Access| {
            let at = mapping.decode(access.address & align, organization.banks, banks_per_group);
            let place = &mut sequence[usize::from(at.channel)];
            *place += 1;
            Request {
                cycle: access.cycle,
                row: at.row,
                column: at.column,
                sequence: *place - 1,
                bank: at.bank,
                channel: at.channel,
                write: access.write,
            }
        };
        let requests: Vec<Request> = trace.accesses.iter().map(&mut decode).collect();
        let reads = requests.iter().filter(|request| !request.write).count();
        Ok(Workload { requests, system: system.clone(), reads })
    }

    /// Number of requests.
    #[must_use]
    pub fn len(&self) -> usize {
        self.requests.len()
    }

    /// Never true: a workload has at least one request.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    /// Number of reads.
    #[must_use]
    pub fn reads(&self) -> usize {
        self.reads
    }

    /// The memory system it was decoded for.
    #[must_use]
    pub fn system(&self) -> &System {
        &self.system
    }
}
