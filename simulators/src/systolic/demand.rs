//! Which words the array asks for, line by line: a line is a cycle in which nothing waits.
//!
//! Both operands are matrices whose addresses are the sum of one of the row and one of the column. A streamed operand
//! enters skewed, so that a line is an anti-diagonal of its block; a stationary one enters row by row, upside down.

use super::array::{Array, Dataflow};
use super::work::Work;

/// The rows or the columns of an operand.
#[derive(Debug, Default)]
struct Axis {
    addresses: Vec<u32>,
    /// Row and column in the input; empty if nothing sticks out of it.
    places: Vec<[u32; 2]>,
}

impl Axis {
    fn fill(&mut self, ragged: bool, items: impl Iterator<Item = (u32, [u32; 2])>) {
        self.addresses.clear();
        self.places.clear();
        for (address, place) in items {
            self.addresses.push(address);
            if ragged {
                self.places.push(place);
            }
        }
    }

    fn len(&self) -> usize {
        self.addresses.len()
    }
}

/// How an operand enters the array.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Form {
    /// Skewed, once the stationary operand is in; which of the two folds chooses its block.
    Streamed { lead: usize, fold: usize },
    /// Row by row before anything streams; the row fold chooses rows, the column fold columns.
    #[default]
    Stationary,
}

/// The folds of a product on an array; columns of folds are outer.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Folds {
    /// Row folds.
    pub(super) rows: u64,
    /// Column folds.
    pub(super) columns: u64,
    /// Lines of each.
    pub(super) lines: u64,
}

/// Rows, columns and time of the product, as the dataflow lays it out.
pub(super) fn laid_out(array: &Array, work: &Work) -> [u64; 3] {
    let [m, n, k] = work.product();
    match array.dataflow {
        Dataflow::Os => [m, n, k],
        Dataflow::Ws => [k, n, m],
        Dataflow::Is => [k, m, n],
    }
}

impl Folds {
    pub(super) fn new(array: &Array, work: &Work) -> Folds {
        let [across, down, time] = laid_out(array, work);
        let (rows, columns) = (u64::from(array.rows), u64::from(array.columns));
        let lines = match array.dataflow {
            Dataflow::Os => time + rows + columns - 2,
            Dataflow::Ws | Dataflow::Is => time + 2 * rows + columns - 2,
        };
        Folds { rows: across.div_ceil(rows), columns: down.div_ceil(columns), lines }
    }

    /// Number of folds.
    pub(super) fn count(&self) -> u64 {
        self.rows * self.columns
    }

    /// Row fold and column fold, in their order in time.
    pub(super) fn at(&self, fold: u64) -> [usize; 2] {
        [(fold % self.rows) as usize, (fold / self.rows) as usize]
    }
}

/// An operand that is read.
#[derive(Debug, Default)]
pub(super) struct Operand {
    down: Axis,
    across: Axis,
    width: usize,
    rows: usize,
    form: Form,
    /// Height and width of the input.
    bounds: [u32; 2],
}

/// Which operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    Ifmap,
    Filter,
}

/// A line: a run of columns, and rows that go back by one (an anti-diagonal) or not at all with each column.
#[derive(Debug, Clone, Copy)]
struct Run {
    row: usize,
    column: usize,
    length: usize,
}

impl Operand {
    /// Lays the operand of a layer out.
    pub(super) fn lay(&mut self, which: Which, array: &Array, work: &Work) {
        let (rows, columns) = (array.rows as usize, array.columns as usize);
        (self.form, self.width) = match (which, array.dataflow) {
            (Which::Ifmap, Dataflow::Os) => (Form::Streamed { lead: 0, fold: 0 }, rows),
            (Which::Filter, Dataflow::Os) => (Form::Streamed { lead: 0, fold: 1 }, columns),
            (Which::Ifmap, Dataflow::Ws) | (Which::Filter, Dataflow::Is) => {
                (Form::Streamed { lead: rows, fold: 0 }, rows)
            }
            (Which::Filter, Dataflow::Ws) | (Which::Ifmap, Dataflow::Is) => (Form::Stationary, columns),
        };
        self.rows = rows;
        self.bounds = work.ifmap();
        let [_, n, k] = work.product().map(|side| side as u32);
        let inner = (0..k).map(|k| (k, [0, 0]));
        let filters = (0..n).map(|n| (n * k, [0, 0]));
        let ragged = which == Which::Ifmap && work.ragged();
        match (which, array.dataflow) {
            (Which::Ifmap, Dataflow::Ws) => {
                self.down.fill(ragged, work.windows());
                self.across.fill(ragged, work.taps());
            }
            (Which::Ifmap, _) => {
                self.down.fill(ragged, work.taps());
                self.across.fill(ragged, work.windows());
            }
            (Which::Filter, Dataflow::Is) => {
                self.down.fill(false, filters);
                self.across.fill(false, inner);
            }
            (Which::Filter, _) => {
                self.down.fill(false, inner);
                self.across.fill(false, filters);
            }
        }
    }

    fn ragged(&self) -> bool {
        !self.down.places.is_empty()
    }

    /// The word of a row and a column; none outside the input.
    fn word(&self, row: usize, column: usize) -> Option<u32> {
        if self.ragged() {
            let (a, b) = (self.down.places[row], self.across.places[column]);
            if a[0] + b[0] >= self.bounds[0] || a[1] + b[1] >= self.bounds[1] {
                return None;
            }
        }
        Some(self.down.addresses[row] + self.across.addresses[column])
    }

    /// First column of a block, and how many it has.
    fn block(&self, block: usize) -> (usize, usize) {
        let first = block * self.width;
        (first, self.width.min(self.across.len() - first))
    }

    fn run(&self, fold: [usize; 2], line: usize) -> Option<Run> {
        match self.form {
            Form::Streamed { lead, fold: which } => {
                let (first, used) = self.block(fold[which]);
                let time = line.checked_sub(lead)?;
                let skipped = (time + 1).saturating_sub(self.down.len());
                let length = used.min(time + 1).checked_sub(skipped).filter(|length| *length > 0)?;
                Some(Run { row: time - skipped, column: first + skipped, length })
            }
            Form::Stationary => {
                let row = fold[0] * self.rows + (self.rows - 1).checked_sub(line)?;
                let (column, length) = self.block(fold[1]);
                (row < self.down.len()).then_some(Run { row, column, length })
            }
        }
    }

    /// Asks for the words of a line of a fold, in the order of columns, as long as `each` says so.
    #[inline]
    pub(super) fn line(&self, fold: [usize; 2], line: usize, mut each: impl FnMut(u32) -> bool) -> bool {
        let Some(Run { row, column, length }) = self.run(fold, line) else { return true };
        let streamed = self.form != Form::Stationary;
        if self.ragged() {
            let step = usize::from(streamed);
            return (0..length).filter_map(|i| self.word(row - i * step, column + i)).all(each);
        }
        let across = &self.across.addresses[column..column + length];
        if streamed {
            let down = &self.down.addresses[row + 1 - length..=row];
            return down.iter().rev().zip(across).all(|(row, column)| each(row + column));
        }
        let row = self.down.addresses[row];
        across.iter().all(|column| each(row + column))
    }

    /// Whether a line asks for nothing.
    fn blank(&self, fold: [usize; 2], line: usize) -> bool {
        self.line(fold, line, |_| false)
    }

    /// The first and the last line, counted over all folds, that ask for a word.
    pub(super) fn ends(&self, folds: &Folds) -> [i64; 2] {
        let asks = |fold: u64, line: u64| !self.blank(folds.at(fold), line as usize);
        let flat = |fold: u64, line: u64| (fold * folds.lines + line) as i64;
        let lines = |fold: u64| (0..folds.lines).map(move |line| (fold, line));
        let first = (0..folds.count()).flat_map(lines).find(|(fold, line)| asks(*fold, *line));
        let backwards = |fold: u64| (0..folds.lines).rev().map(move |line| (fold, line));
        let last = (0..folds.count()).rev().flat_map(backwards).find(|(fold, line)| asks(*fold, *line));
        [first, last].map(|end| end.map_or(0, |(fold, line)| flat(fold, line)))
    }

    /// Places of the sequence in which the buffer is filled, those without a word included.
    pub(super) fn places(&self) -> u64 {
        let blocks = self.across.len().div_ceil(self.width) as u64;
        blocks * self.down.len() as u64 * self.width as u64
    }

    /// The words of that sequence. The blocks stand on top of each other; streamed ones are read along the
    /// anti-diagonals of the whole, from the lowest row up, stationary ones row by row.
    pub(super) fn sequence(&self, words: &mut Vec<u32>) {
        words.clear();
        let height = self.down.len();
        let rows = height * self.across.len().div_ceil(self.width);
        let mut push = |row: usize, column: usize| {
            let place = row / height * self.width + column;
            if place < self.across.len() {
                words.extend(self.word(row % height, place));
            }
        };
        if self.form == Form::Stationary {
            for row in 0..rows {
                (0..self.width).for_each(|column| push(row, column));
            }
            return;
        }
        for diagonal in 0..rows + self.width - 1 {
            let lowest = diagonal.min(rows - 1);
            let highest = (diagonal + 1).saturating_sub(self.width);
            (highest..=lowest).rev().for_each(|row| push(row, diagonal - row));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operand(which: Which, dataflow: Dataflow) -> (Operand, Folds) {
        let array =
            Array { rows: 2, columns: 2, dataflow, ifmap_kb: 1, filter_kb: 1, ofmap_kb: 1, bandwidth: None };
        let work = Work::gemm(3, 2, 2).unwrap();
        let mut operand = Operand::default();
        operand.lay(which, &array, &work);
        (operand, Folds::new(&array, &work))
    }

    /// Words of each line of all folds.
    fn lines(which: Which, dataflow: Dataflow) -> Vec<Vec<u32>> {
        let (operand, folds) = operand(which, dataflow);
        let mut lines = Vec::new();
        for fold in 0..folds.count() {
            for line in 0..folds.lines {
                let mut words = Vec::new();
                operand.line(folds.at(fold), line as usize, |word| {
                    words.push(word);
                    true
                });
                lines.push(words);
            }
        }
        lines
    }

    #[test]
    fn a_streamed_operand_enters_along_anti_diagonals() {
        let expected: [&[u32]; 8] = [&[0], &[1, 2], &[3], &[], &[4], &[5], &[], &[]];
        assert_eq!(lines(Which::Ifmap, Dataflow::Os), expected);
    }

    #[test]
    fn a_stationary_operand_enters_upside_down() {
        let expected: [&[u32]; 7] = [&[1, 3], &[0, 2], &[], &[], &[], &[], &[]];
        assert_eq!(lines(Which::Filter, Dataflow::Ws), expected);
        // The other one waits until it is in.
        let expected: [&[u32]; 7] = [&[], &[], &[0], &[2, 1], &[4, 3], &[5], &[]];
        assert_eq!(lines(Which::Ifmap, Dataflow::Ws), expected);
    }

    #[test]
    fn buffers_fill_along_the_anti_diagonals_of_all_blocks() {
        let (operand, _) = operand(Which::Ifmap, Dataflow::Os);
        let mut words = Vec::new();
        operand.sequence(&mut words);
        // Blocks of two rows (inner) and two columns (outputs): 0 2 / 1 3 and 4 - / 5 -.
        assert_eq!((words, operand.places()), (vec![0, 1, 2, 4, 3, 5], 8));
    }

    #[test]
    fn ends_are_the_first_and_last_line_with_a_word() {
        let (operand, folds) = operand(Which::Ifmap, Dataflow::Ws);
        assert_eq!(operand.ends(&folds), [2, 5]);
    }
}
