//! The memory traces of recorded runs, each read once and decoded once per memory system.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::Result;
use sweepstake_simulators::dram::config::System;
use sweepstake_simulators::dram::{Trace, Workload};

use super::table::Row;
use crate::traces;

/// A folder of traces.
#[derive(Debug)]
pub struct RecordedTraces {
    folder: PathBuf,
    read: HashMap<String, Rc<Trace>>,
    decoded: HashMap<(String, System), Rc<Workload>>,
}

impl RecordedTraces {
    /// The traces of a folder, `NAME.csv.gz` or `NAME.csv`.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), read: HashMap::new(), decoded: HashMap::new() }
    }

    /// The trace that a run names.
    ///
    /// # Errors
    /// If it is not there, or breaks a rule of its format.
    pub fn trace(&mut self, row: Row<'_>) -> Result<Rc<Trace>> {
        let name = row.get("trace");
        if let Some(known) = self.read.get(name) {
            return Ok(Rc::clone(known));
        }
        let packed = self.folder.join(format!("{name}.csv.gz"));
        let plain = self.folder.join(format!("{name}.csv"));
        let path = if packed.is_file() { packed } else { plain };
        if name.is_empty() || name.contains(['/', '\\']) || !path.is_file() {
            let problem = format!("no trace `{name}` (.csv or .csv.gz) in {}", self.folder.display());
            return Err(row.error(problem));
        }
        let trace = Rc::new(traces::read(&path)?);
        self.read.insert(name.to_owned(), Rc::clone(&trace));
        Ok(trace)
    }

    /// The trace that a run names, decoded for a memory system.
    ///
    /// # Errors
    /// As [`RecordedTraces::trace`], or if the system is invalid.
    pub fn workload(&mut self, row: Row<'_>, system: &System) -> Result<Rc<Workload>> {
        let key = (row.get("trace").to_owned(), system.clone());
        if let Some(known) = self.decoded.get(&key) {
            return Ok(Rc::clone(known));
        }
        let trace = self.trace(row)?;
        let workload = Rc::new(Workload::decode(&trace, system).map_err(|error| row.error(error))?);
        self.decoded.insert(key, Rc::clone(&workload));
        Ok(workload)
    }
}
