use rl_env::registry::AgentEntry;
use serde_json::json;

use super::*;
use crate::parts::rehearsal::{self, context, reals, repeats, search, space, switches, trial};

const ENTRY: AgentEntry = AgentEntry::of::<Config>("hill-climb");

fn variants() -> Vec<Json> {
    vec![
        json!({}),
        json!({"improvement": "best", "tabu": 5}),
        json!({"restart": "random", "tabu": 20, "patience": 1.0}),
        json!({"batch": 7, "kick": 1.0, "jump": 0.5}),
    ]
}

fn build(config: Config, space: &Arc<DesignSpace>) -> HillClimb {
    HillClimb::new(config, context(space, 2, 100))
}

/// Told one by one; `reward` judges.
fn step(agent: &mut HillClimb, reward: impl Fn(&Design) -> f64) -> Design {
    let design = agent.ask(1).unwrap().remove(0);
    agent.tell(&[trial(&design, Some(reward(&design)))]).unwrap();
    design
}

#[test]
fn keeps_the_contract() {
    rehearsal::assert_keeps_the_contract(&ENTRY, &variants());
}

/// Rosenbrock's rule: twice as far after a success, back by half the step after a failure.
#[test]
fn steps_double_after_a_success_and_turn_round_after_a_failure() {
    let space = reals(1);
    let mut agent = build(Config { jump: 0.0, ..Config::default() }, &space);
    let start = step(&mut agent, |_| 0.0).real(0);
    agent.state.current.as_mut().unwrap().design.0[0] = Value::Real(0.2);
    agent.state.steps.0[0] = 0.125;
    for (reward, from, share) in
        [(1.0, 0.2, 0.125), (2.0, 0.325, 0.25), (1.5, 0.575, 0.5), (1.6, 0.575, -0.25)]
    {
        let expected: f64 = from + share;
        let expected = expected.clamp(0.0, 1.0);
        let seen = step(&mut agent, |_| reward).real(0);
        assert!((seen - expected).abs() < 1e-12, "{seen} instead of {expected}, start {start}");
    }
}

#[test]
fn a_climb_moves_up_only() {
    let space = reals(4);
    let judge = |design: &Design| -(0..4).map(|i| (design.real(i) - 0.3).abs()).sum::<f64>();
    let mut agent = build(Config { patience: 1000.0, ..Config::default() }, &space);
    let mut height = f64::NEG_INFINITY;
    for _ in 0..150 {
        step(&mut agent, judge);
        let now = agent.state.current.as_ref().unwrap().fitness();
        assert!(now >= height);
        height = now;
    }
}

/// Changes exactly one parameter of where it stands, conditional ones aside.
#[test]
fn neighbours_differ_in_one_parameter() {
    let space = reals(5);
    let mut agent = build(Config::default(), &space);
    step(&mut agent, |_| 0.0);
    for _ in 0..9 {
        let here = agent.state.current.as_ref().unwrap().design.clone();
        let next = step(&mut agent, |_| -1.0);
        assert_eq!(here.0.iter().zip(&next.0).filter(|(a, b)| a != b).count(), 1);
    }
}

#[test]
fn patience_ends_a_climb() {
    let space = reals(4);
    let mut agent = build(Config { patience: 3.0, ..Config::default() }, &space);
    step(&mut agent, |_| 0.0);
    for _ in 0..12 {
        step(&mut agent, |_| -1.0);
        assert_eq!(agent.state.current.as_ref().unwrap().fitness(), 0.0);
    }
    step(&mut agent, |_| -2.0);
    assert_eq!(agent.state.current.as_ref().unwrap().fitness(), -2.0, "a new start is taken as it is");
    assert_eq!(agent.state.best.as_ref().unwrap().fitness(), 0.0);
}

/// One summit at 0 and a higher one behind a valley: only with a list does the climb walk down and through.
#[test]
fn a_tabu_list_leaves_a_summit_through_its_best_neighbour() {
    let space = space(vec![Parameter::integer("x", 0, 100)]);
    let judge = |design: &Design| (if design.integer(0) < 60 { 10 - design.integer(0) } else { 100 }) as f64;
    let found = |tabu| {
        let config = Config { tabu, patience: 1000.0, jump: 0.0, step: 0.001, ..Config::default() };
        let mut agent = build(config, &space);
        let zero = space.first();
        agent.tell(&[trial(&zero, Some(10.0))]).unwrap();
        agent.state.seen.is_new(&zero);
        agent.state.steps.0[0] = 0.001;
        (0..60).filter(|_| step(&mut agent, judge).integer(0) == 60).count()
    };
    assert_eq!((found(0).min(1), found(5)), (0, 1));
}

#[test]
fn best_improvement_proposes_the_neighbourhood_and_takes_its_best() {
    let space = switches(6);
    let mut agent = build(Config { improvement: Improvement::Best, ..Config::default() }, &space);
    let weight = |design: &Design| (0..6).map(|i| f64::from(u8::from(design.bool(i))) * (i + 1) as f64).sum();
    step(&mut agent, weight);
    let here = agent.state.current.clone().unwrap();
    let round = agent.ask(100).unwrap();
    assert_eq!(round.len(), 6);
    let told: Vec<Trial> = round.iter().map(|design| trial(design, Some(weight(design)))).collect();
    agent.tell(&told).unwrap();
    let best = round.iter().map(weight).fold(here.fitness(), f64::max);
    assert_eq!(agent.state.current.as_ref().unwrap().fitness(), best);
}

#[test]
fn a_finite_space_is_hardly_repeated() {
    let repeats = repeats(&ENTRY, &json!({}), 7, 100);
    assert!(repeats <= 20, "{repeats}");
}

#[test]
fn a_snapshot_of_another_space_is_refused() {
    let mut other = rehearsal::build(&ENTRY, &json!({}), &reals(3));
    let state = other.snapshot().unwrap();
    search(&mut *other, 5, 1, |_| None);
    for state in [state, other.snapshot().unwrap()] {
        let mut agent = rehearsal::build(&ENTRY, &json!({}), &reals(2));
        assert!(matches!(agent.restore(&state), Err(Error::Snapshot { what: "hill-climb", .. })));
    }
}
