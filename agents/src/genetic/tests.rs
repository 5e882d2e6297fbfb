use rl_env::design::Constraint;
use rl_env::problem::Outcome;
use rl_env::registry::AgentEntry;
use rl_env::seed::Seed;
use serde_json::json;

use super::*;

const ENTRY: AgentEntry = AgentEntry::of::<Config>("genetic");

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
    let context = Context { space: space.clone(), seed: Seed(5), budget: 1000, axes: 0 };
    ENTRY.build(config, context).unwrap()
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
    for replacement in ["generational", "steady-state"] {
        for crossover in ["uniform", "one-point", "two-point", "sbx"] {
            variants.push(json!({"population": 12, "replacement": replacement, "crossover": crossover}));
        }
    }
    variants
}

#[test]
fn children_are_well_formed_whatever_the_operators() {
    let space = every_kind();
    for config in variants() {
        for design in search(&mut *build(&config, &space), 500, 12, taste(&space)) {
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
    let space = every_kind();
    for config in variants() {
        for before in [0, 1, 11, 12, 13, 40] {
            let mut original = build(&config, &space);
            search(&mut *original, before, 1, taste(&space));
            let text = original.snapshot().unwrap().to_string();
            let mut copy = build(&config, &space);
            copy.restore(&serde_json::from_str(&text).unwrap()).unwrap();
            let rest = |agent: &mut dyn Agent| search(agent, 60, 7, taste(&space));
            assert_eq!(rest(&mut *copy), rest(&mut *original));
        }
    }
}

#[test]
fn a_snapshot_of_another_space_or_shape_is_refused() {
    let mut agent = build(&json!({}), &every_kind());
    let mut other = build(&json!({}), &space(vec![Parameter::bool("b")]));
    search(&mut *other, 5, 1, |_| None);
    let state = other.snapshot().unwrap();
    assert!(matches!(agent.restore(&state), Err(Error::Snapshot { what: "genetic", .. })));
    assert!(matches!(agent.restore(&json!({"rng": 3})), Err(Error::Snapshot { .. })));
}

#[test]
fn searches_on_when_nothing_is_feasible() {
    let space = every_kind();
    for config in variants() {
        let designs = search(&mut *build(&config, &space), 200, 12, |_| None);
        let distinct = designs.iter().enumerate().filter(|(i, d)| !designs[..*i].contains(d)).count();
        assert!(distinct > 150, "only {distinct} distinct designs, {config}");
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

#[test]
fn no_generation_repeats_a_design_while_the_space_has_others() {
    let space = space((0..10).map(|i| Parameter::bool(format!("b{i}"))).collect());
    let mut agent = build(&json!({"population": 16, "elitism": 0.0, "replacement": "generational"}), &space);
    let mut parents: Vec<Design> = Vec::new();
    for _ in 0..20 {
        let generation = search(&mut *agent, 16, 16, |d| Some((0..10).filter(|i| d.bool(*i)).count() as f64));
        for (i, design) in generation.iter().enumerate() {
            assert!(!generation[..i].contains(design) && !parents.contains(design));
        }
        parents = generation;
    }
}

/// The constraint leaves 2 % of the space.
#[test]
fn children_keep_declared_constraints() {
    let rule = Constraint::sum_at_most("sum", ["a", "b", "c"], 0.5);
    let real = |name| Parameter::real(name, 0.0, 1.0);
    let space = DesignSpace::new(vec![real("a"), real("b"), real("c")]).unwrap().constrain(rule).unwrap();
    let space = Arc::new(space);
    let designs =
        search(&mut *build(&json!({}), &space), 500, 32, |d| Some(d.real(0) + d.real(1) + d.real(2)));
    assert!(designs.iter().all(|design| space.violated(design).is_none()));
}

#[test]
fn the_elite_is_never_lost() {
    let space = space(vec![Parameter::real("x", 0.0, 1.0), Parameter::real("y", 0.0, 1.0)]);
    let config = Config { population: 10, elitism: 0.2, ..Config::default() };
    let context = Context { space, seed: Seed(1), budget: 100, axes: 0 };
    let mut agent = Genetic::new(config, context);
    let mut best = f64::NEG_INFINITY;
    for _ in 0..30 {
        for design in agent.ask(100).unwrap() {
            best = best.max(design.real(0));
            agent.tell(&[trial(&design, Some(design.real(0)))]).unwrap();
        }
        assert_eq!(agent.state.population.len(), 10);
        assert_eq!(agent.state.population[0].fitness(), best);
    }
}

#[test]
fn the_sweep_stays_within_the_schema() {
    let sweep = ENTRY.sweep().unwrap().unwrap();
    let mut rng = Seed(9).stream("sweep");
    for _ in 0..200 {
        let ticket = sweep.sample(&mut rng);
        let mut config = serde_json::Map::new();
        for (parameter, value) in sweep.parameters().iter().zip(ticket.values()) {
            let json = match value {
                rl_env::design::Value::Inactive => continue,
                rl_env::design::Value::Integer(i) => json!(i),
                rl_env::design::Value::Real(x) => json!(x),
                other => json!(parameter.format(other)),
            };
            config.insert(parameter.name.clone(), json);
        }
        ENTRY.resolve(&Json::Object(config)).unwrap();
    }
}

#[test]
fn typos_and_ranges_are_refused_by_name() {
    let refused = |config: Json| ENTRY.resolve(&config).unwrap_err().to_string();
    assert!(refused(json!({"populaton": 5})).contains("did you mean `population`?"));
    assert_eq!(
        refused(json!({"population": 1})),
        "`population`: 1 is not allowed; expected integer ≥ 2 and ≤ 4096"
    );
    assert!(refused(json!({"crossover": "unifrom"})).contains("\"one-point\""));
}
