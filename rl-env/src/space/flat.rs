//! Elements as vectors of fixed length, one-hot where a space is discrete (`gymnasium.spaces.utils`).

use super::{
    BoxSpace, DType, Dict, Discrete, Element, Graph, MAX_COUNT, OneOf, Sequence, Space, SpaceError, Text,
    Tuple,
};

impl Space {
    /// Length of the flat form. `Sequence` and `Graph` have none.
    pub fn flatdim(&self) -> Result<usize, SpaceError> {
        let count = self.flat_length()?;
        if count <= MAX_COUNT as u64 {
            return Ok(count as usize);
        }
        Err(self.not_flat(format!("its flat form has {count} values, more than {MAX_COUNT}")))
    }

    /// Saturates, so that a sum of large spaces is too large instead of wrong.
    fn flat_length(&self) -> Result<u64, SpaceError> {
        let sum = |lengths: Vec<u64>| lengths.into_iter().fold(0, u64::saturating_add);
        match self {
            Self::Box(space) => Ok(space.len() as u64),
            Self::Discrete(space) => Ok(space.n()),
            Self::MultiDiscrete(space) => Ok(sum(space.nvec().to_vec())),
            Self::MultiBinary(space) => Ok(space.len() as u64),
            Self::Text(space) => Ok(space.max_length() as u64),
            Self::Tuple(space) => {
                space.spaces().iter().map(Self::flat_length).collect::<Result<_, _>>().map(sum)
            }
            Self::Dict(space) => {
                space.spaces().iter().map(|(_, space)| space.flat_length()).collect::<Result<_, _>>().map(sum)
            }
            Self::OneOf(space) => {
                let lengths: Vec<u64> =
                    space.spaces().iter().map(Self::flat_length).collect::<Result<_, _>>()?;
                Ok(lengths.into_iter().max().unwrap_or(0).saturating_add(1))
            }
            Self::Sequence(_) | Self::Graph(_) => Err(self.not_flat("its elements vary in size")),
        }
    }

    fn not_flat(&self, problem: impl Into<String>) -> SpaceError {
        SpaceError::NotFlattenable { space: self.kind(), problem: problem.into() }
    }

    /// The element as a vector of [`Space::flatdim`] numbers.
    ///
    /// ```
    /// use rl_env::space::{Element, Space};
    ///
    /// let space = Space::tuple([Space::discrete(3)?, Space::interval(0.0, 1.0)?])?;
    /// let element = Element::Tuple(vec![Element::Discrete(1), Element::Real(vec![0.5])]);
    /// let flat = space.flatten(&element)?;
    /// assert_eq!(flat, [0.0, 1.0, 0.0, 0.5]);
    /// assert_eq!(space.unflatten(&flat)?, element);
    /// # Ok::<(), rl_env::space::SpaceError>(())
    /// ```
    pub fn flatten(&self, element: &Element) -> Result<Vec<f64>, SpaceError> {
        let mut flat = Vec::with_capacity(self.flatdim()?);
        self.check(element)?;
        self.push_flat(element, &mut flat);
        Ok(flat)
    }

    /// The element is of the space, so that no other pair of kinds can occur.
    fn push_flat(&self, element: &Element, flat: &mut Vec<f64>) {
        match (self, element) {
            (Self::Box(space), Element::Real(values)) => {
                flat.extend(values.iter().map(|&value| space.dtype().round(value)));
            }
            (Self::Discrete(space), Element::Discrete(value)) => push_one_hot(*space, *value, flat),
            (Self::MultiDiscrete(space), Element::MultiDiscrete(values)) => {
                space.dimensions().zip(values).for_each(|(space, &value)| push_one_hot(space, value, flat));
            }
            (Self::MultiBinary(_), Element::MultiBinary(bits)) => {
                flat.extend(bits.iter().map(|&bit| f64::from(bit)))
            }
            (Self::Text(space), Element::Text(text)) => push_text(space, text, flat),
            (Self::Tuple(space), Element::Tuple(parts)) => {
                space.spaces().iter().zip(parts).for_each(|(space, part)| space.push_flat(part, flat));
            }
            (Self::Dict(space), Element::Dict(pairs)) => {
                for (_, space, part) in space.matched(pairs).into_iter().flatten() {
                    space.push_flat(part, flat);
                }
            }
            (Self::OneOf(space), Element::OneOf(choice, part)) => push_choice(space, *choice, part, flat),
            _ => {}
        }
    }

    /// The element of a flat vector, if it is one of the space.
    pub fn unflatten(&self, flat: &[f64]) -> Result<Element, SpaceError> {
        let count = self.flatdim()?;
        if flat.len() != count {
            return Err(SpaceError::length(format!("{count} values"), flat.len()).within("flat vector"));
        }
        let element = self.read_flat(flat).map_err(|error| error.within("flat vector"))?;
        self.check(&element)?;
        Ok(element)
    }

    fn read_flat(&self, flat: &[f64]) -> Result<Element, SpaceError> {
        match self {
            Self::Box(_) => Ok(Element::Real(flat.to_vec())),
            Self::Discrete(space) => read_one_hot(*space, flat).map(Element::Discrete),
            Self::MultiDiscrete(space) => {
                let mut rest = Cursor(flat);
                let read = |(i, d): (usize, Discrete)| {
                    read_one_hot(d, rest.take(d.n() as usize)).map_err(|error| error.at(i))
                };
                space.dimensions().enumerate().map(read).collect::<Result<_, _>>().map(Element::MultiDiscrete)
            }
            Self::MultiBinary(_) => {
                Ok(Element::MultiBinary(flat.iter().map(|&value| value != 0.0).collect()))
            }
            Self::Text(space) => Ok(Element::Text(read_text(space, flat))),
            Self::Tuple(space) => read_tuple(space, flat).map(Element::Tuple),
            Self::Dict(space) => read_dict(space, flat).map(Element::Dict),
            Self::OneOf(space) => read_choice(space, flat),
            Self::Sequence(_) | Self::Graph(_) => Err(self.not_flat("its elements vary in size")),
        }
    }

    /// The space of the flat vectors: a one-dimensional `Box`. Spaces without a flat form keep their outer form.
    pub fn flatten_space(&self) -> Result<Self, SpaceError> {
        if !self.is_flattenable() {
            return self.flatten_inside();
        }
        let count = self.flatdim()?;
        let (mut low, mut high) = (Vec::with_capacity(count), Vec::with_capacity(count));
        self.push_bounds(&mut low, &mut high)?;
        BoxSpace::new(low, high, &[count], self.flat_dtype()).map(Self::Box)
    }

    fn is_flattenable(&self) -> bool {
        match self {
            Self::Sequence(_) | Self::Graph(_) => false,
            Self::Tuple(space) => space.spaces().iter().all(Self::is_flattenable),
            Self::Dict(space) => space.spaces().iter().all(|(_, space)| space.is_flattenable()),
            Self::OneOf(space) => space.spaces().iter().all(Self::is_flattenable),
            _ => true,
        }
    }

    fn flatten_inside(&self) -> Result<Self, SpaceError> {
        match self {
            Self::Tuple(space) => {
                let spaces = space.spaces().iter().map(Self::flatten_space).collect::<Result<_, _>>()?;
                Tuple::new(spaces).map(Self::Tuple)
            }
            Self::Dict(space) => {
                let flat = |(key, space): &(String, Self)| Ok((key.clone(), space.flatten_space()?));
                Dict::new(space.spaces().iter().map(flat).collect::<Result<_, SpaceError>>()?).map(Self::Dict)
            }
            Self::Sequence(space) => Ok(Self::Sequence(Sequence::new(space.space().flatten_space()?))),
            Self::Graph(space) => {
                let edge_space = space.edge_space().map(Self::flatten_space).transpose()?;
                Ok(Self::Graph(Graph::new(space.node_space().flatten_space()?, edge_space)))
            }
            _ => Err(self.not_flat("one of its spaces has elements that vary in size")),
        }
    }

    fn push_bounds(&self, low: &mut Vec<f64>, high: &mut Vec<f64>) -> Result<(), SpaceError> {
        let start = low.len();
        let mut fill = |count: usize, least: f64, most: f64| {
            low.resize(start + count, least);
            high.resize(start + count, most);
        };
        match self {
            Self::Box(space) => {
                low.extend(space.low());
                high.extend(space.high());
            }
            Self::Discrete(_) | Self::MultiDiscrete(_) | Self::MultiBinary(_) => {
                fill(self.flatdim()?, 0.0, 1.0)
            }
            Self::Text(space) => fill(space.max_length(), 0.0, space.charset().len() as f64),
            Self::Tuple(space) => {
                space.spaces().iter().try_for_each(|space| space.push_bounds(low, high))?;
            }
            Self::Dict(space) => {
                space.spaces().iter().try_for_each(|(_, space)| space.push_bounds(low, high))?;
            }
            Self::OneOf(space) => {
                let (least, most) = widest_bounds(space)?;
                fill(1, 0.0, (space.spaces().len() - 1) as f64);
                let count = self.flatdim()?;
                low.resize(start + count, least);
                high.resize(start + count, most);
            }
            Self::Sequence(_) | Self::Graph(_) => return Err(self.not_flat("its elements vary in size")),
        }
        Ok(())
    }

    /// The types that gymnasium gives the flat forms.
    fn flat_dtype(&self) -> DType {
        let promote = |spaces: &mut dyn Iterator<Item = &Self>| {
            spaces.map(Self::flat_dtype).reduce(DType::promote).unwrap_or_default()
        };
        match self {
            Self::Box(space) => space.dtype(),
            Self::Discrete(_) | Self::MultiDiscrete(_) => DType::Int64,
            Self::MultiBinary(_) => DType::Int8,
            Self::Text(_) => DType::Int32,
            Self::Tuple(space) => promote(&mut space.spaces().iter()),
            Self::Dict(space) => promote(&mut space.spaces().iter().map(|(_, space)| space)),
            Self::OneOf(space) => promote(&mut space.spaces().iter()),
            Self::Sequence(_) | Self::Graph(_) => DType::default(),
        }
    }
}

/// Takes a flat vector apart. Lengths add up to the vector's, which is checked before.
struct Cursor<'a>(&'a [f64]);

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize) -> &'a [f64] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }
}

fn push_one_hot(space: Discrete, value: i64, flat: &mut Vec<f64>) {
    let hot = flat.len() + value.wrapping_sub(space.start()) as usize;
    flat.resize(flat.len() + space.n() as usize, 0.0);
    flat[hot] = 1.0;
}

fn read_one_hot(space: Discrete, flat: &[f64]) -> Result<i64, SpaceError> {
    match flat.iter().position(|&value| value != 0.0) {
        Some(index) => Ok(space.start().wrapping_add(index as i64)),
        None => Err(SpaceError::range("a row of zeros", format_args!("one-hot rows of {}", flat.len()))),
    }
}

/// Indices into the character set, then its size as padding.
fn push_text(space: &Text, text: &str, flat: &mut Vec<f64>) {
    let end = flat.len() + space.max_length();
    let index = |character| space.charset().iter().position(|c| *c == character).map(|i| i as f64);
    flat.extend(text.chars().filter_map(index));
    flat.resize(end, space.charset().len() as f64);
}

/// Whatever is not an index is padding.
fn read_text(space: &Text, flat: &[f64]) -> String {
    let character =
        |value: &f64| (value.fract() == 0.0 && *value >= 0.0).then(|| space.charset().get(*value as usize));
    flat.iter().filter_map(character).flatten().collect()
}

fn read_tuple(space: &Tuple, flat: &[f64]) -> Result<Vec<Element>, SpaceError> {
    let mut rest = Cursor(flat);
    let read = |(i, space): (usize, &Space)| {
        space.read_flat(rest.take(space.flatdim()?)).map_err(|error| error.at(i))
    };
    space.spaces().iter().enumerate().map(read).collect()
}

fn read_dict(space: &Dict, flat: &[f64]) -> Result<Vec<(String, Element)>, SpaceError> {
    let mut rest = Cursor(flat);
    let read = |(key, space): &(String, Space)| {
        let element = space.read_flat(rest.take(space.flatdim()?)).map_err(|error| error.at_key(key))?;
        Ok((key.clone(), element))
    };
    space.spaces().iter().map(read).collect()
}

/// The index, then the element, then its first number again up to the longest space's length.
fn push_choice(space: &OneOf, choice: usize, part: &Element, flat: &mut Vec<f64>) {
    let longest = space.spaces().iter().filter_map(|space| space.flatdim().ok()).max().unwrap_or(0);
    flat.push(choice as f64);
    let start = flat.len();
    if let Some(chosen) = space.spaces().get(choice) {
        chosen.push_flat(part, flat);
    }
    // An element without numbers is padded with the number nearest to 0 that the flat space allows.
    let nearest = || widest_bounds(space).map_or(0.0, |(least, most)| 0f64.max(least).min(most));
    let padding = flat.get(start).copied().unwrap_or_else(nearest);
    flat.resize(start + longest, padding);
}

/// Around all numbers of all the spaces.
fn widest_bounds(space: &OneOf) -> Result<(f64, f64), SpaceError> {
    let (mut low, mut high) = (Vec::new(), Vec::new());
    space.spaces().iter().try_for_each(|space| space.push_bounds(&mut low, &mut high))?;
    Ok((low.into_iter().fold(f64::INFINITY, f64::min), high.into_iter().fold(f64::NEG_INFINITY, f64::max)))
}

fn read_choice(space: &OneOf, flat: &[f64]) -> Result<Element, SpaceError> {
    let mut rest = Cursor(flat);
    let choice = rest.take(1).first().copied().unwrap_or(f64::NAN);
    let index = if choice.fract() == 0.0 && choice >= 0.0 { choice as usize } else { usize::MAX };
    let allowed = format_args!("choices 0..={}", space.spaces().len() - 1);
    let chosen = space.spaces().get(index).ok_or_else(|| SpaceError::range(choice, allowed).at(0))?;
    let element = chosen.read_flat(rest.take(chosen.flatdim()?)).map_err(|error| error.at(index))?;
    Ok(Element::OneOf(index, Box::new(element)))
}
