//! What is known of designs.

use std::collections::BTreeMap;

use rl_env::design::Design;
use serde::{Deserialize, Serialize};

use crate::parts::seen::hash;

/// Designs remembered; 15 MB.
const MOST: usize = 1 << 18;

/// Rewards by the [`key`] of the design, `None` for infeasible ones.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Known(BTreeMap<u64, Option<f64>>);

impl Known {
    pub(super) fn holds(&self, key: u64) -> bool {
        self.0.contains_key(&key)
    }

    pub(super) fn reward(&self, key: u64) -> Option<f64> {
        self.0.get(&key).copied().flatten()
    }

    /// The oldest key leaves where there are too many; oldest by no order but that of hashes.
    pub(super) fn insert(&mut self, key: u64, reward: Option<f64>) {
        if self.0.len() >= MOST {
            self.0.pop_first();
        }
        self.0.insert(key, reward);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

/// A hash mixed in the end. Two designs with one key would share a reward; that takes billions of designs.
pub(super) fn key(design: &Design) -> u64 {
    let mut bytes = Vec::with_capacity(16 * design.0.len());
    design.write_bytes(&mut bytes);
    let hash = hash(&bytes);
    (hash ^ hash >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ hash >> 29
}
