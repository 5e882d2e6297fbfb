//! The command multiplexer: which bank's command goes first.

use crate::dram::command::{COMMANDS, Command};
use crate::dram::config::CmdMux;
use crate::dram::device::Device;

/// A command that wants the bus.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    pub(super) command: Command,
    /// Earliest start.
    pub(super) at: u64,
    pub(super) bank: usize,
    /// Age: 0 for refresh, then requests in order, the maximum for power-down.
    pub(super) id: u64,
    pub(super) request: Option<u32>,
}

/// Chooses one candidate per wake-up.
#[derive(Debug)]
pub(super) struct CommandMux {
    kind: CmdMux,
    column_bus: bool,
    length_ps: [u64; COMMANDS],
    /// Id of the next column command under [`CmdMux::Strict`].
    next_id: u64,
}

impl CommandMux {
    pub(super) fn new(device: &Device, kind: CmdMux) -> CommandMux {
        let length_ps = Command::ALL.map(|command| device.length_ps(command));
        CommandMux { kind, column_bus: device.column_bus, length_ps, next_id: 1 }
    }

    pub(super) fn column_issued(&mut self) {
        self.next_id += 1;
    }

    /// The candidate that can end first, the oldest of these; only if it may start right now. One that is
    /// not ready holds back the ready ones behind it on the same bus.
    pub(super) fn select(&self, candidates: &[Candidate], now: u64) -> Option<Candidate> {
        let ready = |column: Option<bool>| self.first(candidates, column).filter(|winner| winner.at == now);
        if !self.column_bus {
            return ready(None);
        }
        match (ready(Some(false)), ready(Some(true))) {
            (Some(row), Some(column)) => Some(if row.id < column.id { row } else { column }),
            (row, column) => row.or(column),
        }
    }

    fn first(&self, candidates: &[Candidate], column: Option<bool>) -> Option<Candidate> {
        candidates
            .iter()
            .filter(|candidate| column.is_none_or(|column| candidate.command.is_column() == column))
            .filter(|candidate| self.may_pass(candidate))
            .min_by_key(|candidate| (candidate.at + self.length_ps[candidate.command.index()], candidate.id))
            .copied()
    }

    fn may_pass(&self, candidate: &Candidate) -> bool {
        self.kind == CmdMux::Oldest || !candidate.command.is_column() || candidate.id == self.next_id
    }
}
