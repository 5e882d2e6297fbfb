//! Actions of any space as an array, for agents that know only arrays.

use crate::env::{Env, Step};
use crate::error::Error;
use crate::space::{Discrete, Element, Mask, Space, SpaceError};

/// Makes any action space of fixed size a `MultiDiscrete` or a `Box` [0, 1]^d, one number a scalar (not one-hot).
///
/// Every array of the new space is an action of the old one:
/// a coordinate `u` is `low + u (high − low)` of a real, and the `⌊n u⌋`-th of `n` whole numbers or bits.
#[derive(Debug, Clone)]
pub struct FlattenAction<E> {
    env: E,
    space: Space,
    scalars: Vec<Scalar>,
}

/// One scalar of an action space.
#[derive(Debug, Clone, Copy)]
enum Scalar {
    Whole(Discrete),
    Bit,
    Real(f64, f64),
}

impl<E: Env> FlattenAction<E> {
    /// Levels: a `MultiDiscrete` from 0, with masks translated.
    ///
    /// # Errors
    /// [`Error::Config`] if a part of the action space is not discrete, or varies in size.
    pub fn discrete(env: E) -> Result<Self, Error> {
        let count = |scalar: Scalar| match scalar {
            Scalar::Whole(space) => Some(space.n()),
            Scalar::Bit => Some(2),
            Scalar::Real(..) => None,
        };
        let scalars = scalars(env.action_space())?;
        let counts: Option<Vec<u64>> = scalars.iter().copied().map(count).collect();
        let counts =
            counts.ok_or_else(|| unfit("its reals have no levels; use FlattenAction::continuous"))?;
        let space = Space::multi_discrete(&counts)?;
        Ok(Self { env, space, scalars })
    }

    /// Coordinates: a `Box` [0, 1]^d. A `Box` cannot carry masks, so masked actions come back as errors.
    ///
    /// # Errors
    /// [`Error::Config`] if a part of the action space varies in size or has infinite bounds.
    pub fn continuous(env: E) -> Result<Self, Error> {
        let scalars = scalars(env.action_space())?;
        let space = Space::boxed(0.0, 1.0, &[scalars.len()])?;
        Ok(Self { env, space, scalars })
    }
}

fn unfit(problem: &str) -> Error {
    Error::Config { key: "action_space".into(), problem: problem.to_owned() }
}

/// The scalars of a space in order.
fn scalars(space: &Space) -> Result<Vec<Scalar>, Error> {
    let joined = |parts: Result<Vec<Vec<Scalar>>, Error>| parts.map(|parts| parts.concat());
    match space {
        Space::Box(space) => {
            let bounds = space.low().iter().zip(space.high());
            if bounds.clone().any(|(low, high)| !(high - low).is_finite()) {
                return Err(unfit("an action between infinite bounds has no share of its range"));
            }
            let whole = !space.dtype().is_float();
            let scalar = |(low, high): (&f64, &f64)| {
                if whole {
                    return Discrete::new((high - low) as u64 + 1, *low as i64).map(Scalar::Whole);
                }
                Ok(Scalar::Real(*low, *high))
            };
            Ok(bounds.map(scalar).collect::<Result<_, SpaceError>>()?)
        }
        Space::Discrete(space) => Ok(vec![Scalar::Whole(*space)]),
        Space::MultiDiscrete(space) => Ok(space.dimensions().map(Scalar::Whole).collect()),
        Space::MultiBinary(space) => Ok(vec![Scalar::Bit; space.len()]),
        Space::Tuple(space) => joined(space.spaces().iter().map(scalars).collect()),
        Space::Dict(space) => joined(space.spaces().iter().map(|(_, space)| scalars(space)).collect()),
        Space::Text(_) | Space::Sequence(_) | Space::Graph(_) | Space::OneOf(_) => {
            Err(unfit(&format!("a {} has no array of fixed size", space.kind())))
        }
    }
}

/// A scalar's value; whole numbers keep all their bits.
#[derive(Clone, Copy)]
enum Number {
    Whole(i64),
    Real(f64),
}

impl Number {
    fn whole(self) -> i64 {
        match self {
            Self::Whole(value) => value,
            Self::Real(value) => value as i64,
        }
    }

    fn real(self) -> f64 {
        match self {
            Self::Whole(value) => value as f64,
            Self::Real(value) => value,
        }
    }
}

impl Scalar {
    /// The value at a coordinate of the unit interval.
    fn at_share(self, u: f64) -> Number {
        match self {
            Self::Real(low, high) => Number::Real((low + u * (high - low)).clamp(low, high)),
            Self::Whole(space) => self.at_level(((u * space.n() as f64) as u64).min(space.n() - 1)),
            Self::Bit => Number::Whole(i64::from(u >= 0.5)),
        }
    }

    fn at_level(self, level: u64) -> Number {
        match self {
            Self::Whole(space) => Number::Whole(space.start().wrapping_add_unsigned(level)),
            Self::Bit | Self::Real(..) => Number::Whole(level as i64),
        }
    }
}

/// Builds the element of `space` from its scalars' values, in order.
fn gather(space: &Space, values: &mut std::vec::IntoIter<Number>) -> Element {
    match space {
        Space::Box(space) => Element::Real(values.take(space.len()).map(Number::real).collect()),
        Space::MultiDiscrete(space) => {
            Element::MultiDiscrete(values.take(space.nvec().len()).map(Number::whole).collect())
        }
        Space::MultiBinary(space) => {
            Element::MultiBinary(values.take(space.len()).map(|value| value.whole() == 1).collect())
        }
        Space::Tuple(space) => {
            Element::Tuple(space.spaces().iter().map(|part| gather(part, values)).collect())
        }
        Space::Dict(space) => {
            Element::dict(space.spaces().iter().map(|(key, part)| (key.clone(), gather(part, values))))
        }
        // The constructors admit no other kind than `Discrete` here.
        _ => Element::Discrete(values.next().map_or(0, Number::whole)),
    }
}

/// The mask of a discrete action space as one list a scalar; a free part gives open lists.
fn flat_mask(space: &Space, mask: &Mask, out: &mut Vec<Vec<bool>>) -> Result<(), Error> {
    match (space, mask) {
        (Space::Discrete(_), Mask::Discrete(flags)) => out.push(flags.clone()),
        (Space::MultiDiscrete(_), Mask::MultiDiscrete(dimensions)) => out.extend(dimensions.iter().cloned()),
        (Space::MultiBinary(_), Mask::MultiBinary(bits)) => {
            out.extend(bits.iter().map(|bit| vec![*bit != Some(true), *bit != Some(false)]));
        }
        (Space::Tuple(space), Mask::Tuple(masks)) => {
            for (part, mask) in space.spaces().iter().zip(masks) {
                flat_mask(part, mask, out)?;
            }
        }
        (Space::Dict(space), Mask::Dict(masks)) => {
            for (key, part) in space.spaces() {
                let mask = masks.iter().find_map(|(name, mask)| (name == key).then_some(mask));
                flat_mask(part, mask.unwrap_or(&Mask::Free), out)?;
            }
        }
        _ => out.extend(scalars(space)?.into_iter().map(|scalar| match scalar {
            Scalar::Whole(space) => vec![true; space.n() as usize],
            Scalar::Bit | Scalar::Real(..) => vec![true; 2],
        })),
    }
    Ok(())
}

impl<E: Env> Env for FlattenAction<E> {
    leave_to_env!(observation_space render reset close snapshot restore);

    fn action_space(&self) -> &Space {
        &self.space
    }

    fn step(&mut self, action: &Element) -> Result<Step, Error> {
        self.space.check(action)?;
        let scalars = self.scalars.iter();
        let values: Vec<Number> = match action {
            Element::MultiDiscrete(levels) => {
                scalars.zip(levels).map(|(scalar, level)| scalar.at_level(level.unsigned_abs())).collect()
            }
            _ => {
                let shares = action.as_real().unwrap_or_default();
                scalars.zip(shares).map(|(scalar, u)| scalar.at_share(*u)).collect()
            }
        };
        let inner = gather(self.env.action_space(), &mut values.into_iter());
        self.env.step(&inner)
    }

    fn action_mask(&self) -> Option<Mask> {
        if !matches!(self.space, Space::MultiDiscrete(_)) {
            return None;
        }
        let mut lists = Vec::new();
        flat_mask(self.env.action_space(), &self.env.action_mask()?, &mut lists).ok()?;
        Some(Mask::MultiDiscrete(lists))
    }
}
