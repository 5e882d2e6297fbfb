//! What the paths on a command line stand for: sweeps, or single tables.

use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Context as _, Result};
use csv::StringRecord;

use super::labels::{Labeller, RunTable};
use super::layout::Layout;
use super::rows::{self, Format, Rows, Watch};
use crate::store::RUNS;
use crate::usage::Usage;

/// One table of samples, with the runs of its sweep if they are known.
#[derive(Debug, Clone)]
pub struct Input {
    /// The table.
    pub path: PathBuf,
    /// `runs.csv` of the sweep it belongs to.
    pub runs: Option<Rc<RunTable>>,
}

impl Input {
    /// All tables that `paths` stand for, in their order.
    ///
    /// # Errors
    /// If a path is neither a sweep nor a table.
    pub fn all(paths: &[PathBuf]) -> Result<Vec<Self>> {
        let found = paths.iter().map(|path| Self::of(path)).collect::<Result<Vec<_>>>()?;
        Ok(found.into_iter().flatten().collect())
    }

    /// The tables that one path stands for.
    ///
    /// # Errors
    /// If it is neither a sweep nor a table.
    pub fn of(path: &Path) -> Result<Vec<Self>> {
        if path.is_dir() {
            return sweep(path);
        }
        if !path.exists() {
            return Err(Usage::error(format!("{}: there is no such file or directory", path.display())));
        }
        Format::of(path)?;
        let beside = path.parent().filter(|dir| dir.ends_with("samples")).and_then(Path::parent);
        let runs = match beside.map(|dir| dir.join(RUNS)).filter(|runs| runs.is_file()) {
            Some(runs) => Some(Rc::new(RunTable::read(&runs)?)),
            None => None,
        };
        Ok(vec![Self { path: path.to_owned(), runs }])
    }

    /// The environment that the file is named after, as sweeps do; empty for other names.
    pub fn env(&self) -> &str {
        let stem = self.path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        if sweepstake_envs::ENVS.iter().any(|entry| entry.id == stem) { stem } else { "" }
    }

    /// Its size on disk.
    ///
    /// # Errors
    /// If it cannot be seen.
    pub fn bytes(&self) -> Result<u64> {
        let data =
            fs::metadata(&self.path).with_context(|| format!("cannot read {}", self.path.display()))?;
        Ok(data.len())
    }

    /// Opens the table.
    ///
    /// # Errors
    /// If it cannot be read or holds no samples.
    pub fn open<'a>(&self, watch: &'a dyn Watch) -> Result<Samples<'a>> {
        let rows = rows::open(&self.path, watch)?;
        let layout = Layout::of(rows.header(), &self.path)?;
        let labeller = Labeller::new(rows.header(), layout.run_id, self.runs.clone(), self.env());
        Ok(Samples { rows, layout, labeller, row: StringRecord::new() })
    }
}

/// The samples of a sweep, environments in plan order.
fn sweep(dir: &Path) -> Result<Vec<Input>> {
    let (runs, samples) = (dir.join(RUNS), dir.join("samples"));
    if !runs.is_file() || !samples.is_dir() {
        return Err(Usage::error(format!(
            "{} is not the output of a sweep: it holds no {RUNS} with samples/",
            dir.display()
        )));
    }
    let runs = Rc::new(RunTable::read(&runs)?);
    let mut tables = Vec::new();
    for entry in fs::read_dir(&samples).with_context(|| format!("cannot read {}", samples.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "csv") {
            let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            let order = runs.envs.iter().position(|env| env == stem).unwrap_or(usize::MAX);
            tables.push((order, path));
        }
    }
    if tables.is_empty() {
        return Err(Usage::error(format!("{} holds no CSV files", samples.display())));
    }
    tables.sort();
    Ok(tables.into_iter().map(|(_, path)| Input { path, runs: Some(Rc::clone(&runs)) }).collect())
}

/// An open table of samples.
pub struct Samples<'a> {
    /// Its rows.
    pub rows: Box<dyn Rows + 'a>,
    /// Its columns.
    pub layout: Layout,
    /// What its rows belong to.
    pub labeller: Labeller,
    /// The row last read.
    pub row: StringRecord,
}

impl Samples<'_> {
    /// Reads the next row; false at the end.
    ///
    /// # Errors
    /// If the table is malformed.
    pub fn read(&mut self) -> Result<bool> {
        self.rows.next(&mut self.row)
    }

    /// The switch in column `at` of the row last read.
    ///
    /// # Errors
    /// As [`Layout::switch`].
    pub fn switch(&self, at: usize) -> Result<bool> {
        Layout::switch(self.rows.as_ref(), &self.row, at)
    }

    /// The number in column `at` of the row last read.
    ///
    /// # Errors
    /// As [`Layout::number`].
    pub fn number(&self, at: usize) -> Result<Option<f64>> {
        Layout::number(self.rows.as_ref(), &self.row, at)
    }

    /// The step of the row last read.
    ///
    /// # Errors
    /// If it is not a whole number.
    pub fn step(&self) -> Result<u64> {
        Layout::count(self.rows.as_ref(), &self.row, self.layout.step)
    }
}
