//! The sequential form of a design: one small decision after the other, with masks.

use serde::Serialize;

use libm::{exp, log};

use super::{Design, DesignSpace, Kind, Value};
use crate::error::Error;
use crate::seed::Rng;

/// Levels a real parameter is divided into when nothing else is said.
pub(crate) const RESOLUTION: u64 = 32;

/// Integer ranges with more values than this are divided into levels like reals.
const MOST_LEVELS: u64 = 1024;

/// One decision: a scalar parameter, one position of an order, or one member of a subset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// Index of the parameter.
    pub parameter: usize,
    /// Position in an order, or item of a subset; 0 otherwise.
    pub part: usize,
    /// How many levels there are to choose from.
    pub levels: u64,
}

impl Decision {
    /// The level that `design` chose; 0 when inactive.
    pub(crate) fn level_in(&self, space: &DesignSpace, design: &Design) -> u64 {
        let kind = &space.parameters()[self.parameter].kind;
        match &design.0[self.parameter] {
            Value::Permutation(order) => u64::from(order[self.part]),
            Value::Subset(flags) => u64::from(flags[self.part]),
            Value::Real(x) => kind.real_level(*x, self.levels),
            value => {
                let (level, all) = (kind.level_of(value).unwrap_or(0), kind.levels().unwrap_or(1));
                if all == self.levels {
                    level
                } else {
                    nearest_level(level as f64 / (all - 1) as f64, self.levels)
                }
            }
        }
    }
}

impl Kind {
    fn parts(&self) -> usize {
        self.unit_dim()
    }

    fn decision_levels(&self, resolution: u64) -> u64 {
        match self {
            Self::Permutation { items } => items.len() as u64,
            Self::Subset { .. } => 2,
            _ => self.levels().filter(|levels| *levels <= MOST_LEVELS).unwrap_or(resolution),
        }
    }

    fn value_of_decision(&self, level: u64, resolution: u64) -> Option<Value> {
        match self.levels() {
            Some(all) if all > MOST_LEVELS => {
                let share = level as f64 / (resolution - 1) as f64;
                self.value_of_level((share * (all - 1) as f64).round() as u64)
            }
            Some(_) => self.value_of_level(level),
            None => self.value_of_real_level(level, resolution),
        }
    }

    /// Evenly spaced grid of a real range, both ends included.
    fn value_of_real_level(&self, level: u64, resolution: u64) -> Option<Value> {
        let share = level as f64 / (resolution - 1) as f64;
        match self {
            Self::Real { low, high } => Some(Value::Real((low + share * (high - low)).clamp(*low, *high))),
            Self::LogReal { low, high } => {
                let x = exp(log(*low) + share * (log(*high) - log(*low)));
                Some(Value::Real(x.clamp(*low, *high)))
            }
            _ => None,
        }
    }

    fn real_level(&self, x: f64, resolution: u64) -> u64 {
        let share = match self {
            Self::LogReal { low, high } => (log(x) - log(*low)) / (log(*high) - log(*low)),
            Self::Real { low, high } => (x - low) / (high - low),
            _ => 0.0,
        };
        nearest_level(share, resolution)
    }
}

/// A one-point range has no share (0/0); it reads as level 0.
fn nearest_level(share: f64, levels: u64) -> u64 {
    let level = (share * (levels - 1) as f64).round();
    if level.is_finite() { (level.max(0.0) as u64).min(levels - 1) } else { 0 }
}

/// A design under construction.
#[derive(Debug, Clone)]
pub struct Partial<'a> {
    space: &'a DesignSpace,
    resolution: u64,
    chosen: Vec<Value>,
    /// Levels of the structured parameter being decided.
    parts: Vec<u64>,
}

impl DesignSpace {
    /// All decisions in order, as if every parameter were active; reals offer `resolution` (at least 2) levels.
    pub fn decisions(&self, resolution: u64) -> Vec<Decision> {
        let of = |(parameter, p): (usize, &super::Parameter)| {
            let levels = p.kind.decision_levels(resolution.max(2));
            (0..p.kind.parts()).map(move |part| Decision { parameter, part, levels })
        };
        self.parameters().iter().enumerate().flat_map(of).collect()
    }

    /// An empty design to be decided step by step.
    pub fn partial(&self) -> Partial<'_> {
        self.partial_at(RESOLUTION)
    }

    /// As [`DesignSpace::partial`], reals divided into `resolution` (at least 2) levels.
    pub fn partial_at(&self, resolution: u64) -> Partial<'_> {
        let chosen = Vec::with_capacity(self.len());
        let mut partial = Partial { space: self, resolution: resolution.max(2), chosen, parts: Vec::new() };
        partial.skip_inactive();
        partial
    }

    /// Decides the rest at random among what the masks allow.
    pub(crate) fn complete(&self, partial: &mut Partial<'_>, rng: &mut Rng) -> Design {
        while partial.decision().is_some() {
            let legal = partial.legal();
            let open: Vec<u64> = (0..legal.len() as u64).filter(|l| legal[*l as usize]).collect();
            let level = match open.len() {
                0 => rng.below(legal.len() as u64),
                n => open[rng.index(n)],
            };
            if partial.choose(level).is_err() {
                break;
            }
        }
        partial.clone().into_design()
    }
}

impl Partial<'_> {
    /// The decision that is due; `None` when the design is complete.
    pub fn decision(&self) -> Option<Decision> {
        let parameter = self.chosen.len();
        let kind = &self.space.parameters().get(parameter)?.kind;
        let levels = kind.decision_levels(self.resolution);
        Some(Decision { parameter, part: self.parts.len(), levels })
    }

    /// Values of the parameters decided so far.
    pub fn chosen(&self) -> &[Value] {
        &self.chosen
    }

    /// Levels chosen so far for the structured parameter being decided.
    pub fn parts(&self) -> &[u64] {
        &self.parts
    }

    /// Which levels of the due decision can still lead to a legal design. All false means that the earlier
    /// choices left no legal one (constraints over several parameters can do that).
    pub fn legal(&self) -> Vec<bool> {
        let Some(decision) = self.decision() else { return Vec::new() };
        let mut legal: Vec<bool> = (0..decision.levels).map(|level| self.fits(&decision, level)).collect();
        if !self.space.constraints().is_empty() && decision.part + 1 == self.kind().parts() {
            let mut next = self.chosen.clone();
            for (level, flag) in legal.iter_mut().enumerate().filter(|(_, flag)| **flag) {
                next.push(self.value_with(level as u64));
                *flag = self.space.constraints().iter().all(|constraint| constraint.admits(&next));
                next.pop();
            }
        }
        legal
    }

    /// Whether one level of the due decision can still lead to a legal design (see [`Partial::legal`]).
    pub fn is_open(&self, level: u64) -> bool {
        let fits = |decision: Decision| level < decision.levels && self.fits(&decision, level);
        if !self.decision().is_some_and(fits) {
            return false;
        }
        let last = self.parts.len() + 1 == self.kind().parts();
        self.space.constraints().is_empty() || !last || self.leaves_legal(self.value_with(level))
    }

    /// Whether the due parameter can take `value` outright and still lead to a legal design. Unlike a level, a
    /// real value need not lie on the grid.
    pub fn admits(&self, value: &Value) -> bool {
        let due = self.space.parameters().get(self.chosen.len());
        due.is_some_and(|parameter| parameter.kind.contains(value))
            && (self.space.constraints().is_empty() || self.leaves_legal(value.clone()))
    }

    /// Whether no constraint speaks against the chosen values and this one.
    fn leaves_legal(&self, value: Value) -> bool {
        let next: Vec<Value> = self.chosen.iter().cloned().chain([value]).collect();
        self.space.constraints().iter().all(|constraint| constraint.admits(&next))
    }

    /// The first level from `wanted` upwards, then from 0, that is legal; where none is, that forms a value.
    pub(super) fn nearest_open(&self, wanted: u64) -> u64 {
        let legal = self.legal();
        let from = |open: &dyn Fn(u64) -> bool| {
            let count = legal.len() as u64;
            (0..count).map(|step| (wanted + step) % count).find(|level| open(*level))
        };
        let fits = |level| self.decision().is_some_and(|decision| self.fits(&decision, level));
        from(&|level| legal[level as usize]).or_else(|| from(&fits)).unwrap_or(wanted)
    }

    /// Takes a level of the due decision.
    ///
    /// # Errors
    /// [`Error::Value`] if there is no such level or it cannot form a value (a repeated item, a full subset);
    /// [`Error::Protocol`] if nothing is left to decide.
    pub fn choose(&mut self, level: u64) -> Result<(), Error> {
        let Some(decision) = self.decision() else {
            let problem = "every parameter is decided; start a new design".to_owned();
            return Err(Error::Protocol { call: "choose", problem });
        };
        if level >= decision.levels || !self.fits(&decision, level) {
            let name = &self.space.parameters()[decision.parameter].name;
            let allowed = format!("an open level below {}", decision.levels);
            return Err(Error::value(name, format!("level {level}"), allowed));
        }
        if decision.part + 1 < self.kind().parts() {
            self.parts.push(level);
            return Ok(());
        }
        let value = self.value_with(level);
        self.parts.clear();
        self.chosen.push(value);
        self.skip_inactive();
        Ok(())
    }

    /// Gives the due parameter a value outright, in place of the rest of its decisions.
    ///
    /// # Errors
    /// [`Error::Value`] if it is no value of the parameter; [`Error::Protocol`] if nothing is left to decide.
    pub fn take(&mut self, value: Value) -> Result<(), Error> {
        let Some(parameter) = self.space.parameters().get(self.chosen.len()) else {
            let problem = "every parameter is decided; start a new design".to_owned();
            return Err(Error::Protocol { call: "take", problem });
        };
        if !parameter.kind.contains(&value) {
            return Err(Error::value(&parameter.name, format!("{value:?}"), parameter.kind.allowed()));
        }
        self.parts.clear();
        self.chosen.push(value);
        self.skip_inactive();
        Ok(())
    }

    /// The design; parameters still undecided take their first value.
    pub fn into_design(mut self) -> Design {
        while self.decision().is_some() {
            let first = self.kind().first();
            self.parts.clear();
            self.chosen.push(first);
            self.skip_inactive();
        }
        Design(self.chosen)
    }

    fn kind(&self) -> &Kind {
        &self.space.parameters()[self.chosen.len()].kind
    }

    /// Whether the level can form a value of the parameter at all, constraints aside.
    fn fits(&self, decision: &Decision, level: u64) -> bool {
        match self.kind() {
            Kind::Permutation { .. } => !self.parts.contains(&level),
            Kind::Subset { items, min, max } => {
                let members = self.parts.iter().sum::<u64>() as usize + level as usize;
                members <= *max && members + (items.len() - decision.part - 1) >= *min
            }
            _ => true,
        }
    }

    fn value_with(&self, level: u64) -> Value {
        let parts = self.parts.iter().copied().chain([level]);
        match self.kind() {
            Kind::Permutation { .. } => Value::Permutation(parts.map(|item| item as u32).collect()),
            Kind::Subset { .. } => Value::Subset(parts.map(|member| member == 1).collect()),
            kind => kind.value_of_decision(level, self.resolution).unwrap_or(Value::Inactive),
        }
    }

    fn skip_inactive(&mut self) {
        while self.chosen.len() < self.space.len() && !self.space.is_active(self.chosen.len(), &self.chosen) {
            self.chosen.push(Value::Inactive);
        }
    }
}
