//! A small set-associative cache: least recently used replacement, write back, write allocate.

/// Bytes of a line.
pub(super) const LINE: u64 = 64;

#[derive(Debug, Clone, Copy, Default)]
struct Way {
    /// Line number plus one; 0 is an empty way.
    tag: u64,
    dirty: bool,
    used: u64,
}

/// What an access does to memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Outcome {
    /// Line to read.
    pub(super) fill: Option<u64>,
    /// Dirty line to write back.
    pub(super) write_back: Option<u64>,
}

/// The cache.
#[derive(Debug)]
pub(super) struct Cache {
    ways: Vec<Way>,
    sets: u64,
    associativity: usize,
    clock: u64,
}

impl Cache {
    /// A cache of `sets` sets of `associativity` lines.
    pub(super) fn new(sets: usize, associativity: usize) -> Cache {
        Cache { ways: vec![Way::default(); sets * associativity], sets: sets as u64, associativity, clock: 0 }
    }

    /// Access the line of `address`.
    pub(super) fn access(&mut self, address: u64, write: bool) -> Outcome {
        self.clock += 1;
        let line = address / LINE;
        let start = (line % self.sets) as usize * self.associativity;
        let set = &mut self.ways[start..start + self.associativity];
        if let Some(way) = set.iter_mut().find(|way| way.tag == line + 1) {
            way.dirty |= write;
            way.used = self.clock;
            return Outcome { fill: None, write_back: None };
        }
        let new = Way { tag: line + 1, dirty: write, used: self.clock };
        let victim = set.iter_mut().min_by_key(|way| way.used).map(|way| std::mem::replace(way, new));
        let write_back = victim.filter(|way| way.dirty).map(|way| way.tag - 1);
        Outcome { fill: Some(line), write_back }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn least_recently_used_line_goes_and_is_written_back_if_dirty() {
        let mut cache = Cache::new(1, 2);
        cache.access(0, true);
        cache.access(64, false);
        assert_eq!(cache.access(0, false), Outcome { fill: None, write_back: None });
        assert_eq!(cache.access(128, false), Outcome { fill: Some(2), write_back: None });
        assert_eq!(cache.access(192, false), Outcome { fill: Some(3), write_back: Some(0) });
    }
}
