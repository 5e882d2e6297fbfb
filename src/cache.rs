//! Evaluation caches: content addresses of designs, and bounded memories of their outcomes.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Mutex, PoisonError};

use rl_env::design::{Design, Kind, Parameter};
use rl_env::problem::{Outcome, Problem};

/// Content address of a canonical design of one environment, version and workload.
pub type Key = u128;

/// Outcomes that one run remembers; beyond it the oldest half is forgotten, so a run's memory stays flat.
const RUN_MEMORY: usize = 1 << 19;
/// Outcomes that all runs of a sweep share, in each of two generations.
const SHARED_MEMORY: usize = 1 << 20;
const SHARDS: usize = 64;

/// Gives designs of one problem their content addresses.
#[derive(Debug, Clone)]
pub struct Addresses {
    context: [u8; 32],
    buffer: Vec<u8>,
}

impl Addresses {
    /// Addresses for `problem`, known as `env` (with its version) and `workload` (with the hash of its file).
    pub fn new<P: Problem + ?Sized>(env: &str, workload: &str, problem: &P) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("sweepstake evaluation cache v1");
        // Options and items are stored by index, so the index has to mean the same.
        let names = |p: &Parameter| -> Vec<String> {
            let options = match &p.kind {
                Kind::Choice { options: names } | Kind::Permutation { items: names } => names.as_slice(),
                Kind::Subset { items, .. } => items.as_slice(),
                _ => &[],
            };
            std::iter::once(&p.name).chain(options).cloned().collect()
        };
        let parameters: Vec<String> = problem.space().parameters().iter().flat_map(names).collect();
        let parameters = parameters.iter().map(String::as_str);
        let metrics = problem.metrics().iter().map(|m| m.name.as_ref());
        for part in [env, workload].into_iter().chain(parameters).chain(["|"]).chain(metrics) {
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
        }
        Self { context: *hasher.finalize().as_bytes(), buffer: Vec::new() }
    }

    /// The address of a canonical design.
    pub fn of(&mut self, design: &Design) -> Key {
        self.buffer.clear();
        design.write_bytes(&mut self.buffer);
        let hash = blake3::keyed_hash(&self.context, &self.buffer);
        let mut half = [0; 16];
        half.copy_from_slice(&hash.as_bytes()[..16]);
        Key::from_le_bytes(half)
    }
}

/// Keys are hashes already.
#[derive(Debug, Default, Clone, Copy)]
struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn write(&mut self, bytes: &[u8]) {
        for (i, byte) in bytes.iter().take(8).enumerate() {
            self.0 ^= u64::from(*byte) << (8 * i);
        }
    }
    fn write_u128(&mut self, key: u128) {
        self.0 = key as u64;
    }
    fn finish(&self) -> u64 {
        self.0
    }
}

type Map = HashMap<Key, Outcome, BuildHasherDefault<KeyHasher>>;

/// A bounded memory of outcomes in two generations: when the young one is full it becomes the old one, and what
/// was not asked for since is forgotten. Depends on nothing but the order of its calls.
#[derive(Debug)]
pub struct Memory {
    young: Map,
    old: Map,
    capacity: usize,
}

impl Default for Memory {
    fn default() -> Self {
        Self::with_capacity(RUN_MEMORY / 2)
    }
}

impl Memory {
    /// Remembers between `capacity` and twice as many outcomes.
    pub fn with_capacity(capacity: usize) -> Self {
        Self { young: Map::default(), old: Map::default(), capacity: capacity.max(1) }
    }

    /// The outcome stored under `key`.
    pub fn get(&mut self, key: Key) -> Option<&Outcome> {
        if let Some(outcome) = self.old.remove(&key) {
            self.insert(key, outcome);
        }
        self.young.get(&key)
    }

    /// Stores an outcome.
    pub fn insert(&mut self, key: Key, outcome: Outcome) {
        if self.young.len() >= self.capacity {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, outcome);
    }
}

/// The memory shared by all runs of a sweep. It saves simulator calls but never shows in the samples.
#[derive(Debug)]
pub struct Cache {
    shards: Vec<Mutex<Memory>>,
}

impl Default for Cache {
    fn default() -> Self {
        let shard = || Mutex::new(Memory::with_capacity(SHARED_MEMORY / SHARDS));
        Self { shards: (0..SHARDS).map(|_| shard()).collect() }
    }
}

impl Cache {
    fn shard(&self, key: Key) -> std::sync::MutexGuard<'_, Memory> {
        let index = (key >> 64) as usize % SHARDS;
        // A panic elsewhere cannot leave a map half changed.
        self.shards[index].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A copy of the outcome stored under `key`.
    pub fn get(&self, key: Key) -> Option<Outcome> {
        self.shard(key).get(key).cloned()
    }

    /// Stores an outcome.
    pub fn insert(&self, key: Key, outcome: Outcome) {
        self.shard(key).insert(key, outcome);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(x: f64) -> Outcome {
        Outcome::Feasible([x].into())
    }

    #[test]
    fn memory_forgets_only_what_was_not_asked_for() {
        let mut memory = Memory::with_capacity(2);
        (0..2).for_each(|key| memory.insert(key, outcome(key as f64)));
        memory.insert(2, outcome(2.0)); // 0 and 1 grow old
        assert_eq!(memory.get(0), Some(&outcome(0.0))); // 0 is young again
        memory.insert(3, outcome(3.0)); // 2 and 0 grow old, 1 is forgotten
        assert_eq!(memory.get(1), None);
        assert_eq!(memory.get(0), Some(&outcome(0.0)));
    }

    #[test]
    fn memory_is_bounded() {
        let mut memory = Memory::with_capacity(100);
        (0..10_000).for_each(|key| memory.insert(key, outcome(0.0)));
        assert!(memory.young.len() + memory.old.len() <= 200);
    }
}
