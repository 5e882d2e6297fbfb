//! A discrete-event kernel with zero-time rounds.
//!
//! Its order of equal-time events is that of the kernel under the reference simulator, because some results
//! depend on it: timed wake-ups leave a binary heap (equal keys never swap, superseded entries stay in as
//! dead ones), and zero-delay wake-ups run in the next round in the reverse of the order of their requests.

mod heap;
mod inbox;

use heap::Heap;
pub(crate) use inbox::Inbox;

/// Something that can be woken: the index of a wake-up source.
pub(crate) type Source = usize;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Armed {
    No,
    At(u64),
    NextRound,
}

/// Wake-up sources of all actors. Each holds at most one pending wake-up: the earliest wins.
#[derive(Debug, Default)]
pub(crate) struct Kernel {
    now: u64,
    round: u64,
    heap: Heap,
    armed: Vec<Armed>,
    /// Stamp of the live heap entry of each source.
    live: Vec<u64>,
    stamp: u64,
    next_round: Vec<Source>,
}

impl Kernel {
    /// Forget everything and make room for `sources` wake-up sources.
    pub(crate) fn reset(&mut self, sources: usize) {
        self.now = 0;
        self.round = 0;
        self.heap.clear();
        self.armed.clear();
        self.armed.resize(sources, Armed::No);
        self.live.clear();
        self.live.resize(sources, 0);
        self.stamp = 0;
        self.next_round.clear();
    }

    /// Current time in ps.
    pub(crate) fn now(&self) -> u64 {
        self.now
    }

    /// Number of the current round, counted over the whole run.
    pub(crate) fn round(&self) -> u64 {
        self.round
    }

    /// Wake `source` after `delay`; 0 means in the next round of this instant.
    pub(crate) fn wake(&mut self, source: Source, delay: u64) {
        if delay == 0 {
            if self.armed[source] != Armed::NextRound {
                self.armed[source] = Armed::NextRound;
                self.next_round.push(source);
            }
            return;
        }
        let at = self.now + delay;
        let ignored = match self.armed[source] {
            Armed::No => false,
            Armed::NextRound => true,
            Armed::At(earlier) => earlier <= at,
        };
        if !ignored {
            self.stamp += 1;
            self.live[source] = self.stamp;
            self.armed[source] = Armed::At(at);
            self.heap.insert(at, source, self.stamp);
        }
    }

    /// Go to the next round, or to the next instant if none is left, and list the sources that fire, in
    /// order. False when nothing is left to do.
    pub(crate) fn advance(&mut self, fired: &mut Vec<Source>) -> bool {
        fired.clear();
        self.round += 1;
        if !self.next_round.is_empty() {
            fired.extend(self.next_round.drain(..).rev());
            fired.iter().for_each(|source| self.armed[*source] = Armed::No);
            return true;
        }
        while self.heap.first().is_some_and(|entry| !self.is_live(entry.source, entry.stamp)) {
            self.heap.pop();
        }
        let Some(first) = self.heap.first() else { return false };
        self.now = first.at;
        while let Some(entry) = self.heap.first().filter(|entry| entry.at == self.now) {
            self.heap.pop();
            if self.is_live(entry.source, entry.stamp) {
                self.armed[entry.source] = Armed::No;
                fired.push(entry.source);
            }
        }
        true
    }

    fn is_live(&self, source: Source, stamp: u64) -> bool {
        self.live[source] == stamp && matches!(self.armed[source], Armed::At(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fired(kernel: &mut Kernel) -> Vec<Source> {
        let mut fired = Vec::new();
        kernel.advance(&mut fired);
        fired
    }

    #[test]
    fn earliest_wake_up_wins() {
        let mut kernel = Kernel::default();
        kernel.reset(2);
        kernel.wake(0, 5);
        kernel.wake(0, 9);
        kernel.wake(0, 3);
        assert_eq!((fired(&mut kernel), kernel.now()), (vec![0], 3));
        assert!(!kernel.advance(&mut Vec::new()));
    }

    #[test]
    fn zero_delay_wake_ups_run_in_reverse_order_of_request() {
        let mut kernel = Kernel::default();
        kernel.reset(3);
        (0..3).for_each(|source| kernel.wake(source, 0));
        kernel.wake(1, 0);
        assert_eq!(fired(&mut kernel), [2, 1, 0]);
    }

    #[test]
    fn zero_delay_beats_a_timed_wake_up() {
        let mut kernel = Kernel::default();
        kernel.reset(1);
        kernel.wake(0, 7);
        kernel.wake(0, 0);
        assert_eq!((fired(&mut kernel), kernel.now()), (vec![0], 0));
        assert!(!kernel.advance(&mut Vec::new()));
    }
}
