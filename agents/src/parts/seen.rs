//! Which designs are known already.

use std::collections::HashSet;

use rl_env::design::Design;

/// Hashes of designs. Two designs with one hash cost a needless change, nothing else.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    hashes: HashSet<u64>,
    bytes: Vec<u8>,
}

impl Seen {
    /// Whether no equal design was seen before; notes it.
    pub(crate) fn is_new(&mut self, design: &Design) -> bool {
        let hash = self.hash(design);
        self.hashes.insert(hash)
    }

    /// Whether an equal design was noted.
    pub(crate) fn knows(&mut self, design: &Design) -> bool {
        let hash = self.hash(design);
        self.hashes.contains(&hash)
    }

    fn hash(&mut self, design: &Design) -> u64 {
        self.bytes.clear();
        design.write_bytes(&mut self.bytes);
        // FNV-1a, by words of eight bytes.
        self.bytes.chunks(8).fold(0xcbf2_9ce4_8422_2325, |hash: u64, chunk| {
            let word = chunk.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
            (hash ^ word).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(29)
        })
    }
}
