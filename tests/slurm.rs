//! Job scripts, without a cluster: bash plays the scheduler. `tests/slurm.sh` has a real one.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::tempdir;

use crate::command::{content, small_config, stderr, sweep, sweepstake};

fn bash(dir: &Path, arguments: &[&str], task: Option<usize>) -> Output {
    let mut command = Command::new("bash");
    command.current_dir(dir).args(arguments);
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{}:{path}", dir.join("bin").display()));
    if let Some(task) = task {
        command.env("SLURM_ARRAY_TASK_ID", task.to_string());
    }
    command.output().unwrap()
}

fn job(dir: &Path, parts: &str) -> Output {
    small_config(dir, 30);
    let output = sweepstake()
        .current_dir(dir)
        .args(["sweep", "small.yaml", "--out", "out/the study", "--slurm", parts])
        .output()
        .unwrap();
    fs::write(dir.join("job.sh"), &output.stdout).unwrap();
    output
}

#[test]
fn the_tasks_and_the_merge_give_the_bytes_of_one_machine() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    let output = job(dir, "3");
    assert!(output.status.success(), "{}", stderr(&output));
    for task in [3, 1, 2, 1] {
        let output = bash(dir, &["job.sh"], Some(task));
        assert!(output.status.success(), "{}", stderr(&output));
    }
    let output = bash(dir, &["job.sh", "merge"], None);
    assert!(output.status.success(), "{}", stderr(&output));
    let whole = dir.join("whole");
    assert!(sweep(&dir.join("small.yaml"), &whole, &[]).status.success());
    assert!(content(&whole) == content(&dir.join("out/the study")));
}

#[test]
fn submitting_puts_the_merge_behind_the_parts() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    assert!(job(dir, "3").status.success());
    fs::create_dir(dir.join("bin")).unwrap();
    let fake = dir.join("bin/sbatch");
    fs::write(&fake, "#!/bin/sh\necho \"$@\" >> calls\necho '71;cluster'\n").unwrap();
    fs::set_permissions(&fake, fs::Permissions::from_mode(0o755)).unwrap();
    let output = bash(dir, &["job.sh"], None);
    assert!(output.status.success(), "{}", stderr(&output));
    let calls = fs::read_to_string(dir.join("calls")).unwrap();
    let calls: Vec<&str> = calls.lines().collect();
    assert!(calls[0].starts_with("--parsable ") && calls[0].ends_with("/job.sh"), "{calls:?}");
    assert!(
        calls[1].contains("--dependency=afterany:71 ") && calls[1].ends_with("/job.sh merge"),
        "{calls:?}"
    );
}

#[test]
fn slips_are_told_before_anything_is_submitted() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    let output = job(dir, "19");
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("--slurm 19: the sweep has 18 runs"), "{}", stderr(&output));
    assert!(job(dir, "2").status.success());
    fs::remove_file(dir.join("small.yaml")).unwrap();
    let output = bash(dir, &["job.sh"], None);
    assert!(
        !output.status.success() && stderr(&output).contains("there is no small.yaml"),
        "{}",
        stderr(&output)
    );
    assert!(!bash(dir, &["job.sh", "nonsense"], None).status.success());
}
