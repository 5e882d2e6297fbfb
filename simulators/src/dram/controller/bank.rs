//! Bank machines: the state of a bank and the command it wants next.

use super::command_mux::Candidate;
use super::{Controller, scheduler};
use crate::dram::command::Command;
use crate::dram::config::PagePolicy;
use crate::dram::workload::Request;

/// A command and the earliest time it may start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Offer {
    pub(super) command: Command,
    pub(super) at: u64,
}

impl Offer {
    pub(super) fn candidate(self, bank: usize, id: u64, request: Option<u32>, now: u64) -> Candidate {
        Candidate { command: self.command, at: self.at.max(now), bank, id, request }
    }
}

/// One bank.
#[derive(Debug, Clone, Default)]
pub(super) struct Bank {
    /// The open row.
    pub(super) open: Option<u32>,
    /// The request being served; a bank without one is idle.
    pub(super) current: Option<u32>,
    /// What it wants to do next.
    pub(super) offer: Option<Offer>,
    /// Requests by age.
    pub(super) queue: Vec<u32>,
    /// Held back by a forced refresh.
    pub(super) blocked: bool,
    /// Powered down.
    pub(super) sleeping: bool,
}

impl Bank {
    /// Follow a command to this bank or its rank.
    pub(super) fn update(&mut self, command: Command, row: u32) {
        match command {
            Command::Act => self.open = Some(row),
            Command::Pre | Command::Prea => self.open = None,
            Command::Rd | Command::Wr => self.current = None,
            Command::Rda | Command::Wra => (self.open, self.current) = (None, None),
            Command::Refa => (self.blocked, self.sleeping) = (false, false),
            Command::Refb => self.blocked = false,
            Command::Pdea | Command::Pdep | Command::Srefen => self.sleeping = true,
            Command::Pdxa | Command::Pdxp => self.sleeping = false,
            Command::Srefex => {}
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.current.is_none()
    }
}

impl Controller {
    /// Choose the bank's request and command and find its earliest time.
    pub(super) fn evaluate_bank(&mut self, bank: usize, now: u64, requests: &[Request]) {
        let machine = &mut self.banks[bank];
        machine.offer = None;
        if machine.blocked || machine.sleeping {
            return;
        }
        machine.current = scheduler::choose(self.policies.scheduler, machine, self.last_was_write, requests);
        let Some(current) = machine.current else { return };
        let command = self.command_for(bank, &requests[current as usize], requests);
        let at = self.timeline.earliest(command, bank, &self.geometry, now);
        self.banks[bank].offer = Some(Offer { command, at });
    }

    fn command_for(&self, bank: usize, request: &Request, requests: &[Request]) -> Command {
        let machine = &self.banks[bank];
        let Some(open) = machine.open else { return Command::Act };
        let policy = self.policies.page_policy;
        if open != request.row && policy != PagePolicy::Closed {
            return Command::Pre;
        }
        let close = match policy {
            PagePolicy::Open => false,
            PagePolicy::Closed => true,
            PagePolicy::OpenAdaptive => {
                machine.queue.len() >= 2
                    && !scheduler::has_further_hit(self.policies.scheduler, machine, requests)
            }
            PagePolicy::ClosedAdaptive => {
                !scheduler::has_further_hit(self.policies.scheduler, machine, requests)
            }
        };
        match (request.write, close) {
            (false, false) => Command::Rd,
            (false, true) => Command::Rda,
            (true, false) => Command::Wr,
            (true, true) => Command::Wra,
        }
    }
}
