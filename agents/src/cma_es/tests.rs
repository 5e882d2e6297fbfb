use std::sync::Arc;

use rl_env::design::{Constraint, DesignSpace, Value};
use rl_env::problem::Outcome;
use rl_env::registry::AgentEntry;
use rl_env::seed::Seed;
use serde_json::json;

use super::*;

const ENTRY: AgentEntry = AgentEntry::of::<Config>("cma-es");

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

fn reals(n: usize) -> Arc<DesignSpace> {
    space((0..n).map(|i| Parameter::real(format!("x{i}"), -5.0, 5.0)).collect())
}

fn switches(n: usize) -> Arc<DesignSpace> {
    space((0..n).map(|i| Parameter::bool(format!("b{i}"))).collect())
}

fn build(config: &Json, space: &Arc<DesignSpace>) -> Box<dyn Agent> {
    let context = Context { space: space.clone(), seed: Seed(5), budget: 1000, axes: 0 };
    ENTRY.build(config, context).unwrap()
}

/// Searches for `trials` trials with batches of `n`; `reward` judges designs.
fn search(
    agent: &mut dyn Agent,
    trials: usize,
    n: usize,
    mut reward: impl FnMut(&Design) -> Option<f64>,
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

fn trial(design: &Design, reward: Option<f64>) -> Trial {
    let outcome = match reward {
        Some(reward) => Outcome::Feasible([reward].into()),
        None => Outcome::infeasible("no", ""),
    };
    Trial { design: design.clone(), outcome, reward, axes: Vec::new(), cached: false }
}

/// Likes everything large and in order; refuses a third of the space.
fn taste(space: &DesignSpace) -> impl Fn(&Design) -> Option<f64> {
    let space = space.clone();
    move |design| {
        let sum: f64 = space.to_unit(design).iter().enumerate().map(|(i, u)| u * (i + 1) as f64).sum();
        (design.integer(2) % 3 != 0).then_some(sum)
    }
}

fn variants() -> Vec<Json> {
    let mut variants = Vec::new();
    for restart in ["none", "ipop", "bipop"] {
        for covariance in ["accelerated", "full", "diagonal"] {
            for margin in [true, false] {
                variants.push(json!({"restart": restart, "covariance": covariance, "margin": margin,
                    "active": margin, "start": if margin { 0 } else { 7 }}));
            }
        }
    }
    variants
}

#[test]
fn designs_are_well_formed_whatever_the_operators() {
    let space = every_kind();
    for config in variants() {
        for design in search(&mut *build(&config, &space), 600, 12, taste(&space)) {
            space.check(&design).unwrap();
        }
    }
}

#[test]
fn proposals_do_not_depend_on_the_batch_size() {
    let space = every_kind();
    for config in variants() {
        let run = |n| search(&mut *build(&config, &space), 150, n, taste(&space));
        let reference = run(1);
        for n in [2, 5, 12, 13, 1000] {
            assert_eq!(run(n), reference, "batches of {n}, {config}");
        }
    }
}

#[test]
fn a_snapshot_continues_identically_at_any_trial() {
    for space in [every_kind(), reals(3), switches(5)] {
        let judge = |design: &Design| Some(space.to_unit(design).iter().sum::<f64>());
        for config in variants() {
            for before in [0, 1, 7, 11, 12, 40, 101] {
                let mut original = build(&config, &space);
                search(&mut *original, before, 1, judge);
                let text = original.snapshot().unwrap().to_string();
                let mut copy = build(&config, &space);
                copy.restore(&serde_json::from_str(&text).unwrap()).unwrap();
                let rest = |agent: &mut dyn Agent| search(agent, 80, 7, judge);
                assert_eq!(rest(&mut *copy), rest(&mut *original), "{before} {config}");
            }
        }
    }
}

#[test]
fn a_snapshot_of_another_space_or_shape_is_refused() {
    let space = every_kind();
    let mut agent = build(&json!({}), &space);
    let refused = |agent: &mut dyn Agent, state: &Json| {
        assert!(matches!(agent.restore(state), Err(Error::Snapshot { what: "cma-es", .. })), "{state}");
    };
    for other in [switches(1), reals(8)] {
        let mut other = build(&json!({}), &other);
        search(&mut *other, 5, 1, |_| None);
        refused(&mut *agent, &other.snapshot().unwrap());
    }
    refused(&mut *agent, &json!({"rng": 3}));
    let mut diagonal = build(&json!({"covariance": "diagonal"}), &space);
    refused(&mut *agent, &diagonal.snapshot().unwrap());
    search(&mut *agent, 17, 1, taste(&space));
    let good = agent.snapshot().unwrap();
    for (path, value) in [
        ("/search/gaussian/sigma", json!(-1.0)),
        ("/search/gaussian/mean/0", json!(null)),
        ("/search/gaussian/axes/0", json!(0.0)),
        ("/search/gaussian/covariance", json!([1.0])),
        ("/search/categorical/probabilities/0/0", json!(1.5)),
        ("/search/categorical/rate", json!(0.0)),
        ("/search/margin/mutation/0", json!(7.0)),
        ("/schedule/population", json!(0)),
        ("/generation/0/chosen/0", json!(9)),
        ("/generation/0/point", json!([])),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(path).unwrap_or_else(|| panic!("no {path} in {good}")) = value;
        refused(&mut *agent, &bad);
        refused(&mut *diagonal, &bad);
    }
    agent.restore(&good).unwrap();
}

#[test]
fn any_monotone_transformation_of_the_reward_gives_the_same_search() {
    let space = every_kind();
    for config in variants() {
        let judge = taste(&space);
        let plain = search(&mut *build(&config, &space), 400, 10, &judge);
        let steep = |design: &Design| judge(design).map(|r| (r - 20.0) * (r - 20.0).abs() * 1e300);
        assert_eq!(search(&mut *build(&config, &space), 400, 10, steep), plain, "{config}");
        let flat = |design: &Design| judge(design).map(|r| libm::atan(r - 20.0) * 1e-290);
        assert_eq!(search(&mut *build(&config, &space), 400, 10, flat), plain, "{config}");
    }
}

#[test]
fn searches_on_when_nothing_is_feasible() {
    let space = every_kind();
    for config in variants() {
        let designs = search(&mut *build(&config, &space), 200, 12, |_| None);
        let distinct = designs.iter().enumerate().filter(|(i, d)| !designs[..*i].contains(d)).count();
        assert!(distinct > 195, "only {distinct} distinct designs, {config}");
    }
}

#[test]
fn survives_rewards_at_the_ends_of_the_numbers() {
    for space in [every_kind(), reals(4), switches(6)] {
        for config in variants() {
            let mut i = 0;
            let rewards = [f64::MAX, -f64::MAX, 0.0, f64::MIN_POSITIVE, -0.0, f64::INFINITY, f64::NAN];
            let designs = search(&mut *build(&config, &space), 700, 9, |_| {
                i += 1;
                Some(rewards[i % rewards.len()])
            });
            designs.iter().for_each(|design| space.check(design).unwrap());
        }
    }
}

#[test]
fn survives_a_space_of_one_point() {
    let space = space(vec![Parameter::integer("x", 3, 3), Parameter::choice("c", ["only"])]);
    for config in variants() {
        let designs = search(&mut *build(&config, &space), 50, 12, |_| Some(1.0));
        assert!(designs.iter().all(|design| *design == space.first()));
    }
}

/// All 64 of them, before the first is repeated.
#[test]
fn nothing_is_repeated_while_the_space_has_others() {
    let space = switches(6);
    for config in [json!({}), json!({"restart": "bipop"}), json!({"restart": "none"})] {
        let mut seen: Vec<Design> = Vec::new();
        let mut agent = build(&config, &space);
        let count = |d: &Design| Some((0..6).filter(|i| d.bool(*i)).count() as f64);
        for design in search(&mut *agent, 58, 4, count) {
            assert!(!seen.contains(&design), "repeated after {}, {config}", seen.len());
            seen.push(design);
        }
        search(&mut *agent, 100, 4, count);
    }
}

/// The constraint leaves 2 % of the space.
#[test]
fn designs_keep_declared_constraints() {
    let rule = Constraint::sum_at_most("sum", ["a", "b", "c"], 0.5);
    let real = |name| Parameter::real(name, 0.0, 1.0);
    let space = DesignSpace::new(vec![real("a"), real("b"), real("c")]).unwrap().constrain(rule).unwrap();
    let space = Arc::new(space);
    let sum = |d: &Design| d.real(0) + 2.0 * d.real(1) + d.real(2);
    let designs = search(&mut *build(&json!({}), &space), 500, 32, |d| Some(sum(d)));
    assert!(designs.iter().all(|design| space.violated(design).is_none()));
    let best = designs.iter().map(sum).fold(0.0, f64::max);
    assert!(best > 0.98, "{best}, should come near 1");
}

#[test]
fn a_search_begins_at_the_best_of_what_it_was_told() {
    let space = reals(3);
    let context = Context { space: space.clone(), seed: Seed(1), budget: 100, axes: 0 };
    let mut agent = CmaEs::new(Config::default(), context);
    let mut rng = Seed(9).stream("test");
    let told: Vec<Design> = (0..50).map(|_| space.sample(&mut rng)).collect();
    let trials: Vec<Trial> = told.iter().map(|design| trial(design, Some(design.real(1)))).collect();
    agent.tell(&trials[..20]).unwrap();
    trials[20..].iter().for_each(|trial| agent.tell(std::slice::from_ref(trial)).unwrap());
    let best = told.iter().max_by(|a, b| a.real(1).total_cmp(&b.real(1))).unwrap();
    assert_eq!(agent.state.search.gaussian.mean, space.to_unit(best));
    search(&mut agent, 30, 10, |design| Some(design.real(1)));
}

#[test]
fn a_better_design_from_elsewhere_pulls_the_mean() {
    let space = reals(3);
    let pulled = |inject: bool| {
        let context = Context { space: space.clone(), seed: Seed(1), budget: 100, axes: 0 };
        let mut agent = CmaEs::new(Config { sigma0: 0.05, ..Config::default() }, context);
        let designs = agent.ask(100).unwrap();
        let mut trials: Vec<Trial> = designs.iter().map(|design| trial(design, Some(0.0))).collect();
        if inject {
            trials.push(trial(&Design(vec![Value::Real(5.0); 3]), Some(1.0)));
        }
        agent.tell(&trials).unwrap();
        agent.state.search.gaussian.mean.iter().sum::<f64>() - 1.5
    };
    assert!(pulled(true) > 0.05 && pulled(true) < 0.5 && pulled(false).abs() < 0.05);
}

/// Best reward of `trials` trials.
fn best(config: &Json, space: &Arc<DesignSpace>, trials: usize, reward: impl Fn(&Design) -> f64) -> f64 {
    let mut best = f64::NEG_INFINITY;
    search(&mut *build(config, space), trials, 64, |design| {
        let reward = reward(design);
        best = best.max(reward);
        Some(reward)
    });
    best
}

/// Coordinates of a design in a fixed random rotation around an optimum off the centre.
fn rotated(n: usize) -> impl Fn(&Design) -> Vec<f64> {
    let mut rng = Seed(7).stream("rotation");
    let mut q: Vec<Vec<f64>> = (0..n).map(|_| (0..n).map(|_| rng.normal()).collect()).collect();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    for i in 0..n {
        for j in 0..i {
            let (before, d) = (q[j].clone(), dot(&q[i], &q[j]));
            q[i].iter_mut().zip(before).for_each(|(x, y)| *x -= d * y);
        }
        let length = dot(&q[i], &q[i]).sqrt();
        q[i].iter_mut().for_each(|x| *x /= length);
    }
    move |design| {
        let offset: Vec<f64> = (0..n).map(|i| design.real(i) - 2.7 + 0.6 * i as f64).collect();
        q.iter().map(|row| dot(row, &offset)).collect()
    }
}

fn ellipsoid(x: &[f64]) -> f64 {
    let last = (x.len() - 1) as f64;
    x.iter().enumerate().map(|(i, x)| libm::pow(1e4, i as f64 / last) * x * x).sum()
}

/// Condition number 1e4 in ten rotated dimensions, to 1e-8.
#[test]
fn a_rotated_ellipsoid_is_solved() {
    let (space, turn) = (reals(10), rotated(10));
    for (covariance, trials) in [("accelerated", 4000), ("full", 4000)] {
        let config = json!({"covariance": covariance, "restart": "none"});
        let cost = -best(&config, &space, trials, |design| -ellipsoid(&turn(design)));
        assert!(cost < 1e-8, "{covariance}: {cost} after {trials} trials");
    }
}

/// Without rotation the scales are all there is to learn.
#[test]
fn scales_are_learnt_ahead_of_the_rest() {
    let space = reals(10);
    let straight = |d: &Design| -ellipsoid(&(0..10).map(|i| d.real(i) - 0.3 * i as f64).collect::<Vec<_>>());
    let cost = |covariance: &str| {
        -best(&json!({"covariance": covariance, "restart": "none"}), &space, 1500, straight)
    };
    let (accelerated, full) = (cost("accelerated"), cost("full"));
    assert!(accelerated < 1e-2 * full, "{accelerated} {full}");
}

#[test]
fn restarts_leave_a_local_optimum() {
    // A wide valley around -2.5 and a deeper, narrow one around 3.
    let space = reals(2);
    let reward = |d: &Design| {
        let around = |at: f64| (0..2).map(|i| (d.real(i) - at) * (d.real(i) - at)).sum::<f64>();
        (1.0 - around(-2.5) / 30.0).max(2.0 - 0.5 * around(3.0))
    };
    let found = |restart: &str| best(&json!({"restart": restart, "sigma0": 0.1}), &space, 3000, reward);
    assert!(found("ipop") > 1.9 && found("bipop") > 1.9, "{} {}", found("ipop"), found("bipop"));
}

#[test]
fn beats_random_search_on_every_kind_of_parameter() {
    let space = every_kind();
    let target = {
        let mut rng = Seed(3).stream("target");
        std::iter::repeat_with(|| space.sample(&mut rng)).find(|d| d.bool(0) && d.choice(1) < 2).unwrap()
    };
    let goal = space.to_one_hot(&target);
    let reward = |design: &Design| {
        let at = space.to_one_hot(design);
        -at.iter().zip(&goal).map(|(a, b)| (a - b) * (a - b)).sum::<f64>()
    };
    let mut rng = Seed(4).stream("test");
    let guessed = (0..20_000).map(|_| reward(&space.sample(&mut rng))).fold(f64::NEG_INFINITY, f64::max);
    let found = best(&json!({}), &space, 600, reward);
    assert!(found > guessed, "{found}, 20,000 guesses {guessed}");
}

#[test]
fn typos_and_ranges_are_refused_by_name() {
    let refused = |config: Json| ENTRY.resolve(&config).unwrap_err().to_string();
    assert!(refused(json!({"sigma": 0.5})).contains("did you mean `sigma0`?"));
    assert!(refused(json!({"sigma0": 0.0})).contains("`sigma0`: 0.0 is not allowed"));
    assert!(refused(json!({"restart": "ipo"})).contains("\"bipop\""));
}
