//! Whether a matrix looks as the model assumes.

use std::fmt;

use super::beta::ln_choose;
use super::consensus::Consensus;
use super::matrix::{PassMatrix, distance};

/// Most words compared in search of near-equal rows or columns; larger matrices are compared in part.
const WORK: usize = 1 << 26;
/// Rows this similar are near-duplicates: one verdict in ten differs (or a single one).
const NEAR: f64 = 0.1;
/// Part of the candidates that have to be near others before a warning.
const SPLINTERED: f64 = 0.2;
/// φ coefficient from which two verdicts count as one.
const CORRELATED: f64 = 0.9;

/// A reason to doubt the ranking.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Warning {
    /// A single candidate: nothing was chosen.
    Single,
    /// No candidate passes anything, or all pass everything.
    Constant,
    /// All candidates have the same row.
    AllAlike,
    /// Every candidate has a row of its own: agreement says nothing.
    NoAgreement,
    /// The largest set differs from others by few verdicts: perhaps one correct set, splintered.
    Splintered {
        /// Sets near it.
        sets: usize,
        /// Candidates in these.
        candidates: usize,
    },
    /// Many candidates differ from another by few verdicts: perhaps copies that share mistakes.
    NearDuplicates {
        /// Such pairs of sets.
        pairs: usize,
        /// Sets compared.
        compared: usize,
    },
    /// Verdicts that say the same as others, so that mistakes count twice.
    CorrelatedColumns {
        /// Columns that repeat an earlier one (φ of at least 0.9), with the earlier one.
        columns: Vec<(usize, usize)>,
    },
    /// Several sets have the best score.
    Tied {
        /// How many.
        sets: usize,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Single => write!(f, "a single candidate: nothing was chosen"),
            Self::Constant => write!(f, "all verdicts are equal: they tell nothing apart"),
            Self::AllAlike => write!(f, "all candidates have the same verdicts: nothing tells them apart"),
            Self::NoAgreement => {
                write!(f, "no two candidates agree on all verdicts: consensus says nothing here")
            }
            Self::Splintered { sets, candidates } => write!(
                f,
                "splintered: {sets} sets ({candidates} candidates) differ from the largest by at most a tenth of \
                 the verdicts; correct candidates may be divided among them"
            ),
            Self::NearDuplicates { pairs, compared } => write!(
                f,
                "near-duplicates: {pairs} pairs among {compared} sets differ in at most a tenth of the verdicts; \
                 copies of one mistake count as agreement"
            ),
            Self::CorrelatedColumns { columns } => {
                let some: Vec<String> =
                    columns.iter().take(5).map(|(a, b)| format!("{a} repeats {b}")).collect();
                let more = if columns.len() > 5 { ", …" } else { "" };
                write!(
                    f,
                    "correlated verdicts: {} of the columns repeat earlier ones ({}{more}, counted from 0); a \
                     mistake that they share counts once for each",
                    columns.len(),
                    some.join(", ")
                )
            }
            Self::Tied { sets } => write!(f, "tied: {sets} sets have the best score"),
        }
    }
}

/// Reasons to doubt what any strategy makes of a matrix.
pub fn diagnose(matrix: &PassMatrix) -> Vec<Warning> {
    let consensus = Consensus::of(matrix);
    let mut warnings = Vec::new();
    if matrix.rows() == 1 {
        warnings.push(Warning::Single);
        return warnings;
    }
    let passes: u64 = (0..matrix.rows()).map(|i| matrix.row_passes(i)).sum();
    if passes == 0 || passes == matrix.rows() as u64 * matrix.columns() as u64 {
        warnings.push(Warning::Constant);
    } else if consensus.sets.len() == 1 {
        warnings.push(Warning::AllAlike);
    } else {
        if consensus.sets.len() == matrix.rows() {
            warnings.push(Warning::NoAgreement);
        }
        warnings.extend(near_rows(matrix, &consensus));
        let columns = distinct(matrix, &consensus).map_or(Vec::new(), |rows| correlated(&rows, CORRELATED));
        if !columns.is_empty() {
            warnings.push(Warning::CorrelatedColumns { columns });
        }
    }
    warnings
}

/// One row of each set: candidates that agree on everything would make any two verdicts look alike.
fn distinct(matrix: &PassMatrix, consensus: &Consensus) -> Option<PassMatrix> {
    let first: Vec<usize> = consensus.sets.iter().map(|set| set.candidates[0]).collect();
    let all: Vec<usize> = (0..matrix.columns()).collect();
    matrix.part(&first, &all).ok()
}

fn near_rows(matrix: &PassMatrix, consensus: &Consensus) -> Vec<Warning> {
    let near = ((matrix.columns() as f64 * NEAR) as u64).max(1);
    let mut sets: Vec<(usize, &[u64])> =
        consensus.sets.iter().map(|set| (set.candidates.len(), matrix.row(set.candidates[0]))).collect();
    sets.sort_by_key(|(size, _)| std::cmp::Reverse(*size));
    let words = matrix.columns().div_ceil(64);
    sets.truncate((libm::sqrt((2 * WORK / words) as f64) as usize).max(2));
    // Two of very few verdicts differ little by chance.
    if matrix.columns() < 10 {
        return Vec::new();
    }
    let mut warnings = Vec::new();
    let close = |a: usize, b: usize| distance(sets[a].1, sets[b].1) <= near;
    let around: Vec<usize> = (1..sets.len()).filter(|other| close(0, *other)).collect();
    let candidates: usize = around.iter().map(|other| sets[*other].0).sum();
    if candidates as f64 >= SPLINTERED * sets[0].0 as f64 && !around.is_empty() {
        warnings.push(Warning::Splintered { sets: around.len(), candidates });
    }
    let rest = 1..sets.len();
    let pairs = rest.clone().map(|a| (a + 1..sets.len()).filter(|b| close(a, *b)).count()).sum::<usize>();
    if pairs as f64 >= SPLINTERED * sets.len() as f64 {
        warnings.push(Warning::NearDuplicates { pairs, compared: sets.len() });
    }
    warnings
}

/// Columns that repeat an earlier one, with it: their φ coefficient is at least `threshold`, and so many rows would not
/// agree by chance. Past a limit on work, columns are compared with the first few only.
pub(super) fn correlated(matrix: &PassMatrix, threshold: f64) -> Vec<(usize, usize)> {
    let turned = matrix.transposed();
    let (rows, words) = (matrix.rows() as f64, matrix.rows().div_ceil(64));
    let all: Vec<usize> = (0..matrix.columns()).collect();
    let ones: Vec<f64> = all.iter().map(|j| turned.row_passes(*j) as f64).collect();
    let most = (WORK / words / all.len()).max(1);
    // Of all pairs of columns with this many passes, one in a hundred matrices has a pair that is equal by chance.
    let pairs = all.len() as f64 * (all.len() as f64 - 1.0) / 2.0;
    let telling = |j: usize| ln_choose(rows, ones[j]) >= libm::log(100.0 * pairs.max(1.0));
    let mut kept: Vec<usize> = Vec::new();
    let mut repeats = Vec::new();
    for &j in all.iter().filter(|j| telling(**j)) {
        let alike = |i: &&usize| {
            let (a, b) = (ones[**i], ones[j]);
            // Cells where both pass, from the number of those that differ.
            let both = (a + b - distance(turned.row(**i), turned.row(j)) as f64) / 2.0;
            let spread = libm::sqrt(a * (rows - a) * b * (rows - b));
            (rows * both - a * b) / spread >= threshold
        };
        match kept.iter().take(most).find(alike) {
            Some(&earlier) => repeats.push((j, earlier)),
            None => kept.push(j),
        }
    }
    repeats
}
