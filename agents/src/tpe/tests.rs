use rl_env::design::Value;
use rl_env::registry::AgentEntry;
use rl_env::seed::Seed;
use serde_json::json;

use super::archive::Shape;
use super::*;
use crate::parts::rehearsal::{
    self, best, best_at_a_constraint, build, context, reals, repeats, search, space, trial,
};

const ENTRY: AgentEntry = AgentEntry::of::<Config>("tpe");

/// A mixture of the given designs, all of weight 1.
fn mixture(space: &DesignSpace, designs: &[Design], factor: f64, least: f64) -> (Archive, Mixture) {
    let mut archive = Archive::new(space);
    designs.iter().for_each(|design| archive.push(space, design));
    let members = (0..designs.len()).collect();
    let widths = Widths::new(designs.len(), space.len(), factor, least);
    let weights = vec![1.0; designs.len()];
    let mixture = Mixture::fit(&archive, members, weights, 1.0, widths, &NormalCdf::new());
    (archive, mixture)
}

fn density(space: &DesignSpace, mixture: &Mixture, design: &Design) -> f64 {
    let mut candidates = Archive::new(space);
    candidates.push(space, design);
    let mut out = Vec::new();
    mixture.log_density(&candidates, &mut out);
    libm::exp(out[0])
}

fn real(x: f64) -> Design {
    Design(vec![Value::Real(x)])
}

#[test]
fn keeps_the_contract() {
    let quick = json!({"batch": 5, "startup": 3, "weights": "uniform", "candidates": 3});
    rehearsal::assert_keeps_the_contract_within(90, &ENTRY, &[json!({}), quick]);
}

#[test]
fn the_density_of_reals_is_the_truncated_normal_and_the_prior() {
    let space = reals(1);
    let (_, mixture) = mixture(&space, &[real(0.1)], 1.0, 0.2);
    // One member and the prior weigh a half each; a single member has no spread, so that its width is the least.
    for x in [0.0, 0.1, 0.45, 1.0] {
        let z: f64 = (x - 0.1) / 0.2;
        let mass = 0.5 * (libm::erf(0.9 / 0.2 / 2f64.sqrt()) + libm::erf(0.1 / 0.2 / 2f64.sqrt()));
        let normal = libm::exp(-0.5 * z * z) / (0.2 * std::f64::consts::TAU.sqrt() * mass);
        let found = density(&space, &mixture, &real(x));
        assert!((found - (0.5 * normal + 0.5)).abs() < 1e-4, "{found} at {x}");
    }
}

#[test]
fn scott_and_aitchison_aitken_widths_follow_spread() {
    let space = space(vec![Parameter::choice("c", ["a", "b", "c"])]);
    let pick = |i| Design(vec![Value::Choice(i)]);
    // Three members of one mind: no spread, so that the uniform share is 3/(3 + 3).
    let (_, agreed) = mixture(&space, &[pick(1), pick(1), pick(1)], 1.0, 0.1);
    let same = 0.75 * (0.5 * 3.0 + 0.5) + 0.25;
    assert!((density(&space, &agreed, &pick(1)) - same).abs() < 1e-9);
    assert!((density(&space, &agreed, &pick(0)) - (0.75 * 0.5 + 0.25)).abs() < 1e-9);
    // One of each: Gini's index is that of the uniform distribution, and Scott's factor 3^(-1/5) = 0.803.
    let (_, split) = mixture(&space, &[pick(0), pick(1), pick(2)], 1.0, 0.1);
    assert!((density(&space, &split, &pick(2)) - 1.0).abs() < 1e-9);
}

/// The densities of all values sum to their number, for every kind with finitely many.
#[test]
fn densities_of_finite_kinds_are_distributions() {
    let parameters = [
        Parameter::bool("b"),
        Parameter::choice("c", ["a", "b", "c", "d"]),
        Parameter::integer("n", -3, 40),
        Parameter::power_of_two("p", 1, 128),
        Parameter::ordinal("o", [2, 3, 7]),
        Parameter::permutation("order", ["a", "b", "c", "d", "e"]),
        Parameter::subset("set", ["a", "b", "c", "d"], 0, 4),
    ];
    let mut rng = Seed(1).stream("densities");
    for parameter in parameters {
        let space = space(vec![parameter]);
        let designs: Vec<Design> = (0..4).map(|_| space.sample(&mut rng)).collect();
        let (_, mixture) = mixture(&space, &designs, 0.7, 0.1);
        let count = space.cardinality().unwrap();
        let total: f64 = (0..count).map(|rank| density(&space, &mixture, &space.unrank(rank).unwrap())).sum();
        let name = &space.parameters()[0].name;
        assert!((total / count as f64 - 1.0).abs() < 1e-3, "{name}: {total} of {count}");
    }
}

/// Samples of a mixture come as often as its density says, for every kind and for what is inactive.
#[test]
fn samples_follow_the_density() {
    let space = space(vec![
        Parameter::choice("c", ["a", "b", "c"]),
        Parameter::integer("n", 1, 4).when("c", ["a"]),
        Parameter::permutation("order", ["x", "y", "z"]).when("c", ["b"]),
        Parameter::subset("set", ["p", "q"], 0, 2).when("c", ["c"]),
    ]);
    let mut rng = Seed(2).stream("samples");
    let designs: Vec<Design> = (0..6).map(|_| space.sample(&mut rng)).collect();
    let (archive, mixture) = mixture(&space, &designs, 0.5, 0.2);
    let draws = 60_000;
    let mut counts: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
    for _ in 0..draws {
        let design = mixture.sample(&space, &archive, |i| &designs[i], &mut rng);
        space.check(&design).unwrap();
        *counts.entry(space.describe(&design)).or_default() += 1;
    }
    let mut all: Vec<Design> = (0..space.cardinality().unwrap()).map(|r| space.unrank(r).unwrap()).collect();
    all.sort_by_key(|design| space.describe(design));
    all.dedup();
    assert_eq!(all.len(), 4 + 6 + 4);
    for design in all {
        // The prior: a third for the option, then evenly over what that brings into play.
        let active = [4.0, 6.0, 4.0][design.choice(0)];
        let wanted = density(&space, &mixture, &design) / (3.0 * active);
        let found = counts.get(&space.describe(&design)).copied().unwrap_or(0) as f64 / f64::from(draws);
        let slack = 5.0 * (wanted / f64::from(draws)).sqrt() + 0.05 * wanted;
        assert!((found - wanted).abs() < slack, "{}: {found}, not {wanted}", space.describe(&design));
    }
}

#[test]
fn a_kernel_without_a_value_takes_the_prior() {
    let space = space(vec![Parameter::bool("on"), Parameter::real("x", 0.0, 1.0).when("on", ["true"])]);
    let off = Design(vec![Value::Bool(false), Value::Inactive]);
    let on = |x| Design(vec![Value::Bool(true), Value::Real(x)]);
    let (_, mixture) = mixture(&space, std::slice::from_ref(&off), 1.0, 0.05);
    assert_eq!(density(&space, &mixture, &on(0.1)), density(&space, &mixture, &on(0.9)));
    assert!(density(&space, &mixture, &off) > density(&space, &mixture, &on(0.5)));
}

#[test]
fn infeasible_trials_are_bad_and_the_best_are_good() {
    let space = reals(2);
    let mut agent = Tpe::new(Config::default(), context(&space, 3, 100));
    for i in 0..40 {
        let design = Design(vec![Value::Real(f64::from(i) / 40.0), Value::Real(0.5)]);
        agent.tell(&[trial(&design, (i % 2 == 0).then_some(f64::from(i)))]).unwrap();
    }
    let (good, bad) = agent.split();
    assert_eq!(good, [38, 36, 34, 32]);
    assert_eq!(bad.len(), 36);
    // A proposal that is pending is bad.
    agent.archive.push(&agent.space, &agent.state.history[38].design);
    assert_eq!(agent.split().1.len(), 37);
    agent.archive.truncate(40);
    // However few are feasible, no other is good.
    for (i, told) in agent.state.history.iter_mut().enumerate() {
        told.reward = told.reward.filter(|_| i == 38);
    }
    assert_eq!(agent.split().0, [38]);
}

#[test]
fn ranked_weights_are_those_of_evolution_strategies() {
    let weights = Weights::Ranked.of(3);
    let raw = [3.5f64.ln(), (3.5f64 / 2.0).ln(), (3.5f64 / 3.0).ln()];
    for (weight, raw_weight) in weights.iter().zip(raw) {
        assert!((weight - 3.0 * raw_weight / raw.iter().sum::<f64>()).abs() < 1e-12);
    }
    assert!(Weights::Ranked.of(0).is_empty());
}

#[test]
fn rounds_hardly_repeat_themselves() {
    assert!(repeats(&ENTRY, &json!({"batch": 8}), 6, 56) <= 6);
}

#[test]
fn finds_a_different_optimum_in_every_dimension() {
    let space = reals(5);
    let reward = |d: &Design| {
        Some(
            -(0..5)
                .map(|i| (d.real(i) - 0.1 - 0.15 * i as f64) * (d.real(i) - 0.1 - 0.15 * i as f64))
                .sum::<f64>(),
        )
    };
    let found = best(&search(&mut *build(&ENTRY, &json!({}), &space), 300, 1, reward), reward);
    assert!(found > -1e-3, "{found}");
}

#[test]
fn searches_a_space_whose_constraints_leave_little() {
    assert!(best_at_a_constraint(&ENTRY, 200) > 0.9);
}

#[test]
fn a_space_of_one_design_is_all_fixed() {
    let space = space(vec![Parameter::integer("x", 3, 3), Parameter::permutation("o", ["only"])]);
    assert!(Archive::new(&space).columns.iter().all(|column| column.shape == Shape::Fixed));
    let designs = search(&mut *build(&ENTRY, &json!({}), &space), 30, 1, |_| Some(0.0));
    assert!(designs.iter().all(|design| *design == space.first()));
}
