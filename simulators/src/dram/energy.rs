//! Energy from currents, in the style of DRAMPower 4: per command, plus background by bank state.
//!
//! The meter runs along with the commands; it keeps no command list. A precharge that is part of RDA or WRA
//! is known at issue but happens later, so the meter keeps the latest known end of all open banks.

use super::command::Command;
use super::device::{Device, Rail};
use super::sleep_meter::SleepMeter;

/// Energy of a run by part, in pJ, over all ranks and devices.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize)]
pub struct Energy {
    /// Activates.
    pub activate_pj: f64,
    /// Precharges.
    pub precharge_pj: f64,
    /// Read bursts.
    pub read_pj: f64,
    /// Write bursts.
    pub write_pj: f64,
    /// Refreshes, all-bank and per-bank.
    pub refresh_pj: f64,
    /// Background while at least one bank is open.
    pub active_standby_pj: f64,
    /// Background while all banks are precharged.
    pub precharge_standby_pj: f64,
    /// Background in the power-down modes.
    pub power_down_pj: f64,
    /// Self refresh.
    pub self_refresh_pj: f64,
    /// Sum of the parts.
    pub total_pj: f64,
}

/// Cycles in which the device is in each state, and command counts, of one rank.
#[derive(Debug, Clone, Default)]
pub(crate) struct Meter {
    /// Banks open without a known end.
    open: u64,
    /// Latest known end of the banks that are closing.
    latest_end: u64,
    /// Start of the current active segment.
    segment: Option<u64>,
    /// Start of the current precharged segment.
    precharged_since: u64,
    active: u64,
    precharged: u64,
    precharges: u64,
    /// Latest start of an automatic precharge.
    latest_automatic: u64,
    /// Last command and its completion time.
    last: (u64, u64),
}

/// What the meter must know of the device, in cycles.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MeterTiming {
    ras: u64,
    rp: u64,
    rcd: u64,
    /// Active cycles counted for a refresh.
    refresh_active: u64,
    read_to_automatic: u64,
    write_to_automatic: u64,
    read_completion: u64,
    write_completion: u64,
}

impl MeterTiming {
    pub(crate) fn new(device: &Device) -> MeterTiming {
        let t = &device.timing;
        let cycles = |value: i64| u64::try_from(value).unwrap_or(0);
        MeterTiming {
            ras: cycles(t.ras),
            rp: cycles(t.rp),
            rcd: cycles(t.rcd_rd),
            refresh_active: cycles(t.rfc - t.rp),
            read_to_automatic: cycles((device.standard.read_auto_precharge)(t)),
            write_to_automatic: cycles(t.write_to_precharge()),
            read_completion: cycles(t.rl + t.dqsck + 1 + t.burst),
            write_completion: cycles(t.write_to_precharge()),
        }
    }
}

impl Meter {
    /// Follow a command at cycle `now`; `activated` is the last ACT of its bank.
    #[inline]
    pub(crate) fn command(&mut self, timing: &MeterTiming, command: Command, activated: u64, now: u64) {
        match command {
            Command::Act => self.activate(timing, now),
            Command::Rd => self.last = (now, timing.read_completion),
            Command::Wr => self.last = (now, timing.write_completion),
            Command::Rda => {
                self.last = (now, timing.read_completion);
                self.close_later((now + timing.read_to_automatic).max(activated + timing.ras));
            }
            Command::Wra => {
                self.last = (now, timing.write_completion);
                self.close_later((now + timing.write_to_automatic).max(activated + timing.ras));
            }
            Command::Pre => self.precharge(timing, 1, now),
            Command::Prea => self.precharge(timing, self.open, now),
            Command::Refa => self.refresh(timing, now),
            _ => {}
        }
    }

    fn activate(&mut self, timing: &MeterTiming, now: u64) {
        self.settle(now);
        if self.segment.is_none() {
            self.precharged += now.saturating_sub(self.precharged_since);
            self.segment = Some(now);
        }
        self.open += 1;
        self.last = (now, timing.rcd);
    }

    fn close_later(&mut self, end: u64) {
        self.open -= 1;
        self.precharges += 1;
        self.latest_end = self.latest_end.max(end);
        self.latest_automatic = self.latest_automatic.max(end);
    }

    fn precharge(&mut self, timing: &MeterTiming, banks: u64, now: u64) {
        self.open -= banks;
        self.precharges += banks;
        self.latest_end = self.latest_end.max(now);
        self.last = (now, timing.rp);
    }

    fn refresh(&mut self, timing: &MeterTiming, now: u64) {
        self.settle(now);
        self.precharged += now.saturating_sub(self.precharged_since);
        self.active += timing.refresh_active;
        self.precharged_since = now + timing.refresh_active;
        self.last = (now, 0);
    }

    /// End the active segment if every bank has closed by `now`.
    fn settle(&mut self, now: u64) {
        if let Some(start) = self.segment.filter(|_| self.open == 0 && self.latest_end <= now) {
            self.active += self.latest_end - start;
            self.precharged_since = self.latest_end;
            self.segment = None;
        }
    }

    /// Cycle at which the last command of the rank is complete.
    pub(crate) fn window_end(&self, timing: &MeterTiming) -> u64 {
        let (at, completion) = self.last;
        let (at, completion) =
            if self.latest_automatic > at { (self.latest_automatic, timing.rp) } else { (at, completion) };
        (at + completion).saturating_sub(1)
    }

    /// Start of the automatic precharge of an RDA or WRA at cycle `now`.
    pub(crate) fn automatic(timing: &MeterTiming, command: Command, activated: u64, now: u64) -> Option<u64> {
        let delay = match command {
            Command::Rda => timing.read_to_automatic,
            Command::Wra => timing.write_to_automatic,
            _ => return None,
        };
        Some((now + delay).max(activated + timing.ras))
    }

    /// Take the state times from a meter that knows the power-down modes.
    pub(crate) fn replace(&mut self, sleep: &SleepMeter) {
        (self.active, self.precharged, self.precharges) = (sleep.active, sleep.precharged, sleep.precharges);
    }

    /// Close the books at cycle `end`.
    pub(crate) fn finish(&mut self, end: u64) {
        self.settle(u64::MAX);
        match self.segment {
            Some(start) => self.active += end.saturating_sub(start),
            None => self.precharged += end.saturating_sub(self.precharged_since),
        }
    }

    /// Cycles covered by the meter.
    pub(crate) fn cycles(&self) -> u64 {
        self.active + self.precharged
    }
}

/// Energy of one rank. `count` gives the number of commands of each kind.
pub(crate) fn of_rank(
    device: &Device,
    meter: &Meter,
    sleep: Option<&SleepMeter>,
    count: impl Fn(Command) -> u64,
) -> Energy {
    let each = |count: u64, command: Command| count as f64 * command_energy_pj(device, command);
    let activates = sleep.map_or(count(Command::Act), |sleep| sleep.activates);
    let mut energy = Energy {
        activate_pj: each(activates, Command::Act),
        precharge_pj: each(meter.precharges, Command::Pre),
        read_pj: each(count(Command::Rd) + count(Command::Rda), Command::Rd),
        write_pj: each(count(Command::Wr) + count(Command::Wra), Command::Wr),
        refresh_pj: each(count(Command::Refa), Command::Refa) + each(count(Command::Refb), Command::Refb),
        ..Energy::default()
    };
    for rail in device.rails {
        let scale = scale(device, rail);
        let part = |cycles: u64, ma: f64| cycles as f64 * ma * scale;
        energy.active_standby_pj += part(meter.active, rail.idd3n);
        energy.precharge_standby_pj += part(meter.precharged, rail.idd2n);
        if let Some(sleep) = sleep {
            sleep.add_rail(&mut energy, rail, part);
        }
    }
    energy.total_pj = energy.activate_pj
        + energy.precharge_pj
        + energy.read_pj
        + energy.write_pj
        + energy.refresh_pj
        + energy.active_standby_pj
        + energy.precharge_standby_pj
        + energy.power_down_pj
        + energy.self_refresh_pj;
    energy
}

/// Energy of one command over all devices of a rank in pJ, without background; an ACT without its precharge,
/// RDA and WRA as RD and WR. Zero for commands that only change the background.
#[must_use]
pub fn command_energy_pj(device: &Device, command: Command) -> f64 {
    let t = &device.timing;
    let of_rail = |rail: &Rail| {
        let (cycles, ma) = match command {
            Command::Act => (t.ras, rail.idd0 - rail.idd3n),
            Command::Pre => (t.rc - t.ras, rail.idd0 - rail.idd2n),
            Command::Rd | Command::Rda => (t.burst, rail.idd4r - rail.idd3n),
            Command::Wr | Command::Wra => (t.burst, rail.idd4w - rail.idd3n),
            Command::Refa => (t.rfc, rail.idd5 - rail.idd3n),
            // IDD5PB is an average over the per-bank refresh interval.
            Command::Refb => (t.refi_pb, (rail.idd5b - rail.idd2n).max(0.0)),
            _ => (0, 0.0),
        };
        cycles as f64 * ma * scale(device, rail)
    };
    device.rails.iter().map(of_rail).sum()
}

/// pJ per mA and cycle.
fn scale(device: &Device, rail: &Rail) -> f64 {
    rail.vdd * 1000.0 / device.clock_mhz * f64::from(device.organization.devices_per_rank)
}

impl std::ops::AddAssign for Energy {
    fn add_assign(&mut self, other: Energy) {
        self.activate_pj += other.activate_pj;
        self.precharge_pj += other.precharge_pj;
        self.read_pj += other.read_pj;
        self.write_pj += other.write_pj;
        self.refresh_pj += other.refresh_pj;
        self.active_standby_pj += other.active_standby_pj;
        self.precharge_standby_pj += other.precharge_standby_pj;
        self.power_down_pj += other.power_down_pj;
        self.self_refresh_pj += other.self_refresh_pj;
        self.total_pj += other.total_pj;
    }
}
