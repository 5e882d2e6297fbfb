//! Consensus sets: candidates with equal rows, which no verdict tells apart.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::matrix::{PassMatrix, each_pass};

/// A largest group of candidates with equal rows, and the counts that scores are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsensusSet {
    /// Its candidates, ascending.
    pub candidates: Vec<usize>,
    /// Tests that it passes.
    pub tests: u64,
    /// Passes of other candidates on these tests.
    pub passes_inside: u64,
    /// Passes of other candidates on the other tests.
    pub passes_outside: u64,
}

impl ConsensusSet {
    /// Number of candidates.
    pub fn size(&self) -> u64 {
        self.candidates.len() as u64
    }
}

/// All consensus sets of a matrix, in order of their first candidates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consensus {
    /// Candidates of the matrix.
    pub candidates: u64,
    /// Tests of the matrix.
    pub tests: u64,
    /// The sets.
    pub sets: Vec<ConsensusSet>,
}

impl Consensus {
    /// The sets of a matrix.
    pub fn of(matrix: &PassMatrix) -> Self {
        let mut sets = groups(matrix);
        let mut columns = vec![0_u64; matrix.columns()];
        for set in &mut sets {
            let (row, size) = (matrix.row(set.candidates[0]), set.size());
            each_pass(row, |j| columns[j] += size);
        }
        let total: u64 = columns.iter().sum();
        for set in &mut sets {
            // A = Σ of the column sums over the set's tests, s1 = A - n m, s0 = T - A.
            let (mut tests, mut popular) = (0, 0);
            each_pass(matrix.row(set.candidates[0]), |j| {
                tests += 1;
                popular += columns[j];
            });
            set.tests = tests;
            set.passes_inside = popular - set.size() * tests;
            set.passes_outside = total - popular;
        }
        Self { candidates: matrix.rows() as u64, tests: matrix.columns() as u64, sets }
    }
}

/// Candidates by row, in order of the first; counts are still 0.
fn groups(matrix: &PassMatrix) -> Vec<ConsensusSet> {
    let mut known: BTreeMap<&[u64], usize> = BTreeMap::new();
    let mut sets: Vec<ConsensusSet> = Vec::new();
    for i in 0..matrix.rows() {
        match known.entry(matrix.row(i)) {
            Entry::Occupied(place) => sets[*place.get()].candidates.push(i),
            Entry::Vacant(place) => {
                place.insert(sets.len());
                let candidates = vec![i];
                sets.push(ConsensusSet { candidates, tests: 0, passes_inside: 0, passes_outside: 0 });
            }
        }
    }
    sets
}
