//! Seeds, streams and the random generator: same seed, same bytes, on every platform and thread count.
//!
//! One master [`Seed`] gives every part of a run its own named stream, so adding a consumer never shifts the
//! numbers of another. [`Rng`] draws bit for bit what NumPy's `Generator(PCG64)` draws, so that an
//! environment gives the same episode from Rust and from Python.

mod double;
mod numpy_sequence;
mod rng;
mod ziggurat;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use numpy_sequence::{SeedSequence, np_random};
pub use rng::{BadRngState, Rng};

/// The master seed of a run, from which every other seed and stream is derived by name.
///
/// ```
/// use rl_env::seed::Seed;
///
/// let seed = Seed(7);
/// let mut agent = seed.stream("agent");
/// let mut environment = seed.stream("env");
/// assert_ne!(agent.next_u64(), environment.next_u64());
/// assert_eq!(seed.child("run", 3), Seed(7).child("run", 3));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seed(pub u64);

impl Seed {
    /// The independent stream called `name`.
    #[must_use]
    pub fn stream(self, name: &str) -> Rng {
        let hash = self.derive(b"stream", name, 0);
        let (state, stream) = hash.split_at(16);
        Rng::from_state(little_endian(state), little_endian(stream))
    }

    /// The seed of the `index`-th part of kind `name`: a run of a sweep, an environment of a vector.
    #[must_use]
    pub fn child(self, name: &str, index: u64) -> Self {
        let hash = self.derive(b"child", name, index);
        Self(little_endian(&hash[..8]) as u64)
    }

    /// Every field is of fixed size but the name, which comes last: no two inputs share an encoding.
    fn derive(self, kind: &[u8], name: &str, index: u64) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_derive_key("sweepstake rl-env seed 2026 v1");
        hasher.update(&[kind.len() as u8]).update(kind);
        hasher.update(&self.0.to_le_bytes()).update(&index.to_le_bytes()).update(name.as_bytes());
        *hasher.finalize().as_bytes()
    }
}

impl From<u64> for Seed {
    fn from(seed: u64) -> Self {
        Self(seed)
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn little_endian(bytes: &[u8]) -> u128 {
    bytes.iter().rev().fold(0, |value, &byte| value << 8 | u128::from(byte))
}
