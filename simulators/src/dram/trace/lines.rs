//! Lines of bounded length from untrusted input.

use std::io::{BufRead, Read};

use crate::dram::error::DramError;

/// Longest line in bytes.
const MAX_LINE: usize = 1024;

/// Numbered lines with content.
pub(super) struct Lines<R> {
    format: &'static str,
    input: R,
    buffer: Vec<u8>,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(format: &'static str, input: R) -> Lines<R> {
        Lines { format, input, buffer: Vec::new(), number: 0 }
    }

    /// Lines read so far.
    pub(super) fn count(&self) -> u64 {
        self.number
    }

    fn error(&self, problem: String) -> DramError {
        DramError::TraceLine { format: self.format, line: self.number, problem }
    }

    /// The next line that is neither blank nor a comment, trimmed, with its number from 1.
    pub(super) fn next_line(&mut self) -> Result<Option<(u64, &str)>, DramError> {
        loop {
            self.buffer.clear();
            self.number += 1;
            let mut limited = (&mut self.input).take(MAX_LINE as u64 + 1);
            let read = limited.read_until(b'\n', &mut self.buffer);
            let length = read.map_err(|cause| self.error(format!("cannot be read: {cause}")))?;
            if length == 0 {
                self.number -= 1;
                return Ok(None);
            }
            if length > MAX_LINE {
                return Err(self.error(format!("longer than {MAX_LINE} bytes")));
            }
            let content = self.buffer.trim_ascii();
            if !content.is_empty() && content[0] != b'#' {
                break;
            }
        }
        match str::from_utf8(&self.buffer) {
            Ok(text) => Ok(Some((self.number, text.trim()))),
            Err(_) => Err(self.error("not text (invalid UTF-8)".to_owned())),
        }
    }
}
