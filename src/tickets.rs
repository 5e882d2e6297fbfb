//! Hyperparameter tickets: the default first, then a grid, a list, or draws from the declared ranges.

use std::collections::HashSet;

use rl_env::Error;
use rl_env::design::{Design, DesignSpace, Kind, Parameter, Value};
use rl_env::registry::AgentEntry;
use rl_env::seed::Seed;
use serde_json::{Map, Value as Json};

use crate::config::{AgentTickets, Sampler, Tickets};

/// Dimensions beyond which the Sobol table ends.
const SOBOL_DIMENSIONS: usize = 256;
/// Most tickets of one agent: the length of the Sobol sequence.
const MOST_TICKETS: u64 = 1 << 16;

/// All hyperparameters of every ticket, ticket 0 (the default with what the config fixes) first. Repeated settings
/// are dropped.
///
/// # Errors
/// As [`AgentEntry::resolve`], for the first ticket that it refuses; [`Error::Config`] if there is nothing to draw.
pub fn tickets(entry: &AgentEntry, choice: &AgentTickets, seed: u32) -> Result<Vec<Json>, Error> {
    let mut settings = vec![Map::new()];
    match &choice.tickets {
        Tickets::Count(count) => settings.extend(draws(entry, choice, *count, Sampler::Sobol, seed)?),
        Tickets::Draws(d) => settings.extend(draws(entry, choice, d.draws, d.sampler, seed)?),
        Tickets::Grid(grid) => settings.extend(combinations(&grid.grid)?),
        Tickets::List(list) => settings.extend(list.list.iter().cloned()),
    }
    let mut tickets: Vec<Json> = Vec::with_capacity(settings.len());
    let mut seen = HashSet::new();
    for setting in settings {
        let mut all = setting;
        all.extend(choice.set.clone());
        let resolved = entry.resolve(&Json::Object(all))?;
        if seen.insert(resolved.to_string()) {
            tickets.push(resolved);
        }
    }
    Ok(tickets)
}

fn draws(
    entry: &AgentEntry,
    choice: &AgentTickets,
    count: u32,
    sampler: Sampler,
    seed: u32,
) -> Result<Vec<Map<String, Json>>, Error> {
    let config = |problem: String| Error::Config { key: "tickets".into(), problem };
    if u64::from(count) > MOST_TICKETS {
        return Err(config(format!("{count} is too many; at most {MOST_TICKETS} tickets of one agent")));
    }
    let Some(space) = entry.sweep()?.filter(|_| count > 1) else {
        return match count {
            1 => Ok(Vec::new()),
            _ => Err(config(format!("`{}` has nothing to tune; leave it at 1 ticket", entry.name))),
        };
    };
    if space.unit_dim() > SOBOL_DIMENSIONS {
        return Err(config(format!("more than {SOBOL_DIMENSIONS} hyperparameters to draw")));
    }
    let free = space.parameters().iter().any(|p| !choice.set.contains_key(&p.name));
    if !free {
        return Err(config("every swept hyperparameter is fixed by `set`; nothing is left to draw".into()));
    }
    let mut rng = Seed(u64::from(seed)).stream(entry.name);
    (0..count - 1)
        .map(|i| match sampler {
            Sampler::Random => Ok(space.sample(&mut rng)),
            Sampler::Sobol => space.from_unit(&sobol_point(i, space.unit_dim(), seed)),
        })
        .map(|design| Ok(setting(&space, &design?)))
        .collect()
}

/// Point `index` of the Owen-scrambled sequence.
fn sobol_point(index: u32, dimensions: usize, seed: u32) -> Vec<f64> {
    (0..dimensions).map(|d| f64::from(sobol_burley::sample(index, d as u32, seed))).collect()
}

fn setting(space: &DesignSpace, design: &Design) -> Map<String, Json> {
    space
        .parameters()
        .iter()
        .zip(&design.0)
        .filter(|(_, value)| **value != Value::Inactive)
        .map(|(parameter, value)| (parameter.name.clone(), json(parameter, value)))
        .collect()
}

fn json(parameter: &Parameter, value: &Value) -> Json {
    match (value, &parameter.kind) {
        (Value::Bool(b), _) => (*b).into(),
        (Value::Integer(i), _) => (*i).into(),
        (Value::Real(x), Kind::Real { .. } | Kind::LogReal { .. }) => (*x).into(),
        _ => parameter.format(value).into(),
    }
}

/// All combinations, the last key varying fastest.
fn combinations(grid: &Map<String, Json>) -> Result<Vec<Map<String, Json>>, Error> {
    let mut all = vec![Map::new()];
    for (key, values) in grid {
        let values = values.as_array().filter(|values| !values.is_empty()).ok_or_else(|| Error::Config {
            key: format!("tickets.grid.{key}"),
            problem: "expected a list of values with at least one".into(),
        })?;
        if (all.len() * values.len()) as u64 > MOST_TICKETS {
            let problem = format!("the grid has more than {MOST_TICKETS} combinations");
            return Err(Error::Config { key: "tickets.grid".into(), problem });
        }
        let extended = |setting: &Map<String, Json>, value: &Json| {
            let mut next = setting.clone();
            next.insert(key.clone(), value.clone());
            next
        };
        all = all.iter().flat_map(|s| values.iter().map(move |v| extended(s, v))).collect();
    }
    Ok(all)
}
