//! Closed forms a second, and simulated cycles a second where the array waits.

#![allow(clippy::unwrap_used)] // A bench that cannot go on stops.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sweepstake_simulators::systolic::{Array, Bandwidth, Compute, Dataflow, Scratch, Shape, Work, simulate};

fn array(dataflow: Dataflow) -> Array {
    Array {
        rows: 32,
        columns: 32,
        dataflow,
        ifmap_kb: 8,
        filter_kb: 8,
        ofmap_kb: 8,
        bandwidth: Some(Bandwidth { ifmap: 10, filter: 10, ofmap: 10 }),
    }
}

/// A 3 × 3 layer of 64 channels on 28 × 28.
fn work() -> Work {
    let shape = Shape {
        ifmap: [30, 30],
        filter: [3, 3],
        channels: 64,
        filters: 64,
        stride: [1, 1],
        dilation: [1, 1],
    };
    Work::new(shape).unwrap()
}

fn closed_form(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("systolic closed form");
    group.throughput(Throughput::Elements(1));
    for dataflow in Dataflow::ALL {
        let (array, work) = (array(dataflow), work());
        group.bench_function(dataflow.name(), |bencher| {
            bencher.iter(|| Compute::new(std::hint::black_box(&array), std::hint::black_box(&work)));
        });
    }
    group.finish();
}

fn waits(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("systolic exact waits, cycles");
    group.sample_size(20);
    let mut scratch = Scratch::default();
    for dataflow in Dataflow::ALL {
        let (array, work) = (array(dataflow), work());
        let report = simulate(&array, &work, &mut scratch).unwrap();
        assert!(report.stall_cycles > 0);
        group.throughput(Throughput::Elements(report.cycles));
        group.bench_function(dataflow.name(), |bencher| {
            bencher.iter(|| simulate(std::hint::black_box(&array), &work, &mut scratch).unwrap().cycles);
        });
    }
    group.finish();
}

criterion_group!(benches, closed_form, waits);
criterion_main!(benches);
