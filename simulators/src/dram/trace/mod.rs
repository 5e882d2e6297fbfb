//! Readers of memory traces. They parse bytes; opening and unpacking files is the caller's business.

mod lines;
mod parse;

use std::io::BufRead;

use super::error::DramError;
use super::workload::{Access, MAX_CYCLE, MAX_REQUESTS, Trace};
use lines::Lines;

/// A text format of memory traces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `cycle,op,addr` with that header; `op` is `R` or `W`, `addr` hexadecimal.
    Csv,
    /// DRAMSys and ArchGym `.stl`: `31: read 0x400140`.
    Stl,
    /// DRAMsim3: `0x400140 READ 31`.
    Dramsim3,
    /// Ramulator: `0x400140 R` or `LD 0x400140`, without times: every request as soon as possible.
    Ramulator,
}

impl Format {
    /// Every format.
    pub const ALL: [Format; 4] = [Format::Csv, Format::Stl, Format::Dramsim3, Format::Ramulator];

    /// Name, as in messages and configurations.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Stl => "stl",
            Format::Dramsim3 => "dramsim3",
            Format::Ramulator => "ramulator",
        }
    }

    /// The format of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.name() == name)
    }

    /// The format whose rules the first line with content follows, if any.
    #[must_use]
    pub fn detect(first_line: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| match format {
            Format::Csv => parse::is_csv_header(first_line),
            _ => parse::line(*format, first_line).is_ok_and(|access| access.is_some()),
        })
    }
}

/// Read a trace. Lines that are blank or start with `#` are skipped; cycles need not be sorted, because
/// recorded traces are not (see [`Trace`]).
///
/// # Errors
/// [`DramError::TraceLine`] for the first line that breaks a rule of the format, is longer than 1024 bytes,
/// is not text, or cannot be read; [`DramError::EmptyTrace`]; [`DramError::TraceTooLong`].
pub fn read(format: Format, input: impl BufRead) -> Result<Trace, DramError> {
    let mut lines = Lines::new(format.name(), input);
    let mut accesses = Vec::new();
    let mut header_seen = format != Format::Csv;
    while let Some((number, text)) = lines.next_line()? {
        let error = |problem: String| DramError::TraceLine { format: format.name(), line: number, problem };
        if !header_seen {
            if !parse::is_csv_header(text) {
                return Err(error(format!("the header `cycle,op,addr` is needed, found `{}`", brief(text))));
            }
            header_seen = true;
            continue;
        }
        let Some(access) = parse::line(format, text).map_err(error)? else { continue };
        if access.cycle > MAX_CYCLE {
            return Err(error(format!("cycle {} is above {MAX_CYCLE}", access.cycle)));
        }
        if accesses.len() == MAX_REQUESTS {
            return Err(DramError::TraceTooLong { limit: MAX_REQUESTS });
        }
        accesses.push(access);
    }
    if accesses.is_empty() {
        return Err(DramError::EmptyTrace { format: format.name(), lines: lines.count() });
    }
    Ok(Trace { accesses })
}

/// A trace as our CSV, the inverse of [`read`].
#[must_use]
pub fn to_csv(trace: &Trace) -> String {
    let mut text = String::from("cycle,op,addr\n");
    for Access { cycle, address, write } in &trace.accesses {
        let op = if *write { 'W' } else { 'R' };
        text.push_str(&format!("{cycle},{op},0x{address:x}\n"));
    }
    text
}

impl Trace {
    /// Check that cycles never go back.
    ///
    /// # Errors
    /// [`DramError::TraceLine`] naming the first request (from 1) whose cycle is before the one ahead of it.
    pub fn check_sorted(&self) -> Result<(), DramError> {
        let back = self.accesses.windows(2).position(|pair| pair[1].cycle < pair[0].cycle);
        back.map_or(Ok(()), |place| {
            let (before, after) = (self.accesses[place].cycle, self.accesses[place + 1].cycle);
            Err(DramError::TraceLine {
                format: "sorted",
                line: place as u64 + 2,
                problem: format!("cycle {after} follows {before}; cycles must not go back"),
            })
        })
    }
}

/// The beginning of a text, for messages.
fn brief(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut short: String = text.chars().take(LONGEST).collect();
    if short.len() < text.len() {
        short.push_str("...");
    }
    short
}
