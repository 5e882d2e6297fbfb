//! What an environment declares about the parameters in a dataset.

use rl_env::design::{DesignSpace, Kind, Parameter};
use rl_env::registry::EnvEntry;
use sweepstake_envs::ENVS;

/// The spaces that designs of an environment can come from: that of the workload and space if both are built in,
/// otherwise those of all its variants that can be built. None for an environment that this version does not know.
pub fn spaces(env: &str, workload: &str, space: &str) -> Vec<DesignSpace> {
    let Some(entry) = ENVS.iter().find(|entry| entry.id == env) else { return Vec::new() };
    if !workload.is_empty()
        && let Some(space) = build(entry, workload, space)
    {
        return vec![space];
    }
    let workloads = entry.workloads.iter().map(|w| w.name);
    workloads.flat_map(|w| entry.spaces.iter().filter_map(move |s| build(entry, w, s.name))).collect()
}

fn build(entry: &EnvEntry, workload: &str, space: &str) -> Option<DesignSpace> {
    let selection = entry.select(workload, space, None).ok()?;
    Some(entry.problem(&selection).ok()?.space().clone())
}

/// The parameters on which all [`spaces`] agree.
pub fn parameters(env: &str, workload: &str, space: &str) -> Vec<Parameter> {
    let mut all: Vec<(Parameter, bool)> = Vec::new();
    for space in spaces(env, workload, space) {
        for parameter in space.parameters() {
            match all.iter_mut().find(|(known, _)| known.name == parameter.name) {
                Some((known, agreed)) => *agreed &= known.kind == parameter.kind,
                None => all.push((parameter.clone(), true)),
            }
        }
    }
    all.into_iter().filter(|(_, agreed)| *agreed).map(|(parameter, _)| parameter).collect()
}

/// Whether the values of a kind are whole numbers.
pub fn is_whole(kind: &Kind) -> bool {
    matches!(kind, Kind::Integer { .. } | Kind::PowerOfTwo { .. } | Kind::Ordinal { .. })
}

/// The ends of a numeric kind.
pub fn range(kind: &Kind) -> Option<(f64, f64)> {
    match kind {
        Kind::Integer { low, high } | Kind::PowerOfTwo { low, high } => Some((*low as f64, *high as f64)),
        Kind::Ordinal { values } => Some((*values.first()? as f64, *values.last()? as f64)),
        Kind::Real { low, high } | Kind::LogReal { low, high } => Some((*low, *high)),
        _ => None,
    }
}
