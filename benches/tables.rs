//! What an evaluation costs that is looked up in a complete table, alone and under the runner.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use rl_env::agent::{Agent, Trial};
use rl_env::design::Design;
use rl_env::objective::Objective;
use rl_env::problem::Problem;
use sweepstake::enumerate::{LIMIT, Order, enumerate};
use sweepstake::plan::Instance;
use sweepstake::run::{self, Task};
use sweepstake::store::Shard;
use sweepstake::table::{self, Tabled};

const DESIGNS: u64 = 20_000;

/// All 442,368 DRAM controllers of ArchGym's smaller space, on a trace short enough to enumerate them here.
fn dram(dir: &Path) -> Instance {
    let trace = dir.join("short.csv");
    let line = |i: u64| format!("{i},R,{:#x}\n", i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40 << 6);
    std::fs::write(&trace, "cycle,op,addr\n".to_owned() + &(0..200).map(line).collect::<String>())
        .expect("a temporary file");
    let name = trace.to_str().expect("a plain name");
    Instance::new("DramController-v0", name, "archgym-pow2", Path::new("")).expect("a workload").0
}

/// Proposes designs drawn beforehand.
struct Replay(std::vec::IntoIter<Design>);

impl Agent for Replay {
    fn ask(&mut self, n: usize) -> Result<Vec<Design>, rl_env::Error> {
        Ok(self.0.by_ref().take(n).collect())
    }
    fn tell(&mut self, _: &[Trial]) -> Result<(), rl_env::Error> {
        Ok(())
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

fn tables(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let instance = dram(dir.path());
    let out = dir.path().join("table.parquet");
    let order = Order { out: &out, shard: Shard::WHOLE, limit: LIMIT, fresh: false };
    enumerate(&instance, &order, &AtomicBool::new(false), &()).expect("a table");
    let load = || {
        let table = table::read(&out).expect("the table");
        Tabled::new(Arc::clone(&instance.problem), &instance.subject, table).expect("its problem")
    };
    let tabled = load();
    let mut rng = rl_env::seed::Seed(0).stream("bench");
    let designs: Vec<Design> = (0..DESIGNS).map(|_| tabled.space().sample(&mut rng)).collect();
    let mut group = criterion.benchmark_group("table");
    group.bench_function("load and check", |bencher| bencher.iter(load));
    group.throughput(Throughput::Elements(DESIGNS));
    group.bench_function("look up the metrics of a random design", |bencher| {
        bencher.iter(|| designs.iter().filter_map(|d| tabled.metrics_of(d)).map(|m| m[0]).sum::<f64>());
    });
    group.bench_function("evaluate a random design", |bencher| {
        bencher.iter(|| designs.iter().for_each(|d| drop(black_box(tabled.evaluate(d)))));
    });
    group.sample_size(20);
    let scorer = Objective::minimise("power_mw").bind(tabled.metrics()).expect("a metric");
    group.bench_function("step of the runner", |bencher| {
        bencher.iter_batched(
            || Replay(designs.clone().into_iter()),
            |mut agent| {
                let mut task = Task {
                    problem: &tabled,
                    scorer: &scorer,
                    addresses: instance.addresses.clone(),
                    budget: DESIGNS,
                    shared: None,
                    parallel: false,
                    stop: &AtomicBool::new(false),
                };
                run::run(&mut task, &mut agent, &mut |_, _| Ok(()))
            },
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

criterion_group!(benches, tables);
criterion_main!(benches);
