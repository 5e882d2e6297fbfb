use rl_env::design::{Constraint, Value};
use rl_env::problem::Outcome;
use rl_env::registry::AgentEntry;
use rl_env::seed::Seed;
use serde_json::json;

use super::*;

const ENTRY: AgentEntry = AgentEntry::of::<Config>("differential-evolution");

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

fn evolution(config: Config, space: &Arc<DesignSpace>) -> DifferentialEvolution {
    DifferentialEvolution::new(config, Context { space: space.clone(), seed: Seed(5), budget: 200, axes: 0 })
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
    let small = Config { population: 8, ..Config::default() };
    let mut variants = Vec::new();
    for variant in [Variant::Rand, Variant::Best, Variant::CurrentToPbest] {
        for crossover in [Crossing::Binomial, Crossing::Exponential] {
            variants.push(Config { variant, crossover, ..small.clone() });
        }
    }
    variants.push(Config { population: 4, adaptation: false, archive: 0.0, scale: 0.0, ..small.clone() });
    variants.push(Config { final_population: 4096, crossover_rate: 1.0, pbest: 1.0, memory: 1, ..small });
    variants
}

#[test]
fn designs_are_well_formed_whatever_the_settings() {
    let space = every_kind();
    for config in variants() {
        for design in search(&mut evolution(config, &space), 400, 12, taste(&space)) {
            space.check(&design).unwrap();
        }
    }
}

#[test]
fn proposals_do_not_depend_on_the_batch_size() {
    let space = every_kind();
    for config in variants() {
        let run = |n| search(&mut evolution(config.clone(), &space), 150, n, taste(&space));
        let reference = run(1);
        for n in [2, 5, 12, 13, 1000] {
            assert!(run(n) == reference, "batches of {n}, {config:?}");
        }
    }
}

#[test]
fn a_snapshot_continues_identically_at_any_trial() {
    let space = every_kind();
    for config in variants() {
        for before in [0, 1, 7, 8, 9, 60, 190] {
            let mut original = evolution(config.clone(), &space);
            search(&mut original, before, 1, taste(&space));
            let text = original.snapshot().unwrap().to_string();
            let mut copy = evolution(config.clone(), &space);
            copy.restore(&serde_json::from_str(&text).unwrap()).unwrap();
            let rest = |agent: &mut dyn Agent| search(agent, 60, 7, taste(&space));
            assert!(rest(&mut copy) == rest(&mut original), "after {before}, {config:?}");
        }
    }
}

#[test]
fn a_snapshot_that_cannot_be_is_refused() {
    let space = every_kind();
    let mut agent = evolution(Config::default(), &space);
    search(&mut agent, 40, 1, taste(&space));
    let good = agent.snapshot().unwrap();
    let nonsense: &[(&str, Json)] = &[
        ("/population/0/point", json!([0.5])),
        ("/population/0/point/0", json!(-0.1)),
        ("/archive", json!([[]])),
        ("/history/next", json!(20)),
        ("/history/means/0/scale", json!(2.0)),
        (
            "/children",
            json!([{"point": vec![0.5; 16], "design": [], "parent": 999, "control": {"scale": 0.5, "rate": 0.5}}]),
        ),
        ("/spent", json!(-1)),
    ];
    for (path, value) in nonsense {
        let mut state = good.clone();
        *state.pointer_mut(path).unwrap() = value.clone();
        assert!(matches!(agent.restore(&state), Err(Error::Snapshot { .. })), "{path}");
    }
    agent.restore(&good).unwrap();
}

#[test]
fn searches_on_when_nothing_is_feasible() {
    let space = every_kind();
    for config in variants() {
        let designs = search(&mut evolution(config, &space), 240, 12, |_| None);
        let distinct = designs.iter().enumerate().filter(|(i, d)| !designs[..*i].contains(d)).count();
        assert_eq!(distinct, 240);
    }
}

#[test]
fn survives_rewards_at_the_ends_of_the_range() {
    let space = every_kind();
    for config in variants() {
        let reward = |d: &Design| Some(if d.bool(0) { f64::MAX } else { -f64::MAX });
        for design in search(&mut evolution(config, &space), 300, 12, reward) {
            space.check(&design).unwrap();
        }
    }
}

#[test]
fn survives_a_space_of_one_point_and_trials_nobody_asked_for() {
    let one = space(vec![Parameter::integer("x", 3, 3), Parameter::choice("c", ["only"])]);
    for config in variants() {
        let mut agent = evolution(config, &one);
        agent.tell(&[trial(one.first(), Some(2.0))]).unwrap();
        assert!(search(&mut agent, 50, 12, |_| Some(1.0)).iter().all(|design| *design == one.first()));
        agent.tell(&vec![trial(one.first(), Some(2.0)); 50]).unwrap();
        search(&mut agent, 50, 3, |_| None);
    }
}

#[test]
fn declared_constraints_are_kept() {
    let rule = Constraint::sum_at_most("sum", ["a", "b", "c"], 0.5);
    let real = |name| Parameter::real(name, 0.0, 1.0);
    let space = DesignSpace::new(vec![real("a"), real("b"), real("c")]).unwrap().constrain(rule).unwrap();
    let space = Arc::new(space);
    let reward = |d: &Design| Some(d.real(0) + d.real(1) + d.real(2));
    let designs = search(&mut evolution(Config::default(), &space), 400, 32, reward);
    assert!(designs.iter().all(|design| space.violated(design).is_none()));
}

#[test]
fn no_design_of_a_small_space_is_proposed_twice_while_others_are_left() {
    let space = space((0..9).map(|i| Parameter::bool(format!("b{i}"))).collect());
    let ones = |d: &Design| Some((0..9).filter(|i| d.bool(*i)).count() as f64);
    let designs = search(&mut evolution(Config::default(), &space), 300, 12, ones);
    let distinct = designs.iter().enumerate().filter(|(i, d)| !designs[..*i].contains(d)).count();
    assert!(distinct >= 295, "{distinct}");
}

/// A tenth of what the best of as many random designs misses, in the mean of ten seeds.
#[test]
fn beats_random_search_on_numbers_and_names() {
    let mut parameters: Vec<Parameter> = (0..5).map(|i| Parameter::real(format!("x{i}"), 0.0, 1.0)).collect();
    parameters.push(Parameter::integer("n", 0, 100));
    parameters.extend((0..3).map(|i| Parameter::choice(format!("c{i}"), ["a", "b", "c", "d"])));
    let space = space(parameters);
    let miss = |d: &Design| {
        let reals: f64 = (0..5).map(|i| (d.real(i) - 0.17 * (i + 1) as f64).abs()).sum();
        let whole = (d.integer(5) - 37).abs() as f64 / 100.0;
        reals + whole + (6..9).filter(|i| d.choice(*i) != (i % 4)).count() as f64 * 0.3
    };
    let (mut found, mut guessed) = (0.0, 0.0);
    for seed in 1000..1010 {
        let context = Context { space: space.clone(), seed: Seed(seed), budget: 600, axes: 0 };
        let designs =
            search(&mut DifferentialEvolution::new(Config::default(), context), 600, 24, |d| Some(-miss(d)));
        found += designs.iter().map(miss).fold(f64::INFINITY, f64::min);
        let mut rng = Seed(seed).stream("test");
        guessed += (0..600).map(|_| miss(&space.sample(&mut rng))).fold(f64::INFINITY, f64::min);
    }
    assert!(found < 0.25 * guessed, "{found}, random {guessed}");
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

/// Equation 10 by hand: from 20 to 4 over 200 trials, (4 - 20)·spent/200 + 20.
#[test]
fn the_population_shrinks_linearly_over_the_budget() {
    let space = every_kind();
    let mut agent = evolution(Config { population: 20, ..Config::default() }, &space);
    for (spent, size) in [(0, 20), (6, 20), (7, 19), (100, 12), (199, 4), (200, 4), (9999, 4)] {
        agent.state.spent = spent;
        assert_eq!(agent.size(), size, "after {spent}");
    }
    agent.state.spent = 0;
    search(&mut agent, 200, 20, taste(&space));
    assert!(agent.state.population.len() <= 5, "{}", agent.state.population.len());
    assert!(agent.state.archive.len() <= 10, "{}", agent.state.archive.len());
}

#[test]
fn cached_trials_do_not_count_towards_the_budget() {
    let space = every_kind();
    let mut agent = evolution(Config::default(), &space);
    let mut told = trial(agent.ask(1).unwrap().remove(0), Some(1.0));
    agent.tell(&[told.clone()]).unwrap();
    told.cached = true;
    agent.tell(&[told]).unwrap();
    assert_eq!(agent.state.spent, 1);
}

fn donors<'a>(parent: &'a [f64], base: &'a [f64], goal: &'a [f64], pair: [&'a [f64]; 2]) -> Donors<'a> {
    Donors { parent, base, goal, pair }
}

/// current-to-pbest/1 by hand: 0.5 + 0.5·(0.7 - 0.5) + 0.5·(0.4 - 0.2) = 0.7; beyond a bound, halfway from the
/// parent to it.
#[test]
fn a_mutant_is_moved_by_scaled_differences() {
    let mut rng = Seed(1).stream("test");
    let mut mutant = |goal: f64, plus: f64, minus: f64| {
        donors(&[0.5], &[0.5], &[goal], [&[plus], &[minus]]).mutant(Axis::Ordered, 0, 0.5, &mut rng)
    };
    assert!((mutant(0.7, 0.4, 0.2) - 0.7).abs() < 1e-12);
    assert_eq!(mutant(1.0, 1.0, 0.0), 0.75);
    assert_eq!(mutant(0.0, 0.0, 1.0), 0.25);
}

#[test]
fn a_name_changes_only_where_donors_disagree() {
    let mut rng = Seed(1).stream("test");
    let mut mutants = |goal: f64, plus: f64, minus: f64, scale: f64| -> Vec<f64> {
        let from = [0.1];
        let (goal, plus, minus) = ([goal], [plus], [minus]);
        let donors = donors(&from, &from, &goal, [&plus, &minus]);
        (0..1000).map(|_| donors.mutant(Axis::Nominal(4), 0, scale, &mut rng)).collect()
    };
    let share = |mutants: &[f64], u: f64| mutants.iter().filter(|x| **x == u).count() as f64 / 1000.0;
    assert_eq!(share(&mutants(0.2, 0.9, 0.8, 1.0), 0.1), 1.0);
    // By hand, F = 0.5: the first of the pair in half of the cases; else the goal or the base, evenly.
    let mixed = mutants(0.4, 0.6, 0.9, 0.5);
    assert!((share(&mixed, 0.6) - 0.5).abs() < 0.06 && (share(&mixed, 0.4) - 0.25).abs() < 0.06);
    assert!((share(&mixed, 0.1) - 0.25).abs() < 0.06);
}

#[test]
fn a_child_takes_one_coordinate_at_least_and_all_at_rate_one() {
    let mut rng = Seed(1).stream("test");
    for crossing in [Crossing::Binomial, Crossing::Exponential] {
        let mut taken = |rate| crossed(crossing, 6, rate, &mut rng).into_iter().filter(|c| *c).count();
        assert_eq!((taken(0.0), taken(1.0)), (1, 6));
    }
}

#[test]
fn a_child_that_is_no_worse_takes_its_parents_place() {
    let space = space(vec![Parameter::real("x", 0.0, 1.0), Parameter::real("y", 0.0, 1.0)]);
    let mut agent = evolution(Config { population: 6, final_population: 6, ..Config::default() }, &space);
    search(&mut agent, 6, 6, |_| Some(0.0));
    let before = agent.state.population.clone();
    let designs = agent.ask(6).unwrap();
    // Equal, better, worse, infeasible, and two more worse.
    let rewards = [Some(0.0), Some(1.0), Some(-1.0), None, Some(-1.0), Some(-1.0)];
    let children: Vec<Vec<f64>> = agent.state.children.iter().map(|child| child.point.clone()).collect();
    let told: Vec<Trial> = designs.into_iter().zip(rewards).map(|(d, reward)| trial(d, reward)).collect();
    agent.tell(&told).unwrap();
    let points: Vec<&Vec<f64>> = agent.state.population.iter().map(|member| &member.point).collect();
    let old = |i: usize| &before[i].point;
    assert_eq!(points, [&children[1], &children[0], old(2), old(3), old(4), old(5)]);
    assert_eq!(agent.state.archive, [old(1).clone()]);
}
