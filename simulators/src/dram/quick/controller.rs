//! Controller steps of the quick path.

use super::Run;
use super::banks::NEVER;
use super::wakes::{COMMAND, Note, REQUEST, RESPONSE, TAKEN};
use crate::dram::command::Command;
use crate::dram::config::{Controller as Policies, RespQueue, Scheduler, SchedulerBuffer};

/// Counters of the buffered requests.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    kind: Option<SchedulerBuffer>,
    size: u32,
    reads: u32,
    writes: u32,
    last_bank: usize,
}

impl Buffer {
    pub(super) fn reset(&mut self, policies: &Policies) {
        let size = policies.request_buffer_size;
        *self = Buffer { kind: Some(policies.scheduler_buffer), size, ..Buffer::default() };
    }

    /// Most requests one bank can hold.
    pub(super) fn capacity(&self) -> usize {
        let size = self.size as usize;
        if self.kind == Some(SchedulerBuffer::ReadWrite) { 2 * size } else { size }
    }
}

/// Responses by order of issue, or by request.
#[derive(Debug, Default)]
pub(super) struct Responses {
    in_order_of_request: bool,
    /// Requests in the order of their column commands, and when their data is complete; by request instead
    /// under the reorder queue, with [`NEVER`] for those not issued.
    order: Vec<u32>,
    ready: Vec<u64>,
    head: usize,
    outstanding: bool,
    taken: bool,
    retired: Option<u64>,
}

impl Responses {
    pub(super) fn reset(&mut self, kind: RespQueue, requests: usize) {
        self.in_order_of_request = kind == RespQueue::Reorder;
        self.order.clear();
        self.ready.clear();
        if self.in_order_of_request {
            self.ready.resize(requests, NEVER);
        } else {
            self.order.reserve(requests);
            self.ready.reserve(requests);
        }
        self.head = 0;
        (self.outstanding, self.taken, self.retired) = (false, false, None);
    }

    #[inline]
    fn insert(&mut self, request: u32, ready: u64) {
        if self.in_order_of_request {
            self.ready[request as usize] = ready;
        } else {
            self.order.push(request);
            self.ready.push(ready);
        }
    }

    /// When the next response in order is ready; [`NEVER`] if it is not known yet.
    #[inline]
    fn next_ready(&self) -> u64 {
        self.ready.get(self.head).copied().unwrap_or(NEVER)
    }

    #[inline]
    fn take_head(&mut self) -> u32 {
        let head = self.head;
        self.head += 1;
        if self.in_order_of_request { head as u32 } else { self.order[head] }
    }
}

impl<const PAGE: u8, const SCHEDULER: u8> Run<'_, PAGE, SCHEDULER> {
    /// One wake-up of the controller. Only the command timer and stored requests need a full step.
    #[inline]
    pub(super) fn run_controller(&mut self, fired: u8) {
        if fired & (1 << RESPONSE | 1 << TAKEN) != 0 || self.state.responses.taken {
            self.manage_responses();
        }
        let stored = self.manage_request();
        if stored {
            self.send_end_request();
        }
        if stored || fired & (1 << COMMAND) != 0 {
            self.step();
        }
    }

    /// The arbiter offers a request that arrives at cycle `at`.
    #[inline]
    pub(super) fn begin_request(&mut self, request: u32, at: u64) {
        self.state.incoming = Some((request, at));
        if at > self.state.wakes.now {
            self.state.wakes.at(REQUEST, at);
        } else {
            self.state.wakes.soon(REQUEST, Note::Wake);
        }
    }

    /// The arbiter has taken the outstanding response.
    #[inline]
    pub(super) fn end_response(&mut self) {
        self.state.responses.taken = true;
        self.state.wakes.soon(TAKEN, Note::Wake);
    }

    #[inline]
    fn manage_responses(&mut self) {
        if self.state.responses.taken {
            self.retire_response();
        }
        let (now, responses) = (self.state.wakes.now, &mut self.state.responses);
        if responses.outstanding {
            return;
        }
        let ready = responses.next_ready();
        if ready <= now {
            let request = responses.take_head();
            responses.outstanding = true;
            let delay = u64::from(responses.retired == Some(now));
            self.send_response(request, now + delay);
        } else if ready != NEVER {
            self.state.wakes.at(RESPONSE, ready);
        }
    }

    #[inline]
    fn retire_response(&mut self) {
        let (now, responses) = (self.state.wakes.now, &mut self.state.responses);
        (responses.taken, responses.outstanding, responses.retired) = (false, false, Some(now));
        self.ledger.retired(now * self.clock_period);
    }

    /// The response that is ready now, if there is one and none is outstanding.
    #[inline]
    pub(super) fn take_ready_response(&mut self) -> Option<u32> {
        let (now, responses) = (self.state.wakes.now, &mut self.state.responses);
        let ready = !responses.outstanding && responses.next_ready() <= now;
        ready.then(|| responses.take_head())
    }

    /// The response sent at this instant has been taken: retire it and look for the next.
    #[inline]
    pub(super) fn retire_and_rearm(&mut self) {
        self.retire_response();
        self.manage_responses();
    }

    #[inline]
    fn has_space(&self) -> bool {
        let buffer = &self.state.buffer;
        match buffer.kind {
            Some(SchedulerBuffer::ReadWrite) => buffer.reads < buffer.size && buffer.writes < buffer.size,
            Some(SchedulerBuffer::Shared) => buffer.reads + buffer.writes < buffer.size,
            _ => self.state.banks.queued(buffer.last_bank) < buffer.size,
        }
    }

    /// Take the waiting request into the buffer if it has arrived and there is space; true if so (the
    /// arbiter is then to be told).
    #[inline]
    pub(super) fn manage_request(&mut self) -> bool {
        let now = self.state.wakes.now;
        let Some((index, arrival)) = self.state.incoming else { return false };
        if arrival > now || !self.has_space() {
            return false;
        }
        self.state.incoming = None;
        let request = self.requests[index as usize];
        let bank = usize::from(request.bank);
        self.ledger.stored(now * self.clock_period);
        let buffer = &mut self.state.buffer;
        buffer.last_bank = bank;
        *if request.write { &mut buffer.writes } else { &mut buffer.reads } += 1;
        let banks = &mut self.state.banks;
        banks.push(bank, request.row, index);
        if !banks.blocked {
            banks.evaluate::<PAGE, SCHEDULER>(bank, self.requests);
            banks.challenge(bank, now);
        }
        true
    }

    /// Issue what may start now and arm the command timer.
    #[inline]
    pub(super) fn step(&mut self) {
        let now = self.state.wakes.now;
        if now >= self.state.refresh.trigger || self.state.banks.blocked {
            return self.step_with_refresh();
        }
        if self.state.banks.winner_at() == now {
            self.issue_bank(self.state.banks.winner_bank);
        }
        let next = self.state.banks.winner_at().min(self.state.refresh.trigger);
        self.arm(next);
    }

    /// Arm the command timer.
    #[inline]
    pub(super) fn arm(&mut self, next: u64) {
        if next > self.state.wakes.now && next != NEVER {
            self.state.wakes.at(COMMAND, next);
        } else if next != NEVER {
            self.state.wakes.soon(COMMAND, Note::Wake);
        }
    }

    /// Issue the command a bank wants.
    #[inline]
    pub(super) fn issue_bank(&mut self, bank: usize) {
        let now = self.state.wakes.now;
        let banks = &mut self.state.banks;
        let (command, request) = (banks.wanted(bank), banks.current(bank));
        let turned = banks.follow(command, bank, self.requests);
        banks.start(&self.delays, command, bank, now);
        if self.ledger.records() {
            let row = self.requests[request as usize].row;
            self.ledger.command(command, bank, row, now * self.clock_period);
        } else {
            self.ledger.command_at(command, 0, bank, now);
        }
        if !banks.blocked {
            banks.evaluate::<PAGE, SCHEDULER>(bank, self.requests);
            if turned && SCHEDULER == Scheduler::FrFcfsGrp as u8 {
                self.evaluate_open_banks();
            }
        }
        self.state.banks.scan(now);
        if command.is_column() {
            self.finish_column_command(command, request);
        }
    }

    fn evaluate_open_banks(&mut self) {
        let banks = &mut self.state.banks;
        let mut left = banks.open & banks.pending;
        while left != 0 {
            banks.evaluate::<PAGE, SCHEDULER>(left.trailing_zeros() as usize, self.requests);
            left &= left - 1;
        }
    }

    pub(super) fn evaluate_all_banks(&mut self) {
        for bank in 0..self.state.banks.count() {
            self.state.banks.evaluate::<PAGE, SCHEDULER>(bank, self.requests);
        }
        self.state.banks.scan(self.state.wakes.now);
    }

    #[inline]
    fn finish_column_command(&mut self, command: Command, request: u32) {
        let now = self.state.wakes.now;
        let buffer = &mut self.state.buffer;
        *if command.is_read() { &mut buffer.reads } else { &mut buffer.writes } -= 1;
        if self.manage_request() {
            self.send_end_request();
        }
        let data = if command.is_read() { self.delays.read_data } else { self.delays.write_data };
        self.state.responses.insert(request, now + data);
        let ready = self.state.responses.next_ready();
        if ready != NEVER && ready > now {
            self.state.wakes.at(RESPONSE, ready);
        }
    }
}
