//! Sweeps: the runs of a plan over several threads, written in plan order.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use crossbeam_channel::{RecvTimeoutError, Sender};
use rl_env::agent::Trial;

use crate::cache::Cache;
use crate::config::SweepConfig;
use crate::dataset::columns::{Finished, SampleColumns, SampleWriter};
use crate::plan::{Plan, PlannedRun};
use crate::run::{self, Status, Summary, Task};
use crate::store::{Place, Segment, Store};

/// Bytes of rows collected before they go to the file.
const BUFFER: usize = 1 << 16;
/// How often the observer hears of progress.
const TICK: Duration = Duration::from_millis(200);

/// How far a sweep is.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// Runs of this directory.
    pub runs: usize,
    /// Of these, finished now or before.
    pub done: usize,
    /// Samples taken by this process.
    pub samples: u64,
}

/// Something that hears of a sweep's progress.
pub trait Observer {
    /// Called a few times a second.
    fn progress(&mut self, progress: &Progress);
    /// Called once per run that finishes.
    fn finished(&mut self, run: &PlannedRun, summary: &Summary);
}

/// What a sweep came to.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Runs of this directory.
    pub all: usize,
    /// Of these, in the tables.
    pub runs: usize,
    /// Of these, taken over from before.
    pub resumed: usize,
    /// Samples taken by this process.
    pub samples: u64,
    /// The sweep was stopped before its end.
    pub interrupted: bool,
    /// Runs that failed in an earlier process; they are not repeated.
    pub failed_before: usize,
    /// Runs whose agent or simulator failed, with the cause.
    pub failures: Vec<String>,
}

/// What a worker reports: a run and what it came to, or why nothing can be written any more.
type Message = Result<(usize, Finished, Summary)>;

/// What the worker threads share.
struct Work<'a> {
    plan: &'a Plan,
    columns: BTreeMap<String, SampleColumns>,
    todo: Vec<usize>,
    next: AtomicUsize,
    samples: AtomicU64,
    cache: Cache,
    stop: &'a AtomicBool,
    dir: &'a Path,
    /// Fewer runs than threads: let the runs use several threads each.
    parallel: bool,
}

/// Carries out a plan with `jobs` threads; their number changes nothing that is written but `wall_s`.
///
/// # Errors
/// If the directory cannot be used (see [`Store::open`]) or written. Failing agents do not end the sweep: they are
/// in the outcome and in `runs.csv`.
pub fn sweep(
    plan: &Plan,
    config: &SweepConfig,
    place: &Place<'_>,
    jobs: usize,
    stop: &AtomicBool,
    observer: &mut dyn Observer,
) -> Result<Outcome> {
    let mut store = Store::open(plan, config, place)?;
    let mut known = BTreeMap::new();
    let mut todo = Vec::new();
    for &run in &store.mine()[store.committed()..] {
        match store.finished(run) {
            Some(finished) => drop(known.insert(run, finished)),
            None => todo.push(run),
        }
    }
    let resumed = store.mine().len() - todo.len();
    let jobs = jobs.max(1);
    let work = Work {
        plan,
        columns: SampleColumns::of(&plan.instances),
        parallel: todo.len() < jobs,
        next: AtomicUsize::new(0),
        samples: AtomicU64::new(0),
        cache: Cache::default(),
        dir: place.dir,
        todo,
        stop,
    };
    let mut outcome = Outcome { resumed, failed_before: store.failed(), ..Outcome::default() };
    let result = std::thread::scope(|scope| {
        let (send, receive) = crossbeam_channel::unbounded();
        for _ in 0..jobs.min(work.todo.len()) {
            let (send, work) = (send.clone(), &work);
            scope.spawn(move || work_through(work, &send));
        }
        drop(send);
        let result = collect(&work, &mut store, &mut known, &receive, &mut outcome, observer);
        if result.is_err() {
            stop.store(true, Ordering::Relaxed);
        }
        result
    });
    result?;
    outcome.samples = work.samples.load(Ordering::Relaxed);
    outcome.runs = store.committed();
    outcome.all = store.mine().len();
    outcome.interrupted = store.committed() < store.mine().len();
    if !outcome.interrupted {
        store.finish()?;
    }
    Ok(outcome)
}

/// Commits runs as they come in, until the workers are gone.
fn collect(
    work: &Work<'_>,
    store: &mut Store<'_>,
    known: &mut BTreeMap<usize, Finished>,
    receive: &crossbeam_channel::Receiver<Message>,
    outcome: &mut Outcome,
    observer: &mut dyn Observer,
) -> Result<()> {
    let mut finished_now = 0;
    loop {
        store.commit(known)?;
        let samples = work.samples.load(Ordering::Relaxed);
        let progress = Progress { runs: store.mine().len(), done: outcome.resumed + finished_now, samples };
        observer.progress(&progress);
        match receive.recv_timeout(TICK) {
            Ok(message) => {
                let (run, finished, summary) = message?;
                let planned = &work.plan.runs[run];
                if let Some(failure) = &summary.failure {
                    outcome.failures.push(format!("run {} ({}): {failure}", planned.id, planned.agent));
                }
                observer.finished(planned, &summary);
                known.insert(run, finished);
                finished_now += 1;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
    }
}

fn work_through(work: &Work<'_>, send: &Sender<Message>) {
    while !work.stop.load(Ordering::Relaxed) {
        let Some(&run) = work.todo.get(work.next.fetch_add(1, Ordering::Relaxed)) else { return };
        let result = match one_run(work, run) {
            Ok(Some((finished, summary))) => Ok((run, finished, summary)),
            Ok(None) => return,
            Err(error) => {
                work.stop.store(true, Ordering::Relaxed);
                Err(error)
            }
        };
        if send.send(result).is_err() {
            return;
        }
    }
}

/// Carries out one run and seals its segment; `None` if it was interrupted.
fn one_run(work: &Work<'_>, index: usize) -> Result<Option<(Finished, Summary)>> {
    let planned = &work.plan.runs[index];
    let instance = &work.plan.instances[planned.instance];
    let started = Instant::now();
    let mut segment = Segment::create(work.dir, &planned.id)?;
    let columns = &work.columns[&instance.env];
    let writer = SampleWriter::new(&planned.id, instance.problem.as_ref(), columns);
    let mut rows = String::with_capacity(BUFFER + 4096);
    let mut logged = 0;
    let mut log = |step: u64, trial: &Trial| {
        writer.write(step, trial, &mut rows);
        logged += 1;
        if rows.len() >= BUFFER {
            segment.write(&rows)?;
            rows.clear();
            work.samples.fetch_add(std::mem::take(&mut logged), Ordering::Relaxed);
        }
        Ok(())
    };
    let scorer = planned.spec.objective.bind(instance.problem.metrics())?;
    let attempt = catch_unwind(AssertUnwindSafe(|| {
        let mut task = Task {
            problem: instance.problem.as_ref(),
            scorer: &scorer,
            addresses: instance.addresses.clone(),
            budget: planned.spec.budget,
            // A single run has nobody to share with.
            shared: (work.todo.len() > 1).then_some(&work.cache),
            parallel: work.parallel,
            stop: work.stop,
        };
        match planned.agent(instance, &scorer) {
            Ok(mut agent) => run::run(&mut task, agent.as_mut(), &mut log),
            Err(error) => Ok(Summary::failed(format!("{error:#}"))),
        }
    }));
    let summary = match attempt {
        Ok(summary) => summary?,
        Err(panic) => {
            // How many rows were logged before the panic is not known; a failed run has none.
            segment = segment.restart()?;
            rows.clear();
            Summary::failed(format!("panicked: {}", panic_text(panic.as_ref())))
        }
    };
    if summary.status == Status::Interrupted {
        return Ok(None);
    }
    segment.write(&rows)?;
    work.samples.fetch_add(logged, Ordering::Relaxed);
    let finished = Finished::new(&planned.id, &summary, started.elapsed().as_secs_f64());
    segment.finish(&finished).context("cannot seal the samples of a run")?;
    Ok(Some((finished, summary)))
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message")
}
