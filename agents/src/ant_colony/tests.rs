use rl_env::design::Value;
use rl_env::registry::AgentEntry;
use rl_env::seed::Seed;
use serde_json::json;

use super::*;
use crate::parts::rehearsal::{
    self, assert_refuses, best, build, context, every_kind, repeats, search, space, switches, taste,
};

const ENTRY: AgentEntry = AgentEntry::of::<Config>("ant-colony");

fn colony(config: Config, space: &Arc<DesignSpace>) -> AntColony {
    AntColony::new(config, context(space, 5, 1000))
}

fn variants() -> Vec<Json> {
    vec![
        json!({"deposit": "iteration-best", "depth": 4}),
        json!({"deposit": "best-so-far", "depth": 4}),
        json!({"deposit": "ranked", "depth": 4}),
        json!({"greediness": 1.0, "evaporation": 1.0, "limits": false, "alpha": 2.0}),
        json!({"greediness": 0.0, "ants": 1, "archive": 2, "alpha": 0.5}),
    ]
}

#[test]
fn keeps_the_contract() {
    rehearsal::assert_keeps_the_contract(&ENTRY, &variants());
}

#[test]
fn a_snapshot_that_no_colony_can_have_is_refused() {
    let space = every_kind();
    let mut agent = colony(Config::default(), &space);
    search(&mut agent, 30, 1, taste(&space));
    let changes = [
        ("/trails", json!([0.5])),
        ("/trails/0", json!(1.5)),
        ("/archive", json!([{"design": [{"bool": true}], "reward": 1.0}])),
        ("/archive/0/reward", json!(null)),
        ("/stale", json!(-1)),
        ("/seen", json!(["x"])),
    ];
    assert_refuses(&mut agent, &changes);
}

#[test]
fn infeasible_designs_deposit_nothing() {
    let space = every_kind();
    let mut agent = colony(Config::default(), &space);
    search(&mut agent, 240, 12, |_| None);
    assert!(agent.trails.cells().iter().all(|trail| *trail == 1.0));
    assert!(agent.archive.members().is_empty());
}

/// What went wrong in the colony this one replaces: deposits in proportion to a negative reward.
#[test]
fn neither_scale_nor_sign_of_the_reward_matters() {
    let space = every_kind();
    let taste = taste(&space);
    for config in variants() {
        // Whole numbers, which stay exact under both maps.
        let run = |map: fn(f64) -> f64| {
            let reward = |d: &Design| taste(d).map(|x| map((1e6 * x).round()));
            search(&mut *build(&ENTRY, &config, &space), 200, 12, reward)
        };
        let reference = run(|x| x);
        assert!(run(|x| x - 1e9) == reference, "{config}");
        assert!(run(|x| x / 1_073_741_824.0) == reference, "{config}");
    }
}

#[test]
fn a_colony_without_progress_starts_afresh_after_its_depth() {
    let space = switches(12);
    let mut agent = colony(Config { ants: 4, depth: 3, ..Config::default() }, &space);
    // The first generation finds the best there is; three more do not better it.
    search(&mut agent, 4 * 3, 4, |_| Some(1.0));
    assert!(agent.trails.cells().iter().any(|trail| *trail < 1.0));
    assert_eq!((agent.stale, agent.archive.members().is_empty()), (2, false));
    search(&mut agent, 4, 4, |_| Some(1.0));
    assert!(agent.trails.cells().iter().all(|trail| *trail == 1.0));
    assert_eq!((agent.stale, agent.archive.members().is_empty()), (0, true));
}

#[test]
fn hardly_any_design_of_a_small_space_is_proposed_twice() {
    assert!(repeats(&ENTRY, &json!({}), 9, 300) <= 5);
}

/// Closer than the best of as many random designs could be by chance.
#[test]
fn finds_a_wide_integer_a_logarithmic_number_and_an_order() {
    let space = space(vec![
        Parameter::integer("n", 0, 1_000_000),
        Parameter::log_real("r", 1e-4, 1e4),
        Parameter::permutation("order", ["a", "b", "c", "d", "e", "f"]),
    ]);
    let reward = |d: &Design| {
        let n = (d.integer(0) as f64 - 123_456.0) / 1e6;
        let r = libm::log10(d.real(1) / 0.03);
        let misplaced = d.permutation(2).iter().zip([3, 1, 5, 0, 4, 2]).filter(|(a, b)| **a != *b).count();
        Some(-(n * n + r * r + misplaced as f64))
    };
    let found = best(&search(&mut colony(Config::default(), &space), 1000, 12, reward), reward);
    assert!(found > -1e-6, "{found}");
}

mod pheromone {
    use super::*;

    fn two() -> (Arc<DesignSpace>, Trails) {
        let space =
            space(vec![Parameter::choice("c", ["a", "b", "c"]), Parameter::bool("b").when("c", ["a"])]);
        let trails = Trails::new(&space, is_discrete, 1.0, None);
        (space, trails)
    }

    /// By hand: 1·(1 - 0.4) = 0.6 on every level of the choice; 0.4·0.75 more on `a`, 0.4·0.25 more on `b`. The
    /// switch matters in the first design alone: 1 - 0.4·0.75 = 0.7, and 0.3 more on `true`.
    #[test]
    fn an_update_evaporates_and_deposits_by_weight() {
        let (space, mut trails) = two();
        let a = Design(vec![Value::Choice(0), Value::Bool(true)]);
        let b = Design(vec![Value::Choice(1), Value::Inactive]);
        trails.update(&space, 0.4, &[(0.75, &a), (0.25, &b)]);
        let expected = [0.9, 0.7, 0.6, 0.7, 1.0];
        for (trail, wanted) in trails.cells().iter().zip(expected) {
            assert!((trail - wanted).abs() < 1e-12, "{:?}", trails.cells());
        }
    }

    #[test]
    fn trails_stay_between_the_limits() {
        let (space, _) = two();
        let mut trails = Trails::new(&space, is_discrete, 1.0, Some(0.0));
        let design = Design(vec![Value::Choice(2), Value::Inactive]);
        for _ in 0..1000 {
            trails.update(&space, 0.5, &[(1.0, &design)]);
        }
        // p = √0.2 of the two decisions; equation 11 with three levels: (1 - p) / (2 p).
        let p = 0.2f64.sqrt();
        let least = (1.0 - p) / (2.0 * p);
        let cells = trails.cells();
        assert!((cells[0] - least).abs() < 1e-12 && cells[2] == 1.0, "{cells:?}, {least}");
        assert_eq!(&cells[3..], [1.0, 1.0]);
    }

    /// Converged trails and the greedy rule together repeat the best design in a fifth of all ways.
    #[test]
    fn the_lower_limit_takes_greed_into_account() {
        let space = space((0..8).map(|i| Parameter::choice(format!("c{i}"), ["a", "b", "c"])).collect());
        let best = Design(vec![Value::Choice(1); 8]);
        let mut rng = Seed(3).stream("test");
        for (greed, alpha) in [(0.0, 1.0), (0.5, 1.0), (0.5, 2.0)] {
            let mut trails = Trails::new(&space, is_discrete, alpha, Some(greed));
            (0..200).for_each(|_| trails.update(&space, 0.5, &[(1.0, &best)]));
            let decisions = space.decisions(2);
            let repeats = (0..20_000)
                .filter(|_| decisions.iter().all(|d| trails.choose(*d, greed, &mut rng, |_| true) == Some(1)))
                .count();
            assert!((3700..4300).contains(&repeats), "{repeats} of 20000 at greed {greed}, alpha {alpha}");
        }
    }

    #[test]
    fn greed_takes_the_strongest_trail_that_is_open() {
        let (space, mut trails) = two();
        let mut rng = Seed(3).stream("test");
        trails.set_cells(vec![0.2, 0.9, 0.5, 1.0, 1.0]).unwrap();
        let choice = space.decisions(2)[0];
        for _ in 0..50 {
            assert_eq!(trails.choose(choice, 1.0, &mut rng, |_| true), Some(1));
            assert_eq!(trails.choose(choice, 1.0, &mut rng, |level| level != 1), Some(2));
            assert_eq!(trails.choose(choice, 0.5, &mut rng, |_| false), None);
        }
    }

    /// Equation 2 without heuristic: trails 0.1, 0.2 and 0.3 to the power of two are drawn 1 : 4 : 9.
    #[test]
    fn lots_are_drawn_in_proportion_to_the_scent() {
        let (space, _) = two();
        let mut trails = Trails::new(&space, is_discrete, 2.0, None);
        let mut rng = Seed(3).stream("test");
        trails.set_cells(vec![0.1, 0.2, 0.3, 1.0, 1.0]).unwrap();
        let mut counts = [0u32; 3];
        for _ in 0..14_000 {
            let level = trails.choose(space.decisions(2)[0], 0.0, &mut rng, |_| true).unwrap();
            counts[level as usize] += 1;
        }
        for (count, wanted) in counts.into_iter().zip([1000, 4000, 9000]) {
            assert!(count.abs_diff(wanted) < 250, "{counts:?}");
        }
    }

    #[test]
    fn the_strongest_of_equal_trails_is_any_of_them() {
        let (space, mut trails) = two();
        let mut rng = Seed(3).stream("test");
        let mut seen = [false; 3];
        for _ in 0..50 {
            seen[trails.choose(space.decisions(2)[0], 1.0, &mut rng, |_| true).unwrap() as usize] = true;
        }
        assert_eq!(seen, [true; 3]);
    }
}

mod numbers {
    use super::*;

    fn told(x: f64, reward: Option<f64>) -> Told {
        Told { design: Design(vec![Value::Real(x)]), reward, axes: Vec::new() }
    }

    fn archive(size: usize, locality: f64, values: &[f64]) -> (Arc<DesignSpace>, Archive) {
        let space = space(vec![Parameter::real("x", 0.0, 1.0)]);
        let mut archive = Archive::new(&space, [0].into_iter(), size, locality);
        let members: Vec<Told> = values.iter().map(|x| told(*x, Some(-x))).collect();
        archive.add(&space, members.iter());
        (space, archive)
    }

    #[test]
    fn the_archive_keeps_the_best_that_work() {
        let (space, mut archive) = archive(3, 0.1, &[0.4, 0.1, 0.3, 0.2]);
        archive.add(&space, [told(0.0, None), told(0.25, Some(-0.25))].iter());
        let kept: Vec<f64> = archive.members().iter().map(|told| told.design.real(0)).collect();
        assert_eq!(kept, [0.1, 0.2, 0.25]);
    }

    /// Equation 9: around 0.4, with ξ = 0.5, the others at 0.5 and 0.7: σ = 0.5·(0.1 + 0.3)/2 = 0.1. The copy of the
    /// guide's number does not narrow it.
    #[test]
    fn numbers_are_drawn_as_widely_as_the_archive_lies_around_the_guide() {
        let (space, archive) = archive(4, 1e-6, &[0.4, 0.4, 0.5, 0.7]);
        let mut rng = Seed(3).stream("test");
        let mut draw = || match archive.draw(&space, 0, (0.0, 0.5), &mut rng) {
            Value::Real(x) => x,
            other => panic!("{other:?}"),
        };
        let drawn: Vec<f64> = (0..20_000).map(|_| draw()).collect();
        let mean = drawn.iter().sum::<f64>() / 20_000.0;
        let deviation = (drawn.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / 20_000.0).sqrt();
        assert!((mean - 0.4).abs() < 0.003 && (deviation - 0.1).abs() < 0.002, "{mean} {deviation}");
    }

    /// Equations 7 and 8 with q = 0.5 and k = 2: weights 1 and exp(-½) for the first and second.
    #[test]
    fn guides_are_chosen_by_rank() {
        let (space, archive) = archive(2, 0.5, &[0.0, 1.0]);
        let mut rng = Seed(3).stream("test");
        let first = (0..10_000)
            .filter(|_| archive.draw(&space, 0, (0.0, 1e-3), &mut rng).number().unwrap() < 0.5)
            .count();
        let wanted = 10_000.0 / (1.0 + libm::exp(-0.5));
        assert!((first as f64 - wanted).abs() < 150.0, "{first}, {wanted}");
    }

    #[test]
    fn greed_takes_the_number_of_the_best() {
        let (space, archive) = archive(5, 1.0, &[0.3, 0.6, 0.8]);
        let mut rng = Seed(3).stream("test");
        for _ in 0..20 {
            assert_eq!(archive.draw(&space, 0, (1.0, 1.0), &mut rng), Value::Real(0.3));
        }
    }
}
