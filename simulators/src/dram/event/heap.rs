//! The binary min-heap of timed wake-ups, exactly as in the reference: 1-based array, equal keys stay put.

/// A timed wake-up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) at: u64,
    pub(super) source: usize,
    pub(super) stamp: u64,
}

/// Min-heap by time only.
#[derive(Debug, Default)]
pub(super) struct Heap {
    entries: Vec<Entry>,
}

impl Heap {
    pub(super) fn clear(&mut self) {
        self.entries.clear();
    }

    pub(super) fn first(&self) -> Option<Entry> {
        self.entries.first().copied()
    }

    pub(super) fn insert(&mut self, at: u64, source: usize, stamp: u64) {
        let mut place = self.entries.len() + 1;
        self.entries.push(Entry { at, source, stamp });
        while place > 1 && self.entries[place - 1].at < self.entries[place / 2 - 1].at {
            self.entries.swap(place - 1, place / 2 - 1);
            place /= 2;
        }
    }

    pub(super) fn pop(&mut self) {
        let Some(last) = self.entries.len().checked_sub(1) else { return };
        self.entries.swap_remove(0);
        let mut place = 1;
        loop {
            let mut smallest = place;
            for child in [2 * place, 2 * place + 1] {
                if child <= last && self.entries[child - 1].at < self.entries[smallest - 1].at {
                    smallest = child;
                }
            }
            if smallest == place {
                return;
            }
            self.entries.swap(place - 1, smallest - 1);
            place = smallest;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_in_order_of_time() {
        let mut heap = Heap::default();
        for at in [5, 3, 8, 1, 9, 3] {
            heap.insert(at, 0, at);
        }
        let mut times = Vec::new();
        while let Some(entry) = heap.first() {
            times.push(entry.at);
            heap.pop();
        }
        assert_eq!(times, [1, 3, 3, 5, 8, 9]);
    }

    #[test]
    fn equal_times_are_neither_first_in_first_out_nor_the_reverse() {
        let mut heap = Heap::default();
        (0..4).for_each(|source| heap.insert(7, source, 0));
        let mut order = Vec::new();
        while let Some(entry) = heap.first() {
            order.push(entry.source);
            heap.pop();
        }
        assert_eq!(order, [0, 3, 2, 1]);
    }
}
