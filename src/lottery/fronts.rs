//! The fronts of Pareto objectives, from the samples.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use anyhow::{Context as _, Result};
use rl_env::objective::{Axis, Objective};
use rl_env::pareto::Front;
use rl_env::registry::find_env;
use sweepstake_envs::ENVS;

use super::ledger::Ledger;
use crate::config::{ObjectiveChoice, SweepConfig};
use crate::store::samples_path;
use crate::study::{Run, Study};

/// The front of one run.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct RunFront {
    /// Points on the scaled axes, 0 at the reference and 1 at the ideal; none dominates another.
    pub points: Vec<Vec<f64>>,
    /// Hypervolume so far: (simulator calls, hypervolume) at each improvement.
    pub curve: Vec<(u64, f64)>,
}

/// The axes of a Pareto objective by its name; `None` if neither the sweep nor the environment declares it.
pub(super) fn axes(config: &SweepConfig, run: &Run) -> Option<Vec<Axis>> {
    let own =
        config.envs.iter().flat_map(|env| env.objectives.iter().flatten()).find_map(|choice| match choice {
            ObjectiveChoice::Own(own) if own.name == run.objective => Some(own.objective.clone()),
            _ => None,
        });
    let named = || Some(find_env(ENVS, &run.env).ok()?.objective(&run.workload, &run.objective).ok()?.1);
    match own.or_else(named)? {
        Objective::Pareto { axes } => Some(axes),
        _ => None,
    }
}

/// The fronts of all Pareto runs within their first `calls` simulator calls, by content address.
///
/// # Errors
/// If the samples cannot be read or lack a column.
pub(super) fn read_fronts(study: &Study, ledger: &Ledger, calls: u64) -> Result<HashMap<String, RunFront>> {
    let mut wanted: BTreeMap<(usize, &str), HashMap<&str, Vec<Axis>>> = BTreeMap::new();
    for run in study.runs.iter().filter(|run| ledger.is_pareto(run)) {
        let dir = ledger.entry(run).dir;
        if let Some(axes) = axes(&ledger.manifests[dir].config, run) {
            wanted.entry((dir, &run.env)).or_default().insert(&run.run_id, axes);
        }
    }
    let mut fronts = HashMap::new();
    for ((dir, env), runs) in wanted {
        let path = samples_path(&ledger.dirs[dir], env);
        follow(&path, &runs, calls, &mut fronts)
            .with_context(|| format!("cannot read {}", path.display()))?;
    }
    Ok(fronts)
}

/// Positions of the columns that a front is made of.
struct Columns {
    id: usize,
    cached: usize,
    metrics: HashMap<String, usize>,
}

impl Columns {
    fn new(header: &csv::StringRecord, runs: &HashMap<&str, Vec<Axis>>) -> Result<Self> {
        let at = |name: &str| {
            header
                .iter()
                .position(|known| known == name)
                .with_context(|| format!("there is no column `{name}`"))
        };
        let names: BTreeSet<&str> = runs.values().flatten().map(|axis| axis.metric.as_str()).collect();
        let metrics = names.into_iter().map(|name| Ok((name.to_owned(), at(&format!("m.{name}"))?)));
        Ok(Self { id: at("run_id")?, cached: at("cached")?, metrics: metrics.collect::<Result<_>>()? })
    }

    /// The point of a sample on the scaled axes; `None` if it is infeasible.
    fn point(&self, record: &csv::ByteRecord, axes: &[Axis]) -> Option<Vec<f64>> {
        let value = |axis: &Axis| {
            let text = std::str::from_utf8(&record[*self.metrics.get(&axis.metric)?]).ok()?;
            let oriented = |x: f64| axis.direction.oriented(x);
            let (worst, best) = (oriented(axis.reference), oriented(axis.ideal));
            Some((oriented(text.parse().ok()?) - worst) / (best - worst)).filter(|x| x.is_finite())
        };
        axes.iter().map(value).collect()
    }
}

fn follow(
    path: &Path,
    runs: &HashMap<&str, Vec<Axis>>,
    most: u64,
    fronts: &mut HashMap<String, RunFront>,
) -> Result<()> {
    let mut reader = csv::ReaderBuilder::new().buffer_capacity(1 << 18).from_path(path)?;
    let columns = Columns::new(&reader.headers()?.clone(), runs)?;
    let mut record = csv::ByteRecord::new();
    let (mut id, mut calls, mut front, mut curve) =
        (String::new(), 0_u64, Front::<()>::default(), Vec::new());
    let mut close = |id: &str, front: &mut Front<()>, curve: &mut Vec<(u64, f64)>| {
        if runs.contains_key(id) {
            let points = front.members().iter().map(|(point, ())| point.clone()).collect();
            fronts.insert(id.to_owned(), RunFront { points, curve: std::mem::take(curve) });
        }
        *front = Front::default();
    };
    while reader.read_byte_record(&mut record)? {
        if record[columns.id] != *id.as_bytes() {
            close(&id, &mut front, &mut curve);
            (id, calls) = (String::from_utf8_lossy(&record[columns.id]).into_owned(), 0);
        }
        calls += u64::from(&record[columns.cached] == b"false");
        let Some(axes) = runs.get(id.as_str()).filter(|_| calls <= most) else { continue };
        if columns.point(&record, axes).is_some_and(|point| front.offer(&point, || ())) {
            let volume = front.hypervolume();
            if curve.last().is_none_or(|(_, before)| volume > *before) {
                curve.push((calls, volume));
            }
        }
    }
    close(&id, &mut front, &mut curve);
    Ok(())
}
