//! The generator: PCG64 (XSL RR 128/64, O'Neill 2014) with the methods of NumPy's `Generator`, bit for bit.

use std::convert::Infallible;

use rand_pcg::Pcg64;
use serde::{Deserialize, Serialize};

use super::ziggurat;

/// 2^-53: the spacing of [`Rng::uniform`].
const ULP: f64 = 1.0 / (1u64 << 53) as f64;

/// A random generator with NumPy's streams, which can be saved in the middle of a stream.
///
/// ```
/// use rl_env::seed::np_random;
///
/// let mut rng = np_random(0);
/// let (u, z, die) = (rng.uniform(), rng.normal(), rng.integer(1, 6));
/// assert!((0.0..1.0).contains(&u) && z.is_finite() && (1..=6).contains(&die));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "State", into = "State")]
pub struct Rng {
    pcg: Pcg64,
    /// The unused upper half of the last word that [`Rng::next_u32`] took.
    half: Option<u32>,
}

impl Rng {
    /// PCG64 from its initial state and stream, as in O'Neill's `pcg64_srandom`.
    #[must_use]
    pub fn from_state(state: u128, stream: u128) -> Self {
        Self { pcg: Pcg64::new(state, stream), half: None }
    }

    /// The next 64 random bits.
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        rand_core::Rng::next_u64(&mut self.pcg)
    }

    /// The next 32 random bits; two calls use one 64-bit word, its lower half first.
    #[inline]
    pub fn next_u32(&mut self) -> u32 {
        if let Some(half) = self.half.take() {
            return half;
        }
        let word = self.next_u64();
        self.half = Some((word >> 32) as u32);
        word as u32
    }

    /// Uniform on [0, 1) with 53 bits (`Generator.random`).
    #[inline]
    pub fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * ULP
    }

    /// Uniform between two reals (`Generator.uniform`).
    #[inline]
    pub fn uniform_in(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// True with probability `p`.
    #[inline]
    pub fn chance(&mut self, p: f64) -> bool {
        self.uniform() < p
    }

    /// Uniform on 0..n (`Generator.integers(n)`); 0 when `n` is 0.
    #[inline]
    pub fn below(&mut self, n: u64) -> u64 {
        self.up_to(n.saturating_sub(1))
    }

    /// Uniform on 0..n, for indexing.
    #[inline]
    pub fn index(&mut self, n: usize) -> usize {
        self.below(n as u64) as usize
    }

    /// Uniform on low..=high (`Generator.integers(low, high, endpoint=True)`); `low` when the range is empty.
    #[inline]
    pub fn integer(&mut self, low: i64, high: i64) -> i64 {
        if high <= low {
            return low;
        }
        low.wrapping_add(self.up_to(high.wrapping_sub(low) as u64) as i64)
    }

    /// Standard normal by the ziggurat (`Generator.standard_normal`).
    #[inline]
    pub fn normal(&mut self) -> f64 {
        ziggurat::normal(self)
    }

    /// Standard exponential by the ziggurat (`Generator.standard_exponential`).
    #[inline]
    pub fn exponential(&mut self) -> f64 {
        ziggurat::exponential(self)
    }

    /// Number of trials up to the first success (`Generator.geometric` for `p` below 1/3, by inversion).
    pub fn geometric(&mut self, p: f64) -> u64 {
        // The cast saturates; a `p` outside (0, 1) gives a count without meaning, never a panic.
        (-self.exponential() / libm::log1p(-p)).ceil() as u64
    }

    /// Fills `values` with [`Rng::uniform`] draws.
    pub fn fill(&mut self, values: &mut [f64]) {
        values.fill_with(|| self.uniform());
    }

    /// Shuffles in place (`Generator.shuffle`: Fisher and Yates, from the end).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.masked(i as u64) as usize);
        }
    }

    /// A random order of 0..n (`Generator.permutation`).
    #[must_use]
    pub fn permutation(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        self.shuffle(&mut order);
        order
    }

    /// `count` distinct indices of 0..n in random order; all `n` of them when `count` is larger.
    #[must_use]
    pub fn distinct(&mut self, n: usize, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        let count = count.min(n);
        for i in 0..count {
            order.swap(i, i + self.index(n - i));
        }
        order.truncate(count);
        order
    }

    /// One of the items, all equally likely; none of none.
    pub fn choice<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        if items.is_empty() {
            return None;
        }
        items.get(self.index(items.len()))
    }

    /// An index with probability in proportion to its weight (`Generator.choice(n, p=…)`).
    /// None, and nothing drawn, unless all weights are finite, none is negative, and one is positive.
    pub fn weighted(&mut self, weights: &[f64]) -> Option<usize> {
        let total: f64 = weights.iter().sum();
        if !(total > 0.0 && total.is_finite()) || weights.iter().any(|&w| w < 0.0) {
            return None;
        }
        let u = self.uniform();
        let mut sum = 0.0;
        let found = weights.iter().position(|w| {
            sum += w;
            sum / total > u
        });
        // The last sum is the total itself and u < 1, so that one weight is always found.
        found
    }

    /// Uniform on 0..=last without bias (Lemire 2019), as NumPy does it: 32-bit words where they suffice.
    #[inline]
    fn up_to(&mut self, last: u64) -> u64 {
        if last == 0 {
            0
        } else if last < u64::from(u32::MAX) {
            u64::from(self.lemire32(last as u32))
        } else if last == u64::from(u32::MAX) {
            u64::from(self.next_u32())
        } else if last == u64::MAX {
            self.next_u64()
        } else {
            self.lemire64(last)
        }
    }

    /// Uniform on 0..=last by rejection under a mask: what NumPy's shuffle uses instead of [`Rng::up_to`].
    fn masked(&mut self, last: u64) -> u64 {
        let mask = u64::MAX >> last.leading_zeros().min(63);
        loop {
            let small = last <= u64::from(u32::MAX);
            let word = if small { u64::from(self.next_u32()) } else { self.next_u64() };
            if word & mask <= last {
                return word & mask;
            }
        }
    }

    #[inline]
    fn lemire32(&mut self, last: u32) -> u32 {
        let n = last + 1;
        let mut product = u64::from(self.next_u32()) * u64::from(n);
        if (product as u32) < n {
            let threshold = n.wrapping_neg() % n;
            while (product as u32) < threshold {
                product = u64::from(self.next_u32()) * u64::from(n);
            }
        }
        (product >> 32) as u32
    }

    #[inline]
    fn lemire64(&mut self, last: u64) -> u64 {
        let n = last + 1;
        let mut product = u128::from(self.next_u64()) * u128::from(n);
        if (product as u64) < n {
            let threshold = n.wrapping_neg() % n;
            while (product as u64) < threshold {
                product = u128::from(self.next_u64()) * u128::from(n);
            }
        }
        (product >> 64) as u64
    }
}

/// Lets samplers of other crates draw from our streams.
impl rand_core::TryRng for Rng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.next_u32())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.next_u64())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        rand_core::utils::fill_bytes_via_next_word(bytes, || Ok(self.next_u64()))
    }
}

/// A saved generator that cannot be restored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a saved random generator: {0}")]
pub struct BadRngState(String);

/// What is saved. Hexadecimal, because 128-bit numbers do not survive most JSON readers.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    state: String,
    increment: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    half: Option<u32>,
}

/// The private fields of `Pcg64`, which only its serde form shows.
#[derive(Serialize, Deserialize)]
struct Fields {
    state: u128,
    increment: u128,
}

impl From<Rng> for State {
    fn from(rng: Rng) -> Self {
        let fields = serde_json::to_string(&rng.pcg).and_then(|text| serde_json::from_str(&text));
        // Cannot fail while `Pcg64` has these two fields; a zero increment would be refused on restoring.
        let Fields { state, increment } = fields.unwrap_or(Fields { state: 0, increment: 0 });
        Self { state: format!("{state:032x}"), increment: format!("{increment:032x}"), half: rng.half }
    }
}

impl TryFrom<State> for Rng {
    type Error = BadRngState;

    fn try_from(saved: State) -> Result<Self, BadRngState> {
        let state = hexadecimal("state", &saved.state)?;
        let increment = hexadecimal("increment", &saved.increment)?;
        if increment % 2 == 0 {
            return Err(BadRngState(format!("increment {} is even, must be odd", saved.increment)));
        }
        let fields = Fields { state, increment };
        let pcg = serde_json::to_string(&fields).and_then(|text| serde_json::from_str(&text));
        Ok(Self { pcg: pcg.map_err(|error| BadRngState(error.to_string()))?, half: saved.half })
    }
}

fn hexadecimal(field: &str, text: &str) -> Result<u128, BadRngState> {
    u128::from_str_radix(text, 16).map_err(|error| {
        BadRngState(format!("{field} {text:?} is not a 128-bit hexadecimal number: {error}"))
    })
}
