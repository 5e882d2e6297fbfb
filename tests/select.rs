//! `select` on matrices, designs and studies, and `validate b4`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};
use tempfile::tempdir;

use crate::command::{run, stderr, succeed};

const CSV: &str = "1,1,0,1\n1,1,0,1\n0,1,1,1\n1,0,0,0\n";

fn file(dir: &Path, name: &str, text: &str) -> PathBuf {
    let path = dir.join(name);
    fs::write(&path, text).unwrap();
    path
}

fn arguments(path: &Path, more: &[&str]) -> Vec<String> {
    let start = ["select", "--matrix"].map(str::to_owned);
    let rest = more.iter().map(|argument| (*argument).to_owned());
    start.into_iter().chain([path.display().to_string()]).chain(rest).collect()
}

fn select(text: &str, more: &[&str]) -> Json {
    let dir = tempdir().unwrap();
    let path = file(dir.path(), "m", text);
    serde_json::from_str(&succeed(&arguments(&path, &[more, &["--json"]].concat()))).unwrap()
}

#[test]
fn json_holds_top_ranking_and_warnings() {
    let json = select(CSV, &["--alpha", "10", "--beta0", "10"]);
    let keys: Vec<&String> = json.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["top", "ranking", "warnings"]);
    assert_eq!(json["top"], json!([0, 1]));
    let best = &json["ranking"][0];
    assert_eq!(best["candidates"], json!([0, 1]));
    assert!((best["score"].as_f64().unwrap() + 22.02421718857732).abs() < 1e-9);
    assert!((best["probability"].as_f64().unwrap() - 0.96300682).abs() < 1e-8);
    let heuristic = select(CSV, &["--strategy", "codet"]);
    assert!(heuristic["ranking"][0].get("probability").is_none());
}

#[test]
fn every_spelling_of_a_matrix_is_the_same() {
    let expected = select(CSV, &[]);
    for text in [
        "[1,1,0,1]\n[1,1,0,1]\n[0,1,1,1]\n[1,0,0,0]\n",
        "\"1101\"\n\"1101\"\n\"0111\"\n\"1000\"",
        "[true,true,false,true]\n[1,1,0,1]\n\n[0,1,1,1]\n[1,0,0,0]",
        "1, 1,0,1\r\n1,1,0,1\r\n0,1,1,1\r\n1,0,0,0",
    ] {
        assert_eq!(select(text, &[]), expected, "{text}");
    }
}

#[test]
fn ties_are_merged_and_said() {
    let json = select("1,0\n0,1\n", &[]);
    assert_eq!(json["top"], json!([0, 1]));
    assert!(json["warnings"].as_array().unwrap().iter().any(|w| w.as_str().unwrap().starts_with("tied: 2")));
}

#[test]
fn what_is_no_matrix_is_refused_with_its_place() {
    let dir = tempdir().unwrap();
    for (text, expected) in [
        ("", "no candidates"),
        ("\n\n", "no candidates"),
        ("a,b\n1,0\n", "m:1: verdict 1: `a` is neither 0 nor 1"),
        ("1,0\n1\n", "m:2: 1 verdicts; the first candidate has 2"),
        ("1,0\n1,2\n", "m:2: verdict 2: `2` is neither 0 nor 1"),
        ("1,\n", "m:1: verdict 2: `` is neither"),
        ("[1,0]\n[1,0.5]\n", "m:2: verdict 2: `0.5` is neither"),
        ("[]\n", "no verdicts"),
        ("{\"a\":1}\n", "expected an array"),
        ("[1,\n", "m:1: not JSON"),
    ] {
        let output = run(&arguments(&file(dir.path(), "m", text), &[]));
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(stderr(&output).contains(expected), "{text}: {}", stderr(&output));
    }
    let path = file(dir.path(), "m", CSV);
    for (more, expected) in [
        (["--strategy", "code-t"], "did you mean `codet`"),
        (["--alpha", "0"], "`alpha`: 0 is not allowed"),
        (["--beta0", "nan"], "`beta0`: NaN is not allowed"),
    ] {
        let output = run(&arguments(&path, &more));
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains(expected), "{}", stderr(&output));
    }
}

#[test]
fn the_table_names_the_best() {
    let dir = tempdir().unwrap();
    let text = succeed(&arguments(&file(dir.path(), "m", CSV), &[]));
    assert!(text.contains("4 candidates in 3 sets; best: 0 1"), "{text}");
}

#[test]
fn designs_are_chosen_by_the_verdicts_that_are_not_held_out() {
    let dir = tempdir().unwrap();
    let rows: Vec<String> = (0..16)
        .chain([0])
        .map(|i: u32| format!("{i},{0},{0},{1},{2},{3}", i & 1, i >> 1 & 1, i >> 2 & 1, i >> 3))
        .collect();
    let text = format!("d.size,v.a,v.again,v.b,v.c,v.real\n{}\n", rows.join("\n"));
    let path = file(dir.path(), "d.csv", &text).display().to_string();
    let select = |more: &[&str]| run(&[&["select", "--verdicts", &path], more].concat());
    let output = select(&["--strategy", "max-pass", "--hold-out", "real", "--json"]);
    let json: Json = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&json["top"], &json["duplicates"]), (&json!([7, 15]), &json!(1)));
    assert_eq!((&json["used"], &json["repeated"]), (&json!(["a", "b", "c"]), &json!([["again", "a"]])));
    assert_eq!(json["held_out"], json!([0.5, 0.5]));
    assert_eq!(json["passed"], json!(1.0));
    assert!(stderr(&select(&["--hold-out", "rel"])).contains("did you mean `real`"));
    let text = String::from_utf8(select(&[]).stdout).unwrap();
    assert!(text.contains("left out: again repeats a") && text.contains("no verdict is held out"), "{text}");
}

#[test]
fn designs_that_meet_nothing_are_no_choice_without_a_warning() {
    let dir = tempdir().unwrap();
    let text = "d.size,v.a,v.b\n1,0,0\n2,0,0\n3,0,0\n4,1,0\n";
    let path = file(dir.path(), "d.csv", text).display().to_string();
    let select = |strategy: &str| succeed(&["select", "--verdicts", &path, "--strategy", strategy]);
    assert!(select("mbr-exec").contains("pass none of the verdicts"), "{}", select("mbr-exec"));
    assert!(!select("max-pass").contains("pass none of the verdicts"));
}

#[test]
fn a_study_is_the_same_whenever_it_is_run() {
    let dir = tempdir().unwrap();
    let text =
        fs::read_to_string("configs/selection.yaml").unwrap().replace("matrices: 1500", "matrices: 20");
    let config = file(dir.path(), "study.yaml", &text).display().to_string();
    let study = |name: &str| {
        let out = dir.path().join(name).display().to_string();
        succeed(&["select", "--study", &config, "--out", &out]);
        ["simulated.csv", "simulated.svg"].map(|file| fs::read(Path::new(&out).join(file)).unwrap())
    };
    assert_eq!(study("one"), study("other"));
    let rows = String::from_utf8(study("one")[0].clone()).unwrap();
    assert_eq!(rows.lines().count(), 1 + 30 * 8);
    let broken = file(dir.path(), "broken.yaml", &text.replace("  theta_0: [0.02", "  theta_9: [0.02"));
    let out = dir.path().join("x");
    let output =
        run(&["select".as_ref(), "--study".as_ref(), broken.as_os_str(), "--out".as_ref(), out.as_os_str()]);
    assert!(stderr(&output).contains("did you mean `theta_"), "{}", stderr(&output));
}

#[test]
#[allow(clippy::print_stdout)] // a skipped test says so
fn every_recorded_choice_of_b4_and_its_rivals_is_ours() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/reference/b4");
    if !folder.is_dir() {
        println!("skipped: no reference data");
        return;
    }
    for (file, columns) in [
        ("reference.csv.gz", &["score", "top_solutions", "n_tied_groups"][..]),
        ("reference_groups.jsonl.gz", &["score", "sets"]),
    ] {
        let path = folder.join(file).display().to_string();
        let json: Json =
            serde_json::from_str(&succeed(&["validate", "b4", "--reference", &path, "--json"])).unwrap();
        assert_eq!(json["rows"], json["compared"], "{file}");
        for column in columns {
            let agreement = &json["columns"][column];
            assert_eq!(agreement["within_target"], agreement["compared"], "{file} {column}");
            assert!(agreement["max_relative_error"].as_f64().unwrap() <= 1e-8, "{file} {column}");
        }
    }
}

#[test]
fn recordings_without_matrices_are_counted_as_skipped() {
    let dir = tempdir().unwrap();
    let text = "task,strategy,top_score,n_tied_groups,top_solutions\nt,CodeT,1.0,1,0\n";
    let path = file(dir.path(), "r.csv", text).display().to_string();
    let validate = || succeed(&["validate", "b4", "--reference", &path, "--json"]);
    let json: Json = serde_json::from_str(&validate()).unwrap();
    assert_eq!((&json["rows"], &json["compared"]), (&json!(1), &json!(0)));
    file(dir.path(), "m.jsonl", "{\"task\":\"t\",\"rows\":[\"1\"]}\n");
    let json: Json = serde_json::from_str(&validate()).unwrap();
    assert_eq!((&json["compared"], &json["exact"]), (&json!(1), &json!(1)));
}
