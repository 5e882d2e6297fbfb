//! Every registered environment, and every registered agent on every registered environment, passes the
//! conformance suite.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a failed test may panic anywhere; reports are for people"
)]

use std::process::Command;
use std::sync::Arc;

use rl_env::check::{
    Arena, arenas, check_agent, check_env, check_problem, fingerprint_agent, fingerprint_env,
    fingerprint_problem,
};
use rl_env::env::Env;
use rl_env::episode::{Episode, Form, Settings};
use rl_env::objective::Objective;
use rl_env::problem::Problem;
use rl_env::registry::{AgentEntry, EnvEntry, Make, Selection};
use sweepstake_agents::AGENTS; // `external` has the suite in tests/external.rs
use sweepstake_envs::ENVS;

/// A short memory trace with reads, writes, row hits, misses and gaps.
const MEMORY_TRACE: &[u8] = b"cycle,op,addr\n0,R,0x0\n1,W,0x40\n2,R,0x10000\n3,R,0x80\n4,W,0x2000\n\
    40,R,0x123400\n41,W,0x123440\n9000,R,0x4000000\n9001,R,0x4002000\n9002,W,0x40\n30000,R,0x0\n";

/// Two tasks, one of them with an accelerator that can be unrolled, between a source and a sink.
const TASK_GRAPH: &[u8] = b"{name: short, last_task: b, budget: {latency_s: 0.001, power_w: 0.01, area_m2: 1e-6}, \
    tasks: [{name: s, kind: source}, {name: a, work: 1e6, loop_iterations: 12, accelerator: {cycles: 9000, \
    energy_fj: 300, area_um2: 9000}}, {name: b, work: 5e5}, {name: t, kind: sink}], edges: [{from: s, to: a, \
    bytes: 90000}, {from: s, to: b, bytes: 5000}, {from: a, to: b, bytes: 40000}, {from: b, to: t, bytes: 100}]}";

/// A small layer with loops in most dimensions.
const LAYERS: &[u8] = b"name,kind,N,M,C,P,Q,R,S\nsmall,dense,1,8,4,6,1,3,1\n";

/// The suites evaluate thousands of designs. Environments whose built-in workloads take milliseconds, or have spaces
/// of a hundred parameters that slow agents down, run them on a short workload file instead, through the same code; `every_built_in_workload_evaluates` sees the others.
const SHORT_WORKLOADS: &[(&str, &[u8])] = &[
    ("DnnAccelerator-v0", LAYERS),
    ("DnnCodesign-v0", LAYERS),
    ("DnnMapping-v0", LAYERS),
    ("DramController-v0", MEMORY_TRACE),
    ("DramSystem-v0", MEMORY_TRACE),
    ("Soc-v0", TASK_GRAPH),
    ("SocArchGym-v0", TASK_GRAPH),
    ("SystolicArray-v0", LAYERS),
];

fn short_workload(entry: &EnvEntry) -> Option<&'static [u8]> {
    let row = SHORT_WORKLOADS.iter().find(|(id, _)| *id == entry.id);
    row.map(|(_, file)| *file).or_else(|| networks::short_workload(entry))
}

#[cfg(feature = "networks")]
mod networks {
    use std::sync::LazyLock;

    use super::EnvEntry;
    use sweepstake_networks::architecture::Architecture;
    use sweepstake_networks::checkpoint;
    use sweepstake_networks::images::{Dataset, Images};
    use sweepstake_networks::weights::Weights;

    /// A network of a few weights with a few images of noise.
    static NETWORK: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let network = Architecture::conv4(4, [2, 2, 2, 2], 10);
        let part = || Images {
            side: 4,
            pixels: (0..16 * 20_u32).map(|i| (i * i % 251) as u8).collect(),
            labels: (0..20).map(|i| i % 10).collect(),
        };
        let images = Dataset { train: part(), test: part() };
        checkpoint::write(&network, &Weights::random(&network, 1), Some(&images)).unwrap()
    });

    pub(super) fn short_workload(entry: &EnvEntry) -> Option<&'static [u8]> {
        (entry.id == "PruningMask-v0").then(|| &NETWORK[..])
    }
}

#[cfg(not(feature = "networks"))]
mod networks {
    pub(super) fn short_workload(_: &super::EnvEntry) -> Option<&'static [u8]> {
        None
    }
}

/// Every environment with each of its built-in workloads and spaces, and how that is called.
fn built_in() -> impl Iterator<Item = (String, &'static EnvEntry, Selection<'static>)> {
    ENVS.iter().flat_map(|entry| {
        entry.workloads.iter().flat_map(move |workload| {
            entry.spaces.iter().map(move |space| {
                let name = format!("{}/{}/{}", entry.id, workload.name, space.name);
                (name, entry, Selection { workload: workload.name, space: space.name, file: None })
            })
        })
    })
}

/// As [`built_in`], with the short workload where there is one.
fn selections() -> impl Iterator<Item = (String, &'static EnvEntry, Selection<'static>)> {
    let long = built_in().filter(|(_, entry, _)| short_workload(entry).is_none());
    let shortened = ENVS.iter().filter_map(|entry| Some((entry, short_workload(entry)?)));
    long.chain(shortened.flat_map(|(entry, file)| {
        entry.spaces.iter().map(move |space| {
            let name = format!("{}/short/{}", entry.id, space.name);
            (name, entry, Selection { workload: "short", space: space.name, file: Some(file) })
        })
    }))
}

/// Every search problem.
fn problems() -> impl Iterator<Item = (String, &'static EnvEntry, &'static str, Arc<dyn Problem>)> {
    selections().filter_map(|(name, entry, selection)| match entry.make {
        Make::Problem(make) => Some((name, entry, selection.workload, make(&selection).unwrap())),
        Make::Env(_) => None,
    })
}

/// Every truly sequential environment.
fn environments() -> impl Iterator<Item = (String, impl Fn() -> Box<dyn Env>)> {
    selections().filter_map(|(name, entry, selection)| match entry.make {
        Make::Env(make) => Some((name, move || make(&selection).unwrap())),
        Make::Problem(_) => None,
    })
}

/// Every problem under its default objective and its Pareto objectives, for agents to search.
fn registered_arenas() -> Vec<Arena> {
    let of = |(name, entry, workload, problem): (String, &EnvEntry, &str, Arc<dyn Problem>)| {
        let arena =
            move |(objective, o)| Arena::new(format!("{name}/{objective}"), problem.clone(), &o).unwrap();
        let objectives = (entry.objectives)(workload).into_iter().enumerate();
        let chosen = objectives.filter(|(i, (_, o))| *i == 0 || matches!(o, Objective::Pareto { .. }));
        chosen.map(|(_, objective)| arena(objective)).collect::<Vec<_>>()
    };
    problems().flat_map(of).collect()
}

#[test]
fn every_problem_passes() {
    for (name, entry, workload, problem) in problems() {
        match check_problem(&*problem, &(entry.objectives)(workload)) {
            Ok(report) => println!("{}", report.of(name)),
            Err(failures) => panic!("{}", failures.of(name)),
        }
    }
}

#[test]
fn every_built_in_workload_evaluates() {
    for (name, entry, selection) in built_in() {
        let Make::Problem(make) = entry.make else { continue };
        let problem = make(&selection).unwrap();
        let mut rng = rl_env::seed::Seed(1).stream(&name);
        for _ in 0..12 {
            let design = problem.space().sample(&mut rng);
            let outcome = problem.evaluate(&design);
            assert_eq!(outcome, problem.evaluate(&problem.canonical(&design)), "{name}: {design:?}");
            let finite = |metrics: &[f64]| metrics.iter().all(|x| x.is_finite());
            assert!(outcome.metrics().is_none_or(finite), "{name}: {outcome:?}");
        }
    }
}

#[test]
fn every_environment_passes() {
    for (name, make) in environments() {
        match check_env(make) {
            Ok(report) => println!("{}", report.of(name)),
            Err(failures) => panic!("{}", failures.of(name)),
        }
    }
}

/// The problem of an arena as an environment in each of the forms.
fn episodes(arena: &Arena) -> impl Iterator<Item = (String, impl Fn() -> Box<dyn Env>)> {
    let forms = [Form::Native, Form::Levels, Form::Unit, Form::Sequential];
    forms.into_iter().map(|form| {
        let (problem, objective) = (arena.problem().clone(), arena.objective().clone());
        let make = move || {
            let episode = Episode::new(problem.clone(), &objective, Settings::of(form));
            Box::new(episode.unwrap()) as Box<dyn Env>
        };
        (format!("{} {form:?}", arena.name), make)
    })
}

#[test]
fn every_problem_passes_as_an_episode() {
    let mut broken = Vec::new();
    let arenas: Vec<Arena> = arenas().unwrap().into_iter().chain(registered_arenas()).collect();
    for (name, make) in arenas.iter().flat_map(episodes) {
        match check_env(make) {
            Ok(report) => println!("{}", report.of(name)),
            Err(failures) => broken.push(failures.of(name).to_string()),
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_built_in_arenas_are_sound_problems() {
    for arena in arenas().unwrap() {
        let checked = check_problem(&**arena.problem(), &[("arena", arena.objective().clone())]);
        checked.unwrap_or_else(|failures| panic!("{}", failures.of(arena.name)));
    }
}

/// Agents that learn a model of what they know: the suite takes them seconds in one arena.
const MODELLERS: &[&str] = &["bayesian", "dqn", "forest-bayesian", "portfolio", "ppo", "reinforce"];

/// The arenas for an agent: all, or for slow ones the first of each environment.
fn arenas_for(agent: &str, all: impl Fn() -> Vec<Arena>) -> Vec<Arena> {
    let mut arenas = all();
    if MODELLERS.contains(&agent) {
        arenas.dedup_by_key(|arena| arena.name.split('/').next().unwrap_or_default().to_owned());
    }
    arenas
}

fn every_agent_passes(place: &str, all: impl Fn() -> Vec<Arena>, which: impl Fn(&str) -> bool) {
    for entry in AGENTS.iter().filter(|entry| which(entry.name)) {
        let name = format!("{} {place}", entry.name);
        match check_agent(entry, &arenas_for(entry.name, &all)) {
            Ok(report) => println!("{}", report.of(name)),
            Err(failures) => panic!("{}", failures.of(name)),
        }
    }
}

#[test]
fn every_agent_passes_in_the_built_in_arenas() {
    every_agent_passes("in the built-in arenas", || arenas().unwrap(), |_| true);
}

#[test]
fn every_agent_without_a_model_passes_on_every_problem() {
    every_agent_passes("on every registered problem", registered_arenas, |agent| !MODELLERS.contains(&agent));
}

/// A discrete space with dead parameters and a real one.
#[test]
fn every_agent_with_a_model_passes_on_a_controller_and_a_landscape() {
    let few = || {
        let mut arenas = registered_arenas();
        arenas.retain(|arena| {
            arena.name.starts_with("DramController-v0/") || arena.name.starts_with("Landscape-v0/")
        });
        arenas
    };
    every_agent_passes("on a controller and a landscape", few, |agent| MODELLERS.contains(&agent));
}

#[test]
#[ignore = "slow: many minutes"]
fn every_agent_with_a_model_passes_in_every_environment() {
    every_agent_passes("in every environment", registered_arenas, |agent| MODELLERS.contains(&agent));
}

/// Digests of everything registered, one line each.
fn fingerprints() -> String {
    let problems = problems().map(|(name, _, _, problem)| (name, fingerprint_problem(&*problem)));
    let environments = environments().map(|(name, make)| (name, fingerprint_env(make)));
    let digest = |entry: &AgentEntry| fingerprint_agent(entry, &arenas_for(entry.name, registered_arenas));
    let agents = AGENTS.iter().map(|entry| (entry.name.to_owned(), digest(entry)));
    let all = problems.chain(environments).chain(agents);
    all.map(|(name, digest)| format!("{MARK}{name} {digest}\n")).collect()
}

const MARK: &str = "fingerprint ";

/// Set in the second process, which only prints.
const CHILD: &str = "SWEEPSTAKE_PRINT_FINGERPRINTS";

#[test]
fn another_process_gives_the_same_fingerprints() {
    let own = fingerprints();
    if std::env::var_os(CHILD).is_some() {
        println!("\n{own}");
        return;
    }
    let child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "conformance::another_process_gives_the_same_fingerprints",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let text = String::from_utf8(child.stdout).unwrap();
    let lines = text.lines().filter(|line| line.starts_with(MARK));
    let theirs: String = lines.map(|line| format!("{line}\n")).collect();
    assert!(child.status.success(), "{text}");
    assert_eq!(theirs, own);
}
