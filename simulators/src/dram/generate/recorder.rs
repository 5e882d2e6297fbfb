//! Records the memory traffic of a kernel behind a cache of 32 KiB, 8 ways.

use super::cache::{Cache, LINE};
use crate::dram::workload::{Access, Trace};

/// Arrays of a kernel start at multiples of this, far apart.
pub(super) const REGION: u64 = 1 << 26;

/// Records until the trace has its length.
#[derive(Debug)]
pub(super) struct Recorder {
    cache: Cache,
    accesses: Vec<Access>,
    wanted: usize,
    cycle: u64,
}

impl Recorder {
    pub(super) fn new(wanted: usize) -> Recorder {
        Recorder { cache: Cache::new(64, 8), accesses: Vec::with_capacity(wanted), wanted, cycle: 0 }
    }

    pub(super) fn is_full(&self) -> bool {
        self.accesses.len() >= self.wanted
    }

    /// Load element `index` of array `array`, of `size` bytes each.
    pub(super) fn load(&mut self, array: u64, index: usize, size: u64) {
        self.touch(array, index, size, false);
    }

    /// Store element `index` of array `array`, of `size` bytes each.
    pub(super) fn store(&mut self, array: u64, index: usize, size: u64) {
        self.touch(array, index, size, true);
    }

    /// Every access takes a cycle, hit or miss; the memory decides how long misses really take.
    fn touch(&mut self, array: u64, index: usize, size: u64, write: bool) {
        self.cycle += 1;
        let outcome = self.cache.access(array * REGION + index as u64 * size, write);
        let lines = [(outcome.fill, false), (outcome.write_back, true)];
        for (line, write) in lines.into_iter().filter_map(|(line, write)| Some((line?, write))) {
            if !self.is_full() {
                self.accesses.push(Access { cycle: self.cycle, address: line * LINE, write });
            }
        }
    }

    /// Let time pass, for accesses that wait for the data of the last one.
    pub(super) fn wait(&mut self, cycles: u64) {
        self.cycle += cycles;
    }

    pub(super) fn finish(self) -> Trace {
        Trace { accesses: self.accesses }
    }
}
