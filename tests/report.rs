//! The report page: whole, self-contained, and right in a real browser.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::tempdir;

use crate::command::{skipped, stderr, succeed, sweep, sweepstake};

/// A study with names that would break a careless page, and everything that has a section.
fn study(dir: &Path) -> PathBuf {
    let config = dir.join("study.yaml");
    let text = "name: 'A <b>study</b> & \"more\"'\nenvs:\n  - {env: Landscape-v0, workloads: [rastrigin, mixed, constrained]}\n  \
                - {env: Landscape-v0, workloads: [two-objective], objectives: [pareto]}\nagents:\n  - random-walker\n  \
                - {agent: genetic, tickets: 6, label: '<script>alert(1)</script>'}\n  - {agent: annealing, tickets: 6}\n\
                seeds: 4\nbudget: 40\n";
    fs::write(&config, text).unwrap();
    let out = dir.join("out");
    let output = sweep(&config, &out, &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    out
}

fn lottery(out: &Path) -> String {
    let dir = out.join("lottery");
    let arguments =
        ["-q", "lottery", "--replicates", "200", "--reference", "random-walker"].map(std::ffi::OsStr::new);
    succeed(&[&arguments[..], &[out.as_os_str(), "--out".as_ref(), dir.as_os_str()]].concat());
    fs::read_to_string(dir.join("report.html")).unwrap()
}

#[test]
fn the_page_is_whole_and_needs_nothing_else() {
    let dir = tempdir().unwrap();
    let page = lottery(&study(dir.path()));
    for part in [
        "<title>A &lt;b&gt;study&lt;/b&gt; &amp; &quot;more&quot;</title>",
        "Who is ahead",
        "Method or luck",
        "What tuning is worth",
        "How to reproduce it",
        "sweepstake sweep a--b-study--b-----more.yaml",
        "--reference random-walker",
        "budget: 40",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains("<b>study") && !page.contains("<script>alert"), "names are escaped");
    for outside in ["src=", "@import", "url(", "href=\"http"] {
        assert!(!page.contains(outside), "{outside}");
    }
    for broken in [">NaN", ">inf", "−inf"] {
        assert!(!page.contains(broken), "{broken}");
    }
}

#[test]
fn the_page_works_in_a_browser() {
    let dir = tempdir().unwrap();
    let out = study(dir.path());
    lottery(&out);
    let report = out.join("lottery/report.html");
    let script = format!("{}/tests/browser.sh", env!("CARGO_MANIFEST_DIR"));
    let output = Command::new("bash").arg(script).arg(&report).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    if text.starts_with("skipped") {
        skipped("no chromium");
        return;
    }
    assert!(output.status.success() && text.starts_with("ok: "), "{text}{}", stderr(&output));
}

#[test]
fn every_figure_is_there_as_svg_and_as_png_of_the_same_bytes_again() {
    let dir = tempdir().unwrap();
    let out = study(dir.path());
    lottery(&out);
    let figures = |ending: &str| -> Vec<(PathBuf, Vec<u8>)> {
        let entries = fs::read_dir(out.join("lottery")).unwrap().map(|entry| entry.unwrap().path());
        let mut paths: Vec<PathBuf> =
            entries.filter(|path| path.extension().is_some_and(|e| e == ending)).collect();
        paths.sort();
        paths.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
    };
    let (svg, png) = (figures("svg"), figures("png"));
    assert!(svg.len() >= 13 && svg.len() == png.len(), "{} and {}", svg.len(), png.len());
    assert!(png.iter().all(|(_, bytes)| bytes.starts_with(b"\x89PNG")));
    for (path, bytes) in &svg {
        let text = std::str::from_utf8(bytes).unwrap();
        roxmltree::Document::parse(text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(!text.contains("NaN"), "{}", path.display());
    }
    lottery(&out);
    assert!(svg == figures("svg") && png == figures("png"));
}

#[test]
fn a_sweep_ends_with_its_report() {
    let dir = tempdir().unwrap();
    let out = dir.path().join("qs");
    let config = crate::command::small_config(dir.path(), 30);
    let output = sweepstake().arg("sweep").arg(&config).arg("--out").arg(&out).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("report.html") && text.contains("normalised regret"),
        "{text}"
    );
    assert!(fs::read_to_string(out.join("report.html")).unwrap().contains("Who is ahead"));
    assert!(out.join("figures/anytime.png").exists());
}

/// Nothing to compare is no failure of the sweep. Elsewhere, so that no recorded optimum gives a scale.
#[test]
fn a_sweep_without_a_feasible_design_says_why_there_is_no_report() {
    let dir = tempdir().unwrap();
    let text = "envs:\n  - {env: Landscape-v0, workloads: [constrained]}\nagents: [random-walker]\nbudget: 1\nseeds: [0]\n";
    fs::write(dir.path().join("none.yaml"), text).unwrap();
    let output = sweepstake().current_dir(dir.path()).args(["sweep", "none.yaml"]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("no report: no run has a feasible design"), "{text}");
}
