//! Plans: a sweep configuration spelt out as the runs it consists of, each content-addressed.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use rl_env::agent::{Agent, Context};
use rl_env::objective::{Objective, Scorer};
use rl_env::problem::Problem;
use rl_env::registry::{EnvEntry, find_agent, find_env};
use rl_env::seed::Seed;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sweepstake_envs::ENVS;

use crate::agents::AGENTS;
use crate::cache::Addresses;
use crate::config::{AgentChoice, AgentTickets, EnvChoice, ObjectiveChoice, SweepConfig, Tickets};
use crate::document::Document;
use crate::table::Subject;
use crate::tickets::tickets;
use crate::usage::Usage;

/// Most characters of a label: it has to fit into legends.
const LONGEST_LABEL: usize = 40;
/// Most runs of one sweep.
const MOST_RUNS: usize = 10_000_000;

/// Everything that determines the samples of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunSpec {
    /// Environment id with version.
    pub env: String,
    /// Workload: a built-in name, or the name of a file.
    pub workload: String,
    /// Hash of the workload file, if it is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub workload_hash: Option<String>,
    /// Named space.
    pub space: String,
    /// The objective itself.
    pub objective: Objective,
    /// Agent name.
    pub agent: String,
    /// All hyperparameters.
    pub hyperparameters: Json,
    /// Seed.
    pub seed: u64,
    /// Unique simulator calls.
    pub budget: u64,
}

impl RunSpec {
    /// Content address: 16 hexadecimal digits.
    pub fn id(&self) -> String {
        let json = serde_json::to_vec(self).unwrap_or_default();
        blake3::hash(&json).to_hex()[..16].to_owned()
    }
}

/// One run of a plan: what determines it, and its labels.
#[derive(Debug, Clone)]
pub struct PlannedRun {
    /// Content address.
    pub id: String,
    /// What determines its samples.
    pub spec: RunSpec,
    /// Name of the objective.
    pub objective: String,
    /// Name of the agent, or the label that it was given.
    pub agent: String,
    /// Number of the hyperparameter ticket; 0 is the default.
    pub ticket: usize,
    /// Index of its [`Instance`] in the plan.
    pub instance: usize,
}

/// One environment, workload and space, built once and shared by all its runs.
pub struct Instance {
    /// Environment id.
    pub env: String,
    /// The problem.
    pub problem: Arc<dyn Problem>,
    /// Content addresses of its designs.
    pub addresses: Addresses,
    /// What a table of it is of.
    pub subject: Subject,
}

/// All runs of a sweep in their fixed order.
pub struct Plan {
    /// The runs.
    pub runs: Vec<PlannedRun>,
    /// What they run on.
    pub instances: Vec<Instance>,
}

/// A workload that exists: built in, or read from a file.
struct Workload {
    name: String,
    file: Option<Vec<u8>>,
}

/// Most bytes of a workload file, unpacked.
const MOST_WORKLOAD_BYTES: u64 = 2 << 30;

/// Reads a workload file, unpacking `.gz`.
fn read_workload(path: &Path) -> Result<Vec<u8>> {
    let cannot = || format!("cannot read workload {}", path.display());
    let file = std::fs::File::open(path).with_context(cannot)?;
    let mut content: Box<dyn Read> = match path.extension() {
        Some(extension) if extension == "gz" => Box::new(flate2::read::MultiGzDecoder::new(file)),
        _ => Box::new(file),
    };
    let mut bytes = Vec::new();
    content.by_ref().take(MOST_WORKLOAD_BYTES + 1).read_to_end(&mut bytes).with_context(cannot)?;
    if bytes.len() as u64 > MOST_WORKLOAD_BYTES {
        return Err(Usage::error(format!("workload {} is larger than 2 GiB", path.display())));
    }
    Ok(bytes)
}

impl Workload {
    /// A built-in name wins over a file of the same name.
    fn find(entry: &EnvEntry, name: &str, folder: &Path) -> Result<Self> {
        let built_in = name.is_empty() || entry.workloads.iter().any(|w| w.name == name);
        let path: PathBuf = folder.join(name);
        if !built_in && entry.workload_files.is_some() && name.contains(['.', '/']) && !path.is_file() {
            return Err(Usage::error(format!("there is no workload file {}", path.display())));
        }
        if built_in || entry.workload_files.is_none() || !path.is_file() {
            return Ok(Self { name: entry.select(name, "", None)?.workload.to_owned(), file: None });
        }
        Ok(Self { name: name.to_owned(), file: Some(read_workload(&path)?) })
    }

    fn hash(&self) -> Option<String> {
        self.file.as_ref().map(|bytes| blake3::hash(bytes).to_hex()[..16].to_owned())
    }
}

impl Instance {
    /// Builds the problem of an environment variant. `folder` is where workload files are looked for.
    ///
    /// # Errors
    /// For unknown names, and for what the environment says of a workload file.
    pub fn new(env: &str, workload: &str, space: &str, folder: &Path) -> Result<(Self, RunLabels)> {
        let entry = find_env(ENVS, env)?;
        let workload = Workload::find(entry, workload, folder)?;
        let selection = entry.select(&workload.name, space, workload.file.as_deref())?;
        let problem = entry
            .problem(&selection)
            .with_context(|| format!("{} with workload `{}`", entry.id, workload.name))?;
        let address = format!("{}\n{}", workload.name, workload.hash().unwrap_or_default());
        let addresses = Addresses::new(entry.id, &address, problem.as_ref());
        let subject =
            Subject::new(entry.id, &workload.name, workload.hash(), selection.space, problem.as_ref());
        let labels = RunLabels {
            entry,
            workload: workload.name.clone(),
            workload_hash: workload.hash(),
            space: selection.space.to_owned(),
        };
        Ok((Self { env: entry.id.to_owned(), problem, addresses, subject }, labels))
    }
}

/// The resolved names of an [`Instance`].
pub struct RunLabels {
    /// Row of the environment table.
    pub entry: &'static EnvEntry,
    /// Workload name.
    pub workload: String,
    /// Hash of the workload file.
    pub workload_hash: Option<String>,
    /// Space name.
    pub space: String,
}

impl RunLabels {
    /// A named or own objective.
    ///
    /// # Errors
    /// For an unknown name.
    pub fn objective(&self, choice: &ObjectiveChoice) -> Result<(String, Objective), rl_env::Error> {
        match choice {
            ObjectiveChoice::Named(name) => {
                let (name, objective) = self.entry.objective(&self.workload, name)?;
                Ok((name.to_owned(), objective))
            }
            ObjectiveChoice::Own(own) => Ok((own.name.clone(), own.objective.clone())),
        }
    }
}

impl PlannedRun {
    /// Builds the agent of this run.
    ///
    /// # Errors
    /// As [`rl_env::registry::AgentEntry::build`].
    pub fn agent(&self, instance: &Instance, scorer: &Scorer) -> Result<Box<dyn Agent>> {
        let problem = Arc::clone(&instance.problem);
        let space = problem.space().clone().with_representative(move |design| problem.canonical(design));
        let context = Context {
            space: Arc::new(space),
            seed: Seed(self.spec.seed),
            budget: self.spec.budget,
            axes: scorer.axis_count(),
        };
        Ok(find_agent(&AGENTS, &self.spec.agent)?.build(&self.spec.hyperparameters, context)?)
    }
}

impl Plan {
    /// Spells out a sweep. Errors name file and line in `document`; workload files are looked for beside it.
    ///
    /// # Errors
    /// For unknown names, hyperparameters out of range, objectives that do not fit, or too many runs.
    pub fn new(config: &SweepConfig, document: &Document, folder: &Path) -> Result<Self> {
        let mut plan = Self { runs: Vec::new(), instances: Vec::new() };
        let agents = resolve_agents(config, document)?;
        for (i, choice) in config.envs.iter().enumerate() {
            plan.add_env(config, choice, &format!("envs[{i}]"), &agents, document, folder)?;
        }
        let mut seen = std::collections::HashSet::new();
        match plan.runs.iter().find(|run| !seen.insert(run.id.as_str())) {
            Some(run) => Err(document.error(
                "envs",
                format!(
                    "the run {} on {} ({}, {}) is asked for twice; list each combination once",
                    run.agent, run.spec.env, run.spec.workload, run.objective
                ),
            )),
            None => Ok(plan),
        }
    }

    fn add_env(
        &mut self,
        config: &SweepConfig,
        choice: &EnvChoice,
        key: &str,
        agents: &[Searcher],
        document: &Document,
        folder: &Path,
    ) -> Result<()> {
        let at = |part: &str| format!("{key}.{part}");
        let entry = find_env(ENVS, &choice.env).map_err(|error| document.locate(&at("env"), error))?;
        let all = || entry.workloads.iter().map(|w| w.name.to_owned()).collect();
        let workloads: Vec<String> = choice.workloads.clone().unwrap_or_else(all);
        for (w, workload) in workloads.iter().enumerate() {
            let (instance, labels) =
                Instance::new(&choice.env, workload, &choice.space, folder).map_err(|error| {
                    match error.downcast::<rl_env::Error>() {
                        Ok(error @ rl_env::Error::Unknown { what: "space", .. }) => {
                            document.locate(&at("space"), error)
                        }
                        Ok(error) => document.locate(&at(&format!("workloads[{w}]")), error),
                        Err(other) => document.error(&at(&format!("workloads[{w}]")), format!("{other:#}")),
                    }
                })?;
            let default = vec![ObjectiveChoice::Named(String::new())];
            let objectives = choice.objectives.as_ref().unwrap_or(&default);
            for (o, objective) in objectives.iter().enumerate() {
                let located = |error| document.locate(&at(&format!("objectives[{o}]")), error);
                let (name, objective) = labels.objective(objective).map_err(located)?;
                objective.bind(instance.problem.metrics()).map_err(located)?;
                let tickets: usize = agents.iter().map(|agent| agent.tickets.len()).sum();
                let more = tickets.saturating_mul(config.seeds.len());
                if self.runs.len().saturating_add(more) > MOST_RUNS {
                    return Err(
                        document.error("seeds", format!("more than {MOST_RUNS} runs; split the sweep"))
                    );
                }
                self.add_runs(config, &labels, (&name, &objective), agents);
            }
            self.instances.push(instance);
        }
        Ok(())
    }

    fn add_runs(
        &mut self,
        config: &SweepConfig,
        labels: &RunLabels,
        (name, objective): (&str, &Objective),
        agents: &[Searcher],
    ) {
        for Searcher { agent, shown, tickets } in agents {
            for (ticket, hyperparameters) in tickets.iter().enumerate() {
                for seed in config.seeds.values() {
                    let spec = RunSpec {
                        env: labels.entry.id.to_owned(),
                        workload: labels.workload.clone(),
                        workload_hash: labels.workload_hash.clone(),
                        space: labels.space.clone(),
                        objective: objective.clone(),
                        agent: agent.clone(),
                        hyperparameters: hyperparameters.clone(),
                        seed,
                        budget: config.budget,
                    };
                    let (id, instance) = (spec.id(), self.instances.len());
                    let (objective, agent) = (name.to_owned(), shown.clone());
                    self.runs.push(PlannedRun { id, spec, objective, agent, ticket, instance });
                }
            }
        }
    }
}

/// A choice of an agent with all its settings.
struct Searcher {
    agent: String,
    /// Its name in tables and figures.
    shown: String,
    tickets: Vec<Json>,
}

fn resolve_agents(config: &SweepConfig, document: &Document) -> Result<Vec<Searcher>> {
    let mut all: Vec<Searcher> = Vec::with_capacity(config.agents.len());
    for (i, choice) in config.agents.iter().enumerate() {
        let full = match choice {
            AgentChoice::Full(full) => full.clone(),
            AgentChoice::Name(agent) => AgentTickets {
                agent: agent.clone(),
                label: None,
                set: serde_json::Map::new(),
                tickets: Tickets::default(),
            },
        };
        let key = format!("agents[{i}]");
        let entry = find_agent(&AGENTS, &full.agent).map_err(|error| document.locate(&key, error))?;
        let tickets = tickets(entry, &full, config.ticket_seed)
            .map_err(|error| document.locate(&ticket_key(document, &key, &error), error))?;
        if let Some(label) = &full.label {
            check_label(label, &full.agent, &all).map_err(|error| document.locate(&key, error))?;
        }
        all.push(Searcher {
            shown: full.label.unwrap_or_else(|| full.agent.clone()),
            agent: full.agent,
            tickets,
        });
    }
    Ok(all)
}

/// A label must not pass for another agent.
fn check_label(label: &str, agent: &str, earlier: &[Searcher]) -> Result<(), rl_env::Error> {
    let plain = !label.trim().is_empty() && label.trim() == label && !label.contains(char::is_control);
    let problem = if !plain || label.chars().count() > LONGEST_LABEL {
        format!(
            "`{}` is no label; expected one line of 1 to {LONGEST_LABEL} characters",
            label.escape_debug()
        )
    } else if label != agent && AGENTS.iter().any(|entry| entry.name == label) {
        format!("`{label}` is the name of another agent")
    } else if earlier.iter().any(|other| other.shown == label) {
        format!("`{label}` is the name of an earlier choice too")
    } else {
        return Ok(());
    };
    Err(rl_env::Error::Config { key: "label".into(), problem })
}

/// Where in an agent's entry a refused hyperparameter was written.
fn ticket_key(document: &Document, key: &str, error: &rl_env::Error) -> String {
    let name = match error {
        rl_env::Error::Unknown { name, .. } => name,
        rl_env::Error::Value { key, .. } => key,
        _ => return key.to_owned(),
    };
    let entry = format!("/{}", key.replace(['[', '.'], "/").replace(']', ""));
    let has = |part: &str| {
        let pointer = format!("{entry}/{}", part.replace('.', "/"));
        document.value.pointer(&pointer).is_some_and(|map| map.get(name).is_some())
    };
    ["set", "tickets.grid"]
        .iter()
        .find(|part| has(part))
        .map_or_else(|| format!("{key}.tickets"), |part| format!("{key}.{part}"))
}
