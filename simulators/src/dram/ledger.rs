//! What one channel did: command counts, energy meters, idle time, and the command trace if asked for.

use super::checker::TimedCommand;
use super::command::{COMMANDS, Command};
use super::config::{Config, PowerDownPolicy};
use super::device::Device;
use super::energy::{self, Energy, Meter, MeterTiming};
use super::geometry::Geometry;
use super::sleep_meter::SleepMeter;

/// One command of a command trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommandRecord {
    /// Start in ps.
    pub time_ps: u64,
    /// The command.
    pub command: Command,
    /// Channel.
    pub channel: u8,
    /// Bank, numbered over the channel; for a command to the whole rank, the first bank of the rank.
    pub bank: u16,
    /// Row of an ACT, RD, WR or their kin; 0 otherwise.
    pub row: u32,
}

impl From<&CommandRecord> for TimedCommand {
    fn from(record: &CommandRecord) -> TimedCommand {
        let has_row = record.command == Command::Act || record.command.is_column();
        TimedCommand {
            time_ps: record.time_ps,
            command: record.command,
            bank: usize::from(record.bank),
            row: has_row.then_some(record.row),
        }
    }
}

/// Books of one channel.
#[derive(Debug, Clone)]
pub(crate) struct Ledger {
    device: &'static Device,
    geometry: Geometry,
    timing: MeterTiming,
    channel: u8,
    counts: Vec<[u64; COMMANDS]>,
    meters: Vec<Meter>,
    /// Only with power-down.
    sleep: Vec<SleepMeter>,
    activated: Vec<u64>,
    /// Banks activated but not accessed since.
    fresh: Vec<bool>,
    row_hits: u64,
    in_controller: u64,
    idle_since_ps: u64,
    idle_ps: u64,
    trace: Option<Vec<CommandRecord>>,
}

impl Ledger {
    pub(crate) fn new(config: &Config, channel: u8, record: bool) -> Ledger {
        let (device, geometry) = (config.system.device(), config.system.geometry());
        let sleeps = config.controller.power_down_policy != PowerDownPolicy::None;
        Ledger {
            device,
            geometry,
            timing: MeterTiming::new(device),
            channel,
            counts: vec![[0; COMMANDS]; geometry.ranks],
            meters: vec![Meter::default(); geometry.ranks],
            sleep: vec![SleepMeter::default(); if sleeps { geometry.ranks } else { 0 }],
            activated: vec![0; geometry.banks()],
            fresh: vec![false; geometry.banks()],
            row_hits: 0,
            in_controller: 0,
            idle_since_ps: 0,
            idle_ps: 0,
            trace: record.then(Vec::new),
        }
    }

    /// A request entered the controller.
    pub(crate) fn stored(&mut self, now_ps: u64) {
        if self.in_controller == 0 {
            self.idle_ps += now_ps - self.idle_since_ps;
        }
        self.in_controller += 1;
    }

    /// A response left the controller.
    pub(crate) fn retired(&mut self, now_ps: u64) {
        self.in_controller -= 1;
        if self.in_controller == 0 {
            self.idle_since_ps = now_ps;
        }
    }

    /// A command was issued.
    pub(crate) fn command(&mut self, command: Command, bank: usize, row: u32, now_ps: u64) {
        let cycle = now_ps / self.device.clock_period_ps;
        if let Some(sleep) = self.sleep.get_mut(self.geometry.rank_of(bank)) {
            let automatic = Meter::automatic(&self.timing, command, self.activated[bank], cycle);
            sleep.command(self.device, command, bank % self.geometry.banks_per_rank, automatic, cycle);
        }
        self.command_at(command, self.geometry.rank_of(bank), bank, cycle);
        if let Some(trace) = &mut self.trace {
            trace.push(CommandRecord {
                time_ps: now_ps,
                command,
                channel: self.channel,
                bank: bank as u16,
                row,
            });
        }
    }

    /// A command was issued at a clock edge, to be left out of the command trace.
    #[inline]
    pub(crate) fn command_at(&mut self, command: Command, rank: usize, bank: usize, cycle: u64) {
        self.counts[rank][command.index()] += 1;
        self.meters[rank].command(&self.timing, command, self.activated[bank], cycle);
        if command == Command::Act {
            self.activated[bank] = cycle;
            self.fresh[bank] = true;
        } else if command.is_column() {
            self.row_hits += u64::from(!self.fresh[bank]);
            self.fresh[bank] = false;
        }
    }

    pub(crate) fn row_hits(&self) -> u64 {
        self.row_hits
    }

    pub(crate) fn idle_ps(&self) -> u64 {
        self.idle_ps
    }

    /// Commands of that kind over all ranks.
    pub(crate) fn count(&self, command: Command) -> u64 {
        self.counts.iter().map(|counts| counts[command.index()]).sum()
    }

    pub(crate) fn records(&self) -> bool {
        self.trace.is_some()
    }

    pub(crate) fn take_trace(&mut self) -> Vec<CommandRecord> {
        self.trace.take().unwrap_or_default()
    }

    /// Close the books: energy and the metered time in ns, summed over the ranks' common window.
    pub(crate) fn finish(&mut self) -> (Energy, f64) {
        let end = self.meters.iter().map(|meter| meter.window_end(&self.timing)).max().unwrap_or(0);
        let (mut total, mut cycles) = (Energy::default(), 0);
        for (rank, (meter, counts)) in self.meters.iter_mut().zip(&self.counts).enumerate() {
            meter.finish(end);
            let sleep = self.sleep.get_mut(rank);
            let mut covered = meter.cycles();
            if let Some(sleep) = sleep {
                sleep.finish(end);
                meter.replace(sleep);
                covered = sleep.cycles();
            }
            cycles = cycles.max(covered);
            total +=
                energy::of_rank(self.device, meter, self.sleep.get(rank), |command| counts[command.index()]);
        }
        (total, cycles as f64 * 1000.0 / self.device.clock_mhz)
    }
}
