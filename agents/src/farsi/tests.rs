#![allow(clippy::unwrap_used, reason = "a failed test may panic anywhere")]

use rl_env::design::Value;
use rl_env::problem::Outcome;
use rl_env::seed::Seed;

use super::*;

fn number(n: i64) -> Design {
    Design(vec![Value::Integer(n)])
}

fn step(to: i64, part: u32, share: f64, blame: f64, advised: bool) -> Move {
    Move {
        design: number(to),
        kind: "step",
        metric: "cost".into(),
        part,
        share,
        block: to as u32,
        blame,
        advised,
    }
}

/// Numbers from 0 to 999; moves add one, two, ten or fifty.
fn space() -> DesignSpace {
    let space = DesignSpace::new(vec![Parameter::integer("number", 0, 999)]).unwrap();
    space.with_moves(|design| {
        let at = design.integer(0);
        let moves = [
            (1, 0, 0.9, 0.1, true),
            (2, 0, 0.9, 0.8, true),
            (10, 0, 0.9, 0.9, false),
            (50, 1, 0.1, 0.9, true),
        ];
        let on = moves
            .into_iter()
            .map(|(by, part, share, blame, advised)| step((at + by).min(999), part, share, blame, advised));
        on.collect()
    })
}

fn agent(config: Config) -> Farsi {
    Farsi::new(config, Context { space: Arc::new(space()), seed: Seed(1), budget: 100, axes: 0 })
}

fn told(design: &Design, reward: f64) -> Trial {
    let outcome = Outcome::Feasible([reward].into());
    Trial { design: design.clone(), outcome, reward: Some(reward), axes: Vec::new(), cached: false }
}

fn walk(agent: &mut Farsi, count: usize, reward: impl Fn(i64) -> f64) -> Vec<i64> {
    let mut path = Vec::new();
    for _ in 0..count {
        let design = agent.ask(8).unwrap().remove(0);
        path.push(design.integer(0));
        agent.tell(&[told(&design, reward(design.integer(0)))]).unwrap();
    }
    path
}

#[test]
fn the_move_for_the_worst_block_of_the_part_most_to_blame_is_made() {
    let mut agent = agent(Config { depth: 4, ..Config::default() });
    assert_eq!(walk(&mut agent, 5, |n| n as f64), [0, 2, 4, 6, 8]);
}

#[test]
fn the_best_design_of_a_chain_is_kept() {
    let mut agent = agent(Config { depth: 4, ..Config::default() });
    // 4 is best; the chain goes on from it.
    let path = walk(&mut agent, 6, |n| -((n - 4) as f64).abs());
    assert_eq!(path[..5], [0, 2, 4, 6, 8]);
    // The move of two was made before, so the other one of the part is.
    assert_eq!(path[5], 5);
}

#[test]
fn a_part_that_leads_nowhere_is_left_alone() {
    let mut agent = agent(Config { depth: 1, patience: 1, ..Config::default() });
    let path = walk(&mut agent, 4, |n| -n as f64);
    assert_eq!(path, [0, 2, 1, 50]);
}

#[test]
fn random_selection_makes_moves_that_nobody_advised() {
    let mut agent = agent(Config { selection: Selection::Random, depth: 100, ..Config::default() });
    let path = walk(&mut agent, 40, |n| n as f64);
    assert!(path.windows(2).any(|pair| pair[1] - pair[0] == 10), "{path:?}");
}

#[test]
fn without_moves_steps_are_small_changes_from_the_best_design() {
    let space = DesignSpace::new(vec![Parameter::integer("number", 0, 999)]).unwrap();
    let context = Context { space: Arc::new(space), seed: Seed(1), budget: 100, axes: 0 };
    let mut agent = Farsi::new(Config::default(), context);
    let path = walk(&mut agent, 120, |n| -((n - 700) as f64).abs());
    assert!(path.iter().any(|n| (n - 700).abs() < 5), "{path:?}");
}
