//! What a sample does not say itself: which run it belongs to, joined from `runs.csv`.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::rc::Rc;

use anyhow::Result;
use csv::StringRecord;

use super::csv_file::CsvRows;
use super::rows::Rows;
use crate::usage::Usage;

/// The columns of `runs.csv` that make a table of samples stand alone, in this order.
pub const LABELS: [&str; 8] =
    ["env", "env_version", "workload", "space", "objective", "agent", "ticket", "seed"];

/// The labels of a run; empty where nothing is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels(pub [Rc<str>; LABELS.len()]);

impl Default for Labels {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Rc::from("")))
    }
}

impl Labels {
    /// The label called `name` in [`LABELS`].
    pub fn get(&self, name: &str) -> &str {
        LABELS.iter().position(|label| *label == name).map_or("", |at| &self.0[at])
    }
}

/// The runs of a sweep's directory.
#[derive(Debug, Default)]
pub struct RunTable {
    runs: HashMap<String, Rc<Labels>>,
    /// Environments in the order in which they first occur.
    pub envs: Vec<String>,
}

impl RunTable {
    /// Reads `runs.csv`.
    ///
    /// # Errors
    /// If it is malformed or lacks a column.
    pub fn read(path: &Path) -> Result<Self> {
        let mut rows = CsvRows::open(path, &())?;
        let column = |name: &str| {
            let at = rows.header().iter().position(|known| known == name);
            at.ok_or_else(|| Usage::error(format!("{}:1: column `{name}` is missing", path.display())))
        };
        let id = column("run_id")?;
        let at = LABELS.iter().map(|name| column(name)).collect::<Result<Vec<_>>>()?;
        let (mut table, mut names) = (Self::default(), Names::default());
        let mut row = StringRecord::new();
        while rows.next(&mut row)? {
            let labels = Labels(std::array::from_fn(|i| names.share(&row[at[i]])));
            if !table.envs.iter().any(|env| **env == *labels.0[0]) {
                table.envs.push(labels.0[0].to_string());
            }
            table.runs.insert(row[id].to_owned(), Rc::new(labels));
        }
        Ok(table)
    }

    /// Labels of every run.
    pub fn labels(&self) -> impl Iterator<Item = &Labels> {
        self.runs.values().map(Rc::as_ref)
    }
}

/// Keeps one copy of each text: a sweep has many runs but few names.
#[derive(Default)]
struct Names(HashSet<Rc<str>>);

impl Names {
    fn share(&mut self, text: &str) -> Rc<str> {
        if let Some(known) = self.0.get(text) {
            return Rc::clone(known);
        }
        let name: Rc<str> = text.into();
        self.0.insert(Rc::clone(&name));
        name
    }
}

/// Finds the labels of each row of one table.
pub struct Labeller {
    table: Option<Rc<RunTable>>,
    /// For each label its column, if the table holds them itself.
    columns: [Option<usize>; LABELS.len()],
    run_id: usize,
    /// Run of the row last seen; most rows belong to the same run as the one before.
    last: Option<String>,
    labels: Rc<Labels>,
    unknown: Rc<Labels>,
    known: bool,
}

impl Labeller {
    /// For rows with the columns `header`. Labels in the table itself win over those of its sweep; `env` is what
    /// the file name says, for want of anything better.
    pub fn new(header: &[String], run_id: usize, table: Option<Rc<RunTable>>, env: &str) -> Self {
        let columns = LABELS.map(|label| header.iter().position(|name| name == label));
        let mut unknown = Labels::default();
        unknown.0[0] = env.into();
        unknown.0[1] = rl_env::registry::version_of(env).unwrap_or_default().into();
        let unknown = Rc::new(unknown);
        let labels = Rc::clone(&unknown);
        Self { table, columns, run_id, last: None, labels, unknown, known: false }
    }

    /// Whether the table says itself what its rows belong to.
    pub fn stands_alone(&self) -> bool {
        self.columns[0].is_some()
    }

    /// The labels of a row, and whether its run is known.
    pub fn label(&mut self, row: &StringRecord) -> (&Rc<Labels>, bool) {
        if self.stands_alone() {
            self.read(row);
            return (&self.labels, true);
        }
        let id = &row[self.run_id];
        if self.last.as_deref() != Some(id) {
            let found = self.table.as_ref().and_then(|table| table.runs.get(id));
            self.known = found.is_some();
            self.labels = Rc::clone(found.unwrap_or(&self.unknown));
            self.last = Some(id.to_owned());
        }
        (&self.labels, self.known)
    }

    fn read(&mut self, row: &StringRecord) {
        let cell = |at: Option<usize>| at.and_then(|at| row.get(at)).unwrap_or_default();
        let same = self.columns.iter().zip(&self.labels.0).all(|(at, label)| *cell(*at) == **label);
        if !same {
            let known = &self.labels.0;
            let share = |i: usize| match cell(self.columns[i]) {
                text if *text == *known[i] => Rc::clone(&known[i]),
                text => text.into(),
            };
            self.labels = Rc::new(Labels(std::array::from_fn(share)));
        }
    }
}
