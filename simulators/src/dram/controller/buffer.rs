//! Space in the request buffer.

use crate::dram::config::{Controller as Policies, SchedulerBuffer};

/// Counters of the buffered requests.
#[derive(Debug)]
pub(super) struct Buffer {
    kind: SchedulerBuffer,
    size: usize,
    per_bank: Vec<usize>,
    reads: usize,
    writes: usize,
    last_bank: usize,
}

impl Buffer {
    pub(super) fn new(policies: &Policies, banks: usize) -> Buffer {
        Buffer {
            kind: policies.scheduler_buffer,
            size: policies.request_buffer_size as usize,
            per_bank: vec![0; banks],
            reads: 0,
            writes: 0,
            last_bank: 0,
        }
    }

    /// Whether a request may enter. The bankwise buffer looks at the bank of the last stored request, not of
    /// the one that wants to enter.
    pub(super) fn has_space(&self) -> bool {
        match self.kind {
            SchedulerBuffer::Bankwise => self.per_bank[self.last_bank] < self.size,
            SchedulerBuffer::ReadWrite => self.reads < self.size && self.writes < self.size,
            SchedulerBuffer::Shared => self.reads + self.writes < self.size,
        }
    }

    pub(super) fn store(&mut self, bank: usize, write: bool) {
        self.last_bank = bank;
        self.per_bank[bank] += 1;
        *self.direction(write) += 1;
    }

    pub(super) fn remove(&mut self, bank: usize, write: bool) {
        self.per_bank[bank] -= 1;
        *self.direction(write) -= 1;
    }

    fn direction(&mut self, write: bool) -> &mut usize {
        if write { &mut self.writes } else { &mut self.reads }
    }
}
