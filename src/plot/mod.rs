//! Figures: one file per figure, one table, one visual style.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use rayon::prelude::*;

use crate::lottery::Findings;
use crate::study::Study;

mod anytime;
mod anytime_regret;
mod attainment;
mod critical_difference;
mod default_tuned;
mod final_reward;
mod importance;
mod improvement;
mod lottery;
mod performance_profile;
mod runtime_ecdf;
pub(crate) mod style;
mod tuning_cost;
mod tuning_curves;
mod variance_components;

/// One kind of figure.
#[derive(Debug, Clone, Copy)]
pub struct Figure {
    /// kebab-case name, also the file's.
    pub name: &'static str,
    /// What it shows.
    pub summary: &'static str,
    /// Draws it.
    pub draw: Draw,
}

/// Draws a figure as SVG; `None` if there is nothing to show.
#[derive(Debug, Clone, Copy)]
pub enum Draw {
    /// From the runs.
    Runs(fn(&Study) -> Result<Option<String>>),
    /// From what was found about them.
    Findings(fn(&Findings) -> Result<Option<String>>),
}

/// All figures, sorted by name.
#[rustfmt::skip] // one row a line
pub static FIGURES: &[Figure] = &[
    Figure { name: "anytime", summary: "best reward so far against simulator calls", draw: Draw::Runs(anytime::draw) },
    Figure { name: "anytime-regret", summary: "normalised regret over all problems against simulator calls", draw: Draw::Findings(anytime_regret::draw) },
    Figure { name: "attainment", summary: "fronts that a tenth, half and nine tenths of the runs attain", draw: Draw::Findings(attainment::draw) },
    Figure { name: "critical-difference", summary: "mean ranks, and agents that cannot be told apart", draw: Draw::Findings(critical_difference::draw) },
    Figure { name: "default-tuned", summary: "default against tuned hyperparameters on fresh seeds", draw: Draw::Findings(default_tuned::draw) },
    Figure { name: "final-reward", summary: "final scores of all tickets and seeds", draw: Draw::Runs(final_reward::draw) },
    Figure { name: "importance", summary: "importance of hyperparameters", draw: Draw::Findings(importance::draw) },
    Figure { name: "improvement", summary: "probability that a run of the reference is better", draw: Draw::Findings(improvement::draw) },
    Figure { name: "lottery", summary: "how results spread over tickets", draw: Draw::Findings(lottery::draw) },
    Figure { name: "performance-profile", summary: "share of runs above any score", draw: Draw::Findings(performance_profile::draw) },
    Figure { name: "runtime-ecdf", summary: "share of targets reached against simulator calls", draw: Draw::Findings(runtime_ecdf::draw) },
    Figure { name: "tuning-cost", summary: "regret after tuning against all calls that it takes", draw: Draw::Findings(tuning_cost::draw) },
    Figure { name: "tuning-curves", summary: "regret of the best of so many tickets", draw: Draw::Findings(tuning_curves::draw) },
    Figure { name: "variance-components", summary: "spread by problem, ticket and seed", draw: Draw::Findings(variance_components::draw) },
];

/// The colour of an agent: that of its place in the study.
fn ink_of(findings: &Findings, agent: &str) -> style::Ink {
    let place = findings.study.agents.iter().position(|known| known == agent);
    style::Ink::series(place.unwrap_or(findings.study.agents.len()))
}

/// A figure that was drawn.
#[derive(Debug, Clone)]
pub struct Drawn {
    /// Which.
    pub figure: &'static Figure,
    /// As SVG.
    pub svg: String,
}

/// Draws every figure that there is data for; without findings, those of the runs.
///
/// # Errors
/// If a figure cannot be drawn.
pub fn draw(study: &Study, findings: Option<&Findings>) -> Result<Vec<Drawn>> {
    let one = |figure: &'static Figure| -> Result<Option<Drawn>> {
        let svg = match (figure.draw, findings) {
            (Draw::Runs(draw), _) => draw(study),
            (Draw::Findings(draw), Some(findings)) => draw(findings),
            (Draw::Findings(_), None) => Ok(None),
        };
        let svg = svg.with_context(|| format!("cannot draw {}", figure.name))?;
        Ok(svg.map(|svg| Drawn { figure, svg }))
    };
    let drawn: Result<Vec<Option<Drawn>>> = FIGURES.par_iter().map(one).collect();
    Ok(drawn?.into_iter().flatten().collect())
}

/// A figure on disk.
#[derive(Debug, Clone)]
pub struct Written {
    /// The SVG; the PNG is beside it.
    pub path: PathBuf,
    /// What it shows.
    pub summary: &'static str,
}

/// Writes figures into `dir`, as SVG and as PNG.
///
/// # Errors
/// If a figure cannot be written.
pub fn write(drawn: &[Drawn], dir: &Path) -> Result<Vec<Written>> {
    std::fs::create_dir_all(dir).with_context(|| format!("cannot write {}", dir.display()))?;
    drawn.par_iter().map(|drawn| drawn.write(dir)).collect()
}

impl Drawn {
    fn write(&self, dir: &Path) -> Result<Written> {
        let png =
            style::raster::png(&self.svg).with_context(|| format!("cannot draw {}", self.figure.name))?;
        let path = dir.join(format!("{}.svg", self.figure.name));
        for (path, content) in [(&path, self.svg.as_bytes()), (&path.with_extension("png"), &png)] {
            std::fs::write(path, content).with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(Written { path, summary: self.figure.summary })
    }
}

/// Small studies for the tests of figures.
#[cfg(test)]
pub(crate) mod samples {
    use crate::study::{Run, Study};

    pub(crate) fn run(agent: &str, ticket: u64, seed: u64) -> Run {
        let best = -1.0 - (ticket * 3 + seed) as f64;
        Run {
            run_id: format!("{agent}-{ticket}-{seed}"),
            env: "Toy-v0".into(),
            workload: "work".into(),
            space: "default".into(),
            objective: "cost".into(),
            agent: agent.into(),
            ticket,
            seed,
            budget: 100,
            simulator_calls: 100,
            score: Some(best),
            curve: vec![(1, best * 9.0), (7, best * 2.0), (60, best)],
        }
    }

    pub(crate) fn study(tickets: u64, seeds: u64) -> Study {
        let agents = ["genetic", "random-walker"];
        let runs = agents.iter().flat_map(|agent| {
            (0..tickets).flat_map(move |ticket| (0..seeds).map(move |seed| run(agent, ticket, seed)))
        });
        Study { name: "Sample".into(), runs: runs.collect() }
    }
}
