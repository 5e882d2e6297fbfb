use rl_env::registry::AgentEntry;
use serde_json::json;

use super::*;
use crate::parts::rehearsal::{self, context, reals, repeats, search, trial};

const ENTRY: AgentEntry = AgentEntry::of::<Config>("annealing");

fn variants() -> Vec<Json> {
    vec![
        json!({}),
        json!({"chains": 3, "reheats": 2, "warmup": 4}),
        json!({"cooling": 0.8, "moves": 2, "reheats": 3}),
        json!({"initial_acceptance": 0.99, "final_temperature": 1.0}),
    ]
}

fn build(config: Config, budget: u64) -> Annealing {
    Annealing::new(config, context(&reals(3), 2, budget))
}

fn go(agent: &mut Annealing, trials: usize, reward: impl Fn(&Design) -> f64) {
    search(agent, trials, 1, |design| Some(reward(design)));
}

#[test]
fn keeps_the_contract() {
    rehearsal::assert_keeps_the_contract(&ENTRY, &variants());
}

#[test]
fn the_median_distance_is_of_rewards_that_differ() {
    assert_eq!(median_distance(&[1.0, 4.0, 1.0, 2.0]), 2.0); // 3, 1, 3, 2, 1 and none of 0
    assert_eq!(median_distance(&[5.0, 5.0]), 0.0);
    assert!(median_distance(&[f64::MAX, -f64::MAX]).is_finite());
}

/// A loss of the median distance is accepted with the probability that was asked for: exp(-d/T₀) = p.
#[test]
fn the_first_temperature_gives_the_initial_acceptance() {
    let mut agent = build(Config { initial_acceptance: 0.8, ..Config::default() }, 1000);
    go(&mut agent, 10, |design| design.real(0) * 7.0);
    assert!(agent.state.scale > 0.0 && agent.is_warm());
    let accepted = exp(-agent.state.scale / agent.temperature());
    assert!((accepted - 0.8).abs() < 1e-12, "{accepted}");
}

#[test]
fn cooling_is_geometric_and_ends_with_the_budget() {
    let config = Config { final_temperature: 1e-2, ..Config::default() };
    let mut agent = build(config, 110);
    go(&mut agent, 10, |design| design.real(0));
    let first = agent.temperature();
    for (trials, share) in [(50, 0.1), (49, 0.010_471), (1, 0.01), (20, 0.01)] {
        go(&mut agent, trials, |design| design.real(0));
        let seen = agent.temperature() / first;
        assert!((seen / share - 1.0).abs() < 1e-3, "{seen} instead of {share}");
    }
}

/// Kirkpatrick's Tₖ = T₀ αᵏ with several moves at each temperature.
#[test]
fn a_given_factor_cools_after_so_many_moves() {
    let config = Config { cooling: 0.5, moves: 4, ..Config::default() };
    let mut agent = build(config, 1000);
    go(&mut agent, 10, |design| design.real(0));
    let first = agent.temperature();
    for share in [1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5, 0.25] {
        go(&mut agent, 1, |design| design.real(0));
        assert_eq!(agent.temperature(), first * share);
    }
}

#[test]
fn a_reheat_rises_to_half_and_returns_to_the_best() {
    let config = Config { cooling: 0.1, final_temperature: 0.05, reheats: 1, ..Config::default() };
    let mut agent = build(config, 1000);
    go(&mut agent, 10, |design| design.real(0));
    let first = agent.temperature();
    go(&mut agent, 2, |design| design.real(0));
    assert!(agent.cooled().is_none());
    let best = agent.state.best.clone().unwrap();
    agent.propose();
    assert_eq!(agent.temperature(), 0.5 * first);
    assert_eq!(agent.state.chains[0].current.as_ref(), Some(&best));
}

#[test]
fn metropolis_accepts_losses_by_their_size() {
    let share = |loss: f64| {
        let accepted = |seed| {
            let config = Config { warmup: 2, initial_acceptance: 0.5, ..Config::default() };
            let mut agent = Annealing::new(config, context(&reals(1), seed, 1000));
            let answers = [0.0, 1.0, 1.0 - loss];
            for answer in answers {
                go(&mut agent, 1, |_| answer);
            }
            agent.state.chains[0].current.as_ref().unwrap().reward == Some(1.0 - loss)
        };
        (0..2000).filter(|seed| accepted(*seed)).count() as f64 / 2000.0
    };
    // T₀ = 1/ln 2, so that a loss x is accepted with 2^-x.
    for (loss, expected) in [(1.0, 0.5), (2.0, 0.25), (-1.0, 1.0)] {
        assert!((share(loss) - expected).abs() < 0.04, "{loss}: {} instead of {expected}", share(loss));
    }
}

#[test]
fn scale_and_zero_of_the_reward_do_not_matter() {
    let run = |scale: f64, zero: f64| {
        let mut agent = build(Config::default(), 300);
        search(&mut agent, 300, 1, |design| Some(scale * (design.real(0) - design.real(1)) + zero))
    };
    let reference = run(1.0, 0.0);
    // Powers of two: the arithmetic is exact.
    assert_eq!(run(1024.0, 0.0), reference);
    assert_eq!(run(1.0 / 4096.0, 0.0), reference);
    let near = run(1.0, 8.0);
    let same = near.iter().zip(&reference).filter(|(a, b)| a == b).count();
    assert!(same > 250, "only {same} of 300 are the same");
}

#[test]
fn infeasible_designs_are_never_walked_to() {
    let mut agent =
        build(Config { initial_acceptance: 0.99, final_temperature: 1.0, ..Config::default() }, 100);
    search(&mut agent, 100, 1, |design| (design.real(0) < 0.5).then_some(design.real(1)));
    assert!(agent.state.chains[0].current.as_ref().unwrap().reward.is_some());
    assert_eq!(loss(1.0, f64::NEG_INFINITY), f64::INFINITY);
}

#[test]
fn a_finite_space_is_hardly_repeated() {
    assert!(repeats(&ENTRY, &json!({}), 7, 100) < 10);
}

#[test]
fn a_snapshot_of_other_chains_or_another_space_is_refused() {
    let state = build(Config { chains: 2, ..Config::default() }, 100).snapshot().unwrap();
    let refused = |result| matches!(result, Err(Error::Snapshot { what: "annealing", .. }));
    assert!(refused(build(Config::default(), 100).restore(&state)));
    let mut other = rehearsal::build(&ENTRY, &json!({}), &reals(2));
    other.tell(&[trial(&reals(2).first(), Some(1.0))]).unwrap();
    assert!(refused(build(Config::default(), 100).restore(&other.snapshot().unwrap())));
}
