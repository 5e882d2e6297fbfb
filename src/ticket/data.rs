//! Where images are.

use std::path::Path;

use anyhow::{Context as _, Result};
use sweepstake_networks::images::{Dataset, FILES};
use sweepstake_networks::shipped;

use crate::usage::Usage;

/// Where Debian's package `dataset-fashion-mnist` puts Fashion-MNIST.
const DEBIAN: &str = "/usr/share/datasets/fashion-mnist";

/// The images of a folder; without one those of Debian's package, or the few that the program brings along. With a few
/// words on what they are.
pub(super) fn find(folder: Option<&Path>) -> Result<(Dataset, String)> {
    match folder {
        Some(folder) => Ok((read(folder)?, "the given folder".into())),
        None if Path::new(DEBIAN).is_dir() => {
            Ok((read(Path::new(DEBIAN))?, "Fashion-MNIST (Debian's dataset-fashion-mnist)".into()))
        }
        None => Ok((shipped::images()?, "the shipped part of Fashion-MNIST".into())),
    }
}

/// The four IDX files of a folder, plain or with `.gz`.
fn read(folder: &Path) -> Result<Dataset> {
    let mut files = Vec::new();
    for name in FILES {
        let candidates = [folder.join(format!("{name}.gz")), folder.join(name)];
        let Some(path) = candidates.iter().find(|path| path.exists()) else {
            let folder = folder.display();
            return Err(Usage::error(format!(
                "{folder}: no {name} or {name}.gz (the four files are {FILES:?})"
            )));
        };
        files.push(std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?);
    }
    Dataset::read([&files[0], &files[1], &files[2], &files[3]]).with_context(|| folder.display().to_string())
}
