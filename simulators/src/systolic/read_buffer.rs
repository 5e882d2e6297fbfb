//! A buffer of inputs or filters that fetches ahead in a fixed order (USER mode) or whatever is missing (CALC mode).

use super::SystolicError;
use super::demand::{Folds, Operand};
use super::report::{Memory, Traffic};

/// The sequence is kept in lines of a hundredth of the buffer.
const LINES: u64 = 100;

/// Most words that come and go in a run: minutes of work, far beyond what the original ever finished.
const MOST_MOVED: u64 = 1 << 36;

/// Lines and words of a buffer.
#[derive(Debug, Clone, Copy, Default)]
struct Extent {
    /// Words of a line.
    words: u64,
    /// Lines of the sequence; the last may be empty.
    lines: u64,
    /// Lines held.
    held: u64,
    /// Lines that come and go with a move.
    step: u64,
}

impl Extent {
    fn new(bytes: u64, sequence: u64) -> Extent {
        let words = bytes.div_ceil(LINES);
        let half = (bytes / 2).div_ceil(words);
        let lines = sequence / words + 1;
        let held = lines.min(half);
        Extent { words, lines, held, step: (lines - held).min(half) }
    }
}

/// Half of a buffer is read while the other half is filled with what comes next in a fixed order. A word outside the
/// window moves it on, and the array waits.
#[derive(Debug, Default)]
pub(super) struct ReadBuffer {
    extent: Extent,
    /// The sequence in which the buffer is filled; empty if all of it fits.
    sequence: Vec<u32>,
    /// Lines of each word, one word after the other, and where those of each word end.
    places: Vec<u32>,
    ends: Vec<u32>,
    /// Of each word, how many times it is held.
    held: Vec<u32>,
    start: u64,
    /// Cycles and words of a move.
    cycles: i64,
    fetch: u64,
    /// The cycle in which the last move ends.
    last: i64,
    traffic: Traffic,
    /// Words that came and went.
    moved: u64,
    name: &'static str,
}

impl ReadBuffer {
    /// Fills half of the buffer, before cycle 0. `sequence` is the number of words of the sequence, `addresses` where
    /// they end.
    pub(super) fn start(&mut self, name: &'static str, operand: &Operand, memory: &Memory) {
        let half = memory.bytes / 2;
        let bandwidth = u64::from(memory.bandwidth);
        let rows = half.div_ceil(bandwidth);
        let first = rows.min(operand.places().div_ceil(bandwidth));
        self.name = name;
        self.extent = Extent::new(memory.bytes, memory.sequence);
        (self.start, self.last, self.moved) = (0, -1, 0);
        (self.cycles, self.fetch) = (rows as i64 + 1, rows * bandwidth);
        self.traffic = Traffic { start: -(first as i64), stop: -1, accesses: first * bandwidth };
        self.sequence.clear();
        self.held.clear();
        if self.fits() {
            return;
        }
        operand.sequence(&mut self.sequence);
        self.index(memory.addresses as usize);
        self.held.resize(memory.addresses as usize, 0);
        (0..self.extent.held).for_each(|line| self.count(line, 1));
    }

    /// Whether the whole sequence is held, so that nothing ever waits for it.
    pub(super) fn fits(&self) -> bool {
        self.extent.lines <= self.extent.held
    }

    /// A line of the sequence comes (1) or goes (-1).
    fn count(&mut self, line: u64, change: i32) {
        let words = self.extent.words as usize;
        let first = line as usize * words;
        let end = (first + words).min(self.sequence.len());
        for word in self.sequence.get(first..end).unwrap_or_default() {
            if let Some(held) = self.held.get_mut(*word as usize) {
                *held = held.wrapping_add_signed(change);
            }
        }
    }

    /// The window moves on so many times: what it held goes, what it then holds comes.
    fn slide(&mut self, moves: u64) {
        let Extent { lines, held, step, .. } = self.extent;
        // After a single move, part of it stays.
        let changed = if moves == 1 { step } else { held };
        let next = (self.start + moves * step) % lines;
        for line in 0..changed {
            self.count((self.start + line) % lines, -1);
        }
        for line in held - changed..held {
            self.count((next + line) % lines, 1);
        }
        self.start = next;
        self.moved += changed * self.extent.words;
    }

    /// Moves after which the window has a word; none if it never does.
    fn moves_until(&self, word: u32) -> Option<u64> {
        let Extent { lines, held, step, .. } = self.extent;
        let from = *self.ends.get(word as usize)? as usize;
        let to = *self.ends.get(word as usize + 1)? as usize;
        let places = self.places.get(from..to)?;
        let within = |moves: &u64| {
            let start = (self.start + moves * step) % lines;
            places.iter().any(|line| (u64::from(*line) + lines - start) % lines < held)
        };
        (1..=lines).find(within)
    }

    /// Notes in which lines each word is.
    fn index(&mut self, addresses: usize) {
        self.ends.clear();
        self.ends.resize(addresses + 2, 0);
        for word in &self.sequence {
            self.ends[*word as usize + 2] += 1;
        }
        for place in 2..self.ends.len() {
            self.ends[place] += self.ends[place - 1];
        }
        self.places.clear();
        self.places.resize(self.sequence.len(), 0);
        for (place, word) in self.sequence.iter().enumerate() {
            let end = &mut self.ends[*word as usize + 1];
            self.places[*end as usize] = (place as u64 / self.extent.words) as u32;
            *end += 1;
        }
    }

    fn holds(&self, word: u32) -> bool {
        self.held.get(word as usize).is_some_and(|held| *held > 0)
    }

    /// The array asks for a line in a cycle; answers how long it waits, which may be less than nothing.
    pub(super) fn request(
        &mut self,
        operand: &Operand,
        fold: [usize; 2],
        line: usize,
        cycle: i64,
    ) -> Result<i64, SystolicError> {
        let mut missing = false;
        operand.line(fold, line, |word| {
            missing |= !self.holds(word);
            true
        });
        if !missing {
            return Ok(0);
        }
        let mut offset = 1;
        let mut stuck = None;
        let (name, window) = (self.name, self);
        operand.line(fold, line, |word| {
            if window.holds(word) {
                return true;
            }
            let Some(moves) = window.moves_until(word).filter(|_| window.moved <= MOST_MOVED) else {
                stuck = Some(word);
                return false;
            };
            for _ in 0..moves {
                window.last += window.cycles;
                window.traffic.accesses += window.fetch;
                // A wait counts twice, an early arrival once, as in the original.
                let wait = window.last - (cycle + offset);
                offset += if wait > 0 { 2 * wait } else { wait };
            }
            window.slide(moves);
            true
        });
        match stuck {
            Some(word) => Err(SystolicError::LiveLock { operand: name, word, line: cycle }),
            None => Ok(offset - 1),
        }
    }

    /// What was read from DRAM.
    pub(super) fn traffic(&self) -> Traffic {
        Traffic { stop: self.last, ..self.traffic }
    }
}

/// Sets of words after which the buffer of CALC mode is emptied.
const SETS: u64 = 50;

/// Words a cycle that CALC mode assumes.
const ASSUMED: u64 = 10;

/// DRAM reads where bandwidth is whatever it takes: a missing word is read at once, and a full buffer is emptied.
/// `seen` is storage that is used again.
pub(super) fn unlimited(operand: &Operand, folds: &Folds, memory: &Memory, seen: &mut Vec<u32>) -> Traffic {
    let set = memory.bytes / LINES;
    let most = SETS * set;
    if memory.distinct < most {
        let cycles = (memory.distinct.div_ceil(set) * set).div_ceil(ASSUMED);
        return Traffic { start: -(cycles as i64), stop: -1, accesses: memory.distinct };
    }
    seen.clear();
    seen.resize(memory.addresses as usize, 0);
    let (mut filling, mut open, mut accesses, mut stop) = (1, 0, 0, 0);
    for fold in 0..folds.count() {
        for line in 0..folds.lines {
            operand.line(folds.at(fold), line as usize, |word| {
                if let Some(when) = seen.get_mut(word as usize).filter(|when| **when != filling) {
                    *when = filling;
                    (accesses, open) = (accesses + 1, open + 1);
                }
                if open == most {
                    (filling, open) = (filling + 1, 0);
                    stop = (fold * folds.lines + line) as i64 + 1;
                }
                true
            });
        }
    }
    let start = operand.ends(folds)[0] - most.div_ceil(ASSUMED) as i64;
    Traffic { start, stop, accesses }
}
