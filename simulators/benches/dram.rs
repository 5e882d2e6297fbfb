//! Requests per second of the DRAM simulator over designs drawn from ArchGym's space, on one core.
//!
//! `random` and `stream` run a fixed sample of designs one after the other; `slowest` is the hardest design
//! found in that space (all banks pending, three commands a request).

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use sweepstake_simulators::dram::config::{
    Arbiter, Config, Controller, PagePolicy, RefreshPolicy, RespQueue, Scheduler, SchedulerBuffer,
};
use sweepstake_simulators::dram::generate::generate;
use sweepstake_simulators::dram::{Scratch, Workload, simulate};

const REQUESTS: usize = 10_000;
const DESIGNS: usize = 60;

/// A sample of ArchGym's space: every parameter runs through its values with a stride of its own.
fn designs() -> Vec<Config> {
    let from = |all: usize, place: usize, prime: usize| (place * prime + place / 7) % all;
    (0..DESIGNS)
        .map(|place| Config {
            controller: Controller {
                page_policy: PagePolicy::ALL[from(4, place, 5)],
                scheduler: Scheduler::ALL[from(3, place, 7)],
                scheduler_buffer: SchedulerBuffer::ALL[from(3, place, 11)],
                request_buffer_size: 1 + from(8, place, 13) as u32,
                resp_queue: RespQueue::ALL[from(2, place, 17)],
                refresh_policy: RefreshPolicy::ALL[from(2, place, 19)],
                refresh_max_postponed: 1 + from(8, place, 23) as u32,
                refresh_max_pulledin: 1 + from(8, place, 29) as u32,
                arbiter: Arbiter::ALL[from(3, place, 31)],
                max_active_transactions: 1 + from(128, place, 37) as u32,
                ..Controller::default()
            },
            ..Config::default()
        })
        .collect()
}

fn space(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("dram/archgym");
    group.throughput(Throughput::Elements((REQUESTS * DESIGNS) as u64)).sample_size(20);
    let (designs, mut scratch) = (designs(), Scratch::default());
    for name in ["random", "stream", "cloud-1", "cloud-2"] {
        let trace = generate(name, REQUESTS, 1).expect("a built-in workload");
        let workload = Workload::decode(&trace, &designs[0].system).expect("a valid system");
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            bencher.iter(|| {
                for design in &designs {
                    std::hint::black_box(simulate(design, &workload, &mut scratch).expect("a valid design"));
                }
            });
        });
    }
    group.finish();
}

fn one_design(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("dram/one-design");
    group.throughput(Throughput::Elements(REQUESTS as u64)).sample_size(30);
    let hardest =
        Controller { scheduler: Scheduler::FrFcfsGrp, arbiter: Arbiter::Reorder, ..Controller::default() };
    let cases = [
        ("slowest", "random", Scratch::default(), hardest),
        ("general-path", "random", Scratch::general_only(), Controller::default()),
        ("default", "gemm", Scratch::default(), Controller::default()),
    ];
    for (name, workload, mut scratch, controller) in cases {
        let config = Config { controller, ..Config::default() };
        let trace = generate(workload, REQUESTS, 1).expect("a built-in workload");
        let workload = Workload::decode(&trace, &config.system).expect("a valid system");
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            bencher.iter(|| simulate(&config, &workload, &mut scratch).expect("a valid design"));
        });
    }
    group.finish();
}

criterion_group!(benches, space, one_design);
criterion_main!(benches);
