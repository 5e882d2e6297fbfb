//! Agents in other processes: exact while they behave, one clear error and nothing left behind when they do not.

#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rl_env::Error;
use rl_env::agent::{Agent, Context, Trial};
use rl_env::check::{arenas, check_agent};
use rl_env::design::{DesignSpace, Parameter};
use rl_env::problem::Outcome;
use rl_env::registry::{AgentConfig, AgentEntry};
use rl_env::seed::Seed;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sweepstake::external::{Config, Words};
use tempfile::tempdir;

use crate::command::{run, stderr, succeed, sweep, sweepstake};

const READY: &str = r#"read m; echo '{"ready":{"name":"x"}}'; "#;

/// A shell script as agent, on three reals.
fn build(script: &str, timeout_s: f64, batch: usize) -> Result<Box<dyn Agent>, Error> {
    let reals = (0..3).map(|i| Parameter::real(format!("x{i}"), 0.0, 1.0)).collect();
    let space = Arc::new(DesignSpace::new(reals).unwrap());
    let command = Words::List(["sh", "-c", script].map(str::to_owned).to_vec());
    Config { command, timeout_s, batch }.build(Context { space, seed: Seed(1), budget: 9, axes: 0 })
}

/// The error of a script, at the start or when asked.
fn error_of(script: &str, timeout_s: f64) -> String {
    let asked = build(script, timeout_s, 2).and_then(|mut agent| agent.ask(2));
    let error = asked.err().unwrap_or_else(|| panic!("no error of {script}")).to_string();
    assert_eq!(error.lines().count(), 1, "{error}");
    error
}

fn is_alive(pid: &str) -> bool {
    let state = fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    // A zombie that nobody has waited for yet is dead.
    !state.is_empty() && !state.contains(") Z ")
}

/// Whether the process whose id `file` holds, or will hold soon, ends soon.
fn ends(file: &Path) -> bool {
    let deadline = Instant::now() + Duration::from_secs(10);
    let pid = || fs::read_to_string(file).unwrap_or_default();
    while (pid().trim().is_empty() || is_alive(&pid())) && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(10));
    }
    !pid().trim().is_empty() && !is_alive(&pid())
}

#[test]
fn an_agent_that_does_not_answer_is_killed_with_all_that_it_started() {
    let dir = tempdir().unwrap();
    let pid = dir.path().join("pid");
    let script = format!("{READY} sleep 600 & echo $! > {}; echo deep in thought >&2; wait", pid.display());
    let started = Instant::now();
    let error = error_of(&script, 0.5);
    assert!(error.contains("did not answer `ask` within 0.5 s; it said: deep in thought"), "{error}");
    assert!(error.contains("`sh -c read m;"), "{error}");
    assert!(started.elapsed() < Duration::from_secs(10));
    assert!(ends(&pid));
}

/// A pipe that nobody empties must not hold us either.
#[test]
fn an_agent_that_does_not_read_is_killed_too() {
    let mut agent = build(&format!("{READY} exec sleep 600"), 0.5, 1).unwrap();
    let design =
        build(&format!("{READY} read m; echo '{{\"designs\":[{{\"x0\":0,\"x1\":0.5,\"x2\":1}}]}}'"), 9.0, 1)
            .unwrap()
            .ask(1)
            .unwrap()
            .remove(0);
    let outcome = Outcome::infeasible("r".repeat(1000), "");
    let trial = Trial { design, outcome, reward: None, axes: Vec::new(), cached: false };
    let error = agent.tell(&vec![trial; 1000]).unwrap_err().to_string();
    assert!(error.contains("did not answer `tell` within 0.5 s"), "{error}");
}

#[test]
fn a_crash_shows_exit_status_and_last_words() {
    let script = format!("{READY} read m; for i in 1 2 3 4 5 6 7 8; do echo line $i >&2; done; exit 7");
    let error = error_of(&script, 60.0);
    assert!(error.contains("ended (exit status: 7) before it answered `ask`"), "{error}");
    assert!(error.ends_with("; it said: line 3 | line 4 | line 5 | line 6 | line 7 | line 8"), "{error}");
    assert!(error_of("exit 3", 60.0).contains("ended (exit status: 3) before it answered `start`"));
    assert!(error_of(&format!("{READY} kill -9 $$"), 60.0).contains("ended (signal: 9 (SIGKILL))"));
    // Its own child holds the pipe open.
    assert!(error_of(&format!("{READY} sleep 600 & exit 4"), 60.0).contains("ended (exit status: 4)"));
}

#[test]
fn an_answer_that_makes_no_sense_is_quoted() {
    let garbage = error_of("read m; echo Loading model...; sleep 600", 60.0);
    assert!(garbage.contains("answered `start` with `Loading model...`, which is no answer"), "{garbage}");
    let other = error_of(&format!("{READY} read m; echo '{{\"ok\":true}}'; sleep 600"), 60.0);
    assert!(other.contains("answered `ask` with `{\"ok\":true}`, which answers something else"), "{other}");
    let reported = error_of("read m; echo '{\"error\":\"no licence\"}'; sleep 600", 60.0);
    assert!(reported.contains("reported: no licence"), "{reported}");
    let binary = error_of("read m; printf '\\377\\n'; sleep 600", 60.0);
    assert!(binary.contains("not UTF-8"), "{binary}");
    let long = error_of("read m; yes | tr -d '\\n'", 60.0);
    assert!(long.contains("a line of more than 64 MiB"), "{long}");
}

#[test]
fn designs_outside_the_space_are_named() {
    for (designs, expected) in [
        (r#"[{"x0":0,"x1":0.5,"x2":7}]"#, "`x2`: 7 is not allowed; expected a number from 0 to 1"),
        (r#"[{"x0":0,"x1":0.5}]"#, "`x2`: nothing is not allowed"),
        (r#"[{"x0":0,"x1":"a","x2":0}]"#, "`x1`: \"a\" is not allowed"),
        (r#"[{"x0":0,"x1":0,"x2":0,"y2":0}]"#, "unknown parameter `y2`"),
        ("[[1,2,3]]", "expected an object"),
        (r#"[{},{},{}]"#, "proposed 3 designs when asked for at most 2"),
    ] {
        let error = error_of(&format!("{READY} read m; echo '{{\"designs\":{designs}}}'; sleep 600"), 60.0);
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn no_designs_end_the_search() {
    let script = format!("{READY} read m; echo '{{\"designs\":[]}}'; read m");
    assert!(build(&script, 60.0, 1).unwrap().ask(1).unwrap().is_empty());
}

/// `serve genetic` as an agent without hyperparameters.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Served {}

impl AgentConfig for Served {
    const SUMMARY: &'static str = "The genetic algorithm in another process.";
    const REFERENCE: &'static str = "docs/external-agents.md";

    fn sweep() -> Vec<Parameter> {
        Vec::new()
    }

    fn build(self, context: Context) -> Result<Box<dyn Agent>, Error> {
        let words = [env!("CARGO_BIN_EXE_sweepstake"), "serve", "genetic"];
        let command = Words::List(words.map(str::to_owned).to_vec());
        Config { command, batch: 5, ..Config::default() }.build(context)
    }
}

#[test]
fn an_agent_in_another_process_passes_the_conformance_suite() {
    let report = check_agent(&AgentEntry::of::<Served>("served"), &arenas().unwrap());
    report.unwrap_or_else(|failures| panic!("{}", failures.of("served")));
}

/// The samples of a run without the run's id.
fn samples(dir: &Path, env: &str) -> Vec<String> {
    let text = fs::read_to_string(dir.join(format!("samples/{env}.csv"))).unwrap();
    text.lines().map(|line| line.split_once(',').unwrap().1.to_owned()).collect()
}

#[test]
fn a_served_agent_gives_the_samples_of_the_agent_itself() {
    let dir = tempdir().unwrap();
    let binary = env!("CARGO_BIN_EXE_sweepstake");
    let served = format!("command=['{binary}', serve, genetic, --set, population=16]");
    for (env, workload) in [
        ("Landscape-v0", "sphere"),
        ("Landscape-v0", "nk"),
        ("Landscape-v0", "mixed"),
        ("Landscape-v0", "constrained"),
        ("Landscape-v0", "two-objective"),
        ("DramController-v0", "random"),
    ] {
        let (own, other) = (dir.path().join("own"), dir.path().join("other"));
        let mut variant = vec!["run", "--env", env, "--workload", workload];
        variant.extend(["--budget", "60", "--seed", "5", "--fresh"]);
        let to = |out: &Path, agent: &[&str]| {
            succeed(&[&variant[..], agent, &["--out", out.to_str().unwrap()]].concat());
        };
        to(&own, &["--agent", "genetic", "--set", "population=16"]);
        for batch in ["batch=1", "batch=7"] {
            to(&other, &["--agent", "external", "--set", &served, "--set", batch]);
            assert_eq!(samples(&own, env), samples(&other, env), "{workload}, {batch}");
        }
    }
}

fn has_python() -> bool {
    Command::new("python3").arg("--version").output().is_ok_and(|output| output.status.success())
}

#[test]
fn the_example_searches_every_landscape_and_repeats_itself() {
    if !has_python() {
        return;
    }
    let dir = tempdir().unwrap();
    let config = dir.path().join("c.yaml");
    let text = "envs: [{env: Landscape-v0}]\nagents:\n  - random-walker\n  - {agent: external, label: climber, \
                set: {command: python3 examples/external_agent.py}}\nbudget: 200\nseeds: 3\n";
    fs::write(&config, text).unwrap();
    let (first, second) = (dir.path().join("1"), dir.path().join("2"));
    for out in [&first, &second] {
        let output = sweep(&config, out, &[]);
        assert!(output.status.success(), "{}", stderr(&output));
    }
    assert_eq!(crate::command::content(&first), crate::command::content(&second));
    let study = sweepstake::study::Study::load(&first).unwrap();
    assert_eq!(study.agents(), ["random-walker", "climber"]);
    let sphere = |agent: &str| -> Vec<f64> {
        let runs = study.runs.iter().filter(|run| run.workload == "sphere" && run.agent == agent);
        runs.map(|run| run.score.unwrap()).collect()
    };
    assert!(sphere("climber").iter().zip(sphere("random-walker")).all(|(a, b)| *a > b));
}

#[test]
fn a_program_that_answers_otherwise_is_not_restored() {
    let dir = tempdir().unwrap();
    let count = dir.path().join("count");
    let script = format!(
        "{READY} while read m; do echo x >> {0}; n=$(wc -l < {0}); case \"$m\" in *ask*) \
         echo \"{{\\\"designs\\\":[{{\\\"x0\\\":0,\\\"x1\\\":0,\\\"x2\\\":0.$n}}]}}\";; *) echo '{{\"ok\":true}}';; esac; done",
        count.display()
    );
    let mut agent = build(&script, 60.0, 1).unwrap();
    agent.ask(1).unwrap();
    let error = agent.restore(&agent.snapshot().unwrap()).unwrap_err().to_string();
    assert!(
        error.contains("message 0 was answered differently; the program is not deterministic"),
        "{error}"
    );
}

#[test]
fn failures_are_those_of_the_run_and_wrong_use_is_told_apart() {
    let run_with =
        |command: &str| run(&["run", "--env", "Landscape-v0", "--agent", "external", "--set", command]);
    let broken = run_with("command=sh -c \"exit 1\"");
    assert_eq!(broken.status.code(), Some(1));
    assert!(
        stderr(&broken).contains("ended (exit status: 1) before it answered `start`"),
        "{}",
        stderr(&broken)
    );
    for (command, expected) in [
        ("command=''", "`command`: is missing; set the program"),
        ("command=no-such-program", "`command`: cannot start `no-such-program`: "),
        ("command=[1]", "`command"),
    ] {
        let output = run_with(command);
        assert_eq!(output.status.code(), Some(2), "{command}: {}", stderr(&output));
        assert!(stderr(&output).contains(expected), "{}", stderr(&output));
    }
}

#[test]
fn labels_are_names_in_tables_and_must_tell_apart() {
    let dir = tempdir().unwrap();
    let (config, out) = (dir.path().join("c.yaml"), dir.path().join("out"));
    let write = |agents: &str| {
        fs::write(
            &config,
            format!("envs: [{{env: Landscape-v0, workloads: [nk]}}]\nagents: {agents}\nbudget: 9\n"),
        )
    };
    write("[genetic, {agent: genetic, label: 'small, fast', set: {population: 8}}]").unwrap();
    assert!(sweep(&config, &out, &[]).status.success());
    let runs = fs::read_to_string(out.join("runs.csv")).unwrap();
    assert!(runs.lines().nth(2).unwrap().contains(",\"small, fast\",0,"), "{runs}");
    write("[genetic, {agent: genetic, label: tiny, set: {population: 8}}]").unwrap();
    assert!(sweep(&config, &out, &[]).status.success(), "a new label renames rows");
    assert!(fs::read_to_string(out.join("runs.csv")).unwrap().lines().nth(2).unwrap().contains(",tiny,0,"));
    for (agents, expected) in [
        ("[{agent: genetic, label: random-walker}]", "the name of another agent"),
        ("[{agent: genetic, label: a}, {agent: random-walker, label: a}]", "the name of an earlier choice"),
        ("[{agent: genetic, label: ''}]", "is no label"),
        ("[{agent: genetic, label: \"a\\nb\"}]", "is no label"),
    ] {
        write(agents).unwrap();
        let output = sweep(&config, &dir.path().join("other"), &[]);
        assert_eq!(output.status.code(), Some(2), "{agents}");
        assert!(stderr(&output).contains("c.yaml:2: agents["), "{}", stderr(&output));
        assert!(stderr(&output).contains(expected), "{}", stderr(&output));
    }
}

/// A run whose agent thinks for ten minutes, and the file with the id of the thinker.
fn thinking(dir: &Path) -> (Child, std::path::PathBuf) {
    let pid = dir.join("pid");
    let script = dir.join("agent.sh");
    fs::write(&script, format!("{READY} read m; sleep 600 & echo $! > {}; wait", pid.display())).unwrap();
    let command = format!("command=sh {}", script.display());
    let child = sweepstake()
        .args(["run", "--env", "Landscape-v0", "--agent", "external", "--set", &command])
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    while fs::read_to_string(&pid).unwrap_or_default().trim().is_empty() {
        std::thread::sleep(Duration::from_millis(5));
    }
    (child, pid)
}

#[test]
fn an_interrupted_program_leaves_no_agents_behind() {
    for signal in ["-INT", "-TERM"] {
        let dir = tempdir().unwrap();
        let (child, pid) = thinking(dir.path());
        let started = Instant::now();
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        let output = child.wait_with_output().unwrap();
        assert!(started.elapsed() < Duration::from_secs(20));
        assert!(stderr(&output).contains("interrupted"), "{}", stderr(&output));
        assert!(ends(&pid), "{signal}");
    }
}

/// What `serve` answers to lines, and its exit code.
fn served(agent: &[&str], lines: &str) -> (Vec<String>, Option<i32>) {
    use std::io::Write;
    let mut child = sweepstake()
        .arg("serve")
        .args(agent)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // It may be gone before it has read everything.
    let _ = child.stdin.take().unwrap().write_all(lines.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    (text.lines().map(str::to_owned).collect(), output.status.code())
}

const START: &str = r#"{"start": {"protocol": 1, "seed": 7, "budget": 100, "space": {"parameters": [
    {"name": "a", "kind": "choice", "options": ["x", "y"]}, {"name": "n", "kind": "integer", "low": 1, "high": 1,
     "condition": {"parameter": "a", "one_of": ["x"]}}]}}}"#;

#[test]
fn serve_answers_every_message() {
    let start = START.replace('\n', " ");
    let tell = r#"{"tell": {"trials": [{"design": {"a": "y"}, "feasible": true, "reward": 2.5}]}}"#;
    let (answers, code) = served(
        &["random-walker"],
        &format!("{start}\n\n{{\"ask\": {{\"n\": 40}}}}\n{tell}\n{{\"stop\": {{}}}}\nignored\n"),
    );
    assert_eq!(code, Some(0));
    assert_eq!(answers.len(), 3, "{answers:?}");
    assert!(
        answers[0].starts_with(r#"{"ready":{"name":"sweepstake random-walker","version":"#),
        "{answers:?}"
    );
    assert!(answers[1].contains(r#"{"a":"x","n":1}"#) && answers[1].contains(r#"{"a":"y"}"#), "{answers:?}");
    assert_eq!(answers[2], r#"{"ok":true}"#);
    assert_eq!(served(&["random-walker"], "").1, Some(0), "nothing to do is no error");
}

#[test]
fn serve_refuses_nonsense_once_and_ends() {
    let start = START.replace('\n', " ");
    let trial = |trial: &str| format!("{start}\n{{\"tell\": {{\"trials\": [{trial}]}}}}");
    for (lines, expected) in [
        ("nonsense".to_owned(), "`nonsense` is no message"),
        ("{\"ask\": {\"n\": 1}}".to_owned(), "the first message has to be `start`"),
        (start.replace("\"protocol\": 1", "\"protocol\": 2"), "speaks protocol 1, not 2"),
        (start.replace("\"low\": 1", "\"low\": 3"), "range 3..=1 is reversed"),
        (start.replace("\"kind\": \"integer\"", "\"kind\": \"whole\""), "parameter `n`: unknown variant"),
        (start.replace("[\"x\"]", "[\"z\"]"), "\"z\" is not allowed; expected one of x, y"),
        (trial(r#"{"design": {"a": "q"}, "feasible": false}"#), "expected one of x, y"),
        (trial(r#"{"design": {"a": "y"}, "feasible": true}"#), "`reward`: is missing"),
    ] {
        let (answers, code) = served(&["genetic"], &format!("{lines}\n{start}\n"));
        assert!(matches!(code, Some(1 | 2)), "{lines}");
        let last = answers.last().unwrap();
        assert!(last.starts_with("{\"error\":") && last.replace("\\\"", "\"").contains(expected), "{last}");
    }
    assert_eq!(served(&["genetik"], "").1, Some(2));
    assert_eq!(served(&["genetic", "--set", "population=1"], "").1, Some(2));
}
