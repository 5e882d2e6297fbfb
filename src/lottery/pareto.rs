//! Fronts of Pareto objectives, compared.

use rl_env::objective::Axis;
use rl_env::pareto::Front;

use super::assembly::Material;
use super::findings::{AttainmentRow, Findings, ParetoRow, Remark};
use super::fronts::{RunFront, axes};
use crate::statistics::{attainment, igd_plus, quantile};
use crate::study::Run;

/// Shares of the runs whose attainment surfaces are told.
const SHARES: [u32; 3] = [25, 50, 75];

pub(super) fn fill(material: &Material<'_>, found: &mut Findings) {
    for (title, runs) in material.study.problems() {
        let Some(first) = runs.first().filter(|run| material.ledger.is_pareto(run)) else { continue };
        let config = &material.ledger.manifests[material.ledger.entry(first).dir].config;
        let Some(axes) = axes(config, first) else {
            let text = format!(
                "{title}: the axes of the objective are not known any more, so its fronts cannot be read"
            );
            found.remarks.push(Remark { about: "pareto".to_owned(), text });
            continue;
        };
        let mut reference = Front::<()>::default();
        for front in runs.iter().filter_map(|run| material.fronts.get(&run.run_id)) {
            front.points.iter().for_each(|point| {
                reference.offer(point, || ());
            });
        }
        for agent in &material.agents {
            let own: Vec<&Run> = runs.iter().copied().filter(|run| run.agent == *agent).collect();
            let fronts: Vec<RunFront> =
                own.iter().map(|run| material.fronts.get(&run.run_id).cloned().unwrap_or_default()).collect();
            if !fronts.is_empty() {
                found.pareto.push(row(agent, &title, &fronts, &reference));
                found.attainment.extend(surfaces(agent, &title, &fronts, &axes));
            }
        }
    }
}

fn row(agent: &str, title: &str, fronts: &[RunFront], reference: &Front<()>) -> ParetoRow {
    let all: Vec<Vec<f64>> = reference.members().iter().map(|(point, ())| point.clone()).collect();
    let volume = |front: &RunFront| front.curve.last().map_or(0.0, |(_, volume)| *volume);
    let mut volumes: Vec<f64> = fronts.iter().map(volume).collect();
    volumes.sort_unstable_by(f64::total_cmp);
    let distance = |front: &RunFront| igd_plus(&front.points, &all).unwrap_or(f64::MAX);
    let mut distances: Vec<f64> = fronts.iter().map(distance).collect();
    distances.sort_unstable_by(f64::total_cmp);
    let at = |q| quantile(&volumes, q).unwrap_or(0.0);
    // A run without a front is infinitely far away.
    let empty = fronts.iter().filter(|front| front.points.is_empty()).count();
    let median = quantile(&distances, 0.5).filter(|_| 2 * empty < fronts.len());
    ParetoRow {
        agent: agent.to_owned(),
        problem: title.to_owned(),
        runs: fronts.len(),
        median_hypervolume: at(0.5),
        q25_hypervolume: at(0.25),
        q75_hypervolume: at(0.75),
        median_igd_plus: median,
        reference_points: all.len(),
        reference_hypervolume: reference.hypervolume(),
    }
}

/// Surfaces in the units of the metrics.
fn surfaces(agent: &str, title: &str, fronts: &[RunFront], axes: &[Axis]) -> Vec<AttainmentRow> {
    let [first, second] = axes else { return Vec::new() };
    let flat: Vec<Vec<(f64, f64)>> =
        fronts.iter().map(|front| front.points.iter().map(|p| (p[0], p[1])).collect()).collect();
    let metric = |axis: &Axis, scaled: f64| axis.reference + scaled * (axis.ideal - axis.reference);
    let corner = |percent: u32| {
        move |(x, y): (f64, f64)| AttainmentRow {
            agent: agent.to_owned(),
            problem: title.to_owned(),
            percent,
            x_metric: first.metric.clone(),
            x: metric(first, x),
            y_metric: second.metric.clone(),
            y: metric(second, y),
        }
    };
    let surface = |percent: &u32| {
        attainment(&flat, f64::from(*percent) / 100.0).into_iter().map(corner(*percent)).collect::<Vec<_>>()
    };
    SHARES.iter().flat_map(surface).collect()
}
