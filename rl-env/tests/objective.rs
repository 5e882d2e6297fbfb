//! Objectives and Pareto fronts: one sign convention, no surprises.

#![allow(clippy::unwrap_used, reason = "a failed test may panic anywhere")]

use proptest::prelude::*;
use rl_env::Error;
use rl_env::objective::{Axis, Direction, Goal, Objective, Scorer, Weight};
use rl_env::pareto::{Front, dominates, hypervolume};
use rl_env::problem::{Metric, Outcome, metric_index};

const METRICS: &[Metric] = &[
    Metric::new("energy_pj", "pJ", "Energy."),
    Metric::new("latency_ns", "ns", "Time."),
    Metric::new("accuracy", "", "Share right."),
];

fn goal(metric: &str, value: f64) -> Goal {
    Goal { metric: metric.into(), value }
}

fn weight(metric: &str, weight: f64) -> Weight {
    Weight { metric: metric.into(), weight }
}

fn axis(metric: &str, direction: Direction, reference: f64, ideal: f64) -> Axis {
    Axis { metric: metric.into(), direction, reference, ideal }
}

fn pareto() -> Objective {
    let energy = axis("energy_pj", Direction::Minimise, 10.0, 0.0);
    Objective::Pareto { axes: vec![energy, axis("accuracy", Direction::Maximise, 0.5, 1.0)] }
}

fn all() -> Vec<Objective> {
    let goals = || vec![goal("energy_pj", 2.0), goal("latency_ns", 5.0)];
    vec![
        Objective::minimise("latency_ns"),
        Objective::maximise("accuracy"),
        Objective::Target { goals: goals() },
        Objective::TargetRatio { goals: goals() },
        Objective::Budget { goals: goals() },
        Objective::Weighted { terms: vec![weight("energy_pj", 0.5), weight("accuracy", -2.0)] },
        Objective::Product { terms: vec![weight("energy_pj", 1.0), weight("accuracy", -1.0)] },
        pareto(),
    ]
}

fn scorer(objective: &Objective) -> Scorer {
    objective.bind(METRICS).unwrap()
}

#[test]
fn rewards_of_known_metrics() {
    let metrics = [4.0, 20.0, 0.75];
    let expected = [
        -20.0,
        0.75,
        // 2/2 and 15/5 away from the goals.
        -4.0,
        // 2/2 times 5/15.
        1.0 / 3.0,
        // Both over budget, by 100 % and 300 %.
        -4.0,
        -(2.0 - 1.5),
        -4.0 / 0.75,
        // 0.6 of the way to the ideal on one axis, half on the other.
        0.3,
    ];
    for (objective, expected) in all().iter().zip(expected) {
        let reward = scorer(objective).reward(&metrics);
        assert!((reward - expected).abs() < 1e-12, "{objective:?}: {reward}, expected {expected}");
    }
}

#[test]
fn a_met_budget_costs_nothing_and_a_met_target_is_best() {
    let budget = scorer(&Objective::Budget { goals: vec![goal("latency_ns", 5.0)] });
    assert_eq!([4.0, 5.0, 6.0].map(|x| budget.reward(&[0.0, x, 0.0])), [0.0, 0.0, -0.2]);
    let target = scorer(&Objective::Target { goals: vec![goal("latency_ns", 5.0)] });
    assert_eq!(target.reward(&[0.0, 5.0, 0.0]).to_bits(), 0.0f64.to_bits(), "not -0");
    let ratio = scorer(&Objective::TargetRatio { goals: vec![goal("latency_ns", 5.0)] });
    assert!(ratio.reward(&[0.0, 5.0, 0.0]) > ratio.reward(&[0.0, 5.1, 0.0]));
    assert!(ratio.reward(&[0.0, 5.0, 0.0]).is_finite());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Where an objective says which way a metric improves, going that way never lowers the reward.
    #[test]
    fn better_metrics_never_earn_less(
        metrics in prop::array::uniform3(0.0..1e6f64),
        index in 0..3usize,
        step in 0.0..1e6f64,
    ) {
        for objective in all() {
            let Some(direction) = objective.improves_with(&METRICS[index].name) else { continue };
            let mut better = metrics;
            better[index] = match direction {
                Direction::Minimise => (metrics[index] - step).max(0.0),
                Direction::Maximise => metrics[index] + step,
            };
            let scorer = scorer(&objective);
            prop_assert!(scorer.reward(&better) >= scorer.reward(&metrics), "{:?}", objective);
        }
    }

    #[test]
    fn metrics_that_are_not_read_do_not_matter(metrics in prop::array::uniform3(0.0..1e6f64), other: f64) {
        for objective in all() {
            let scorer = scorer(&objective);
            for (index, metric) in METRICS.iter().enumerate() {
                if !objective.metrics().contains(&metric.name.as_ref()) {
                    let mut changed = metrics;
                    changed[index] = other;
                    prop_assert_eq!(scorer.reward(&changed), scorer.reward(&metrics));
                }
            }
        }
    }

    #[test]
    fn rewards_are_finite_whatever_the_metrics(metrics in prop::array::uniform3(any::<f64>())) {
        for objective in all() {
            let scorer = scorer(&objective);
            prop_assert!(scorer.reward(&metrics).is_finite(), "{:?}", objective);
            prop_assert_eq!(scorer.axes(&metrics).len(), scorer.axis_count());
        }
    }

    #[test]
    fn objectives_survive_json(index in 0..8usize) {
        let objective = &all()[index];
        let text = serde_json::to_string(objective).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Objective>(&text).unwrap(), objective);
    }

    /// Against the definition: the share of a fine lattice of the unit cube that some point dominates.
    #[test]
    fn hypervolume_is_the_share_dominated(
        axes in 1..=4usize,
        cells in prop::collection::vec(prop::array::uniform4(0..=6u32), 0..7),
    ) {
        let points: Vec<Vec<f64>> =
            cells.iter().map(|cell| cell[..axes].iter().map(|c| f64::from(*c) / 6.0).collect()).collect();
        let inside = (0..6u32.pow(axes as u32)).filter(|index| {
            let corner = |axis: usize| index / 6u32.pow(axis as u32) % 6;
            cells.iter().any(|cell| (0..axes).all(|axis| corner(axis) < cell[axis]))
        });
        let expected = inside.count() as f64 / 6f64.powi(axes as i32);
        prop_assert!((hypervolume(&points) - expected).abs() < 1e-12);
    }

    #[test]
    fn a_front_holds_exactly_the_points_that_none_dominates(
        points in prop::collection::vec(prop::array::uniform3(0..5u8), 1..30),
    ) {
        let points: Vec<Vec<f64>> = points.iter().map(|p| p.iter().map(|x| f64::from(*x) / 4.0).collect()).collect();
        let mut front = Front::default();
        for (i, point) in points.iter().enumerate() {
            let before = front.hypervolume();
            let added = front.offer(point, || i);
            prop_assert!(front.hypervolume() >= before - 1e-12);
            prop_assert_eq!(added, front.members().last().is_some_and(|(_, what)| *what == i));
        }
        let best = |p: &&Vec<f64>| !points.iter().any(|q| dominates(q, p));
        let mut expected: Vec<&Vec<f64>> = points.iter().filter(best).collect();
        expected.sort_by(|a, b| a.partial_cmp(b).unwrap());
        expected.dedup();
        let mut members: Vec<&Vec<f64>> = front.members().iter().map(|(point, _)| point).collect();
        members.sort_by(|a, b| a.partial_cmp(b).unwrap());
        prop_assert_eq!(members, expected);
        prop_assert!((front.hypervolume() - hypervolume(&points)).abs() < 1e-12);
    }
}

#[test]
fn pareto_axes_are_scaled_between_reference_and_ideal() {
    let scorer = scorer(&pareto());
    assert_eq!(scorer.axes(&[0.0, 9.9, 1.0]), [1.0, 1.0]);
    assert_eq!(scorer.axes(&[10.0, 9.9, 0.5]), [0.0, 0.0]);
    assert_eq!(scorer.axes(&[20.0, 9.9, 1.0]), [-1.0, 1.0], "worse than the reference is below 0");
    assert_eq!(scorer.reward(&[20.0, 9.9, 1.0]), 0.0);
}

#[test]
fn equal_points_and_points_outside_do_not_count_twice() {
    let mut front = Front::default();
    assert!(front.offer(&[0.5, 0.5], || "first"));
    assert!(!front.offer(&[0.5, 0.5], || "again"));
    assert!(front.offer(&[-1.0, 2.0], || "outside"));
    assert_eq!(front.hypervolume(), 0.25);
    assert_eq!(hypervolume(&[]), 0.0);
    assert!(!dominates(&[1.0, 0.0], &[1.0, 0.0]) && dominates(&[1.0, 0.1], &[1.0, 0.0]));
}

#[test]
fn impossible_objectives_are_refused_with_their_reason() {
    let one_axis = vec![axis("energy_pj", Direction::Minimise, 1.0, 0.0)];
    let reversed = vec![
        axis("energy_pj", Direction::Minimise, 0.0, 1.0),
        axis("accuracy", Direction::Maximise, 0.0, 1.0),
    ];
    let cases = [
        (Objective::minimise("energy"), "did you mean `energy_pj`?"),
        (Objective::Target { goals: vec![] }, "at least one metric"),
        (
            Objective::Budget { goals: vec![goal("latency_ns", 0.0)] },
            "`goal of latency_ns`: 0 is not allowed",
        ),
        (Objective::TargetRatio { goals: vec![goal("latency_ns", f64::NAN)] }, "a positive number"),
        (Objective::Weighted { terms: vec![weight("accuracy", f64::INFINITY)] }, "a finite number"),
        (
            Objective::Product { terms: vec![weight("accuracy", 1.0), weight("accuracy", 2.0)] },
            "each metric once",
        ),
        (Objective::Pareto { axes: one_axis }, "2 to 4 axes"),
        (Objective::Pareto { axes: reversed }, "the ideal better than the reference"),
    ];
    for (objective, expected) in cases {
        let message = objective.bind(METRICS).unwrap_err().to_string();
        assert!(message.contains(expected), "`{message}` lacks `{expected}`");
    }
}

#[test]
fn a_typo_in_an_objective_is_refused() {
    let objective = serde_json::json!({"kind": "minimise", "metrik": "latency_ns"});
    let message = rl_env::schema::load::<Objective>(&objective).unwrap_err().to_string();
    assert!(message.contains("did you mean `metric`?"), "{message}");
    let objective = serde_json::json!({"kind": "minimize", "metric": "latency_ns"});
    let message = rl_env::schema::load::<Objective>(&objective).unwrap_err().to_string();
    assert!(message.contains("did you mean `minimise`?"), "{message}");
}

#[test]
fn outcomes_tell_metrics_or_reason() {
    let good = Outcome::Feasible([1.0, 2.0].into());
    let bad = Outcome::infeasible("too-big", "9 > 8");
    assert_eq!((good.metrics(), good.reason(), good.is_feasible()), (Some(&[1.0, 2.0][..]), None, true));
    assert_eq!((bad.metrics(), bad.reason(), bad.is_feasible()), (None, Some("too-big"), false));
    assert_eq!(metric_index(METRICS, "accuracy"), Ok(2));
    assert!(matches!(metric_index(METRICS, "acuracy"), Err(Error::Unknown { nearest: Some(_), .. })));
}
