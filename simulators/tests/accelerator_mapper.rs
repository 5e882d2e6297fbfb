//! The mapper: valid answers, the same for the same seed, and as good as a long search finds.

#![allow(clippy::unwrap_used)] // A test helper that cannot go on fails its test.

use sweepstake_simulators::accelerator::eyeriss::{Eyeriss, rules};
use sweepstake_simulators::accelerator::mapper::{Found, Goal, Method, Rules, Search, restart, search};
use sweepstake_simulators::accelerator::{
    Architecture, Level, Mac, Mapping, Problem, Scratch, Violation, evaluate,
};
use sweepstake_simulators::layer::{Layer, network};

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

/// Geometric mean over the layers of what `short` finds to what `long` finds.
fn excess(network_name: &str, goal: Goal, short: Search, long: Search) -> f64 {
    let key = |found: &Found| match goal {
        Goal::Delay => found.cycles as f64,
        Goal::Energy => found.energy_pj,
        Goal::EnergyDelay => found.energy_pj * found.cycles as f64,
    };
    let (short, long) = (found(network_name, short), found(network_name, long));
    let logarithms = short.iter().zip(&long).map(|(s, l)| (key(s) / key(l)).ln());
    (logarithms.sum::<f64>() / long.len() as f64).exp()
}

#[test]
fn a_short_search_comes_close_to_one_twenty_times_as_long() {
    // Reached: 1.003, 1.07 and 1.13.
    for (goal, most) in [(Goal::Delay, 1.03), (Goal::Energy, 1.12), (Goal::EnergyDelay, 1.25)] {
        let short = Search { goal, ..Search::default() };
        let long = Search { effort: 20 * short.effort, seed: 1, ..short };
        let excess = excess("alexnet-conv", goal, short, long);
        println!("{goal:?}: {excess:.3}");
        assert!((0.9..most).contains(&excess), "{goal:?}: {excess}");
    }
}

#[test]
fn the_same_seed_finds_the_same_and_restarts_can_run_apart() {
    let architecture = Eyeriss::default().architecture().unwrap();
    let problem = Problem::new(&Layer::conv(64, 64, 28, 3)).unwrap();
    let settings = Search { effort: 8, restarts: 4, ..Search::default() };
    let whole = search(&architecture, &problem, &rules(), &settings, &mut Scratch::default()).unwrap();
    let apart = |place| {
        restart(&architecture, &problem, &rules(), &settings, place, &mut Scratch::default()).unwrap()
    };
    let (architecture, problem, rules) = (&architecture, &problem, &rules());
    let threads: Vec<Found> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..4)
            .map(|place| {
                scope.spawn(move || {
                    restart(architecture, problem, rules, &settings, place, &mut Scratch::default()).unwrap()
                })
            })
            .collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let joined = threads.into_iter().reduce(Found::best).unwrap();
    assert_eq!(joined, whole);
    assert_eq!((1..4).map(apart).fold(apart(0), Found::best), whole);
    assert_ne!(
        search(architecture, problem, rules, &Search { seed: 1, ..settings }, &mut Scratch::default()),
        Ok(whole)
    );
}

#[test]
fn what_is_found_can_run_and_costs_what_is_said() {
    let mut scratch = Scratch::default();
    let architecture = Eyeriss::default().architecture().unwrap();
    for name in ["alexnet", "mobilenet-v2", "vit-b16"] {
        for row in network(name).unwrap().rows {
            let problem = Problem::new(&row.layer).unwrap();
            for method in [Method::RandomPruned, Method::LocalSearch] {
                let settings = Search { effort: 3, method, ..Search::default() };
                let found = search(&architecture, &problem, &rules(), &settings, &mut scratch).unwrap();
                let analysis = evaluate(&architecture, &problem, &found.mapping, &mut scratch).unwrap();
                assert_eq!((analysis.cycles, analysis.energy_pj), (found.cycles, found.energy_pj));
                let outermost = Mapping { keep: found.mapping.keep, ..Mapping::outermost(&row.layer) };
                let worst = evaluate(&architecture, &problem, &outermost, &mut scratch).unwrap();
                assert!(found.cycles <= worst.cycles, "{name} {}", row.name);
            }
        }
    }
}

#[test]
fn where_not_even_one_word_fits_the_reason_is_given() {
    let level = |name: &str, words| Level { name: name.into(), words, ..Level::default() };
    let mac = Mac { instances: 1, mesh_x: 1, energy_pj: 1.0, area_um2: 1.0 };
    let architecture = Architecture::new(vec![level("DRAM", None), level("buffer", Some(2))], mac).unwrap();
    let problem = Problem::new(&Layer::conv(2, 2, 2, 2)).unwrap();
    let result =
        search(&architecture, &problem, &Rules::default(), &Search::default(), &mut Scratch::default());
    assert_eq!(result, Err(Violation::Capacity { level: 1, needed: 3, words: 2 }));
}
