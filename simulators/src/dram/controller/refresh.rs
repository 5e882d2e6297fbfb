//! Refresh managers: when to refresh a rank, postponing while it is busy and pulling in while it is idle.

use super::bank::Offer;
use super::{Controller, NEVER};
use crate::dram::command::Command;
use crate::dram::config::{Controller as Policies, RefreshPolicy};
use crate::dram::device::Device;
use crate::dram::geometry::Geometry;

/// Refresh manager of one rank.
#[derive(Debug)]
pub(super) struct Refresh {
    policy: RefreshPolicy,
    /// Due time of the next refresh.
    trigger: u64,
    interval: u64,
    /// Refreshes postponed (positive) or pulled in (negative).
    flex: i64,
    max_postponed: i64,
    max_pulled_in: i64,
    pulled_in: bool,
    sleeping: bool,
    offer: Option<Offer>,
    /// Banks of the rank not yet refreshed in this sweep (per-bank refresh).
    remaining: Vec<usize>,
    all: Vec<usize>,
    /// The bank to refresh, as an index into `remaining`.
    selected: usize,
    /// A forced per-bank refresh keeps its bank.
    pinned: bool,
    /// After a forced per-bank refresh the next one waits for tRFCpb even to another bank (found from
    /// recorded HBM2 runs; LPDDR4 has this distance between all refreshes of a rank).
    not_before: u64,
    per_bank_duration: u64,
}

impl Refresh {
    pub(super) fn new(policies: &Policies, device: &Device, geometry: &Geometry, rank: usize) -> Refresh {
        let (policy, timing) = (policies.refresh_policy, &device.timing);
        let per_bank = policy == RefreshPolicy::PerBank;
        let interval_cycles = if per_bank { timing.refi_pb } else { timing.refi };
        let factor = if per_bank { geometry.banks_per_rank as i64 } else { 1 };
        let first = device.cycles_ps(first_trigger(interval_cycles, rank, geometry.ranks));
        let all: Vec<usize> = geometry.banks_of(rank).collect();
        Refresh {
            policy,
            trigger: if policy == RefreshPolicy::None { NEVER } else { first },
            interval: device.cycles_ps(interval_cycles),
            flex: 0,
            max_postponed: i64::from(policies.refresh_max_postponed) * factor,
            max_pulled_in: i64::from(policies.refresh_max_pulledin) * factor,
            pulled_in: false,
            sleeping: false,
            offer: None,
            remaining: all.clone(),
            all,
            selected: 0,
            pinned: false,
            not_before: 0,
            per_bank_duration: device.cycles_ps(timing.rfc_pb),
        }
    }

    pub(super) fn trigger(&self) -> u64 {
        self.trigger
    }

    /// The command wanted and its bank.
    pub(super) fn offer(&self) -> Option<(Offer, usize)> {
        self.offer.map(|offer| (offer, self.target()))
    }

    fn target(&self) -> usize {
        if self.policy == RefreshPolicy::PerBank { self.remaining[self.selected] } else { self.all[0] }
    }

    fn is_forced(&self) -> bool {
        self.flex == self.max_postponed
    }

    /// Put the refresh off by one interval.
    fn skip(&mut self) -> u64 {
        self.trigger += self.interval;
        self.trigger
    }

    /// Follow a command to the rank.
    pub(super) fn update(&mut self, command: Command, now: u64) {
        match command {
            Command::Refa if self.sleeping => {
                // The refresh that ends a self refresh restarts the interval.
                self.sleeping = false;
                if self.policy != RefreshPolicy::None {
                    self.pulled_in = false;
                    self.trigger = now + self.interval;
                }
            }
            Command::Refa => self.count(),
            Command::Refb => {
                self.not_before = if self.pinned { now + self.per_bank_duration } else { 0 };
                self.pinned = false;
                self.remaining.remove(self.selected);
                self.selected = 0;
                if self.remaining.is_empty() {
                    self.remaining.extend_from_slice(&self.all);
                }
                self.count();
            }
            Command::Pdea | Command::Pdep => self.sleeping = true,
            Command::Srefen => {
                self.sleeping = true;
                self.trigger = NEVER;
            }
            Command::Pdxa | Command::Pdxp => self.sleeping = false,
            _ => {}
        }
    }

    fn count(&mut self) {
        if self.pulled_in {
            self.flex -= 1;
        } else {
            self.pulled_in = true;
        }
        if self.flex == -self.max_pulled_in {
            self.pulled_in = false;
            self.skip();
        }
    }
}

/// First due time in cycles: the ranks of a channel are spread over the interval in bit-reversed order.
fn first_trigger(interval: i64, rank: usize, ranks: usize) -> i64 {
    let bits = ranks.trailing_zeros();
    let reversed = if bits == 0 { 0 } else { rank.reverse_bits() >> (usize::BITS - bits) };
    interval - (reversed as i64 * interval) / ranks as i64
}

impl Controller {
    /// Decide on refresh at `now`; the time at which to look again.
    pub(super) fn evaluate_refresh(&mut self, rank: usize, now: u64) -> u64 {
        let refresh = &mut self.refresh[rank];
        refresh.offer = None;
        if now < refresh.trigger {
            return refresh.trigger;
        }
        self.power_down[rank].refresh_due();
        if refresh.sleeping {
            return NEVER;
        }
        if now >= refresh.trigger + refresh.interval {
            refresh.skip();
            refresh.pulled_in = false;
        }
        match refresh.policy {
            RefreshPolicy::PerBank => self.evaluate_per_bank(rank, now),
            _ => self.evaluate_all_bank(rank, now),
        }
    }

    fn evaluate_all_bank(&mut self, rank: usize, now: u64) -> u64 {
        let refresh = &mut self.refresh[rank];
        let banks = &mut self.banks[self.geometry.banks_of(rank)];
        let busy = banks.iter().any(|bank| !bank.is_idle());
        if refresh.pulled_in {
            if busy {
                refresh.pulled_in = false;
                return refresh.skip();
            }
        } else if refresh.is_forced() {
            banks.iter_mut().for_each(|bank| bank.blocked = true);
        } else if busy {
            refresh.flex += 1;
            return refresh.skip();
        }
        let open = !refresh.pulled_in && banks.iter().any(|bank| bank.open.is_some());
        self.offer_refresh(rank, if open { Command::Prea } else { Command::Refa }, now)
    }

    fn evaluate_per_bank(&mut self, rank: usize, now: u64) -> u64 {
        let refresh = &mut self.refresh[rank];
        let forced = !refresh.pulled_in && refresh.is_forced();
        let mut all_busy = true;
        if !refresh.pinned {
            let idle = refresh.remaining.iter().position(|bank| self.banks[*bank].is_idle());
            refresh.selected = idle.unwrap_or(0);
            all_busy = idle.is_none();
        }
        if all_busy && !forced {
            if refresh.pulled_in {
                refresh.pulled_in = false;
            } else {
                refresh.flex += 1;
            }
            return refresh.skip();
        }
        let target = refresh.target();
        let command = if self.banks[target].open.is_some() { Command::Pre } else { Command::Refb };
        if forced && command == Command::Refb {
            self.banks[target].blocked = true;
            self.refresh[rank].pinned = true;
        }
        self.offer_refresh(rank, command, now)
    }

    fn offer_refresh(&mut self, rank: usize, command: Command, now: u64) -> u64 {
        let at = self.timeline.earliest(command, self.refresh[rank].target(), &self.geometry, now);
        let at = if command == Command::Refb { at.max(self.refresh[rank].not_before) } else { at };
        self.refresh[rank].offer = Some(Offer { command, at });
        at
    }
}
