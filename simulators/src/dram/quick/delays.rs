//! The timing table of a device folded into arrays the quick path can add up without branching.

use crate::dram::command::Command;
use crate::dram::constraint::Scope;
use crate::dram::device::Device;

/// Commands the quick path knows, in the order of [`Command::ALL`]: ACT, RD, RDA, WR, WRA, PRE, PREA, REFA.
pub(super) const LANES: usize = 8;

/// Minimum distances in cycles; 0 where no row applies.
#[derive(Debug, Clone)]
pub(super) struct Delays {
    /// After a command to the same bank.
    pub(super) bank: [[f64; LANES]; LANES],
    /// After a command to the same bank group, those of the rank included.
    pub(super) group: [[f64; LANES]; LANES],
    /// After a command to the same rank.
    pub(super) rank: [[f64; LANES]; LANES],
    /// Four-activate window.
    pub(super) window: u64,
    pub(super) read_data: u64,
    pub(super) write_data: u64,
    pub(super) interval: u64,
}

impl Delays {
    /// The device's table, or `None` where it has something the quick path does not know.
    pub(super) fn of(device: &Device) -> Option<Delays> {
        if device.column_bus || device.first_row_command_ps != 0 || device.standard.lengths != [1; 15] {
            return None;
        }
        let cycles = |value: i64| u64::try_from(value).unwrap_or(0);
        let t = &device.timing;
        let mut delays = Delays {
            bank: [[0.0; LANES]; LANES],
            group: [[0.0; LANES]; LANES],
            rank: [[0.0; LANES]; LANES],
            window: 0,
            read_data: cycles((device.standard.read_data_end)(t)),
            write_data: cycles((device.standard.write_data_end)(t)),
            interval: cycles(t.refi),
        };
        for row in device.standard.constraints {
            let delay = cycles((row.delay)(t));
            if row.count > 1 {
                if (row.preceding, row.following, row.scope)
                    != (&[Command::Act], &[Command::Act], Scope::Rank)
                {
                    return None;
                }
                delays.window = delay;
                continue;
            }
            for preceding in
                row.preceding.iter().map(|command| command.index()).filter(|index| *index < LANES)
            {
                for following in
                    row.following.iter().map(|command| command.index()).filter(|index| *index < LANES)
                {
                    delays.raise(row.scope, preceding, following, delay);
                }
            }
        }
        Some(delays)
    }

    fn raise(&mut self, scope: Scope, preceding: usize, following: usize, delay: u64) {
        let widen = |table: &mut [[f64; LANES]; LANES]| {
            let entry = &mut table[preceding][following];
            *entry = entry.max(delay as f64);
        };
        match scope {
            Scope::Bank => widen(&mut self.bank),
            Scope::BankGroup => widen(&mut self.group),
            Scope::Rank | Scope::Channel => {
                widen(&mut self.rank);
                widen(&mut self.group);
            }
            // The quick path has one rank.
            Scope::OtherRank => {}
        }
    }
}
