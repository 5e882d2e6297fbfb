//! Growing a sweep: runs that are on disk already are taken over into a larger plan.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Context as _, Result};

use super::{RUNS, Segment, WORK, samples_path};
use crate::dataset::columns::{Finished, SampleColumns};
use crate::dataset::output::cannot_write;
use crate::plan::Plan;

/// Turns the runs in the tables of `dir` into segments of `plan`. Answers false, with nothing changed, if one of them
/// is not part of the plan.
///
/// The tables stay as they are until the new manifest says that they are to be written anew. Cut off before that, the
/// next start does this again; cut off after it, the segments count.
pub(super) fn take_over(dir: &Path, plan: &Plan) -> Result<bool> {
    let runs = finished_runs(&dir.join(RUNS))?;
    let planned: HashMap<&str, usize> =
        plan.runs.iter().enumerate().map(|(i, run)| (run.id.as_str(), i)).collect();
    if runs.iter().any(|finished| !planned.contains_key(finished.run_id.as_str())) {
        return Ok(false);
    }
    let work = dir.join(WORK);
    let _ = fs::remove_dir_all(&work);
    fs::create_dir_all(&work).with_context(|| cannot_write(&work))?;
    let columns = SampleColumns::of(&plan.instances);
    let mut tables: HashMap<&str, Samples> = HashMap::new();
    for finished in &runs {
        let env = plan.runs[planned[finished.run_id.as_str()]].spec.env.as_str();
        let table = match tables.entry(env) {
            std::collections::hash_map::Entry::Occupied(open) => open.into_mut(),
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert(Samples::open(&samples_path(dir, env), &columns[env].header())?)
            }
        };
        if !table.copy(dir, finished)? {
            break;
        }
    }
    Ok(true)
}

/// The complete rows of `runs.csv`.
fn finished_runs(path: &Path) -> Result<Vec<Finished>> {
    let Ok(mut reader) = csv::ReaderBuilder::new().flexible(true).from_path(path) else {
        return Ok(Vec::new());
    };
    let header = reader.headers()?.clone();
    let read = |record: csv::StringRecord| {
        Finished::read(&|name| header.iter().position(|known| known == name).and_then(|at| record.get(at)))
    };
    Ok(reader.records().map_while(|record| record.ok().and_then(read)).collect())
}

/// The samples of one environment, read in order and rewritten for other columns.
struct Samples {
    reader: BufReader<File>,
    /// For each new column, the old one.
    columns: Vec<Option<usize>>,
}

impl Samples {
    fn open(path: &Path, header: &str) -> Result<Self> {
        let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut reader = BufReader::with_capacity(1 << 18, file);
        let mut old = String::new();
        reader.read_line(&mut old)?;
        let old: Vec<&str> = old.trim_end().split(',').collect();
        let columns = header.split(',').map(|name| old.iter().position(|known| *known == name)).collect();
        Ok(Self { reader, columns })
    }

    /// Copies the next run into its segment; false if its samples are not all there.
    fn copy(&mut self, dir: &Path, finished: &Finished) -> Result<bool> {
        let mut segment = Segment::create(dir, &finished.run_id)?;
        let mut line = String::new();
        for _ in 0..finished.samples {
            line.clear();
            self.reader.read_line(&mut line)?;
            // No cell of a sample holds a comma, so none is quoted.
            let Some(row) = line.strip_suffix('\n').filter(|row| row.starts_with(&finished.run_id)) else {
                return Ok(false);
            };
            let cells: Vec<&str> = row.split(',').collect();
            let next: Vec<&str> = self
                .columns
                .iter()
                .map(|at| at.and_then(|at| cells.get(at)).copied().unwrap_or_default())
                .collect();
            segment.write(&(next.join(",") + "\n"))?;
        }
        segment.finish(finished)?;
        Ok(true)
    }
}
