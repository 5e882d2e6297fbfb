//! The model that B4 assumes, to draw matrices from.

use super::error::SelectionError;
use super::matrix::PassMatrix;
use super::posterior::Thetas;

/// How large a matrix is and how its verdicts come about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scenario {
    /// Candidates.
    pub candidates: usize,
    /// Tests.
    pub tests: usize,
    /// The four probabilities.
    pub thetas: Thetas,
}

/// A matrix with the truth behind it.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    /// The verdicts.
    pub matrix: PassMatrix,
    /// Which candidates are correct.
    pub correct: Vec<bool>,
    /// Which tests are correct.
    pub sound: Vec<bool>,
}

impl Drawn {
    /// Whether there is something to choose: some candidate is correct and some is not.
    pub fn is_open(&self) -> bool {
        self.correct.contains(&true) && self.correct.contains(&false)
    }
}

impl Default for Scenario {
    /// 10 candidates, 30 tests, θx = 0.2, θy = 0.3, θ1 = 0.4, θ0 = 0.1: the simulation of the B4 paper.
    fn default() -> Self {
        let thetas = Thetas { x: 0.2, y: 0.3, one: 0.4, zero: 0.1 };
        Self { candidates: 10, tests: 30, thetas }
    }
}

impl Scenario {
    /// Draws a matrix. `uniform` gives numbers in [0, 1): candidates take theirs first, then tests, then cells by row.
    ///
    /// # Errors
    /// For a size that [`PassMatrix::zeros`] refuses, or a probability that is none.
    pub fn draw(&self, mut uniform: impl FnMut() -> f64) -> Result<Drawn, SelectionError> {
        let thetas = self.thetas.checked()?;
        let mut matrix = PassMatrix::zeros(self.candidates, self.tests)?;
        let correct: Vec<bool> = (0..self.candidates).map(|_| uniform() < thetas.x).collect();
        let sound: Vec<bool> = (0..self.tests).map(|_| uniform() < thetas.y).collect();
        for (i, correct) in correct.iter().enumerate() {
            for (j, sound) in sound.iter().enumerate() {
                let chance = if *sound { thetas.one } else { thetas.zero };
                if if *correct { *sound } else { uniform() < chance } {
                    matrix.pass(i, j);
                }
            }
        }
        Ok(Drawn { matrix, correct, sound })
    }
}
