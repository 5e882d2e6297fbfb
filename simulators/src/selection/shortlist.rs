//! Which designs to check again, from the pass/fail verdicts of several cheap models against a target.
//!
//! Sound only while good designs behave alike on every verdict. What can be seen is dealt with: the same design counts
//! once, verdicts that repeat others count once, and some verdicts are held out to check the choice.

use std::collections::BTreeMap;

use super::diagnosis::{Warning, correlated, diagnose};
use super::error::SelectionError;
use super::matrix::PassMatrix;
use super::strategy::{Ranking, Strategy};

/// φ coefficient from which a verdict repeats another.
const REPEATS: f64 = 0.95;

/// Verdicts on designs, as asked for.
#[derive(Debug, Clone, Copy)]
pub struct Verdicts<'a> {
    /// Designs × verdicts.
    pub matrix: &'a PassMatrix,
    /// What tells designs apart, one for each row: equal texts are the same design.
    pub designs: &'a [String],
    /// Columns that the choice must not see.
    pub held_out: &'a [usize],
}

/// Designs to be checked again.
#[derive(Debug, Clone, PartialEq)]
pub struct Shortlist {
    /// Sets of rows of the matrix given, duplicates of designs left out.
    pub ranking: Ranking,
    /// Columns that the choice saw.
    pub used: Vec<usize>,
    /// Columns left out because they repeat an earlier one, with that one.
    pub repeated: Vec<(usize, usize)>,
    /// Rows left out because an earlier one is the same design.
    pub duplicates: usize,
    /// Part of the held-out verdicts that the chosen designs pass, and that all designs pass; none without such verdicts.
    pub held_out: Option<(f64, f64)>,
    /// Reasons for doubt.
    pub warnings: Vec<Warning>,
}

/// Chooses the designs to check again.
///
/// # Errors
/// If the number of designs is not that of rows, a held-out column is not there, none is left to choose by, or two rows of one
/// design disagree.
pub fn shortlist(verdicts: Verdicts<'_>, strategy: &Strategy) -> Result<Shortlist, SelectionError> {
    let Verdicts { matrix, designs, held_out } = verdicts;
    let refuse = |problem: String| SelectionError::Choice { problem };
    if designs.len() != matrix.rows() {
        return Err(refuse(format!("{} designs for {} rows of verdicts", designs.len(), matrix.rows())));
    }
    if let Some(beyond) = held_out.iter().find(|column| **column >= matrix.columns()) {
        let columns = matrix.columns();
        return Err(refuse(format!("held-out verdict {beyond} is not there; there are {columns}")));
    }
    let rows = distinct(matrix, designs)?;
    let seen: Vec<usize> = (0..matrix.columns()).filter(|column| !held_out.contains(column)).collect();
    if seen.is_empty() {
        return Err(refuse("all verdicts are held out; keep one at least to choose by".into()));
    }
    let visible = matrix.part(&rows, &seen)?;
    let repeated: Vec<(usize, usize)> =
        correlated(&visible, REPEATS).into_iter().map(|(a, b)| (seen[a], seen[b])).collect();
    let used: Vec<usize> =
        seen.into_iter().filter(|column| !repeated.iter().any(|(again, _)| again == column)).collect();
    let judged = matrix.part(&rows, &used)?;
    let mut ranking = strategy.rank(&judged);
    let back = |chosen: &mut Vec<usize>| chosen.iter_mut().for_each(|row| *row = rows[*row]);
    ranking.sets.iter_mut().for_each(|set| back(&mut set.candidates));
    back(&mut ranking.top);
    let share = |rows: &[usize]| {
        let cells = rows.iter().flat_map(|row| held_out.iter().map(move |column| (*row, *column)));
        let passed = cells.filter(|(row, column)| matrix.passes(*row, *column)).count();
        passed as f64 / (rows.len() * held_out.len()) as f64
    };
    let checked = (!held_out.is_empty()).then(|| (share(&ranking.top), share(&rows)));
    let (duplicates, warnings) = (matrix.rows() - rows.len(), diagnose(&judged));
    Ok(Shortlist { ranking, used, repeated, duplicates, held_out: checked, warnings })
}

/// The first row of each design.
fn distinct(matrix: &PassMatrix, designs: &[String]) -> Result<Vec<usize>, SelectionError> {
    let mut first: BTreeMap<&str, usize> = BTreeMap::new();
    let mut rows = Vec::new();
    for (row, design) in designs.iter().enumerate() {
        match first.get(design.as_str()) {
            Some(earlier) if matrix.row(*earlier) != matrix.row(row) => {
                let problem = format!(
                    "rows {} and {} are the same design with different verdicts; verdicts have to be deterministic",
                    earlier + 1,
                    row + 1
                );
                return Err(SelectionError::Choice { problem });
            }
            Some(_) => {}
            None => {
                first.insert(design, row);
                rows.push(row);
            }
        }
    }
    Ok(rows)
}
