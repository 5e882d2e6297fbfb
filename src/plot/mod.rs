//! Figures: one file per figure, one table, one visual style.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::study::Study;

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
pub static FIGURES: &[Figure] = &[];

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
