//! The runs of a study: in any order, in several threads, each kept in a file named by its content.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, Result, anyhow};
use serde::{Deserialize, Serialize};
use sweepstake_networks::device::DEVICES;

use super::Setting;
use super::dense::{self, Dense};
use super::methods::{Kind, Method, Run, method};
use crate::enumerate::Progress;

/// Goes up when training, search or judgement changes, so that no file of before is taken up.
const VERSION: u32 = 1;

/// What a run found at one sparsity.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Outcome {
    pub(super) method: String,
    pub(super) sparsity: f64,
    pub(super) seed: u64,
    /// Accuracy with the running statistics as the dense network left them.
    pub(super) raw: f64,
    /// Weights of kernels that stay.
    pub(super) kept: usize,
    /// Operations that stay.
    pub(super) flops_share: f64,
    /// Judgements on the way; the last is the result.
    pub(super) curve: Vec<Point>,
    /// The mask of every layer, in hexadecimal.
    pub(super) mask: Vec<String>,
}

/// A judgement on the way.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Point {
    /// Training images seen by the method until then.
    pub(super) images: u64,
    /// Share of test images, batch norms recalibrated.
    pub(super) accuracy: f64,
    /// Weights exchanged since the judgement before.
    pub(super) exchanged: u64,
}

impl Outcome {
    /// The final accuracy.
    pub(super) fn accuracy(&self) -> f64 {
        self.curve.last().map_or(0.0, |point| point.accuracy)
    }
}

/// Everything a study found.
pub(super) struct Done {
    /// Seed, accuracy.
    pub(super) dense: Vec<(u64, f64)>,
    /// By seed, method and sparsity, in the order of the configuration.
    pub(super) outcomes: Vec<Outcome>,
}

/// One run to make: all sparsities for methods that need each for the next, else one.
struct Task<'a> {
    seed: u64,
    method: &'a Method,
    sparsities: Vec<f64>,
}

/// How a study is run.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// Folder of tables and figures, and of what is kept.
    pub out: &'a Path,
    /// Threads.
    pub jobs: usize,
    /// Make no run: take what is kept.
    pub finished: bool,
}

/// Makes all runs, or takes those that are kept.
pub(super) fn run(setting: &Setting<'_>, order: Order<'_>, progress: &(dyn Progress + Sync)) -> Result<Done> {
    let (config, jobs, folder) = (setting.config, order.jobs, &order.out.join(".work"));
    std::fs::create_dir_all(folder).with_context(|| format!("cannot write {}", folder.display()))?;
    let mut tasks = tasks(setting);
    if order.finished {
        let there = |task: &Task<'_>| Ok(task.path(setting, folder)?.exists());
        let kept = tasks.iter().map(there).collect::<Result<Vec<bool>>>()?;
        let mut kept = kept.into_iter();
        tasks.retain(|_| kept.next().unwrap_or(false));
    }
    // A network without a run is not wanted when none may be made.
    let wanted = |seed: &u64| !order.finished || tasks.iter().any(|task| task.seed == *seed);
    let seeds: Vec<u64> = config.seeds.iter().copied().filter(wanted).collect();
    let epochs =
        config.dense.epochs * seeds.len() + tasks.iter().map(|task| task.epochs(setting)).sum::<usize>();
    progress.begin(epochs as u64, 0);
    let epoch = || progress.advance(1);
    let dense: Vec<Dense> = in_threads(&seeds, jobs, |seed| dense::kept(setting, *seed, folder, &epoch))?;
    let mut found = vec![Vec::new(); tasks.len()];
    // What is tuned was found before.
    for tuned in [false, true] {
        let now: Vec<usize> = (0..tasks.len()).filter(|place| tasks[*place].is_tuned() == tuned).collect();
        let outcomes = in_threads(&now, jobs, |place| {
            let task = &tasks[*place];
            let dense = seeds.iter().zip(&dense).find(|(seed, _)| **seed == task.seed);
            dense.map_or_else(|| Ok(Vec::new()), |(_, dense)| task.kept(setting, dense, folder, &epoch))
        })?;
        now.into_iter().zip(outcomes).for_each(|(place, outcomes)| found[place] = outcomes);
    }
    let accuracies = seeds.iter().zip(&dense).map(|(seed, dense)| (*seed, dense.accuracy));
    Ok(Done { dense: accuracies.collect(), outcomes: found.concat() })
}

fn tasks<'a>(setting: &Setting<'_>) -> Vec<Task<'a>> {
    let config = setting.config;
    let mut tasks = Vec::new();
    for seed in config.seeds.iter().copied() {
        for method in config.methods.iter().filter_map(|name| method(name).ok()) {
            match method.kind {
                Kind::Iterative => {
                    tasks.push(Task { seed, method, sparsities: config.sparsities.clone() });
                }
                _ => tasks.extend(config.sparsities.iter().map(|share| Task {
                    seed,
                    method,
                    sparsities: vec![*share],
                })),
            }
        }
    }
    tasks
}

impl Task<'_> {
    fn epochs(&self, setting: &Setting<'_>) -> usize {
        match self.method.kind {
            Kind::Scores | Kind::Control => 0,
            Kind::Search { .. } | Kind::Iterative => self.sparsities.len() * setting.config.search.epochs,
            Kind::Tuned(_) => self.sparsities.len() * setting.config.tune.epochs,
        }
    }

    /// The file of its outcomes.
    fn path(&self, setting: &Setting<'_>, folder: &Path) -> Result<PathBuf> {
        let config = setting.config;
        let content = (self.method.name, &self.sparsities, self.seed, &config.dense, &config.search);
        let content = (content, config.margin, config.calibration);
        let key = match self.method.kind {
            Kind::Tuned(_) => key(setting, &(content, &config.tune))?,
            _ => key(setting, &content)?,
        };
        Ok(folder.join(format!("{key}.json")))
    }

    fn is_tuned(&self) -> bool {
        matches!(self.method.kind, Kind::Tuned(_))
    }

    /// The outcomes from their file, or found and put there.
    fn kept(
        &self,
        setting: &Setting<'_>,
        dense: &Dense,
        folder: &Path,
        epoch: &dyn Fn(),
    ) -> Result<Vec<Outcome>> {
        let path = self.path(setting, folder)?;
        if let Ok(text) = std::fs::read_to_string(&path) {
            (0..self.epochs(setting)).for_each(|_| epoch());
            return serde_json::from_str(&text).with_context(|| path.display().to_string());
        }
        let run = Run { setting, dense, method: self.method, seed: self.seed };
        let outcomes = match self.method.kind {
            Kind::Tuned(of) => {
                let task = Task { method: method(of)?, sparsities: self.sparsities.clone(), ..*self };
                let found = task.kept(setting, dense, folder, &|| ())?;
                found.iter().map(|found| run.tuned(found, epoch)).collect()
            }
            _ => run.outcomes(&self.sparsities, epoch)?,
        };
        put(&path, &serde_json::to_vec(&outcomes)?)?;
        Ok(outcomes)
    }
}

/// The name of what follows from a setting and more. Every device has files of its own: another one sums in another order.
pub(super) fn key(setting: &Setting<'_>, more: &impl Serialize) -> Result<String> {
    let content = serde_json::to_vec(&(VERSION, &setting.network, &setting.content, more))?;
    let name = &blake3::hash(&content).to_hex()[..24];
    let device = setting.engine.device();
    Ok(if device == DEVICES[0].name { name.to_owned() } else { format!("{device}-{name}") })
}

/// Writes a file that is there as a whole or not at all.
pub(super) fn put(path: &Path, content: &[u8]) -> Result<()> {
    let partial: PathBuf = path.with_extension("partial");
    let written = std::fs::write(&partial, content).and_then(|()| std::fs::rename(&partial, path));
    written.with_context(|| format!("cannot write {}", path.display()))
}

/// Does work for every item in order, `jobs` at a time. Every thread computes alone: two networks on a thread each are
/// faster than one after the other on two.
fn in_threads<T: Sync, R: Send>(
    items: &[T],
    jobs: usize,
    work: impl Fn(&T) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    let (next, results) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let take = || -> Result<()> {
        let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
        while let Some((place, item)) = {
            let place = next.fetch_add(1, Ordering::Relaxed);
            items.get(place).map(|item| (place, item))
        } {
            let result = alone.install(|| work(item))?;
            results.lock().map_err(|_| anyhow!("a thread ended badly"))?.push((place, result));
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..jobs.min(items.len())).map(|_| scope.spawn(take)).collect();
        let mut ended = threads.into_iter().map(|thread| thread.join());
        ended.try_for_each(|end| end.map_err(|_| anyhow!("a thread ended badly"))?)
    })?;
    let mut results = results.into_inner().map_err(|_| anyhow!("a thread ended badly"))?;
    results.sort_by_key(|(place, _)| *place);
    Ok(results.into_iter().map(|(_, result)| result).collect())
}
