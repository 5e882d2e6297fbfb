//! `sweepstake watch` on directories in every state.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::tempdir;

use crate::command::{run, small_config, stderr, succeed, sweep, sweepstake};

fn watch(dirs: &[&Path]) -> String {
    let mut arguments = vec!["watch".as_ref()];
    arguments.extend(dirs.iter().map(|dir| dir.as_os_str()));
    succeed(&arguments)
}

#[test]
fn a_finished_sweep_is_seen_whole() {
    let dir = tempdir().unwrap();
    let out = dir.path().join("out");
    assert!(sweep(&small_config(dir.path(), 60), &out, &[]).status.success());
    let text = watch(&[&out]);
    for part in ["small  finished", "18 of 18 runs  100 %", "6/6", "12/12", "of 3", "▁"] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(!text.contains('\u{1b}'), "no colours where there is no terminal");
}

/// Whatever is on disk after a kill at any byte: no error, and only whole rows count.
#[test]
fn half_written_tables_are_read_as_far_as_they_are_whole() {
    let dir = tempdir().unwrap();
    let out = dir.path().join("out");
    assert!(sweep(&small_config(dir.path(), 8), &out, &[]).status.success());
    for name in ["runs.csv", "samples/Landscape-v0.csv"] {
        let path = out.join(name);
        let whole = fs::read(&path).unwrap();
        for length in [0, 10, whole.len() / 2, whole.len() - 1] {
            fs::write(&path, &whole[..length]).unwrap();
            let rows = whole[..length].iter().filter(|byte| **byte == b'\n').count().saturating_sub(1);
            let text = watch(&[&out]);
            let expected =
                if name == "runs.csv" { format!("{rows} of 18 runs") } else { format!("{rows} samples") };
            assert!(text.contains(&expected), "{name} cut to {length}: {text}");
        }
        fs::write(&path, &whole).unwrap();
    }
    fs::remove_file(out.join("runs.csv")).unwrap();
    assert!(watch(&[&out]).contains("0 of 18 runs"));
}

/// The runs of a sweep that was killed are in its segments only.
#[test]
fn runs_under_way_are_seen_and_the_sweep_is_left_alone() {
    let dir = tempdir().unwrap();
    let (config, out) = (small_config(dir.path(), 2_000_000), dir.path().join("out"));
    let mut child = sweepstake()
        .args(["-q", "sweep", "--jobs", "2"])
        .args([&config, Path::new("--out"), &out])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut text = String::new();
    while !text.contains("2 under way") || text.contains("\n0 samples") {
        assert!(Instant::now() < deadline, "{text}");
        std::thread::sleep(Duration::from_millis(100));
        text = if out.join("manifest.json").exists() { watch(&[&out]) } else { String::new() };
    }
    assert!(child.try_wait().unwrap().is_none(), "the sweep goes on");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(text.contains("running") && text.contains("of 18 runs"), "{text}");
}

#[test]
fn shards_are_summed_up_and_strangers_refused() {
    let dir = tempdir().unwrap();
    let config = small_config(dir.path(), 20);
    let parts: Vec<_> = (1..=3).map(|i| dir.path().join(format!("part{i}"))).collect();
    for (i, part) in parts.iter().enumerate() {
        assert!(sweep(&config, part, &["--shard", &format!("{}/3", i + 1)]).status.success());
    }
    let text = watch(&[&parts[0], &parts[2]]);
    assert!(text.contains("12 of 12 runs") && text.contains("2 of 3 shards"), "{text}");
    let other = dir.path().join("other");
    assert!(sweep(&small_config(dir.path(), 30), &other, &[]).status.success());
    let refused = |dirs: &[&Path]| {
        let mut arguments = vec!["watch".as_ref()];
        arguments.extend(dirs.iter().map(|dir| dir.as_os_str()));
        stderr(&run(&arguments))
    };
    assert!(refused(&[&parts[0], &other]).contains("belongs to another sweep"));
    assert!(refused(&[&parts[0], &parts[0]]).contains("shard 1/3 is given twice"));
    let message = refused(&[dir.path()]);
    assert!(message.contains("is not the output of a sweep: cannot read manifest.json"), "{message}");
}

/// On a terminal the view stays until the sweep ends.
#[test]
fn a_terminal_gets_a_view_that_ends_with_the_sweep() {
    let script = Command::new("script").arg("--version").output();
    if !script.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("util-linux")) {
        crate::command::skipped("no `script` of util-linux");
        return;
    }
    let dir = tempdir().unwrap();
    let out = dir.path().join("out");
    assert!(sweep(&small_config(dir.path(), 60), &out, &[]).status.success());
    let command = format!("'{}' watch '{}'", env!("CARGO_BIN_EXE_sweepstake"), out.display());
    let output =
        Command::new("script").args(["-qec", &command, "/dev/null"]).stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("18 of 18 runs") && text.contains("\u{1b}[K"), "{text}");
}
