//! Nothing is lost or doubled, whatever happens to a sweep.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rl_env::seed::Seed;
use tempfile::tempdir;

use crate::command::{content, small_config, stderr, sweep, sweepstake};

/// Kills of a living process that the test asks for.
const KILLS: usize = 50;

#[test]
fn a_sweep_killed_at_random_moments_ends_with_the_same_bytes() {
    let dir = tempdir().unwrap();
    let config = small_config(dir.path(), 4000);
    let whole = dir.path().join("whole");
    let started = Instant::now();
    assert!(sweep(&config, &whole, &[]).status.success());
    let length = started.elapsed();
    let reference = content(&whole);
    let mut delays = Seed(50).stream("kills");
    let out = dir.path().join("out");
    let mut kills = 0;
    while kills < KILLS {
        let mut child = sweepstake()
            .args(["-q", "sweep"])
            .arg(&config)
            .arg("--out")
            .arg(&out)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(length.mul_f64(delays.uniform()));
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success());
            assert!(reference == content(&out), "after {kills} kills");
            fs::remove_dir_all(&out).unwrap();
            continue;
        }
        child.kill().unwrap(); // SIGKILL
        child.wait().unwrap();
        kills += 1;
    }
    assert!(sweep(&config, &out, &[]).status.success());
    assert!(reference == content(&out), "after the last resume");
}

#[test]
fn a_file_torn_at_any_byte_of_its_last_record_is_mended() {
    let dir = tempdir().unwrap();
    let config = small_config(dir.path(), 8);
    let out = dir.path().join("out");
    assert!(sweep(&config, &out, &[]).status.success());
    let reference = content(&out);
    for name in ["runs.csv", "samples/Landscape-v0.csv"] {
        let path = out.join(name);
        let whole = fs::read(&path).unwrap();
        let record = whole[..whole.len() - 1].iter().rposition(|b| *b == b'\n').unwrap() + 1;
        for length in record..whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            let output = sweep(&config, &out, &[]);
            assert!(output.status.success(), "{name} cut to {length}: {}", stderr(&output));
            assert!(reference == content(&out), "{name} cut to {length} of {}", whole.len());
        }
    }
}

#[test]
fn garbage_and_lost_tables_are_mended() {
    let dir = tempdir().unwrap();
    let config = small_config(dir.path(), 8);
    let out = dir.path().join("out");
    assert!(sweep(&config, &out, &[]).status.success());
    let reference = content(&out);
    let samples = out.join("samples/Landscape-v0.csv");
    let damage: [&dyn Fn(); 4] = [
        &|| append(&out.join("runs.csv"), &[0; 4096]),
        &|| append(&samples, b"deadbeef,\xff\xfe\n"),
        &|| fs::remove_file(&samples).unwrap(),
        &|| fs::remove_file(out.join("runs.csv")).unwrap(),
    ];
    for (i, damage) in damage.iter().enumerate() {
        damage();
        assert!(sweep(&config, &out, &[]).status.success());
        assert!(reference == content(&out), "damage {i}");
    }
}

/// Opening a table in a spreadsheet and saving it must not cost the results.
#[test]
fn tables_that_somebody_changed_are_refused_and_left_alone() {
    let dir = tempdir().unwrap();
    let config = small_config(dir.path(), 8);
    let out = dir.path().join("out");
    assert!(sweep(&config, &out, &[]).status.success());
    let swapped = |text: String| {
        let mut lines: Vec<&str> = text.lines().collect();
        lines.swap(1, 2);
        lines.join("\n") + "\n"
    };
    let changes: [&dyn Fn(String) -> String; 4] = [
        &|text| text.replace('\n', "\r\n"),
        &|text| text.replace(",step,", ",steps,").replace(",seed,", ",seeds,"),
        &swapped,
        &|text| text.replacen("true,", "false,", 1).replacen(",complete", ",completed", 1),
    ];
    for name in ["runs.csv", "samples/Landscape-v0.csv"] {
        let path = out.join(name);
        let whole = fs::read_to_string(&path).unwrap();
        for (i, change) in changes.iter().enumerate().filter(|(i, _)| name != "runs.csv" || *i < 3) {
            let changed = change(whole.clone());
            assert_ne!(changed, whole);
            fs::write(&path, &changed).unwrap();
            let output = sweep(&config, &out, &[]);
            assert_eq!(output.status.code(), Some(1), "{name}, change {i}");
            assert!(stderr(&output).contains("--fresh to start over"), "{}", stderr(&output));
            assert!(fs::read_to_string(&path).unwrap() == changed, "{name}, change {i}");
        }
        fs::write(&path, &whole).unwrap();
    }
    assert!(sweep(&config, &out, &[]).status.success());
}

#[test]
fn files_of_others_are_never_touched() {
    let dir = tempdir().unwrap();
    let config = small_config(dir.path(), 8);
    for name in ["manifest.json", "runs.csv", "samples/mine.csv", ".work/keep", "figures/mine.svg"] {
        let out = dir.path().join(name.replace('/', "-"));
        let theirs = out.join(name);
        fs::create_dir_all(theirs.parent().unwrap()).unwrap();
        fs::write(&theirs, "{\"name\": \"theirs\"}").unwrap();
        for more in [&[][..], &["--fresh"]] {
            let output = sweep(&config, &out, more);
            assert_eq!(output.status.code(), Some(1), "{name} {more:?}");
            assert_eq!(fs::read_to_string(&theirs).unwrap(), "{\"name\": \"theirs\"}");
            assert!(!out.join(".lock").exists(), "a refused start leaves nothing behind");
        }
    }
    let out = dir.path().join("out");
    assert!(sweep(&config, &out, &[]).status.success());
    fs::write(out.join("samples/mine.csv"), "mine").unwrap();
    assert!(sweep(&config, &out, &["--fresh"]).status.success());
    assert!(out.join("samples/mine.csv").exists());
}

fn append(path: &Path, bytes: &[u8]) {
    let mut content = fs::read(path).unwrap();
    content.extend_from_slice(bytes);
    fs::write(path, content).unwrap();
}

#[test]
fn a_second_process_on_the_same_directory_is_refused() {
    let dir = tempdir().unwrap();
    let config = small_config(dir.path(), 1_000_000);
    let out = dir.path().join("out");
    let mut first = sweepstake()
        .args(["-q", "sweep"])
        .arg(&config)
        .arg("--out")
        .arg(&out)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while !out.join("manifest.json").exists() {
        std::thread::sleep(Duration::from_millis(2));
    }
    let second = sweep(&config, &out, &[]);
    let fresh = sweep(&config, &out, &["--fresh"]);
    first.kill().unwrap();
    first.wait().unwrap();
    for refused in [second, fresh] {
        assert_eq!(refused.status.code(), Some(1));
        assert!(stderr(&refused).contains("another process is working in"), "{}", stderr(&refused));
    }
}

#[test]
fn an_interrupted_sweep_says_how_to_go_on() {
    let dir = tempdir().unwrap();
    let config = small_config(dir.path(), 1_000_000);
    let out = dir.path().join("out");
    let child = sweepstake()
        .args(["-q", "sweep"])
        .arg(&config)
        .arg("--out")
        .arg(&out)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while !out.join("manifest.json").exists() {
        std::thread::sleep(Duration::from_millis(2));
    }
    std::thread::sleep(Duration::from_millis(50));
    let interrupt = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupt.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("go on with: "), "{}", stderr(&output));
}

#[test]
fn a_full_disk_is_reported_and_the_sweep_goes_on_later() {
    let dir = tempdir().unwrap();
    let config = small_config(dir.path(), 2000);
    let (whole, out) = (dir.path().join("whole"), dir.path().join("out"));
    assert!(sweep(&config, &whole, &[]).status.success());
    // Files may grow to 256 KiB; with the signal ignored, writing beyond fails like a full disk does.
    let script = r#"trap '' XFSZ; ulimit -f 256; exec "$0" -q sweep "$1" --out "$2""#;
    let full = Command::new("bash")
        .args(["-c", script, env!("CARGO_BIN_EXE_sweepstake")])
        .arg(&config)
        .arg(&out)
        .output()
        .unwrap();
    assert_eq!(full.status.code(), Some(1));
    assert!(stderr(&full).starts_with("error: cannot write "), "{}", stderr(&full));
    assert_eq!(stderr(&full).lines().count(), 1);
    assert!(sweep(&config, &out, &[]).status.success());
    assert!(content(&whole) == content(&out));
}

#[test]
fn an_unwritable_directory_is_reported() {
    let dir = tempdir().unwrap();
    let config = small_config(dir.path(), 10);
    let output = sweep(&config, &config.join("below-a-file"), &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("cannot write"), "{}", stderr(&output));
}

/// A sweep of so many seeds, optionally with a further environment in front that has other columns.
fn growing(dir: &Path, seeds: usize, workloads: &str, budget: usize) -> std::path::PathBuf {
    let path = dir.join(format!("grow{seeds}.yaml"));
    let text = format!(
        "envs: [{{env: Landscape-v0, workloads: [{workloads}]}}]\nagents: [genetic, random-walker]\n\
         seeds: {seeds}\nbudget: {budget}\n"
    );
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn a_larger_sweep_takes_over_the_runs_that_are_there() {
    let dir = tempdir().unwrap();
    let (grown, fresh) = (dir.path().join("grown"), dir.path().join("fresh"));
    assert!(sweep(&growing(dir.path(), 2, "sphere", 40), &grown, &[]).status.success());
    let larger = growing(dir.path(), 3, "nk, sphere, mixed", 40);
    let output = sweepstake().arg("sweep").arg(&larger).arg("--out").arg(&grown).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("18 runs (4 from before)"), "{text}");
    assert!(sweep(&larger, &fresh, &[]).status.success());
    assert!(content(&grown) == content(&fresh));
}

#[test]
fn a_renamed_objective_renames_the_rows() {
    let dir = tempdir().unwrap();
    let (path, out) = (dir.path().join("c.yaml"), dir.path().join("out"));
    for name in ["alpha", "beta"] {
        let objective = format!("{{name: {name}, objective: {{kind: minimise, metric: cost}}}}");
        let env = format!("{{env: Landscape-v0, workloads: [nk], objectives: [{objective}]}}");
        fs::write(&path, format!("envs: [{env}]\nagents: [genetic]\nbudget: 9\n")).unwrap();
        assert!(sweep(&path, &out, &[]).status.success());
        assert!(fs::read_to_string(out.join("runs.csv")).unwrap().contains(name));
    }
}

#[test]
fn another_sweep_in_the_directory_is_refused_and_fresh_replaces_it() {
    let dir = tempdir().unwrap();
    let out = dir.path().join("out");
    assert!(sweep(&growing(dir.path(), 2, "sphere", 40), &out, &[]).status.success());
    let before = content(&out);
    for (seeds, budget) in [(1, 40), (2, 41)] {
        let other = growing(dir.path(), seeds, "sphere", budget);
        let refused = sweep(&other, &out, &[]);
        assert_eq!(refused.status.code(), Some(1));
        assert!(stderr(&refused).contains("holds another sweep"), "{}", stderr(&refused));
        assert!(before == content(&out));
    }
    assert!(sweep(&growing(dir.path(), 1, "sphere", 40), &out, &["--fresh"]).status.success());
}
