//! CSV files as rows, with an error for everything that a sweep would not have written.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};
use csv::{ErrorKind, StringRecord};

use super::rows::{Rows, Watch, check_header};
use crate::usage::Usage;

/// A CSV file read row by row.
pub struct CsvRows<'a> {
    path: PathBuf,
    reader: csv::Reader<Tally<'a>>,
    header: Vec<String>,
    /// Line on which the row last read begins.
    line: u64,
    /// 1 if lines end in two bytes: the reader then takes the second one for the start of the next line.
    behind: u64,
    /// Whether the last cell of the row last read ends in a line break.
    open_ended: bool,
}

impl<'a> CsvRows<'a> {
    /// Opens a file and reads its header.
    ///
    /// # Errors
    /// If it cannot be read, is empty, or has unnamed or repeated columns.
    pub fn open(path: &Path, watch: &'a dyn Watch) -> Result<Self> {
        let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        let tally = Tally { file, watch, bytes: 0, tail: [0; 2] };
        let mut rows = Self {
            path: path.to_owned(),
            reader: csv::ReaderBuilder::new().buffer_capacity(1 << 18).from_reader(tally),
            header: Vec::new(),
            line: 1,
            behind: 0,
            open_ended: false,
        };
        let header = rows.reader.headers().cloned();
        rows.header = header.map_err(|e| rows.malformed(e))?.iter().map(str::to_owned).collect();
        if rows.header.is_empty() {
            return Err(rows.error(1, "the file is empty; a header was expected"));
        }
        check_header(&rows.header, &rows.place())?;
        let within = rows.header.iter().map(|name| name.matches('\n').count() as u64).sum::<u64>();
        rows.behind = (2 + within).saturating_sub(rows.reader.position().line());
        Ok(rows)
    }

    fn error(&self, line: u64, problem: &str) -> anyhow::Error {
        Usage::error(format!("{}:{line}: {problem}", self.path.display()))
    }

    /// Whether everything was read and the last line has no break.
    fn cut_off(&self) -> bool {
        let tally = self.reader.get_ref();
        tally.bytes > 0 && tally.tail[1] != b'\n' && self.reader.position().byte() >= tally.bytes
    }

    fn malformed(&self, error: csv::Error) -> anyhow::Error {
        let line = error.position().map_or(self.line, |position| position.line() + self.behind);
        match error.kind() {
            ErrorKind::UnequalLengths { .. } if self.cut_off() => self.error(line, CUT_OFF),
            ErrorKind::UnequalLengths { expected_len, len, .. } => {
                self.error(line, &format!("{len} cells, but the header has {expected_len}"))
            }
            ErrorKind::Utf8 { .. } => self.error(line, "not UTF-8 text"),
            _ => match error.into_kind() {
                ErrorKind::Io(error) => {
                    anyhow::Error::new(error).context(format!("cannot read {}", self.path.display()))
                }
                other => anyhow!("{}:{line}: {other:?}", self.path.display()),
            },
        }
    }
}

const CUT_OFF: &str = "the last line is cut off (no line break at its end)";

impl Rows for CsvRows<'_> {
    fn header(&self) -> &[String] {
        &self.header
    }

    fn next(&mut self, row: &mut StringRecord) -> Result<bool> {
        if self.reader.read_record(row).map_err(|error| self.malformed(error))? {
            self.line = row.position().map_or(self.line, |position| position.line() + self.behind);
            self.open_ended = row.get(row.len().saturating_sub(1)).is_some_and(|cell| cell.ends_with('\n'));
            return Ok(true);
        }
        let [before, last] = self.reader.get_ref().tail;
        if last != b'\n' {
            return Err(self.error(self.line, CUT_OFF));
        }
        if self.open_ended && !matches!(before, b'"' | b'\r') {
            return Err(self.error(self.line, "a quote is opened but never closed"));
        }
        Ok(false)
    }

    fn place(&self) -> String {
        format!("{}:{}", self.path.display(), self.line)
    }
}

/// Counts what is read and remembers the last two bytes.
struct Tally<'a> {
    file: File,
    watch: &'a dyn Watch,
    bytes: u64,
    tail: [u8; 2],
}

impl Read for Tally<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(buffer)?;
        self.bytes += n as u64;
        match buffer[..n] {
            [] => {}
            [only] => self.tail = [self.tail[1], only],
            [.., before, last] => self.tail = [before, last],
        }
        self.watch.advance(n as u64)?;
        Ok(n)
    }
}
