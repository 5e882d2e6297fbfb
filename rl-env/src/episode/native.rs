//! Whole designs as `Dict` actions, one entry a parameter ([`Form::Native`](super::Form::Native)).

use libm::{exp10, log10};

use crate::design::{Design, DesignSpace, Kind, Value};
use crate::error::Error;
use crate::space::{Discrete, Element, MultiBinary, Space, SpaceError};

pub(super) fn action_space(space: &DesignSpace) -> Result<Space, Error> {
    let entry = |p: &crate::design::Parameter| Ok((p.name.clone(), entry_space(&p.kind)?));
    let entries = space.parameters().iter().map(entry).collect::<Result<Vec<_>, SpaceError>>()?;
    Ok(Space::dict(entries)?)
}

fn entry_space(kind: &Kind) -> Result<Space, SpaceError> {
    match kind {
        Kind::Integer { low, .. } => Discrete::new(kind.levels().unwrap_or(1), *low).map(Space::Discrete),
        Kind::Real { low, high } => Space::interval(*low, *high),
        Kind::LogReal { low, high } => Space::interval(log10(*low), log10(*high)),
        Kind::Permutation { items } => Space::boxed(0.0, 1.0, &[items.len()]),
        Kind::Subset { items, .. } => MultiBinary::new(&[items.len()]).map(Space::MultiBinary),
        _ => Space::discrete(kind.levels().unwrap_or(1)),
    }
}

/// Parameters that are inactive show their first value.
pub(super) fn encode(space: &DesignSpace, design: &Design) -> Element {
    let entry = |(parameter, value): (&crate::design::Parameter, &Value)| {
        let first = parameter.kind.first();
        let value = if *value == Value::Inactive { &first } else { value };
        (parameter.name.clone(), encode_value(&parameter.kind, value))
    };
    Element::dict(space.parameters().iter().zip(&design.0).map(entry))
}

fn encode_value(kind: &Kind, value: &Value) -> Element {
    match (kind, value) {
        (Kind::Integer { .. }, Value::Integer(i)) => Element::Discrete(*i),
        (Kind::LogReal { low, high }, Value::Real(x)) => {
            Element::Real(vec![log10(*x).clamp(log10(*low), log10(*high))])
        }
        (_, Value::Real(x)) => Element::Real(vec![*x]),
        (_, Value::Permutation(order)) => {
            let mut keys = vec![0.0; order.len()];
            for (position, item) in order.iter().enumerate() {
                keys[*item as usize] = (position as f64 + 0.5) / order.len() as f64;
            }
            Element::Real(keys)
        }
        (_, Value::Subset(flags)) => Element::MultiBinary(flags.to_vec()),
        _ => Element::Discrete(kind.level_of(value).unwrap_or(0) as i64),
    }
}

/// The action is of the space, so that every entry is there. Entries of inactive parameters are ignored.
pub(super) fn decode(space: &DesignSpace, action: &Element) -> Result<Design, Error> {
    let value = |parameter: &crate::design::Parameter| {
        let entry = action.get(&parameter.name);
        entry.and_then(|entry| decode_value(&parameter.kind, entry)).ok_or_else(|| {
            Error::value(&parameter.name, "no fitting entry", "one entry a parameter, of its space")
        })
    };
    let mut design = Design(space.parameters().iter().map(value).collect::<Result<_, _>>()?);
    space.canonicalise(&mut design);
    Ok(design)
}

fn decode_value(kind: &Kind, entry: &Element) -> Option<Value> {
    Some(match (kind, entry) {
        (Kind::Integer { .. }, Element::Discrete(i)) => Value::Integer(*i),
        (Kind::Real { low, high }, Element::Real(x)) => Value::Real(x.first()?.clamp(*low, *high)),
        (Kind::LogReal { low, high }, Element::Real(x)) => Value::Real(exp10(*x.first()?).clamp(*low, *high)),
        (Kind::Permutation { .. }, Element::Real(keys)) => {
            // Random keys (Bean 1994): items in the order of their keys, ties by index.
            let mut order: Vec<u32> = (0..keys.len() as u32).collect();
            order.sort_by(|a, b| keys[*a as usize].total_cmp(&keys[*b as usize]));
            Value::Permutation(order.into())
        }
        (Kind::Subset { min, max, .. }, Element::MultiBinary(flags)) => subset(flags, *min, *max),
        (_, Element::Discrete(level)) => kind.value_of_level(level.unsigned_abs())?,
        _ => return None,
    })
}

/// Every action has to be a design: surplus members go from the end, missing ones come from the start.
fn subset(flags: &[bool], min: usize, max: usize) -> Value {
    let mut flags = flags.to_vec();
    let mut members = flags.iter().filter(|flag| **flag).count();
    for flag in flags.iter_mut().rev().filter(|flag| **flag) {
        if members > max {
            (*flag, members) = (false, members - 1);
        }
    }
    for flag in flags.iter_mut().filter(|flag| !**flag) {
        if members < min {
            (*flag, members) = (true, members + 1);
        }
    }
    Value::Subset(flags.into())
}
