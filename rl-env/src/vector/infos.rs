//! Infos of many environments in gymnasium's form: one object of arrays.

use serde_json::Value as Json;

use crate::env::Info;

/// Turns one info per environment into one object: `key` holds an array with an entry per environment, and `_key`
/// says which environments gave one. Where none was given, numbers are 0, flags false and everything else null.
///
/// Objects are stacked inside, key by key; `final_obs` is always an array of whole observations.
///
/// ```
/// use rl_env::env::Info;
/// use rl_env::vector::stack_infos;
/// use serde_json::json;
///
/// let info = |json: serde_json::Value| json.as_object().cloned().unwrap_or_default();
/// let infos = [info(json!({"x": 3, "why": "late"})), info(json!({"x": 4})), Info::new()];
/// let stacked = json!({
///     "x": [3, 4, 0], "_x": [true, true, false], "why": ["late", null, null], "_why": [true, false, false],
/// });
/// assert_eq!(json!(stack_infos(&infos)), stacked);
/// ```
pub fn stack_infos(infos: &[Info]) -> Info {
    stack(&infos.iter().map(Some).collect::<Vec<_>>())
}

fn stack(infos: &[Option<&Info>]) -> Info {
    let mut stacked = Info::new();
    for key in infos.iter().flatten().flat_map(|info| info.keys()) {
        if stacked.contains_key(key) {
            continue;
        }
        let values: Vec<Option<&Json>> =
            infos.iter().map(|info| info.and_then(|info| info.get(key))).collect();
        let given = values.iter().map(|value| Json::from(value.is_some())).collect();
        stacked.insert(key.clone(), stack_values(key, &values));
        stacked.insert(format!("_{key}"), Json::Array(given));
    }
    stacked
}

fn stack_values(key: &str, values: &[Option<&Json>]) -> Json {
    let objects: Vec<Option<&Info>> = values.iter().map(|value| value.and_then(Json::as_object)).collect();
    let all_objects = values.iter().zip(&objects).all(|(value, object)| value.is_some() == object.is_some());
    if all_objects && key != "final_obs" {
        return Json::Object(stack(&objects));
    }
    let blank =
        if key == "final_obs" { Json::Null } else { blank_of(values.iter().find_map(|value| *value)) };
    values.iter().map(|value| value.unwrap_or(&blank).clone()).collect()
}

/// The zero of the array that NumPy would make for such a value.
fn blank_of(value: Option<&Json>) -> Json {
    match value {
        Some(Json::Bool(_)) => Json::from(false),
        Some(Json::Number(number)) if number.is_f64() => Json::from(0.0),
        Some(Json::Number(_)) => Json::from(0),
        _ => Json::Null,
    }
}
