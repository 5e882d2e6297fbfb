//! Synthetic patterns after the traces of ArchGym's DRAM environment: reads of 64 bytes, one a cycle.

use crate::dram::workload::{Access, Trace};
use crate::random::Random;

const LINE: u64 = 64;
/// Random addresses lie in 1 GiB.
const SPAN_LINES: u64 = (1 << 30) / LINE;
/// Requests of one phase of the cloud patterns.
const PHASE: usize = 50;

fn trace(requests: usize, mut address: impl FnMut(usize) -> u64) -> Trace {
    let access = |place: usize| Access { cycle: place as u64, address: address(place) * LINE, write: false };
    Trace { accesses: (0..requests).map(access).collect() }
}

/// Sequential lines from address 0.
pub(super) fn stream(requests: usize) -> Trace {
    trace(requests, |place| place as u64)
}

/// Uniform random lines.
pub(super) fn random(requests: usize, seed: u64) -> Trace {
    let mut random = Random::new(seed);
    trace(requests, |_| random.below(SPAN_LINES))
}

/// Phases of random lines and of one sequential stream that goes on where it stopped, by a fair coin.
pub(super) fn cloud(requests: usize, seed: u64, sequential_first: bool) -> Trace {
    let mut random = Random::new(seed);
    let (mut sequential, mut line) = (sequential_first, 0);
    trace(requests, |place| {
        if place > 0 && place.is_multiple_of(PHASE) {
            sequential = random.below(2) == 0;
        }
        if !sequential {
            return random.below(SPAN_LINES);
        }
        line += 1;
        line - 1
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cloud_has_both_kinds_of_phases() {
        let trace = cloud(5000, 1, true);
        let sequential =
            trace.accesses.windows(2).filter(|pair| pair[1].address == pair[0].address + LINE).count();
        assert!((1500..3500).contains(&sequential), "{sequential}");
        assert_eq!(trace.accesses[0].address, 0);
    }
}
