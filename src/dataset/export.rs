//! `dataset export`: CSV to Parquet and back.
//!
//! CSV is read twice: once to find the types and the notation of each column, once to convert. What is needed to
//! write the same bytes again is kept in the metadata of the Parquet file.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use csv::StringRecord;
use rl_env::design;

use super::csv_file::CsvRows;
use super::declared;
use super::inputs::Input;
use super::labels::LABELS;
use super::output::{Output, cannot_write};
use super::parquet_rows::{METADATA, ParquetRows};
use super::parquet_writer::ParquetWriter;
use super::profile::{Profile, profile};
use super::rows::{Format, Rows, Watch};
use crate::usage::Usage;

/// What an export came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Exported {
    /// Rows written.
    pub rows: u64,
    /// Columns written.
    pub columns: usize,
    /// Whether the way back gives (or gave) the very bytes of the CSV file; `None` if that file is not known.
    pub same_bytes: Option<bool>,
    /// Columns whose numbers the way back writes differently, in value the same.
    pub respelt: Vec<String>,
}

/// Converts a CSV table, or the samples of a sweep with one environment, to Parquet, or Parquet to CSV.
///
/// # Errors
/// If the source is malformed, or something cannot be read or written.
pub fn export(source: &Path, out: &Path, watch: &dyn Watch) -> Result<Exported> {
    let source = table(source)?;
    match (Format::of(&source)?, Format::of(out)?) {
        (Format::Csv, Format::Parquet) => {
            let sources = vec![Source::of(&source)?];
            let origin =
                Origin { declared: declared_in(&source)?, csv_blake3: sources[0].blake3.clone(), sources };
            to_parquet(&source, out, &origin, watch)
        }
        (Format::Parquet, Format::Csv) => to_csv(&source, out, watch),
        _ => Err(Usage::error(format!(
            "{} and {} have the same format; export converts between .csv and .parquet",
            source.display(),
            out.display()
        ))),
    }
}

/// The one table that a path stands for.
fn table(path: &Path) -> Result<PathBuf> {
    if !path.is_dir() {
        let there = path.exists().then(|| path.to_owned());
        return there
            .ok_or_else(|| Usage::error(format!("{}: there is no such file or directory", path.display())));
    }
    let tables = Input::of(path)?;
    match &tables[..] {
        [only] => Ok(only.path.clone()),
        all => {
            let names: Vec<String> = all.iter().map(|input| input.path.display().to_string()).collect();
            Err(Usage::error(format!(
                "{} holds the samples of {} environments; name one: {}",
                path.display(),
                all.len(),
                names.join(", ")
            )))
        }
    }
}

/// Kinds of the parameters that a table may hold.
pub type Declared = BTreeMap<String, design::Kind>;

/// What the environments of a table declare: those of its sweep, or the one that the file is named after.
fn declared_in(path: &Path) -> Result<Declared> {
    let mut kinds = Kinds::default();
    for input in Input::of(path)? {
        kinds.include(&input);
    }
    Ok(kinds.agreed())
}

/// Collects declarations; a name that is declared in two ways has no kind.
#[derive(Debug, Default)]
pub struct Kinds(BTreeMap<String, Option<design::Kind>>);

impl Kinds {
    /// Adds what is declared for a table.
    pub fn include(&mut self, input: &Input) {
        let mut variants: Vec<[&str; 3]> = match &input.runs {
            Some(runs) => {
                runs.labels().map(|l| [l.get(LABELS[0]), l.get("workload"), l.get("space")]).collect()
            }
            None => vec![[input.env(), "", ""]],
        };
        variants.sort_unstable();
        variants.dedup();
        for [env, workload, space] in variants {
            for space in declared::spaces(env, workload, space) {
                space.parameters().iter().for_each(|parameter| self.add(&parameter.name, &parameter.kind));
            }
        }
    }

    fn add(&mut self, name: &str, kind: &design::Kind) {
        // Ranges do not matter here: whole numbers of another range are whole numbers all the same.
        let alike = |known: &design::Kind| {
            known == kind
                || declared::is_whole(known) && declared::is_whole(kind)
                || is_real(known) && is_real(kind)
        };
        match self.0.get_mut(name) {
            None => {
                self.0.insert(name.to_owned(), Some(kind.clone()));
            }
            Some(known) => *known = known.take().filter(alike),
        }
    }

    /// The kinds on which all agree.
    pub fn agreed(self) -> Declared {
        self.0.into_iter().filter_map(|(name, kind)| Some((name, kind?))).collect()
    }
}

fn is_real(kind: &design::Kind) -> bool {
    matches!(kind, design::Kind::Real { .. } | design::Kind::LogReal { .. })
}

/// A file that went into a Parquet file.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Source {
    /// Its name as given.
    pub path: String,
    /// BLAKE3 of its bytes.
    pub blake3: String,
}

impl Source {
    /// Hashes a file.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn of(path: &Path) -> Result<Self> {
        let mut hasher = blake3::Hasher::new();
        let read = File::open(path).and_then(|file| hasher.update_reader(file).map(|_| ()));
        read.with_context(|| format!("cannot read {}", path.display()))?;
        Ok(Self { path: path.display().to_string(), blake3: hasher.finalize().to_hex().to_string() })
    }
}

/// Where the rows of a CSV file come from.
#[derive(Debug)]
pub(super) struct Origin {
    pub(super) declared: Declared,
    pub(super) sources: Vec<Source>,
    /// Hash of the CSV file itself.
    pub(super) csv_blake3: String,
}

/// Converts the CSV file at `path`.
pub(super) fn to_parquet(path: &Path, out: &Path, origin: &Origin, watch: &dyn Watch) -> Result<Exported> {
    let bytes = fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?.len();
    watch.begin(2 * bytes);
    // First of all: who cannot write there should not have to wait for it.
    let output = Output::create(out)?;
    let found = profile(&mut CsvRows::open(path, watch)?, &origin.declared)?;
    let mut rows = CsvRows::open(path, watch)?;
    let mut writer = ParquetWriter::new(output, &found.columns).with_context(|| cannot_write(out))?;
    let (mut row, mut count) = (StringRecord::new(), 0);
    while rows.next(&mut row)? {
        writer.push(&row).with_context(|| cannot_write(out))?;
        count += 1;
    }
    let line_end = LineEnd::of(&found, bytes);
    let exact = line_end.is_some() && found.columns.iter().all(|column| column.exact);
    let metadata = metadata(&found, origin, line_end.filter(|_| exact))?;
    writer.finish(metadata).with_context(|| cannot_write(out))?.commit()?;
    let respelt = found.columns.iter().filter(|column| !column.exact).map(|column| column.name.clone());
    Ok(Exported {
        rows: count,
        columns: found.columns.len(),
        same_bytes: Some(exact),
        respelt: respelt.collect(),
    })
}

fn metadata(
    found: &Profile,
    origin: &Origin,
    line_end: Option<LineEnd>,
) -> Result<Vec<(&'static str, String)>> {
    let mut metadata = vec![
        ("sweepstake.version", env!("CARGO_PKG_VERSION").to_owned()),
        ("sweepstake.sources", serde_json::to_string(&origin.sources)?),
        ("sweepstake.columns", serde_json::to_string(&found.columns)?),
    ];
    if let Some(line_end) = line_end {
        metadata.push(("sweepstake.csv_blake3", origin.csv_blake3.clone()));
        metadata.push(("sweepstake.line_end", line_end.name().to_owned()));
    }
    debug_assert!(metadata.iter().all(|(key, _)| key.starts_with(METADATA)));
    Ok(metadata)
}

/// How the lines of a CSV file end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LineEnd {
    Lf,
    CrLf,
}

impl LineEnd {
    /// Told by the length of the file; `None` if no way of writing its cells gives that length.
    fn of(found: &Profile, bytes: u64) -> Option<Self> {
        if bytes == found.plain_bytes {
            Some(Self::Lf)
        } else {
            (bytes == found.plain_bytes + found.rows + 1).then_some(Self::CrLf)
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Lf => "lf",
            Self::CrLf => "crlf",
        }
    }

    fn terminator(self) -> csv::Terminator {
        match self {
            Self::Lf => csv::Terminator::Any(b'\n'),
            Self::CrLf => csv::Terminator::CRLF,
        }
    }
}

fn to_csv(path: &Path, out: &Path, watch: &dyn Watch) -> Result<Exported> {
    watch.begin(fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?.len());
    let mut rows = ParquetRows::open(path, watch)?;
    let source = rows.metadata("csv_blake3").map(str::to_owned);
    let line_end = if rows.metadata("line_end") == Some("crlf") { LineEnd::CrLf } else { LineEnd::Lf };
    let tee = Tee { out: Output::create(out)?, hasher: blake3::Hasher::new() };
    let mut writer =
        csv::WriterBuilder::new().terminator(line_end.terminator()).buffer_capacity(1 << 16).from_writer(tee);
    let (mut row, mut count) = (StringRecord::new(), 0);
    writer.write_record(rows.header()).with_context(|| cannot_write(out))?;
    while rows.next(&mut row)? {
        writer.write_record(&row).with_context(|| cannot_write(out))?;
        count += 1;
    }
    let tee = writer.into_inner().map_err(|error| error.into_error()).with_context(|| cannot_write(out))?;
    let hash = tee.hasher.finalize().to_hex().to_string();
    tee.out.commit()?;
    Ok(Exported {
        rows: count,
        columns: rows.header().len(),
        same_bytes: source.map(|source| source == hash),
        respelt: Vec::new(),
    })
}

/// Hashes what it writes.
struct Tee {
    out: Output,
    hasher: blake3::Hasher,
}

impl Write for Tee {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let n = self.out.write(buffer)?;
        self.hasher.update(&buffer[..n]);
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
