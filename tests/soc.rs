//! The SoC environments against FARSI's and ArchGym's recorded runs, and FARSI's search in them.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::sync::Arc;

use flate2::read::GzDecoder;
use rayon::prelude::*;
use rl_env::agent::{Context, Trial};
use rl_env::design::{Design, Value};
use rl_env::problem::{Problem, evaluate, metric_index};
use rl_env::registry::{EnvEntry, find_agent, find_env};
use rl_env::seed::Seed;
use serde_json::{Value as Json, json};
use sweepstake_agents::AGENTS;
use sweepstake_envs::ENVS;

fn entry(id: &str) -> &'static EnvEntry {
    find_env(ENVS, id).unwrap()
}

fn problem(id: &str, workload: &str) -> Arc<dyn Problem> {
    entry(id).problem(&entry(id).select(workload, "", None).unwrap()).unwrap()
}

/// Recorded actions of ArchGym's environment.
#[allow(clippy::print_stdout)] // a skipped test says so
fn actions() -> Option<Vec<Json>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/reference/soc");
    let Ok(file) = std::fs::File::open(folder.join("archgym_actions.jsonl.gz")) else {
        println!("skipped: no reference data");
        return None;
    };
    let lines = BufReader::new(GzDecoder::new(file)).lines();
    Some(lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect())
}

/// What is feasible here was simulated there, with the same observation and reward; the rest there is either an error
/// or a system with data that have no memory.
#[test]
fn observations_and_rewards_are_those_that_archgym_recorded() {
    let Some(rows) = actions() else { return };
    let mut feasible = 0;
    for row in &rows {
        let problem = problem("SocArchGym-v0", &row["workload"].as_str().unwrap().replace('_', "-"));
        let numbers = row["action"].as_array().unwrap().iter().map(|n| Value::Integer(n.as_i64().unwrap()));
        let outcome = evaluate(&*problem, &Design(numbers.collect()));
        let Some(metrics) = outcome.metrics() else { continue };
        feasible += 1;
        assert_eq!(row["status"], "simulated", "{}", row["id"]);
        let ours = ["latency_s", "power_w", "area_m2", "distance_eliminate"]
            .map(|name| metrics[metric_index(problem.metrics(), name).unwrap()]);
        let theirs = [&row["obs"][0], &row["obs"][1], &row["obs"][2], &row["reward"]];
        for (ours, theirs) in ours.iter().zip(theirs.map(|number| number.as_f64().unwrap())) {
            assert!((ours - theirs).abs() <= 1e-9 * theirs, "{}: {ours} instead of {theirs}", row["id"]);
        }
    }
    assert_eq!(feasible, 112);
}

/// Simulator calls until every budget is met; `most` if they are not enough.
fn calls_until_met(workload: &str, config: &Json, seed: u64, most: usize) -> usize {
    let problem = problem("Soc-v0", workload);
    let (_, objective) = entry("Soc-v0").objective(workload, "").unwrap();
    let scorer = objective.bind(problem.metrics()).unwrap();
    let space = Arc::new(problem.space().clone());
    let context = Context { space, seed: Seed(seed), budget: most as u64, axes: 0 };
    let mut agent = find_agent(AGENTS, "farsi").unwrap().build(config, context).unwrap();
    let missed = metric_index(problem.metrics(), "missed_budgets").unwrap();
    for call in 1..=most {
        let design = agent.ask(1).unwrap().remove(0);
        let outcome = evaluate(&*problem, &design);
        if outcome.metrics().is_some_and(|metrics| metrics[missed] == 0.0) {
            return call;
        }
        let reward = outcome.metrics().map(|metrics| scorer.reward(metrics));
        agent.tell(&[Trial { design, outcome, reward, axes: Vec::new(), cached: false }]).unwrap();
    }
    most
}

fn median(config: &Json, most: usize) -> usize {
    let mut calls: Vec<usize> =
        (0..30u64).into_par_iter().map(|seed| calls_until_met("audio-decoder", config, seed, most)).collect();
    calls.sort_unstable();
    calls[15]
}

/// By chance it takes longer.
#[test]
fn farsi_meets_the_budgets_of_the_audio_decoder_within_forty_evaluations() {
    let aware = median(&json!({}), 100);
    assert!(aware <= 40, "{aware} calls");
    let random = median(&json!({"selection": "random"}), 100);
    assert!(random > 2 * aware, "{random} calls by chance, {aware} with advice");
}
