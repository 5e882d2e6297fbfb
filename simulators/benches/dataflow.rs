//! Evaluations a second of data-centric mappings.

#![allow(clippy::unwrap_used)] // A bench that cannot go on stops.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sweepstake_simulators::dataflow::{Hardware, MappedLayer, Scratch, evaluate, read};

/// The mapping styles that MAESTRO is shipped with, on a layer of ResNet-18.
const MAPPINGS: &str = "Network n {
    Layer channels { Type: CONV Dimensions { K: 64, C: 64, R: 3, S: 3, Y: 58, X: 58 } Dataflow {
        SpatialMap(1,1) K; TemporalMap(64,64) C; TemporalMap(Sz(R),Sz(R)) R; TemporalMap(Sz(S),Sz(S)) S;
        TemporalMap(Sz(R),1) Y; TemporalMap(Sz(S),1) X; Cluster(64, P); SpatialMap(1,1) C;
        TemporalMap(Sz(R),1) Y; TemporalMap(Sz(S),1) X; } }
    Layer rows { Type: CONV Dimensions { K: 64, C: 64, R: 3, S: 3, Y: 58, X: 58 } Dataflow {
        TemporalMap(2,2) K; TemporalMap(4,4) C; TemporalMap(Sz(R),Sz(R)) R; SpatialMap(Sz(R),1) Y;
        TemporalMap(Sz(S),1) X; Cluster(Sz(R), P); SpatialMap(1,1) Y; SpatialMap(1,1) R;
        TemporalMap(Sz(S),Sz(S)) S; } }
    Layer pixels { Type: CONV Dimensions { K: 64, C: 64, R: 3, S: 3, Y: 58, X: 58 } Dataflow {
        TemporalMap(5,5) K; TemporalMap(1,1) C; SpatialMap(Sz(R),1) Y; TemporalMap(8+Sz(S)-1,8) X;
        Cluster(8, P); SpatialMap(Sz(S),1) X; TemporalMap(Sz(R),Sz(R)) R; TemporalMap(Sz(S),Sz(S)) S; } }
}";

fn evaluations(criterion: &mut Criterion) {
    let hardware = Hardware { pes: 256, noc_bandwidth: 64, noc_latency: 2, offchip_bandwidth: 50, simd: 1 };
    let mut group = criterion.benchmark_group("dataflow");
    group.throughput(Throughput::Elements(1));
    let mut scratch = Scratch::default();
    for MappedLayer { name, problem, mapping } in read(MAPPINGS.as_bytes()).unwrap() {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let mapping = std::hint::black_box(&mapping);
                evaluate(&hardware, &problem, mapping, &mut scratch).unwrap().runtime
            });
        });
    }
    group.finish();
}

criterion_group!(benches, evaluations);
criterion_main!(benches);
