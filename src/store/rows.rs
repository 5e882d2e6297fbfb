//! Reading tables back line by line, as far as they are whole.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};

use crate::dataset::output::cannot_write;

/// Reads the complete lines of a file and remembers up to where they are good.
pub(super) struct Rows {
    reader: BufReader<File>,
    line: String,
    /// Bytes kept.
    good: u64,
    /// Lines kept.
    lines: u64,
    path: PathBuf,
}

/// The error for a table that somebody else changed.
pub(super) fn changed(path: &Path, line: u64) -> anyhow::Error {
    anyhow!(
        "{}:{line}: this is not what the sweep wrote; put the file back, or pass --fresh to start over",
        path.display()
    )
}

impl Rows {
    /// The lines behind the header of the table at `path`. A header that was cut off is written again; with `anew`,
    /// nothing of the table is kept.
    ///
    /// # Errors
    /// If the file cannot be used, or begins with another line.
    pub(super) fn open(path: &Path, header: &str, anew: bool) -> Result<Self> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .with_context(|| cannot_write(path))?;
        let expected = format!("{header}\n");
        let mut found = Vec::new();
        Read::by_ref(&mut file).take(expected.len() as u64).read_to_end(&mut found)?;
        if anew || found != expected.as_bytes() {
            if !anew && !expected.as_bytes().starts_with(&found) {
                return Err(changed(path, 1));
            }
            file.set_len(0)?;
            file.seek(SeekFrom::Start(0))?;
            file.write_all(expected.as_bytes()).with_context(|| cannot_write(path))?;
        }
        let good = expected.len() as u64;
        let mut reader = BufReader::with_capacity(1 << 18, file);
        reader.seek(SeekFrom::Start(good))?;
        Ok(Self { reader, line: String::new(), good, lines: 1, path: path.to_owned() })
    }

    /// The next complete line, without its break; `None` at the end and at a torn last line.
    pub(super) fn peek(&mut self) -> Result<Option<&str>> {
        self.line.clear();
        let mut bytes = std::mem::take(&mut self.line).into_bytes();
        self.reader.read_until(b'\n', &mut bytes)?;
        // What is not text is not ours; the caller will not recognise the replacement either.
        self.line = String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into());
        Ok(self.line.strip_suffix('\n'))
    }

    /// The file, for appending once the rows are [`cut`](Rows::cut).
    pub(super) fn file(&self) -> Result<File> {
        Ok(self.reader.get_ref().try_clone()?)
    }

    /// Keeps the line last seen.
    pub(super) fn accept(&mut self) {
        self.good += self.line.len() as u64;
        self.lines += 1;
    }

    /// Keeps the next `count` lines of `run`; false, with none kept, if the file ends before.
    ///
    /// # Errors
    /// If there are complete lines of something else: no interruption leaves those.
    pub(super) fn take(&mut self, count: u64, run: &str) -> Result<bool> {
        let (before, lines) = (self.good, self.lines);
        for step in 0..count {
            let expected = format!("{run},{step},");
            match self.peek()?.map(|row| row.starts_with(&expected)) {
                Some(true) => self.accept(),
                Some(false) => return Err(self.foreign()),
                None => {
                    (self.good, self.lines) = (before, lines);
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// The error for a complete line that no sweep left there.
    pub(super) fn foreign(&self) -> anyhow::Error {
        changed(&self.path, self.lines + 1)
    }

    /// Cuts the file behind what was kept and returns it, ready for appending.
    pub(super) fn cut(self) -> Result<File> {
        let mut file = self.reader.into_inner();
        file.set_len(self.good)?;
        file.seek(SeekFrom::Start(self.good))?;
        Ok(file)
    }
}
