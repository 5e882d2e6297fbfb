//! Evaluations a second of the loop-nest model, and networks a second of the mapper.

#![allow(clippy::unwrap_used)] // A bench that cannot go on stops.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sweepstake_simulators::accelerator::eyeriss::{Eyeriss, rules};
use sweepstake_simulators::accelerator::mapper::{Search, search};
use sweepstake_simulators::accelerator::{Architecture, Level, Mac, Mapping, Problem, Scratch, evaluate};
use sweepstake_simulators::layer::{Dim, Layer, network};

fn level(name: &str, words: Option<u64>, mesh: (u32, u32)) -> Level {
    let energy = (1.0, 1.1);
    Level {
        name: name.to_owned(),
        words,
        instances: mesh.0 * mesh.1,
        mesh_x: mesh.0,
        read_bandwidth: Some(4.0),
        write_bandwidth: Some(4.0),
        read_energy_pj: energy.0,
        write_energy_pj: energy.1,
        ..Level::default()
    }
}

/// A layer of ResNet-18 on a mesh of 14 × 12, the inner levels as `inner`.
fn architecture(inner: &[(&str, u64)]) -> Architecture {
    let mut levels = vec![level("DRAM", None, (1, 1)), level("buffer", Some(65_536), (1, 1))];
    levels.extend(inner.iter().map(|(name, words)| level(name, Some(*words), (14, 12))));
    Architecture::new(levels, Mac { instances: 168, mesh_x: 14, energy_pj: 2.2, area_um2: 1240.0 }).unwrap()
}

/// Loops at every level, and rows of the filter against rows of the output in space.
fn mapping(levels: usize) -> Mapping {
    let mut mapping = Mapping::default();
    let order = [Dim::Q, Dim::M, Dim::C, Dim::R, Dim::P, Dim::S, Dim::N];
    for loops in mapping.temporal.iter_mut().chain(&mut mapping.spatial) {
        loops.order = order;
    }
    let mut give =
        |level: usize, dim: Dim, factor: u32| mapping.temporal[level].factors[dim as usize] = factor;
    give(0, Dim::M, 4);
    give(0, Dim::C, 4);
    give(0, Dim::Q, 7);
    give(1, Dim::Q, 8);
    give(1, Dim::P, 2);
    give(1, Dim::R, 3);
    give(levels - 1, Dim::C, 2);
    give(levels - 1, Dim::P, 4);
    give(levels - 1, Dim::M, 4);
    if levels > 3 {
        give(2, Dim::C, 2);
        give(3, Dim::M, 4);
        give(4, Dim::C, 4);
    } else {
        give(2, Dim::M, 16);
        give(2, Dim::C, 16);
    }
    mapping.spatial[1].factors[Dim::P as usize] = 7;
    mapping.spatial[1].factors[Dim::S as usize] = 3;
    mapping.split[1] = 5;
    for level in 2..levels {
        // Three spads in a chain keep one kind of data each.
        mapping.keep[level] =
            std::array::from_fn(|data| levels == 3 || (level + data) % 3 == 0 || level == 2);
    }
    mapping
}

fn evaluations(criterion: &mut Criterion) {
    let layer = Layer::conv(64, 64, 56, 3);
    let problem = Problem::new(&layer).unwrap();
    let mut group = criterion.benchmark_group("loop nest");
    group.throughput(Throughput::Elements(1));
    let three = [("file", 1024)];
    let six = [("dummy", 4096), ("inputs", 1024), ("weights", 1024), ("sums", 256)];
    for (name, inner) in [("three levels", &three[..]), ("six levels", &six[..])] {
        let architecture = architecture(inner);
        let mapping = mapping(inner.len() + 2);
        for links in [false, true] {
            let architecture = architecture.clone().with_links(links);
            let mut scratch = Scratch::default();
            let name = format!("{name}{}", if links { ", links" } else { "" });
            group.bench_function(name, |bencher| {
                bencher.iter(|| {
                    let mapping = std::hint::black_box(&mapping);
                    evaluate(&architecture, &problem, mapping, &mut scratch).unwrap().cycles
                });
            });
        }
    }
    group.finish();
}

/// A whole network: a search for each different layer.
fn networks(criterion: &mut Criterion) {
    let architecture = Eyeriss::default().architecture().unwrap();
    let mut group = criterion.benchmark_group("mapping search");
    group.sample_size(20);
    for name in ["alexnet-conv", "resnet50"] {
        let rows = network(name).unwrap().rows;
        let problems: Vec<Problem> = rows.iter().map(|row| Problem::new(&row.layer).unwrap()).collect();
        let mut scratch = Scratch::default();
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let cycles = |problem: &Problem| {
                    search(&architecture, problem, &rules(), &Search::default(), &mut scratch).unwrap().cycles
                };
                problems.iter().map(cycles).sum::<u64>()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, evaluations, networks);
criterion_main!(benches);
