//! Designs as FARSI's runs were recorded: a JSON object a line.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::block::{Block, MemoryKind};
use super::design::Soc;
use super::workload::Workload;
use super::{SocError, workloads};

/// A recorded design with what FARSI said about it.
#[derive(Debug, Clone, Deserialize)]
pub struct Recorded {
    /// Its identity.
    pub id: String,
    /// How it was made.
    pub source: String,
    /// Whether all of its data have a memory; results of others are an accident of FARSI's code.
    pub complete_mapping: bool,
    /// Its task graphs, by FARSI's names.
    pub workloads: Vec<String>,
    /// Latency of each task graph, in s.
    pub latency_s: BTreeMap<String, f64>,
    /// Energy, in J.
    pub energy_j: f64,
    /// Power, in W.
    pub power_w: f64,
    /// Area, in m².
    pub area_m2: f64,
    /// Development cost.
    pub cost: f64,
    /// Distance to the budgets, terms within their budget counted.
    pub dist_simple: f64,
    /// Distance to the budgets, terms within their budget dropped.
    pub dist_eliminate: f64,
    /// Launch and end of each task, in s.
    pub task_start_end: BTreeMap<String, [f64; 2]>,
    /// Phases of the simulation.
    pub n_phases: usize,
    blocks: Vec<RecordedBlock>,
    links: Vec<[usize; 2]>,
    task_pe: BTreeMap<String, usize>,
    edge_mem: Vec<(String, String, usize)>,
    kernel_order: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
struct RecordedBlock {
    n: String,
}

impl Recorded {
    /// The name of the built-in workload that it ran.
    #[must_use]
    pub fn workload(&self) -> String {
        match &self.workloads[..] {
            [one] => one.replace('_', "-"),
            [_, _, _] => "ar-glasses".to_owned(),
            others => others.join("+"),
        }
    }

    /// The design, for its workload.
    ///
    /// # Errors
    /// Names that the workload does not have, and data without a memory.
    pub fn design(&self, workload: &Workload) -> Result<Soc, SocError> {
        let blocks = self.blocks.iter().map(|recorded| block(&recorded.n, workload));
        let mut task_pe = vec![usize::MAX; workload.tasks().len()];
        for (name, place) in &self.task_pe {
            task_pe[task(name, workload)?] = *place;
        }
        let mut edge_memory = vec![usize::MAX; workload.edges().len()];
        for (from, to, place) in &self.edge_mem {
            let (from, to) = (task(from, workload)?, task(to, workload)?);
            let at = workload.edges().iter().position(|edge| (edge.from, edge.to) == (from, to));
            let at =
                at.ok_or_else(|| SocError::design("it records an edge that its workload does not have"))?;
            edge_memory[at] = *place;
        }
        Ok(Soc {
            blocks: blocks.collect::<Result<_, _>>()?,
            links: self.links.clone(),
            task_pe,
            edge_memory,
            launch_order: self
                .kernel_order
                .iter()
                .map(|name| task(name, workload))
                .collect::<Result<_, _>>()?,
        })
    }
}

/// Our name of one of FARSI's task graphs.
///
/// # Errors
/// [`SocError::UnknownWorkload`].
pub fn workload_name(name: &str) -> Result<&'static str, SocError> {
    let ours = name.replace('_', "-");
    let known = workloads::BUILT_IN.iter().find(|(known, _)| *known == ours);
    known.map(|(known, _)| *known).ok_or_else(|| SocError::UnknownWorkload {
        name: name.to_owned(),
        allowed: workloads::BUILT_IN.iter().map(|(known, _)| *known).collect::<Vec<_>>().join(", "),
    })
}

/// Index of the task with one of FARSI's names.
///
/// # Errors
/// [`SocError::Design`] if the workload has no such task.
pub fn task(name: &str, workload: &Workload) -> Result<usize, SocError> {
    let ours = match name {
        "souurce" => "source",
        "siink" => "sink",
        "dummy_last" => "join",
        name => name.trim_end_matches("_fxp_cloned"),
    };
    let known = workload.tasks().iter().position(|task| task.name == ours);
    known.ok_or_else(|| SocError::design(format!("its workload has no task `{name}`")))
}

/// The block with a name of FARSI's library.
///
/// # Errors
/// [`SocError::Design`] if it is no such name.
pub fn block(name: &str, workload: &Workload) -> Result<Block, SocError> {
    let unknown = || SocError::design(format!("`{name}` is no block of FARSI's library"));
    if name == "A53_pe" {
        return Ok(Block::Processor);
    }
    let mut parts = name.rsplit('_').skip(1);
    let mut number = || parts.next().and_then(|part| part.parse::<u32>().ok());
    let clock = number().ok_or_else(unknown)?;
    let second = number().ok_or_else(unknown)?;
    if let Some((owner, _)) = name.split_once("_IP0_") {
        return Ok(Block::Accelerator { task: task(owner, workload)?, unroll: second, clock });
    }
    let width_bytes = 4u32.checked_shl(second).ok_or_else(unknown)?;
    match name {
        _ if name.starts_with("LMEM_ic_") => Ok(Block::Interconnect { width_bytes, clock }),
        _ if name.starts_with("LMEM_") => Ok(Block::Memory { kind: MemoryKind::Sram, width_bytes, clock }),
        _ if name.starts_with("GMEM_") => Ok(Block::Memory { kind: MemoryKind::Dram, width_bytes, clock }),
        _ => Err(unknown()),
    }
}
