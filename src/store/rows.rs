//! Reading tables back line by line, as far as they are whole.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};

use anyhow::Result;

/// Reads the complete lines of a file and remembers up to where they are good.
pub(super) struct Rows {
    reader: BufReader<File>,
    line: String,
    good: u64,
}

impl Rows {
    pub(super) fn new(file: File, from: u64) -> Result<Self> {
        let mut reader = BufReader::with_capacity(1 << 18, file);
        reader.seek(SeekFrom::Start(from))?;
        Ok(Self { reader, line: String::new(), good: from })
    }

    /// The next complete line, without its break.
    pub(super) fn peek(&mut self) -> Result<Option<&str>> {
        self.line.clear();
        let mut bytes = std::mem::take(&mut self.line).into_bytes();
        self.reader.read_until(b'\n', &mut bytes)?;
        match String::from_utf8(bytes) {
            Ok(line) => self.line = line,
            Err(_) => return Ok(None),
        }
        Ok(self.line.strip_suffix('\n'))
    }

    /// Keeps the line last seen.
    pub(super) fn accept(&mut self) {
        self.good += self.line.len() as u64;
    }

    /// Keeps the next `count` lines if they are all of `run`.
    pub(super) fn take(&mut self, count: u64, run: &str) -> Result<bool> {
        let before = self.good;
        for step in 0..count {
            let expected = format!("{run},{step},");
            let fits = self.peek()?.is_some_and(|row| row.starts_with(&expected));
            if !fits {
                self.good = before;
                return Ok(false);
            }
            self.accept();
        }
        Ok(true)
    }

    /// Cuts the file behind what was kept and returns it, ready for appending.
    pub(super) fn cut(self) -> Result<File> {
        let mut file = self.reader.into_inner();
        file.set_len(self.good)?;
        file.seek(SeekFrom::Start(self.good))?;
        Ok(file)
    }
}
