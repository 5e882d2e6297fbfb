//! The policies solve CartPole-v1, as `examples/cart_pole.rs` trains them.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a failed test may panic anywhere")]

#[path = "../examples/cart_pole.rs"]
mod example;

/// Gymnasium calls it solved at 475.
fn solves(method: &str) {
    for seed in 1..=3 {
        let reached = example::train(method, seed, |_, _| {}).unwrap();
        println!("{method}, seed {seed}: mean return {reached:.1}");
        assert!(reached >= 475.0, "{method}, seed {seed}: mean return {reached:.1}");
    }
}

#[test]
#[ignore = "slow: 300,000 steps, about a minute"]
fn ppo_solves_cart_pole() {
    solves("ppo");
}

#[test]
#[ignore = "slow: 150,000 steps, half a minute"]
fn dqn_solves_cart_pole() {
    solves("dqn");
}
