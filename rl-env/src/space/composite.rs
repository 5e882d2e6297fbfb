//! Spaces made of other spaces in fixed number: `Tuple`, `Dict`, `OneOf`.

use serde::{Deserialize, Serialize};

use super::mask::Weighting;
use super::written::ordered;
use super::{Element, Guide, Space, SpaceError};
use crate::seed::Rng;

/// One element of each space, in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "WrittenTuple")]
pub struct Tuple {
    spaces: Vec<Space>,
}

impl Tuple {
    /// At least one space.
    pub fn new(spaces: Vec<Space>) -> Result<Self, SpaceError> {
        let space = Self { spaces };
        space.validate()?;
        Ok(space)
    }

    /// The spaces of the parts.
    #[must_use]
    pub fn spaces(&self) -> &[Space] {
        &self.spaces
    }

    pub(super) fn validate(&self) -> Result<(), SpaceError> {
        not_empty("Tuple", self.spaces.len())?;
        self.spaces.iter().try_for_each(Space::validate)
    }

    pub(super) fn sample(&self, rng: &mut Rng) -> Vec<Element> {
        self.spaces.iter().map(|space| space.sample(rng)).collect()
    }

    pub(super) fn sample_by<W: Weighting>(
        &self,
        rng: &mut Rng,
        guides: &[Guide<W>],
    ) -> Result<Vec<Element>, SpaceError> {
        self.check_length(guides.len())?;
        let pairs = self.spaces.iter().zip(guides).enumerate();
        pairs.map(|(i, (space, guide))| space.guided(rng, guide).map_err(|error| error.at(i))).collect()
    }

    pub(super) fn check(&self, parts: &[Element]) -> Result<(), SpaceError> {
        self.check_length(parts.len())?;
        let mut pairs = self.spaces.iter().zip(parts).enumerate();
        pairs.try_for_each(|(i, (space, part))| space.check_here(part).map_err(|error| error.at(i)))
    }

    pub(super) fn check_length(&self, found: usize) -> Result<(), SpaceError> {
        if found == self.spaces.len() {
            return Ok(());
        }
        Err(SpaceError::length(format!("{} parts", self.spaces.len()), found))
    }
}

/// One element of each space, under its key. The keys keep the order in which they were given (gymnasium sorts
/// those of a plain `dict`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "WrittenDict")]
pub struct Dict {
    #[serde(with = "ordered")]
    spaces: Vec<(String, Space)>,
}

impl Dict {
    /// At least one space, and no key twice.
    pub fn new(spaces: Vec<(String, Space)>) -> Result<Self, SpaceError> {
        let space = Self { spaces };
        space.validate()?;
        Ok(space)
    }

    /// The keys and their spaces, in order.
    #[must_use]
    pub fn spaces(&self) -> &[(String, Space)] {
        &self.spaces
    }

    /// The space under a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Space> {
        self.spaces.iter().find_map(|(name, space)| (name == key).then_some(space))
    }

    pub(super) fn validate(&self) -> Result<(), SpaceError> {
        not_empty("Dict", self.spaces.len())?;
        let mut keys: Vec<&String> = self.spaces.iter().map(|(key, _)| key).collect();
        keys.sort_unstable();
        if let Some(pair) = keys.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(SpaceError::definition("Dict", format!("key {:?} is there twice", pair[0])));
        }
        self.spaces.iter().try_for_each(|(_, space)| space.validate())
    }

    pub(super) fn sample(&self, rng: &mut Rng) -> Vec<(String, Element)> {
        self.spaces.iter().map(|(key, space)| (key.clone(), space.sample(rng))).collect()
    }

    pub(super) fn sample_by<W: Weighting>(
        &self,
        rng: &mut Rng,
        guides: &[(String, Guide<W>)],
    ) -> Result<Vec<(String, Element)>, SpaceError> {
        let draw = |(key, space, guide): (&String, &Space, &Guide<W>)| {
            let element = space.guided(rng, guide).map_err(|error| error.at_key(key))?;
            Ok((key.clone(), element))
        };
        self.matched(guides)?.into_iter().map(draw).collect()
    }

    pub(super) fn check(&self, pairs: &[(String, Element)]) -> Result<(), SpaceError> {
        self.check_length(pairs.len())?;
        for (i, (key, space)) in self.spaces.iter().enumerate() {
            let element = value(pairs, i, key)?;
            space.check_here(element).map_err(|error| error.at_key(key))?;
        }
        Ok(())
    }

    /// Key, space and value for every key, whatever the order of the values.
    pub(super) fn matched<'a, T>(
        &'a self,
        pairs: &'a [(String, T)],
    ) -> Result<Vec<(&'a String, &'a Space, &'a T)>, SpaceError> {
        self.check_length(pairs.len())?;
        let spaces = self.spaces.iter().enumerate();
        spaces.map(|(i, (key, space))| Ok((key, space, value(pairs, i, key)?))).collect()
    }

    fn check_length(&self, found: usize) -> Result<(), SpaceError> {
        if found == self.spaces.len() {
            return Ok(());
        }
        let keys: Vec<&String> = self.spaces.iter().map(|(key, _)| key).collect();
        Err(SpaceError::length(format!("{} keys {keys:?}", keys.len()), found))
    }
}

/// Almost always in its place. As many pairs as keys, and every key found, leaves no room for a foreign key.
fn value<'a, T>(pairs: &'a [(String, T)], place: usize, key: &str) -> Result<&'a T, SpaceError> {
    let in_place = pairs.get(place).filter(|(name, _)| name == key);
    let found = in_place.or_else(|| pairs.iter().find(|(name, _)| name == key));
    let missing = || SpaceError::MissingKey { path: String::new(), key: key.to_owned() };
    found.map(|(_, value)| value).ok_or_else(missing)
}

/// An element of any one of the spaces.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "WrittenOneOf")]
pub struct OneOf {
    spaces: Vec<Space>,
}

impl OneOf {
    /// At least one space.
    pub fn new(spaces: Vec<Space>) -> Result<Self, SpaceError> {
        let space = Self { spaces };
        space.validate()?;
        Ok(space)
    }

    /// The spaces to choose from.
    #[must_use]
    pub fn spaces(&self) -> &[Space] {
        &self.spaces
    }

    pub(super) fn validate(&self) -> Result<(), SpaceError> {
        not_empty("OneOf", self.spaces.len())?;
        self.spaces.iter().try_for_each(Space::validate)
    }

    pub(super) fn sample(&self, rng: &mut Rng) -> Element {
        let choice = rng.index(self.spaces.len());
        Element::OneOf(choice, Box::new(self.spaces[choice].sample(rng)))
    }

    pub(super) fn sample_by<W: Weighting>(
        &self,
        rng: &mut Rng,
        guides: &[Guide<W>],
    ) -> Result<Element, SpaceError> {
        if guides.len() != self.spaces.len() {
            return Err(SpaceError::length(format!("{} spaces", self.spaces.len()), guides.len()));
        }
        let choice = rng.index(self.spaces.len());
        let element = self.spaces[choice].guided(rng, &guides[choice]).map_err(|error| error.at(choice))?;
        Ok(Element::OneOf(choice, Box::new(element)))
    }

    pub(super) fn check(&self, choice: usize, element: &Element) -> Result<(), SpaceError> {
        self.chosen(choice)?.check_here(element).map_err(|error| error.at(choice))
    }

    pub(super) fn chosen(&self, choice: usize) -> Result<&Space, SpaceError> {
        let allowed = format_args!("choices 0..={}", self.spaces.len() - 1);
        self.spaces.get(choice).ok_or_else(|| SpaceError::range(choice, allowed))
    }
}

fn not_empty(kind: &'static str, count: usize) -> Result<(), SpaceError> {
    if count > 0 {
        return Ok(());
    }
    Err(SpaceError::definition(kind, "is empty, needs at least one space"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTuple {
    spaces: Vec<Space>,
}

impl TryFrom<WrittenTuple> for Tuple {
    type Error = SpaceError;

    fn try_from(written: WrittenTuple) -> Result<Self, SpaceError> {
        Self::new(written.spaces)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenDict {
    #[serde(with = "ordered")]
    spaces: Vec<(String, Space)>,
}

impl TryFrom<WrittenDict> for Dict {
    type Error = SpaceError;

    fn try_from(written: WrittenDict) -> Result<Self, SpaceError> {
        Self::new(written.spaces)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenOneOf {
    spaces: Vec<Space>,
}

impl TryFrom<WrittenOneOf> for OneOf {
    type Error = SpaceError;

    fn try_from(written: WrittenOneOf) -> Result<Self, SpaceError> {
        Self::new(written.spaces)
    }
}
