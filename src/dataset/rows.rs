//! Tables as streams of rows of text cells, whatever the file format.

use std::io;
use std::path::Path;

use anyhow::Result;
use csv::StringRecord;

use super::csv_file::CsvRows;
use super::parquet_rows::ParquetRows;
use crate::usage::Usage;

/// Hears how far the reading of files is, and may end it.
pub trait Watch {
    /// `bytes` of input are about to be read.
    fn begin(&self, bytes: u64);

    /// `bytes` more were read.
    ///
    /// # Errors
    /// To stop the work.
    fn advance(&self, bytes: u64) -> io::Result<()>;
}

/// Nobody watches.
impl Watch for () {
    fn begin(&self, _: u64) {}
    fn advance(&self, _: u64) -> io::Result<()> {
        Ok(())
    }
}

/// A table read row by row. All rows have as many cells as the header; a missing value is an empty cell.
pub trait Rows {
    /// Column names, each once.
    fn header(&self) -> &[String];

    /// Reads the next row; false at the end.
    ///
    /// # Errors
    /// If the file is malformed or cannot be read.
    fn next(&mut self, row: &mut StringRecord) -> Result<bool>;

    /// Where the row last read stands, as `file:line`.
    fn place(&self) -> String;
}

/// A table format that datasets come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated text with a header.
    Csv,
    /// Apache Parquet.
    Parquet,
}

impl Format {
    /// The format that a file name stands for.
    ///
    /// # Errors
    /// If the name ends neither in `.csv` nor in `.parquet`.
    pub fn of(path: &Path) -> Result<Self> {
        match path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase).as_deref() {
            Some("csv") => Ok(Self::Csv),
            Some("parquet") => Ok(Self::Parquet),
            _ => Err(Usage::error(format!(
                "{}: the name of a table must end in .csv or .parquet",
                path.display()
            ))),
        }
    }
}

/// Opens a table.
///
/// # Errors
/// If it cannot be read, or its header is no good.
pub fn open<'a>(path: &Path, watch: &'a dyn Watch) -> Result<Box<dyn Rows + 'a>> {
    Ok(match Format::of(path)? {
        Format::Csv => Box::new(CsvRows::open(path, watch)?),
        Format::Parquet => Box::new(ParquetRows::open(path, watch)?),
    })
}

/// Refuses a header with unnamed or repeated columns.
pub(super) fn check_header(header: &[String], place: &str) -> Result<()> {
    if let Some(at) = header.iter().position(String::is_empty) {
        return Err(Usage::error(format!("{place}: column {} has no name", at + 1)));
    }
    let mut sorted: Vec<&String> = header.iter().collect();
    sorted.sort();
    match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(Usage::error(format!("{place}: there are two columns `{}`", pair[0]))),
        None => Ok(()),
    }
}
