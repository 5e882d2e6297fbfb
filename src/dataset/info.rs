//! `dataset info`: what is in a dataset, in one pass and in bounded memory.
//!
//! What is kept: 64 bits for each different design up to [`MOST_DESIGNS`], 64 bits for each different value of a
//! parameter up to [`MOST_VALUES`], the values of each metric up to a bound given at [`super::quantiles`], and a few
//! numbers for each environment, workload and space. Counts that reach their bound say so.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::rc::Rc;

use anyhow::Result;
use serde::Serialize;

use super::identity::{Cell, Digest};
use super::inputs::{Input, Samples};
use super::labels::Labels;
use super::rows::Watch;

mod problem;

use problem::Tally;
pub use problem::{Best, MetricCard, ParameterCard, ProblemCard};

/// Designs told apart: a hash set of this size fills 2²⁴ places, some 150 MB.
pub const MOST_DESIGNS: usize = 14_000_000;
/// Values of a parameter told apart.
pub const MOST_VALUES: usize = 1 << 16;
/// Reasons of infeasibility told apart; a free-text column must not fill the memory.
const MOST_REASONS: usize = 1000;

/// A number of different things, which stops at a bound.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Distinct {
    /// How many were told apart.
    pub count: u64,
    /// Whether there may be more.
    pub at_least: bool,
}

/// Rows and runs that share a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Share {
    /// The name; empty if the dataset does not say.
    pub name: String,
    /// Rows.
    pub rows: u64,
    /// Runs.
    pub runs: u64,
}

/// The data card.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Card {
    /// Tables read.
    pub tables: Vec<String>,
    /// Samples.
    pub rows: u64,
    /// Runs they belong to.
    pub runs: u64,
    /// Different designs, told apart by environment, version, workload and parameters.
    pub unique_designs: Distinct,
    /// Rows with a feasible design.
    pub feasible: u64,
    /// Their share; null without rows.
    pub feasible_share: Option<f64>,
    /// Why the others are not, with the number of rows, most frequent first.
    pub reasons: Vec<(String, u64)>,
    /// Rows served by the cache.
    pub cached: u64,
    /// Their share; null without rows.
    pub cached_share: Option<f64>,
    /// By environment.
    pub envs: Vec<Share>,
    /// By workload.
    pub workloads: Vec<Share>,
    /// By objective.
    pub objectives: Vec<Share>,
    /// By agent.
    pub agents: Vec<Share>,
    /// Parameters, metrics and best rewards of each environment, workload and space.
    pub problems: Vec<ProblemCard>,
}

/// Reads everything behind `paths`.
///
/// # Errors
/// If a path is no dataset or a table is malformed.
pub fn info(paths: &[PathBuf], watch: &dyn Watch) -> Result<Card> {
    let inputs = Input::all(paths)?;
    watch.begin(inputs.iter().map(Input::bytes).sum::<Result<u64>>()?);
    let mut survey = Survey::default();
    for input in &inputs {
        survey.card.tables.push(input.path.display().to_string());
        survey.read(input, watch)?;
    }
    Ok(survey.finish())
}

#[derive(Default)]
struct Survey {
    card: Card,
    runs: HashSet<u64>,
    designs: HashSet<u64>,
    reasons: BTreeMap<String, u64>,
    shares: [Vec<Share>; 4],
    problems: Vec<Tally>,
    /// Numbers of the parameters' names, so that a design is the same whatever the order of columns.
    names: HashMap<String, usize>,
    digest: Digest,
}

/// Labels that rows are counted by, in the order of [`Survey::shares`].
const COUNTED: [&str; 4] = ["env", "workload", "objective", "agent"];

/// What consecutive rows have in common, so that it is looked up once.
struct Stretch {
    labels: Rc<Labels>,
    run: String,
    problem: usize,
    shares: [usize; 4],
}

impl Survey {
    fn read(&mut self, input: &Input, watch: &dyn Watch) -> Result<()> {
        let mut samples = input.open(watch)?;
        let ids = self.number_names(&samples);
        let mut stretch: Option<Stretch> = None;
        while samples.read()? {
            let labels = Rc::clone(samples.labeller.label(&samples.row).0);
            let run = &samples.row[samples.layout.run_id];
            let same = |s: &Stretch| Rc::ptr_eq(&s.labels, &labels) && s.run == run;
            let current = match stretch.take().filter(same) {
                Some(current) => current,
                None => self.enter(labels, run, &samples),
            };
            self.add(&samples, &current, &ids)?;
            stretch = Some(current);
        }
        Ok(())
    }

    fn number_names(&mut self, samples: &Samples<'_>) -> Vec<(usize, usize)> {
        let mut ids: Vec<(usize, usize)> = Vec::new();
        for (at, name) in &samples.layout.parameters {
            let next = self.names.len();
            ids.push((*self.names.entry(name.clone()).or_insert(next), *at));
        }
        ids.sort_unstable();
        ids
    }

    fn enter(&mut self, labels: Rc<Labels>, run: &str, samples: &Samples<'_>) -> Stretch {
        let new = self.runs.insert(Cell::Text(run).hash64());
        self.card.runs += u64::from(new);
        let mut shares = [0; 4];
        for (i, label) in COUNTED.iter().enumerate() {
            shares[i] = share(&mut self.shares[i], labels.get(label));
            self.shares[i][shares[i]].runs += u64::from(new);
        }
        let found = self.problems.iter().position(|problem| problem.is_of(&labels));
        let problem = found.unwrap_or_else(|| {
            self.problems.push(Tally::new(&labels));
            self.problems.len() - 1
        });
        self.problems[problem].enter(&samples.layout);
        Stretch { labels, run: run.to_owned(), problem, shares }
    }

    fn add(&mut self, samples: &Samples<'_>, stretch: &Stretch, ids: &[(usize, usize)]) -> Result<()> {
        let layout = &samples.layout;
        let feasible = samples.switch(layout.feasible)?;
        self.card.rows += 1;
        self.card.feasible += u64::from(feasible);
        self.card.cached += u64::from(samples.switch(layout.cached)?);
        for (shares, at) in self.shares.iter_mut().zip(stretch.shares) {
            shares[at].rows += 1;
        }
        if !feasible {
            self.note_reason(&samples.row[layout.reason]);
        }
        let new = self.is_new(samples, stretch, ids);
        self.problems[stretch.problem].add(samples, &stretch.labels, feasible, new)
    }

    fn note_reason(&mut self, reason: &str) {
        let full = self.reasons.len() >= MOST_REASONS;
        if let Some(count) = self.reasons.get_mut(reason) {
            *count += 1;
            return;
        }
        let name = if full { "(other reasons)" } else { reason };
        *self.reasons.entry(name.to_owned()).or_default() += 1;
    }

    /// Whether the design of a row was not seen before, as far as that is known.
    fn is_new(&mut self, samples: &Samples<'_>, stretch: &Stretch, ids: &[(usize, usize)]) -> bool {
        let designs = &mut self.card.unique_designs;
        self.digest.clear();
        for label in ["env", "env_version", "workload"] {
            self.digest.text(stretch.labels.get(label));
        }
        ids.iter().for_each(|(id, at)| self.digest.cell(*id, &samples.row[*at]));
        let hash = u64::from_le_bytes(self.digest.hash());
        if self.designs.len() >= MOST_DESIGNS {
            designs.at_least |= !self.designs.contains(&hash);
            return false;
        }
        let new = self.designs.insert(hash);
        designs.count += u64::from(new);
        new
    }

    fn finish(self) -> Card {
        let Self { mut card, reasons, shares, problems, .. } = self;
        let part = |n: u64| (card.rows > 0).then(|| n as f64 / card.rows as f64);
        (card.feasible_share, card.cached_share) = (part(card.feasible), part(card.cached));
        card.reasons = reasons.into_iter().collect();
        card.reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        [card.envs, card.workloads, card.objectives, card.agents] = shares;
        card.problems = problems.into_iter().map(|p| p.finish(card.unique_designs.at_least)).collect();
        card
    }
}

fn share(shares: &mut Vec<Share>, name: &str) -> usize {
    shares.iter().position(|share| share.name == name).unwrap_or_else(|| {
        shares.push(Share { name: name.to_owned(), rows: 0, runs: 0 });
        shares.len() - 1
    })
}
