use rl_env::registry::AgentEntry;
use serde_json::json;

use super::*;
use crate::parts::rehearsal::{self, build, context, every_kind, reals, search, switches, trial};

const ENTRY: AgentEntry = AgentEntry::of::<Config>("genetic");

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
fn a_snapshot_of_another_space_is_refused() {
    let mut agent = build(&ENTRY, &json!({}), &every_kind());
    let mut other = build(&ENTRY, &json!({}), &switches(1));
    search(&mut *other, 5, 1, |_| None);
    let state = other.snapshot().unwrap();
    assert!(matches!(agent.restore(&state), Err(Error::Snapshot { what: "genetic", .. })));
}

#[test]
fn no_generation_repeats_a_design_while_the_space_has_others() {
    let config = json!({"population": 16, "elitism": 0.0, "replacement": "generational"});
    let mut agent = build(&ENTRY, &config, &switches(10));
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
fn the_elite_is_never_lost() {
    let config = Config { population: 10, elitism: 0.2, ..Config::default() };
    let mut agent = Genetic::new(config, context(&reals(2), 1, 100));
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
fn typos_and_ranges_are_refused_by_name() {
    let refused = |config: Json| ENTRY.resolve(&config).unwrap_err().to_string();
    assert!(refused(json!({"populaton": 5})).contains("did you mean `population`?"));
    assert_eq!(
        refused(json!({"population": 1})),
        "`population`: 1 is not allowed; expected integer ≥ 2 and ≤ 4096"
    );
    assert!(refused(json!({"crossover": "unifrom"})).contains("\"one-point\""));
}
