//! Designs known by their hash, so that agents do not repeat themselves.

use std::collections::HashSet;

use rl_env::design::{Design, DesignSpace};
use rl_env::seed::Rng;
use serde::{Deserialize, Serialize};

/// Times that a proposal which breaks a constraint, or is known, is changed.
const RETRIES: usize = 8;

/// Designs noted before all are forgotten: neither memory nor snapshot may grow without end.
const MOST: usize = 1 << 20;

/// Hashes of designs. Two designs with one hash cost a needless change, nothing else.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "Vec<u64>", into = "Vec<u64>")]
pub(crate) struct Seen {
    hashes: HashSet<u64>,
    bytes: Vec<u8>,
}

impl Seen {
    /// Whether no equal design was noted before; notes it.
    pub(crate) fn is_new(&mut self, design: &Design) -> bool {
        let hash = self.hash(design);
        self.note(hash)
    }

    /// Whether an equal design was noted.
    pub(crate) fn knows(&mut self, design: &Design) -> bool {
        let hash = self.hash(design);
        self.hashes.contains(&hash)
    }

    /// How many designs it remembers.
    pub(crate) fn len(&self) -> usize {
        self.hashes.len()
    }

    /// A new design that breaks no constraint, as far as a few tries can tell: what `conceive` gives, else a
    /// mutation of it, else a random one.
    pub(crate) fn settle(
        &mut self,
        space: &DesignSpace,
        rng: &mut Rng,
        mut conceive: impl FnMut(&mut Rng) -> Design,
    ) -> Design {
        let mut design = conceive(rng);
        for _ in 0..RETRIES {
            if space.violated(&design).is_some() {
                design = conceive(rng);
            } else if self.is_new(&design) {
                return design;
            } else {
                let index = rng.index(space.len());
                space.mutate(&mut design, index, rng);
            }
        }
        for _ in 0..RETRIES {
            design = space.sample(rng);
            if self.is_new(&design) {
                break;
            }
        }
        design
    }

    /// Whether a design breaks no constraint, was not noted, and is not of the `round` that is being proposed.
    pub(crate) fn admits(&mut self, space: &DesignSpace, design: &Design, round: &[Design]) -> bool {
        space.violated(design).is_none() && !self.knows(design) && !round.contains(design)
    }

    /// A random design, one that it [admits](Self::admits) if a few tries find one; does not note it.
    pub(crate) fn sample(&mut self, space: &DesignSpace, round: &[Design], rng: &mut Rng) -> Design {
        let mut design = space.sample(rng);
        for _ in 0..RETRIES {
            if self.admits(space, &design, round) {
                break;
            }
            design = space.sample(rng);
        }
        design
    }

    fn hash(&mut self, design: &Design) -> u64 {
        self.bytes.clear();
        design.write_bytes(&mut self.bytes);
        hash(&self.bytes)
    }

    fn note(&mut self, hash: u64) -> bool {
        let new = self.hashes.insert(hash);
        if new && self.hashes.len() > MOST {
            self.hashes.clear();
            self.hashes.insert(hash);
        }
        new
    }
}

/// FNV-1a by words of eight bytes, its bits mixed by a rotation.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    bytes.chunks(8).fold(0xcbf2_9ce4_8422_2325, |hash: u64, chunk| {
        let word = chunk.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
        (hash ^ word).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(29)
    })
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

    use rl_env::design::{Constraint, Value};
    use rl_env::seed::Seed;

    use super::*;
    use crate::parts::rehearsal::switches;

    #[test]
    fn a_restored_memory_knows_the_same_designs() {
        let mut seen = Seen::default();
        let designs: Vec<Design> = (0..100).map(|i| Design(vec![Value::Integer(i)])).collect();
        assert!(!designs.iter().any(|design| seen.knows(design)));
        assert!(designs.iter().all(|design| seen.is_new(design)));
        assert!(!designs.iter().any(|design| seen.is_new(design)));
        let text = serde_json::to_string(&seen).unwrap();
        let mut copy: Seen = serde_json::from_str(&text).unwrap();
        assert_eq!((copy.len(), serde_json::to_string(&copy).unwrap()), (100, text));
        assert!(designs.iter().all(|design| copy.knows(design)));
    }

    #[test]
    fn a_snapshot_lists_the_hashes_in_order() {
        let mut seen = Seen::default();
        (0..9).for_each(|i| _ = seen.is_new(&Design(vec![Value::Integer(i)])));
        let hashes: Vec<u64> = serde_json::from_value(serde_json::to_value(&seen).unwrap()).unwrap();
        assert!(hashes.len() == 9 && hashes.is_sorted());
    }

    #[test]
    fn one_design_too_many_makes_it_forget_all_others() {
        let mut seen = Seen::from((0..MOST as u64).collect::<Vec<_>>());
        assert!(!seen.note(0) && seen.len() == MOST);
        assert!(seen.note(u64::MAX) && seen.len() == 1);
        assert!(!seen.note(u64::MAX) && seen.note(0));
    }

    #[test]
    fn a_sample_is_neither_noted_nor_of_the_round() {
        let (space, mut seen, mut rng) = (switches(2), Seen::default(), Seed(1).stream("test"));
        let all: Vec<Design> = (0..4).map(|rank| space.unrank(rank).unwrap()).collect();
        seen.is_new(&all[0]);
        for _ in 0..50 {
            assert!(!all[..2].contains(&seen.sample(&space, &all[1..2], &mut rng)));
        }
        assert_eq!(seen.len(), 1);
        all.iter().for_each(|design| _ = seen.is_new(design));
        assert!(all.contains(&seen.sample(&space, &[], &mut rng)));
    }

    #[test]
    fn settles_on_every_design_of_a_small_space_and_then_gives_up() {
        let (space, mut seen, mut rng) = (switches(4), Seen::default(), Seed(1).stream("test"));
        for _ in 0..40 {
            seen.settle(&space, &mut rng, |_| Design(vec![Value::Bool(false); 4]));
        }
        assert_eq!(seen.len(), 16);
    }

    #[test]
    fn a_proposal_that_breaks_a_constraint_is_made_again() {
        let rule = Constraint::sum_at_most("few", ["b0", "b1", "b2", "b3"], 1.0);
        let space = DesignSpace::clone(&switches(4)).constrain(rule).unwrap();
        let (mut tries, mut rng) = (0, Seed(1).stream("test"));
        let design = Seen::default().settle(&space, &mut rng, |_| {
            tries += 1;
            Design(vec![Value::Bool(tries < 3); 4])
        });
        assert_eq!((tries, design), (3, Design(vec![Value::Bool(false); 4])));
    }
}
