use rl_env::registry::AgentEntry;
use rl_env::seed::Seed;
use serde_json::json;

use super::*;
use crate::parts::tests::rehearsal::{self, constrained, distinct, every_kind, search, space, trial};

const ENTRY: AgentEntry = AgentEntry::of::<Config>("genetic");

fn build(config: &Json, space: &Arc<DesignSpace>) -> Box<dyn Agent> {
    rehearsal::build(&ENTRY, config, space)
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
fn keeps_the_contract_whatever_the_operators() {
    rehearsal::assert_keeps_the_contract(&ENTRY, &variants());
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
        let distinct = distinct(&designs);
        assert!(distinct > 150, "only {distinct} distinct designs, {config}");
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

#[test]
fn children_keep_declared_constraints() {
    let space = constrained();
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
