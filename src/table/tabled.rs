//! A problem whose evaluations come from a table.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rl_env::design::{Design, DesignSpace};
use rl_env::problem::{self, Metric, Outcome, Problem};

use super::{Subject, Table, size};
use crate::usage::Usage;

/// Rows that are simulated again before a table is believed: it may be older than the simulator.
const PROBES: usize = 3;

/// A problem with a [`Table`] of its outcomes. What the table lacks is simulated.
///
/// Beside the table it takes 4 bytes for each point of the space: the row of every design whose canonical form has
/// been asked for once.
pub struct Tabled {
    inner: Arc<dyn Problem>,
    table: Table,
    /// By rank: 0 for not known yet, else the row and one more.
    rows: Vec<AtomicU32>,
}

impl Tabled {
    /// Ties a table to the problem known as `subject`.
    ///
    /// # Errors
    /// If it is of another subject, or a row is not what the simulator says.
    pub fn new(inner: Arc<dyn Problem>, subject: &Subject, table: Table) -> anyhow::Result<Self> {
        let about = &table.about;
        if about.subject != *subject {
            return Err(Usage::error(mismatch(&about.subject, subject)));
        }
        let Some(size) = size(inner.space()).filter(|n| u64::from(*n) == about.designs) else {
            return Err(Usage::error(format!("a table of {} designs is not of this space", about.designs)));
        };
        let rows: Vec<AtomicU32> = (0..size).map(|_| AtomicU32::new(0)).collect();
        for (row, rank) in table.ranks.iter().enumerate() {
            rows[*rank as usize].store(row as u32 + 1, Ordering::Relaxed);
        }
        let tabled = Self { inner, table, rows };
        tabled.probe()?;
        Ok(tabled)
    }

    fn probe(&self) -> anyhow::Result<()> {
        let last = self.table.len().saturating_sub(1);
        for row in (0..PROBES).map(|i| last * i / (PROBES - 1)).take(self.table.len()) {
            let rank = self.table.ranks[row];
            let design = self.inner.space().unrank(u128::from(rank));
            let simulated = design.map(|design| problem::evaluate(self.inner.as_ref(), &design));
            if simulated != self.table.outcome(row) {
                return Err(Usage::error(format!(
                    "row {row} is not what the simulator says (the table was made by version {}); make it anew with \
                     `enumerate`",
                    self.table.about.version
                )));
            }
        }
        Ok(())
    }

    /// The table.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// The row of a well-formed design; `None` if the table lacks it.
    pub fn row(&self, design: &Design) -> Option<usize> {
        let rank = usize::try_from(self.space().rank(design)?).ok()?;
        match self.rows.get(rank)?.load(Ordering::Relaxed) {
            0 => self.find(rank, design),
            row => Some(row as usize - 1),
        }
    }

    /// Through the canonical design, once.
    #[cold]
    fn find(&self, rank: usize, design: &Design) -> Option<usize> {
        let canonical = self.inner.canonical(design);
        let place = usize::try_from(self.space().rank(&canonical)?).ok()?;
        let row = self.rows.get(place)?.load(Ordering::Relaxed).checked_sub(1)?;
        // Another thread can only write the same.
        self.rows[rank].store(row + 1, Ordering::Relaxed);
        Some(row as usize)
    }

    /// Metrics of a well-formed design without a copy; `None` if it is infeasible or the table lacks it.
    pub fn metrics_of(&self, design: &Design) -> Option<&[f64]> {
        self.table.metrics(self.row(design)?)
    }
}

impl Problem for Tabled {
    fn space(&self) -> &DesignSpace {
        self.inner.space()
    }

    fn metrics(&self) -> &[Metric] {
        self.inner.metrics()
    }

    fn evaluate(&self, design: &Design) -> Outcome {
        let known = self.row(design).and_then(|row| self.table.outcome(row));
        known.unwrap_or_else(|| self.inner.evaluate(design))
    }

    fn canonical<'a>(&self, design: &'a Design) -> Cow<'a, Design> {
        let Some(row) = self.row(design) else { return self.inner.canonical(design) };
        let rank = u128::from(self.table.ranks[row]);
        if self.space().rank(design) == Some(rank) {
            return Cow::Borrowed(design);
        }
        self.space().unrank(rank).map_or_else(|| self.inner.canonical(design), Cow::Owned)
    }
}

/// What differs first.
fn mismatch(table: &Subject, wanted: &Subject) -> String {
    let workload = |subject: &Subject| match &subject.workload_hash {
        Some(hash) => format!("{} (content {hash})", subject.workload),
        None => subject.workload.clone(),
    };
    let parts = [
        ("environment", table.env.clone(), wanted.env.clone()),
        ("workload", workload(table), workload(wanted)),
        ("space", table.space.clone(), wanted.space.clone()),
        ("definition of the space", table.definition.clone(), wanted.definition.clone()),
    ];
    match parts.into_iter().find(|(_, table, wanted)| table != wanted) {
        Some((what, table, wanted)) => format!("the {what} of the table is {table}, not {wanted}"),
        None => "the table is of something else".to_owned(),
    }
}
