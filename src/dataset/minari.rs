//! Samples as a Minari dataset, for whoever learns from logged searches in Python: a folder that
//! `minari.load_dataset` reads (format of Minari 0.5, Parquet).
//!
//! A run is an episode, a proposed design an action, its metrics the observation that follows. The first observation
//! is all zeros, since nothing is known before the first simulation. A design that does not work has metrics 0,
//! `feasible` 0 and the lowest reward of its episode: rewards must be numbers there.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use parquet::basic::{Repetition, Type as Physical};
use parquet::data_type::{BoolType, DoubleType, Int32Type, Int64Type};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::Type;
use rl_env::design::{Design, Kind, Parameter, Value};
use rl_env::problem::Problem;
use serde_json::{Map, Value as Json, json};

use super::inputs::{Input, Samples};
use super::labels::Labels;
use super::rows::Watch;
use crate::plan::Instance;
use crate::usage::Usage;

/// Steps of an episode: Minari reads one batch of at most 131 072 rows.
const MOST_STEPS: usize = 100_000;
/// Version of Minari that the files are made for.
const MINARI: &str = "0.5.4";

/// What an export came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Episodes {
    /// Episodes written.
    pub episodes: u64,
    /// Steps of all.
    pub steps: u64,
}

/// One column of actions or observations.
struct Column {
    name: String,
    /// Its space as Minari spells it.
    space: Json,
    whole: bool,
}

/// Numbers of one column.
enum Numbers {
    Whole(Vec<i64>),
    Real(Vec<f64>),
}

/// Writes all samples behind `paths`, which are of one environment and space, as the Minari dataset `out`.
///
/// # Errors
/// If a source is malformed, its environment is not known here, or something cannot be read or written.
pub fn export(paths: &[PathBuf], out: &Path, watch: &dyn Watch) -> Result<Episodes> {
    let inputs = Input::all(paths)?;
    watch.begin(inputs.iter().map(Input::bytes).sum::<Result<u64>>()?);
    if out.exists() {
        return Err(Usage::error(format!("{} exists already; name a new folder", out.display())));
    }
    let mut writer: Option<Writer> = None;
    for input in &inputs {
        let mut samples = input.open(watch)?;
        let mut run = String::new();
        while samples.read()? {
            let labels = samples.labeller.label(&samples.row).0.clone();
            let writer = match &mut writer {
                Some(writer) => writer,
                none => none.insert(Writer::new(&labels, out)?),
            };
            let id = &samples.row[samples.layout.run_id];
            if *id != run || writer.rewards.len() >= MOST_STEPS {
                writer.flush()?;
                id.clone_into(&mut run);
            }
            writer.add(&samples, &labels)?;
        }
        if let Some(writer) = &mut writer {
            writer.flush()?;
        }
    }
    match writer {
        Some(writer) => writer.finish(),
        None => Err(Usage::error("there are no samples to export")),
    }
}

struct Writer {
    out: PathBuf,
    labels: std::rc::Rc<Labels>,
    problem: Arc<dyn Problem>,
    actions: Vec<Column>,
    observations: Vec<Column>,
    schema: Arc<Type>,
    /// The episode so far: labels, designs, outcomes and rewards.
    own: std::rc::Rc<Labels>,
    designs: Vec<Design>,
    metrics: Vec<Option<Vec<f64>>>,
    rewards: Vec<Option<f64>>,
    written: Episodes,
}

impl Writer {
    fn new(labels: &std::rc::Rc<Labels>, out: &Path) -> Result<Self> {
        let problem = problem(labels)?;
        let actions: Vec<Column> = problem.space().parameters().iter().flat_map(columns).collect();
        let real = |name: &str| Column::real(name, -f64::MAX, f64::MAX);
        let mut observations: Vec<Column> = problem.metrics().iter().map(|m| real(&m.name)).collect();
        observations.push(Column::discrete("feasible", 2));
        let schema = Arc::new(schema(&observations, &actions)?);
        fs::create_dir_all(out.join("data")).with_context(|| cannot(out))?;
        Ok(Self {
            out: out.to_owned(),
            labels: labels.clone(),
            own: labels.clone(),
            problem,
            actions,
            observations,
            schema,
            designs: Vec::new(),
            metrics: Vec::new(),
            rewards: Vec::new(),
            written: Episodes::default(),
        })
    }

    fn add(&mut self, samples: &Samples<'_>, labels: &std::rc::Rc<Labels>) -> Result<()> {
        let refuse = |problem: String| Usage::error(format!("{}: {problem}", samples.rows.place()));
        if !std::rc::Rc::ptr_eq(&self.own, labels) {
            for name in ["env", "space"] {
                let (first, here) = (self.labels.get(name), labels.get(name));
                if first != here {
                    return Err(refuse(format!(
                        "a Minari dataset has one {name}, but this sample is of {here} and the first of {first}"
                    )));
                }
            }
            self.own = labels.clone();
        }
        let space = self.problem.space();
        let cell = |p: &Parameter| {
            let found = samples.layout.parameters.iter().find(|(_, name)| *name == p.name);
            found
                .map(|(at, _)| &samples.row[*at])
                .ok_or_else(|| refuse(format!("there is no column `d.{}`", p.name)))
        };
        let cells = space.parameters().iter().map(cell).collect::<Result<Vec<_>>>()?;
        self.designs.push(space.parse(cells).map_err(|error| refuse(error.to_string()))?);
        let feasible = samples.switch(samples.layout.feasible)?;
        let metric = |name: &str| -> Result<f64> {
            let found = samples.layout.metrics.iter().find(|(_, known)| known == name);
            let value = found.map(|(at, _)| samples.number(*at)).transpose()?.flatten();
            value.ok_or_else(|| refuse(format!("there is no value of `m.{name}`")))
        };
        let metrics = self.problem.metrics().iter().map(|m| metric(&m.name));
        self.metrics.push(if feasible { Some(metrics.collect::<Result<_>>()?) } else { None });
        self.rewards.push(samples.number(samples.layout.reward)?);
        Ok(())
    }

    /// Writes the episode, if there is one.
    fn flush(&mut self) -> Result<()> {
        let steps = self.designs.len();
        if steps == 0 {
            return Ok(());
        }
        let id = self.written.episodes;
        let dir = self.out.join("data").join(id.to_string());
        fs::create_dir_all(&dir).with_context(|| cannot(&dir))?;
        let path = dir.join("part-0.parquet");
        let file = File::create(&path).with_context(|| cannot(&path))?;
        let mut writer = SerializedFileWriter::new(file, Arc::clone(&self.schema), Arc::default())?;
        let mut group = writer.next_row_group()?;
        let ids = vec![i32::try_from(id)?; steps + 1];
        let mut column = group.next_column()?.context("the schema begins with the episode")?;
        column.typed::<Int32Type>().write_batch(&ids, None, None)?;
        column.close()?;
        for numbers in self.observed().into_iter().chain(self.acted()) {
            write(&mut group, &numbers)?;
        }
        let lowest = self.rewards.iter().flatten().copied().fold(f64::INFINITY, f64::min);
        let lowest = if lowest.is_finite() { lowest } else { 0.0 };
        let rewards = self.rewards.iter().map(|reward| reward.unwrap_or(lowest)).chain([0.0]).collect();
        write(&mut group, &Numbers::Real(rewards))?;
        for last in [false, true] {
            let flags: Vec<bool> = (0..=steps).map(|step| last && step + 1 == steps).collect();
            let mut column = group.next_column()?.context("the schema ends with two flags")?;
            column.typed::<BoolType>().write_batch(&flags, None, None)?;
            column.close()?;
        }
        group.close()?;
        writer.close()?;
        let options: Map<String, Json> = ["workload", "objective", "agent", "ticket", "seed"]
            .iter()
            .map(|name| ((*name).to_owned(), self.own.get(name).into()))
            .collect();
        let about = json!({"id": id, "total_steps": steps, "options": options});
        fs::write(dir.join("metadata.json"), about.to_string()).with_context(|| cannot(&dir))?;
        self.written.episodes += 1;
        self.written.steps += steps as u64;
        (self.designs, self.metrics, self.rewards) = (Vec::new(), Vec::new(), Vec::new());
        Ok(())
    }

    fn observed(&self) -> Vec<Numbers> {
        let metric = |at: usize| {
            let values =
                self.metrics.iter().map(|metrics| metrics.as_ref().map_or(0.0, |metrics| metrics[at]));
            Numbers::Real(std::iter::once(0.0).chain(values).collect())
        };
        let works = self.metrics.iter().map(|metrics| i64::from(metrics.is_some()));
        let works = Numbers::Whole(std::iter::once(0).chain(works).collect());
        (0..self.problem.metrics().len()).map(metric).chain([works]).collect()
    }

    fn acted(&self) -> Vec<Numbers> {
        let empty = |column: &Column| match column.whole {
            true => Numbers::Whole(Vec::new()),
            false => Numbers::Real(Vec::new()),
        };
        let mut numbers: Vec<Numbers> = self.actions.iter().map(empty).collect();
        // Minari pads the actions by one.
        for design in self.designs.iter().chain(self.designs.last()) {
            let parameters = self.problem.space().parameters().iter().zip(&design.0);
            let row = parameters.flat_map(|(parameter, value)| action(parameter, value));
            for (x, column) in row.zip(&mut numbers) {
                match column {
                    Numbers::Whole(all) => all.push(x as i64),
                    Numbers::Real(all) => all.push(x),
                }
            }
        }
        numbers
    }

    fn finish(self) -> Result<Episodes> {
        let spaces = |columns: &[Column]| {
            let subspaces: Map<String, Json> =
                columns.iter().map(|column| (column.name.clone(), column.space.clone())).collect();
            json!({"type": "Dict", "subspaces": subspaces}).to_string()
        };
        let name = self.out.file_name().and_then(|name| name.to_str()).unwrap_or("sweepstake-v0");
        let metadata = json!({
            "data_format": "parquet",
            "dataset_id": name,
            "minari_version": MINARI,
            "total_episodes": self.written.episodes,
            "total_steps": self.written.steps,
            "observation_space": spaces(&self.observations),
            "action_space": spaces(&self.actions),
            "description": format!("Searches of {}, one an episode", self.labels.get("env")),
            "sweepstake_version": env!("CARGO_PKG_VERSION"),
        });
        let path = self.out.join("data/metadata.json");
        fs::write(&path, serde_json::to_string_pretty(&metadata)?).with_context(|| cannot(&path))?;
        Ok(self.written)
    }
}

impl Column {
    fn discrete(name: &str, n: usize) -> Self {
        let space = json!({"type": "Discrete", "dtype": "int64", "start": 0, "n": n});
        Self { name: name.to_owned(), space, whole: true }
    }

    fn real(name: &str, low: f64, high: f64) -> Self {
        let space = json!({"type": "Box", "dtype": "float64", "shape": [], "low": low, "high": high});
        Self { name: name.to_owned(), space, whole: false }
    }

    fn whole(name: &str, low: i64, high: i64) -> Self {
        let space = json!({"type": "Box", "dtype": "int64", "shape": [], "low": low, "high": high});
        Self { name: name.to_owned(), space, whole: true }
    }
}

/// The columns of a parameter; one more if it can be inactive.
fn columns(parameter: &Parameter) -> Vec<Column> {
    let name = &parameter.name;
    let part = |item: &String, n: usize| Column::discrete(&format!("{name}.{item}"), n);
    let mut columns = match &parameter.kind {
        Kind::Bool => vec![Column::discrete(name, 2)],
        Kind::Choice { options } => vec![Column::discrete(name, options.len())],
        Kind::Integer { low, high } | Kind::PowerOfTwo { low, high } => {
            vec![Column::whole(name, *low, *high)]
        }
        Kind::Ordinal { values } => {
            let end = |value: Option<&i64>| value.copied().unwrap_or(0);
            vec![Column::whole(name, end(values.first()), end(values.last()))]
        }
        Kind::Real { low, high } | Kind::LogReal { low, high } => vec![Column::real(name, *low, *high)],
        Kind::Permutation { items } => items.iter().map(|item| part(item, items.len())).collect(),
        Kind::Subset { items, .. } => items.iter().map(|item| part(item, 2)).collect(),
    };
    if parameter.condition.is_some() {
        columns.push(Column::discrete(&format!("{name}.active"), 2));
    }
    columns
}

/// The numbers of a parameter's columns; of one that is inactive, those of its first value.
fn action(parameter: &Parameter, value: &Value) -> Vec<f64> {
    let first = parameter.kind.first();
    let shown = if *value == Value::Inactive { &first } else { value };
    let mut numbers: Vec<f64> = match shown {
        Value::Permutation(order) => {
            let mut places = vec![0.0; order.len()];
            order.iter().enumerate().for_each(|(place, item)| places[*item as usize] = place as f64);
            places
        }
        Value::Subset(flags) => flags.iter().map(|flag| f64::from(u8::from(*flag))).collect(),
        other => vec![other.number().unwrap_or(0.0)],
    };
    if parameter.condition.is_some() {
        numbers.push(f64::from(u8::from(*value != Value::Inactive)));
    }
    numbers
}

fn problem(labels: &Labels) -> Result<Arc<dyn Problem>> {
    let [env, workload, space] = ["env", "workload", "space"].map(|name| labels.get(name));
    let (instance, _) = Instance::new(env, workload, space, Path::new(""))
        .with_context(|| format!("the samples are of {env}, workload {workload}, space {space}"))?;
    Ok(instance.problem)
}

fn schema(observations: &[Column], actions: &[Column]) -> Result<Type> {
    let leaf = |name: &str, physical: Physical| -> Result<Arc<Type>> {
        let builder = Type::primitive_type_builder(name, physical).with_repetition(Repetition::REQUIRED);
        Ok(Arc::new(builder.build()?))
    };
    let group = |name: &str, columns: &[Column]| -> Result<Arc<Type>> {
        let physical = |column: &Column| if column.whole { Physical::INT64 } else { Physical::DOUBLE };
        let fields =
            columns.iter().map(|column| leaf(&column.name, physical(column))).collect::<Result<_>>()?;
        let builder = Type::group_type_builder(name).with_repetition(Repetition::REQUIRED);
        Ok(Arc::new(builder.with_fields(fields).build()?))
    };
    let fields = vec![
        leaf("episode_id", Physical::INT32)?,
        group("observations", observations)?,
        group("actions", actions)?,
        leaf("rewards", Physical::DOUBLE)?,
        leaf("terminations", Physical::BOOLEAN)?,
        leaf("truncations", Physical::BOOLEAN)?,
    ];
    Ok(Type::group_type_builder("episode").with_fields(fields).build()?)
}

fn write(group: &mut SerializedRowGroupWriter<'_, File>, numbers: &Numbers) -> Result<()> {
    let mut column = group.next_column()?.context("the schema has a column for these numbers")?;
    match numbers {
        Numbers::Whole(all) => column.typed::<Int64Type>().write_batch(all, None, None)?,
        Numbers::Real(all) => column.typed::<DoubleType>().write_batch(all, None, None)?,
    };
    Ok(column.close()?)
}

fn cannot(path: &Path) -> String {
    format!("cannot write {}", path.display())
}
