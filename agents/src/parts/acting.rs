//! Between spaces and networks: observations become inputs, outputs become actions.

use rl_env::Error;
use rl_env::space::{Element, Mask, Space};

/// More inputs or outputs than this are no task for a small network.
const MOST: usize = 1 << 16;

/// Inputs beyond this are cut off; unbounded spaces can have them.
const LIMIT: f64 = 1e6;

/// Observations as inputs: the flat form of the space.
#[derive(Debug, Clone)]
pub(crate) struct Observer {
    space: Space,
    size: usize,
}

impl Observer {
    /// For observations of `space`.
    ///
    /// # Errors
    /// [`Error::Space`] if it has no flat form, [`Error::Config`] if that is too long.
    pub(crate) fn new(space: &Space) -> Result<Self, Error> {
        let size = space.flatdim()?;
        if size > MOST {
            return Err(too_large("observation space", size));
        }
        Ok(Self { space: space.clone(), size })
    }

    /// Number of inputs.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// The inputs that show an observation.
    ///
    /// # Errors
    /// [`Error::Space`] for an observation outside the space.
    pub(crate) fn features(&self, observation: &Element) -> Result<Vec<f64>, Error> {
        let mut features = self.space.flatten(observation)?;
        for value in features.iter_mut().filter(|value| value.is_nan() || value.abs() > LIMIT) {
            *value = if value.is_nan() { 0.0 } else { value.clamp(-LIMIT, LIMIT) };
        }
        Ok(features)
    }
}

/// One categorical choice.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    /// Where its outputs begin.
    pub(crate) start: usize,
    pub(crate) size: usize,
    /// The value of its first entry.
    first: i64,
}

impl Head {
    /// Its part of a row of outputs.
    pub(crate) fn of<'a, T>(&self, outputs: &'a [T]) -> &'a [T] {
        &outputs[self.start..self.start + self.size]
    }

    /// Its part of a row of outputs, to be changed.
    pub(crate) fn of_mut<'a, T>(&self, outputs: &'a mut [T]) -> &'a mut [T] {
        &mut outputs[self.start..self.start + self.size]
    }
}

/// Actions as independent categorical choices, one a dimension.
#[derive(Debug, Clone)]
pub(crate) struct Actions {
    space: Space,
    heads: Vec<Head>,
}

impl Actions {
    /// For actions of `space`.
    ///
    /// # Errors
    /// [`Error::Config`] unless the space is `Discrete`, `MultiDiscrete` or `MultiBinary`, and not too large.
    pub(crate) fn new(space: &Space) -> Result<Self, Error> {
        let size = space.flatdim()?;
        if size > MOST {
            return Err(too_large("action space", size));
        }
        let sizes: Vec<(u64, i64)> = match space {
            Space::Discrete(space) => vec![(space.n(), space.start())],
            Space::MultiDiscrete(space) => {
                space.dimensions().map(|dimension| (dimension.n(), dimension.start())).collect()
            }
            Space::MultiBinary(space) => vec![(2, 0); space.len()],
            other => {
                let problem = format!("actions have to be discrete, these are of a {} space", other.kind());
                return Err(Error::Config { key: "action_space".into(), problem });
            }
        };
        let place = |end: &mut usize, (size, first): (u64, i64)| {
            let head = Head { start: *end, size: size as usize, first };
            *end += head.size;
            Some(head)
        };
        Ok(Self { space: space.clone(), heads: sizes.into_iter().scan(0, place).collect() })
    }

    /// Number of outputs that rate the entries of all choices.
    pub(crate) fn outputs(&self) -> usize {
        self.heads.last().map_or(0, |head| head.start + head.size)
    }

    /// The choices.
    pub(crate) fn heads(&self) -> &[Head] {
        &self.heads
    }

    /// Which outputs a mask leaves open.
    ///
    /// # Errors
    /// [`Error::Value`] for a mask that does not fit the space.
    pub(crate) fn open(&self, mask: Option<&Mask>) -> Result<Vec<bool>, Error> {
        let open = match mask {
            None | Some(Mask::Free) => vec![true; self.outputs()],
            Some(mask) => mask.flat().unwrap_or_default(),
        };
        if open.len() == self.outputs() {
            return Ok(open);
        }
        let (value, allowed) = (format!("a mask of {} entries", open.len()), format!("{}", self.outputs()));
        Err(Error::Value { key: "action mask".into(), value, allowed })
    }

    /// The action made of one entry of each choice.
    pub(crate) fn element(&self, chosen: &[usize]) -> Element {
        let value = |(head, entry): (&Head, &usize)| head.first.wrapping_add(*entry as i64);
        match self.space {
            Space::MultiDiscrete(_) => {
                Element::MultiDiscrete(self.heads.iter().zip(chosen).map(value).collect())
            }
            Space::MultiBinary(_) => Element::MultiBinary(chosen.iter().map(|entry| *entry == 1).collect()),
            _ => Element::Discrete(self.heads.iter().zip(chosen).map(value).next().unwrap_or(0)),
        }
    }

    /// The entries that an action chose.
    ///
    /// # Errors
    /// [`Error::Space`] for an action outside the space.
    pub(crate) fn chosen(&self, action: &Element) -> Result<Vec<usize>, Error> {
        self.space.check(action)?;
        let entry = |(head, value): (&Head, &i64)| value.wrapping_sub(head.first) as usize;
        Ok(match action {
            Element::MultiDiscrete(values) => self.heads.iter().zip(values).map(entry).collect(),
            Element::MultiBinary(bits) => bits.iter().map(|bit| usize::from(*bit)).collect(),
            Element::Discrete(value) => self.heads.iter().map(|head| entry((head, value))).collect(),
            _ => Vec::new(),
        })
    }
}

fn too_large(key: &str, size: usize) -> Error {
    let problem = format!("its flat form has {size} values, more than {MOST}");
    Error::Config { key: key.into(), problem }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic anywhere")]

    use rl_env::seed::Seed;
    use rl_env::space::Discrete;

    use super::*;

    #[test]
    fn actions_survive_the_way_to_entries_and_back() {
        let mut rng = Seed(1).stream("test");
        let spaces = [
            (Space::Discrete(Discrete::new(5, -2).unwrap()), 5),
            (Space::multi_discrete(&[3, 4]).unwrap(), 7),
            (Space::multi_binary(3).unwrap(), 6),
        ];
        for (space, outputs) in spaces {
            let actions = Actions::new(&space).unwrap();
            assert_eq!(actions.outputs(), outputs);
            for _ in 0..20 {
                let action = space.sample(&mut rng);
                assert_eq!(actions.element(&actions.chosen(&action).unwrap()), action);
            }
        }
        assert!(Actions::new(&Space::interval(0.0, 1.0).unwrap()).is_err());
    }

    #[test]
    fn masks_open_the_outputs_they_name() {
        let actions = Actions::new(&Space::multi_discrete(&[2, 3]).unwrap()).unwrap();
        let mask = Mask::MultiDiscrete(vec![vec![true, false], vec![false, false, true]]);
        assert_eq!(actions.open(Some(&mask)).unwrap(), [true, false, false, false, true]);
        assert_eq!(actions.open(None).unwrap(), [true; 5]);
        assert!(actions.open(Some(&Mask::Discrete(vec![true]))).is_err());
    }

    #[test]
    fn inputs_are_finite() {
        let space = Space::boxed(f64::NEG_INFINITY, f64::INFINITY, &[3]).unwrap();
        let observer = Observer::new(&space).unwrap();
        let shown = observer.features(&Element::Real(vec![1e30, -1e30, 0.25])).unwrap();
        assert_eq!(shown, [LIMIT, -LIMIT, 0.25]);
    }
}
