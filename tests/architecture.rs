//! The invariants of ARCHITECTURE.md, kept by reading the sources.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;
use sweepstake::plot::FIGURES;
use sweepstake::proxy::PROXIES;
use sweepstake_agents::AGENTS;
use sweepstake_envs::ENVS;

/// Which crate of the workspace may know which.
const ARROWS: &[(&str, &[&str])] = &[
    ("rl-env", &[]),
    (
        "sweepstake",
        &["rl-env", "sweepstake-agents", "sweepstake-envs", "sweepstake-networks", "sweepstake-simulators"],
    ),
    ("sweepstake-agents", &["rl-env"]),
    ("sweepstake-envs", &["rl-env", "sweepstake-networks", "sweepstake-simulators"]),
    ("sweepstake-networks", &[]),
    ("sweepstake-simulators", &[]),
];

/// Folders of the library crates.
const LIBRARIES: [&str; 5] = ["rl-env", "simulators", "simulators/networks", "envs", "agents"];

/// What the documents name files of.
const FOLDERS: [&str; 9] =
    ["src/", "rl-env/", "agents/", "envs/", "simulators/", "configs/", "tests/", "docs/", "scripts/"];

/// Names that say nothing.
const BANNED: [&str; 5] = ["base", "utils", "helpers", "common", "misc"];

/// What a library crate must not do, and why.
const FORBIDDEN: &[(&str, &str)] = &[
    ("std::env", "reads the environment"),
    ("std::fs", "touches files"),
    ("std::time", "reads a clock"),
    ("std::process", "starts or ends processes"),
    ("std::thread::sleep", "waits"),
    ("println!", "prints"),
    ("print!(", "prints"),
    (".unwrap()", "may panic on input"),
    ("todo!(", "is unfinished"),
    ("unimplemented!(", "is unfinished"),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// What cargo prints.
fn cargo(arguments: &[&str]) -> String {
    let output = std::process::Command::new(env!("CARGO"))
        .arg("--offline")
        .args(arguments)
        .current_dir(root())
        .output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// All Rust files below a folder, sorted.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return files };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A file up to its inline tests, without comments.
fn code(path: &Path) -> String {
    let all = text(path);
    let code = all.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[test]
fn arrows_between_crates_are_those_of_the_picture() {
    let metadata = cargo(&["metadata", "--no-deps", "--format-version", "1"]);
    let metadata: Json = serde_json::from_str(&metadata).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let name = |json: &Json| json["name"].as_str().unwrap().to_owned();
    let names: BTreeSet<String> = packages.iter().map(name).collect();
    assert_eq!(
        names,
        ARROWS.iter().map(|(name, _)| (*name).to_owned()).collect(),
        "a crate without a row here"
    );
    for package in packages {
        let (_, allowed) = ARROWS.iter().find(|(known, _)| *known == name(package)).unwrap();
        let dependencies = package["dependencies"].as_array().unwrap().iter().map(name);
        for dependency in dependencies.filter(|dependency| names.contains(dependency)) {
            assert!(allowed.contains(&dependency.as_str()), "{} -> {dependency}", name(package));
        }
    }
}

/// Otherwise the second command of the README compiles everything again.
#[test]
fn the_program_and_its_tests_share_one_compilation() {
    let features = |more: &[&str]| -> BTreeSet<String> {
        let arguments = ["tree", "--prefix", "none", "--format", "{p} [{f}]"];
        let tree = cargo(&[&arguments[..], more].concat());
        tree.lines().map(|line| line.trim_end_matches(" (*)").to_owned()).collect()
    };
    let program = features(&["--package", "sweepstake", "--edges", "normal,build"]);
    let tests = features(&["--workspace", "--edges", "normal,build,dev"]);
    let twice: Vec<_> = program.difference(&tests).collect();
    assert!(twice.is_empty(), "compiled twice, because tests want other features: {twice:?}");
}

#[test]
fn versions_and_lints_stand_once_at_the_root() {
    for folder in LIBRARIES {
        let manifest = text(&root().join(folder).join("Cargo.toml"));
        assert!(manifest.contains("[lints]\nworkspace = true"), "{folder} sets its own lints");
        let dependencies = manifest.split("dependencies]").skip(1).flat_map(|part| {
            part.split("\n[")
                .next()
                .unwrap_or_default()
                .lines()
                .filter(|line| line.contains('='))
                .map(str::to_owned)
        });
        for line in dependencies.filter(|line| !line.trim_start().starts_with('#')) {
            assert!(line.contains("workspace = true"), "{folder}: `{line}` states its own version");
        }
    }
}

/// Names of the modules of a folder: files and folders, without the given ones.
fn modules(folder: &str, apart_from: &[&str]) -> BTreeSet<String> {
    let entries = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let stem = |path: PathBuf| path.file_stem().unwrap().to_string_lossy().into_owned();
    entries.map(stem).filter(|name| !apart_from.contains(&name.as_str())).collect()
}

fn assert_sorted_and_unique(names: &[&str]) {
    assert!(names.is_sorted_by(|a, b| a < b), "not sorted, or a name stands twice: {names:?}");
}

fn is_kebab_case(name: &str) -> bool {
    name.split('-')
        .all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()))
}

#[test]
fn every_agent_file_is_in_its_table() {
    let names: Vec<&str> = AGENTS.iter().map(|agent| agent.name).collect();
    assert_sorted_and_unique(&names);
    assert!(names.iter().all(|name| is_kebab_case(name)), "{names:?}");
    let files = modules("agents/src", &["lib", "parts"]);
    assert_eq!(files, names.iter().map(|name| name.replace('-', "_")).collect());
}

/// Only the root package may start processes, so the agent that does is not among those of the library.
#[test]
fn the_table_of_the_program_is_that_of_the_library_and_the_external_agent() {
    let names: Vec<&str> = sweepstake::agents::AGENTS.iter().map(|agent| agent.name).collect();
    assert_sorted_and_unique(&names);
    let own: Vec<&str> = names.into_iter().filter(|name| *name != "external").collect();
    assert_eq!(own, AGENTS.iter().map(|agent| agent.name).collect::<Vec<_>>());
    for file in rust_files(&root().join("src")) {
        let table = code(&file).contains("sweepstake_agents::AGENTS");
        assert!(
            !table || file.ends_with("src/agents.rs"),
            "{} passes over the external agent",
            file.display()
        );
    }
}

#[test]
fn only_external_agents_are_started() {
    let starters = rust_files(&root().join("src"));
    let starters = starters
        .iter()
        .filter(|file| code(file).contains("process::Command") || code(file).contains("Command::new("));
    assert_eq!(starters.collect::<Vec<_>>(), [&root().join("src/external/process.rs")]);
}

#[test]
fn every_env_file_is_in_its_table() {
    let names: Vec<&str> = ENVS.iter().map(|env| env.id).collect();
    assert_sorted_and_unique(&names);
    let snake = |id: &str| {
        let (name, version) = id.rsplit_once("-v").unwrap_or_else(|| panic!("{id} has no version"));
        assert!(version.parse::<u32>().is_ok() && name.starts_with(|c: char| c.is_ascii_uppercase()), "{id}");
        let mut file = String::new();
        for c in name.chars() {
            if c.is_ascii_uppercase() && !file.is_empty() {
                file.push('_');
            }
            file.push(c.to_ascii_lowercase());
        }
        file
    };
    let left_out: &[&str] = if cfg!(feature = "networks") { &["lib"] } else { &["lib", "pruning_mask"] };
    assert_eq!(modules("envs/src", left_out), names.iter().map(|id| snake(id)).collect());
}

#[test]
fn every_figure_file_is_in_its_table() {
    let names: Vec<&str> = FIGURES.iter().map(|figure| figure.name).collect();
    assert_sorted_and_unique(&names);
    assert!(names.iter().all(|name| is_kebab_case(name)), "{names:?}");
    let files = modules("src/plot", &["mod", "style"]);
    assert_eq!(files, names.iter().map(|name| name.replace('-', "_")).collect());
}

#[test]
fn every_model_file_is_in_its_table() {
    let names: Vec<&str> = PROXIES.iter().map(|proxy| proxy.name).collect();
    assert_sorted_and_unique(&names);
    assert!(names.iter().all(|name| is_kebab_case(name)), "{names:?}");
    let files = modules("src/proxy/models", &["mod", "tests"]);
    assert_eq!(files, names.iter().map(|name| name.replace('-', "_")).collect());
}

#[test]
fn every_test_file_is_in_the_test_binary() {
    let listed = text(&root().join("tests/tests.rs"));
    for file in modules("tests", &["tests"]).iter().filter(|n| root().join(format!("tests/{n}.rs")).exists())
    {
        assert!(listed.contains(&format!("mod {file};")), "tests/{file}.rs is not in tests/tests.rs");
    }
}

#[test]
fn no_file_has_a_name_that_says_nothing() {
    for folder in LIBRARIES.iter().chain(&["src", "tests", "benches", "examples"]) {
        for file in rust_files(&root().join(folder)) {
            let stem = file.file_stem().unwrap().to_string_lossy().into_owned();
            assert!(!BANNED.contains(&stem.as_str()), "{}", file.display());
        }
    }
}

/// `tests.rs`, or in a folder `tests`.
fn is_test(file: &Path) -> bool {
    file.ends_with("tests.rs") || file.components().any(|part| part.as_os_str() == "tests")
}

#[test]
fn library_crates_are_pure() {
    for folder in LIBRARIES {
        for file in rust_files(&root().join(folder).join("src")).iter().filter(|f| !is_test(f)) {
            let code = code(file);
            for (word, why) in FORBIDDEN {
                assert!(!code.contains(word), "{} {why}: `{word}`", file.display());
            }
        }
    }
}

#[test]
fn only_the_terminal_module_prints() {
    for file in rust_files(&root().join("src")).iter().filter(|f| !f.ends_with("terminal.rs")) {
        let code = code(file);
        for word in ["println!", "print!(", "std::io::stderr"] {
            assert!(!code.contains(word), "{}: `{word}`", file.display());
        }
    }
}

#[test]
fn the_architecture_fits_on_two_hundred_lines() {
    assert!(text(&root().join("ARCHITECTURE.md")).lines().count() <= 200);
}

#[test]
fn the_documented_external_agent_is_the_example() {
    let example = text(&root().join("examples/external_agent.py"));
    assert!(text(&root().join("docs/external-agents.md")).contains(&format!("```python\n{example}```\n")));
}

/// Names in backticks or on command lines of the documents must exist.
#[test]
fn documents_name_files_that_exist() {
    for document in
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/external-agents.md", "docs/clusters.md"]
    {
        let text = text(&root().join(document));
        for word in text.split(['`', '(', ')', ' ', '\n']) {
            let is_path = FOLDERS.iter().any(|folder| word.starts_with(folder));
            let plain = !word.contains(['*', '<', '{', '…', '$']);
            if is_path && plain && !word.contains("my_") {
                let path = word.trim_end_matches([',', '.', ':', ';']);
                assert!(root().join(path).exists(), "{document} names {path}, which does not exist");
            }
        }
    }
}
