//! The mapper: valid answers, the same for the same seed, and as good as a long search finds.

#![allow(clippy::unwrap_used)] // A test helper that cannot go on fails its test.

use sweepstake_simulators::accelerator::eyeriss::{Eyeriss, rules};
use sweepstake_simulators::accelerator::mapper::{Found, Goal, Method, Search, search};
use sweepstake_simulators::accelerator::{Problem, Scratch};
use sweepstake_simulators::layer::network;

fn found(network_name: &str, settings: Search) -> Vec<Found> {
    let architecture = Eyeriss::default().architecture().unwrap();
    let mut scratch = Scratch::default();
    let rows = network(network_name).unwrap().rows;
    rows.iter()
        .map(|row| {
            search(&architecture, &Problem::new(&row.layer).unwrap(), &rules(), &settings, &mut scratch)
                .unwrap()
        })
        .collect()
}

#[test]
#[ignore = "a study of minutes"]
fn quality_of_short_searches() {
    for goal in [Goal::Delay, Goal::Energy, Goal::EnergyDelay] {
        let long = Search { goal, evaluations: 50_000, restarts: 3, ..Search::default() };
        let best = found("resnet50", long);
        let key = |found: &Found| match goal {
            Goal::Delay => found.cycles as f64,
            Goal::Energy => found.energy_pj,
            Goal::EnergyDelay => found.energy_pj * found.cycles as f64,
        };
        for (method, evaluations, restarts) in [
            (Method::LocalSearch, 300, 1),
            (Method::LocalSearch, 600, 1),
            (Method::LocalSearch, 1200, 1),
            (Method::LocalSearch, 600, 2),
            (Method::LocalSearch, 2400, 1),
            (Method::LocalSearch, 10_000, 1),
            (Method::RandomPruned, 600, 1),
            (Method::RandomPruned, 10_000, 1),
        ] {
            let start = std::time::Instant::now();
            let short = found("resnet50", Search { goal, method, evaluations, restarts, seed: 1 });
            let ms = start.elapsed().as_secs_f64() * 1e3;
            let ratio: f64 =
                short.iter().zip(&best).map(|(s, b)| (key(s) / key(b)).ln()).sum::<f64>() / best.len() as f64;
            let worst = short.iter().zip(&best).map(|(s, b)| key(s) / key(b)).fold(0.0, f64::max);
            println!(
                "{goal:?} {method:?} {evaluations} x {restarts}: {:.3} worst {worst:.2}, {ms:.0} ms",
                ratio.exp()
            );
        }
    }
}
