//! The response queue: data that is ready goes back, one response per cycle.

use std::collections::{BTreeMap, VecDeque};

use super::NEVER;
use crate::dram::config::RespQueue;

/// Responses of one channel.
#[derive(Debug)]
pub(super) struct Responses {
    kind: RespQueue,
    in_order_of_issue: VecDeque<(u32, u64)>,
    by_sequence: BTreeMap<u32, (u32, u64)>,
    next_sequence: u32,
    /// Time at which the outstanding response was taken ([`NEVER`] until then).
    taken: Option<u64>,
    /// Time at which the last response was retired.
    retired: Option<u64>,
}

impl Responses {
    pub(super) fn new(kind: RespQueue) -> Responses {
        Responses {
            kind,
            in_order_of_issue: VecDeque::new(),
            by_sequence: BTreeMap::new(),
            next_sequence: 0,
            taken: None,
            retired: None,
        }
    }

    pub(super) fn insert(&mut self, request: u32, sequence: u32, ready: u64) {
        match self.kind {
            RespQueue::Fifo => self.in_order_of_issue.push_back((request, ready)),
            RespQueue::Reorder => _ = self.by_sequence.insert(sequence, (request, ready)),
        }
    }

    fn head(&self) -> Option<(u32, u64)> {
        match self.kind {
            RespQueue::Fifo => self.in_order_of_issue.front().copied(),
            RespQueue::Reorder => self.by_sequence.get(&self.next_sequence).copied(),
        }
    }

    /// When the next response in order is ready.
    pub(super) fn next_ready(&self) -> Option<u64> {
        self.head().map(|(_, ready)| ready)
    }

    /// The receiver took the outstanding response at `now`.
    pub(super) fn end(&mut self, now: u64) {
        self.taken = Some(now);
    }

    /// Retire the outstanding response if it has been taken; true if so.
    pub(super) fn retire(&mut self, now: u64) -> bool {
        let taken = self.taken.is_some_and(|taken| taken <= now);
        if taken {
            (self.taken, self.retired) = (None, Some(now));
        }
        taken
    }

    pub(super) fn is_outstanding(&self) -> bool {
        self.taken.is_some()
    }

    /// The response to send now and its delay: one cycle if another one was retired at this instant, up to
    /// the next clock edge.
    pub(super) fn deliver(&mut self, now: u64, clock_period: u64) -> Option<(u32, u64)> {
        let (request, _) = self.head().filter(|(_, ready)| *ready <= now)?;
        match self.kind {
            RespQueue::Fifo => _ = self.in_order_of_issue.pop_front(),
            RespQueue::Reorder => {
                self.by_sequence.remove(&self.next_sequence);
                self.next_sequence += 1;
            }
        }
        self.taken = Some(NEVER);
        let delay = if self.retired == Some(now) {
            (now + clock_period).next_multiple_of(clock_period) - now
        } else {
            0
        };
        Some((request, delay))
    }
}
