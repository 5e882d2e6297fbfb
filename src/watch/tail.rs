//! Files that grow: every look gives the complete rows that are new.

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// Bytes read at once.
const CHUNK: u64 = 4 << 20;

/// The part of a CSV file that has been read.
#[derive(Debug)]
pub(super) struct Tail {
    path: PathBuf,
    /// Bytes read: up to the end of a row.
    at: u64,
}

impl Tail {
    /// Nothing of the file is read yet; it may come into being later.
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), at: 0 }
    }

    /// The same content under another name.
    pub(super) fn moved(&mut self, path: &Path) {
        self.path = path.to_owned();
    }

    /// Gives every complete row that is new. False if the file has become shorter than what was read: somebody began
    /// anew, and what was read before does not hold.
    ///
    /// # Errors
    /// If the file is there and cannot be read.
    pub(super) fn read(&mut self, mut row: impl FnMut(&csv::ByteRecord)) -> Result<bool> {
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(self.at == 0),
            Err(error) => return Err(error).with_context(|| self.cannot_read()),
        };
        if file.metadata().with_context(|| self.cannot_read())?.len() < self.at {
            return Ok(false);
        }
        file.seek(SeekFrom::Start(self.at)).with_context(|| self.cannot_read())?;
        let mut bytes = Vec::new();
        loop {
            let read = Read::by_ref(&mut file).take(CHUNK).read_to_end(&mut bytes);
            let read = read.with_context(|| self.cannot_read())?;
            let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            let mut rows =
                csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(&bytes[..whole]);
            let mut record = csv::ByteRecord::new();
            while rows.read_byte_record(&mut record).unwrap_or(false) {
                row(&record);
            }
            self.at += whole as u64;
            bytes.drain(..whole);
            if read == 0 {
                return Ok(true);
            }
        }
    }

    fn cannot_read(&self) -> String {
        format!("cannot read {}", self.path.display())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn first_cells(tail: &mut Tail) -> Option<Vec<String>> {
        let mut cells = Vec::new();
        let whole = tail.read(|row| cells.push(String::from_utf8_lossy(&row[0]).into_owned())).unwrap();
        whole.then_some(cells)
    }

    #[test]
    fn rows_are_read_once_and_only_when_they_are_complete() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.csv");
        let mut tail = Tail::new(&path);
        assert_eq!(first_cells(&mut tail).unwrap(), [""; 0], "not there yet");
        fs::write(&path, "a,1\nb").unwrap();
        assert_eq!(first_cells(&mut tail).unwrap(), ["a"]);
        fs::write(&path, "a,1\nb,2\n\"c,d\",3\n").unwrap();
        assert_eq!(first_cells(&mut tail).unwrap(), ["b", "c,d"]);
        assert_eq!(first_cells(&mut tail).unwrap(), [""; 0]);
    }

    #[test]
    fn a_file_that_begins_anew_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.csv");
        fs::write(&path, "a,1\nb,2\n").unwrap();
        let mut tail = Tail::new(&path);
        first_cells(&mut tail).unwrap();
        fs::write(&path, "a,1\n").unwrap();
        assert_eq!(first_cells(&mut tail), None);
        fs::remove_file(&path).unwrap();
        assert_eq!(first_cells(&mut tail), None);
    }
}
