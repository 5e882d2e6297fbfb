//! Checks command traces against the constraint tables: our own, and those recorded from other simulators.

#![allow(clippy::unwrap_used)] // Recorded files are known to be well formed.

mod reference;

use std::collections::BTreeMap;

use reference::Traces;
use sweepstake_simulators::dram::command::Command;
use sweepstake_simulators::dram::device::Device;
use sweepstake_simulators::dram::{Checker, Scratch, TimedCommand, Violation, simulate_with_commands};

fn show(violations: &[Violation]) -> String {
    violations.iter().take(5).map(|violation| format!("\n  {violation}")).collect()
}

#[test]
fn own_traces_are_legal() {
    let Some(rows) = reference::dramsys_rows() else {
        println!("skipped: no reference data");
        return;
    };
    let mut traces = Traces::default();
    let mut scratch = Scratch::default();
    for row in rows.iter().step_by(13) {
        let workload = traces.workload(&row.trace, &row.config.system);
        let (_, commands) = simulate_with_commands(&row.config, &workload, &mut scratch).unwrap();
        let system = &row.config.system;
        let checked = commands.iter().map(TimedCommand::from);
        let violations = Checker::check(system.device(), system.geometry().ranks, checked);
        assert!(violations.is_empty(), "{}: {} violations{}", row.id, violations.len(), show(&violations));
    }
}

/// Commands of a recorded trace by channel, and how many named no channel.
fn recorded(file: &str, device: &'static Device) -> (BTreeMap<i64, Vec<TimedCommand>>, usize) {
    let organization = &device.organization;
    let mut channels: BTreeMap<i64, Vec<TimedCommand>> = BTreeMap::new();
    let mut without_channel = 0;
    for record in reference::records(&format!("cmdtraces/{file}")) {
        let number = |column: usize| record.get(column).map_or(0, |text| text.parse::<i64>().unwrap_or(0));
        let command = name(&record[1]);
        let derived = record.len() == 3;
        let (channel, rank, group) =
            if derived { (0, 0, 0) } else { (number(2), number(3), number(4).max(0)) };
        let bank = if derived { number(2) } else { number(5) }.max(0);
        if channel < 0 && organization.burst_length == 4 {
            without_channel += 1;
            continue;
        }
        let per_group = i64::from(organization.banks / organization.bank_groups);
        let row = record.get(6).and_then(|row| u32::from_str_radix(row.trim_start_matches("0x"), 16).ok());
        channels.entry(channel.max(0)).or_default().push(TimedCommand {
            time_ps: record[0].parse::<u64>().unwrap() * device.clock_period_ps,
            command,
            bank: (rank * i64::from(organization.banks) + group * per_group + bank) as usize,
            row: row.filter(|_| command.is_bank()),
        });
    }
    (channels, without_channel)
}

fn name(text: &str) -> Command {
    match text {
        "activate" => Command::Act,
        "read" => Command::Rd,
        "read_p" => Command::Rda,
        "write" => Command::Wr,
        "write_p" => Command::Wra,
        "precharge" => Command::Pre,
        "refresh" | "REF" => Command::Refa,
        other => Command::from_name(other).unwrap(),
    }
}

#[test]
fn recorded_traces_are_legal() {
    let Some(files) = reference::command_traces() else {
        println!("skipped: no reference data");
        return;
    };
    let (mut legal, mut commands) = (0, 0);
    for (config, file) in &files {
        let device = match config.split_once('/') {
            Some((device, _)) => Device::find(device).unwrap(),
            None => Device::find("MICRON_1Gb_DDR3-1600_8bit_G").unwrap(),
        };
        let (channels, without_channel) = recorded(file, device);
        for (channel, trace) in &channels {
            commands += trace.len();
            let mut violations = Checker::check(device, 4, trace.iter().copied());
            // The precharges before a refresh name no channel there, so banks seem to stay open.
            violations.retain(|violation| without_channel == 0 || violation.earliest_ps.is_some());
            assert!(violations.is_empty(), "{file}, channel {channel}: {}", show(&violations));
        }
        legal += 1;
    }
    println!("{legal} traces, {commands} commands, all legal");
}
