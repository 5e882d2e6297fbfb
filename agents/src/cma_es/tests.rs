use std::sync::Arc;

use rl_env::design::{DesignSpace, Value};
use rl_env::registry::AgentEntry;
use rl_env::seed::Seed;
use serde_json::json;

use super::*;
use crate::parts::rehearsal::{
    self, assert_refuses, best_at_a_constraint, context, every_kind, repeats, search, space, switches, taste,
    trial,
};

const ENTRY: AgentEntry = AgentEntry::of::<Config>("cma-es");

fn reals(n: usize) -> Arc<DesignSpace> {
    space((0..n).map(|i| Parameter::real(format!("x{i}"), -5.0, 5.0)).collect())
}

fn build(config: &Json, space: &Arc<DesignSpace>) -> Box<dyn Agent> {
    ENTRY.build(config, context(space, 5, 1000)).unwrap()
}

/// Every restart with every covariance, half of them with margin, negative weights and no random start.
fn variants() -> Vec<Json> {
    let mut variants = Vec::new();
    for (i, restart) in ["none", "ipop", "bipop"].into_iter().enumerate() {
        for (j, covariance) in ["accelerated", "full", "diagonal"].into_iter().enumerate() {
            let margin = (i + j) % 2 == 0;
            let start = if margin { 0 } else { 7 };
            variants.push(
                json!({"restart": restart, "covariance": covariance, "margin": margin, "active": margin,
                "start": start}),
            );
        }
    }
    variants
}

#[test]
fn keeps_the_contract() {
    rehearsal::assert_keeps_the_contract(&ENTRY, &variants());
}

#[test]
fn a_snapshot_of_another_space_or_shape_is_refused() {
    let space = every_kind();
    let mut agent = build(&json!({}), &space);
    let refused = |agent: &mut dyn Agent, state: &Json| {
        assert!(matches!(agent.restore(state), Err(Error::Snapshot { what: "cma-es", .. })), "{state}");
    };
    for other in [switches(1), reals(8)] {
        let mut other = build(&json!({}), &other);
        search(&mut *other, 5, 1, |_| None);
        refused(&mut *agent, &other.snapshot().unwrap());
    }
    let mut diagonal = build(&json!({"covariance": "diagonal"}), &space);
    refused(&mut *agent, &diagonal.snapshot().unwrap());
    search(&mut *agent, 17, 1, taste(&space));
    refused(&mut *diagonal, &agent.snapshot().unwrap());
    let changes = [
        ("/search/gaussian/sigma", json!(-1.0)),
        ("/search/gaussian/mean/0", json!(null)),
        ("/search/gaussian/axes/0", json!(0.0)),
        ("/search/gaussian/covariance", json!([1.0])),
        ("/search/categorical/probabilities/0/0", json!(1.5)),
        ("/search/categorical/rate", json!(0.0)),
        ("/search/margin/mutation/0", json!(7.0)),
        ("/schedule/population", json!(0)),
        ("/generation/0/chosen/0", json!(9)),
        ("/generation/0/point", json!([])),
    ];
    assert_refuses(&mut *agent, &changes);
}

#[test]
fn any_monotone_transformation_of_the_reward_gives_the_same_search() {
    let space = every_kind();
    for config in variants() {
        let judge = taste(&space);
        let plain = search(&mut *build(&config, &space), 400, 10, &judge);
        let steep = |design: &Design| judge(design).map(|r| (r - 20.0) * (r - 20.0).abs() * 1e300);
        assert_eq!(search(&mut *build(&config, &space), 400, 10, steep), plain, "{config}");
        let flat = |design: &Design| judge(design).map(|r| libm::atan(r - 20.0) * 1e-290);
        assert_eq!(search(&mut *build(&config, &space), 400, 10, flat), plain, "{config}");
    }
}

#[test]
fn survives_rewards_at_the_ends_of_the_numbers() {
    for space in [every_kind(), reals(4), switches(6)] {
        for config in variants() {
            let mut i = 0;
            let rewards = [f64::MAX, -f64::MAX, 0.0, f64::MIN_POSITIVE, -0.0, f64::INFINITY, f64::NAN];
            let designs = search(&mut *build(&config, &space), 700, 9, |_| {
                i += 1;
                Some(rewards[i % rewards.len()])
            });
            designs.iter().for_each(|design| space.check(design).unwrap());
        }
    }
}

/// 58 of 64, some of them left when a generation is drawn.
#[test]
fn nothing_is_repeated_while_the_space_has_others() {
    for config in [json!({}), json!({"restart": "bipop"}), json!({"restart": "none"})] {
        assert_eq!(repeats(&ENTRY, &config, 6, 58), 0, "{config}");
    }
}

#[test]
fn comes_near_an_optimum_at_the_edge_of_a_constraint() {
    assert!(best_at_a_constraint(&ENTRY, 500) > 0.98);
}

#[test]
fn a_search_begins_at_the_best_of_what_it_was_told() {
    let space = reals(3);
    let mut agent = CmaEs::new(Config::default(), context(&space, 1, 100));
    let mut rng = Seed(9).stream("test");
    let told: Vec<Design> = (0..50).map(|_| space.sample(&mut rng)).collect();
    let trials: Vec<Trial> = told.iter().map(|design| trial(design, Some(design.real(1)))).collect();
    agent.tell(&trials[..20]).unwrap();
    trials[20..].iter().for_each(|trial| agent.tell(std::slice::from_ref(trial)).unwrap());
    let best = told.iter().max_by(|a, b| a.real(1).total_cmp(&b.real(1))).unwrap();
    assert_eq!(agent.state.search.gaussian.mean, space.to_unit(best));
    search(&mut agent, 30, 10, |design| Some(design.real(1)));
}

#[test]
fn a_better_design_from_elsewhere_pulls_the_mean() {
    let space = reals(3);
    let pulled = |inject: bool| {
        let config = Config { sigma0: 0.05, ..Config::default() };
        let mut agent = CmaEs::new(config, context(&space, 1, 100));
        let designs = agent.ask(100).unwrap();
        let mut trials: Vec<Trial> = designs.iter().map(|design| trial(design, Some(0.0))).collect();
        if inject {
            trials.push(trial(&Design(vec![Value::Real(5.0); 3]), Some(1.0)));
        }
        agent.tell(&trials).unwrap();
        agent.state.search.gaussian.mean.iter().sum::<f64>() - 1.5
    };
    assert!(pulled(true) > 0.05 && pulled(true) < 0.5 && pulled(false).abs() < 0.05);
}

/// Best reward of `trials` trials.
fn best(config: &Json, space: &Arc<DesignSpace>, trials: usize, reward: impl Fn(&Design) -> f64) -> f64 {
    let mut best = f64::NEG_INFINITY;
    search(&mut *build(config, space), trials, 64, |design| {
        let reward = reward(design);
        best = best.max(reward);
        Some(reward)
    });
    best
}

/// Coordinates of a design in a fixed random rotation around an optimum off the centre.
fn rotated(n: usize) -> impl Fn(&Design) -> Vec<f64> {
    let mut rng = Seed(7).stream("rotation");
    let mut q: Vec<Vec<f64>> = (0..n).map(|_| (0..n).map(|_| rng.normal()).collect()).collect();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    for i in 0..n {
        for j in 0..i {
            let (before, d) = (q[j].clone(), dot(&q[i], &q[j]));
            q[i].iter_mut().zip(before).for_each(|(x, y)| *x -= d * y);
        }
        let length = dot(&q[i], &q[i]).sqrt();
        q[i].iter_mut().for_each(|x| *x /= length);
    }
    move |design| {
        let offset: Vec<f64> = (0..n).map(|i| design.real(i) - 2.7 + 0.6 * i as f64).collect();
        q.iter().map(|row| dot(row, &offset)).collect()
    }
}

fn ellipsoid(x: &[f64]) -> f64 {
    let last = (x.len() - 1) as f64;
    x.iter().enumerate().map(|(i, x)| libm::pow(1e4, i as f64 / last) * x * x).sum()
}

/// Condition number 1e4 in ten rotated dimensions, to 1e-8.
#[test]
fn a_rotated_ellipsoid_is_solved() {
    let (space, turn) = (reals(10), rotated(10));
    for (covariance, trials) in [("accelerated", 4000), ("full", 4000)] {
        let config = json!({"covariance": covariance, "restart": "none"});
        let cost = -best(&config, &space, trials, |design| -ellipsoid(&turn(design)));
        assert!(cost < 1e-8, "{covariance}: {cost} after {trials} trials");
    }
}

/// Without rotation the scales are all there is to learn.
#[test]
fn scales_are_learnt_ahead_of_the_rest() {
    let space = reals(10);
    let straight = |d: &Design| -ellipsoid(&(0..10).map(|i| d.real(i) - 0.3 * i as f64).collect::<Vec<_>>());
    let cost = |covariance: &str| {
        -best(&json!({"covariance": covariance, "restart": "none"}), &space, 1500, straight)
    };
    let (accelerated, full) = (cost("accelerated"), cost("full"));
    assert!(accelerated < 1e-2 * full, "{accelerated} {full}");
}

#[test]
fn restarts_leave_a_local_optimum() {
    // A wide valley around -2.5 and a deeper, narrow one around 3.
    let space = reals(2);
    let reward = |d: &Design| {
        let around = |at: f64| (0..2).map(|i| (d.real(i) - at) * (d.real(i) - at)).sum::<f64>();
        (1.0 - around(-2.5) / 30.0).max(2.0 - 0.5 * around(3.0))
    };
    let found = |restart: &str| best(&json!({"restart": restart, "sigma0": 0.1}), &space, 3000, reward);
    assert!(found("ipop") > 1.9 && found("bipop") > 1.9, "{} {}", found("ipop"), found("bipop"));
}

#[test]
fn beats_random_search_on_every_kind_of_parameter() {
    let space = space(every_kind().parameters()[..9].to_vec());
    let target = {
        let mut rng = Seed(3).stream("target");
        std::iter::repeat_with(|| space.sample(&mut rng)).find(|d| d.bool(0) && d.choice(1) < 2).unwrap()
    };
    let goal = space.to_one_hot(&target);
    let reward = |design: &Design| {
        let at = space.to_one_hot(design);
        -at.iter().zip(&goal).map(|(a, b)| (a - b) * (a - b)).sum::<f64>()
    };
    let mut rng = Seed(4).stream("test");
    let guessed = (0..20_000).map(|_| reward(&space.sample(&mut rng))).fold(f64::NEG_INFINITY, f64::max);
    let found = best(&json!({}), &space, 600, reward);
    assert!(found > guessed, "{found}, 20,000 guesses {guessed}");
}
