//! What the runner costs beside agent and simulator, and how fast samples are written.

use std::hint::black_box;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rl_env::agent::{Agent, Trial};
use rl_env::design::Design;
use rl_env::objective::Objective;
use rl_env::problem::Outcome;
use sweepstake::config::{AgentChoice, EnvChoice, Seeds, SweepConfig};
use sweepstake::dataset::columns::{SampleColumns, SampleWriter};
use sweepstake::document::Document;
use sweepstake::plan::{Instance, Plan};
use sweepstake::run::{self, Task};
use sweepstake::store::{Place, Shard};
use sweepstake::sweep::{self, Observer, Progress};

const BUDGET: u64 = 100_000;

fn instance() -> Instance {
    Instance::new("Landscape-v0", "sphere", "", Path::new("")).expect("the landscape exists").0
}

/// Replays designs drawn beforehand, so that only the runner and the landscape are measured.
struct Replay(std::vec::IntoIter<Design>);

impl Agent for Replay {
    fn ask(&mut self, n: usize) -> Result<Vec<Design>, rl_env::Error> {
        Ok(self.0.by_ref().take(n).collect())
    }
    fn batch(&self) -> usize {
        64
    }
    fn snapshot(&self) -> Result<serde_json::Value, rl_env::Error> {
        Ok(serde_json::Value::Null)
    }
    fn restore(&mut self, _: &serde_json::Value) -> Result<(), rl_env::Error> {
        Ok(())
    }
}

fn overhead(criterion: &mut Criterion) {
    let instance = instance();
    let mut rng = rl_env::seed::Seed(0).stream("bench");
    let designs: Vec<Design> = (0..BUDGET).map(|_| instance.problem.space().sample(&mut rng)).collect();
    let scorer =
        Objective::minimise("cost").bind(instance.problem.metrics()).expect("a metric of the landscape");
    let stop = AtomicBool::new(false);
    let mut group = criterion.benchmark_group("runner");
    group.throughput(Throughput::Elements(BUDGET)).sample_size(20);
    group.bench_function("overhead per evaluation, no log", |bencher| {
        bencher.iter_batched(
            || Replay(designs.clone().into_iter()),
            |mut agent| {
                let mut task = Task {
                    problem: instance.problem.as_ref(),
                    scorer: &scorer,
                    addresses: instance.addresses.clone(),
                    budget: BUDGET,
                    shared: None,
                    parallel: false,
                    stop: &stop,
                };
                run::run(&mut task, &mut agent, &mut |_, _| Ok(()))
            },
            criterion::BatchSize::LargeInput,
        );
    });
    group.finish();
}

fn rows(criterion: &mut Criterion) {
    let instance = instance();
    let mut rng = rl_env::seed::Seed(0).stream("bench");
    let trials: Vec<Trial> = (0..1000)
        .map(|_| {
            let design = instance.problem.space().sample(&mut rng);
            let outcome: Outcome = instance.problem.evaluate(&design);
            Trial { design, outcome, reward: Some(-1.5), axes: Vec::new(), cached: false }
        })
        .collect();
    let columns = SampleColumns::of(std::slice::from_ref(&instance));
    let writer = SampleWriter::new("0123456789abcdef", instance.problem.as_ref(), &columns["Landscape-v0"]);
    let mut group = criterion.benchmark_group("dataset");
    group.throughput(Throughput::Elements(1000));
    group.bench_function("format a sample row", |bencher| {
        let mut out = String::new();
        bencher.iter(|| {
            out.clear();
            trials.iter().enumerate().for_each(|(step, trial)| writer.write(step as u64, trial, &mut out));
            black_box(out.len())
        });
    });
    group.finish();
}

struct Silent;

impl Observer for Silent {
    fn progress(&mut self, _: &Progress) {}
    fn finished(&mut self, _: &sweepstake::plan::PlannedRun, _: &run::Summary) {}
}

fn logged(criterion: &mut Criterion) {
    let config = SweepConfig {
        name: "bench".into(),
        envs: vec![EnvChoice {
            env: "Landscape-v0".into(),
            workloads: Some(vec!["sphere".into()]),
            space: String::new(),
            objectives: None,
        }],
        agents: vec![AgentChoice::Name("random-walker".into())],
        budget: BUDGET,
        seeds: Seeds::Count(1),
        ticket_seed: 0,
    };
    let document = Document::parse(Path::new("bench"), "{}").expect("an empty document");
    let plan = Plan::new(&config, &document, Path::new("")).expect("a plan");
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut group = criterion.benchmark_group("dataset");
    group.throughput(Throughput::Elements(BUDGET)).sample_size(10);
    group.bench_function("logged sample, one thread, to disk", |bencher| {
        bencher.iter(|| {
            let place = Place { dir: dir.path(), folder: Path::new(""), shard: Shard::WHOLE, fresh: true };
            sweep::sweep(&plan, &config, &place, 1, &AtomicBool::new(false), &mut Silent)
        });
    });
    group.finish();
}

criterion_group!(benches, overhead, rows, logged);
criterion_main!(benches);
