//! Output files that are either complete or not there.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// A file written under another name (`FILE.tmp`) until it is complete.
pub struct Output {
    path: PathBuf,
    temporary: PathBuf,
    file: BufWriter<File>,
    committed: bool,
}

impl Output {
    /// Starts a file that will be called `path`.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn create(path: &Path) -> Result<Self> {
        let temporary = beside(path, ".tmp");
        let file = File::create(&temporary).with_context(|| cannot_write(path))?;
        let file = BufWriter::with_capacity(1 << 18, file);
        Ok(Self { path: path.to_owned(), temporary, file, committed: false })
    }

    /// Puts the file in its place, over an older one.
    ///
    /// # Errors
    /// If the disk is full, for one.
    pub fn commit(mut self) -> Result<()> {
        self.file.flush().with_context(|| cannot_write(&self.path))?;
        self.file.get_ref().sync_all().with_context(|| cannot_write(&self.path))?;
        fs::rename(&self.temporary, &self.path).with_context(|| cannot_write(&self.path))?;
        self.committed = true;
        Ok(())
    }
}

impl Write for Output {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.file.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if !self.committed {
            // Nothing better can be done about a leftover.
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

/// `path` with something appended to its name.
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// The start of the message for a file that cannot be written.
pub fn cannot_write(path: &Path) -> String {
    format!("cannot write {}", path.display())
}
