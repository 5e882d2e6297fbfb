//! Wrappers around problems, and what they share with environments.

use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;
use rl_env::Error;
use rl_env::design::{Design, DesignSpace};
use rl_env::env::{Env, Info};
use rl_env::episode::{Episode, Form, Settings};
use rl_env::problem::{Metric, Outcome, Problem};
use rl_env::seed::{Seed, np_random};
use rl_env::wrappers::{Budget, BudgetLimit, Cache, FailureInjector, Noise};

use crate::toy::{Toy, go_on, objective};

fn designs(space: &DesignSpace, count: usize) -> Vec<Design> {
    let mut rng = np_random(1);
    (0..count).map(|_| space.sample(&mut rng)).collect()
}

#[test]
fn a_cache_changes_no_outcome_and_simulates_each_design_once() {
    let (toy, cache) = (Toy::new(), Cache::new(Toy::new()));
    let designs = designs(toy.space(), 50);
    for _ in 0..3 {
        for design in &designs {
            assert_eq!(cache.evaluate(design), toy.evaluate(design));
        }
    }
    assert_eq!((cache.problem().calls(), cache.known(), cache.hits()), (50, 50, 100));
}

/// Ignores everything but its first parameter.
struct FirstOnly(Toy, AtomicU64);

impl Problem for FirstOnly {
    fn space(&self) -> &DesignSpace {
        self.0.space()
    }
    fn metrics(&self) -> &[Metric] {
        &self.0.metrics()[..1]
    }
    fn evaluate(&self, design: &Design) -> Outcome {
        self.1.fetch_add(1, Ordering::Relaxed);
        Outcome::Feasible([f64::from(design.bool(0))].into())
    }
    fn canonical<'a>(&self, design: &'a Design) -> std::borrow::Cow<'a, Design> {
        let mut first = self.0.space().first();
        first.0[0] = design.0[0].clone();
        std::borrow::Cow::Owned(first)
    }
}

fn first_only() -> FirstOnly {
    FirstOnly(Toy::new(), AtomicU64::new(0))
}

#[test]
fn equivalent_designs_are_one_for_cache_budget_noise_and_failures() {
    let cache = Cache::new(first_only());
    let budget = Budget::new(first_only(), 2);
    let noise = Noise::new(first_only(), Seed(1), &[("cost", 0.5)]).unwrap();
    let failure = FailureInjector::new(first_only(), Seed(1), 0.5).unwrap();
    let mut outcomes: [Vec<(bool, Outcome)>; 2] = Default::default();
    for design in designs(cache.space(), 100) {
        cache.evaluate(&design);
        assert!(budget.evaluate(&design).is_feasible());
        outcomes[0].push((design.bool(0), noise.evaluate(&design)));
        outcomes[1].push((design.bool(0), failure.evaluate(&design)));
    }
    assert_eq!((cache.known(), budget.meter().used()), (2, 2));
    for all in outcomes {
        assert!(all.iter().all(|(a, x)| all.iter().all(|(b, y)| a != b || x == y)));
    }
}

#[test]
fn a_spent_budget_makes_new_designs_infeasible_but_not_known_ones() {
    let budget = Budget::new(Toy::new(), 10);
    let all = designs(budget.space(), 20);
    let reasons: Vec<_> =
        all.iter().map(|d| budget.evaluate(d).reason() == Some("budget-exhausted")).collect();
    assert_eq!(reasons, [[false; 10], [true; 10]].concat());
    assert!(all[..10].iter().all(|d| budget.evaluate(d).reason() != Some("budget-exhausted")));
    assert!(budget.meter().is_spent());
}

fn limited(limit: u64) -> BudgetLimit<Episode<Budget<Toy>>> {
    let problem = Budget::new(Toy::new(), limit);
    let meter = problem.meter();
    BudgetLimit::new(Episode::new(problem, &objective(), Settings::of(Form::Unit)).unwrap(), meter)
}

#[test]
fn an_environment_is_truncated_from_its_last_affordable_evaluation_on() {
    let mut env = limited(3);
    env.reset(None, &Info::new()).unwrap();
    let steps = go_on(&mut env, &mut np_random(0), 5);
    let flags: Vec<_> = steps.iter().map(|step| step.truncated).collect();
    assert_eq!(flags, [false, false, true, true, true]);
    let reasons: Vec<_> = steps.iter().map(|step| step.info["reason"] == "budget-exhausted").collect();
    assert_eq!(reasons, [false, false, false, true, true]);
}

#[test]
fn a_budget_snapshot_holds_what_was_spent() {
    let mut env = limited(5);
    env.reset(None, &Info::new()).unwrap();
    go_on(&mut env, &mut np_random(0), 3);
    let mut other = limited(5);
    other.restore(&env.snapshot().unwrap()).unwrap();
    let same = |env: &mut BudgetLimit<_>| go_on(env, &mut np_random(9), 5);
    assert_eq!(same(&mut other), same(&mut env));
}

#[test]
fn noise_is_log_normal_and_keeps_signs_and_unnamed_metrics() {
    let (toy, noise) = (Toy::new(), Noise::new(Toy::new(), Seed(3), &[("cost", 0.1)]).unwrap());
    let mut factors = Vec::new();
    for design in designs(toy.space(), 2000) {
        match (toy.evaluate(&design), noise.evaluate(&design)) {
            (Outcome::Feasible(a), Outcome::Feasible(b)) => {
                assert_eq!(a[1], b[1]);
                assert!(a[0].signum() == b[0].signum());
                factors.push((b[0] / a[0]).ln());
            }
            (a, b) => assert_eq!(a, b),
        }
    }
    let mean = factors.iter().sum::<f64>() / factors.len() as f64;
    let sigma = (factors.iter().map(|f| f * f).sum::<f64>() / factors.len() as f64).sqrt();
    assert!(mean.abs() < 0.01 && (sigma - 0.1).abs() < 0.01, "{mean} {sigma}");
}

#[test]
fn noise_and_failures_depend_on_the_seed_and_the_design_only() {
    let noise = |seed| Noise::new(Toy::new(), Seed(seed), &[("cost", 0.3), ("items", 0.3)]).unwrap();
    let failure = |seed| FailureInjector::new(Toy::new(), Seed(seed), 0.5).unwrap();
    let designs = designs(Toy::new().space(), 200);
    let forwards = |problem: &dyn Problem| designs.iter().map(|d| problem.evaluate(d)).collect::<Vec<_>>();
    let backwards = |problem: &dyn Problem| {
        let mut all: Vec<_> = designs.iter().rev().map(|d| problem.evaluate(d)).collect();
        all.reverse();
        all
    };
    assert_eq!(forwards(&noise(1)), backwards(&noise(1)));
    assert_eq!(forwards(&failure(1)), backwards(&failure(1)));
    assert_ne!(forwards(&noise(1)), forwards(&noise(2)));
    assert_ne!(forwards(&failure(1)), forwards(&failure(2)));
}

#[test]
fn the_failure_rate_is_the_share_of_failed_designs() {
    for (rate, range) in [(0.0, 0..=0), (0.25, 430..=570), (1.0, 2000..=2000)] {
        let problem = FailureInjector::new(Toy::new(), Seed(7), rate).unwrap();
        let failed = |d: &&Design| problem.evaluate(d).reason() == Some("injected-failure");
        let count = designs(problem.space(), 2000).iter().filter(failed).count();
        assert!(range.contains(&count), "{count} of 2000 at {rate}");
    }
}

#[test]
fn impossible_settings_are_refused() {
    let noise = |metrics: &[(&str, f64)]| Noise::new(Toy::new(), Seed(0), metrics).err();
    assert!(matches!(noise(&[("cots", 0.1)]), Some(Error::Unknown { nearest: Some(n), .. }) if n == "cost"));
    assert!(matches!(noise(&[("cost", -0.1)]), Some(Error::Value { .. })));
    assert!(matches!(noise(&[("cost", f64::NAN)]), Some(Error::Value { .. })));
    for rate in [-0.1, 1.1, f64::NAN] {
        assert!(matches!(FailureInjector::new(Toy::new(), Seed(0), rate), Err(Error::Value { .. })));
    }
}

proptest! {
    #[test]
    fn noise_never_leaves_the_finite_numbers(sigma in 0.0..1e6f64, seed: u64) {
        let noise = Noise::new(Toy::new(), Seed(seed), &[("cost", sigma)]).unwrap();
        let design = noise.space().sample(&mut np_random(seed));
        if let Outcome::Feasible(metrics) = noise.evaluate(&design) {
            prop_assert!(metrics.iter().all(|metric| metric.is_finite()));
        }
    }
}
