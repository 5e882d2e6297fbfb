//! Devices and timing rules as DRAMsim3 has them, to check its command traces and energies.
//!
//! One set of rows serves all its standards; commands take one cycle. Where it is stricter or looser than
//! JEDEC, the rows are its own.

use super::{Device, Organization, Rail, Standard, Timing};
use crate::dram::constraint::row;

pub(super) static DRAMSIM3: Standard = Standard {
    name: "DRAMsim3",
    constraints: &[
        row!(Bank, [Act] => [Rd, Rda], |t| t.rcd_rd - t.al),
        row!(Bank, [Act] => [Wr, Wra], |t| t.rcd_wr - t.al),
        row!(BankGroup, [Rd, Rda] => [Rd, Rda], |t| t.ccd_l.max(t.burst)),
        row!(Rank, [Rd, Rda] => [Rd, Rda], |t| t.ccd_s.max(t.burst)),
        row!(OtherRank, [Rd, Rda] => [Rd, Rda], |t| t.burst + t.rtrs),
        row!(Channel, [Rd, Rda] => [Wr, Wra], |t| t.rl + t.burst - t.wl + t.rtrs),
        row!(BankGroup, [Wr, Wra] => [Rd, Rda], |t| t.wl + t.burst + t.wtr_l),
        row!(Rank, [Wr, Wra] => [Rd, Rda], |t| t.wl + t.burst + t.wtr_s),
        row!(OtherRank, [Wr, Wra] => [Rd, Rda], |t| t.wl + t.burst + t.rtrs - t.rl),
        row!(BankGroup, [Wr, Wra] => [Wr, Wra], |t| t.ccd_l.max(t.burst)),
        row!(Rank, [Wr, Wra] => [Wr, Wra], |t| t.ccd_s.max(t.burst)),
        row!(OtherRank, [Wr, Wra] => [Wr, Wra], |t| t.burst),
        row!(Bank, [Act] => [Act], |t| t.ras + t.rp),
        row!(BankGroup, [Act] => [Act], |t| t.rrd_l),
        row!(Rank, [Act] => [Act], |t| t.rrd_s),
        row!(Rank, [Act] => [Act], |t| t.faw, 4),
        row!(Bank, [Act] => [Pre], |t| t.ras),
        row!(Bank, [Rd] => [Pre], |t| t.al + t.rtp),
        row!(Bank, [Wr] => [Pre], |t| t.write_to_precharge()),
        row!(Bank, [Rda] => [Act], |t| t.al + t.burst + t.rtp + t.rp),
        row!(Bank, [Wra] => [Act], |t| t.write_to_precharge() + t.rp),
        row!(Bank, [Pre] => [Act], |t| t.rp),
        row!(Rank, [Pre] => [Refa], |t| t.rp),
        row!(Rank, [Pre] => [Pre], |t| t.ppd),
        row!(Rank, [Refa] => [Act, Refa], |t| t.rfc),
    ],
    lengths: [1; 15],
    read_data_end: |t| t.rl + t.burst,
    write_data_end: |t| t.wl + t.burst,
    read_auto_precharge: |t| t.al + t.rtp,
};

const fn rail(vdd: f64, idd0: f64, idd2n: f64, idd3n: f64, idd4: (f64, f64), idd5: f64, idd6: f64) -> Rail {
    Rail {
        vdd,
        idd0,
        idd2n,
        idd2p0: idd2n,
        idd2p1: idd2n,
        idd3n,
        idd3p0: idd3n,
        idd3p1: idd3n,
        idd4r: idd4.0,
        idd4w: idd4.1,
        idd5,
        idd5b: 0.0,
        idd6,
    }
}

/// 8 Gb x8 DDR3-1600, two ranks of eight.
pub(super) static DDR3_8GB_1600: Device = Device {
    name: "DDR3_8Gb_x8_1600",
    standard: &DRAMSIM3,
    clock_period_ps: 1250,
    clock_mhz: 800.0,
    organization: Organization {
        burst_length: 8,
        data_rate: 2,
        bank_groups: 1,
        banks: 8,
        rows: 65536,
        columns: 2048,
        width_bits: 8,
        devices_per_rank: 8,
        ranks: 2,
    },
    timing: Timing {
        burst: 4,
        ccd_s: 4,
        ccd_l: 4,
        faw: 32,
        ras: 28,
        rc: 39,
        rcd_rd: 11,
        rcd_wr: 11,
        refi: 7800,
        rfc: 280,
        rl: 11,
        rp: 11,
        rp_ab: 11,
        rrd_s: 6,
        rrd_l: 6,
        rtp: 6,
        rtrs: 1,
        wl: 8,
        wr: 12,
        wtr_s: 6,
        wtr_l: 6,
        ..Timing::ZERO
    },
    rails: &[rail(1.35, 67.0, 36.0, 51.0, (125.0, 125.0), 245.0, 24.0)],
    column_bus: false,
    first_row_command_ps: 0,
    per_bank_refresh: false,
};

/// 8 Gb x8 DDR4-3200, two ranks of eight.
pub(super) static DDR4_8GB_3200: Device = Device {
    name: "DDR4_8Gb_x8_3200",
    clock_period_ps: 630,
    clock_mhz: 1000.0 / 0.63,
    organization: Organization { bank_groups: 4, banks: 16, columns: 1024, ..DDR3_8GB_1600.organization },
    timing: Timing {
        ccd_l: 8,
        faw: 34,
        ras: 52,
        rc: 74,
        rcd_rd: 22,
        rcd_wr: 22,
        refi: 12480,
        rfc: 560,
        rl: 22,
        rp: 22,
        rp_ab: 22,
        rrd_s: 4,
        rrd_l: 8,
        rtp: 12,
        wl: 16,
        wr: 24,
        wtr_s: 4,
        wtr_l: 12,
        ..DDR3_8GB_1600.timing
    },
    rails: &[rail(1.2, 57.0, 37.0, 52.0, (168.0, 150.0), 250.0, 30.0)],
    ..DDR3_8GB_1600
};

/// 8 Gb x16 LPDDR4-2400, four on a 64-bit bus.
pub(super) static LPDDR4_8GB_2400: Device = Device {
    name: "LPDDR4_8Gb_x16_2400",
    clock_period_ps: 830,
    clock_mhz: 1000.0 / 0.83,
    organization: Organization {
        burst_length: 16,
        bank_groups: 2,
        columns: 1024,
        width_bits: 16,
        devices_per_rank: 4,
        ranks: 1,
        ..DDR3_8GB_1600.organization
    },
    timing: Timing {
        burst: 8,
        ccd_l: 6,
        ppd: 2,
        ras: 32,
        rc: 47,
        rcd_rd: 15,
        rcd_wr: 15,
        refi: 8660,
        rfc: 392,
        rl: 17,
        rp: 15,
        rp_ab: 15,
        rrd_s: 8,
        rrd_l: 8,
        rtp: 12,
        wl: 14,
        wr: 30,
        wtr_s: 8,
        wtr_l: 16,
        ..DDR3_8GB_1600.timing
    },
    rails: &[rail(1.2, 80.0, 34.0, 47.0, (243.0, 228.0), 280.0, 30.0)],
    ..DDR3_8GB_1600
};

/// One 128-bit channel of an 8 Gb HBM2 stack.
pub(super) static HBM2_8GB: Device = Device {
    name: "HBM2_8Gb_x128",
    clock_period_ps: 1000,
    clock_mhz: 1000.0,
    organization: Organization {
        burst_length: 4,
        bank_groups: 4,
        banks: 16,
        rows: 32768,
        columns: 64,
        width_bits: 128,
        devices_per_rank: 1,
        ranks: 1,
        ..DDR3_8GB_1600.organization
    },
    timing: Timing {
        burst: 2,
        ccd_s: 1,
        ccd_l: 2,
        faw: 30,
        ras: 34,
        rc: 48,
        rcd_rd: 14,
        rcd_wr: 14,
        refi: 3900,
        rfc: 260,
        rl: 14,
        rp: 14,
        rp_ab: 14,
        rrd_s: 4,
        rrd_l: 6,
        rtp: 5,
        rtrs: 2,
        wl: 4,
        wr: 16,
        wtr_s: 6,
        wtr_l: 8,
        ..DDR3_8GB_1600.timing
    },
    rails: &[rail(1.2, 65.0, 40.0, 55.0, (390.0, 500.0), 250.0, 31.0)],
    column_bus: true,
    ..DDR3_8GB_1600
};

/// 1 Gb x8 DDR3-1333, eight to a rank.
pub(super) static DDR3_1GB_1333: Device = Device {
    name: "DDR3_1Gb_x8_1333",
    clock_period_ps: 1500,
    clock_mhz: 1000.0 / 1.5,
    organization: Organization { rows: 16384, columns: 1024, ..DDR3_8GB_1600.organization },
    timing: Timing {
        faw: 20,
        ras: 24,
        rc: 34,
        rcd_rd: 10,
        rcd_wr: 10,
        refi: 5200,
        rfc: 74,
        rl: 10,
        rp: 10,
        rp_ab: 10,
        rrd_s: 4,
        rrd_l: 4,
        rtp: 5,
        wl: 7,
        wr: 10,
        wtr_s: 5,
        wtr_l: 5,
        ..DDR3_8GB_1600.timing
    },
    rails: &[rail(1.35, 33.0, 17.0, 23.0, (72.0, 77.0), 155.0, 12.0)],
    ..DDR3_8GB_1600
};

/// 4 Gb x16 DDR4-2400, four to a rank.
pub(super) static DDR4_4GB_2400: Device = Device {
    name: "DDR4_4Gb_x16_2400",
    clock_period_ps: 830,
    clock_mhz: 1000.0 / 0.83,
    organization: Organization {
        bank_groups: 2,
        rows: 32768,
        columns: 1024,
        width_bits: 16,
        devices_per_rank: 4,
        ranks: 1,
        ..DDR3_8GB_1600.organization
    },
    timing: Timing {
        ccd_l: 6,
        faw: 36,
        ras: 39,
        rc: 56,
        rcd_rd: 17,
        rcd_wr: 17,
        refi: 9360,
        rfc: 312,
        rl: 17,
        rp: 17,
        rp_ab: 17,
        rrd_s: 7,
        rrd_l: 8,
        rtp: 9,
        wl: 12,
        wr: 18,
        wtr_s: 3,
        wtr_l: 9,
        ..DDR3_8GB_1600.timing
    },
    rails: &[rail(1.2, 65.0, 45.0, 60.0, (205.0, 285.0), 175.0, 20.0)],
    ..DDR3_8GB_1600
};

/// 8 Gb x32 LPDDR3-1600, two on a 64-bit bus.
pub(super) static LPDDR3_8GB_1600: Device = Device {
    name: "LPDDR3_8Gb_x32_1600",
    organization: Organization {
        rows: 32768,
        columns: 1024,
        width_bits: 32,
        devices_per_rank: 2,
        ranks: 1,
        ..DDR3_8GB_1600.organization
    },
    timing: Timing {
        faw: 40,
        ras: 34,
        rc: 49,
        rcd_rd: 15,
        rcd_wr: 15,
        rfc: 168,
        rl: 12,
        rp: 15,
        rp_ab: 15,
        rrd_s: 8,
        rrd_l: 8,
        wl: 9,
        ..DDR3_8GB_1600.timing
    },
    rails: &[rail(1.2, 40.0, 20.5, 21.0, (250.0, 245.0), 150.0, 21.0)],
    ..DDR3_8GB_1600
};

/// 8 Gb x16 GDDR6, eight on a 128-bit bus.
pub(super) static GDDR6_8GB: Device = Device {
    name: "GDDR6_8Gb_x16",
    clock_period_ps: 660,
    clock_mhz: 1000.0 / 0.66,
    organization: Organization {
        burst_length: 16,
        data_rate: 16,
        bank_groups: 4,
        banks: 16,
        rows: 16384,
        columns: 128,
        width_bits: 16,
        ranks: 1,
        ..DDR3_8GB_1600.organization
    },
    timing: Timing {
        burst: 1,
        ccd_s: 3,
        ccd_l: 3,
        ppd: 2,
        ras: 54,
        rc: 78,
        rcd_rd: 24,
        rcd_wr: 20,
        refi: 11862,
        rfc: 126,
        rl: 24,
        rp: 24,
        rp_ab: 24,
        rrd_s: 9,
        rrd_l: 9,
        rtp: 3,
        wl: 16,
        wr: 16,
        wtr_s: 7,
        wtr_l: 7,
        ..DDR3_8GB_1600.timing
    },
    rails: &[rail(1.35, 71.0, 60.0, 61.0, (248.0, 231.0), 286.0, 35.0)],
    ..DDR3_8GB_1600
};
