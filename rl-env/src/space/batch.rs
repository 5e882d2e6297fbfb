//! The space of a vector of environments' elements, and stacking elements into one of it (`batch_space`).

use super::{BoxSpace, DType, Dict, Element, Space, SpaceError, Tuple};

impl Space {
    /// The space of `n` elements at once: `Box`, `MultiDiscrete` and `MultiBinary` give a `Box` with one more
    /// dimension, `Discrete` a `MultiDiscrete`, `Tuple` and `Dict` batch their parts, others give a `Tuple`.
    ///
    /// ```
    /// use rl_env::space::Space;
    ///
    /// assert_eq!(Space::discrete(3)?.batch(2)?, Space::multi_discrete(&[3, 3])?);
    /// # Ok::<(), rl_env::space::SpaceError>(())
    /// ```
    pub fn batch(&self, n: usize) -> Result<Self, SpaceError> {
        if n == 0 {
            return Err(SpaceError::definition(self.kind(), "a batch of 0 elements, must be at least 1"));
        }
        match self {
            Self::Box(space) => {
                let tile = |bounds: &[f64]| bounds.repeat(n);
                super::element_count("Box", &outer(n, space.shape()))?;
                let shape = outer(n, space.shape());
                BoxSpace::new(tile(space.low()), tile(space.high()), &shape, space.dtype()).map(Self::Box)
            }
            Self::Discrete(space) => {
                super::element_count("MultiDiscrete", &[n])?;
                super::MultiDiscrete::new(vec![space.n(); n], vec![space.start(); n]).map(Self::MultiDiscrete)
            }
            Self::MultiDiscrete(space) => {
                let shape = [n, space.nvec().len()];
                super::element_count("Box", &shape)?;
                let low: Vec<f64> = space.start().iter().map(|&start| start as f64).collect();
                let high: Vec<f64> = space.dimensions().map(|d| d.end() as f64).collect();
                BoxSpace::new(low.repeat(n), high.repeat(n), &shape, DType::Int64).map(Self::Box)
            }
            Self::MultiBinary(space) => {
                BoxSpace::uniform(0.0, 1.0, &outer(n, space.shape()), DType::Int8).map(Self::Box)
            }
            Self::Tuple(space) => {
                let spaces = space.spaces().iter().map(|space| space.batch(n)).collect::<Result<_, _>>()?;
                Tuple::new(spaces).map(Self::Tuple)
            }
            Self::Dict(space) => {
                let batch = |(key, space): &(String, Self)| Ok((key.clone(), space.batch(n)?));
                Dict::new(space.spaces().iter().map(batch).collect::<Result<_, SpaceError>>()?)
                    .map(Self::Dict)
            }
            Self::Text(_) | Self::Sequence(_) | Self::Graph(_) | Self::OneOf(_) => {
                super::element_count("Tuple", &[n])?;
                Self::tuple(vec![self.clone(); n])
            }
        }
    }

    /// The elements as one element of `self.batch(elements.len())`.
    pub fn stack(&self, elements: &[Element]) -> Result<Element, SpaceError> {
        let checked = |(i, element)| self.check_here(element).map_err(|error| error.at(i).within("element"));
        elements.iter().enumerate().try_for_each(checked)?;
        Ok(self.stack_checked(&elements.iter().collect::<Vec<_>>()))
    }

    fn stack_checked(&self, elements: &[&Element]) -> Element {
        match self {
            Self::Box(_) | Self::MultiDiscrete(_) | Self::MultiBinary(_) => {
                Element::Real(elements.iter().flat_map(|element| numbers(element)).collect())
            }
            Self::Discrete(_) => {
                Element::MultiDiscrete(elements.iter().filter_map(|element| element.as_discrete()).collect())
            }
            Self::Tuple(space) => {
                let part = |(i, space): (usize, &Self)| {
                    let parts = elements.iter().filter_map(|element| element.as_parts()?.get(i));
                    space.stack_checked(&parts.collect::<Vec<_>>())
                };
                Element::Tuple(space.spaces().iter().enumerate().map(part).collect())
            }
            Self::Dict(space) => {
                let part = |(key, space): &(String, Self)| {
                    let parts = elements.iter().filter_map(|element| element.get(key));
                    (key.clone(), space.stack_checked(&parts.collect::<Vec<_>>()))
                };
                Element::Dict(space.spaces().iter().map(part).collect())
            }
            Self::Text(_) | Self::Sequence(_) | Self::Graph(_) | Self::OneOf(_) => {
                Element::Tuple(elements.iter().map(|&element| element.clone()).collect())
            }
        }
    }
}

fn numbers(element: &Element) -> Vec<f64> {
    match element {
        Element::Real(values) => values.clone(),
        Element::MultiDiscrete(values) => values.iter().map(|&value| value as f64).collect(),
        Element::MultiBinary(bits) => bits.iter().map(|&bit| f64::from(bit)).collect(),
        _ => Vec::new(),
    }
}

fn outer(n: usize, shape: &[usize]) -> Vec<usize> {
    [&[n], shape].concat()
}
