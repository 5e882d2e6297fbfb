//! Recorded command traces of other simulators, checked against our timing tables.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use sweepstake_simulators::dram::command::Command;
use sweepstake_simulators::dram::device::Device;
use sweepstake_simulators::dram::{Checker, TimedCommand};

use super::table::{Row, Table};
use super::{Measure, Tally};

/// Ranks of the checked channel: more than any recorded trace uses.
const RANKS: usize = 4;

/// Checks every command trace of DRAMsim3 that `index.csv` of the folder names, and adds to `column` of the tally
/// how many of its commands were recorded and how many are legal.
///
/// # Errors
/// With file and line, if a file cannot be read or is not what it should be.
pub fn check(folder: &Path, column: &'static str, tally: &mut Tally) -> Result<()> {
    let index = Table::read(&folder.join("index.csv"), &["config", "file"])?;
    for row in index.rows() {
        // Traces of other simulators have configurations without a policy.
        let Some((name, _)) = row.get("config").split_once('/') else {
            tally.skip("command trace of another simulator");
            continue;
        };
        let Ok(device) = Device::find(name) else {
            tally.skip(format!("command trace of a device without a table here: {name}"));
            continue;
        };
        let file = row.get("file");
        if file.is_empty() || file.contains(['/', '\\']) {
            return Err(row.error(format!("file: `{file}` is not the name of a file")));
        }
        let (recorded, illegal) = check_trace(&folder.join(file), device)?;
        let ours = (recorded - illegal) as f64;
        tally.add_apart(device.name, &[Measure { column, recorded: recorded as f64, ours }]);
    }
    Ok(())
}

/// Commands of a trace, and how many break a rule.
fn check_trace(path: &Path, device: &'static Device) -> Result<(usize, usize)> {
    let table = Table::read(path, &["cycle", "cmd", "channel", "rank", "bankgroup", "bank", "row"])?;
    // Where there are several channels, the precharges ahead of a refresh name none: they cannot be checked, and
    // banks seem to stay open.
    let several = table.rows().any(|row| row.get("channel").parse::<u32>().is_ok_and(|channel| channel > 0));
    let mut channels: BTreeMap<i64, Vec<TimedCommand>> = BTreeMap::new();
    let mut unnamed = false;
    for row in table.rows() {
        let channel = integer(row, "channel")?;
        if channel < 0 && several {
            unnamed = true;
            continue;
        }
        channels.entry(channel.max(0)).or_default().push(command(row, device)?);
    }
    let (mut commands, mut illegal) = (0, 0);
    for trace in channels.into_values() {
        commands += trace.len();
        let mut broken = Checker::check(device, RANKS, trace);
        broken.retain(|violation| !unnamed || violation.earliest_ps.is_some());
        broken.dedup_by_key(|violation| violation.position);
        illegal += broken.len();
    }
    Ok((commands, illegal))
}

fn command(row: Row<'_>, device: &'static Device) -> Result<TimedCommand> {
    let organization = &device.organization;
    let name = row.get("cmd");
    let command = of_name(name).ok_or_else(|| row.error(format!("cmd: unknown command `{name}`")))?;
    let at = |column| integer(row, column).map(|value| u64::try_from(value).unwrap_or(0));
    let per_group = u64::from(organization.banks / organization.bank_groups);
    let bank = (at("rank")?.saturating_mul(u64::from(organization.banks)))
        .saturating_add(at("bankgroup")?.saturating_mul(per_group))
        .saturating_add(at("bank")?);
    let text = row.get("row").trim_start_matches("0x");
    let line = u32::from_str_radix(text, 16).ok().filter(|_| command.is_bank());
    Ok(TimedCommand {
        time_ps: at("cycle")?.saturating_mul(device.clock_period_ps),
        command,
        bank: usize::try_from(bank).unwrap_or(usize::MAX),
        row: line,
    })
}

fn integer(row: Row<'_>, column: &str) -> Result<i64> {
    let text = row.get(column);
    let value = text.parse::<i64>().ok().filter(|value| *value < 1 << 40);
    value.ok_or_else(|| row.error(format!("{column}: `{text}` is not a whole number below 2^40")))
}

/// DRAMsim3's names.
fn of_name(name: &str) -> Option<Command> {
    Some(match name {
        "activate" => Command::Act,
        "read" => Command::Rd,
        "read_p" => Command::Rda,
        "write" => Command::Wr,
        "write_p" => Command::Wra,
        "precharge" => Command::Pre,
        "refresh" => Command::Refa,
        _ => return None,
    })
}
