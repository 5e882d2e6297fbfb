use rl_env::design::{Constraint, Value};
use rl_env::problem::Outcome;
use rl_env::registry::AgentEntry;
use rl_env::seed::Seed;
use serde_json::json;

use super::*;

const ENTRY: AgentEntry = AgentEntry::of::<Config>("ant-colony");

fn space(parameters: Vec<Parameter>) -> Arc<DesignSpace> {
    Arc::new(DesignSpace::new(parameters).unwrap())
}

fn every_kind() -> Arc<DesignSpace> {
    space(vec![
        Parameter::bool("bool"),
        Parameter::choice("choice", ["a", "b", "c"]),
        Parameter::integer("integer", -5, 1_000_000),
        Parameter::power_of_two("power", 1, 64),
        Parameter::ordinal("ordinal", [1, 3, 9]),
        Parameter::real("real", -1.0, 1.0),
        Parameter::log_real("log", 1e-3, 1e3),
        Parameter::permutation("order", ["a", "b", "c", "d"]).when("choice", ["a", "b"]),
        Parameter::subset("set", ["a", "b", "c", "d"], 1, 3).when("bool", ["true"]),
        Parameter::real("late", 0.0, 1.0).when("bool", ["true"]),
    ])
}

fn colony(config: Config, space: &Arc<DesignSpace>) -> AntColony {
    AntColony::new(config, Context { space: space.clone(), seed: Seed(5), budget: 1000, axes: 0 })
}

fn trial(design: Design, reward: Option<f64>) -> Trial {
    let outcome = match reward {
        Some(reward) => Outcome::Feasible([reward].into()),
        None => Outcome::infeasible("no", ""),
    };
    Trial { design, outcome, reward, axes: Vec::new(), cached: false }
}

/// Searches for `trials` trials in batches of `n`.
fn search(
    agent: &mut dyn Agent,
    trials: usize,
    n: usize,
    reward: impl Fn(&Design) -> Option<f64>,
) -> Vec<Design> {
    let mut seen = Vec::new();
    while seen.len() < trials {
        let designs = agent.ask(n.min(trials - seen.len())).unwrap();
        assert!(!designs.is_empty(), "gave up");
        let judged: Vec<Trial> = designs.iter().map(|d| trial(d.clone(), reward(d))).collect();
        agent.tell(&judged).unwrap();
        seen.extend(designs);
    }
    seen
}

/// Likes everything large and in order; refuses a third of the space.
fn taste(space: &DesignSpace) -> impl Fn(&Design) -> Option<f64> {
    let space = space.clone();
    move |design| {
        let sum: f64 = space.to_unit(design).iter().enumerate().map(|(i, u)| u * (i + 1) as f64).sum();
        (design.integer(2) % 3 != 0).then_some(sum)
    }
}

fn variants() -> Vec<Config> {
    let deposits = [Deposit::IterationBest, Deposit::BestSoFar, Deposit::Ranked];
    let with = |deposit| Config { deposit, depth: 4, ..Config::default() };
    let mut variants: Vec<Config> = deposits.map(with).into();
    variants.push(Config {
        greediness: 1.0,
        evaporation: 1.0,
        limits: false,
        alpha: 2.0,
        ..Config::default()
    });
    variants.push(Config { greediness: 0.0, ants: 1, archive: 2, alpha: 0.5, ..Config::default() });
    variants
}

#[test]
fn designs_are_well_formed_whatever_the_settings() {
    let space = every_kind();
    for config in variants() {
        for design in search(&mut colony(config, &space), 400, 12, taste(&space)) {
            space.check(&design).unwrap();
        }
    }
}

#[test]
fn proposals_do_not_depend_on_the_batch_size() {
    let space = every_kind();
    for config in variants() {
        let run = |n| search(&mut colony(config.clone(), &space), 150, n, taste(&space));
        let reference = run(1);
        for n in [2, 5, 12, 13, 1000] {
            assert_eq!(run(n), reference, "batches of {n}, {config:?}");
        }
    }
}

#[test]
fn a_snapshot_continues_identically_at_any_trial() {
    let space = every_kind();
    for config in variants() {
        for before in [0, 1, 11, 12, 13, 60] {
            let mut original = colony(config.clone(), &space);
            search(&mut original, before, 1, taste(&space));
            let text = original.snapshot().unwrap().to_string();
            let mut copy = colony(config.clone(), &space);
            copy.restore(&serde_json::from_str(&text).unwrap()).unwrap();
            let rest = |agent: &mut dyn Agent| search(agent, 60, 7, taste(&space));
            assert_eq!(rest(&mut copy), rest(&mut original));
        }
    }
}

#[test]
fn a_snapshot_that_no_colony_can_have_is_refused() {
    let space = every_kind();
    let mut agent = colony(Config::default(), &space);
    search(&mut agent, 30, 1, taste(&space));
    let good = agent.snapshot().unwrap();
    for (key, nonsense) in [
        ("trails", json!([0.5])),
        ("archive", json!([{"design": [{"bool": true}], "reward": 1.0}])),
        ("stale", json!(-1)),
        ("known", json!(["x"])),
    ] {
        let mut state = good.clone();
        state[key] = nonsense;
        assert!(matches!(agent.restore(&state), Err(Error::Snapshot { .. })), "{key}");
    }
    let mut state = good.clone();
    state["trails"][0] = json!(1.5);
    assert!(matches!(agent.restore(&state), Err(Error::Snapshot { .. })));
    let mut state = good.clone();
    state["archive"][0]["reward"] = json!(null);
    assert!(matches!(agent.restore(&state), Err(Error::Snapshot { .. })));
    agent.restore(&good).unwrap();
}

#[test]
fn infeasible_designs_deposit_nothing() {
    let space = every_kind();
    let mut agent = colony(Config::default(), &space);
    let designs = search(&mut agent, 240, 12, |_| None);
    assert!(agent.trails.cells().iter().all(|trail| *trail == 1.0));
    assert!(agent.archive.members().is_empty());
    let distinct = designs.iter().enumerate().filter(|(i, d)| !designs[..*i].contains(d)).count();
    assert_eq!(distinct, 240);
}

/// What went wrong in the colony this one replaces: deposits in proportion to a negative reward.
#[test]
fn neither_scale_nor_sign_of_the_reward_matters() {
    let space = every_kind();
    let taste = taste(&space);
    for config in variants() {
        // Whole numbers, which stay exact under both maps.
        let run = |map: fn(f64) -> f64| {
            search(&mut colony(config.clone(), &space), 200, 12, |d| taste(d).map(|x| map((1e6 * x).round())))
        };
        let reference = run(|x| x);
        assert!(run(|x| x - 1e9) == reference, "{config:?}");
        assert!(run(|x| x / 1_073_741_824.0) == reference, "{config:?}");
    }
}

#[test]
fn a_colony_without_progress_starts_afresh_after_its_depth() {
    let space = space((0..12).map(|i| Parameter::bool(format!("b{i}"))).collect());
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
fn ants_keep_declared_constraints() {
    let rule = Constraint::sum_at_most("sum", ["a", "b", "c", "d"], 8.0);
    let parameters = vec![
        Parameter::real("a", 0.0, 10.0),
        Parameter::ordinal("b", [1, 2, 3, 9]),
        Parameter::integer("c", 1, 16),
        Parameter::bool("d"),
    ];
    let space = Arc::new(DesignSpace::new(parameters).unwrap().constrain(rule).unwrap());
    let reward = |d: &Design| Some(d.real(0) + d.integer(1) as f64 + d.integer(2) as f64);
    let designs = search(&mut colony(Config::default(), &space), 600, 12, reward);
    assert!(designs.iter().all(|design| space.violated(design).is_none()));
}

#[test]
fn survives_a_space_of_one_point_and_trials_nobody_asked_for() {
    let one = space(vec![Parameter::integer("x", 3, 3), Parameter::choice("c", ["only"])]);
    for config in variants() {
        let mut agent = colony(config, &one);
        agent.tell(&[trial(one.first(), Some(2.0))]).unwrap();
        assert!(search(&mut agent, 50, 12, |_| Some(1.0)).iter().all(|design| *design == one.first()));
    }
}

#[test]
fn no_design_of_a_small_space_is_proposed_twice_while_others_are_left() {
    let space = space((0..9).map(|i| Parameter::bool(format!("b{i}"))).collect());
    let ones = |d: &Design| Some((0..9).filter(|i| d.bool(*i)).count() as f64);
    let designs = search(&mut colony(Config::default(), &space), 300, 12, ones);
    let distinct = designs.iter().enumerate().filter(|(i, d)| !designs[..*i].contains(d)).count();
    assert!(distinct >= 295, "{distinct}");
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
    let designs = search(&mut colony(Config::default(), &space), 1000, 12, reward);
    let best = designs.iter().map(|d| reward(d).unwrap()).fold(f64::NEG_INFINITY, f64::max);
    assert!(best > -1e-6, "{best}");
}

#[test]
fn the_sweep_and_the_defaults_stay_within_the_schema() {
    let sweep = ENTRY.sweep().unwrap().unwrap();
    let mut rng = Seed(9).stream("sweep");
    for _ in 0..200 {
        let ticket = sweep.sample(&mut rng);
        let mut config = serde_json::Map::new();
        for (parameter, value) in sweep.parameters().iter().zip(ticket.values()) {
            let json = match value {
                Value::Inactive => continue,
                Value::Integer(i) => json!(i),
                Value::Real(x) => json!(x),
                Value::Bool(b) => json!(b),
                other => json!(parameter.format(other)),
            };
            config.insert(parameter.name.clone(), json);
        }
        ENTRY.resolve(&Json::Object(config)).unwrap();
    }
    ENTRY.resolve(&json!({})).unwrap();
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
