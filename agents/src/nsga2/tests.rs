use rl_env::design::Value;
use rl_env::pareto::Front;
use rl_env::problem::Outcome;
use rl_env::registry::AgentEntry;
use serde_json::json;

use super::*;
use crate::parts::rehearsal::{self, context, reals, repeats, search};

const ENTRY: AgentEntry = AgentEntry::of::<Config>("nsga2");

fn told(axes: &[f64]) -> Told {
    let reward = (!axes.is_empty()).then_some(0.0);
    Told { design: Design(vec![Value::Real(0.0)]), reward, axes: axes.to_vec() }
}

fn standings(points: &[&[f64]]) -> Vec<(usize, f64)> {
    let designs: Vec<Told> = points.iter().map(|axes| told(axes)).collect();
    rank(&designs).iter().map(|standing| (standing.front, standing.crowding)).collect()
}

#[test]
fn keeps_the_contract() {
    let variants = [
        json!({}),
        json!({"population": 10, "offspring": 1.0, "crossover": "sbx"}),
        json!({"population": 6, "offspring": 0.01, "tournament": 5, "crossover": "two-point"}),
    ];
    rehearsal::assert_keeps_the_contract(&ENTRY, &variants);
}

#[test]
fn fronts_are_peeled_one_by_one_and_infeasible_designs_come_last() {
    let fronts: Vec<usize> =
        standings(&[&[1.0, 1.0], &[3.0, 1.0], &[], &[1.0, 3.0], &[0.5, 0.5], &[2.0, 2.0], &[]])
            .into_iter()
            .map(|(front, _)| front)
            .collect();
    assert_eq!(fronts, [1, 0, 3, 0, 2, 0, 3]);
}

/// By hand: the extents are 4 and 4; the middle one has sides (3 - 0)/4 + (4 - 1)/4.
#[test]
fn crowding_is_half_the_outline_of_the_empty_cuboid() {
    let inf = f64::INFINITY;
    let crowding: Vec<f64> =
        standings(&[&[0.0, 4.0], &[1.0, 3.0], &[3.0, 1.0], &[4.0, 0.0]]).into_iter().map(|s| s.1).collect();
    assert_eq!(crowding, [inf, 1.5, 1.5, inf]);
    let equal: Vec<f64> = standings(&[&[1.0, 1.0][..]; 4]).into_iter().map(|s| s.1).collect();
    assert_eq!(equal.iter().filter(|c| **c == 0.0).count(), 2);
}

#[test]
fn a_scalar_reward_is_a_single_axis() {
    let design = |reward| Told { design: Design(Vec::new()), reward, axes: Vec::new() };
    let all = [Some(1.0), None, Some(3.0), Some(-f64::MAX), Some(f64::MAX)].map(design);
    let fronts: Vec<usize> = rank(&all).iter().map(|standing| standing.front).collect();
    assert_eq!(fronts, [2, 4, 1, 3, 0]);
}

/// A bi-objective problem with a conflict in one parameter and a common bowl in the others.
fn conflict(design: &Design) -> Vec<f64> {
    let bowl: f64 = (1..6).map(|i| (design.real(i) - 0.15 * i as f64).powi(2)).sum();
    let a = design.real(0);
    vec![1.0 - a * a - bowl, 1.0 - (1.0 - a) * (1.0 - a) - bowl]
}

fn front_of(agent: &str, seed: u64) -> f64 {
    let entry = crate::AGENTS.iter().find(|entry| entry.name == agent).unwrap();
    let context = Context { axes: 2, ..context(&reals(6), seed, 300) };
    let mut agent = entry.build(&entry.defaults(), context).unwrap();
    let mut front = Front::default();
    for _ in 0..300 {
        let design = agent.ask(1).unwrap().remove(0);
        let axes = conflict(&design);
        front.offer(&axes, || ());
        let reward = Some(axes.iter().map(|x| x.clamp(0.0, 1.0)).product());
        let outcome = Outcome::Feasible([0.0].into());
        agent.tell(&[Trial { design, outcome, reward, axes, cached: false }]).unwrap();
    }
    front.hypervolume()
}

#[test]
fn the_front_is_larger_than_that_of_other_agents() {
    for other in ["genetic", "random-walker"] {
        let wins = (0..10).filter(|seed| front_of("nsga2", *seed) > front_of(other, *seed)).count();
        assert!(wins >= 9, "wins {wins} of 10 against {other}");
    }
}

#[test]
fn no_member_of_the_best_front_is_lost_while_there_is_room() {
    let config = Config { population: 12, ..Config::default() };
    let mut agent = Nsga2::new(config, context(&reals(2), 1, 200));
    let mut best = f64::NEG_INFINITY;
    for _ in 0..100 {
        search(&mut agent, 1, 1, |design| {
            best = best.max(design.real(0));
            Some(design.real(0))
        });
    }
    assert_eq!(agent.state.population.len(), 12);
    assert_eq!(agent.state.population[0].fitness(), best);
}

#[test]
fn a_finite_space_is_hardly_repeated() {
    let repeats = repeats(&ENTRY, &json!({}), 8, 150);
    assert!(repeats <= 8, "{repeats}");
}
