//! DRAM devices as data: organisation, timing, currents, and the constraint rows of their standard.
//!
//! Adding a device is adding one `static` to the file of its standard and one line to [`DEVICES`].

mod ddr3;
mod ddr4;
mod dramsim3;
mod hbm2;
mod lpddr4;

use serde::{Deserialize, Serialize};

use super::command::{COMMANDS, Command};
use super::constraint::Constraint;
use super::error::DramError;

/// Every device the simulator knows, by name.
pub static DEVICES: &[&Device] = &[
    &dramsim3::DDR3_1GB_1333,
    &dramsim3::DDR3_8GB_1600,
    &dramsim3::DDR4_4GB_2400,
    &dramsim3::DDR4_8GB_3200,
    &dramsim3::GDDR6_8GB,
    &hbm2::HBM2_8GB,
    &dramsim3::HBM2_8GB,
    &ddr4::JEDEC_4GB_DDR4_2400,
    &lpddr4::JEDEC_8GB_LPDDR4_3200,
    &dramsim3::LPDDR3_8GB_1600,
    &dramsim3::LPDDR4_8GB_2400,
    &ddr3::MICRON_1GB_DDR3_1600,
    &ddr3::MICRON_2GB_DDR3_1600,
    &ddr4::MICRON_4GB_DDR4_2400,
    &lpddr4::MICRON_6GB_LPDDR4_3200,
];

/// The rules shared by all devices of a standard.
#[derive(Debug)]
pub struct Standard {
    /// Name, for example `DDR3`.
    pub name: &'static str,
    /// All timing rows.
    pub constraints: &'static [Constraint],
    /// Command lengths in clock cycles, in the order of [`Command::ALL`].
    pub lengths: [u64; COMMANDS],
    /// First read command to the end of its data, in clock cycles.
    pub read_data_end: fn(&Timing) -> i64,
    /// First write command to the end of its data, in clock cycles.
    pub write_data_end: fn(&Timing) -> i64,
    /// RDA to the start of its automatic precharge, in clock cycles (for the energy model).
    pub read_auto_precharge: fn(&Timing) -> i64,
}

/// One memory device and how it is put on a module.
#[derive(Debug)]
pub struct Device {
    /// Unique name.
    pub name: &'static str,
    /// Its standard.
    pub standard: &'static Standard,
    /// Clock period in ps, rounded to whole ps: the time base of the simulation.
    pub clock_period_ps: u64,
    /// Clock frequency in MHz: the time base of the energy model.
    pub clock_mhz: f64,
    /// Sizes.
    pub organization: Organization,
    /// Timing parameters in clock cycles.
    pub timing: Timing,
    /// Supply rails with their currents; empty where no figures are published.
    pub rails: &'static [Rail],
    /// True where row and column commands have buses of their own (HBM2).
    pub column_bus: bool,
    /// Earliest start of the first row command in ps. The reference simulator's HBM2 model wraps its
    /// initial time stamp here and so starts a whole clock period minus 1 ps late.
    pub first_row_command_ps: u64,
    /// True where the standard has a per-bank refresh command.
    pub per_bank_refresh: bool,
}

/// Sizes of a device and its module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Organization {
    /// Burst length in data beats.
    pub burst_length: u32,
    /// Data beats per clock cycle.
    pub data_rate: u32,
    /// Bank groups of a rank; 1 where the standard has none.
    pub bank_groups: u32,
    /// Banks of a rank, over all bank groups.
    pub banks: u32,
    /// Rows of a bank.
    pub rows: u32,
    /// Columns of a row.
    pub columns: u32,
    /// Data pins of one device, in bits.
    pub width_bits: u32,
    /// Devices working in parallel in one rank.
    pub devices_per_rank: u32,
    /// Ranks of a channel as the device is usually built.
    pub ranks: u32,
}

impl Organization {
    /// Bytes moved by one burst.
    #[must_use]
    pub const fn burst_bytes(&self) -> u64 {
        (self.burst_length * self.width_bits * self.devices_per_rank) as u64 / 8
    }

    /// Clock cycles of the data bus taken by one burst.
    #[must_use]
    pub const fn burst_cycles(&self) -> u32 {
        self.burst_length / self.data_rate
    }
}

/// Currents of one supply rail in mA (JEDEC IDD symbols) and its voltage in V.
#[derive(Debug, Clone, Copy, Default)]
#[allow(missing_docs)] // The symbols are JEDEC's.
pub struct Rail {
    pub vdd: f64,
    pub idd0: f64,
    pub idd2n: f64,
    pub idd2p0: f64,
    pub idd2p1: f64,
    pub idd3n: f64,
    pub idd3p0: f64,
    pub idd3p1: f64,
    pub idd4r: f64,
    pub idd4w: f64,
    pub idd5: f64,
    pub idd5b: f64,
    pub idd6: f64,
}

/// Timing parameters in clock cycles (JEDEC symbols without the leading t); 0 where a standard has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // The symbols are JEDEC's.
pub struct Timing {
    pub al: i64,
    /// Burst length in clock cycles (BL/2).
    pub burst: i64,
    pub ccd_s: i64,
    pub ccd_l: i64,
    pub cke: i64,
    pub ckesr: i64,
    pub cmdcke: i64,
    pub dqs2dq: i64,
    pub dqsck: i64,
    pub dqss: i64,
    pub faw: i64,
    pub ppd: i64,
    pub ras: i64,
    /// ACT to ACT of one bank (tRCpb).
    pub rc: i64,
    pub rcd_rd: i64,
    pub rcd_wr: i64,
    pub refi: i64,
    /// Interval between per-bank refreshes.
    pub refi_pb: i64,
    pub rfc: i64,
    pub rfc_pb: i64,
    pub rl: i64,
    /// Precharge of one bank (tRPpb).
    pub rp: i64,
    /// Precharge of all banks.
    pub rp_ab: i64,
    pub rpre: i64,
    pub rpst: i64,
    pub rrd_s: i64,
    pub rrd_l: i64,
    pub rrefd: i64,
    pub rtp: i64,
    pub rtrs: i64,
    pub rtw: i64,
    pub sr: i64,
    pub wl: i64,
    pub wpre: i64,
    pub wr: i64,
    pub wtr_s: i64,
    pub wtr_l: i64,
    pub xp: i64,
    pub xs: i64,
    pub xsdll: i64,
    pub actpden: i64,
    pub prpden: i64,
    pub refpden: i64,
}

impl Timing {
    /// All zero, to be completed by a device.
    pub const ZERO: Timing = Timing {
        al: 0,
        burst: 0,
        ccd_s: 0,
        ccd_l: 0,
        cke: 0,
        ckesr: 0,
        cmdcke: 0,
        dqs2dq: 0,
        dqsck: 0,
        dqss: 0,
        faw: 0,
        ppd: 0,
        ras: 0,
        rc: 0,
        rcd_rd: 0,
        rcd_wr: 0,
        refi: 0,
        refi_pb: 0,
        rfc: 0,
        rfc_pb: 0,
        rl: 0,
        rp: 0,
        rp_ab: 0,
        rpre: 0,
        rpst: 0,
        rrd_s: 0,
        rrd_l: 0,
        rrefd: 0,
        rtp: 0,
        rtrs: 0,
        rtw: 0,
        sr: 0,
        wl: 0,
        wpre: 0,
        wr: 0,
        wtr_s: 0,
        wtr_l: 0,
        xp: 0,
        xs: 0,
        xsdll: 0,
        actpden: 0,
        prpden: 0,
        refpden: 0,
    };

    /// WR to PRE of the same bank.
    #[must_use]
    pub const fn write_to_precharge(&self) -> i64 {
        self.wl + self.burst + self.wr
    }
}

impl Device {
    /// The device of that name.
    ///
    /// # Errors
    /// [`DramError::UnknownDevice`], naming the nearest known devices.
    pub fn find(name: &str) -> Result<&'static Device, DramError> {
        DEVICES.iter().copied().find(|device| device.name == name).ok_or_else(|| DramError::UnknownDevice {
            name: name.to_owned(),
            allowed: DEVICES.iter().map(|device| device.name).collect::<Vec<_>>().join(", "),
        })
    }

    /// Length of a command on the command bus in ps.
    #[must_use]
    pub fn length_ps(&self, command: Command) -> u64 {
        self.standard.lengths[command.index()] * self.clock_period_ps
    }

    /// Delay of a constraint row in ps; a negative expression binds nothing and counts as 0.
    #[must_use]
    pub fn delay_ps(&self, row: &Constraint) -> u64 {
        self.cycles_ps((row.delay)(&self.timing))
    }

    /// Start of a column command to the end of its data, in ps.
    #[must_use]
    pub fn data_end_ps(&self, command: Command) -> u64 {
        let end = if command.is_read() { self.standard.read_data_end } else { self.standard.write_data_end };
        self.cycles_ps(end(&self.timing))
    }

    /// A duration of whole clock cycles in ps.
    #[must_use]
    pub fn cycles_ps(&self, cycles: i64) -> u64 {
        u64::try_from(cycles).unwrap_or(0) * self.clock_period_ps
    }

    /// Highest possible data rate of one channel in bytes per ns.
    #[must_use]
    pub fn peak_bandwidth_gb_per_s(&self) -> f64 {
        let burst_ps = u64::from(self.organization.burst_cycles()) * self.clock_period_ps;
        self.organization.burst_bytes() as f64 * 1000.0 / burst_ps as f64
    }
}

/// A known device, written as its name.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub struct DeviceId(&'static Device);

impl DeviceId {
    /// The device of that name.
    ///
    /// # Errors
    /// [`DramError::UnknownDevice`].
    pub fn new(name: &str) -> Result<DeviceId, DramError> {
        Device::find(name).map(DeviceId)
    }

    /// The device.
    #[must_use]
    pub fn device(self) -> &'static Device {
        self.0
    }
}

impl std::fmt::Debug for DeviceId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.0.name)
    }
}

impl Default for DeviceId {
    /// ArchGym's device, the 1 Gb DDR3-1600.
    fn default() -> DeviceId {
        DeviceId(&ddr3::MICRON_1GB_DDR3_1600)
    }
}

impl TryFrom<String> for DeviceId {
    type Error = DramError;
    fn try_from(name: String) -> Result<DeviceId, DramError> {
        DeviceId::new(&name)
    }
}

impl From<DeviceId> for &'static str {
    fn from(id: DeviceId) -> &'static str {
        id.0.name
    }
}

impl PartialEq for DeviceId {
    fn eq(&self, other: &DeviceId) -> bool {
        self.0.name == other.0.name
    }
}

impl Eq for DeviceId {}

impl std::hash::Hash for DeviceId {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.name.hash(state);
    }
}
