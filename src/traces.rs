//! Files of memory traces, plain or gzipped.

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read};
use std::path::Path;

use anyhow::{Context as _, Result};
use flate2::bufread::MultiGzDecoder;
use sweepstake_simulators::dram::trace::{self, Format};
use sweepstake_simulators::dram::{DramError, Trace};

use crate::usage::Usage;

/// Bytes in which the first line with content has to be found.
const PREVIEW: u64 = 64 << 10;

/// Opens a file, unpacking it if it is gzip.
///
/// # Errors
/// If it cannot be read.
pub fn open(path: &Path) -> Result<Box<dyn BufRead>> {
    let context = || format!("cannot read {}", path.display());
    let mut file = BufReader::new(File::open(path).with_context(context)?);
    if file.fill_buf().with_context(context)?.starts_with(&[0x1f, 0x8b]) {
        return Ok(Box::new(BufReader::new(MultiGzDecoder::new(file))));
    }
    Ok(Box::new(file))
}

/// Reads a memory trace: `.stl`, our CSV, or the texts of DRAMsim3 and Ramulator, each plain or gzipped.
///
/// # Errors
/// With file and line, if it cannot be read or breaks a rule of its format.
pub fn read(path: &Path) -> Result<Trace> {
    let mut input = open(path)?;
    let mut head = Vec::new();
    let preview = input.by_ref().take(PREVIEW).read_to_end(&mut head);
    let format = match (by_name(path), &preview) {
        (Some(format), _) => format,
        (None, Err(error)) => {
            return Err(Usage::error(format!("{}:1: cannot be read: {error}", path.display())));
        }
        (None, Ok(_)) => detect(path, &head)?,
    };
    let rest: Box<dyn Read> = match preview {
        Ok(_) => Box::new(input),
        Err(error) => Box::new(Broken(error)),
    };
    let whole = BufReader::new(Cursor::new(head).chain(rest));
    trace::read(format, whole).map_err(|error| located(path, &error))
}

/// The end of a file that cannot be read to its end.
struct Broken(std::io::Error);

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Err(std::io::Error::new(self.0.kind(), self.0.to_string()))
    }
}

/// The format that the file's name promises.
fn by_name(path: &Path) -> Option<Format> {
    let name = path.file_name()?.to_str()?.to_ascii_lowercase();
    match name.trim_end_matches(".gz").rsplit_once('.')?.1 {
        "stl" => Some(Format::Stl),
        "csv" => Some(Format::Csv),
        _ => None,
    }
}

fn detect(path: &Path, head: &[u8]) -> Result<Format> {
    let text = String::from_utf8_lossy(head);
    let content = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let found = text.lines().enumerate().find(|(_, line)| content(line));
    let Some((number, line)) = found else {
        return Err(Usage::error(format!("{}: no request found; at least one is needed", path.display())));
    };
    Format::detect(line.trim()).ok_or_else(|| {
        let allowed: Vec<&str> = Format::ALL.iter().map(|format| format.name()).collect();
        let place = format!("{}:{}", path.display(), number + 1);
        Usage::error(format!("{place}: not a line of a memory trace; formats read: {}", allowed.join(", ")))
    })
}

/// An error of a trace as `file:line: problem`.
fn located(path: &Path, error: &DramError) -> anyhow::Error {
    let file = path.display();
    Usage::error(match error {
        DramError::TraceLine { format, line, problem } => format!("{file}:{line}: {format} trace: {problem}"),
        other => format!("{file}: {other}"),
    })
}
