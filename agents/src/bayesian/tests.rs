use rl_env::design::{Constraint, Value};
use rl_env::problem::Outcome;
use rl_env::registry::AgentEntry;
use rl_env::seed::Seed;
use serde_json::json;

use super::*;

const ENTRY: AgentEntry = AgentEntry::of::<Config>("bayesian");

fn space(parameters: Vec<Parameter>) -> Arc<DesignSpace> {
    Arc::new(DesignSpace::new(parameters).unwrap())
}

fn every_kind() -> Arc<DesignSpace> {
    space(vec![
        Parameter::bool("bool"),
        Parameter::choice("choice", ["a", "b", "c"]),
        Parameter::integer("integer", -5, 20),
        Parameter::power_of_two("power", 1, 64),
        Parameter::ordinal("ordinal", [1, 3, 9]),
        Parameter::real("real", -1.0, 1.0),
        Parameter::log_real("log", 1e-3, 1e3),
        Parameter::permutation("order", ["a", "b", "c", "d"]).when("choice", ["a", "b"]),
        Parameter::subset("set", ["a", "b", "c", "d"], 1, 3).when("bool", ["true"]),
    ])
}

fn build(config: &Json, space: &Arc<DesignSpace>) -> Box<dyn Agent> {
    let context = Context { space: space.clone(), seed: Seed(1005), budget: 100, axes: 0 };
    ENTRY.build(config, context).unwrap()
}

fn trial(design: &Design, reward: Option<f64>) -> Trial {
    let outcome = match reward {
        Some(reward) => Outcome::Feasible([reward].into()),
        None => Outcome::infeasible("no", ""),
    };
    Trial { design: design.clone(), outcome, reward, axes: Vec::new(), cached: false }
}

/// Searches for `trials` trials with batches of `n`; `reward` judges designs.
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
        let judged: Vec<Trial> = designs.iter().map(|design| trial(design, reward(design))).collect();
        agent.tell(&judged).unwrap();
        seen.extend(designs);
    }
    seen
}

/// Likes a point that differs in every dimension; refuses a part of the space.
fn taste(space: &DesignSpace) -> impl Fn(&Design) -> Option<f64> {
    let space = space.clone();
    move |design| {
        let best = |i: usize| (0.618 * (i + 1) as f64).fract();
        let unit = space.to_unit(design);
        let cost: f64 = unit.iter().enumerate().map(|(i, u)| (u - best(i)) * (u - best(i))).sum();
        (unit[2] > 0.1).then_some(-cost)
    }
}

fn best(designs: &[Design], reward: impl Fn(&Design) -> Option<f64>) -> f64 {
    designs.iter().filter_map(reward).fold(f64::NEG_INFINITY, f64::max)
}

fn distinct(designs: &[Design]) -> usize {
    designs.iter().map(bytes).collect::<HashSet<_>>().len()
}

fn variants() -> Vec<Json> {
    vec![
        json!({}),
        json!({"kernel": "squared-exponential", "warp": "rank", "trust_region": "off"}),
        json!({"kernel": "matern-3/2", "warp": "off", "acquisition": "ucb", "trust_region": "on"}),
        json!({"warp": "half-rank", "batch": 3, "active": 32}),
    ]
}

#[test]
fn designs_are_well_formed_and_new_whatever_the_settings() {
    let space = every_kind();
    for config in variants() {
        let designs = search(&mut *build(&config, &space), 40, 7, taste(&space));
        designs.iter().for_each(|design| space.check(design).unwrap());
        assert_eq!(distinct(&designs), designs.len(), "{config}");
    }
}

#[test]
fn proposals_do_not_depend_on_the_batch_size() {
    let space = every_kind();
    for config in variants() {
        let run = |n| search(&mut *build(&config, &space), 30, n, taste(&space));
        let reference = run(1);
        for n in [2, 1000] {
            assert_eq!(run(n), reference, "batches of {n}, {config}");
        }
    }
}

#[test]
fn a_snapshot_continues_identically_at_any_trial() {
    let space = every_kind();
    for config in variants() {
        for before in [0, 1, 11, 19, 32] {
            let mut original = build(&config, &space);
            search(&mut *original, before, 1, taste(&space));
            let text = original.snapshot().unwrap().to_string();
            let mut copy = build(&config, &space);
            search(&mut *copy, 25, 1, |_| Some(1.0));
            copy.restore(&serde_json::from_str(&text).unwrap()).unwrap();
            let rest = |agent: &mut dyn Agent| search(agent, 12, 5, taste(&space));
            assert_eq!(rest(&mut *copy), rest(&mut *original), "after {before}, {config}");
        }
    }
}

#[test]
fn a_snapshot_that_cannot_have_come_about_is_refused() {
    let space = every_kind();
    let mut agent = build(&json!({}), &space);
    search(&mut *agent, 30, 1, taste(&space));
    let sound = agent.snapshot().unwrap();
    let refused = |path: &str, value: Json| {
        let mut state = sound.clone();
        *state.pointer_mut(path).unwrap() = value;
        let result = build(&json!({}), &space).restore(&state);
        assert!(matches!(result, Err(Error::Snapshot { what: "bayesian", .. })), "{path}: {result:?}");
    };
    refused("/objective/hyper/lengths", json!([0.0]));
    refused("/objective/hyper/noise", json!(1e9));
    refused("/objective/active/0", json!(1000));
    refused("/objective/trials", json!(1000));
    let lost = sound["objective"]["active"][3].as_u64().unwrap();
    refused(&format!("/trials/{lost}/reward"), Json::Null);
    refused("/region/length", json!(0.0));
    refused("/region/since", json!(1000));
    refused("/trials/0/design", json!([]));
    agent.restore(&sound).unwrap();
}

#[test]
fn searches_on_whatever_it_is_told() {
    let space = every_kind();
    let at = std::cell::Cell::new(0);
    let extreme = |_: &Design| {
        at.set(at.get() + 1);
        [Some(0.0), Some(f64::MAX), None, Some(-f64::MAX), Some(1e-308), Some(f64::NAN)][at.get() % 6]
    };
    for config in variants() {
        for designs in [
            search(&mut *build(&config, &space), 40, 1, |_| None),
            search(&mut *build(&config, &space), 40, 1, |_| Some(7.0)),
            search(&mut *build(&config, &space), 40, 1, extreme),
        ] {
            assert_eq!(distinct(&designs), 40, "{config}");
        }
    }
}

#[test]
fn survives_a_space_of_one_point() {
    let space = space(vec![Parameter::integer("x", 3, 3), Parameter::choice("c", ["only"])]);
    for config in variants() {
        let designs = search(&mut *build(&config, &space), 20, 3, |_| Some(1.0));
        assert!(designs.iter().all(|design| *design == space.first()));
    }
}

#[test]
fn every_design_of_a_small_space_is_tried_once() {
    let space = space((0..5).map(|i| Parameter::bool(format!("b{i}"))).collect());
    for config in variants() {
        let ones = |design: &Design| Some((0..5).filter(|i| design.bool(*i)).count() as f64);
        let designs = search(&mut *build(&config, &space), 32, 1, ones);
        assert_eq!(distinct(&designs), 32, "{config}");
    }
}

/// The constraint leaves 2 % of the space.
#[test]
fn declared_constraints_are_kept() {
    let rule = Constraint::sum_at_most("sum", ["a", "b", "c"], 0.5);
    let real = |name| Parameter::real(name, 0.0, 1.0);
    let space = DesignSpace::new(vec![real("a"), real("b"), real("c")]).unwrap().constrain(rule).unwrap();
    let space = Arc::new(space);
    let sum = |design: &Design| Some(design.real(0) + 2.0 * design.real(1) + design.real(2));
    let designs = search(&mut *build(&json!({}), &space), 40, 1, sum);
    assert!(designs.iter().all(|design| space.violated(design).is_none()));
    assert!(best(&designs, sum) > 0.99, "{}", best(&designs, sum));
}

#[test]
fn finds_a_best_design_at_the_edge_of_feasibility() {
    let space = space((0..3).map(|i| Parameter::real(format!("x{i}"), 0.0, 1.0)).collect());
    // The summit lies in the middle of what is infeasible.
    let hill = |design: &Design| {
        let square: f64 = (0..3).map(|i| (design.real(i) - 0.7) * (design.real(i) - 0.7)).sum();
        (design.real(0) < 0.5).then_some(-square)
    };
    let designs = search(&mut *build(&json!({}), &space), 60, 1, hill);
    assert!(best(&designs, hill) > -0.042, "{}", best(&designs, hill));
}

#[test]
fn finds_the_best_of_a_mixed_space_in_sixty_trials() {
    let space = every_kind();
    for config in variants() {
        let taste = taste(&space);
        let found = best(&search(&mut *build(&config, &space), 60, 1, &taste), &taste);
        let mut rng = Seed(1006).stream("random");
        let random: Vec<Design> = (0..2000).map(|_| space.sample(&mut rng)).collect();
        assert!(found > best(&random, &taste), "{config}: {found}");
    }
}

#[test]
fn comes_closer_to_a_smooth_optimum_than_a_thousand_guesses_per_trial() {
    let space = space((0..6).map(|i| Parameter::real(format!("x{i}"), -5.0, 5.0)).collect());
    let bowl =
        |design: &Design| Some(-(0..6).map(|i| (design.real(i) - 0.7 * i as f64 + 2.0).powi(2)).sum::<f64>());
    for config in [json!({}), json!({"trust_region": "off"}), json!({"trust_region": "on"})] {
        let found = best(&search(&mut *build(&config, &space), 60, 1, bowl), bowl);
        assert!(found > -0.05, "{config}: {found}");
    }
}

#[test]
fn trials_that_nobody_asked_for_are_learnt_from() {
    let space = space(vec![Parameter::real("x", 0.0, 1.0), Parameter::real("y", 0.0, 1.0)]);
    let bowl = |design: &Design| Some(-(design.real(0) - 0.3).powi(2) - (design.real(1) - 0.6).powi(2));
    let mut agent = build(&json!({}), &space);
    let mut rng = Seed(1007).stream("warm");
    let warm: Vec<Design> = (0..20).map(|_| space.sample(&mut rng)).collect();
    agent.tell(&warm.iter().map(|design| trial(design, bowl(design))).collect::<Vec<_>>()).unwrap();
    let designs = search(&mut *agent, 5, 1, bowl);
    assert!(best(&designs, bowl) > -1e-3, "{}", best(&designs, bowl));
}

#[test]
fn the_initial_sample_takes_at_most_a_quarter_of_the_budget() {
    let space = space((0..20).map(|i| Parameter::real(format!("x{i}"), 0.0, 1.0)).collect());
    let initial = |budget| {
        let context = Context { space: space.clone(), seed: Seed(1008), budget, axes: 0 };
        Bayesian::new(Config::default(), context).initial
    };
    assert_eq!([initial(4), initial(40), initial(1000)], [2, 10, 21]);
}

#[test]
fn a_round_of_a_batch_holds_different_designs() {
    let space = space(vec![Parameter::real("x", 0.0, 1.0), Parameter::real("y", 0.0, 1.0)]);
    let bowl = |design: &Design| Some(-(design.real(0) - 0.3).powi(2) - (design.real(1) - 0.6).powi(2));
    let mut agent = build(&json!({"batch": 4}), &space);
    search(&mut *agent, 20, 4, bowl);
    let round = agent.ask(4).unwrap();
    for (i, a) in round.iter().enumerate() {
        for b in &round[..i] {
            let far = (a.real(0) - b.real(0)).abs() + (a.real(1) - b.real(1)).abs();
            assert!(far > 1e-6, "{round:?}");
        }
    }
}

#[test]
fn inactive_choices_are_not_taken_for_an_option() {
    let space =
        space(vec![Parameter::bool("b"), Parameter::choice("c", ["x", "y", "z"]).when("b", ["true"])]);
    let features = Features::new(&space);
    let of = |b, c| features.encode(&space, &Design(vec![Value::Bool(b), c]));
    assert!((0..3).all(|i| of(true, Value::Choice(i))[1] != of(false, Value::Inactive)[1]));
}
