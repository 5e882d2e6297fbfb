//! Every command does what its help and the README say.

use std::fs;

use serde_json::Value as Json;
use sweepstake::config::SweepConfig;
use sweepstake::document::Document;
use sweepstake::plan::Plan;
use sweepstake::selection_study::StudyConfig;
use tempfile::tempdir;

use crate::command::{run, stderr, succeed, sweepstake};

fn json(arguments: &[&str]) -> Json {
    serde_json::from_str(&succeed(arguments)).unwrap()
}

#[test]
fn list_names_every_table() {
    let all = json(&["list", "--json"]);
    let names = |table: &str| -> Vec<String> {
        all[table].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
    };
    assert!(names("envs").contains(&"Landscape-v0".to_owned()));
    assert!(names("agents").contains(&"genetic".to_owned()));
    assert!(names("workloads").contains(&"rastrigin".to_owned()));
    assert!(names("objectives").contains(&"pareto".to_owned()));
    assert!(succeed(&["list"]).contains("random-walker"));
}

#[test]
fn describe_tells_all_of_every_name() {
    let all = json(&["list", "--json"]);
    for row in ["envs", "agents"].iter().flat_map(|table| all[*table].as_array().unwrap()) {
        let name = row["name"].as_str().unwrap();
        assert!(succeed(&["describe", name]).contains(name));
        assert_eq!(json(&["describe", name, "--json"])["name"], name);
    }
    let landscape = json(&["describe", "Landscape-v0", "--workload", "nk", "--json"]);
    assert_eq!(landscape["size"], "65536");
    assert_eq!(landscape["metrics"][0]["name"], "cost");
}

#[test]
fn run_prints_the_promised_json() {
    let result = json(&["run", "--env", "Landscape-v0", "--agent", "genetic", "--budget", "50", "--json"]);
    for key in ["best_reward", "best_design", "best_metrics", "simulator_calls", "samples", "wall_s"] {
        assert!(!result[key].is_null(), "{key}");
    }
    assert_eq!(result["simulator_calls"], 50);
    assert_eq!(result["best_reward"].as_f64().unwrap(), -result["best_metrics"]["cost"].as_f64().unwrap());
}

#[test]
fn run_is_reproducible_and_depends_on_the_seed() {
    let best = |seed: &str| {
        let arguments =
            ["run", "--env", "Landscape-v0", "--agent", "genetic", "--budget", "99", "--seed", seed];
        json(&[&arguments[..], &["--json"]].concat())["best_reward"].clone()
    };
    assert_eq!(best("1"), best("1"));
    assert_ne!(best("1"), best("2"));
}

#[test]
fn run_of_a_pareto_objective_reports_the_hypervolume() {
    let arguments = ["run", "--env", "Landscape-v0", "--workload", "two-objective", "--objective", "pareto"];
    let result = json(&[&arguments[..], &["--agent", "random-walker", "--budget", "200", "--json"]].concat());
    let hypervolume = result["hypervolume"].as_f64().unwrap();
    assert!(hypervolume >= result["best_reward"].as_f64().unwrap() && hypervolume < 1.0);
}

#[test]
fn a_run_ends_when_there_is_nothing_new() {
    let dir = tempdir().unwrap();
    let out = dir.path().join("o");
    let output = sweepstake()
        .args(["run", "--env", "Landscape-v0", "--workload", "nk", "--agent", "random-walker", "--json"])
        .args(["--budget", "70000", "--out"])
        .arg(&out)
        .output()
        .unwrap();
    let result: Json = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(result["status"], "stalled");
    let calls = result["simulator_calls"].as_u64().unwrap();
    assert!((60_000..=65_536).contains(&calls), "{calls} of the 65,536 designs");
}

#[test]
fn evaluate_gives_the_samples_their_metrics_back() {
    let dir = tempdir().unwrap();
    let out = dir.path().join("o");
    let run =
        ["run", "--env", "Landscape-v0", "--workload", "constrained", "--agent", "genetic", "--budget", "80"];
    assert!(sweepstake().args(run).arg("--out").arg(&out).output().unwrap().status.success());
    let samples = out.join("samples/Landscape-v0.csv");
    let again = dir.path().join("again.csv");
    let output = sweepstake()
        .args(["evaluate", "--env", "Landscape-v0", "--workload", "constrained", "--designs"])
        .arg(&samples)
        .arg("--out")
        .arg(&again)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let column = |path: &std::path::Path, name: &str| -> Vec<String> {
        let mut reader = csv::Reader::from_path(path).unwrap();
        let at = reader.headers().unwrap().iter().position(|known| known == name).unwrap();
        reader.records().map(|record| record.unwrap()[at].to_owned()).collect()
    };
    for (theirs, ours) in [("m.cost", "cost"), ("feasible", "feasible"), ("reason", "reason"), ("d.x3", "x3")]
    {
        assert_eq!(column(&samples, theirs), column(&again, ours), "{ours}");
    }
    assert!(column(&samples, "feasible").contains(&"false".to_owned()));
    let in_place = sweepstake()
        .args(["evaluate", "--env", "Landscape-v0", "--workload", "constrained", "--designs"])
        .args([&again, &std::path::PathBuf::from("--out"), &again])
        .output()
        .unwrap();
    assert!(in_place.status.success(), "{}", stderr(&in_place));
    assert_eq!(column(&again, "cost"), column(&samples, "m.cost"));
}

#[test]
fn schemas_are_json_schemas_with_ranges() {
    let schema = json(&["schema", "genetic"]);
    assert!(schema["properties"]["population"]["minimum"].is_number());
    assert!(schema["properties"]["population"]["description"].is_string());
    assert!(json(&["schema", "sweep"])["properties"]["envs"].is_object());
}

#[test]
fn completions_know_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let script = succeed(&["completions", shell]);
        assert!(script.contains("sweep") && script.contains("evaluate"), "{shell}");
    }
}

#[test]
fn every_command_has_help_with_examples() {
    for command in [
        "list",
        "describe",
        "run",
        "evaluate",
        "sweep",
        "merge",
        "completions",
        "schema",
        "select",
        "simulate",
        #[cfg(feature = "networks")]
        "ticket",
        "validate",
    ] {
        assert!(succeed(&[command, "--help"]).contains("Example"), "{command}");
    }
    assert!(succeed(&["--help"]).contains("Examples:"));
}

#[test]
fn a_closed_pipe_is_no_error() {
    let script = r#""$0" list | head -n 1; exit ${PIPESTATUS[0]}"#;
    let output = std::process::Command::new("bash")
        .args(["-c", script, env!("CARGO_BIN_EXE_sweepstake")])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
}

#[test]
fn every_committed_configuration_can_be_planned() {
    let mut found = 0;
    for entry in fs::read_dir("configs").unwrap() {
        let path = entry.unwrap().path();
        let document = Document::read(&path).unwrap();
        // Not a sweep: what `select --study` runs.
        if path.ends_with("selection.yaml") {
            let config: StudyConfig = document.load().unwrap_or_else(|error| panic!("{error:#}"));
            assert!(!config.name.is_empty());
            continue;
        }
        // Not a sweep either: what `ticket search` runs.
        if path.ends_with("jackpot.yaml") {
            #[cfg(feature = "networks")]
            document.load::<sweepstake::ticket::TicketConfig>().unwrap_or_else(|error| panic!("{error:#}"));
            continue;
        }
        let config: SweepConfig = document.load().unwrap_or_else(|error| panic!("{error:#}"));
        let plan = Plan::new(&config, &document, path.parent().unwrap());
        let runs = plan.unwrap_or_else(|error| panic!("{error:#}")).runs.len();
        assert!(runs > 1, "{} plans {runs} runs", path.display());
        assert!(!config.name.is_empty(), "{} has no name", path.display());
        found += 1;
    }
    assert!(found > 0);
}

#[test]
fn a_sweep_ends_by_naming_files_that_exist() {
    let dir = tempdir().unwrap();
    let config = crate::command::small_config(dir.path(), 30);
    let out = dir.path().join("o");
    let text = succeed(&["sweep".as_ref(), config.as_os_str(), "--out".as_ref(), out.as_os_str()]);
    let names = text.lines().filter_map(|line| line.split_whitespace().next());
    let files: Vec<&str> = names.filter(|name| name.starts_with(out.to_str().unwrap())).collect();
    assert!(files.len() >= 5, "{text}");
    for file in files {
        assert!(std::path::Path::new(file).is_file(), "{file}");
    }
    assert!(out.join("samples/Landscape-v0.csv").is_file());
}

#[test]
fn ticket_0_is_the_default_and_settings_are_never_repeated() {
    let dir = tempdir().unwrap();
    let config = dir.path().join("c.yaml");
    let text = "envs: [{env: Landscape-v0, workloads: [nk]}]\nbudget: 5\nagents:\n  \
                - {agent: genetic, set: {elitism: 0}, tickets: {list: [{}, {population: 8}, {population: 8}]}}\n";
    fs::write(&config, text).unwrap();
    let out = dir.path().join("o");
    let output = run(&["sweep".as_ref(), config.as_os_str(), "--out".as_ref(), out.as_os_str()]);
    assert!(output.status.success(), "{}", stderr(&output));
    let mut reader = csv::Reader::from_path(out.join("runs.csv")).unwrap();
    let header = reader.headers().unwrap().clone();
    let at = |name: &str| header.iter().position(|known| known == name).unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 2);
    let default = json(&["describe", "genetic", "--json"])["defaults"]["population"].to_string();
    assert_eq!((&rows[0][at("ticket")], &rows[0][at("hp.population")]), ("0", default.as_str()));
    assert_eq!((&rows[1][at("ticket")], &rows[1][at("hp.population")]), ("1", "8"));
    assert!(rows.iter().all(|row| &row[at("hp.elitism")] == "0"));
}
