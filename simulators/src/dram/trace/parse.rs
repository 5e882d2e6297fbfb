//! One line of each trace format.

use super::{Format, brief};
use crate::dram::workload::Access;

/// Whether the line is the header of our CSV.
pub(super) fn is_csv_header(text: &str) -> bool {
    text.split(',').map(str::trim).eq(["cycle", "op", "addr"])
}

/// The request of a line; `None` for a line that is to be skipped.
pub(super) fn line(format: Format, text: &str) -> Result<Option<Access>, String> {
    match format {
        Format::Csv => csv(text),
        Format::Stl => stl(text),
        Format::Dramsim3 => dramsim3(text),
        Format::Ramulator => ramulator(text),
    }
    .map(Some)
}

fn fields<'a, const N: usize>(
    text: &'a str,
    split: impl Iterator<Item = &'a str>,
    rule: &str,
) -> Result<[&'a str; N], String> {
    let found: Vec<&str> = split.take(N + 1).collect();
    found.try_into().map_err(|_| format!("`{rule}` is needed, found `{}`", brief(text)))
}

fn csv(text: &str) -> Result<Access, String> {
    let [cycle, op, address] = fields(text, text.split(',').map(str::trim), "cycle,op,addr")?;
    let write = direction(op, &["R"], &["W"])?;
    Ok(Access { cycle: decimal(cycle)?, address: hexadecimal(address)?, write })
}

fn stl(text: &str) -> Result<Access, String> {
    let rule = "cycle: read|write address";
    let Some((cycle, rest)) = text.split_once(':') else {
        return Err(format!("`{rule}` is needed, found `{}`", brief(text)));
    };
    let [op, address] = fields(text, rest.split_whitespace(), rule)?;
    let write = direction(op, &["read"], &["write"])?;
    Ok(Access { cycle: decimal(cycle.trim())?, address: hexadecimal(address)?, write })
}

fn dramsim3(text: &str) -> Result<Access, String> {
    let [address, op, cycle] = fields(text, text.split_whitespace(), "address READ|WRITE cycle")?;
    let write = direction(op, &["READ", "R", "P_MEM_RD", "P_FETCH"], &["WRITE", "W", "P_MEM_WR"])?;
    Ok(Access { cycle: decimal(cycle)?, address: hexadecimal(address)?, write })
}

fn ramulator(text: &str) -> Result<Access, String> {
    let [first, second] = fields(text, text.split_whitespace(), "address R|W, or LD|ST address")?;
    let (op, address) =
        if first.starts_with(|c: char| c.is_ascii_digit()) { (second, first) } else { (first, second) };
    let write = direction(op, &["R", "LD"], &["W", "ST"])?;
    Ok(Access { cycle: 0, address: hexadecimal(address)?, write })
}

/// True for a write. Case does not matter.
fn direction(op: &str, reads: &[&str], writes: &[&str]) -> Result<bool, String> {
    let is_one_of = |names: &[&str]| names.iter().any(|name| name.eq_ignore_ascii_case(op));
    match (is_one_of(reads), is_one_of(writes)) {
        (true, _) => Ok(false),
        (_, true) => Ok(true),
        _ => Err(format!("operation `{}`; allowed: {}, {}", brief(op), reads.join(", "), writes.join(", "))),
    }
}

fn decimal(text: &str) -> Result<u64, String> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let value = if digits { text.parse().ok() } else { None };
    value.ok_or_else(|| format!("cycle `{}`; a decimal number of clock cycles is needed", brief(text)))
}

fn hexadecimal(text: &str) -> Result<u64, String> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let value = if plain { u64::from_str_radix(digits, 16).ok() } else { None };
    value.ok_or_else(|| format!("address `{}`; a hexadecimal number below 2^64 is needed", brief(text)))
}
