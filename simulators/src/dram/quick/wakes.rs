//! Wake-ups of the quick path: the event kernel of the general one with its six sources unrolled.
//!
//! Keys of the heap hold time, stamp and source in one word; a superseded entry is told by its stamp.

/// Command timer of the controller.
pub(super) const COMMAND: usize = 0;
/// Response timer of the controller.
pub(super) const RESPONSE: usize = 1;
/// A request arrives at the controller.
pub(super) const REQUEST: usize = 2;
/// The arbiter has taken a response.
pub(super) const TAKEN: usize = 3;
/// Inbox of the arbiter.
pub(super) const ARBITER: usize = 4;
/// Inbox of the requester.
pub(super) const PLAYER: usize = 5;

const SOURCES: usize = 6;
const NEVER: u64 = u64::MAX;
const SOURCE_BITS: u32 = 3;
/// Bits below the time: source and stamp.
const TAG_BITS: u32 = 24;
const TAG: u64 = (1 << TAG_BITS) - 1;

/// Actors in the order of their bits.
pub(super) const CONTROLLER_ACTOR: u8 = 0;
pub(super) const ARBITER_ACTOR: u8 = 1;
pub(super) const PLAYER_ACTOR: u8 = 2;
const ACTOR_OF: [u8; 8] = [CONTROLLER_ACTOR, CONTROLLER_ACTOR, CONTROLLER_ACTOR, CONTROLLER_ACTOR, ARBITER_ACTOR, PLAYER_ACTOR, 0, 0];

/// Actors to run in a round, in order, and the sources that fired (bit mask).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Round {
    pub(super) actors: [u8; 3],
    pub(super) count: usize,
    pub(super) fired: u8,
    seen: u8,
}

impl Round {
    #[inline]
    fn add(&mut self, source: usize) {
        let actor = ACTOR_OF[source & 7];
        self.fired |= 1 << source;
        if self.seen & (1 << actor) == 0 && self.count < 3 {
            self.seen |= 1 << actor;
            self.actors[self.count] = actor;
            self.count += 1;
        }
    }
}

/// Pending wake-ups; at most one per source.
#[derive(Debug, Default)]
pub(super) struct Wakes {
    pub(super) now: u64,
    /// Parity of the round, to tell messages of this round from those of the last.
    pub(super) parity: usize,
    /// Heap of keys, from index 0.
    heap: Vec<u64>,
    /// Time of the live timed wake-up of each source.
    at: [u64; SOURCES],
    stamp: [u64; SOURCES],
    soon: [u8; SOURCES],
    soon_count: usize,
    soon_mask: u8,
}

impl Wakes {
    pub(super) fn reset(&mut self) {
        self.now = 0;
        self.parity = 0;
        self.heap.clear();
        self.at = [NEVER; SOURCES];
        self.stamp = [0; SOURCES];
        (self.soon_count, self.soon_mask) = (0, 0);
    }

    /// Wake `source` in the next round.
    #[inline]
    pub(super) fn soon(&mut self, source: usize) {
        if self.soon_mask & (1 << source) == 0 {
            self.soon_mask |= 1 << source;
            self.soon[self.soon_count] = source as u8;
            self.soon_count += 1;
            self.at[source] = NEVER;
        }
    }

    /// Wake `source` at cycle `at`.
    #[inline]
    pub(super) fn at(&mut self, source: usize, at: u64) {
        if at <= self.now {
            return self.soon(source);
        }
        if at >= self.at[source] || self.soon_mask & (1 << source) != 0 {
            return;
        }
        self.at[source] = at;
        self.stamp[source] += 1 << SOURCE_BITS;
        self.insert((at << TAG_BITS) | (self.stamp[source] & TAG) | source as u64);
    }

    #[inline]
    fn insert(&mut self, key: u64) {
        let mut place = self.heap.len();
        self.heap.push(key);
        // Parent of i is (i - 1) / 2 with indices from 0.
        while place > 0 {
            let parent = (place - 1) / 2;
            if key >= self.heap[parent] & !TAG {
                break;
            }
            self.heap[place] = self.heap[parent];
            place = parent;
        }
        self.heap[place] = key;
    }

    #[inline]
    fn pop(&mut self) {
        let Some(key) = self.heap.pop() else { return };
        let heap = self.heap.as_mut_slice();
        if heap.is_empty() {
            return;
        }
        let mut place = 0;
        loop {
            let left = 2 * place + 1;
            let (mut child, mut smallest) = (place, key);
            if left < heap.len() {
                if heap[left] < smallest & !TAG {
                    (child, smallest) = (left, heap[left]);
                }
                if left + 1 < heap.len() && heap[left + 1] < smallest & !TAG {
                    (child, smallest) = (left + 1, heap[left + 1]);
                }
            }
            if child == place {
                break;
            }
            heap[place] = smallest;
            place = child;
        }
        heap[place] = key;
    }

    #[inline]
    fn is_live(&self, key: u64) -> bool {
        let source = (key & ((1 << SOURCE_BITS) - 1)) as usize;
        source < SOURCES
            && self.at[source] == key >> TAG_BITS
            && (self.stamp[source] & TAG) == (key & TAG & !((1 << SOURCE_BITS) - 1))
    }

    /// The next round; `None` when nothing is left to do.
    #[inline]
    pub(super) fn advance(&mut self) -> Option<Round> {
        self.parity ^= 1;
        let mut round = Round::default();
        if self.soon_count > 0 {
            for source in self.soon[..self.soon_count].iter().rev() {
                round.add(usize::from(*source));
            }
            (self.soon_count, self.soon_mask) = (0, 0);
            return Some(round);
        }
        loop {
            let key = *self.heap.first()?;
            if self.is_live(key) {
                break;
            }
            self.pop();
        }
        self.now = self.heap[0] >> TAG_BITS;
        while let Some(key) = self.heap.first().copied().filter(|key| key >> TAG_BITS == self.now) {
            self.pop();
            if self.is_live(key) {
                let source = (key & ((1 << SOURCE_BITS) - 1)) as usize;
                self.at[source] = NEVER;
                round.add(source);
            }
        }
        Some(round)
    }
}
