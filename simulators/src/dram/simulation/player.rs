//! The requester: sends the trace in order, one unacknowledged request at a time.

use super::{Message, Reply};
use crate::dram::event::{Inbox, Kernel, Source};
use crate::dram::workload::Request;

/// Trace player.
#[derive(Debug)]
pub(super) struct Player {
    pub(super) inbox: Inbox<Reply>,
    next: usize,
    total: usize,
    sent_ps: Vec<u64>,
    latencies_ps: Vec<u64>,
}

impl Player {
    pub(super) fn new(source: Source, total: usize) -> Player {
        Player {
            inbox: Inbox::new(source),
            next: 0,
            total,
            sent_ps: Vec::with_capacity(total),
            latencies_ps: Vec::with_capacity(total),
        }
    }

    pub(super) fn is_done(&self) -> bool {
        self.answered() == self.total
    }

    pub(super) fn answered(&self) -> usize {
        self.latencies_ps.len()
    }

    pub(super) fn into_latencies(self) -> Vec<u64> {
        self.latencies_ps
    }

    /// Send the next request: not before its cycle, nor before the clock edge after the last one's end.
    pub(super) fn send_next(
        &mut self,
        kernel: &mut Kernel,
        arbiter: &mut Inbox<Message>,
        requests: &[Request],
        clock_period: u64,
    ) {
        let Some(request) = requests.get(self.next) else { return };
        let now = kernel.now();
        let earliest = if self.next == 0 { 0 } else { now.next_multiple_of(clock_period) + clock_period };
        let at = earliest.max(request.cycle * clock_period);
        arbiter.send(kernel, at - now, Message::BeginRequest(self.next as u32));
        self.sent_ps.push(at);
        self.next += 1;
    }

    pub(super) fn run(
        &mut self,
        kernel: &mut Kernel,
        arbiter: &mut Inbox<Message>,
        requests: &[Request],
        clock_period: u64,
    ) {
        while let Some(reply) = self.inbox.next(kernel) {
            match reply {
                Reply::EndRequest => self.send_next(kernel, arbiter, requests, clock_period),
                Reply::BeginResponse(request) => {
                    self.latencies_ps.push(kernel.now() - self.sent_ps[request as usize]);
                    arbiter.send(kernel, 0, Message::EndResponse(request));
                }
            }
        }
        self.inbox.rearm(kernel);
    }
}
