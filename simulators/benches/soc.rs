//! Time of one design of the SoC simulator on one core: `soc/design` over random designs of up to five interconnects,
//! `soc/recorded` over those that FARSI was run on where they are present, `soc/one-processor` for the smallest design.

#[path = "../tests/random_soc/mod.rs"]
mod random_soc;

use std::io::{BufRead, BufReader};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use flate2::read::GzDecoder;
use sweepstake_simulators::soc::farsi::Recorded;
use sweepstake_simulators::soc::{
    Fidelity, Scratch, Soc, Workload, arrange, simulate, starting_point, workloads,
};

const DESIGNS: u64 = 200;

/// Designs whose memories are within the table.
fn designs(workload: &Workload) -> Vec<Soc> {
    let mut scratch = Scratch::default();
    let random = (0..4 * DESIGNS).map(|seed| random_soc::design(workload, seed));
    let fits = |design: &Soc| simulate(design, workload, Fidelity::Farsi, &mut scratch).is_ok();
    random.filter(fits).take(DESIGNS as usize).collect()
}

/// The recorded designs of a workload; none where the recordings are not present.
fn recorded(name: &str, workload: &Workload) -> Vec<Soc> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/reference/soc/designs.jsonl.gz");
    let Ok(file) = std::fs::File::open(path) else { return Vec::new() };
    let lines = BufReader::new(GzDecoder::new(file)).lines().map_while(Result::ok);
    let rows = lines.map(|line| serde_json::from_str::<Recorded>(&line).expect("a recorded design"));
    let own = rows.filter(|row| row.complete_mapping && row.workload() == name);
    own.map(|row| row.design(workload).expect("a design of the workload")).collect()
}

fn all(criterion: &mut Criterion) {
    for (name, _) in workloads::BUILT_IN {
        let workload = Workload::built_in(name).expect("a built-in workload");
        let (designs, mut scratch) = (designs(&workload), Scratch::default());
        let recorded = recorded(name, &workload);
        for (group, designs) in [("soc/design", &designs), ("soc/recorded", &recorded)] {
            if designs.is_empty() {
                continue;
            }
            let mut group = criterion.benchmark_group(group);
            group.throughput(Throughput::Elements(designs.len() as u64)).sample_size(30);
            group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
                bencher.iter(|| {
                    for design in designs {
                        let report = simulate(design, &workload, Fidelity::Farsi, &mut scratch);
                        std::hint::black_box(report.expect("a valid design"));
                    }
                });
            });
            group.finish();
        }
        let mut group = criterion.benchmark_group("soc/one-processor");
        let first = starting_point(&workload);
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            bencher.iter(|| simulate(&first, &workload, Fidelity::Farsi, &mut scratch));
        });
        group.finish();
        let mut group = criterion.benchmark_group("soc/arrange");
        group.throughput(Throughput::Elements(designs.len() as u64)).sample_size(20);
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            bencher.iter(|| {
                for design in &designs {
                    std::hint::black_box(arrange(design, 0, &workload).expect("a valid design"));
                }
            });
        });
        group.finish();
    }
}

criterion_group!(benches, all);
criterion_main!(benches);
