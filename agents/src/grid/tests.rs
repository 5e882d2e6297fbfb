use std::collections::HashSet;

use rl_env::registry::AgentEntry;
use serde_json::json;

use super::*;
use crate::parts::rehearsal::{self, conditional, context, distinct, every_kind, huge, reals, search, space};

const ENTRY: AgentEntry = AgentEntry::of::<Config>("grid");

fn asked(space: &Arc<DesignSpace>, resolution: u64, count: usize) -> Vec<Design> {
    let mut agent = rehearsal::build(&ENTRY, &json!({ "resolution": resolution }), space);
    search(&mut *agent, count, 7, |_| None)
}

fn bytes(design: &Design) -> Vec<u8> {
    let mut bytes = Vec::new();
    design.write_bytes(&mut bytes);
    bytes
}

#[test]
fn keeps_the_contract() {
    rehearsal::assert_keeps_the_contract(
        &ENTRY,
        &[json!({}), json!({"resolution": 2}), json!({"resolution": 9})],
    );
}

#[test]
fn the_first_grid_is_evenly_spaced_with_both_ends() {
    let mut seen: Vec<(i64, i64)> = asked(&reals(2), 4, 16)
        .iter()
        .map(|design| ((design.real(0) * 300.0).round() as i64, (design.real(1) * 300.0).round() as i64))
        .collect();
    seen.sort_unstable();
    let expected: Vec<_> = (0..4).flat_map(|a| (0..4).map(move |b| (100 * a, 100 * b))).collect();
    assert_eq!(seen, expected);
}

#[test]
fn finer_grids_propose_what_is_new() {
    // 2, 3, 5, 9 and 17 values in each dimension.
    let designs = asked(&reals(2), 2, 17 * 17);
    let hashes: HashSet<_> = designs.iter().map(bytes).collect();
    assert_eq!(hashes.len(), 17 * 17);
    for side in [2usize, 3, 5, 9, 17] {
        let on_grid = |x: f64| (x * (side - 1) as f64).fract() == 0.0;
        assert!(
            designs[..side * side].iter().all(|design| on_grid(design.real(0)) && on_grid(design.real(1)))
        );
    }
}

#[test]
fn a_finite_space_is_exhausted_without_repeats() {
    let spaces = [
        (conditional(), 131),
        (space(vec![Parameter::integer("a", 0, 99), Parameter::ordinal("b", [1, 2, 5])]), 300),
        (
            space(vec![
                Parameter::permutation("p", ["a", "b", "c", "d"]),
                Parameter::subset("s", ["a", "b", "c"], 1, 2),
                Parameter::bool("b"),
                Parameter::real("r", 2.0, 2.0),
            ]),
            24 * 6 * 2,
        ),
        // A condition on one of many values: 9999 without and one with.
        (
            space(vec![
                Parameter::integer("wide", 1, 10_000),
                Parameter::integer("rare", 1, 4).when("wide", ["77"]),
            ]),
            9999 + 4,
        ),
    ];
    for (space, count) in spaces {
        for resolution in [0, 2, 3, 7, 1000] {
            let designs = asked(&space, resolution, 100_000);
            designs.iter().for_each(|design| space.check(design).unwrap());
            let hashes: HashSet<_> = designs.iter().map(bytes).collect();
            assert_eq!((designs.len(), hashes.len()), (count, count), "resolution {resolution}");
        }
    }
}

#[test]
fn infinite_and_huge_spaces_go_on_without_repeats() {
    for space in [every_kind(), huge(), reals(1), reals(200)] {
        let designs = asked(&space, 0, 3000);
        assert_eq!(designs.iter().map(bytes).collect::<HashSet<_>>().len(), 3000);
        designs.iter().for_each(|design| space.check(design).unwrap());
    }
}

/// Of 10 dimensions with 3 values each, the first 60 designs have every value of each 8 times at least.
#[test]
fn every_prefix_is_spread() {
    let designs = asked(&reals(10), 3, 60);
    for i in 0..10 {
        for value in [0.0, 0.5, 1.0] {
            assert!(designs.iter().filter(|design| design.real(i) == value).count() >= 8, "x{i} = {value}");
        }
    }
}

#[test]
fn the_budget_chooses_the_finest_grid_that_fits() {
    let resolution = |space: Arc<DesignSpace>, budget| {
        Grid::new(&Config::default(), &context(&space, 1, budget)).unwrap().resolution
    };
    assert_eq!(resolution(reals(2), 100), 10);
    assert_eq!(resolution(reals(2), 99), 9);
    assert_eq!(resolution(reals(5), 3u64.pow(5)), 3);
    assert_eq!(resolution(reals(10), 500), SAMPLED);
    // All three values of the choice are taken anyhow.
    let mixed = space(vec![Parameter::choice("c", ["a", "b", "c"]), Parameter::real("x", 0.0, 1.0)]);
    assert_eq!(resolution(mixed, 30), 10);
}

#[test]
fn logarithmic_parameters_are_spaced_by_magnitude() {
    let mut seen: Vec<f64> =
        asked(&space(vec![Parameter::log_real("x", 1e-2, 1e2)]), 5, 5).iter().map(|d| d.real(0)).collect();
    seen.sort_by(f64::total_cmp);
    assert!(seen.iter().zip([1e-2, 1e-1, 1.0, 10.0, 100.0]).all(|(x, y)| (x / y - 1.0).abs() < 1e-12));
}

#[test]
fn constraints_are_kept_and_the_rest_is_exhausted() {
    let rule = rl_env::design::Constraint::sum_at_most("sum", ["a", "b"], 7.0);
    let digit = |name| Parameter::integer(name, 0, 9);
    let space = Arc::new(DesignSpace::new(vec![digit("a"), digit("b")]).unwrap().constrain(rule).unwrap());
    let designs = asked(&space, 0, 1000);
    assert_eq!((designs.len(), distinct(&designs)), (36, 36));
    assert!(designs.iter().all(|design| space.violated(design).is_none()));
}

#[test]
fn a_space_without_a_legal_design_does_not_hang() {
    let never = rl_env::design::Constraint::new("never", "", ["x0"], |_| false);
    let real = |i: usize| Parameter::real(format!("x{i}"), 0.0, 1.0);
    let space = DesignSpace::new((0..40).map(real).collect()).unwrap().constrain(never).unwrap();
    let designs = asked(&Arc::new(space), 0, 5);
    assert_eq!(distinct(&designs), 5);
}
