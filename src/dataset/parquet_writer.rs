//! Writing Parquet: typed columns, a row group at a time.

use std::collections::HashMap;
use std::io::Write;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use csv::StringRecord;
use parquet::basic::{Compression, Encoding, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{WriterProperties, WriterPropertiesPtr};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{ColumnPath, Type};

use super::profile::Column;
use super::spelling::{Kind, truth, whole};

/// Rows held in memory until they are written together.
const GROUP: usize = 1 << 16;
/// Distinct texts of a column that share their memory.
const MOST_SHARED: usize = 1 << 12;

/// A Parquet file being written.
pub struct ParquetWriter<W: Write + Send> {
    writer: SerializedFileWriter<W>,
    buffers: Vec<Buffer>,
    rows: usize,
}

impl<W: Write + Send> ParquetWriter<W> {
    /// Starts a file of `columns`.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn new(out: W, columns: &[Column]) -> Result<Self> {
        let fields = columns.iter().map(field).collect::<parquet::errors::Result<Vec<_>>>()?;
        let schema = Type::group_type_builder("samples").with_fields(fields).build()?;
        let writer = SerializedFileWriter::new(out, Arc::new(schema), properties(columns))?;
        let buffers = columns.iter().map(|column| Buffer::new(column.kind)).collect();
        Ok(Self { writer, buffers, rows: 0 })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// If a cell does not fit its column, or the file cannot be written.
    pub fn push(&mut self, row: &StringRecord) -> Result<()> {
        for (buffer, text) in self.buffers.iter_mut().zip(row) {
            buffer.push(text).with_context(|| format!("`{text}` has not the type of its column"))?;
        }
        self.rows += 1;
        if self.rows == GROUP { self.write_group() } else { Ok(()) }
    }

    fn write_group(&mut self) -> Result<()> {
        let mut group = self.writer.next_row_group()?;
        for buffer in &mut self.buffers {
            let column = group.next_column()?.context("there are more columns than the schema has")?;
            buffer.write(column)?;
        }
        group.close()?;
        self.rows = 0;
        Ok(())
    }

    /// Writes what is left and the metadata, and returns what the file was written to.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn finish(mut self, metadata: Vec<(&'static str, String)>) -> Result<W> {
        if self.rows > 0 {
            self.write_group()?;
        }
        for (key, value) in metadata {
            self.writer.append_key_value_metadata(KeyValue::new(key.to_owned(), value));
        }
        Ok(self.writer.into_inner()?)
    }
}

fn field(column: &Column) -> parquet::errors::Result<Arc<Type>> {
    let (physical, logical) = match column.kind {
        Kind::Bool => (Physical::BOOLEAN, None),
        Kind::Integer => (Physical::INT64, None),
        Kind::Unsigned => (Physical::INT64, Some(LogicalType::integer(64, false))),
        Kind::Real => (Physical::DOUBLE, None),
        Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
    };
    let builder = Type::primitive_type_builder(&column.name, physical);
    builder.with_logical_type(logical).with_repetition(Repetition::OPTIONAL).build().map(Arc::new)
}

/// Dictionaries for what repeats; counters that mostly rise by one are stored as differences.
fn properties(columns: &[Column]) -> WriterPropertiesPtr {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_created_by(format!("sweepstake version {}", env!("CARGO_PKG_VERSION")));
    for column in columns.iter().filter(|column| column.kind == Kind::Unsigned) {
        let path = ColumnPath::new(vec![column.name.clone()]);
        properties = properties
            .set_column_dictionary_enabled(path.clone(), false)
            .set_column_encoding(path, Encoding::DELTA_BINARY_PACKED);
    }
    Arc::new(properties.build())
}

/// The cells of a column of the present row group.
struct Buffer {
    /// 1 for a value, 0 for none.
    levels: Vec<i16>,
    values: Values,
}

enum Values {
    Bool(Vec<bool>),
    Integer(Vec<i64>),
    /// Stored as signed ones with the same bits.
    Unsigned(Vec<i64>),
    Real(Vec<f64>),
    Text(Vec<ByteArray>, Shared),
}

impl Buffer {
    fn new(kind: Kind) -> Self {
        let values = match kind {
            Kind::Bool => Values::Bool(Vec::new()),
            Kind::Integer => Values::Integer(Vec::new()),
            Kind::Unsigned => Values::Unsigned(Vec::new()),
            Kind::Real => Values::Real(Vec::new()),
            Kind::Text => Values::Text(Vec::new(), Shared::default()),
        };
        Self { levels: Vec::new(), values }
    }

    /// Adds a cell; `None` if it has another type.
    fn push(&mut self, text: &str) -> Option<()> {
        self.levels.push(i16::from(!text.is_empty()));
        if text.is_empty() {
            return Some(());
        }
        match &mut self.values {
            Values::Bool(values) => values.push(truth(text)?),
            Values::Integer(values) => values.push(whole(text)?),
            Values::Unsigned(values) => values.push(text.parse::<u64>().ok()?.cast_signed()),
            Values::Real(values) => values.push(text.parse().ok()?),
            Values::Text(values, shared) => values.push(shared.get(text)),
        }
        Some(())
    }

    fn write(&mut self, column: SerializedColumnWriter<'_>) -> Result<()> {
        match &mut self.values {
            Values::Bool(values) => write::<BoolType>(column, values, &self.levels)?,
            Values::Integer(values) | Values::Unsigned(values) => {
                write::<Int64Type>(column, values, &self.levels)?;
            }
            Values::Real(values) => write::<DoubleType>(column, values, &self.levels)?,
            Values::Text(values, _) => write::<ByteArrayType>(column, values, &self.levels)?,
        }
        self.levels.clear();
        Ok(())
    }
}

fn write<T: DataType>(
    mut column: SerializedColumnWriter<'_>,
    values: &mut Vec<T::T>,
    levels: &[i16],
) -> Result<()> {
    column.typed::<T>().write_batch(values, Some(levels), None)?;
    column.close()?;
    values.clear();
    Ok(())
}

/// Texts seen lately: a column of names repeats a few of them millions of times.
#[derive(Default)]
struct Shared {
    last: Option<ByteArray>,
    known: HashMap<String, ByteArray>,
}

impl Shared {
    fn get(&mut self, text: &str) -> ByteArray {
        if let Some(last) = self.last.as_ref().filter(|last| last.data() == text.as_bytes()) {
            return last.clone();
        }
        let found = match self.known.get(text) {
            Some(known) => known.clone(),
            None => {
                if self.known.len() >= MOST_SHARED {
                    self.known.clear();
                }
                let new = ByteArray::from(text.as_bytes().to_vec());
                self.known.insert(text.to_owned(), new.clone());
                new
            }
        };
        self.last = Some(found.clone());
        found
    }
}
