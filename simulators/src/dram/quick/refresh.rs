//! All-bank refresh in the quick path: the same decisions as the general refresh manager.

use super::Run;
use super::banks::NEVER;
use crate::dram::command::Command;
use crate::dram::config::{Controller as Policies, RefreshPolicy};

/// Refresh manager of the rank.
#[derive(Debug, Default)]
pub(super) struct Refresh {
    /// Due cycle of the next refresh.
    pub(super) trigger: u64,
    interval: u64,
    flex: i64,
    max_postponed: i64,
    max_pulled_in: i64,
    pulled_in: bool,
    /// PREA or REFA, and its start.
    offer: Option<(Command, u64)>,
}

impl Refresh {
    pub(super) fn reset(&mut self, policies: &Policies, interval: u64) {
        *self = Refresh {
            trigger: if policies.refresh_policy == RefreshPolicy::None { NEVER } else { interval },
            interval,
            max_postponed: i64::from(policies.refresh_max_postponed),
            max_pulled_in: i64::from(policies.refresh_max_pulledin),
            ..Refresh::default()
        };
    }

    fn skip(&mut self) -> u64 {
        self.trigger += self.interval;
        self.trigger
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

impl<const PAGE: u8, const SCHEDULER: u8> Run<'_, PAGE, SCHEDULER> {
    /// A full step while a refresh is due.
    pub(super) fn step_with_refresh(&mut self) {
        let now = self.state.wakes.now;
        self.evaluate_refresh();
        let bank_at = self.state.banks.winner_at();
        let offer = self.state.refresh.offer;
        // The refresh command is older than any request.
        let issued = match offer {
            Some((command, at)) if at == now => {
                self.issue_refresh(command);
                true
            }
            _ if bank_at == now => {
                self.issue_bank(self.state.banks.winner_bank);
                true
            }
            _ => false,
        };
        let held_back = !issued && (offer.is_some() || bank_at != NEVER);
        if self.state.banks.blocked {
            self.state.banks.forget_winner();
        }
        let refresh_next = self.evaluate_refresh();
        let mut next = NEVER;
        for at in [self.state.banks.winner_at(), refresh_next] {
            if !(held_back && at == now) {
                next = next.min(at);
            }
        }
        self.arm(next);
    }

    fn issue_refresh(&mut self, command: Command) {
        let now = self.state.wakes.now;
        if command == Command::Refa {
            self.state.banks.blocked = false;
            self.state.refresh.count();
        } else {
            self.state.banks.close_all();
        }
        self.state.banks.start(&self.delays, command, 0, now);
        self.ledger.command(command, 0, 0, now * self.clock_period);
        if !self.state.banks.blocked {
            self.evaluate_all_banks();
        }
    }

    /// Decide on refresh; the cycle at which to look again.
    fn evaluate_refresh(&mut self) -> u64 {
        let now = self.state.wakes.now;
        let (refresh, banks) = (&mut self.state.refresh, &mut self.state.banks);
        refresh.offer = None;
        if now < refresh.trigger {
            return refresh.trigger;
        }
        if now >= refresh.trigger + refresh.interval {
            refresh.skip();
            refresh.pulled_in = false;
        }
        let busy = banks.pending != 0;
        if refresh.pulled_in {
            if busy {
                refresh.pulled_in = false;
                return refresh.skip();
            }
        } else if refresh.flex == refresh.max_postponed {
            banks.blocked = true;
        } else if busy {
            refresh.flex += 1;
            return refresh.skip();
        }
        let open = !refresh.pulled_in && banks.open != 0;
        let command = if open { Command::Prea } else { Command::Refa };
        let at = banks.rank_earliest(command, now);
        refresh.offer = Some((command, at));
        at
    }
}
