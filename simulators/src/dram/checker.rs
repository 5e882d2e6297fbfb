//! An independent timing checker: replays a command trace against a device's constraint rows.
//!
//! It shares the rows with the controller but nothing else: it looks back at the commands themselves, where
//! the controller keeps earliest times.

use std::collections::VecDeque;

use super::command::{COMMANDS, Command};
use super::constraint::{Constraint, Scope};
use super::device::Device;
use super::geometry::Geometry;

/// A command to check, at a time in ps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimedCommand {
    /// Start in ps.
    pub time_ps: u64,
    /// The command.
    pub command: Command,
    /// Bank, numbered over the channel; for a command to the whole rank, any bank of it.
    pub bank: usize,
    /// Row of an ACT or a column command, where it is known.
    pub row: Option<u32>,
}

/// A rule broken by a command trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Position of the command in the trace.
    pub position: usize,
    /// The command.
    pub command: TimedCommand,
    /// The rule in words.
    pub rule: String,
    /// The earliest legal time in ps; none for a rule of state.
    pub earliest_ps: Option<u64>,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let TimedCommand { time_ps, command, bank, .. } = self.command;
        write!(formatter, "command {} ({command} to bank {bank} at {time_ps} ps) breaks ", self.position)?;
        write!(formatter, "{}", self.rule)?;
        self.earliest_ps.map_or(Ok(()), |at| write!(formatter, "; legal from {at} ps"))
    }
}

/// Checks the commands of one channel, in order of time.
#[derive(Debug)]
pub struct Checker {
    device: &'static Device,
    geometry: Geometry,
    /// Last starts of each command per bank, latest first, at most four.
    history: Vec<[VecDeque<u64>; COMMANDS]>,
    open: Vec<Option<Option<u32>>>,
    bus_free_ps: [u64; 2],
    position: usize,
    violations: Vec<Violation>,
}

/// Commands remembered per bank and kind.
const DEPTH: usize = 4;
/// Violations kept.
const MAX_VIOLATIONS: usize = 1000;

impl Checker {
    /// A checker for a channel of `ranks` ranks of `device`, all banks precharged.
    #[must_use]
    pub fn new(device: &'static Device, ranks: usize) -> Checker {
        let geometry = Geometry::new(device, ranks);
        Checker {
            device,
            geometry,
            history: vec![Default::default(); geometry.banks()],
            open: vec![None; geometry.banks()],
            bus_free_ps: [0; 2],
            position: 0,
            violations: Vec::new(),
        }
    }

    /// Check a whole trace of one channel.
    #[must_use]
    pub fn check(
        device: &'static Device,
        ranks: usize,
        commands: impl IntoIterator<Item = TimedCommand>,
    ) -> Vec<Violation> {
        let mut checker = Checker::new(device, ranks);
        commands.into_iter().for_each(|command| checker.push(command));
        checker.violations
    }

    /// The rules broken so far, at most a thousand.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// Check the next command.
    pub fn push(&mut self, next: TimedCommand) {
        if next.bank >= self.geometry.banks() {
            self.report(next, format!("the bank number (0 to {})", self.geometry.banks() - 1), None);
            self.position += 1;
            return;
        }
        self.check_bus(next);
        for row in self.device.standard.constraints {
            if row.following.contains(&next.command) {
                self.check_row(row, next);
            }
        }
        self.check_state(next);
        self.follow(next);
        self.position += 1;
    }

    fn report(&mut self, command: TimedCommand, rule: String, earliest_ps: Option<u64>) {
        if self.violations.len() < MAX_VIOLATIONS {
            self.violations.push(Violation { position: self.position, command, rule, earliest_ps });
        }
    }

    fn check_bus(&mut self, next: TimedCommand) {
        let bus = usize::from(self.device.column_bus && next.command.is_column());
        let free = self.bus_free_ps[bus];
        if next.time_ps < free {
            self.report(next, "the command bus (one command at a time)".to_owned(), Some(free));
        }
        self.bus_free_ps[bus] = next.time_ps + self.device.length_ps(next.command);
    }

    fn check_row(&mut self, row: &Constraint, next: TimedCommand) {
        for preceding in row.preceding {
            let Some(time) = self.nth_last(*preceding, row, next) else { continue };
            let earliest = time + self.device.delay_ps(row);
            if next.time_ps < earliest {
                let rule = format!("{preceding} to {} ({:?}): {}", next.command, row.scope, row.rule);
                self.report(next, rule, Some(earliest));
            }
        }
    }

    /// Start of the `count`-th last `preceding` in the row's scope.
    fn nth_last(&self, preceding: Command, row: &Constraint, next: TimedCommand) -> Option<u64> {
        let mut times: Vec<u64> = (0..self.geometry.banks())
            .filter(|bank| self.in_scope(row.scope, *bank, next))
            .flat_map(|bank| self.history[bank][preceding.index()].iter().copied())
            .collect();
        times.sort_unstable_by(|a, b| b.cmp(a));
        // A command to the whole rank is remembered once, in the first bank of the rank.
        times.get(row.count - 1).copied()
    }

    fn in_scope(&self, scope: Scope, bank: usize, next: TimedCommand) -> bool {
        let geometry = &self.geometry;
        match scope {
            Scope::Bank => bank == next.bank,
            Scope::BankGroup => geometry.group_of(bank) == geometry.group_of(next.bank),
            Scope::Rank => geometry.rank_of(bank) == geometry.rank_of(next.bank),
            Scope::OtherRank => geometry.rank_of(bank) != geometry.rank_of(next.bank),
            Scope::Channel => true,
        }
    }

    fn check_state(&mut self, next: TimedCommand) {
        let open = self.open[next.bank];
        let problem = match next.command {
            Command::Act if open.is_some() => Some("ACT needs a precharged bank"),
            command if command.is_column() => match open {
                None => Some("a column command needs an open row"),
                Some(Some(row)) if next.row.is_some_and(|wanted| wanted != row) => {
                    Some("a column command needs its own row open")
                }
                Some(_) => None,
            },
            Command::Refb if open.is_some() => Some("REFB needs a precharged bank"),
            Command::Refa | Command::Srefen | Command::Pdep if self.any_open(next.bank) => {
                Some("the rank must be precharged")
            }
            _ => None,
        };
        if let Some(problem) = problem {
            self.report(next, problem.to_owned(), None);
        }
    }

    fn any_open(&self, bank: usize) -> bool {
        self.geometry.banks_of(self.geometry.rank_of(bank)).any(|bank| self.open[bank].is_some())
    }

    fn follow(&mut self, next: TimedCommand) {
        let rank = self.geometry.banks_of(self.geometry.rank_of(next.bank));
        match next.command {
            Command::Act => self.open[next.bank] = Some(next.row),
            Command::Pre | Command::Rda | Command::Wra => self.open[next.bank] = None,
            Command::Prea => self.open[rank.clone()].fill(None),
            _ => {}
        }
        let bank = if next.command.is_bank() { next.bank } else { rank.start };
        let times = &mut self.history[bank][next.command.index()];
        times.push_front(next.time_ps);
        times.truncate(DEPTH);
    }
}
