//! Figures: one file per figure, one table, one visual style.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::study::Study;

mod anytime;
mod anytime_regret;
mod final_reward;
pub(crate) mod style;

/// One kind of figure.
#[derive(Debug, Clone, Copy)]
pub struct Figure {
    /// kebab-case name, also the file's.
    pub name: &'static str,
    /// What it shows.
    pub summary: &'static str,
    /// Draws it as SVG; `None` if the study has no data for it.
    pub draw: fn(&Study) -> Result<Option<String>>,
}

/// All figures, sorted by name.
pub static FIGURES: &[Figure] = &[
    Figure { name: "anytime", summary: "best reward so far against simulator calls", draw: anytime::draw },
    Figure {
        name: "anytime-regret",
        summary: "normalised regret over all problems against simulator calls",
        draw: anytime_regret::draw,
    },
    Figure {
        name: "final-reward",
        summary: "final scores of all tickets and seeds",
        draw: final_reward::draw,
    },
];

/// A figure on disk.
#[derive(Debug, Clone)]
pub struct Written {
    /// Where.
    pub path: PathBuf,
    /// What it shows.
    pub summary: &'static str,
}

/// Draws every figure that the study has data for into `dir`.
///
/// # Errors
/// If a figure cannot be drawn or written.
pub fn draw_all(study: &Study, dir: &Path) -> Result<Vec<Written>> {
    std::fs::create_dir_all(dir).with_context(|| format!("cannot write {}", dir.display()))?;
    let mut written = Vec::new();
    for figure in FIGURES {
        if let Some(svg) = (figure.draw)(study).with_context(|| format!("cannot draw {}", figure.name))? {
            let path = dir.join(format!("{}.svg", figure.name));
            std::fs::write(&path, svg).with_context(|| format!("cannot write {}", path.display()))?;
            written.push(Written { path, summary: figure.summary });
        }
    }
    Ok(written)
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
