#![allow(clippy::unwrap_used, reason = "a failed test may panic anywhere")]

use rl_env::design::{Parameter, Value};
use rl_env::seed::Seed;

use super::*;
use crate::parts::rehearsal::{every_kind, space};

const GROWTH: Growth = Growth { leaf: 1, features: 1.0 };

fn forest(samples: &Samples, targets: &[f64], growth: Growth, count: usize) -> Vec<Tree> {
    let mut rng = Seed(1).stream("forest");
    (0..count).map(|_| Tree::grow(samples, targets, growth, &mut rng)).collect()
}

fn samples(space: &DesignSpace, designs: &[Design]) -> Samples {
    let mut samples = Samples::new(space);
    designs.iter().for_each(|design| samples.push(space, design));
    samples
}

fn judge(space: &DesignSpace, trees: &[Tree], design: &Design) -> (f64, f64) {
    let mut row = Vec::new();
    Samples::encode(space, design, &mut row);
    predict(trees, &row)
}

#[test]
fn options_are_split_into_the_sets_with_the_least_error() {
    let space = space(vec![Parameter::choice("c", ["a", "b", "c", "d"])]);
    let designs: Vec<Design> = (0..400).map(|i| Design(vec![Value::Choice(i % 4)])).collect();
    let targets: Vec<f64> = (0..400).map(|i| [5.0, 0.0, 5.0, 1.0][i % 4]).collect();
    let samples = samples(&space, &designs);
    let tree = &forest(&samples, &targets, GROWTH, 1)[0];
    // Places count from 1, as 0 is the inactive one: b and d against a and c.
    assert_eq!(tree.nodes[0].rule, Rule::Among(0b10100));
    for (design, target) in designs.iter().zip(&targets).take(4) {
        assert_eq!(judge(&space, std::slice::from_ref(tree), design), (*target, 0.0));
    }
}

#[test]
fn thresholds_are_random_between_the_values_beside_the_best_split() {
    let space = space(vec![Parameter::real("x", 0.0, 1.0)]);
    let designs: Vec<Design> =
        (0..100).map(|i| Design(vec![Value::Real(if i < 50 { 0.2 } else { 0.8 })])).collect();
    let targets: Vec<f64> = (0..100).map(|i| f64::from(u8::from(i >= 50))).collect();
    let samples = samples(&space, &designs);
    let thresholds: Vec<f64> =
        forest(&samples, &targets, GROWTH, 200).iter().map(|tree| tree.nodes[0].threshold).collect();
    assert!(thresholds.iter().all(|t| (0.2..0.8).contains(t)));
    let mean = thresholds.iter().sum::<f64>() / 200.0;
    assert!((mean - 0.5).abs() < 0.05, "{mean}");
}

#[test]
fn leaves_hold_no_fewer_samples_than_they_must() {
    let space = space(vec![Parameter::real("x", 0.0, 1.0)]);
    let designs: Vec<Design> = (0..64).map(|i| Design(vec![Value::Real(f64::from(i) / 64.0)])).collect();
    let targets: Vec<f64> = (0..64).map(f64::from).collect();
    let samples = samples(&space, &designs);
    let leaves = |leaf| {
        let tree = &forest(&samples, &targets, Growth { leaf, ..GROWTH }, 1)[0];
        tree.nodes.iter().filter(|node| matches!(node.rule, Rule::Leaf(_))).count()
    };
    assert!(leaves(1) > 30);
    assert!(leaves(8) <= 8 && leaves(8) > 3);
    assert_eq!(leaves(33), 1);
}

#[test]
fn variance_is_within_leaves_and_between_trees() {
    let leaf =
        |mean, variance| Tree { nodes: vec![Node { threshold: mean, rule: Rule::Leaf(variance), ..LEAF }] };
    let (mean, variance) = predict(&[leaf(1.0, 0.5), leaf(3.0, 0.1)], &[0.0]);
    // Mean of the variances 0.3, variance of the means 1.
    assert!((mean - 2.0).abs() < 1e-12 && (variance - 1.3).abs() < 1e-12);
}

#[test]
fn inactive_parameters_have_a_value_of_their_own() {
    let space = space(vec![
        Parameter::bool("on"),
        Parameter::choice("c", ["a", "b"]).when("on", ["true"]),
        Parameter::permutation("o", ["a", "b"]).when("on", ["true"]),
    ]);
    let mut row = Vec::new();
    Samples::encode(&space, &Design(vec![Value::Bool(false), Value::Inactive, Value::Inactive]), &mut row);
    assert_eq!(row, [0.25, INACTIVE, INACTIVE, INACTIVE]);
    assert_eq!(bit(INACTIVE), 1);
}

#[test]
fn predicts_designs_of_every_kind_better_than_their_mean() {
    let space = every_kind();
    let mut rng = Seed(2).stream("designs");
    let designs: Vec<Design> = (0..600).map(|_| space.sample(&mut rng)).collect();
    let value = |design: &Design| {
        let unit = space.to_unit(design);
        unit[0] + 2.0 * unit[5] + if design.choice(1) == 1 { 1.0 } else { 0.0 }
    };
    let targets: Vec<f64> = designs.iter().map(value).collect();
    let trees = forest(&samples(&space, &designs[..400]), &targets[..400], GROWTH, 20);
    let mean = targets.iter().sum::<f64>() / 600.0;
    let error = |model: &dyn Fn(&Design) -> f64| {
        designs[400..].iter().zip(&targets[400..]).map(|(d, y)| (model(d) - y) * (model(d) - y)).sum::<f64>()
    };
    let (ours, flat) = (error(&|design| judge(&space, &trees, design).0), error(&|_| mean));
    assert!(ours < 0.1 * flat, "{ours} against {flat}");
}

#[test]
fn a_forgotten_row_leaves_no_trace() {
    let space = every_kind();
    let mut rng = Seed(3).stream("designs");
    let designs: Vec<Design> = (0..30).map(|_| space.sample(&mut rng)).collect();
    let targets: Vec<f64> = (0..20).map(f64::from).collect();
    let mut longer = samples(&space, &designs);
    let whole = forest(&longer, &targets, GROWTH, 2);
    longer.truncate(20);
    assert_eq!(longer.len(), 20);
    assert_eq!(forest(&longer, &targets, GROWTH, 2), whole);
    assert_eq!(forest(&samples(&space, &designs[..20]), &targets, GROWTH, 2), whole);
}
