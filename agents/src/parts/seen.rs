//! Designs known by their hash, so that agents do not repeat themselves.

use std::collections::HashSet;

use rl_env::design::Design;
use serde::{Deserialize, Serialize};

/// Hashes of designs. Two designs with one hash cost a needless mutation, nothing else.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "Vec<u64>", into = "Vec<u64>")]
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

    /// How many designs were noted.
    pub(crate) fn len(&self) -> usize {
        self.hashes.len()
    }
}

impl From<Vec<u64>> for Seen {
    fn from(hashes: Vec<u64>) -> Self {
        Self { hashes: hashes.into_iter().collect(), bytes: Vec::new() }
    }
}

/// Sorted: equal sets have equal snapshots.
impl From<Seen> for Vec<u64> {
    fn from(seen: Seen) -> Self {
        let mut hashes: Self = seen.hashes.into_iter().collect();
        hashes.sort_unstable();
        hashes
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic anywhere")]

    use rl_env::design::Value;

    use super::*;

    #[test]
    fn a_restored_memory_knows_the_same_designs() {
        let mut seen = Seen::default();
        let designs: Vec<Design> = (0..100).map(|i| Design(vec![Value::Integer(i)])).collect();
        assert!(designs.iter().all(|design| seen.is_new(design)));
        assert!(!designs.iter().any(|design| seen.is_new(design)));
        let text = serde_json::to_string(&seen).unwrap();
        let mut copy: Seen = serde_json::from_str(&text).unwrap();
        assert_eq!((copy.len(), serde_json::to_string(&copy).unwrap()), (100, text));
        assert!(!designs.iter().any(|design| copy.is_new(design)));
    }
}
