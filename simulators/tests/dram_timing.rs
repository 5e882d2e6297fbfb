//! One timing rule, one test, at its boundary: a cycle early is illegal, on time passes.
//!
//! The numbers are those of the data sheets, written out, so that a changed table is noticed.

use sweepstake_simulators::dram::command::Command;
use sweepstake_simulators::dram::constraint::Constraint;
use sweepstake_simulators::dram::device::{DEVICES, Device};
use sweepstake_simulators::dram::{Checker, TimedCommand, Violation};

fn check(device: &'static Device, ranks: usize, commands: &[(u64, Command, usize)]) -> Vec<Violation> {
    let timed = commands.iter().map(|(cycle, command, bank)| TimedCommand {
        time_ps: cycle * device.clock_period_ps,
        command: *command,
        bank: *bank,
        row: None,
    });
    Checker::check(device, ranks, timed)
}

/// `next` is legal from `cycle` on and not before, after `before`.
fn assert_boundary(name: &str, before: &[(u64, Command, usize)], next: (Command, usize), cycle: u64) {
    let device = Device::find(name).expect("a known device");
    let at = |cycle| {
        let all: Vec<_> = before.iter().copied().chain([(cycle, next.0, next.1)]).collect();
        check(device, 2, &all)
    };
    let early = at(cycle - 1);
    assert_eq!(early.len(), 1, "a cycle early breaks one rule: {early:?}");
    assert_eq!(early[0].earliest_ps, Some(cycle * device.clock_period_ps));
    assert_eq!(at(cycle), [], "on time");
}

const DDR3: &str = "MICRON_1Gb_DDR3-1600_8bit_G";
const DDR4: &str = "MICRON_4Gb_DDR4-2400_8bit_A";
const LPDDR4: &str = "JEDEC_8Gb_LPDDR4-3200_16bit";
const HBM2: &str = "HBM2";

macro_rules! boundary {
    ($($name:ident: $device:ident, [$($before:expr),*], $next:ident to $bank:literal at $cycle:literal;)*) => {
        $(#[test]
        fn $name() {
            use Command::*;
            let before: Vec<(u64, Command, usize)> = vec![$($before),*];
            assert_boundary($device, &before, ($next, $bank), $cycle);
        })*
    };
}

boundary! {
    act_to_rd_respects_trcd: DDR3, [(0, Act, 0)], Rd to 0 at 10;
    act_to_wr_respects_trcd: DDR3, [(0, Act, 0)], Wr to 0 at 10;
    act_to_pre_respects_tras: DDR3, [(0, Act, 0)], Pre to 0 at 28;
    act_to_act_of_a_bank_respects_trc: DDR3, [(0, Act, 0), (10, Rda, 0)], Act to 0 at 38;
    act_to_act_of_a_rank_respects_trrd: DDR3, [(0, Act, 0)], Act to 1 at 5;
    fifth_act_respects_tfaw: DDR3, [(0, Act, 0), (5, Act, 1), (10, Act, 2), (15, Act, 3)], Act to 4 at 24;
    pre_to_act_respects_trp: DDR3, [(0, Act, 0), (30, Pre, 0)], Act to 0 at 40;
    rd_to_rd_respects_tccd: DDR3, [(0, Act, 0), (10, Rd, 0)], Rd to 0 at 14;
    rd_to_wr_keeps_the_bus_free: DDR3, [(0, Act, 0), (10, Rd, 0)], Wr to 0 at 18;
    wr_to_rd_respects_twtr: DDR3, [(0, Act, 0), (10, Wr, 0)], Rd to 0 at 28;
    rd_to_pre_respects_trtp: DDR3, [(0, Act, 0), (30, Rd, 0)], Pre to 0 at 36;
    wr_to_pre_respects_twr: DDR3, [(0, Act, 0), (10, Wr, 0)], Pre to 0 at 34;
    rda_to_act_respects_trtp_and_trp: DDR3, [(0, Act, 0), (30, Rda, 0)], Act to 0 at 46;
    wra_to_act_respects_twr_and_trp: DDR3, [(0, Act, 0), (10, Wra, 0)], Act to 0 at 44;
    ref_to_act_respects_trfc: DDR3, [(0, Refa, 0)], Act to 3 at 88;
    prea_to_ref_respects_trp: DDR3, [(0, Act, 0), (30, Prea, 0)], Refa to 0 at 40;
    rd_of_another_rank_respects_trtrs: DDR3, [(0, Act, 0), (5, Act, 8), (15, Rd, 0)], Rd to 8 at 20;
    power_down_respects_tcke: DDR3, [(0, Pdep, 0)], Pdxp to 0 at 3;
    power_down_exit_respects_txp: DDR3, [(0, Pdep, 0), (3, Pdxp, 0)], Act to 0 at 9;
    self_refresh_exit_respects_txs: DDR3, [(0, Srefen, 0), (4, Srefex, 0)], Act to 0 at 100;
    act_in_a_bank_group_respects_trrd_l: DDR4, [(0, Act, 0)], Act to 1 at 6;
    act_in_another_bank_group_respects_trrd_s: DDR4, [(0, Act, 0)], Act to 4 at 4;
    rd_in_a_bank_group_respects_tccd_l: DDR4, [(0, Act, 0), (6, Act, 1), (22, Rd, 0)], Rd to 1 at 28;
    rd_in_another_bank_group_respects_tccd_s: DDR4, [(0, Act, 0), (6, Act, 4), (22, Rd, 0)], Rd to 4 at 26;
    wr_to_rd_in_a_bank_group_respects_twtr_l: DDR4, [(0, Act, 0), (16, Wr, 0)], Rd to 0 at 45;
    act_takes_four_cycles_of_the_bus: LPDDR4, [(0, Act, 0)], Refb to 8 at 4;
    per_bank_refresh_respects_trfcpb: LPDDR4, [(0, Refb, 0)], Act to 0 at 222;
    read_after_act_respects_trcdrd: HBM2, [(0, Act, 0)], Rd to 0 at 13;
    write_after_act_respects_trcdwr: HBM2, [(0, Act, 0)], Wr to 0 at 7;
}

#[test]
fn row_and_column_commands_of_hbm2_have_buses_of_their_own() {
    let device = Device::find(HBM2).expect("a known device");
    let commands = [(0, Command::Act, 0), (13, Command::Rd, 0), (13, Command::Act, 1)];
    assert_eq!(check(device, 1, &commands), []);
}

/// Breaking any row of any table by one cycle is noticed.
#[test]
fn every_row_of_every_table_binds() {
    for device in DEVICES {
        for row in device.standard.constraints.iter().filter(|row| row.count == 1) {
            for (preceding, following) in
                row.preceding.iter().flat_map(|a| row.following.iter().map(move |b| (a, b)))
            {
                assert_row_binds(device, row, *preceding, *following);
            }
        }
    }
}

fn assert_row_binds(device: &'static Device, row: &Constraint, preceding: Command, following: Command) {
    use sweepstake_simulators::dram::constraint::Scope;
    let delay = (row.delay)(&device.timing);
    let length = device.length_ps(preceding) / device.clock_period_ps;
    if delay <= 0 || delay as u64 <= length {
        return; // Never stricter than the command bus.
    }
    let bank = if row.scope == Scope::OtherRank { device.organization.banks as usize } else { 0 };
    let broken = check(device, 2, &[(1000, preceding, 0), (999 + delay as u64, following, bank)]);
    assert!(
        broken
            .iter()
            .any(|violation| violation.earliest_ps >= Some((1000 + delay as u64) * device.clock_period_ps)),
        "{}: {preceding} to {following}, {}",
        device.name,
        row.rule
    );
}

#[test]
fn device_names_are_unique() {
    for (place, device) in DEVICES.iter().enumerate() {
        assert!(DEVICES[..place].iter().all(|other| other.name != device.name), "{}", device.name);
    }
}
