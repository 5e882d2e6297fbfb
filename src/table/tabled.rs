//! A problem whose evaluations come from a table.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rl_env::design::{Design, DesignSpace, Kind, Parameter, Value};
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
    digits: Vec<Digit>,
}

/// How the value of a parameter adds to the rank of a design: [`DesignSpace::rank`] with everything computed before
/// that can be, because a look-up costs little else.
enum Digit {
    Switch { stride: usize },
    Choice { stride: usize },
    Integer { low: i64, stride: usize },
    PowerOfTwo { low: u32, stride: usize },
    Other { kind: Kind, stride: usize },
}

impl Digit {
    /// The digits of a space that has fewer than 2³² designs.
    fn all(space: &DesignSpace) -> Vec<Self> {
        let mut stride = 1;
        let digit = |parameter: &Parameter| {
            let own = stride;
            let count = parameter.kind.cardinality().and_then(|n| usize::try_from(n).ok());
            stride = own * count.unwrap_or(1);
            match &parameter.kind {
                Kind::Bool => Self::Switch { stride: own },
                Kind::Choice { .. } => Self::Choice { stride: own },
                Kind::Integer { low, .. } => Self::Integer { low: *low, stride: own },
                Kind::PowerOfTwo { low, .. } => Self::PowerOfTwo { low: low.trailing_zeros(), stride: own },
                kind => Self::Other { kind: kind.clone(), stride: own },
            }
        };
        let mut digits: Vec<Self> = space.parameters().iter().rev().map(digit).collect();
        digits.reverse();
        digits
    }

    /// What a value of the parameter adds to the rank.
    fn of(&self, value: &Value) -> Option<usize> {
        Some(match (self, value) {
            (_, Value::Inactive) => 0,
            (Self::Switch { stride }, Value::Bool(b)) => usize::from(*b) * stride,
            (Self::Choice { stride }, Value::Choice(i)) => *i as usize * stride,
            (Self::Integer { low, stride }, Value::Integer(i)) => i.abs_diff(*low) as usize * stride,
            (Self::PowerOfTwo { low, stride }, Value::Integer(i)) => {
                (i.trailing_zeros() - low) as usize * stride
            }
            (Self::Other { kind, stride }, value) => {
                usize::try_from(kind.rank_of_value(value)?).ok()? * stride
            }
            _ => return None,
        })
    }
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
        let digits = Digit::all(inner.space());
        let tabled = Self { inner, table, rows, digits };
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
        let rank = self.rank(design)?;
        match self.rows.get(rank)?.load(Ordering::Relaxed) {
            0 => self.find(rank, design),
            row => Some(row as usize - 1),
        }
    }

    fn rank(&self, design: &Design) -> Option<usize> {
        self.digits.iter().zip(&design.0).try_fold(0, |rank, (digit, value)| Some(rank + digit.of(value)?))
    }

    /// Through the canonical design, once.
    #[cold]
    fn find(&self, rank: usize, design: &Design) -> Option<usize> {
        let place = self.rank(&self.inner.canonical(design))?;
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
        let rank = self.table.ranks[row];
        if self.rank(design) == Some(rank as usize) {
            return Cow::Borrowed(design);
        }
        self.space().unrank(rank.into()).map_or_else(|| self.inner.canonical(design), Cow::Owned)
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
