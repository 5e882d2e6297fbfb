//! Bad input: one clear line with the place, what is allowed and the nearest name; exit code 2; never a panic.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use sweepstake::config::SweepConfig;
use sweepstake::document::Document;
use sweepstake::plan::Plan;
use tempfile::tempdir;

use crate::command::{run, stderr, sweepstake};

const VALID: &str = "\
name: t
envs:
  - env: Landscape-v0
    workloads: [sphere]
agents:
  - agent: genetic
    set: {population: 16}
budget: 10
";

/// Sweeps a configuration that must be refused, and returns the one line of the error.
fn refused(config: &[u8]) -> String {
    let dir = tempdir().unwrap();
    let path = dir.path().join("c.yaml");
    fs::write(&path, config).unwrap();
    let output =
        sweepstake().arg("sweep").arg(&path).arg("--out").arg(dir.path().join("o")).output().unwrap();
    let error = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(error.len() < 1000, "{} bytes", error.len());
    error.replace(&format!("{}", dir.path().display()), "")
}

#[test]
fn errors_name_file_line_key_and_what_is_allowed() {
    let cases = [
        ("budget: 10", "bugdet: 10", &["/c.yaml:8:", "unknown key `bugdet`", "did you mean `budget`?"][..]),
        ("budget: 10", "budget: ten", &["/c.yaml:8:", "`budget`", "\"ten\"", "integer ≥ 1"]),
        ("budget: 10", "budget: 0", &["/c.yaml:8:", "`budget`: 0", "integer ≥ 1"]),
        ("budget: 10", "budget: -3", &["/c.yaml:8:", "-3", "integer ≥ 1"]),
        ("budget: 10", "budget: 1.5", &["/c.yaml:8:", "1.5", "integer ≥ 1"]),
        ("budget: 10", "budget: .nan", &["/c.yaml:8:", "non-finite"]),
        ("budget: 10", "", &["/c.yaml:1:", "`budget`: is missing", "integer ≥ 1"]),
        ("budget: 10", "budget: 10\nbudget: 11", &["/c.yaml:9:", "duplicate"]),
        ("budget: 10", "budget: 10\nseeds: []", &["/c.yaml:9:", "`seeds`", "at least 1"]),
        ("Landscape-v0", "Landscape-v1", &["/c.yaml:3:", "Landscape-v1", "did you mean `Landscape-v0`?"]),
        ("Landscape-v0", "landscape", &["/c.yaml:3:", "did you mean `Landscape-v0`?"]),
        ("[sphere]", "[spere]", &["/c.yaml:4:", "unknown workload `spere`", "did you mean `sphere`?"]),
        ("[sphere]", "[]", &["/c.yaml:4:", "`envs[0].workloads`", "at least 1"]),
        ("[sphere]", "sphere", &["/c.yaml:4:", "\"sphere\"", "array"]),
        ("genetic", "genetics", &["/c.yaml:6:", "unknown agent `genetics`", "did you mean `genetic`?"]),
        ("population: 16", "populaton: 16", &["/c.yaml:7:", "did you mean `population`?"]),
        ("population: 16", "population: 1", &["/c.yaml:7:", "`population`: 1", "≥ 2"]),
        ("population: 16", "population: many", &["/c.yaml:7:", "\"many\"", "integer"]),
        (
            "set: {population: 16}",
            "tickets: {grid: {population: [8, 1]}}",
            &["/c.yaml:7:", "population", "≥ 2"],
        ),
        ("set: {population: 16}", "tickets: 0", &["/c.yaml:7:", "tickets", "≥ 1"]),
        ("set: {population: 16}", "tickets: {drawz: 3}", &["/c.yaml:7:", "tickets"]),
        ("set: {population: 16}", "set: {*a : 16}", &["/c.yaml:7:"]),
        ("workloads: [sphere]", "objectives: [costs]", &["/c.yaml:4:", "unknown objective", "`cost`"]),
        (
            "workloads: [sphere]",
            "objectives: [{name: x, objective: {kind: minimise, metric: cots}}]",
            &["/c.yaml:4:", "unknown metric `cots`", "did you mean `cost`?"],
        ),
        (
            "workloads: [sphere]",
            "objectives: [{name: x, objective: {kind: minimize, metric: cost}}]",
            &["/c.yaml:4:", "minimize", "minimise"],
        ),
        ("workloads: [sphere]", "workloads: [sphere, sphere]", &["/c.yaml:", "asked for twice"]),
        ("workloads: [sphere]", "workloads: [sphere", &["/c.yaml:"]),
        ("workloads: [sphere]", "space: tiny", &["/c.yaml:4:", "unknown space `tiny`"]),
    ];
    for (from, to, expected) in cases {
        assert!(VALID.contains(from), "{from}");
        let error = refused(VALID.replacen(from, to, 1).as_bytes());
        for part in expected {
            assert!(error.contains(part), "{to}: expected {part:?} in {error}");
        }
    }
}

#[test]
fn files_that_are_no_configuration_are_refused() {
    let garbage: Vec<u8> = (0..1_000_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    assert!(refused(&garbage).contains("/c.yaml:"));
    assert!(refused(&vec![b'['; 1_000_000]).contains("/c.yaml:"));
    assert!(refused(&vec![b'a'; 1_000_000]).contains("/c.yaml:"));
    assert!(refused(&vec![b' '; 5 << 20]).contains("too long"));
    assert!(refused(b"").contains("/c.yaml:1: the file is empty"));
    assert!(refused(b"- a\n- b\n").contains("/c.yaml:1:"));
    assert!(refused(b"a: &x [*x]\n").contains("/c.yaml:1:"));
    // A billion laughs.
    let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for i in 1..12 {
        let alias = format!("*a{}", i - 1);
        laughs += &format!("a{i}: &a{i} [{}]\n", vec![alias; 10].join(", "));
    }
    assert!(refused(laughs.as_bytes()).contains("/c.yaml:"));
}

#[test]
fn anchors_and_merge_keys_work() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("c.yaml");
    let text = "\
envs: [{env: Landscape-v0, workloads: [sphere]}]
agents:
  - &base {agent: genetic, set: {population: 8}}
  - {<<: *base, set: {population: 12}}
budget: 5
";
    fs::write(&path, text).unwrap();
    let output =
        sweepstake().arg("sweep").arg(&path).arg("--out").arg(dir.path().join("o")).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
}

#[test]
fn commands_refuse_with_the_nearest_name() {
    let cases: [(&[&str], &str); 14] = [
        (&["run", "--env", "Landscap-v0", "--agent", "genetic"], "did you mean `Landscape-v0`?"),
        (&["run", "--env", "Landscape-v0", "--agent", "genetik"], "did you mean `genetic`?"),
        (&["run", "--env", "Landscape-v0", "--agent", "genetic", "--set", "x=1"], "unknown key `x`"),
        (&["run", "--env", "Landscape-v0", "--agent", "genetic", "--set", "x"], "expected KEY=VALUE"),
        (
            &["run", "--env", "Landscape-v0", "--workload", "spher", "--agent", "genetic"],
            "did you mean `sphere`?",
        ),
        (
            &["run", "--env", "Landscape-v0", "--objective", "costt", "--agent", "genetic"],
            "did you mean `cost`?",
        ),
        (&["sweep", "nowhere.yaml"], "cannot read nowhere.yaml"),
        (&["sweep", "configs"], "cannot read configs"),
        (&["run", "--env", "Landscape-v0", "--agent", "genetic", "--jobs", "0"], "from 1 to 1024"),
        (&["evaluate", "--env", "Landscape-v0", "--designs", "nowhere.csv"], "cannot read nowhere.csv"),
        (
            &["run", "--env", "DramController-v0", "--workload", "no.stl", "--agent", "genetic"],
            "no workload file",
        ),
        (&["describe", "genetc"], "did you mean `genetic`?"),
        (&["schema", "sweeep"], "did you mean `sweep`?"),
        (&["sweep", "configs/quickstart.yaml", "--shard", "3/2"], "expected I/N"),
    ];
    for (arguments, expected) in cases {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(expected), "{arguments:?}: {}", stderr(&output));
    }
}

#[test]
fn designs_that_do_not_fit_are_refused_with_their_line() {
    let dir = tempdir().unwrap();
    let header = "x0,x1,x2,x3,x4,x5,x6,x7,x8,x9";
    let cases = [
        (
            format!("{header}\n0,0,0,0,0,0,0,0,0,0\n0,0,0,0,0,0,0,0,0,nan\n"),
            "d.csv:3: `x9`: `nan` is not allowed",
        ),
        (format!("{header}\n0,0,0\n"), "d.csv:2: 3 cells, but the header has 10"),
        (
            format!("{header}\n0,0,0,0,0,0,0,0,0,99\n"),
            "d.csv:2: `x9`: `99` is not allowed; expected a number from",
        ),
        ("x0,x1\n".into(), "d.csv:1: column `x2` is missing"),
        (format!("{header},y9\n"), "d.csv:1: unknown parameter `y9`"),
        (String::new(), "d.csv:1: column `x0` is missing"),
    ];
    for (content, expected) in cases {
        let path = dir.path().join("d.csv");
        fs::write(&path, content).unwrap();
        let output = sweepstake()
            .args(["evaluate", "--env", "Landscape-v0", "--designs"])
            .arg(&path)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        assert!(stderr(&output).contains(expected), "expected {expected:?} in {}", stderr(&output));
    }
}

fn plan(text: &str) -> bool {
    let path = Path::new("c.yaml");
    let planned = Document::parse(path, text).and_then(|document| {
        let config: SweepConfig = document.load()?;
        Plan::new(&config, &document, Path::new("")).map(|_| ())
    });
    match planned {
        Ok(()) => true,
        Err(error) => {
            let text = format!("{error:#}");
            assert!(text.starts_with("c.yaml:"), "{text}");
            assert_eq!(text.lines().count(), 1, "{text}");
            false
        }
    }
}

#[test]
fn the_valid_configuration_is_valid() {
    assert!(plan(VALID));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_text_is_planned_or_refused(text in ".{0,200}") {
        plan(&text);
    }

    #[test]
    fn any_change_of_a_valid_configuration_is_planned_or_refused(
        at in 0..VALID.len(),
        cut in 0usize..12,
        insert in "[ -~\n]{0,6}",
    ) {
        let mut text = VALID.to_owned();
        text.replace_range(at..(at + cut).min(VALID.len()), &insert);
        plan(&text);
    }

    #[test]
    fn any_number_anywhere_is_planned_or_refused(x in any::<f64>(), i in any::<i64>()) {
        for value in [format!("{x}"), format!("{x:e}"), i.to_string()] {
            plan(&VALID.replace("population: 16", &format!("mutation_rate: {value}")));
            plan(&VALID.replace("budget: 10", &format!("budget: 10\nticket_seed: {value}")));
        }
    }

    #[test]
    fn any_bytes_as_designs_are_evaluated_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let dir = tempdir().unwrap();
        let path = dir.path().join("d.csv");
        let mut content = b"x0,x1,x2,x3,x4,x5,x6,x7,x8,x9\n".to_vec();
        content.extend(bytes);
        fs::write(&path, content).unwrap();
        let problem = sweepstake::plan::Instance::new("Landscape-v0", "sphere", "", Path::new("")).unwrap().0.problem;
        let mut rows = Vec::new();
        let read = sweepstake::evaluate::evaluate_file(problem.as_ref(), &path, &mut rows);
        let error = read.err().map(|error| format!("{error:#}"));
        prop_assert!(error.is_none_or(|error| error.contains("d.csv:")));
    }
}
