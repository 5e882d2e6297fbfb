//! Segments: the samples of one run on their way into the tables.

use std::fs::{self, File};
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::dataset::columns::Finished;
use crate::dataset::output::cannot_write;

/// Folder of the segments.
pub(crate) const WORK: &str = ".work";
/// Marks the last line of a finished segment. Run ids are hexadecimal, so no row starts like it.
const TRAILER: &str = "#done ";

pub(super) fn segment(dir: &Path, run: &str, done: bool) -> PathBuf {
    dir.join(WORK).join(format!("{run}.{}", if done { "done" } else { "part" }))
}

/// The samples of a run while it runs.
pub struct Segment {
    dir: PathBuf,
    run: String,
    file: BufWriter<File>,
}

impl Segment {
    /// Starts the segment of `run` in the output directory `dir`.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn create(dir: &Path, run: &str) -> Result<Self> {
        let path = segment(dir, run, false);
        let file = File::create(&path).with_context(|| cannot_write(&path))?;
        Ok(Self { dir: dir.to_owned(), run: run.to_owned(), file: BufWriter::with_capacity(1 << 18, file) })
    }

    /// Appends rows.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn write(&mut self, rows: &str) -> Result<()> {
        self.file
            .write_all(rows.as_bytes())
            .with_context(|| cannot_write(&segment(&self.dir, &self.run, false)))
    }

    /// Starts the segment over.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn restart(self) -> Result<Self> {
        // The rows still in the buffer must not reach the file behind the new ones.
        drop(self.file.into_parts());
        Self::create(&self.dir, &self.run)
    }

    /// Seals the segment with the outcome of its run.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn finish(mut self, finished: &Finished) -> Result<()> {
        let line = format!("{TRAILER}{}\n", serde_json::to_string(finished)?);
        self.write(&line)?;
        let (part, done) = (segment(&self.dir, &self.run, false), segment(&self.dir, &self.run, true));
        self.file.flush().with_context(|| cannot_write(&part))?;
        fs::rename(&part, &done).with_context(|| cannot_write(&done))
    }
}

/// The outcome at the end of a segment, and how many bytes of rows come before it.
pub(super) fn read_trailer(mut file: File) -> Result<Option<(Finished, u64)>> {
    let length = file.seek(SeekFrom::End(0))?;
    let from = length.saturating_sub(1 << 16);
    file.seek(SeekFrom::Start(from))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    let Some(body) = tail.strip_suffix(b"\n") else { return Ok(None) };
    let line = body.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let Some(json) = body[line..].strip_prefix(TRAILER.as_bytes()) else { return Ok(None) };
    Ok(serde_json::from_slice(json).ok().map(|finished| (finished, from + line as u64)))
}
