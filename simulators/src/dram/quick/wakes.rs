//! Wake-ups and zero-delay messages of the quick path: the event kernel of the general one, with its six
//! sources unrolled and messages to the actors kept in the list of the next round itself.
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
/// Longest list of a round: three wake-ups of the controller, four messages to the arbiter, two replies.
const LIST: usize = 12;

/// What a source is woken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Note {
    /// The wake-up itself.
    Wake,
    /// To the arbiter: the requester sends a request.
    BeginRequest,
    /// To the arbiter, or from it to the requester: a request has been accepted.
    EndRequest,
    /// To the arbiter, or from it to the requester: the response to that request.
    BeginResponse(u32),
    /// To the arbiter: the requester has taken a response.
    EndResponse,
}

/// A source and its note.
pub(super) type Entry = (u8, Note);

/// The entries of one round.
#[derive(Debug, Clone, Copy)]
struct List {
    entries: [Entry; LIST],
    count: usize,
}

/// The sources that fire at an instant, in order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fired {
    /// Four bits a source, the first lowest.
    sources: u32,
    count: u32,
}

impl Fired {
    #[inline]
    fn push(&mut self, source: usize) {
        self.sources |= (source as u32) << (4 * self.count);
        self.count += 1;
    }

    /// The source, if it is only one.
    #[inline]
    pub(super) fn only(self) -> Option<usize> {
        (self.count == 1).then_some(self.sources as usize)
    }

    #[inline]
    pub(super) fn sources(self) -> impl Iterator<Item = usize> + Clone {
        (0..self.count).map(move |place| (self.sources >> (4 * place)) as usize & 15)
    }
}

impl List {
    const EMPTY: List = List { entries: [(0, Note::Wake); LIST], count: 0 };

    #[inline]
    fn push(&mut self, source: usize, note: Note) {
        if let Some(slot) = self.entries.get_mut(self.count) {
            *slot = (source as u8, note);
            self.count += 1;
        }
    }
}

/// Pending wake-ups; at most one per source.
#[derive(Debug)]
pub(super) struct Wakes {
    pub(super) now: u64,
    /// Heap of keys from index 0, followed by at least two sentinels.
    heap: Vec<u64>,
    size: usize,
    /// Time of the live timed wake-up of each source.
    at: [u64; SOURCES],
    stamp: [u64; SOURCES],
    /// The next round's list and the one being run.
    lists: [List; 2],
    next_list: usize,
    soon_mask: u8,
}

impl Default for Wakes {
    fn default() -> Wakes {
        Wakes {
            now: 0,
            heap: Vec::new(),
            size: 0,
            at: [NEVER; SOURCES],
            stamp: [0; SOURCES],
            lists: [List::EMPTY; 2],
            next_list: 0,
            soon_mask: 0,
        }
    }
}

impl Wakes {
    pub(super) fn reset(&mut self) {
        let mut heap = std::mem::take(&mut self.heap);
        heap.clear();
        heap.resize(16, NEVER);
        *self = Wakes { heap, ..Wakes::default() };
    }

    /// Wake `source` in the next round with a note.
    #[inline]
    pub(super) fn soon(&mut self, source: usize, note: Note) {
        self.soon_mask |= 1 << source;
        self.at[source] = NEVER;
        self.lists[self.next_list].push(source, note);
    }

    /// A zero-delay message came and went: the timed wake-up at `at` was dropped and is armed anew.
    #[inline]
    pub(super) fn again(&mut self, source: usize, at: u64) {
        self.at[source] = NEVER;
        self.at(source, at);
    }

    /// Wake `source` at cycle `at`, later than now.
    #[inline]
    pub(super) fn at(&mut self, source: usize, at: u64) {
        if at >= self.at[source] || self.soon_mask & (1 << source) != 0 {
            return;
        }
        self.at[source] = at;
        self.stamp[source] += 1 << SOURCE_BITS;
        self.insert((at << TAG_BITS) | (self.stamp[source] & TAG) | source as u64);
    }

    /// Append, then move up while strictly earlier than the parent.
    #[inline]
    fn insert(&mut self, key: u64) {
        if self.size + 3 > self.heap.len() {
            self.heap.resize(2 * self.heap.len(), NEVER);
        }
        let heap = self.heap.as_mut_slice();
        let mut place = self.size;
        self.size += 1;
        while place > 0 {
            let parent = (place - 1) / 2;
            if key >= heap[parent] & !TAG {
                break;
            }
            heap[place] = heap[parent];
            place = parent;
        }
        heap[place] = key;
    }

    /// Move the last entry to the root, then down below strictly earlier children.
    #[inline]
    fn pop(&mut self) {
        let heap = self.heap.as_mut_slice();
        self.size -= 1;
        let key = std::mem::replace(&mut heap[self.size], NEVER);
        if self.size == 0 {
            return;
        }
        let time = key & !TAG;
        let mut place = 0;
        loop {
            let left = 2 * place + 1;
            let Some(&[l, r]) = heap.get(left..left + 2) else { break };
            // Left if earlier than the entry, then right if earlier than that.
            let bound = if l < time { l & !TAG } else { time };
            let (child, smallest) = if r < bound { (left + 1, r) } else { (left, l) };
            if smallest >= time {
                break;
            }
            heap[place] = smallest;
            place = child;
        }
        heap[place] = key;
    }

    #[inline]
    fn is_live(&self, key: u64) -> bool {
        let source = source_of(key);
        self.at[source] == key >> TAG_BITS
            && (self.stamp[source] ^ key) & TAG & !((1 << SOURCE_BITS) - 1) == 0
    }

    /// Number of entries of the next round of this instant.
    #[inline]
    pub(super) fn soon_count(&self) -> usize {
        self.lists[self.next_list].count
    }

    /// Begin the next round: its entries are then read with [`Wakes::entry`].
    #[inline]
    pub(super) fn begin_round(&mut self) {
        self.next_list ^= 1;
        self.lists[self.next_list].count = 0;
        self.soon_mask = 0;
    }

    /// An entry of the round being run.
    #[inline]
    pub(super) fn entry(&self, place: usize) -> Entry {
        self.lists[self.next_list ^ 1].entries[place]
    }

    /// Go to the next instant. The sources that fire, in order; `None` when nothing is left to do.
    #[inline]
    pub(super) fn advance(&mut self) -> Option<Fired> {
        while self.size > 0 && !self.is_live(self.heap[0]) {
            self.pop();
        }
        if self.size == 0 {
            return None;
        }
        self.now = self.heap[0] >> TAG_BITS;
        let mut fired = Fired { sources: 0, count: 0 };
        while self.heap[0] >> TAG_BITS == self.now {
            let key = self.heap[0];
            self.pop();
            if self.is_live(key) {
                let source = source_of(key);
                self.at[source] = NEVER;
                fired.push(source);
            }
        }
        Some(fired)
    }
}

#[inline]
fn source_of(key: u64) -> usize {
    ((key & ((1 << SOURCE_BITS) - 1)) as usize).min(SOURCES - 1)
}
