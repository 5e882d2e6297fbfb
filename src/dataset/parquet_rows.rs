//! Parquet files as rows of text cells.
//!
//! Columns are typed in the file; how their values are spelt is in the metadata of files that sweepstake wrote, and
//! [`Notation::Shortest`] for others.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};
use csv::StringRecord;
use parquet::basic::{ConvertedType, Type as Physical};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;

use super::guarded::guarded;
use super::profile::Column;
use super::rows::{Rows, Watch, check_header};
use super::spelling::{Kind, Notation};
use crate::usage::Usage;

/// Rows decoded at once.
const CHUNK: usize = 4096;
/// Prefix of the metadata that sweepstake writes.
pub const METADATA: &str = "sweepstake.";

/// A Parquet file read row by row.
pub struct ParquetRows<'a> {
    path: PathBuf,
    reader: SerializedFileReader<File>,
    watch: &'a dyn Watch,
    header: Vec<String>,
    columns: Vec<Decoder>,
    /// The row group to open next.
    group: usize,
    /// Rows of the open row group that are not decoded yet.
    left: usize,
    decoded: usize,
    /// Of the decoded rows, the next to hand out.
    next: usize,
    row: u64,
}

impl<'a> ParquetRows<'a> {
    /// Opens a file.
    ///
    /// # Errors
    /// If it cannot be read, is no Parquet file, or has columns of a type that no dataset has.
    pub fn open(path: &Path, watch: &'a dyn Watch) -> Result<Self> {
        let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        let bytes = file.metadata().with_context(|| format!("cannot read {}", path.display()))?.len();
        let reader = trusted(path, || SerializedFileReader::new(file))?;
        if !is_consistent(reader.metadata(), bytes) {
            return Err(Usage::error(format!("{}: the index at its end is damaged", path.display())));
        }
        let schema = reader.metadata().file_metadata().schema_descr();
        let header: Vec<String> = schema.columns().iter().map(|c| c.path().string()).collect();
        check_header(&header, &path.display().to_string())?;
        let written: Vec<Column> =
            metadata(&reader, "columns").and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
        let notation = |name: &str| written.iter().find(|c| c.name == name).map(|c| c.notation);
        let columns = schema.columns().iter().zip(&header).map(|(column, name)| {
            Decoder::new(column, notation(name).unwrap_or_default())
                .map_err(|problem| Usage::error(format!("{}: column `{name}` {problem}", path.display())))
        });
        let columns = columns.collect::<Result<_>>()?;
        let path = path.to_owned();
        Ok(Self { path, reader, watch, header, columns, group: 0, left: 0, decoded: 0, next: 0, row: 0 })
    }

    /// The metadata called `sweepstake.<key>`.
    pub fn metadata(&self, key: &str) -> Option<&str> {
        metadata(&self.reader, key)
    }

    /// Decodes the next rows; false if there are none.
    fn decode(&mut self) -> Result<bool> {
        while self.left == 0 {
            if self.group == self.reader.num_row_groups() {
                return Ok(false);
            }
            self.open_group()?;
        }
        let wanted = self.left.min(CHUNK);
        for (column, name) in self.columns.iter_mut().zip(&self.header) {
            let problem = match guarded(|| column.decode(wanted)) {
                Some(Ok(found)) if found == wanted => continue,
                Some(Ok(_)) => "is shorter than the file says".to_owned(),
                Some(Err(error)) => format!("cannot be read: {error:#}"),
                None => "is damaged".to_owned(),
            };
            return Err(Usage::error(format!("{}: column `{name}` {problem}", self.path.display())));
        }
        self.left -= wanted;
        (self.decoded, self.next) = (wanted, 0);
        Ok(true)
    }

    fn open_group(&mut self) -> Result<()> {
        let group = trusted(&self.path, || self.reader.get_row_group(self.group))?;
        for (at, column) in self.columns.iter_mut().enumerate() {
            column.reader = Some(trusted(&self.path, || group.get_column_reader(at))?);
        }
        self.left = group.metadata().num_rows().try_into().unwrap_or(0);
        self.watch.advance(group.metadata().compressed_size().try_into().unwrap_or(0))?;
        self.group += 1;
        Ok(())
    }
}

/// Whether every column lies within the file and has a value, or none, for every row. The decoder takes this for
/// granted.
pub(crate) fn is_consistent(metadata: &ParquetMetaData, bytes: u64) -> bool {
    let within = |column: &ColumnChunkMetaData| {
        let start = column.dictionary_page_offset().unwrap_or(column.data_page_offset());
        let end = start.checked_add(column.compressed_size());
        start >= 0
            && column.data_page_offset() >= 0
            && column.compressed_size() >= 0
            && end.is_some_and(|end| end.unsigned_abs() <= bytes)
    };
    metadata.row_groups().iter().all(|group| {
        group.num_rows() >= 0
            && group.columns().iter().all(|column| within(column) && column.num_values() == group.num_rows())
    })
}

/// The result of a decoder, with an error that names the file.
pub(crate) fn trusted<T>(path: &Path, decode: impl FnOnce() -> parquet::errors::Result<T>) -> Result<T> {
    let problem = match guarded(decode) {
        Some(Ok(value)) => return Ok(value),
        Some(Err(error)) => with_advice(&error.to_string()),
        None => "the file is damaged".to_owned(),
    };
    Err(Usage::error(format!("{}: {}", path.display(), problem.replace('\n', " "))))
}

fn with_advice(problem: &str) -> String {
    let advice =
        if problem.contains("Disabled feature") { "; only Snappy compression is read here" } else { "" };
    format!("{problem}{advice}")
}

pub(crate) fn metadata<'a>(reader: &'a SerializedFileReader<File>, key: &str) -> Option<&'a str> {
    let entries = reader.metadata().file_metadata().key_value_metadata()?;
    let entry = entries.iter().find(|entry| entry.key.strip_prefix(METADATA) == Some(key))?;
    entry.value.as_deref()
}

impl Rows for ParquetRows<'_> {
    fn header(&self) -> &[String] {
        &self.header
    }

    fn next(&mut self, row: &mut StringRecord) -> Result<bool> {
        if self.next == self.decoded && !self.decode()? {
            return Ok(false);
        }
        row.clear();
        self.columns.iter().for_each(|column| row.push_field(column.cells.get(self.next)));
        self.next += 1;
        self.row += 1;
        Ok(true)
    }

    fn place(&self) -> String {
        format!("{}: row {}", self.path.display(), self.row)
    }
}

/// Text cells, one after the other.
#[derive(Default)]
struct Cells {
    text: String,
    ends: Vec<usize>,
}

impl Cells {
    fn get(&self, at: usize) -> &str {
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..self.ends[at]]
    }
}

/// Turns the values of a column into text.
struct Decoder {
    kind: Kind,
    notation: Notation,
    /// Whether values can be missing.
    optional: bool,
    reader: Option<ColumnReader>,
    cells: Cells,
}

impl Decoder {
    fn new(column: &ColumnDescriptor, notation: Notation) -> Result<Self, String> {
        if column.max_rep_level() > 0 || column.max_def_level() > 1 {
            return Err("is nested, which no dataset of ours is".to_owned());
        }
        // Some writers state the older converted type only.
        let converted = column.converted_type();
        let unsigned =
            [ConvertedType::UINT_8, ConvertedType::UINT_16, ConvertedType::UINT_32, ConvertedType::UINT_64];
        let signed = [
            ConvertedType::NONE,
            ConvertedType::INT_8,
            ConvertedType::INT_16,
            ConvertedType::INT_32,
            ConvertedType::INT_64,
        ];
        let kind = match column.physical_type() {
            Physical::BOOLEAN => Kind::Bool,
            Physical::INT32 | Physical::INT64 if unsigned.contains(&converted) => Kind::Unsigned,
            Physical::INT32 | Physical::INT64 if signed.contains(&converted) => Kind::Integer,
            Physical::FLOAT | Physical::DOUBLE => Kind::Real,
            Physical::BYTE_ARRAY if [ConvertedType::UTF8, ConvertedType::ENUM].contains(&converted) => {
                Kind::Text
            }
            other => return Err(format!("has the type {other} ({converted}), which no dataset of ours has")),
        };
        let optional = column.max_def_level() == 1;
        Ok(Self { kind, notation, optional, reader: None, cells: Cells::default() })
    }

    /// Decodes up to `wanted` values and returns how many there were.
    fn decode(&mut self, wanted: usize) -> Result<usize> {
        let Self { kind, notation, optional, reader, cells } = self;
        let notation = *notation;
        let fill = Fill { wanted, optional: *optional, cells };
        let integer = |x: i64, out: &mut String| match kind {
            Kind::Unsigned => out.push_str(&x.cast_unsigned().to_string()),
            _ => notation.integer(x, out),
        };
        match reader.as_mut().context("no row group is open")? {
            ColumnReader::BoolColumnReader(r) => {
                fill.from(r, certain(|x: &_, out| out.push_str(notation.bool(*x))))
            }
            ColumnReader::Int32ColumnReader(r) => {
                let wide = |x: i32| match kind {
                    Kind::Unsigned => i64::from(x.cast_unsigned()),
                    _ => i64::from(x),
                };
                fill.from(r, certain(|x: &_, out| integer(wide(*x), out)))
            }
            ColumnReader::Int64ColumnReader(r) => fill.from(r, certain(|x: &_, out| integer(*x, out))),
            ColumnReader::FloatColumnReader(r) => {
                fill.from(r, certain(|x: &_, out| notation.real(f64::from(*x), out)))
            }
            ColumnReader::DoubleColumnReader(r) => fill.from(r, certain(|x: &_, out| notation.real(*x, out))),
            ColumnReader::ByteArrayColumnReader(r) => fill.from(r, text),
            _ => Err(anyhow!("has another type than the schema says")),
        }
    }
}

/// For values that can always be spelt.
fn certain<T>(spell: impl Fn(&T, &mut String)) -> impl Fn(&T, &mut String) -> Result<()> {
    move |x, out| {
        spell(x, out);
        Ok(())
    }
}

fn text(bytes: &ByteArray, out: &mut String) -> Result<()> {
    out.push_str(std::str::from_utf8(bytes.data()).map_err(|_| anyhow!("it is not UTF-8 text"))?);
    Ok(())
}

struct Fill<'a> {
    wanted: usize,
    optional: bool,
    cells: &'a mut Cells,
}

impl Fill<'_> {
    fn from<T: DataType>(
        self,
        reader: &mut ColumnReaderImpl<T>,
        spell: impl Fn(&T::T, &mut String) -> Result<()>,
    ) -> Result<usize> {
        let (mut values, mut levels) = (Vec::with_capacity(self.wanted), Vec::new());
        let (rows, _, _) =
            reader.read_records(self.wanted, self.optional.then_some(&mut levels), None, &mut values)?;
        self.cells.text.clear();
        self.cells.ends.clear();
        let mut values = values.iter();
        for at in 0..rows {
            if !self.optional || levels.get(at) == Some(&1) {
                spell(values.next().context("has fewer values than rows")?, &mut self.cells.text)?;
            }
            self.cells.ends.push(self.cells.text.len());
        }
        Ok(rows)
    }
}
