//! How fast agents are: profiles, runtime distributions, expected running times.

use rl_env::seed::Seed;

use super::assembly::Material;
use super::findings::{Findings, ProfileRow, RuntimeRow, TargetRow};
use super::regret::Scale;
use crate::statistics::{Attempt, expected_running_time, profile, reached_within};
use crate::study::Run;

/// Seed of the bootstrap.
const SEED: Seed = Seed(2023);
/// Steps of a profile.
const STEPS: u32 = 50;
/// Regrets whose running times are told apart.
const TARGETS: [f64; 3] = [0.5, 0.1, 0.01];

pub(super) fn fill(material: &Material<'_>, found: &mut Findings) {
    let grid = grid(material.board.calls);
    for agent in &material.agents {
        found.profiles.extend(profiles(material, agent));
        let problems = material.regrets.runs(agent);
        found.runtimes.extend(runtimes(agent, &problems, &grid, material.board.calls));
        for (title, scale, runs) in &problems {
            let targets = TARGETS.iter().map(|target| {
                let attempts: Vec<Attempt> =
                    runs.iter().map(|run| attempt(run, *scale, *target, material.board.calls)).collect();
                TargetRow {
                    agent: (*agent).to_owned(),
                    problem: (*title).to_owned(),
                    target_regret: *target,
                    runs: attempts.len(),
                    reached: attempts.iter().filter(|attempt| attempt.reached.is_some()).count(),
                    expected_calls: expected_running_time(&attempts),
                }
            });
            found.targets.extend(targets);
        }
    }
}

fn profiles(material: &Material<'_>, agent: &str) -> Vec<ProfileRow> {
    let scores = material.regrets.of(agent, material.board.calls);
    let scores =
        scores.into_iter().map(|regrets| regrets.into_iter().map(|r| 1.0 - r.max(0.0)).collect()).collect();
    let thresholds: Vec<f64> = (0..=STEPS).map(|step| f64::from(step) / f64::from(STEPS)).collect();
    let shares = profile(&scores, &thresholds, material.few_replicates(), SEED);
    let row = |(score, share): (&f64, crate::statistics::Interval)| ProfileRow {
        agent: agent.to_owned(),
        score: *score,
        share: share.estimate,
        low_95: share.low,
        high_95: share.high,
    };
    thresholds.iter().zip(shares).map(row).collect()
}

/// Regrets 10^(−j/10), 0.8 down to 0.001.
fn targets() -> impl Iterator<Item = f64> {
    (1..=30).map(|j| libm::pow(10.0, -f64::from(j) / 10.0))
}

fn runtimes(agent: &str, problems: &[(&str, Scale, Vec<&Run>)], grid: &[u64], most: u64) -> Vec<RuntimeRow> {
    let shares: Vec<Vec<f64>> = problems
        .iter()
        .map(|(_, scale, runs)| {
            let towards = |target| runs.iter().map(move |run| attempt(run, *scale, target, most));
            reached_within(&targets().flat_map(towards).collect::<Vec<_>>(), grid)
        })
        .collect();
    let share = |at: usize| shares.iter().map(|share| share[at]).sum::<f64>() / shares.len() as f64;
    let row = |(at, calls): (usize, &u64)| RuntimeRow {
        agent: agent.to_owned(),
        simulator_calls: *calls,
        share: share(at),
    };
    grid.iter().enumerate().filter(|_| !shares.is_empty()).map(row).collect()
}

/// A run towards a regret, cut after `most` calls.
fn attempt(run: &Run, scale: Scale, target: f64, most: u64) -> Attempt {
    let hit = |(calls, score): &&(u64, f64)| *calls <= most && scale.regret(Some(*score)) <= target;
    let reached = run.curve.iter().find(hit).map(|(calls, _)| (*calls).max(1));
    Attempt { reached, spent: run.simulator_calls.clamp(1, most) }
}

/// About ten numbers of calls a decade.
pub(super) fn grid(most: u64) -> Vec<u64> {
    let decade = |k: i32| libm::pow(10.0, f64::from(k) / 10.0).round() as u64;
    let mut grid: Vec<u64> = (0..=190).map(decade).take_while(|calls| *calls < most).chain([most]).collect();
    grid.dedup();
    grid
}
