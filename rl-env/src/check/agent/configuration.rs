//! Hyperparameters: documented, checked, and sound over the whole sweep range.

use serde_json::{Map, Value as Json, json};

use super::AgentSubject;
use super::arena::Arena;
use super::search::context;
use crate::check::designs::ends;
use crate::check::report::Verdict;
use crate::check::rule::{Ruling, fail, guarded, is_joined_by, skip};
use crate::design::{Design, DesignSpace, Kind, Parameter, Value};
use crate::registry::AgentEntry;
use crate::seed::Seed;

/// Random tickets besides those at the ends.
const TICKETS: usize = 32;

pub(super) fn entry(subject: &AgentSubject<'_>) -> Ruling {
    let AgentEntry { name, summary, reference, .. } = subject.entry;
    if !is_joined_by(name, '-') || summary.trim().is_empty() || reference.trim().is_empty() {
        let seen = format!("name `{name}`, summary {summary:?}, reference {reference:?}");
        return Err(fail(seen, "a kebab-case name, a sentence, a paper or book", "the row of the table"));
    }
    Ok(None)
}

pub(super) fn schema(subject: &AgentSubject<'_>) -> Ruling {
    let (schema, defaults) = (subject.entry.schema(), subject.entry.defaults());
    let none = Map::new();
    let properties = schema.get("properties").and_then(Json::as_object).unwrap_or(&none);
    for (key, property) in properties {
        let doc = property.get("description").and_then(Json::as_str).unwrap_or_default();
        if doc.trim().is_empty() {
            let seen = format!("`{key}` has no description");
            return Err(fail(seen, "a doc comment on every hyperparameter", "schema()"));
        }
    }
    let defaults = defaults.as_object().unwrap_or(&none);
    let (documented, default) = (sorted(properties), sorted(defaults));
    if documented != default {
        let expected = format!("{documented:?}, what the schema documents");
        return Err(fail(format!("defaults for {default:?}"), expected, "defaults()"));
    }
    Ok((documented.is_empty()).then(|| "no hyperparameters".to_owned()))
}

fn sorted(map: &Map<String, Json>) -> Vec<&String> {
    let mut keys: Vec<&String> = map.keys().collect();
    keys.sort();
    keys
}

pub(super) fn defaults(subject: &AgentSubject<'_>) -> Ruling {
    let defaults = subject.entry.defaults();
    for config in [json!({}), defaults.clone()] {
        let resolved = subject.entry.resolve(&config);
        if resolved.as_ref() != Ok(&defaults) {
            let seen = resolved.map_or_else(|error| error.to_string(), |found| found.to_string());
            return Err(fail(seen, defaults.to_string(), format!("resolve({config})")));
        }
    }
    Ok(None)
}

pub(super) fn unknown_key(subject: &AgentSubject<'_>) -> Ruling {
    const STRANGER: &str = "no_such_hyperparameter";
    match subject.entry.resolve(&json!({ STRANGER: 1 })) {
        Err(error) if error.to_string().contains(STRANGER) => Ok(None),
        other => Err(fail(
            format!("{other:?}"),
            "an error that names the key",
            format!("resolve({{{STRANGER:?}: 1}})"),
        )),
    }
}

/// Every hyperparameter at both ends of its range, then whole tickets.
pub(super) fn sweep(subject: &AgentSubject<'_>) -> Ruling {
    let space =
        subject.entry.sweep().map_err(|error| fail(error.to_string(), "a design space", "sweep()"))?;
    let Some(space) = space else { return Err(skip("nothing to tune")) };
    let defaults = subject.entry.defaults();
    let (arena, mut rng) = (accepted(subject), Seed(0).stream("check"));
    for parameter in space.parameters() {
        if defaults.get(&parameter.name).is_none() {
            let seen = format!("`{}` is no hyperparameter", parameter.name);
            return Err(fail(seen, format!("one of {defaults}"), "sweep()"));
        }
        for end in ends(&parameter.kind) {
            works(subject.entry, arena, &json!({ &parameter.name: written(parameter, &end) }))?;
        }
    }
    for _ in 0..TICKETS {
        works(subject.entry, arena, &ticket(&space, &space.sample(&mut rng)))?;
    }
    Ok(None)
}

fn works(entry: &AgentEntry, arena: Option<&Arena>, config: &Json) -> Result<(), Verdict> {
    let resolved = entry.resolve(config);
    let resolved = resolved.map_err(|e| fail(e.to_string(), "accepted", format!("resolve({config})")))?;
    let kept = config.as_object().into_iter().flatten().all(|(key, value)| {
        resolved.get(key) == Some(value) || resolved.get(key).and_then(Json::as_f64) == value.as_f64()
    });
    if !kept {
        return Err(fail(
            resolved.to_string(),
            format!("the values of {config}"),
            format!("resolve({config})"),
        ));
    }
    let Some(arena) = arena else { return Ok(()) };
    let asked = guarded(|| entry.build(config, context(arena, 1)).and_then(|mut agent| agent.ask(4)));
    let seen = match asked {
        Ok(Ok(_)) => return Ok(()),
        Ok(Err(error)) => error.to_string(),
        Err(panic) => panic,
    };
    Err(fail(seen, "an agent that proposes", format!("build({config}) in arena `{}`, ask(4)", arena.name)))
}

/// The first arena that the method does not decline.
fn accepted<'a>(subject: &AgentSubject<'a>) -> Option<&'a Arena> {
    let AgentSubject { entry, arenas } = subject;
    let accepts = |arena: &&Arena| {
        guarded(|| entry.build(&entry.defaults(), context(arena, 1))).is_ok_and(|agent| agent.is_ok())
    };
    arenas.iter().find(accepts)
}

/// A design of a sweep space as hyperparameters; inactive ones keep their defaults.
fn ticket(space: &DesignSpace, design: &Design) -> Json {
    let pairs = space.parameters().iter().zip(design.values());
    let active = pairs.filter(|(_, value)| **value != Value::Inactive);
    active.map(|(parameter, value)| (parameter.name.clone(), written(parameter, value))).collect()
}

fn written(parameter: &Parameter, value: &Value) -> Json {
    let names = |indices: &mut dyn Iterator<Item = usize>, items: &[String]| -> Json {
        indices.filter_map(|i| items.get(i).cloned()).collect()
    };
    match (&parameter.kind, value) {
        (_, Value::Bool(b)) => json!(b),
        (_, Value::Integer(i)) => json!(i),
        (_, Value::Real(x)) => json!(x),
        (Kind::Permutation { items }, Value::Permutation(order)) => {
            names(&mut order.iter().map(|i| *i as usize), items)
        }
        (Kind::Subset { items, .. }, Value::Subset(flags)) => {
            names(&mut (0..flags.len()).filter(|i| flags[*i]), items)
        }
        _ => json!(parameter.format(value)),
    }
}
