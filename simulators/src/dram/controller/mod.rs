//! The general controller of one channel: event driven, any device, any policy.
//!
//! One `step` per wake-up: responses, a waiting request, refresh and power-down, then at most one command.

mod bank;
mod buffer;
mod command_mux;
mod power_down;
mod refresh;
mod response;
mod scheduler;

use bank::Bank;
use buffer::Buffer;
use command_mux::{Candidate, CommandMux};
use power_down::PowerDown;
use refresh::Refresh;
use response::Responses;

use super::command::Command;
use super::config::{Config, Controller as Policies};
use super::constraint::Timeline;
use super::device::Device;
use super::event::{Inbox, Kernel, Source};
use super::geometry::Geometry;
use super::ledger::Ledger;
use super::simulation::Message;
use super::workload::Request;

/// "Never" as a time.
pub(crate) const NEVER: u64 = u64::MAX;

/// Wake-up sources of a controller, relative to its first.
pub(crate) const SELF_TIMER: usize = 0;
pub(crate) const RESPONSE_TIMER: usize = 1;
pub(crate) const NEW_REQUEST: usize = 2;
pub(crate) const END_RESPONSE: usize = 3;
/// Wake-up sources per controller.
pub(crate) const SOURCES: usize = 4;

/// What a step may touch outside the controller.
pub(crate) struct Surroundings<'a> {
    pub(crate) kernel: &'a mut Kernel,
    pub(crate) arbiter: &'a mut Inbox<Message>,
    pub(crate) requests: &'a [Request],
    pub(crate) ledger: &'a mut Ledger,
}

/// Controller of one channel.
#[derive(Debug)]
pub(crate) struct Controller {
    device: &'static Device,
    policies: Policies,
    geometry: Geometry,
    first_source: Source,
    timeline: Timeline,
    banks: Vec<Bank>,
    buffer: Buffer,
    mux: CommandMux,
    refresh: Vec<Refresh>,
    power_down: Vec<PowerDown>,
    responses: Responses,
    /// Requests of each rank that wait for their column command.
    waiting: Vec<usize>,
    /// Request offered by the arbiter and its time of arrival.
    incoming: Option<(u32, u64)>,
    /// Direction of the last column command of the channel.
    last_was_write: bool,
    candidates: Vec<Candidate>,
}

impl Controller {
    pub(crate) fn new(config: &Config, first_source: Source) -> Controller {
        let (device, geometry) = (config.system.device(), config.system.geometry());
        let policies = config.controller;
        Controller {
            device,
            policies,
            geometry,
            first_source,
            timeline: Timeline::new(device, &geometry),
            banks: vec![Bank::default(); geometry.banks()],
            buffer: Buffer::new(&policies, geometry.banks()),
            mux: CommandMux::new(device, policies.cmd_mux),
            refresh: (0..geometry.ranks)
                .map(|rank| Refresh::new(&policies, device, &geometry, rank))
                .collect(),
            power_down: vec![PowerDown::new(policies.power_down_policy); geometry.ranks],
            responses: Responses::new(policies.resp_queue),
            waiting: vec![0; geometry.ranks],
            incoming: None,
            last_was_write: false,
            candidates: Vec::new(),
        }
    }

    /// Arm the self timer for the first refresh.
    pub(crate) fn start(&mut self, kernel: &mut Kernel) {
        let first = self.refresh.iter().map(Refresh::trigger).min().unwrap_or(NEVER);
        if first != NEVER {
            kernel.wake(self.first_source + SELF_TIMER, first);
        }
    }

    /// Wake up at once to power down an idle memory; ahead of the first request.
    pub(crate) fn start_power_down(&mut self, kernel: &mut Kernel) {
        if self.power_down.iter().any(PowerDown::wants_entry) {
            kernel.wake(self.first_source + SELF_TIMER, 0);
        }
    }

    /// The arbiter offers a request that arrives after `delay`.
    pub(crate) fn begin_request(&mut self, request: u32, delay: u64, kernel: &mut Kernel) {
        self.incoming = Some((request, kernel.now() + delay));
        kernel.wake(self.first_source + NEW_REQUEST, delay);
    }

    /// The arbiter has taken the outstanding response.
    pub(crate) fn end_response(&mut self, kernel: &mut Kernel) {
        self.responses.end(kernel.now());
        kernel.wake(self.first_source + END_RESPONSE, 0);
    }

    /// One wake-up.
    pub(crate) fn step(&mut self, around: &mut Surroundings<'_>) {
        let now = around.kernel.now();
        self.manage_responses(around);
        self.manage_request(around);
        for rank in 0..self.geometry.ranks {
            self.evaluate_refresh(rank, now);
        }
        for rank in 0..self.geometry.ranks {
            self.evaluate_power_down(rank, now);
        }
        let held_back = self.select_and_issue(around);
        self.rearm(around, held_back);
    }

    fn manage_responses(&mut self, around: &mut Surroundings<'_>) {
        let now = around.kernel.now();
        if self.responses.retire(now) {
            around.ledger.retired(now);
        }
        if self.responses.is_outstanding() {
            return;
        }
        if let Some((request, delay)) = self.responses.deliver(now, self.device.clock_period_ps) {
            around.arbiter.send(around.kernel, delay, Message::BeginResponse(request));
        } else {
            self.arm_response_timer(around.kernel);
        }
    }

    fn arm_response_timer(&self, kernel: &mut Kernel) {
        if let Some(at) = self.responses.next_ready().filter(|at| *at > kernel.now()) {
            kernel.wake(self.first_source + RESPONSE_TIMER, at - kernel.now());
        }
    }

    /// Take the waiting request into the buffer if it has arrived and there is space.
    fn manage_request(&mut self, around: &mut Surroundings<'_>) {
        let now = around.kernel.now();
        let Some((index, arrival)) = self.incoming else { return };
        if arrival > now || !self.buffer.has_space() {
            return;
        }
        self.incoming = None;
        let request = &around.requests[index as usize];
        let bank = usize::from(request.bank);
        let rank = self.geometry.rank_of(bank);
        around.ledger.stored(now);
        self.power_down[rank].request_stored();
        self.waiting[rank] += 1;
        self.buffer.store(bank, request.write);
        self.banks[bank].queue.push(index);
        self.evaluate_bank(bank, now, around.requests);
        around.arbiter.send(around.kernel, 0, Message::EndRequest(index));
    }

    /// Everything that wants the command bus. An earliest time that has passed counts as now: kept as it was,
    /// it would beat the others for ever without being issued.
    fn collect(&mut self, requests: &[Request], now: u64) {
        self.candidates.clear();
        for rank in 0..self.geometry.ranks {
            if let Some(offer) = self.power_down[rank].offer() {
                self.candidates.push(offer.candidate(
                    self.geometry.banks_of(rank).start,
                    u64::MAX,
                    None,
                    now,
                ));
                continue;
            }
            if let Some((offer, bank)) = self.refresh[rank].offer() {
                self.candidates.push(offer.candidate(bank, 0, None, now));
            }
            for bank in self.geometry.banks_of(rank) {
                let machine = &self.banks[bank];
                if let (Some(offer), Some(current)) = (machine.offer, machine.current) {
                    let id = u64::from(requests[current as usize].sequence) + 1;
                    self.candidates.push(offer.candidate(bank, id, Some(current), now));
                }
            }
        }
    }

    /// Pick a command and issue it. True if there were candidates but none could start now.
    fn select_and_issue(&mut self, around: &mut Surroundings<'_>) -> bool {
        self.collect(around.requests, around.kernel.now());
        if self.candidates.is_empty() {
            return false;
        }
        let Some(winner) = self.mux.select(&self.candidates, around.kernel.now()) else { return true };
        self.issue(winner, around);
        false
    }

    fn issue(&mut self, winner: Candidate, around: &mut Surroundings<'_>) {
        let (now, Candidate { command, bank, .. }) = (around.kernel.now(), winner);
        let rank = self.geometry.rank_of(bank);
        let row = winner.request.map_or(0, |index| around.requests[index as usize].row);
        if command.is_bank() {
            self.banks[bank].update(command, row);
        } else {
            self.geometry.banks_of(rank).for_each(|bank| self.banks[bank].update(command, 0));
        }
        self.refresh[rank].update(command, now);
        self.power_down[rank].update(command);
        self.timeline.issue(command, bank, &self.geometry, now);
        around.ledger.command(command, bank, row, now);
        if let Some(index) = winner.request.filter(|_| command.is_column()) {
            self.finish_column_command(command, index, bank, around);
            if self.waiting[rank] == 0 {
                self.power_down[rank].rank_ran_dry();
            }
        }
    }

    fn finish_column_command(
        &mut self,
        command: Command,
        index: u32,
        bank: usize,
        around: &mut Surroundings<'_>,
    ) {
        let request = &around.requests[index as usize];
        let now = around.kernel.now();
        self.banks[bank].queue.retain(|queued| *queued != index);
        self.buffer.remove(bank, request.write);
        self.last_was_write = request.write;
        self.mux.column_issued();
        self.waiting[self.geometry.rank_of(bank)] -= 1;
        self.manage_request(around);
        self.responses.insert(index, request.sequence, now + self.device.data_end_ps(command));
        self.arm_response_timer(around.kernel);
    }

    /// Evaluate everything again and arm the self timer for the earliest event.
    fn rearm(&mut self, around: &mut Surroundings<'_>, held_back: bool) {
        let now = around.kernel.now();
        let mut next = NEVER;
        let mut take = |at: u64| {
            if !(held_back && at == now) {
                next = next.min(at);
            }
        };
        for bank in 0..self.geometry.banks() {
            self.evaluate_bank(bank, now, around.requests);
            take(self.banks[bank].offer.map_or(NEVER, |offer| offer.at));
        }
        for rank in 0..self.geometry.ranks {
            take(self.evaluate_refresh(rank, now));
        }
        for rank in 0..self.geometry.ranks {
            take(self.evaluate_power_down(rank, now));
        }
        if next != NEVER {
            around.kernel.wake(self.first_source + SELF_TIMER, next.saturating_sub(now));
        }
    }
}
