//! The buffer of outputs: what leaves the array, line by line, and when the array waits for DRAM.

use std::collections::VecDeque;

use super::array::{Array, Dataflow};
use super::demand::{Folds, laid_out};
use super::report::Traffic;
use super::work::Work;

/// How many outputs leave the array in each line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outputs {
    dataflow: Dataflow,
    /// Rows and columns of the array; rows, columns and time of the product.
    array: [i64; 2],
    product: [i64; 3],
}

impl Outputs {
    pub(super) fn new(array: &Array, work: &Work) -> Outputs {
        let product = laid_out(array, work).map(|side| side as i64);
        Outputs { dataflow: array.dataflow, array: [array.rows.into(), array.columns.into()], product }
    }

    /// Words of a line of a fold: an anti-diagonal of the block of outputs.
    pub(super) fn words(&self, fold: [usize; 2], line: usize) -> u64 {
        let ([rows, columns], [down, across, time]) = (self.array, self.product);
        let used_columns = columns.min(across - fold[1] as i64 * columns);
        let used_rows = rows.min(down - fold[0] as i64 * rows);
        // Column c has its word of row `x - c` of the block, `first` to `last` being the rows with one.
        let (x, first, last) = match self.dataflow {
            Dataflow::Os => (line as i64 - (time - 1), rows - used_rows, rows - 1),
            Dataflow::Ws | Dataflow::Is => (line as i64 - (2 * rows - 1), 0, time - 1),
        };
        let (from, to) = ((x - last).max(0), (x - first).min(used_columns - 1));
        (to - from + 1).max(0) as u64
    }

    /// All words.
    pub(super) fn total(&self, folds: &Folds) -> u64 {
        let [down, across, time] = self.product.map(|side| side as u64);
        match self.dataflow {
            Dataflow::Os => down * across,
            Dataflow::Ws | Dataflow::Is => folds.rows * across * time,
        }
    }

    /// The first and the last line, counted over all folds, with an output.
    pub(super) fn ends(&self, folds: &Folds) -> [i64; 2] {
        let (first, last) = (0, folds.count() - 1);
        let some = |fold: u64, line: &u64| self.words(folds.at(fold), *line as usize) > 0;
        let from = (0..folds.lines).find(|line| some(first, line)).unwrap_or_default();
        let to = (0..folds.lines).rev().find(|line| some(last, line)).unwrap_or_default();
        [from as i64, (last * folds.lines + to) as i64]
    }
}

/// A double buffer that is drained in rows as wide as DRAM takes in a cycle.
#[derive(Debug, Default)]
pub(super) struct WriteBuffer {
    bytes: i64,
    free: i64,
    width: u64,
    /// Words of the row that is being filled.
    open: u64,
    /// Runs of rows that wait, and the blanks of the last of each.
    rows: VecDeque<(u64, u64)>,
    /// Rows of half a buffer.
    batch: u64,
    drain_end: i64,
    traffic: Traffic,
    drained: bool,
}

impl WriteBuffer {
    pub(super) fn start(&mut self, bytes: u64, bandwidth: u64) {
        self.rows.clear();
        *self = WriteBuffer {
            bytes: bytes as i64,
            free: bytes as i64,
            width: bandwidth,
            batch: (bytes / 2).div_ceil(bandwidth),
            rows: std::mem::take(&mut self.rows),
            ..WriteBuffer::default()
        };
    }

    fn queue(&mut self, rows: u64, blanks: u64) {
        match self.rows.back_mut() {
            Some((run, 0)) if rows > 0 => {
                *run += rows;
                self.rows.back_mut().into_iter().for_each(|run| run.1 = blanks);
            }
            _ if rows > 0 => self.rows.push_back((rows, blanks)),
            _ => {}
        }
    }

    fn close(&mut self) {
        if self.open > 0 {
            self.queue(1, self.width - self.open);
            self.open = 0;
        }
    }

    /// Takes at most a batch of rows: how many, and the words that count as written (blanks do, but for the last row's).
    fn take(&mut self) -> (i64, u64) {
        let (mut taken, mut blanks) = (0, 0);
        while let Some((run, last)) = self.rows.front_mut().filter(|_| taken < self.batch) {
            let rows = (*run).min(self.batch - taken);
            taken += rows;
            *run -= rows;
            blanks = 0;
            if *run == 0 {
                blanks = *last;
                self.rows.pop_front();
            }
        }
        (taken as i64, taken * self.width - blanks)
    }

    fn drain(&mut self, cycle: i64) -> i64 {
        let (rows, words) = self.take();
        if !self.drained {
            self.traffic.start = cycle;
            self.traffic.stop = cycle + rows - 1;
        }
        self.drained = true;
        self.traffic.accesses += words;
        self.traffic.stop = self.traffic.stop.max(cycle + rows - 1);
        self.free += words as i64;
        cycle + rows
    }

    pub(super) fn fill(&mut self, words: u64) {
        self.free -= words as i64;
        let filled = self.open + words;
        self.queue(filled / self.width, 0);
        self.open = filled % self.width;
    }

    /// The array writes a line in a cycle; answers how long it waits. Words go in one by one; those between two
    /// events go in together.
    pub(super) fn write(&mut self, mut words: u64, from: i64) -> i64 {
        let mut cycle = from;
        while words > 0 {
            // The word that uses up the buffer during a drain, or its first half outside one, is an event.
            let draining = cycle < self.drain_end;
            let room = if draining { self.free } else { self.free - self.bytes / 2 + 1 };
            let quiet = (room.max(1) as u64).min(words);
            self.fill(quiet);
            words -= quiet;
            if draining {
                if self.free <= 0 {
                    cycle = self.drain_end;
                }
            } else if self.free < self.bytes / 2 {
                self.close();
                self.drain_end = self.drain(cycle) - 1;
            }
        }
        cycle - from
    }

    /// Drains the rest, from a cycle on.
    pub(super) fn finish(&mut self, mut cycle: i64) -> Traffic {
        self.close();
        while !self.rows.is_empty() {
            cycle = self.drain(cycle);
        }
        if !self.drained {
            (self.traffic.start, self.traffic.stop) = (cycle, cycle);
        }
        self.traffic
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(bytes: u64, bandwidth: u64, words: u64) -> Traffic {
        let mut buffer = WriteBuffer::default();
        buffer.start(bytes, bandwidth);
        for cycle in 0..words as i64 {
            buffer.write(1, cycle);
        }
        buffer.finish(words as i64)
    }

    #[test]
    fn half_a_buffer_drains_once_a_word_more_than_half_is_in() {
        assert_eq!(filled(1024, 4, 512), Traffic { start: 512, stop: 639, accesses: 512 });
        assert_eq!(filled(1024, 4, 513).start, 512);
    }

    #[test]
    fn blanks_of_a_row_in_the_middle_of_a_batch_count_as_words() {
        // Word 513 is padded to a row that stays behind, first of the next batch.
        assert_eq!(filled(1024, 4, 513 + 8).accesses, 513 + 8 + 3);
        // With 52 rows wanted, the padded row is the last that is taken, and its blanks do not count.
        assert_eq!(filled(1024, 10, 513).accesses, 513);
    }

    #[test]
    fn words_written_together_drain_as_words_written_one_by_one() {
        for (bandwidth, line) in [(1, 7), (3, 64), (16, 13), (100, 700)] {
            let (mut together, mut apart) = (WriteBuffer::default(), WriteBuffer::default());
            together.start(1024, bandwidth);
            apart.start(1024, bandwidth);
            let mut cycle = 0;
            for _ in 0..200 {
                let waits = together.write(line, cycle);
                let waited = (0..line).fold(0, |waited, _| waited + apart.write(1, cycle + waited));
                assert_eq!(waits, waited);
                cycle += 1 + waits;
            }
            assert_eq!(together.finish(cycle), apart.finish(cycle));
        }
    }
}
