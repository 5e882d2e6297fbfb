//! Novelty: which designs an agent knows, so that trials are not spent on them again.

use std::collections::HashSet;

use rl_env::design::{Design, DesignSpace};
use rl_env::seed::Rng;
use serde::{Deserialize, Serialize};

/// Times that a proposal which breaks a constraint, or is known, is changed.
const RETRIES: usize = 8;

/// Designs remembered before all are forgotten: a snapshot must not grow without end.
const MOST: usize = 1 << 16;

/// Hashes of the designs seen. Two designs with one hash cost a needless change, nothing else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<u64>", into = "Vec<u64>")]
pub(crate) struct Known {
    hashes: HashSet<u64>,
    bytes: Vec<u8>,
}

impl From<Vec<u64>> for Known {
    fn from(hashes: Vec<u64>) -> Self {
        Self { hashes: hashes.into_iter().collect(), bytes: Vec::new() }
    }
}

/// Sorted, so that equal states have equal snapshots.
impl From<Known> for Vec<u64> {
    fn from(known: Known) -> Self {
        let mut hashes: Self = known.hashes.into_iter().collect();
        hashes.sort_unstable();
        hashes
    }
}

impl Known {
    /// Whether the design is new; from now on it is known.
    pub(crate) fn learn(&mut self, design: &Design) -> bool {
        self.bytes.clear();
        design.write_bytes(&mut self.bytes);
        if self.hashes.len() >= MOST {
            self.hashes.clear();
        }
        // FNV-1a by words, the bits mixed by a rotation.
        let hash = self.bytes.chunks(8).fold(0xcbf2_9ce4_8422_2325, |hash: u64, chunk| {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            (hash ^ u64::from_le_bytes(word)).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(29)
        });
        self.hashes.insert(hash)
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
            } else if self.learn(&design) {
                return design;
            } else {
                let index = rng.index(space.len());
                space.mutate(&mut design, index, rng);
            }
        }
        for _ in 0..RETRIES {
            design = space.sample(rng);
            if self.learn(&design) {
                break;
            }
        }
        design
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic anywhere")]

    use rl_env::design::{Constraint, Parameter, Value};
    use rl_env::seed::Seed;

    use super::*;

    fn space() -> DesignSpace {
        let switch = |i| Parameter::bool(format!("b{i}"));
        DesignSpace::new((0..4).map(switch).collect()).unwrap()
    }

    #[test]
    fn a_design_is_new_once() {
        let (space, mut known) = (space(), Known::default());
        for rank in 0..16 {
            assert!(known.learn(&space.unrank(rank).unwrap()));
        }
        assert!((0..16).all(|rank| !known.learn(&space.unrank(rank).unwrap())));
    }

    #[test]
    fn settles_on_every_design_of_a_small_space_and_then_gives_up() {
        let (space, mut known, mut rng) = (space(), Known::default(), Seed(1).stream("test"));
        for _ in 0..40 {
            known.settle(&space, &mut rng, |_| Design(vec![Value::Bool(false); 4]));
        }
        assert_eq!(known.hashes.len(), 16);
    }

    #[test]
    fn a_proposal_that_breaks_a_constraint_is_made_again() {
        let rule = Constraint::sum_at_most("few", ["b0", "b1", "b2", "b3"], 1.0);
        let (space, mut rng) = (space().constrain(rule).unwrap(), Seed(1).stream("test"));
        let mut tries = 0;
        let design = Known::default().settle(&space, &mut rng, |_| {
            tries += 1;
            Design(vec![Value::Bool(tries < 3); 4])
        });
        assert_eq!((tries, design), (3, Design(vec![Value::Bool(false); 4])));
    }

    #[test]
    fn a_snapshot_lists_the_hashes_in_order() {
        let mut known = Known::default();
        (0..9).for_each(|rank| _ = known.learn(&space().unrank(rank).unwrap()));
        let json = serde_json::to_value(&known).unwrap();
        let hashes: Vec<u64> = serde_json::from_value(json.clone()).unwrap();
        assert!(hashes.len() == 9 && hashes.is_sorted());
        assert_eq!(serde_json::from_value::<Known>(json).unwrap().hashes, known.hashes);
    }
}
