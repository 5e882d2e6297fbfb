//! Runs the `sweepstake` binary the way a user does.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The binary under test.
pub(crate) fn sweepstake() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sweepstake"));
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

/// Runs with `arguments` to the end.
pub(crate) fn run<S: AsRef<std::ffi::OsStr>>(arguments: &[S]) -> Output {
    sweepstake().args(arguments).output().unwrap()
}

/// Runs, expects success and returns standard output.
pub(crate) fn succeed<S: AsRef<std::ffi::OsStr>>(arguments: &[S]) -> String {
    let output = run(arguments);
    assert!(output.status.success(), "failed: {}", stderr(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// Standard error as text.
pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Writes a small sweep configuration: a few runs of a few hundred samples.
pub(crate) fn small_config(dir: &Path, budget: u64) -> PathBuf {
    let path = dir.join("small.yaml");
    let text = format!(
        "name: small\nenvs:\n  - {{env: Landscape-v0, workloads: [sphere, mixed, constrained]}}\nagents:\n  - random-walker\n  \
         - {{agent: genetic, tickets: 2}}\nseeds: 2\nbudget: {budget}\n"
    );
    std::fs::write(&path, text).unwrap();
    path
}

/// Sweeps `config` into `out` with extra arguments, tables only.
pub(crate) fn sweep(config: &Path, out: &Path, more: &[&str]) -> Output {
    sweepstake()
        .arg("-q")
        .args(["sweep", "--no-report"])
        .arg(config)
        .arg("--out")
        .arg(out)
        .args(more)
        .output()
        .unwrap()
}

/// Everything that a sweep promises to reproduce: the samples, and `runs.csv` without its clock.
pub(crate) fn content(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> =
        std::fs::read_dir(dir.join("samples")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut all: Vec<(String, Vec<u8>)> = files
        .iter()
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(path).unwrap()))
        .collect();
    let runs = std::fs::read_to_string(dir.join("runs.csv")).unwrap();
    all.push(("runs.csv".into(), without_clock(&runs).into_bytes()));
    all
}

fn without_clock(runs: &str) -> String {
    let clock = runs.lines().next().unwrap().split(',').position(|name| name == "wall_s").unwrap();
    let line = |line: &str| {
        let cells = line.split(',').enumerate().filter(|(i, _)| *i != clock).map(|(_, cell)| cell);
        cells.collect::<Vec<_>>().join(",")
    };
    runs.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Says that a test cannot run here, and why.
#[allow(clippy::print_stdout)]
pub(crate) fn skipped(why: &str) {
    println!("skipped: {why}");
}
