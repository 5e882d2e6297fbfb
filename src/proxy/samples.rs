//! What a proxy learns from: the samples of sweeps, or complete tables, of one environment, workload and space.
//!
//! Designs are brought to their canonical form ([`Problem::canonical`]), each
//! once: the environment's own statement of which parameters are dead. A design that is learnt from can therefore
//! never come back as a test in another spelling.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use anyhow::Result;
use rl_env::design::Design;
use rl_env::problem::{Problem, metric_index};
use rl_env::registry::version_of;

use super::parts::matrix::Matrix;
use crate::cache::{Addresses, Key};
use crate::dataset::inputs::Input;
use crate::dataset::labels::Labels;
use crate::dataset::rows::Watch;
use crate::plan::Instance;
use crate::table::{self, Table, is_table};
use crate::usage::Usage;

/// Conflicts that are shown one by one.
const MOST_SHOWN: usize = 3;
/// Agent of the rows of a complete table.
const ENUMERATION: &str = "enumeration";

/// Metrics that are to be predicted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Names, each once.
    pub names: Vec<String>,
    /// Units.
    pub units: Vec<String>,
    /// Places among the metrics of the problem.
    places: Vec<usize>,
}

impl Wanted {
    /// These metrics of a problem; all if none is named.
    ///
    /// # Errors
    /// For a name that is no metric, or stands twice.
    pub fn new(problem: &dyn Problem, names: &[String]) -> Result<Self> {
        let metrics = problem.metrics();
        let all: Vec<String> = metrics.iter().map(|metric| metric.name.to_string()).collect();
        let names = if names.is_empty() { all } else { names.to_vec() };
        let places = names.iter().map(|name| metric_index(metrics, name)).collect::<Result<Vec<_>, _>>()?;
        if let Some(twice) = (1..names.len()).find(|i| names[..*i].contains(&names[*i])) {
            return Err(Usage::error(format!("--target {} is given twice", names[twice])));
        }
        let units = places.iter().map(|place| metrics[*place].unit.to_string()).collect();
        Ok(Self { names, units, places })
    }
}

impl Wanted {
    /// Places among the metrics of the problem.
    pub fn places(&self) -> &[usize] {
        &self.places
    }
}

/// One logged sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Logged {
    /// Number of its design.
    pub design: u32,
    /// Number of the agent that asked for it.
    pub agent: u16,
}

/// Samples of one environment, workload and space.
#[derive(Debug, Clone)]
pub struct Samples {
    /// Different canonical designs, in the order of their first sample.
    pub designs: Vec<Design>,
    /// Of each design, whether it works.
    pub feasible: Vec<bool>,
    /// Of each design, the wanted metrics; NaN if it does not work.
    pub values: Matrix<f64>,
    /// Every sample in order.
    pub log: Vec<Logged>,
    /// Names of the agents.
    pub agents: Vec<String>,
    /// Samples that contradict the first of the same design.
    pub conflicts: u64,
    /// The first of them.
    pub conflicts_at: Vec<String>,
    addresses: Addresses,
    known: HashMap<Key, u32>,
}

impl Samples {
    /// Reads all samples behind `paths` that are of `instance`.
    ///
    /// # Errors
    /// If a table is malformed, lacks a column or holds a number that is none; if no sample is of this environment,
    /// version, workload and space.
    pub fn read(paths: &[PathBuf], instance: &Instance, wanted: &Wanted, watch: &dyn Watch) -> Result<Self> {
        let mut samples = Self {
            designs: Vec::new(),
            feasible: Vec::new(),
            values: Matrix::new(wanted.names.len()),
            log: Vec::new(),
            agents: Vec::new(),
            conflicts: 0,
            conflicts_at: Vec::new(),
            addresses: instance.addresses.clone(),
            known: HashMap::new(),
        };
        let mut others = BTreeSet::new();
        for path in paths {
            if path.is_file() && is_table(path) {
                samples.take_table(path, instance, wanted, &mut others)?;
            } else {
                samples.take_log(path, instance, wanted, watch, &mut others)?;
            }
        }
        if samples.log.is_empty() {
            return Err(Usage::error(nothing(instance, &others)));
        }
        Ok(samples)
    }

    fn take_table(
        &mut self,
        path: &Path,
        instance: &Instance,
        wanted: &Wanted,
        others: &mut BTreeSet<String>,
    ) -> Result<()> {
        let table: Table = table::read(path)?;
        if table.about.subject != instance.subject {
            others.insert(table.about.subject.to_string());
            return Ok(());
        }
        let agent = self.agent(ENUMERATION);
        for row in 0..table.len() {
            let Some(design) = instance.problem.space().unrank(u128::from(table.ranks[row])) else {
                continue;
            };
            let metrics = table.metrics(row);
            let values = metrics.map(|metrics| wanted.places.iter().map(|at| metrics[*at]).collect());
            self.add(design, values, agent, || format!("{}: row {row}", path.display()));
        }
        Ok(())
    }

    fn take_log(
        &mut self,
        path: &Path,
        instance: &Instance,
        wanted: &Wanted,
        watch: &dyn Watch,
        others: &mut BTreeSet<String>,
    ) -> Result<()> {
        let inputs = Input::of(path)?;
        watch.begin(inputs.iter().map(Input::bytes).sum::<Result<u64>>()?);
        for input in &inputs {
            let mut rows = input.open(watch)?;
            let mut columns: Option<Columns> = None;
            while rows.read()? {
                let labels = rows.labeller.label(&rows.row).0.clone();
                if !is_of(&labels, instance) {
                    others.insert(shown(&labels));
                    continue;
                }
                let columns = match &columns {
                    Some(columns) => columns,
                    None => columns.insert(Columns::of(&rows.layout, instance, wanted, &input.path)?),
                };
                let cells = columns.parameters.iter().map(|at| &rows.row[*at]);
                let space = instance.problem.space();
                let design = space
                    .parse(cells)
                    .map_err(|error| Usage::error(format!("{}: {error}", rows.rows.place())))?;
                let values = match rows.switch(rows.layout.feasible)? {
                    false => None,
                    true => Some(columns.values(&rows)?),
                };
                let agent = self.agent(labels.get("agent"));
                let canonical = instance.problem.canonical(&design).into_owned();
                self.add(canonical, values, agent, || rows.rows.place());
            }
        }
        Ok(())
    }

    fn agent(&mut self, name: &str) -> u16 {
        let found = self.agents.iter().position(|known| known == name);
        found.unwrap_or_else(|| {
            self.agents.push(name.to_owned());
            self.agents.len() - 1
        }) as u16
    }

    fn add(&mut self, design: Design, values: Option<Vec<f64>>, agent: u16, place: impl Fn() -> String) {
        let key = self.addresses.of(&design);
        let next = self.designs.len() as u32;
        let number = *self.known.entry(key).or_insert(next);
        self.log.push(Logged { design: number, agent });
        if number == next {
            self.designs.push(design);
            self.feasible.push(values.is_some());
            let width = self.values.columns;
            self.values.data.extend(values.unwrap_or_else(|| vec![f64::NAN; width]));
            return;
        }
        let known = self.feasible[number as usize].then(|| self.values.row(number as usize));
        if known != values.as_deref() {
            self.conflicts += 1;
            if self.conflicts_at.len() < MOST_SHOWN {
                self.conflicts_at.push(place());
            }
        }
    }

    /// These samples only, with the designs among them.
    #[must_use]
    pub fn part(&self, samples: &[usize]) -> Self {
        let mut part = Self {
            designs: Vec::new(),
            feasible: Vec::new(),
            values: Matrix::new(self.values.columns),
            log: Vec::new(),
            agents: self.agents.clone(),
            conflicts: 0,
            conflicts_at: Vec::new(),
            addresses: self.addresses.clone(),
            known: HashMap::new(),
        };
        for sample in samples {
            let Logged { design, agent } = self.log[*sample];
            let design = design as usize;
            let values = self.feasible[design].then(|| self.values.row(design).to_vec());
            part.add(self.designs[design].clone(), values, agent, String::new);
        }
        part
    }

    /// Numbers of the designs that work.
    pub fn working(&self) -> Vec<usize> {
        (0..self.designs.len()).filter(|design| self.feasible[*design]).collect()
    }

    /// Hash of all designs and values.
    pub fn blake3(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        let mut bytes = Vec::new();
        for design in &self.designs {
            bytes.clear();
            design.write_bytes(&mut bytes);
            hasher.update(&bytes);
        }
        self.values.data.iter().for_each(|x| {
            hasher.update(&x.to_bits().to_le_bytes());
        });
        hasher.finalize().to_hex()[..16].to_owned()
    }
}

/// Where a table keeps what is wanted.
struct Columns {
    parameters: Vec<usize>,
    metrics: Vec<usize>,
}

impl Columns {
    fn of(
        layout: &crate::dataset::layout::Layout,
        instance: &Instance,
        wanted: &Wanted,
        path: &Path,
    ) -> Result<Self> {
        let find = |columns: &[(usize, String)], prefix: &str, name: &str| {
            let found = columns.iter().find(|(_, known)| known == name).map(|(at, _)| *at);
            let missing =
                || Usage::error(format!("{}:1: column `{prefix}{name}` is missing", path.display()));
            found.ok_or_else(missing)
        };
        let parameters = instance.problem.space().parameters();
        Ok(Self {
            parameters: parameters
                .iter()
                .map(|p| find(&layout.parameters, "d.", &p.name))
                .collect::<Result<_>>()?,
            metrics: wanted.names.iter().map(|m| find(&layout.metrics, "m.", m)).collect::<Result<_>>()?,
        })
    }

    fn values(&self, rows: &crate::dataset::inputs::Samples<'_>) -> Result<Vec<f64>> {
        let one = |at: &usize| {
            let value = rows.number(*at)?.filter(|x| x.is_finite());
            value.ok_or_else(|| {
                let (name, cell) = (&rows.rows.header()[*at], &rows.row[*at]);
                Usage::error(format!(
                    "{}: `{name}` of a feasible design must be a finite number, not `{cell}`",
                    rows.rows.place()
                ))
            })
        };
        self.metrics.iter().map(one).collect()
    }
}

fn is_of(labels: &Labels, instance: &Instance) -> bool {
    let subject = &instance.subject;
    let workload = labels.get("workload");
    let file = Path::new(workload).file_name().and_then(|name| name.to_str()).unwrap_or(workload);
    labels.get("env") == subject.env
        && [workload, file].contains(&subject.workload.as_str())
        && labels.get("space") == subject.space
}

fn shown(labels: &Labels) -> String {
    let [env, workload, space] = ["env", "workload", "space"].map(|name| labels.get(name));
    format!("{env}, workload {workload}, space {space}")
}

fn nothing(instance: &Instance, others: &BTreeSet<String>) -> String {
    let subject = &instance.subject;
    let bare = |env: &str| version_of(env).map(|version| env.trim_end_matches(version).to_owned());
    let other = |text: &&String| {
        let env = text.split(',').next().unwrap_or_default();
        env != subject.env && bare(env).is_some() && bare(env) == bare(&subject.env)
    };
    let version = others.iter().find(other).map(|_| " (another version: what it says does not hold here)");
    let list: Vec<&str> = others.iter().take(8).map(String::as_str).collect();
    match list.is_empty() {
        true => "the data holds no samples".to_owned(),
        false => format!(
            "the data holds no samples of {subject}, only of: {}{}",
            list.join("; "),
            version.unwrap_or_default()
        ),
    }
}
