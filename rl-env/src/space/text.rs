//! `Text`: strings of a set of characters, between two lengths.

use serde::{Deserialize, Serialize};

use super::mask::Weighting;
use super::{MAX_COUNT, SpaceError};
use crate::seed::Rng;

const KIND: &str = "Text";

/// Digits, then capital, then small letters: the default set, in gymnasium's order.
pub const ALPHANUMERIC: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Strings of `min_length..=max_length` characters out of a set.
///
/// ```
/// use rl_env::space::Text;
///
/// let dna = Text::new(1, 8, "ACGTA")?;
/// assert_eq!(dna.charset(), ['A', 'C', 'G', 'T']);
/// # Ok::<(), rl_env::space::SpaceError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Text {
    min_length: usize,
    max_length: usize,
    charset: Vec<char>,
}

impl Text {
    /// The set keeps the order given; repeated characters count once.
    pub fn new(min_length: usize, max_length: usize, charset: &str) -> Result<Self, SpaceError> {
        let mut unique = Vec::new();
        for character in charset.chars() {
            if !unique.contains(&character) {
                unique.push(character);
            }
        }
        let space = Self { min_length, max_length, charset: unique };
        space.validate()?;
        Ok(space)
    }

    /// Fewest characters.
    #[must_use]
    pub fn min_length(&self) -> usize {
        self.min_length
    }

    /// Most characters.
    #[must_use]
    pub fn max_length(&self) -> usize {
        self.max_length
    }

    /// The characters, each once.
    #[must_use]
    pub fn charset(&self) -> &[char] {
        &self.charset
    }

    pub(super) fn validate(&self) -> Result<(), SpaceError> {
        let Self { min_length, max_length, charset } = self;
        let problem = if min_length > max_length {
            format!("min_length {min_length} is above max_length {max_length}")
        } else if *max_length > MAX_COUNT {
            format!("max_length {max_length} is above {MAX_COUNT}")
        } else if charset.is_empty() {
            "charset is empty, needs at least one character".to_owned()
        } else {
            return Ok(());
        };
        Err(SpaceError::definition(KIND, problem))
    }

    pub(super) fn sample(&self, rng: &mut Rng) -> String {
        let length = self.sample_length(rng);
        (0..length).map(|_| self.charset[rng.index(self.charset.len())]).collect()
    }

    pub(super) fn sample_by<W: Weighting>(
        &self,
        rng: &mut Rng,
        length: Option<usize>,
        characters: Option<&[W]>,
    ) -> Result<String, SpaceError> {
        if let Some(length) = length {
            self.check_length(length)?;
        }
        let length = length.unwrap_or_else(|| self.sample_length(rng));
        let Some(weights) = characters else {
            return Ok((0..length).map(|_| self.charset[rng.index(self.charset.len())]).collect());
        };
        if weights.len() != self.charset.len() {
            return Err(SpaceError::length(format!("{} entries", self.charset.len()), weights.len()));
        }
        let mut text = String::new();
        for _ in 0..length {
            match W::pick(weights, rng)? {
                Some(i) => text.push(self.charset[i]),
                // Without any character only the empty string is left.
                None if self.min_length == 0 => return Ok(String::new()),
                None => return Err(SpaceError::range("a mask without characters", "at least one character")),
            }
        }
        Ok(text)
    }

    fn sample_length(&self, rng: &mut Rng) -> usize {
        self.min_length + rng.below((self.max_length - self.min_length) as u64 + 1) as usize
    }

    pub(super) fn check(&self, text: &str) -> Result<(), SpaceError> {
        self.check_length(text.chars().count())?;
        match text.chars().enumerate().find(|(_, character)| !self.charset.contains(character)) {
            None => Ok(()),
            Some((i, character)) => {
                let charset: String = self.charset.iter().collect();
                Err(SpaceError::range(format_args!("{character:?}"), format_args!("{charset:?}")).at(i))
            }
        }
    }

    fn check_length(&self, length: usize) -> Result<(), SpaceError> {
        if (self.min_length..=self.max_length).contains(&length) {
            return Ok(());
        }
        Err(SpaceError::length(format!("{}..={} characters", self.min_length, self.max_length), length))
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default = "one")]
    min_length: usize,
    max_length: usize,
    #[serde(default = "alphanumeric")]
    charset: String,
}

fn one() -> usize {
    1
}

fn alphanumeric() -> String {
    ALPHANUMERIC.to_owned()
}

impl From<Text> for Written {
    fn from(space: Text) -> Self {
        let charset = space.charset.into_iter().collect();
        Self { min_length: space.min_length, max_length: space.max_length, charset }
    }
}

impl TryFrom<Written> for Text {
    type Error = SpaceError;

    fn try_from(written: Written) -> Result<Self, SpaceError> {
        Self::new(written.min_length, written.max_length, &written.charset)
    }
}
