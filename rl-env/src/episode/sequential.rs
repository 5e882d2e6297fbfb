//! The sequential form: what a policy sees of a design under construction, and what it may do next.

use crate::design::{Decision, Design, DesignSpace, Kind, Partial, Value};
use crate::error::Error;
use crate::space::{BoxSpace, DType, Element, Mask, Space, SpaceError};

/// What the observation shows of a parameter that is not decided yet.
pub const UNDECIDED: f64 = -1.0;

/// What the observation shows of a parameter that was skipped because it does not matter.
pub const INACTIVE: f64 = -0.5;

/// The sequential form of one design space.
///
/// Decisions come in declaration order, one level of one parameter (or of one position of an order, or one
/// member of a subset) at a time; parameters that do not matter are skipped. With `d` decisions in all, the
/// observation has `2 d` values: the unit-cube coordinates of the design so far ([`UNDECIDED`] and [`INACTIVE`]
/// where there are none), then a 1 at the decision that is due. The action is `Discrete` in the largest number of levels;
/// the mask closes levels that the due decision does not have, and those that the constraints rule out.
///
/// Earlier choices can leave no legal level (a constraint that cannot judge partial designs). Such a dead end
/// ends the episode: what is undecided takes its first value, and the design is infeasible by that constraint.
#[derive(Debug, Clone, PartialEq)]
pub struct Sequential {
    resolution: u64,
    /// Most levels of any decision.
    width: u64,
    /// Where each parameter's coordinates start; the last entry is their number.
    starts: Vec<usize>,
}

impl Sequential {
    /// The sequential form of `space`, reals divided into `resolution` (at least 2) levels.
    ///
    /// # Errors
    /// [`Error::Declaration`] if the constraints rule out every level of the first decision.
    pub fn new(space: &DesignSpace, resolution: u64) -> Result<Self, Error> {
        let width = space.decisions(resolution).iter().map(|decision| decision.levels).max().unwrap_or(1);
        let mut starts = vec![0];
        starts.extend(space.parameters().iter().scan(0, |end, parameter| {
            *end += parameter.kind.unit_dim();
            Some(*end)
        }));
        if !space.partial_at(resolution).legal().contains(&true) {
            let problem = "its constraints rule out every first decision, so that no design is legal";
            return Err(Error::declaration("space", &space.parameters()[0].name, problem));
        }
        Ok(Self { resolution, width, starts })
    }

    /// `Discrete` in the largest number of levels.
    ///
    /// # Errors
    /// [`Error::Space`] if a choice has more options than a `Discrete` can hold.
    pub fn action_space(&self) -> Result<Space, SpaceError> {
        Space::discrete(self.width)
    }

    /// `Box` of twice as many values as there are decisions.
    ///
    /// # Errors
    /// [`Error::Space`] if there are too many decisions for an array.
    pub fn observation_space(&self) -> Result<Space, SpaceError> {
        let count = self.count();
        let low = [vec![UNDECIDED; count], vec![0.0; count]].concat();
        BoxSpace::new(low, vec![1.0; 2 * count], &[2 * count], DType::Float32).map(Space::Box)
    }

    /// The design space's empty design.
    pub fn start<'a>(&self, space: &'a DesignSpace) -> Partial<'a> {
        space.partial_at(self.resolution)
    }

    /// The design after these levels.
    ///
    /// # Errors
    /// [`Error::Value`] or [`Error::Protocol`] for levels that do not lead anywhere.
    pub fn partial<'a>(&self, space: &'a DesignSpace, levels: &[u64]) -> Result<Partial<'a>, Error> {
        let mut partial = self.start(space);
        levels.iter().try_for_each(|level| partial.choose(*level))?;
        Ok(partial)
    }

    /// What a policy sees of the design so far.
    pub fn observe(&self, space: &DesignSpace, partial: &Partial<'_>) -> Element {
        let mut values = self.decided(space, partial.chosen());
        if let Some(decision) = partial.decision() {
            let start = self.starts[decision.parameter];
            let kind = &space.parameters()[decision.parameter].kind;
            write_parts(kind, partial.parts(), &mut values[start..]);
            values[self.count() + start + decision.part] = 1.0;
        }
        Element::Real(values)
    }

    /// What a policy sees of a finished design.
    pub fn observe_whole(&self, space: &DesignSpace, design: &Design) -> Element {
        Element::Real(self.decided(space, &design.0))
    }

    /// The mask of a decision whose open levels are given.
    pub fn mask(&self, open: &[bool]) -> Mask {
        let mut flags = open.to_vec();
        flags.resize(self.width as usize, false);
        Mask::Discrete(flags)
    }

    /// The levels that lead to a design of the space, up to the resolution of reals.
    ///
    /// # Errors
    /// [`Error::Value`] for a design outside the space.
    pub fn levels_of(&self, space: &DesignSpace, design: &Design) -> Result<Vec<u64>, Error> {
        space.check(design)?;
        let (mut partial, mut levels) = (self.start(space), Vec::new());
        while let Some(decision) = partial.decision() {
            let level = decision.level_in(space, design);
            partial.choose(level)?;
            levels.push(level);
        }
        Ok(levels)
    }

    /// The decided parameters, then the decision that is due; for people.
    pub(super) fn describe(&self, space: &DesignSpace, levels: &[u64]) -> String {
        let Ok(partial) = self.partial(space, levels) else { return String::new() };
        let decided = space.describe(&Design(partial.chosen().to_vec()));
        let name = |decision: Decision| space.parameters()[decision.parameter].name.as_str();
        format!("{decided} {}=?", partial.decision().map_or("", name)).trim_start().to_owned()
    }

    fn count(&self) -> usize {
        self.starts.last().copied().unwrap_or(0)
    }

    /// Coordinates of a prefix of values, the rest undecided, no decision due.
    fn decided(&self, space: &DesignSpace, chosen: &[Value]) -> Vec<f64> {
        let mut values = space.to_unit(&Design(chosen.to_vec()));
        values.iter_mut().for_each(|value| *value = DType::Float32.round(*value));
        for (index, _) in chosen.iter().enumerate().filter(|(_, value)| **value == Value::Inactive) {
            values[self.starts[index]..self.starts[index + 1]].fill(INACTIVE);
        }
        values.resize(self.count(), UNDECIDED);
        values.resize(2 * self.count(), 0.0);
        values
    }
}

/// Coordinates of an order or a subset that is decided in part.
fn write_parts(kind: &Kind, parts: &[u64], values: &mut [f64]) {
    for (part, level) in parts.iter().enumerate() {
        match kind {
            Kind::Permutation { items } => {
                let position = (part as f64 + 0.5) / items.len() as f64;
                values[*level as usize] = DType::Float32.round(position);
            }
            _ => values[part] = if *level == 1 { 0.75 } else { 0.25 },
        }
    }
}
