//! Registries: plain tables of environments and agents, looked up by name.
//!
//! A table is a sorted `static` slice of entries; each entry holds the functions that build the thing. Whoever
//! has a slice can look up, list and build; there is no global state.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::agent::{Agent, Context};
use crate::design::{DesignSpace, Parameter};
use crate::env::Env;
use crate::episode::{Episode, Settings};
use crate::error::Error;
use crate::objective::Objective;
use crate::problem::Problem;
use crate::schema;
use crate::wrappers::{OrderEnforcing, TimeLimit};

/// A name with a sentence about it: a workload or a named space.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Named {
    /// The name used on command lines and in configs.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
}

/// Which variant of an environment is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Selection<'a> {
    /// A built-in workload, or the name of the given file.
    pub workload: &'a str,
    /// A named space of the environment.
    pub space: &'a str,
    /// Content of a workload file; `None` selects the built-in workload.
    pub file: Option<&'a [u8]>,
}

/// How an environment is made.
#[derive(Debug, Clone, Copy)]
pub enum Make {
    /// A one-shot search problem; agents search it, and an `Episode` makes it an [`Env`].
    Problem(fn(&Selection<'_>) -> Result<Arc<dyn Problem>, Error>),
    /// A truly sequential environment, for policies.
    Env(fn(&Selection<'_>) -> Result<Box<dyn Env>, Error>),
}

/// One environment of a table.
#[derive(Debug, Clone, Copy)]
pub struct EnvEntry {
    /// `CamelCase-vN`. The version changes whenever results change.
    pub id: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// Where the model comes from.
    pub reference: &'static str,
    /// Built-in workloads, the default first.
    pub workloads: &'static [Named],
    /// Whether a file can be given as workload, and in which formats.
    pub workload_files: Option<&'static str>,
    /// Named spaces, the default first.
    pub spaces: &'static [Named],
    /// Named objectives of a workload, the default first.
    pub objectives: fn(workload: &str) -> Vec<(&'static str, Objective)>,
    /// Steps after which an episode is truncated; `None` for problems.
    pub max_episode_steps: Option<u64>,
    /// The constructor.
    pub make: Make,
}

impl EnvEntry {
    /// The version number behind `-v`.
    pub fn version(&self) -> &'static str {
        version_of(self.id).unwrap_or("0")
    }

    /// Checks the names of a selection, filling empty ones with the defaults.
    ///
    /// # Errors
    /// [`Error::Unknown`] naming the closest workload or space.
    pub fn select<'a>(
        &self,
        workload: &'a str,
        space: &'a str,
        file: Option<&'a [u8]>,
    ) -> Result<Selection<'a>, Error> {
        let default = |table: &'static [Named]| table.first().map_or("default", |n| n.name);
        let workload = if workload.is_empty() { default(self.workloads) } else { workload };
        let space = if space.is_empty() { default(self.spaces) } else { space };
        let names = |table: &'static [Named]| table.iter().map(|n| n.name);
        if file.is_none() && !names(self.workloads).any(|name| name == workload) {
            return Err(Error::unknown("workload", workload, names(self.workloads)));
        }
        if file.is_some() && self.workload_files.is_none() {
            let allowed = format!("a built-in workload of {}", self.id);
            return Err(Error::value("workload", format!("file `{workload}`"), allowed));
        }
        if !names(self.spaces).any(|name| name == space) {
            return Err(Error::unknown("space", space, names(self.spaces)));
        }
        Ok(Selection { workload, space, file })
    }

    /// Builds the search problem.
    ///
    /// # Errors
    /// [`Error::Config`] if the environment is sequential; otherwise what the constructor says.
    pub fn problem(&self, selection: &Selection<'_>) -> Result<Arc<dyn Problem>, Error> {
        match self.make {
            Make::Problem(make) => make(selection),
            Make::Env(_) => Err(Error::Config {
                key: "env".into(),
                problem: format!("{} is sequential: it has no design space to search", self.id),
            }),
        }
    }

    /// The objective called `name`, or the default for an empty name.
    ///
    /// # Errors
    /// [`Error::Unknown`] naming the closest.
    pub fn objective(&self, workload: &str, name: &str) -> Result<(&'static str, Objective), Error> {
        let table = (self.objectives)(workload);
        let known: Vec<&str> = table.iter().map(|(name, _)| *name).collect();
        let found = match name {
            "" => 0,
            _ => known
                .iter()
                .position(|k| *k == name)
                .ok_or_else(|| Error::unknown("objective", name, known.iter().copied()))?,
        };
        table.into_iter().nth(found).ok_or_else(|| Error::Config {
            key: "objective".into(),
            problem: format!("{} declares none", self.id),
        })
    }
}

/// The version number behind `-v` of an environment id; `None` if it has none.
pub fn version_of(id: &str) -> Option<&str> {
    id.rsplit_once("-v").map(|(_, version)| version)
}

/// The environment called `id`.
///
/// # Errors
/// [`Error::Unknown`] naming the closest, also when only the version is missing or wrong.
pub fn find_env<'a>(table: &'a [EnvEntry], id: &str) -> Result<&'a EnvEntry, Error> {
    let bare = |id: &str| id.rsplit_once("-v").map_or(id, |(name, _)| name).to_lowercase();
    table.iter().find(|entry| entry.id == id).ok_or_else(|| {
        let mut error = Error::unknown("environment", id, table.iter().map(|entry| entry.id));
        let sibling = table.iter().rev().find(|entry| bare(entry.id) == bare(id));
        if let (Error::Unknown { nearest, .. }, Some(entry)) = (&mut error, sibling) {
            *nearest = Some(entry.id.to_owned());
        }
        error
    })
}

/// Builds the environment of an entry with gymnasium's default wrappers, [`OrderEnforcing`] inside [`TimeLimit`].
///
/// A problem becomes an [`Episode`] of these settings, judged by the objective of that name (empty for the default);
/// a sequential environment has its own actions and rewards and ignores both.
///
/// # Errors
/// [`Error::Unknown`] for an objective, otherwise what the constructors say.
pub fn make(
    entry: &EnvEntry,
    selection: &Selection<'_>,
    objective: &str,
    settings: Settings,
) -> Result<Box<dyn Env>, Error> {
    let env: Box<dyn Env> = match entry.make {
        Make::Env(make) => make(selection)?,
        Make::Problem(make) => {
            let (_, objective) = entry.objective(selection.workload, objective)?;
            Box::new(Episode::new(make(selection)?, &objective, settings)?)
        }
    };
    let env = OrderEnforcing::new(env);
    Ok(match entry.max_episode_steps {
        Some(limit) => Box::new(TimeLimit::new(env, limit)?),
        None => Box::new(env),
    })
}

/// The configuration of an agent: hyperparameters with their defaults, ranges and documentation.
///
/// `Default` gives the hyperparameters used when nothing is said, the JSON schema their meaning and legal range,
/// [`sweep`](AgentConfig::sweep) the range that lottery studies draw tickets from.
pub trait AgentConfig: Serialize + DeserializeOwned + Default + JsonSchema {
    /// One sentence about the method.
    const SUMMARY: &'static str;
    /// Paper or book.
    const REFERENCE: &'static str;

    /// The prior of lottery studies: one parameter per swept hyperparameter, named like it. Empty if the method has
    /// nothing to tune.
    fn sweep() -> Vec<Parameter>;

    /// Builds the agent. Ranges of the schema are checked already.
    ///
    /// # Errors
    /// [`Error::Config`] for combinations that make no sense, or a space that the method cannot search.
    fn build(self, context: Context) -> Result<Box<dyn Agent>, Error>;
}

type Build = fn(&Json, Context) -> Result<Box<dyn Agent>, Error>;

/// One agent of a table.
#[derive(Debug, Clone, Copy)]
pub struct AgentEntry {
    /// kebab-case name.
    pub name: &'static str,
    /// One sentence about the method.
    pub summary: &'static str,
    /// Paper or book.
    pub reference: &'static str,
    schema: fn() -> Json,
    defaults: fn() -> Json,
    sweep: fn() -> Vec<Parameter>,
    build: Build,
    resolve: fn(&Json) -> Result<Json, Error>,
}

impl AgentEntry {
    /// The row of the agent configured by `C`.
    pub const fn of<C: AgentConfig>(name: &'static str) -> Self {
        Self {
            name,
            summary: C::SUMMARY,
            reference: C::REFERENCE,
            schema: schema::of::<C>,
            defaults: || serde_json::to_value(C::default()).unwrap_or_default(),
            sweep: C::sweep,
            build: |config, context| schema::load::<C>(config)?.build(context),
            resolve: |config| {
                let config = schema::load::<C>(config)?;
                Ok(serde_json::to_value(config).unwrap_or_default())
            },
        }
    }

    /// JSON schema of the hyperparameters.
    pub fn schema(&self) -> Json {
        (self.schema)()
    }

    /// Every hyperparameter with its default.
    pub fn defaults(&self) -> Json {
        (self.defaults)()
    }

    /// The prior that lottery studies draw tickets from; `None` if there is nothing to tune.
    ///
    /// # Errors
    /// [`Error::Declaration`] if the declaration contradicts itself (a bug that the conformance suite finds).
    pub fn sweep(&self) -> Result<Option<DesignSpace>, Error> {
        let parameters = (self.sweep)();
        if parameters.is_empty() { Ok(None) } else { DesignSpace::new(parameters).map(Some) }
    }

    /// Checks hyperparameters (a JSON object, missing ones take their default) and returns all of them.
    ///
    /// # Errors
    /// [`Error::Unknown`] for an unknown key, [`Error::Value`] for a wrong type or range.
    pub fn resolve(&self, config: &Json) -> Result<Json, Error> {
        (self.resolve)(config)
    }

    /// Builds the agent from hyperparameters.
    ///
    /// # Errors
    /// Those of [`resolve`](AgentEntry::resolve) and of the method's own construction.
    pub fn build(&self, config: &Json, context: Context) -> Result<Box<dyn Agent>, Error> {
        (self.build)(config, context)
    }
}

/// The agent called `name`.
///
/// # Errors
/// [`Error::Unknown`] naming the closest.
pub fn find_agent<'a>(table: &'a [AgentEntry], name: &str) -> Result<&'a AgentEntry, Error> {
    let known = || table.iter().map(|entry| entry.name);
    table.iter().find(|entry| entry.name == name).ok_or_else(|| Error::unknown("agent", name, known()))
}
