//! NumPy's way from a small seed to a generator's state: `SeedSequence`, after O'Neill's `seed_seq_fe128`
//! ("Developing a seed_seq Alternative", 2015). Written from the published algorithm.

use serde::{Deserialize, Serialize};

use super::Rng;

const POOL: usize = 4;
const INIT_A: u32 = 0x43b0_d7e5;
const MULT_A: u32 = 0x931e_8875;
const INIT_B: u32 = 0x8b51_f9dd;
const MULT_B: u32 = 0x58f3_8ded;
const MIX_L: u32 = 0xca01_f9dd;
const MIX_R: u32 = 0x4973_f715;

/// The generator that `gymnasium.utils.seeding.np_random(seed)` and `numpy.random.default_rng(seed)` give.
///
/// ```
/// let mut rng = rl_env::seed::np_random(123);
/// assert_eq!(rng.uniform(), 0.6823518632481435); // numpy.random.default_rng(123).random()
/// ```
#[must_use]
pub fn np_random(seed: u64) -> Rng {
    SeedSequence::new(u128::from(seed), &[]).rng()
}

/// NumPy's `SeedSequence`: mixes entropy and a spawn key into as many well-spread words as asked.
///
/// ```
/// use rl_env::seed::SeedSequence;
///
/// let mut root = SeedSequence::new(42, &[]);
/// let children = root.spawn(2);
/// assert_eq!(children[1], SeedSequence::new(42, &[1]));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedSequence {
    entropy: u128,
    spawn_key: Vec<u32>,
    spawned: u32,
}

impl SeedSequence {
    /// The sequence of `SeedSequence(entropy, spawn_key=spawn_key)`.
    #[must_use]
    pub fn new(entropy: u128, spawn_key: &[u32]) -> Self {
        Self { entropy, spawn_key: spawn_key.to_vec(), spawned: 0 }
    }

    /// The next `count` children; successive calls never give the same child twice.
    pub fn spawn(&mut self, count: u32) -> Vec<Self> {
        let first = self.spawned;
        self.spawned = first.wrapping_add(count);
        (0..count).map(|i| self.child(first.wrapping_add(i))).collect()
    }

    fn child(&self, index: u32) -> Self {
        let mut spawn_key = self.spawn_key.clone();
        spawn_key.push(index);
        Self { entropy: self.entropy, spawn_key, spawned: 0 }
    }

    /// The first `words` 32-bit words (`generate_state(words)`).
    #[must_use]
    pub fn state(&self, words: usize) -> Vec<u32> {
        let mut constant = INIT_B;
        let pool = self.pool();
        pool.iter().cycle().take(words).map(|&word| hash(word, &mut constant, MULT_B)).collect()
    }

    /// The PCG64 generator seeded by this sequence (`Generator(PCG64(sequence))`).
    #[must_use]
    pub fn rng(&self) -> Rng {
        // NumPy pairs 32-bit words low first into 64-bit ones, and those high first into 128-bit ones.
        let words = self.state(8);
        let long = |i: usize| words[i..i + 4].iter().zip([64, 96, 0, 32]).map(|(&w, at)| u128::from(w) << at);
        Rng::from_state(long(0).sum(), long(4).sum())
    }

    fn pool(&self) -> [u32; POOL] {
        let entropy = self.words();
        let mut constant = INIT_A;
        let mut pool = [0; POOL];
        for (i, slot) in pool.iter_mut().enumerate() {
            *slot = hash(entropy.get(i).copied().unwrap_or(0), &mut constant, MULT_A);
        }
        for source in 0..POOL {
            for target in (0..POOL).filter(|&target| target != source) {
                pool[target] = mix(pool[target], hash(pool[source], &mut constant, MULT_A));
            }
        }
        for &word in entropy.iter().skip(POOL) {
            for slot in &mut pool {
                *slot = mix(*slot, hash(word, &mut constant, MULT_A));
            }
        }
        pool
    }

    /// Entropy as 32-bit words, low first, then the spawn key. With a key the entropy is padded to the
    /// pool's size, so that `(entropy, key)` cannot be mistaken for a longer entropy without one.
    fn words(&self) -> Vec<u32> {
        let count = (128 - self.entropy.leading_zeros()).div_ceil(32).max(1) as usize;
        let mut words: Vec<u32> = (0..count).map(|i| (self.entropy >> (32 * i)) as u32).collect();
        if !self.spawn_key.is_empty() {
            words.resize(POOL.max(words.len()), 0);
            words.extend(&self.spawn_key);
        }
        words
    }
}

fn hash(value: u32, constant: &mut u32, multiplier: u32) -> u32 {
    let mixed = value ^ *constant;
    *constant = constant.wrapping_mul(multiplier);
    let mixed = mixed.wrapping_mul(*constant);
    mixed ^ mixed >> 16
}

fn mix(x: u32, y: u32) -> u32 {
    let mixed = MIX_L.wrapping_mul(x).wrapping_sub(MIX_R.wrapping_mul(y));
    mixed ^ mixed >> 16
}
