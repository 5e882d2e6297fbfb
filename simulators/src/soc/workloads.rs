//! The built-in task graphs, those of FARSI.

use super::{SocError, TaskGraph};

/// Names of the built-in workloads, each with what it is.
pub const BUILT_IN: &[(&str, &str)] = &[
    ("audio-decoder", "Ambisonic audio decoder of a headset: fifteen tasks with much parallelism."),
    ("edge-detection", "Edge detection on an image: six tasks on large data."),
    ("hpvm-cava", "Camera vision pipeline: a chain of seven tasks."),
    ("ar-glasses", "The three applications together on one chip."),
];

/// Name and text of each graph.
const FILES: [(&str, &str); 3] = [
    ("audio-decoder", include_str!("workloads/audio-decoder.yaml")),
    ("edge-detection", include_str!("workloads/edge-detection.yaml")),
    ("hpvm-cava", include_str!("workloads/hpvm-cava.yaml")),
];

/// The task graphs of a built-in workload.
///
/// # Errors
/// [`SocError::UnknownWorkload`].
pub fn graphs(name: &str) -> Result<Vec<TaskGraph>, SocError> {
    let together = name == "ar-glasses";
    let files = FILES.iter().filter(|(file, _)| together || *file == name);
    let graphs: Vec<TaskGraph> =
        files.map(|(_, text)| TaskGraph::from_yaml(text)).collect::<Result<_, _>>()?;
    if graphs.is_empty() {
        let allowed = BUILT_IN.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        return Err(SocError::UnknownWorkload { name: name.to_owned(), allowed });
    }
    Ok(graphs)
}
