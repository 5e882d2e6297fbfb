//! A learnt policy on `ActiveSelection-v0` against the strategies of selection, as `examples/active_selection.rs` holds them
//! against each other.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a failed test may panic anywhere")]

#[path = "../examples/active_selection.rs"]
mod example;

/// What is worth seeing depends on what was seen: a policy that learns that earns more than one that sees a fixed number.
#[test]
#[ignore = "slow: 1,500,000 steps, two minutes"]
fn ppo_earns_more_than_any_strategy_with_a_fixed_number_of_tests() {
    let strategies = example::strategies().unwrap();
    let (name, fixed) = strategies.iter().max_by(|a, b| a.1.mean.total_cmp(&b.1.mean)).unwrap();
    let learnt = example::train(1, example::STEPS, |_, _| {}).unwrap();
    println!("best fixed: {name}, {fixed:?}; ppo: {learnt:?}");
    let error = fixed.error.hypot(learnt.error);
    assert!(learnt.mean > fixed.mean + error, "{learnt:?} against {name}: {fixed:?}");
}
