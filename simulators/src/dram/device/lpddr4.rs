//! LPDDR4 (JEDEC JESD209-4): constraint rows and devices. Times count from the first cycle of a command.

use super::{Device, Organization, Rail, Standard, Timing};
use crate::dram::constraint::row;

const fn read_to_precharge(t: &Timing) -> i64 {
    t.rtp + t.burst - 6
}

const fn write_to_precharge(t: &Timing) -> i64 {
    t.wl + t.burst + t.wr + 3
}

pub(super) static LPDDR4: Standard = Standard {
    name: "LPDDR4",
    constraints: &[
        // Column commands.
        row!(Bank, [Act] => [Rd, Rda, Wr, Wra], |t| t.rcd_rd),
        row!(Rank, [Rd, Rda] => [Rd, Rda], |t| t.ccd_s),
        row!(OtherRank, [Rd, Rda] => [Rd, Rda], |t| t.burst + t.rtrs),
        row!(Rank, [Wr, Wra] => [Rd, Rda], |t| t.wl + 1 + t.burst + t.wtr_s),
        row!(OtherRank, [Wr, Wra] => [Rd, Rda], |t| t.wl + t.burst + t.rtrs - t.rl),
        row!(Bank, [Wr] => [Rda], |t| write_to_precharge(t) - read_to_precharge(t)),
        row!(Rank, [Rd, Rda] => [Wr, Wra], |t| t.rl + t.dqsck + t.burst - t.wl + t.wpre + t.rpst),
        row!(OtherRank, [Rd, Rda] => [Wr, Wra], |t| t.rl + t.burst + t.rtrs - t.wl),
        row!(Rank, [Wr, Wra] => [Wr, Wra], |t| t.ccd_s),
        row!(OtherRank, [Wr, Wra] => [Wr, Wra], |t| t.burst + t.rtrs),
        row!(Rank, [Pdxa] => [Rd, Rda, Wr, Wra], |t| t.xp),
        // Activate.
        row!(Bank, [Act] => [Act], |t| t.rc),
        row!(Rank, [Act] => [Act], |t| t.rrd_s),
        row!(Rank, [Act] => [Act], |t| t.faw, 4),
        row!(Bank, [Rda] => [Act], |t| t.rtp + t.burst - 8 + t.rp),
        row!(Bank, [Wra] => [Act], |t| t.wl + t.burst + 1 + t.wr + t.rp),
        row!(Bank, [Pre] => [Act], |t| t.rp - 2),
        row!(Rank, [Prea] => [Act], |t| t.rp_ab - 2),
        row!(Rank, [Pdxa, Pdxp] => [Act], |t| t.xp),
        row!(Rank, [Refa] => [Act], |t| t.rfc - 2),
        row!(Bank, [Refb] => [Act], |t| t.rfc_pb - 2),
        row!(Rank, [Refb] => [Act], |t| t.rrd_s - 2),
        row!(Rank, [Srefex] => [Act], |t| t.xs - 2),
        // Precharge.
        row!(Bank, [Act] => [Pre], |t| t.ras + 2),
        row!(Bank, [Rd] => [Pre], |t| read_to_precharge(t)),
        row!(Bank, [Wr] => [Pre], |t| write_to_precharge(t)),
        row!(Rank, [Pre] => [Pre, Prea], |t| t.ppd),
        row!(Rank, [Pdxa] => [Pre, Prea], |t| t.xp),
        row!(Rank, [Act] => [Prea], |t| t.ras + 2),
        row!(Rank, [Rd, Rda] => [Prea], |t| read_to_precharge(t)),
        row!(Rank, [Wr, Wra] => [Prea], |t| write_to_precharge(t)),
        row!(Rank, [Refb] => [Prea], |t| t.rfc_pb),
        // Refresh of all banks.
        row!(Rank, [Act] => [Refa], |t| t.rc + 2),
        row!(Rank, [Rda] => [Refa], |t| read_to_precharge(t) + t.rp),
        row!(Rank, [Wra] => [Refa], |t| write_to_precharge(t) + t.rp),
        row!(Rank, [Pre] => [Refa], |t| t.rp),
        row!(Rank, [Prea] => [Refa], |t| t.rp_ab),
        row!(Rank, [Refa] => [Refa], |t| t.rfc),
        row!(Rank, [Refb] => [Refa], |t| t.rfc_pb),
        row!(Rank, [Pdxp] => [Refa], |t| t.xp),
        row!(Rank, [Srefex] => [Refa], |t| t.xs),
        // Refresh of one bank. Activates count to their last cycle (+3).
        row!(Bank, [Act] => [Refb], |t| t.rc + 2),
        row!(Rank, [Act] => [Refb], |t| t.rrd_s + 2),
        row!(Rank, [Act] => [Refb], |t| t.faw + 2, 4),
        row!(Bank, [Rda] => [Refb], |t| read_to_precharge(t) + t.rp),
        row!(Bank, [Wra] => [Refb], |t| write_to_precharge(t) + t.rp),
        row!(Bank, [Pre] => [Refb], |t| t.rp),
        row!(Rank, [Prea] => [Refb], |t| t.rp_ab),
        row!(Rank, [Refa] => [Refb], |t| t.rfc),
        row!(Rank, [Refb] => [Refb], |t| t.rfc_pb),
        row!(Rank, [Pdxa, Pdxp] => [Refb], |t| t.xp),
        row!(Rank, [Srefex] => [Refb], |t| t.xs),
        // Power-down.
        row!(Rank, [Act] => [Pdea], |t| t.cmdcke),
        row!(Rank, [Rd, Rda] => [Pdea, Pdep], |t| t.rl + t.dqsck + t.burst + 1),
        row!(Rank, [Wr, Wra] => [Pdea, Pdep], |t| t.wl + t.burst + t.wr + 1),
        row!(Rank, [Pre, Prea, Refb] => [Pdea, Pdep], |t| t.cmdcke),
        row!(Rank, [Refa] => [Pdep], |t| t.cmdcke),
        row!(Rank, [Srefex] => [Pdep], |t| t.xs),
        row!(Rank, [Pdxa, Pdxp] => [Pdea, Pdep], |t| t.cke),
        row!(Rank, [Pdea] => [Pdxa], |t| t.cke),
        row!(Rank, [Pdep] => [Pdxp], |t| t.cke),
        // Self refresh.
        row!(Rank, [Act] => [Srefen], |t| t.rc + 2),
        row!(Rank, [Pre] => [Srefen], |t| t.rp),
        row!(Rank, [Prea] => [Srefen], |t| t.rp_ab),
        row!(Rank, [Pdxp] => [Srefen], |t| t.xp),
        row!(Rank, [Refa] => [Srefen], |t| t.rfc),
        row!(Rank, [Refb] => [Srefen], |t| t.rfc_pb),
        row!(Rank, [Srefex] => [Srefen], |t| t.xs),
        row!(Rank, [Srefen] => [Srefex], |t| t.sr),
    ],
    // ACT, RD and WR take four cycles, precharge and refresh two.
    lengths: [4, 4, 4, 4, 4, 2, 2, 2, 2, 1, 1, 1, 1, 2, 2],
    read_data_end: |t| t.rl + t.dqsck + 3 + t.burst,
    write_data_end: |t| t.wl + t.dqss + t.dqs2dq + 3 + t.burst,
    read_auto_precharge: |t| read_to_precharge(t),
};

/// JEDEC 8 Gb x16 LPDDR4-3200.
pub(super) static JEDEC_8GB_LPDDR4_3200: Device = Device {
    name: "JEDEC_8Gb_LPDDR4-3200_16bit",
    standard: &LPDDR4,
    clock_period_ps: 625,
    clock_mhz: 1600.0,
    organization: Organization {
        burst_length: 16,
        data_rate: 2,
        bank_groups: 1,
        banks: 8,
        rows: 65536,
        columns: 1024,
        width_bits: 16,
        devices_per_rank: 1,
        ranks: 1,
    },
    timing: Timing {
        burst: 8,
        ccd_s: 8,
        ccd_l: 8,
        cke: 12,
        cmdcke: 3,
        dqs2dq: 2,
        dqsck: 6,
        dqss: 1,
        faw: 64,
        ppd: 4,
        ras: 68,
        rc: 97,
        rcd_rd: 29,
        rcd_wr: 29,
        refi: 6246,
        refi_pb: 780,
        rfc: 448,
        rfc_pb: 224,
        rl: 28,
        rp: 29,
        rp_ab: 34,
        rrd_s: 16,
        rrd_l: 16,
        rtp: 12,
        rtrs: 1,
        sr: 24,
        wl: 14,
        wpre: 2,
        wr: 29,
        wtr_s: 16,
        wtr_l: 16,
        xp: 12,
        xs: 460,
        ..Timing::ZERO
    },
    rails: &[
        Rail {
            vdd: 1.8,
            idd0: 3.5,
            idd2n: 2.0,
            idd2p0: 1.2,
            idd2p1: 1.2,
            idd3n: 2.25,
            idd3p0: 1.2,
            idd3p1: 1.2,
            idd4r: 2.25,
            idd4w: 2.25,
            idd5: 10.0,
            idd5b: 2.5,
            idd6: 0.3,
        },
        Rail {
            vdd: 1.1,
            idd0: 45.0,
            idd2n: 27.0,
            idd2p0: 3.0,
            idd2p1: 3.0,
            idd3n: 30.0,
            idd3p0: 9.0,
            idd3p1: 9.0,
            idd4r: 275.0,
            idd4w: 210.0,
            idd5: 90.0,
            idd5b: 30.0,
            idd6: 0.5,
        },
    ],
    column_bus: false,
    first_row_command_ps: 0,
    per_bank_refresh: true,
};

/// Micron 6 Gb LPDDR4-3200, one 16-bit channel of the 32-bit part. What its data leaves out (DQS2DQ, DQSS,
/// WPRE, CMDCKE, SR, RTRS) is the JEDEC part's.
pub(super) static MICRON_6GB_LPDDR4_3200: Device = Device {
    name: "MICRON_6Gb_LPDDR4-3200_32bit_A",
    organization: Organization { rows: 49152, ..JEDEC_8GB_LPDDR4_3200.organization },
    timing: Timing { dqsck: 3, xs: 458, ..JEDEC_8GB_LPDDR4_3200.timing },
    ..JEDEC_8GB_LPDDR4_3200
};
