use rl_env::design::Value;
use rl_env::pareto::Front;
use rl_env::problem::evaluate;
use rl_env::seed::{Rng, Seed};

use super::*;

fn problem(workload: &str) -> Arc<dyn Problem> {
    ENTRY.problem(&ENTRY.select(workload, "", None).unwrap()).unwrap()
}

fn workloads() -> impl Iterator<Item = &'static str> {
    ENTRY.workloads.iter().map(|workload| workload.name)
}

/// Sum of the metrics: the cost, or what the objective `weighted` minimises.
fn total(problem: &dyn Problem, design: &Design) -> Option<f64> {
    evaluate(problem, design).metrics().map(|metrics| metrics.iter().sum())
}

/// The design with every real moved by a normal step of `scale` and sometimes another parameter changed.
fn nearby(space: &DesignSpace, design: &Design, scale: f64, rng: &mut Rng) -> Design {
    let mut next = design.clone();
    for (i, parameter) in space.parameters().iter().enumerate() {
        match next.0[i] {
            Value::Real(ref mut x) => *x += scale * rng.normal(),
            _ if rng.chance(0.05) => next.0[i] = parameter.kind.mutate(&design.0[i], rng),
            _ => {}
        }
    }
    space.canonicalise(&mut next);
    next
}

#[test]
fn the_table_of_workloads_is_the_table_of_landscapes() {
    let names: Vec<_> = LANDSCAPES.iter().map(|landscape| landscape.named.name).collect();
    assert_eq!(names, workloads().collect::<Vec<_>>());
}

#[test]
fn the_published_optimum_costs_what_is_published() {
    for workload in workloads() {
        let (design, value) = optimum(workload).unwrap();
        let problem = problem(workload);
        problem.space().check(&design).unwrap();
        assert_eq!(total(&*problem, &design), Some(value), "{workload}");
    }
}

#[test]
fn no_design_beats_the_optimum() {
    for workload in workloads() {
        let ((best, value), problem) = (optimum(workload).unwrap(), problem(workload));
        let space = problem.space();
        let mut rng = Seed(1).stream(workload);
        let sampled = (0..20_000).map(|_| space.sample(&mut rng)).collect::<Vec<_>>();
        let near = (0..20_000)
            .map(|i| nearby(space, &best, libm::pow(10.0, -f64::from(i % 7)), &mut rng))
            .filter(|design| space.check(design).is_ok());
        for design in near.chain(space.neighbours(&best)).chain(sampled) {
            let found = total(&*problem, &design).unwrap_or(f64::INFINITY);
            assert!(found >= value, "{workload}: {found} < {value} at {}", space.describe(&design));
        }
    }
}

#[test]
fn the_optimum_differs_in_every_real_dimension_and_is_not_the_centre() {
    for workload in workloads() {
        let (best, _) = optimum(workload).unwrap();
        let reals: Vec<f64> = best.values().iter().filter_map(real).collect();
        for (i, x) in reals.iter().enumerate() {
            assert!(!reals[..i].contains(x), "{workload} repeats {x}");
        }
        let sorted = reals.is_sorted() || reals.iter().rev().is_sorted();
        assert!(reals.is_empty() || !sorted, "{workload} is not permuted");
    }
}

/// Users read these in the documentation; results change with them, and so must the version.
#[test]
fn the_shifts_are_those_documented() {
    let (best, _) = optimum("sphere").unwrap();
    let published = [-1.35, -4.05, 2.25, -0.45, -3.15, 3.15, 0.45, -2.25, 4.05, 1.35];
    for (i, x) in published.into_iter().enumerate() {
        assert!((best.real(i) - x).abs() < 1e-12, "x{i} is {}", best.real(i));
    }
}

fn real(value: &Value) -> Option<f64> {
    if let Value::Real(x) = value { Some(*x) } else { None }
}

#[test]
fn every_sample_has_finite_metrics_or_a_reason() {
    for workload in workloads() {
        let problem = problem(workload);
        let mut rng = Seed(2).stream(workload);
        for _ in 0..2000 {
            let design = problem.space().sample(&mut rng);
            match evaluate(&*problem, &design) {
                Outcome::Feasible(metrics) => {
                    assert_eq!(metrics.len(), problem.metrics().len());
                    assert!(metrics.iter().all(|x| x.is_finite() && *x >= 0.0), "{workload}: {metrics:?}");
                }
                Outcome::Infeasible { reason, detail } => {
                    assert_eq!((workload, &*reason), ("constrained", "collapsed"));
                    assert!(detail.contains("is below 7"), "{detail}");
                }
            }
        }
    }
}

/// Both limits of the optimum are active: a step over either is refused, with its own reason.
#[test]
fn constrained_refuses_beyond_both_limits() {
    let (best, _) = optimum("constrained").unwrap();
    let problem = problem("constrained");
    let moved = |index: usize, step: f64| {
        let mut design = best.clone();
        design.0[index] = Value::Real(best.real(index) + step);
        evaluate(&*problem, &design)
    };
    assert_eq!(moved(1, 1e-9).reason(), Some("over-budget"));
    assert_eq!(moved(0, -1e-9).reason(), Some("collapsed"));
    assert!(moved(1, -1e-9).is_feasible() && moved(0, 1e-9).is_feasible());
}

#[test]
fn two_objective_front_is_where_the_paper_puts_it() {
    let problem = problem("two-objective");
    let (_, objective) = ENTRY.objective("two-objective", "").unwrap();
    let scorer = objective.bind(problem.metrics()).unwrap();
    let mut found = Front::default();
    for i in 0..=400 {
        let a = f64::from(i) / 400.0;
        let outcome = evaluate(&*problem, &front(a));
        let metrics = outcome.metrics().unwrap();
        assert!((metrics[0] - a).abs() < 1e-12 && (metrics[1] - (1.0 - a.sqrt())).abs() < 1e-12);
        assert!(found.offer(&scorer.axes(metrics), || a), "front members do not dominate each other");
    }
    assert!(found.hypervolume() < FRONT_HYPERVOLUME);
    assert!(found.hypervolume() > FRONT_HYPERVOLUME - 0.002);
    // Whatever is sampled adds nothing.
    let mut rng = Seed(3).stream("front");
    for _ in 0..5000 {
        let outcome = evaluate(&*problem, &problem.space().sample(&mut rng));
        let [a, b] = outcome.metrics().unwrap() else { panic!("two metrics") };
        assert!(*b >= 1.0 - a.sqrt());
    }
}

#[test]
fn mixed_conditional_parameter_matters_only_when_active() {
    let problem = problem("mixed");
    let (mut design, _) = optimum("mixed").unwrap();
    design.0[8] = Value::Choice(2);
    problem.space().canonicalise(&mut design);
    assert!(!design.is_active(12));
    assert_eq!(total(&*problem, &design), Some(0.75));
}

#[test]
fn every_workload_has_objectives_over_its_metrics() {
    for workload in workloads() {
        let problem = problem(workload);
        for (name, objective) in (ENTRY.objectives)(workload) {
            assert!(objective.bind(problem.metrics()).is_ok(), "{workload} {name}");
        }
    }
}

#[test]
fn an_unknown_workload_names_the_closest() {
    let message = optimum("rastrigen").unwrap_err().to_string();
    assert!(message.contains("did you mean `rastrigin`?"), "{message}");
}
