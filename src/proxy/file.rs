//! Proxies on disk.
//!
//! A file is a line that names the format and its version, a line of JSON that says everything about the proxy, the
//! model's bytes, and a BLAKE3 of all before. `head -n 2 FILE` shows what it is.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use rl_env::problem::Problem;
use serde::{Deserialize, Serialize};

use super::encoding::Encoder;
use super::fitted::{Calibration, Fitted};
use super::models::find_proxy;
use super::target::Target;
use crate::dataset::output::Output;
use crate::table::Subject;
use crate::usage::Usage;

/// First line of a file. The number changes when older programs could not read the rest.
const MAGIC: &str = "sweepstake proxy 1\n";
const KIND: &str = "sweepstake proxy ";
const CHECKSUM: usize = 32;

/// Everything about a proxy but its model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// What it stands for.
    #[serde(flatten)]
    pub subject: Subject,
    /// What it predicts.
    pub targets: Vec<Target>,
    /// Name of its model.
    pub model: String,
    /// What the model sees.
    pub features: Vec<String>,
    /// Samples that it was learnt from.
    pub samples: u64,
    /// Different designs among them.
    pub designs: u64,
    /// Of these, how many work.
    pub feasible: u64,
    /// Agents that found them.
    pub agents: Vec<String>,
    /// Hash of the designs and their metrics.
    pub data: String,
    /// Seed of the training.
    pub seed: u64,
    /// Intervals.
    pub calibration: Calibration,
    /// Version of sweepstake.
    pub version: String,
    /// Bytes of the model, and of the model that predicts whether a design works (0 for none).
    pub bytes: [u64; 2],
}

/// A proxy with all about it.
pub struct Proxy {
    /// All about it.
    pub about: About,
    /// Encodes designs.
    pub encoder: Encoder,
    /// The model.
    pub fitted: Fitted,
    /// First digits of the file's hash: its name in results.
    pub id: String,
}

/// Writes a proxy.
///
/// # Errors
/// If it cannot be written.
pub fn write(path: &Path, about: &About, fitted: &Fitted) -> Result<()> {
    let gate: &[u8] = fitted.gate.as_ref().map_or(&[], |(_, bytes)| bytes);
    let about = About { bytes: [fitted.bytes.len() as u64, gate.len() as u64], ..about.clone() };
    let mut content = MAGIC.as_bytes().to_vec();
    content.extend(serde_json::to_vec(&about)?);
    content.push(b'\n');
    content.extend(&fitted.bytes);
    content.extend(gate);
    let hash = blake3::hash(&content);
    content.extend(hash.as_bytes());
    let mut output = Output::create(path)?;
    output.write_all(&content).with_context(|| format!("cannot write {}", path.display()))?;
    output.commit()
}

/// Reads what a file says of itself, after its checksum.
///
/// # Errors
/// If it cannot be read, is no proxy, is of another version of the format, or is damaged.
pub fn about(path: &Path) -> Result<About> {
    parts(path).map(|parts| parts.0)
}

fn parts(path: &Path) -> Result<(About, Vec<u8>, String)> {
    let refuse = |problem: &str| Usage::error(format!("{}: {problem}", path.display()));
    let mut content = fs::read(path).map_err(|error| refuse(&format!("cannot read it: {error}")))?;
    if !content.starts_with(MAGIC.as_bytes()) {
        return Err(refuse(&foreign(&content)));
    }
    let damaged = "the file is damaged (its checksum is wrong); train it anew with `sweepstake proxy train`";
    if content.len() < MAGIC.len() + CHECKSUM {
        return Err(refuse(damaged));
    }
    let checksum = content.split_off(content.len() - CHECKSUM);
    let hash = blake3::hash(&content);
    if hash.as_bytes()[..] != checksum[..] {
        return Err(refuse(damaged));
    }
    let rest = &content[MAGIC.len()..];
    let end = rest.iter().position(|byte| *byte == b'\n').ok_or_else(|| refuse("it has no description"))?;
    let about = serde_json::from_slice(&rest[..end])
        .map_err(|error| refuse(&format!("its description cannot be read: {error}")))?;
    Ok((about, rest[end + 1..].to_vec(), hash.to_hex()[..8].to_owned()))
}

fn foreign(content: &[u8]) -> String {
    let line = content.split(|byte| *byte == b'\n').next().unwrap_or_default();
    match std::str::from_utf8(line).ok().and_then(|line| line.strip_prefix(KIND)) {
        Some(version) if version.len() < 20 => format!(
            "it has version {} of the format, but this program reads version 1",
            version.escape_debug()
        ),
        _ => "it is no proxy of `sweepstake proxy train`".to_owned(),
    }
}

/// Reads the proxy at `path` for `problem`, known as `subject`.
///
/// # Errors
/// If it cannot be read, is damaged, or is of another environment, version, workload or space.
pub fn read(path: &Path, problem: &Arc<dyn Problem>, subject: &Subject) -> Result<Proxy> {
    let refuse = |problem: String| Usage::error(format!("{}: {problem}", path.display()));
    let (about, body, id) = parts(path)?;
    if let Some(mismatch) = mismatch(&about.subject, subject) {
        return Err(refuse(mismatch));
    }
    let encoder = Encoder::new(problem.space());
    let known = |target: &Target| problem.metrics().iter().any(|metric| metric.name == target.name.as_str());
    let inconsistent = || refuse("its parts do not fit together; train it anew".to_owned());
    let sound = encoder.names() == about.features
        && !about.targets.is_empty()
        && about.targets.iter().all(|target| target.is_sound() && known(target))
        && about.calibration.fits(about.targets.len());
    let [model, gate] = about.bytes;
    if !sound || model.checked_add(gate) != Some(body.len() as u64) {
        return Err(inconsistent());
    }
    let (model, gate) = body.split_at(usize::try_from(model)?);
    let entry = find_proxy(&about.model).map_err(|error| refuse(error.to_string()))?;
    let load = |name: &str, bytes: &[u8], targets: usize| -> Result<_> {
        find_proxy(name)?.load(bytes, encoder.len(), targets).ok_or_else(inconsistent)
    };
    let fitted = Fitted {
        entry,
        targets: about.targets.clone(),
        model: load(&about.model, model, about.targets.len())?,
        bytes: model.to_vec(),
        gate: match gate {
            [] => None,
            bytes => Some((load(super::fitted::GATE, bytes, 1)?, bytes.to_vec())),
        },
        calibration: about.calibration.clone(),
    };
    Ok(Proxy { about, encoder, fitted, id })
}

/// What of the file is not as wanted, first things first.
fn mismatch(own: &Subject, wanted: &Subject) -> Option<String> {
    if own == wanted {
        return None;
    }
    let workload = |subject: &Subject| match &subject.workload_hash {
        Some(hash) => format!("{} (content {hash})", subject.workload),
        None => subject.workload.clone(),
    };
    let parts = [
        ("environment", own.env.clone(), wanted.env.clone()),
        ("workload", workload(own), workload(wanted)),
        ("space", own.space.clone(), wanted.space.clone()),
        ("definition of the space", own.definition.clone(), wanted.definition.clone()),
    ];
    let first = parts.into_iter().find(|(_, own, wanted)| own != wanted);
    Some(match first {
        Some((what, own, wanted)) => format!("the {what} of this proxy is {own}, not {wanted}"),
        None => "this proxy is of something else".to_owned(),
    })
}
