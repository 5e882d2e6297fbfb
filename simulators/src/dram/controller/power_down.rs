//! Power-down managers: power-down when a rank runs dry, self refresh when a refresh ends a power-down.

use super::bank::Offer;
use super::{Controller, NEVER};
use crate::dram::command::Command;
use crate::dram::config::PowerDownPolicy;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Awake,
    Active,
    Precharge,
    SelfRefresh,
    /// After self refresh one refresh is owed.
    ExtraRefresh,
}

/// Power-down manager of one rank.
#[derive(Debug, Clone)]
pub(super) struct PowerDown {
    enabled: bool,
    mode: Mode,
    idle: bool,
    entry: bool,
    exit: bool,
    self_refresh: bool,
    /// Banks counted as activated: ACT counts up, PRE down, PREA resets. The precharge that is part of RDA or
    /// WRA is not counted, so closed pages lead to active power-down (as recorded energies show).
    activated: u32,
    offer: Option<Offer>,
}

impl PowerDown {
    pub(super) fn new(policy: PowerDownPolicy) -> PowerDown {
        let enabled = policy == PowerDownPolicy::Staggered;
        let (idle, entry) = (true, enabled);
        PowerDown {
            enabled,
            mode: Mode::Awake,
            idle,
            entry,
            exit: false,
            self_refresh: false,
            activated: 0,
            offer: None,
        }
    }

    pub(super) fn wants_entry(&self) -> bool {
        self.entry
    }

    pub(super) fn offer(&self) -> Option<Offer> {
        self.offer
    }

    pub(super) fn request_stored(&mut self) {
        (self.idle, self.entry, self.self_refresh) = (false, false, false);
        self.wake_up();
    }

    pub(super) fn refresh_due(&mut self) {
        self.entry = false;
        self.wake_up();
    }

    fn wake_up(&mut self) {
        if self.enabled && self.mode != Mode::Awake {
            self.exit = true;
        }
    }

    /// The last queued request of the rank has had its column command.
    pub(super) fn rank_ran_dry(&mut self) {
        self.idle = true;
        if self.enabled && self.mode == Mode::Awake {
            self.entry = true;
        }
    }

    /// Follow a command to the rank.
    pub(super) fn update(&mut self, command: Command) {
        match command {
            Command::Act => self.activated += 1,
            Command::Pre => self.activated = self.activated.saturating_sub(1),
            Command::Prea => self.activated = 0,
            Command::Pdea => (self.mode, self.entry) = (Mode::Active, false),
            Command::Pdep => (self.mode, self.entry) = (Mode::Precharge, false),
            Command::Srefen => {
                (self.mode, self.entry, self.self_refresh) = (Mode::SelfRefresh, false, false);
            }
            Command::Pdxa => (self.mode, self.exit) = (Mode::Awake, false),
            Command::Pdxp => {
                (self.mode, self.exit) = (Mode::Awake, false);
                self.self_refresh |= self.idle;
            }
            Command::Srefex => self.mode = Mode::ExtraRefresh,
            Command::Refa if self.mode == Mode::ExtraRefresh => (self.mode, self.exit) = (Mode::Awake, false),
            Command::Refa | Command::Refb if self.enabled && self.idle && !self.self_refresh => {
                self.entry = true;
            }
            _ => {}
        }
    }

    fn wanted(&self) -> Option<Command> {
        if self.exit {
            return match self.mode {
                Mode::Awake => None,
                Mode::Active => Some(Command::Pdxa),
                Mode::Precharge => Some(Command::Pdxp),
                Mode::SelfRefresh => Some(Command::Srefex),
                Mode::ExtraRefresh => Some(Command::Refa),
            };
        }
        if self.mode != Mode::Awake {
            return None;
        }
        match (self.entry, self.self_refresh) {
            (true, _) => Some(if self.activated > 0 { Command::Pdea } else { Command::Pdep }),
            (false, true) => Some(Command::Srefen),
            (false, false) => None,
        }
    }
}

impl Controller {
    /// Decide on power-down at `now`; the time at which the wanted command may start.
    pub(super) fn evaluate_power_down(&mut self, rank: usize, now: u64) -> u64 {
        let banks = self.geometry.banks_of(rank);
        let Some(command) = self.power_down[rank].wanted() else {
            self.power_down[rank].offer = None;
            return NEVER;
        };
        let at = self.timeline.earliest(command, banks.start, &self.geometry, now);
        self.power_down[rank].offer = Some(Offer { command, at });
        at
    }
}
