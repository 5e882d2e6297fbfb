//! Time of one selection on one core: `selection/best` is B4's choice, `selection/rank` adds every probability.

use criterion::{Criterion, criterion_group, criterion_main};
use sweepstake_simulators::selection::{Priors, Scenario, Strategy};

/// Uniform numbers (SplitMix64).
fn uniform(mut state: u64) -> impl FnMut() -> f64 {
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

fn all(criterion: &mut Criterion) {
    for (candidates, tests) in [(10, 30), (100, 100), (1000, 1000)] {
        let scenario = Scenario { candidates, tests, ..Scenario::default() };
        let matrix = scenario.draw(uniform(7)).expect("a legal scenario").matrix;
        let size = format!("{candidates}x{tests}");
        for priors in [Priors::default(), Priors::new(10.0, 10.0).expect("legal priors")] {
            let name = format!("{size}/beta0={}", priors.beta0());
            let strategy = Strategy::B4(priors);
            criterion.bench_function(&format!("selection/best/{name}"), |bencher| {
                bencher.iter(|| strategy.best(std::hint::black_box(&matrix)));
            });
            criterion.bench_function(&format!("selection/rank/{name}"), |bencher| {
                bencher.iter(|| strategy.rank(std::hint::black_box(&matrix)));
            });
        }
    }
}

criterion_group!(benches, all);
criterion_main!(benches);
