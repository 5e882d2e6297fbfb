use rl_env::registry::AgentEntry;
use serde_json::json;

use super::*;
use crate::parts::rehearsal::{self, context, distinct, reals, search};

const ENTRY: AgentEntry = AgentEntry::of::<Config>("sobol");

fn points(space: &Arc<DesignSpace>, seed: u64, count: usize) -> Vec<Design> {
    Sobol::new(context(space, seed, 100)).ask(count).unwrap()
}

#[test]
fn keeps_the_contract() {
    rehearsal::assert_keeps_the_contract(&ENTRY, &[json!({})]);
}

/// The first 2^k points have one in each of 2^k equal intervals of every dimension, beyond the 256th too.
#[test]
fn every_dimension_is_stratified() {
    let space = reals(300);
    let designs = points(&space, 3, 64);
    for i in 0..300 {
        let mut cells: Vec<usize> = designs.iter().map(|design| (design.real(i) * 64.0) as usize).collect();
        cells.sort_unstable();
        assert_eq!(cells, (0..64).collect::<Vec<_>>(), "dimension {i}");
    }
}

/// 16 points of the first two dimensions fill every 4 by 4 box once: a (0, 2)-sequence.
#[test]
fn pairs_of_dimensions_are_stratified() {
    for seed in 0..20 {
        let mut boxes: Vec<usize> = points(&reals(2), seed, 16)
            .iter()
            .map(|d| (d.real(0) * 4.0) as usize * 4 + (d.real(1) * 4.0) as usize)
            .collect();
        boxes.sort_unstable();
        assert_eq!(boxes, (0..16).collect::<Vec<_>>());
    }
}

#[test]
fn dimensions_beyond_the_limit_repeat_no_earlier_one() {
    let designs = points(&reals(513), 1, 32);
    for (i, j) in [(0, 256), (1, 257), (0, 512), (256, 512)] {
        assert!(designs.iter().filter(|d| (d.real(i) - d.real(j)).abs() < 0.01).count() < 8);
    }
}

#[test]
fn the_sequence_goes_on_after_its_last_point() {
    let mut agent = Sobol::new(context(&reals(2), 1, 100));
    let first = agent.ask(64).unwrap();
    agent.state.next = (1 << SEQUENCE_BITS) - 1;
    let beyond = agent.ask(65).unwrap();
    assert_eq!(distinct(&beyond), 65);
    assert!(beyond[1..].iter().zip(&first).all(|(a, b)| (a.real(0) - b.real(0)).abs() > 1e-6));
}

#[test]
fn seeds_differ() {
    assert_ne!(points(&reals(3), 1, 8), points(&reals(3), 2, 8));
}

#[test]
fn a_finite_space_is_proposed_once_and_completely() {
    let space = rehearsal::space(vec![
        Parameter::integer("a", 1, 10),
        Parameter::bool("b"),
        Parameter::permutation("c", ["x", "y", "z"]),
    ]);
    let designs = search(&mut *rehearsal::build(&ENTRY, &json!({}), &space), 1000, 7, |_| None);
    assert_eq!((designs.len(), distinct(&designs)), (120, 120));
}
