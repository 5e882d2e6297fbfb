//! A run: line by line where something may wait, by closed forms where nothing can.

use super::SystolicError;
use super::array::{Array, Bandwidth};
use super::demand::{Folds, Operand, Which};
use super::read_buffer::{ReadBuffer, unlimited};
use super::report::{Compute, Memory, Report, Traffic, Transfers};
use super::work::Work;
use super::write_buffer::{Outputs, WriteBuffer};

/// Storage that is used again.
#[derive(Debug, Default)]
pub struct Scratch {
    operands: [Operand; 2],
    reads: [ReadBuffer; 2],
    write: WriteBuffer,
    seen: Vec<u32>,
}

/// Most words of a sequence that a buffer is filled with.
const MOST_SEQUENCE: u64 = 1 << 28;

/// Most words that a run asks for one by one: a few minutes.
const MOST_REQUESTS: u64 = 1 << 35;

/// Runs a layer on an array, with SCALE-Sim's timing: exact waits for DRAM if the array states a bandwidth, none
/// otherwise.
///
/// # Errors
/// An array that [`Array::checked`] refuses, a layer too large to follow word by word, or a buffer that would wait
/// forever.
pub fn simulate(array: &Array, work: &Work, scratch: &mut Scratch) -> Result<Report, SystolicError> {
    let array = array.checked()?;
    let run = Run {
        array: &array,
        compute: Compute::new(&array, work),
        folds: Folds::new(&array, work),
        outputs: Outputs::new(&array, work),
        memories: memories(&array, work)?,
    };
    for (operand, which) in scratch.operands.iter_mut().zip([Which::Ifmap, Which::Filter]) {
        operand.lay(which, &array, work);
    }
    let timing = match array.bandwidth {
        None => run.unlimited(scratch)?,
        Some(bandwidth) => run.limited(bandwidth, scratch)?,
    };
    Ok(run.report(work, timing))
}

fn memories(array: &Array, work: &Work) -> Result<[Memory; 2], SystolicError> {
    let [_, n, k] = work.product();
    let (sequence, distinct) = work.fetched();
    let memory = |kb: u32, bandwidth: Option<u32>, [sequence, distinct, addresses]: [u64; 3]| {
        let bandwidth = bandwidth.unwrap_or_default();
        Memory { bytes: u64::from(kb) * 1024, bandwidth, sequence, distinct, addresses }
    };
    let ifmap_bandwidth = array.bandwidth.map(|bandwidth| bandwidth.ifmap);
    let filter_bandwidth = array.bandwidth.map(|bandwidth| bandwidth.filter);
    let memories = [
        memory(array.ifmap_kb, ifmap_bandwidth, [sequence, distinct, work.ifmap_words()]),
        memory(array.filter_kb, filter_bandwidth, [n * k; 3]),
    ];
    match memories.iter().all(|memory| memory.sequence <= MOST_SEQUENCE) {
        true => Ok(memories),
        false => Err(SystolicError::TooLarge { quantity: "words of an operand", limit: MOST_SEQUENCE }),
    }
}

struct Run<'a> {
    array: &'a Array,
    compute: Compute,
    folds: Folds,
    outputs: Outputs,
    memories: [Memory; 2],
}

/// What simulation adds to the closed forms. Times of inputs, filters and outputs.
#[derive(Default)]
struct Timing {
    stalls: i64,
    sram: [[i64; 2]; 3],
    dram: [Traffic; 3],
}

impl Run<'_> {
    fn check(&self, requests: u64) -> Result<(), SystolicError> {
        match requests <= MOST_REQUESTS {
            true => Ok(()),
            false => Err(SystolicError::TooLarge { quantity: "words requested", limit: MOST_REQUESTS }),
        }
    }

    /// First and last line of every kind of data with a word.
    fn ends(&self, operands: &[Operand; 2]) -> [[i64; 2]; 3] {
        let [ifmap, filter] = operands;
        [ifmap.ends(&self.folds), filter.ends(&self.folds), self.outputs.ends(&self.folds)]
    }

    /// The cycles of these lines if nothing waits: a read takes one more.
    fn undisturbed([ifmap, filter, ofmap]: [[i64; 2]; 3]) -> [[i64; 2]; 3] {
        [ifmap.map(|line| line + 1), filter.map(|line| line + 1), ofmap]
    }

    fn unlimited(&self, scratch: &mut Scratch) -> Result<Timing, SystolicError> {
        let lines = self.compute.cycles + 1;
        self.check(lines + self.compute.sram_accesses[0] + self.compute.sram_accesses[1])?;
        let mut timing = Timing { sram: Run::undisturbed(self.ends(&scratch.operands)), ..Timing::default() };
        for (place, operand) in scratch.operands.iter().enumerate() {
            timing.dram[place] = unlimited(operand, &self.folds, &self.memories[place], &mut scratch.seen);
        }
        let written = self.outputs.total(&self.folds);
        let bytes = u64::from(self.array.ofmap_kb) * 1024;
        scratch.write.start(bytes, self.array.columns.into());
        match written <= bytes / 2 {
            true => scratch.write.fill(written),
            false => self.each_line(|at, line, cycle| {
                scratch.write.write(self.outputs.words(at, line), cycle);
                Ok(())
            })?,
        }
        timing.dram[2] = scratch.write.finish(self.compute.cycles as i64);
        Ok(timing)
    }

    fn each_line(
        &self,
        mut each: impl FnMut([usize; 2], usize, i64) -> Result<(), SystolicError>,
    ) -> Result<(), SystolicError> {
        let mut index = 0;
        for fold in 0..self.folds.count() {
            let at = self.folds.at(fold);
            for line in 0..self.folds.lines as usize {
                each(at, line, index)?;
                index += 1;
            }
        }
        Ok(())
    }

    fn limited(&self, bandwidth: Bandwidth, scratch: &mut Scratch) -> Result<Timing, SystolicError> {
        let Scratch { operands, reads, write, .. } = scratch;
        for place in 0..2 {
            reads[place].start(["ifmap", "filter"][place], &operands[place], &self.memories[place]);
        }
        let bytes = u64::from(self.array.ofmap_kb) * 1024;
        let written = self.outputs.total(&self.folds);
        write.start(bytes, bandwidth.ofmap.into());
        let ends = self.ends(operands);
        let mut timing = Timing { sram: Run::undisturbed(ends), ..Timing::default() };
        let held = written <= bytes / 2;
        if held {
            write.fill(written);
        }
        if !held || !reads.iter().all(ReadBuffer::fits) {
            self.follow(scratch, held, ends, &mut timing)?;
        }
        for place in 0..2 {
            timing.dram[place] = scratch.reads[place].traffic();
        }
        timing.dram[2] = scratch.write.finish(self.compute.cycles as i64 + timing.stalls);
        Ok(timing)
    }

    /// Follows every line. `held`: all outputs are in their buffer, which never waits.
    fn follow(
        &self,
        scratch: &mut Scratch,
        held: bool,
        ends: [[i64; 2]; 3],
        timing: &mut Timing,
    ) -> Result<(), SystolicError> {
        let Scratch { operands, reads, write, .. } = scratch;
        let waiting = [0, 1].map(|place| !reads[place].fits());
        let words = |place: usize| if waiting[place] { self.compute.sram_accesses[place] } else { 0 };
        self.check(self.compute.cycles + words(0) + words(1))?;
        self.each_line(|at, line, index| {
            let cycle = index + timing.stalls;
            let mut waits = [0; 3];
            for place in 0..2 {
                if waiting[place] {
                    waits[place] = reads[place].request(&operands[place], at, line, cycle)?;
                }
            }
            if !held {
                waits[2] = write.write(self.outputs.words(at, line), cycle);
            }
            for (place, wait) in waits.into_iter().enumerate() {
                for (time, end) in timing.sram[place].iter_mut().zip(ends[place]) {
                    if index == end {
                        *time = cycle + wait + i64::from(place < 2);
                    }
                }
            }
            timing.stalls += waits[0].max(waits[1]).max(waits[2]);
            Ok(())
        })
    }

    fn report(&self, work: &Work, timing: Timing) -> Report {
        let cycles = self.compute.cycles + timing.stalls as u64;
        let transfers = |place: usize| {
            let [start, stop] = timing.sram[place];
            let accesses = self.compute.sram_accesses[place];
            Transfers { sram: Traffic { start, stop, accesses }, dram: timing.dram[place] }
        };
        let elements = f64::from(self.array.rows) * f64::from(self.array.columns);
        let [ifmap, filter, ofmap] = [0, 1, 2].map(transfers);
        Report {
            cycles,
            stall_cycles: timing.stalls as u64,
            overall_cycles: ofmap.dram.stop - ifmap.dram.start.min(filter.dram.start),
            utilization_percent: 100.0 * work.macs() as f64 / (cycles.max(1) as f64 * elements),
            compute: self.compute,
            ifmap,
            filter,
            ofmap,
        }
    }
}
