//! Configurations checked against their own JSON schema, with messages for people.
//!
//! `schemars` states ranges but nothing enforces them on load. [`load`] does: unknown keys name the closest known
//! one, wrong types and ranges name the key and what is allowed.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::error::Error;

/// JSON schema of `T`.
pub fn of<T: JsonSchema>() -> Json {
    serde_json::to_value(schemars::schema_for!(T)).unwrap_or_default()
}

/// Checks `config` against the schema of `T`, then reads it.
///
/// # Errors
/// [`Error::Unknown`] for a key that does not exist, [`Error::Value`] for a wrong type or range, [`Error::Config`]
/// for what only the reader notices.
pub fn load<T: JsonSchema + DeserializeOwned>(config: &Json) -> Result<T, Error> {
    let schema = of::<T>();
    check("", config, &schema, &schema)?;
    T::deserialize(config).map_err(|error| Error::Config { key: "config".into(), problem: error.to_string() })
}

/// Checks one value against its schema; `root` resolves references.
fn check(key: &str, value: &Json, schema: &Json, root: &Json) -> Result<(), Error> {
    let schema = resolve(schema, root);
    let alternatives = schema.get("oneOf").or_else(|| schema.get("anyOf"));
    if let Some(alternatives) = alternatives.and_then(Json::as_array) {
        return check_alternatives(key, value, alternatives, root);
    }
    let refuse = || Err(Error::value(shown(key), value, allowed(schema)));
    if !has_type(value, schema) {
        return refuse();
    }
    if let Some(number) = value.as_f64() {
        let beyond = |word: &str, test: fn(f64, f64) -> bool| {
            schema.get(word).and_then(Json::as_f64).is_some_and(|bound| test(number, bound))
        };
        if beyond("minimum", |x, bound| x < bound)
            || beyond("maximum", |x, bound| x > bound)
            || beyond("exclusiveMinimum", |x, bound| x <= bound)
            || beyond("exclusiveMaximum", |x, bound| x >= bound)
        {
            return refuse();
        }
    }
    let listed = schema.get("enum").and_then(Json::as_array).is_none_or(|options| options.contains(value));
    let constant = schema.get("const").is_none_or(|constant| constant == value);
    if !listed || !constant {
        return refuse();
    }
    match value {
        Json::Object(map) => check_object(key, map, schema, root),
        Json::Array(items) => check_array(key, items, schema, root),
        _ => Ok(()),
    }
}

fn check_object(
    key: &str,
    map: &serde_json::Map<String, Json>,
    schema: &Json,
    root: &Json,
) -> Result<(), Error> {
    let Some(properties) = schema.get("properties").and_then(Json::as_object) else {
        return match schema.get("additionalProperties") {
            Some(Json::Bool(false)) if !map.is_empty() => Err(Error::Config {
                key: shown(key).to_owned(),
                problem: format!("has nothing to set, but was given `{}`", joined(map.keys())),
            }),
            _ => Ok(()),
        };
    };
    for (name, value) in map {
        match properties.get(name) {
            Some(property) => check(&nested(key, name), value, property, root)?,
            None if schema.get("additionalProperties") == Some(&Json::Bool(false)) => {
                return Err(unknown_key(key, name, properties.keys().map(String::as_str)));
            }
            None => {}
        }
    }
    let required = schema.get("required").and_then(Json::as_array).into_iter().flatten();
    match required.filter_map(Json::as_str).find(|name| !map.contains_key(*name)) {
        Some(missing) => {
            let expected = properties.get(missing).map_or_else(String::new, |p| allowed(resolve(p, root)));
            let problem = format!("is missing; expected {expected}");
            Err(Error::Config { key: nested(key, missing), problem })
        }
        None => Ok(()),
    }
}

/// Compares without the path, which every known key would lack.
fn unknown_key<'a>(key: &str, name: &str, known: impl Iterator<Item = &'a str>) -> Error {
    let mut error = Error::unknown("key", name, known);
    if let Error::Unknown { name, .. } = &mut error {
        *name = nested(key, name);
    }
    error
}

/// The schema itself, or what it refers to.
fn resolve<'a>(schema: &'a Json, root: &'a Json) -> &'a Json {
    let target = schema.get("$ref").and_then(Json::as_str).and_then(|r| r.strip_prefix('#'));
    target.and_then(|pointer| root.pointer(pointer)).map_or(schema, |target| resolve(target, root))
}

fn check_array(key: &str, items: &[Json], schema: &Json, root: &Json) -> Result<(), Error> {
    let least = schema.get("minItems").and_then(Json::as_u64).unwrap_or(0);
    if (items.len() as u64) < least {
        return Err(Error::value(shown(key), format!("{} items", items.len()), format!("at least {least}")));
    }
    let Some(schema) = schema.get("items") else { return Ok(()) };
    items.iter().enumerate().try_for_each(|(i, item)| check(&format!("{key}[{i}]"), item, schema, root))
}

/// Passes if one alternative does; otherwise reports the alternative whose tag or type fits, else the lot.
fn check_alternatives(key: &str, value: &Json, alternatives: &[Json], root: &Json) -> Result<(), Error> {
    let results: Vec<_> = alternatives.iter().map(|schema| check(key, value, schema, root)).collect();
    if results.iter().any(Result::is_ok) {
        return Ok(());
    }
    let candidates: Vec<&Json> = alternatives.iter().map(|schema| resolve(schema, root)).collect();
    let fits = |schema: &Json| match (tag_of(schema), value.get("kind")) {
        (Some(tag), Some(given)) => tag == *given,
        _ => has_type(value, schema) && schema.get("type") != Some(&Json::from("null")),
    };
    let tagged: Vec<usize> = (0..candidates.len()).filter(|i| fits(candidates[*i])).collect();
    if let ([only], true) = (&tagged[..], value.is_object() || tagged.len() == 1) {
        return results.into_iter().nth(*only).unwrap_or(Ok(()));
    }
    let tags: Vec<String> = candidates.iter().copied().filter_map(tag_of).filter_map(text).collect();
    match value.get("kind").and_then(Json::as_str) {
        Some(given) if !tags.is_empty() => {
            let problem = Error::unknown("kind", given, tags.iter().map(String::as_str)).to_string();
            Err(Error::Config { key: nested(key, "kind"), problem })
        }
        _ => {
            let mut options: Vec<String> = candidates.iter().copied().map(allowed).collect();
            options.dedup();
            Err(Error::value(shown(key), value, options.join(" or ")))
        }
    }
}

fn tag_of(schema: &Json) -> Option<Json> {
    schema.pointer("/properties/kind/const").cloned()
}

fn text(value: Json) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn has_type(value: &Json, schema: &Json) -> bool {
    let is = |name: &str| match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => true,
    };
    match schema.get("type") {
        Some(Json::String(name)) => is(name),
        Some(Json::Array(names)) => names.iter().filter_map(Json::as_str).any(is),
        _ => true,
    }
}

/// What a schema accepts, in words.
fn allowed(schema: &Json) -> String {
    if let Some(constant) = schema.get("const") {
        return constant.to_string();
    }
    if let Some(options) = schema.get("enum").and_then(Json::as_array) {
        return format!("one of {}", joined(options.iter()));
    }
    let kind = match schema.get("type") {
        Some(Json::String(name)) => name.clone(),
        Some(Json::Array(names)) => names.iter().filter_map(Json::as_str).collect::<Vec<_>>().join(" or "),
        _ => "something else".to_owned(),
    };
    let bound = |word: &str, sign: &str| schema.get(word).map(|bound| format!(" {sign} {bound}"));
    let bounds: Vec<String> = [
        bound("minimum", "≥"),
        bound("exclusiveMinimum", ">"),
        bound("maximum", "≤"),
        bound("exclusiveMaximum", "<"),
    ]
    .into_iter()
    .flatten()
    .collect();
    format!("{kind}{}", bounds.join(" and"))
}

fn joined(items: impl Iterator<Item = impl ToString>) -> String {
    items.map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}

fn nested(key: &str, name: &str) -> String {
    if key.is_empty() { name.to_owned() } else { format!("{key}.{name}") }
}

fn shown(key: &str) -> &str {
    if key.is_empty() { "config" } else { key }
}
