//! What a study found, drawn.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::Setting;
use super::tables::summaries;
use super::work::{Done, Outcome};
use crate::plot::style::Ink;
use crate::plot::style::axis::Axis;
use crate::plot::style::curves::{Chart, Curve};
use crate::plot::style::raster;
use crate::plot::style::sheet::{Mark, Panel, Sheet};

/// Writes the figures into a folder, as SVG and as PNG.
pub(super) fn write(setting: &Setting<'_>, done: &Done, out: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for (name, svg) in [("accuracy", accuracy(setting, done)?), ("search", search(setting, done)?)] {
        let Some(svg) = svg else { continue };
        let path = out.join(format!("{name}.svg"));
        for (path, content) in
            [(path.clone(), svg.as_bytes()), (path.with_extension("png"), &raster::png(&svg)?)]
        {
            std::fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))?;
        }
        files.push(path);
    }
    Ok(files)
}

/// The colour of a method: that of its place in the configuration.
fn ink(setting: &Setting<'_>, method: &str) -> Ink {
    let place = setting.config.methods.iter().position(|known| known == method);
    Ink::series(place.unwrap_or(0))
}

fn accuracy(setting: &Setting<'_>, done: &Done) -> Result<Option<String>> {
    let rows = summaries(setting, done);
    let dense = done.dense.iter().map(|(_, accuracy)| accuracy).sum::<f64>() / done.dense.len().max(1) as f64;
    let kept = |sparsity: f64| 100.0 * (1.0 - sparsity);
    let curve = |method: &String| {
        let own = || rows.iter().rev().filter(|row| row.method == method);
        Curve {
            name: method.clone(),
            ink: ink(setting, method),
            points: own().map(|row| (kept(row.sparsity), 100.0 * row.mean)).collect(),
            band: own().map(|row| (kept(row.sparsity), 100.0 * row.worst, 100.0 * row.best)).collect(),
        }
    };
    let least = rows.iter().map(|row| kept(row.sparsity)).fold(100.0, f64::min);
    let most = rows.iter().map(|row| kept(row.sparsity)).fold(least, f64::max);
    let mut curves: Vec<Curve> = setting.config.methods.iter().map(curve).collect();
    curves.retain(|curve| !curve.points.is_empty());
    curves.push(Curve {
        name: "dense".into(),
        ink: Ink::MUTED,
        points: vec![(least, 100.0 * dense), (most, 100.0 * dense)],
        band: Vec::new(),
    });
    Chart {
        title: setting.config.name.clone(),
        lead: format!(
            "Accuracy on {} test images, batch norms recalibrated under the mask; mean over seeds, each with \
             its own dense network. Only iterative and the tuned ones change weights; untrained and edge-popup search random weights.",
            setting.dataset.test.len()
        ),
        band: "worst to best seed",
        across: ("Weights of the kernels that stay, % (log scale)", Axis::ratios(least, most)),
        up: ("Test accuracy, % (higher is better)", Axis::rewards(0.0, 0.0, 100.0)),
        curves,
    }
    .draw()
}

/// Accuracy on the way, a panel for each sparsity.
fn search(setting: &Setting<'_>, done: &Done) -> Result<Option<String>> {
    let epochs = |images: u64| images as f64 / setting.dataset.train.len().max(1) as f64;
    let watched = |run: &&Outcome| run.curve.len() > 1;
    let drawn = |name: &&String| done.outcomes.iter().filter(watched).any(|run| run.method == **name);
    let methods: Vec<&String> = setting.config.methods.iter().filter(drawn).collect();
    if methods.is_empty() {
        return Ok(None);
    }
    let points = |method: &str, sparsity: f64| -> Vec<(f64, f64)> {
        let own: Vec<&Outcome> =
            done.outcomes.iter().filter(|run| run.method == method && run.sparsity == sparsity).collect();
        let places = own.first().map_or(0, |run| run.curve.len());
        let mean = |place: usize| {
            let all = own.iter().filter_map(|run| run.curve.get(place)).map(|point| point.accuracy);
            100.0 * all.sum::<f64>() / own.len().max(1) as f64
        };
        (0..places).map(|place| (epochs(own[0].curve[place].images), mean(place))).collect()
    };
    let every = || done.outcomes.iter().filter(watched).flat_map(|run| &run.curve);
    let last = every().map(|point| epochs(point.images)).fold(1.0, f64::max).ceil();
    let panel = |sparsity: &f64| {
        let all = methods.iter().flat_map(|method| points(method, *sparsity)).map(|(_, accuracy)| accuracy);
        let (low, high) = all.fold((100.0_f64, 0.0_f64), |(low, high), x| (low.min(x), high.max(x)));
        Panel {
            heading: format!("{:.0} % of the weights cut", 100.0 * sparsity),
            notes: Vec::new(),
            across: Axis::rewards(0.0, 0.0, last),
            up: Axis::rewards(low, low, high),
        }
    };
    let sheet = Sheet {
        title: format!("{}: what the search costs", setting.config.name),
        lead: "Accuracy of the mask on the way, batch norms recalibrated before every judgement; mean over seeds. \
               jackpot-short makes ever fewer of the exchanges that its scores ask for."
            .into(),
        legend: methods.iter().map(|method| (Mark::Curve(ink(setting, method)), (*method).clone())).collect(),
        across: "Epochs of search, and then of tuning".into(),
        up: "Test accuracy, %".into(),
        height: None,
        panels: setting.config.sparsities.iter().map(panel).collect(),
    };
    let draw = sheet.draw(|frame, place| {
        for method in &methods {
            frame.line(&points(method, setting.config.sparsities[place]), ink(setting, method), 1.8)?;
        }
        Ok(())
    });
    draw.map(Some)
}
