//! Timing constraints as rows of a table, and the compiled form the controller uses.
//!
//! A row says: *following* may not start earlier than *delay* after the *count*-th last *preceding* in the
//! same *scope*. A standard is a list of such rows; a device gives the numbers.

use super::command::{COMMANDS, Command};
use super::device::{Device, Timing};
use super::geometry::Geometry;

/// Where the preceding command must have gone for a row to apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The same bank.
    Bank,
    /// The same bank group of the same rank.
    BankGroup,
    /// The same rank (pseudo channel for HBM2).
    Rank,
    /// Another rank of the same channel.
    OtherRank,
    /// Any rank of the channel.
    Channel,
}

/// One row of a timing table.
#[derive(Debug, Clone, Copy)]
pub struct Constraint {
    /// Where the row applies.
    pub scope: Scope,
    /// The earlier command, any of these.
    pub preceding: &'static [Command],
    /// The later command, any of these.
    pub following: &'static [Command],
    /// Minimum distance of the two command starts in clock cycles.
    pub delay: fn(&Timing) -> i64,
    /// How many preceding commands back: 1, or 4 for the four-activate window.
    pub count: usize,
    /// The row in words, for messages: the expression in JEDEC symbols.
    pub rule: &'static str,
}

/// Shorthand for one row; the rule text is the delay expression itself.
macro_rules! row {
    ($scope:ident, [$($a:ident),+] => [$($b:ident),+], |$t:ident| $delay:expr) => {
        row!($scope, [$($a),+] => [$($b),+], |$t| $delay, 1)
    };
    ($scope:ident, [$($a:ident),+] => [$($b:ident),+], |$t:ident| $delay:expr, $count:expr) => {
        $crate::dram::constraint::Constraint {
            scope: $crate::dram::constraint::Scope::$scope,
            preceding: &[$($crate::dram::command::Command::$a),+],
            following: &[$($crate::dram::command::Command::$b),+],
            delay: |$t| $delay,
            count: $count,
            rule: stringify!($delay),
        }
    };
}
pub(crate) use row;

/// The effect of issuing one command: `following` in `scope` not before now + `delay`.
#[derive(Debug, Clone, Copy)]
struct Effect {
    scope: Scope,
    following: usize,
    delay_ps: u64,
}

/// Number of activates in the activate window.
const WINDOW: usize = 4;

/// Earliest start times of all commands in all scopes, kept up to date as commands are issued (ps).
#[derive(Debug, Clone, Default)]
pub(crate) struct Timeline {
    effects: Vec<Vec<Effect>>,
    /// Delay after the fourth last ACT of the rank, per following command; 0 where there is no such row.
    window_ps: [u64; COMMANDS],
    length_ps: [u64; COMMANDS],
    column_bus: [usize; COMMANDS],
    bank: Vec<[u64; COMMANDS]>,
    group: Vec<[u64; COMMANDS]>,
    rank: Vec<[u64; COMMANDS]>,
    channel: [u64; COMMANDS],
    activates: Vec<[Option<u64>; WINDOW]>,
    bus: [u64; 2],
}

impl Timeline {
    /// An idle channel of `device`.
    pub(crate) fn new(device: &Device, geometry: &Geometry) -> Timeline {
        let mut timeline = Timeline {
            effects: vec![Vec::new(); COMMANDS],
            bank: vec![[0; COMMANDS]; geometry.banks()],
            group: vec![[0; COMMANDS]; geometry.groups()],
            rank: vec![[0; COMMANDS]; geometry.ranks],
            activates: vec![[None; WINDOW]; geometry.ranks],
            bus: [device.first_row_command_ps, 0],
            ..Timeline::default()
        };
        for command in Command::ALL {
            timeline.length_ps[command.index()] = device.length_ps(command);
            timeline.column_bus[command.index()] = usize::from(device.column_bus && command.is_column());
        }
        device.standard.constraints.iter().for_each(|row| timeline.add(device, row));
        timeline
    }

    fn add(&mut self, device: &Device, row: &Constraint) {
        let delay_ps = device.delay_ps(row);
        for following in row.following.iter().map(|command| command.index()) {
            if row.count == WINDOW {
                self.window_ps[following] = delay_ps;
                continue;
            }
            for preceding in row.preceding {
                self.effects[preceding.index()].push(Effect { scope: row.scope, following, delay_ps });
            }
        }
    }

    /// Earliest start of `command` at or after `now`.
    pub(crate) fn earliest(&self, command: Command, bank: usize, geometry: &Geometry, now: u64) -> u64 {
        let (index, rank) = (command.index(), geometry.rank_of(bank));
        let mut at = now.max(self.bus[self.column_bus[index]]).max(self.channel[index]);
        at = at.max(self.bank[bank][index]).max(self.group[geometry.group_of(bank)][index]);
        at = at.max(self.rank[rank][index]);
        match self.activates[rank][0] {
            Some(activate) if self.window_ps[index] > 0 => at.max(activate + self.window_ps[index]),
            _ => at,
        }
    }

    /// Record that `command` starts at `now`.
    pub(crate) fn issue(&mut self, command: Command, bank: usize, geometry: &Geometry, now: u64) {
        let (rank, group) = (geometry.rank_of(bank), geometry.group_of(bank));
        for effect in &self.effects[command.index()] {
            let (at, index) = (now + effect.delay_ps, effect.following);
            match effect.scope {
                Scope::Bank => raise(&mut self.bank[bank][index], at),
                Scope::BankGroup => raise(&mut self.group[group][index], at),
                Scope::Rank => raise(&mut self.rank[rank][index], at),
                Scope::Channel => raise(&mut self.channel[index], at),
                Scope::OtherRank => {
                    for (other, bounds) in self.rank.iter_mut().enumerate() {
                        if other != rank {
                            raise(&mut bounds[index], at);
                        }
                    }
                }
            }
        }
        self.bus[self.column_bus[command.index()]] = now + self.length_ps[command.index()];
        if command == Command::Act {
            self.activates[rank].rotate_left(1);
            self.activates[rank][WINDOW - 1] = Some(now);
        }
    }
}

fn raise(bound: &mut u64, at: u64) {
    *bound = (*bound).max(at);
}
