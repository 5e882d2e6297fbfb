//! `simulate` on configurations, traces, designs and task graphs, right and wrong.

use std::fs;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value as Json;
use tempfile::{TempDir, tempdir};

use crate::command::{run, stderr, succeed};

const CONFIG: &str = "examples/dram.yaml";

fn arguments<'a>(config: &'a str, workload: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["simulate", "dram", "--config", config, "--workload", workload], more].concat()
}

fn report(config: &str, workload: &str, more: &[&str]) -> Json {
    let more = [&["--json"], more].concat();
    serde_json::from_str(&succeed(&arguments(config, workload, &more))).unwrap()
}

/// A file in a folder, and its path as text.
fn file(dir: &TempDir, name: &str, content: impl AsRef<[u8]>) -> String {
    let path = dir.path().join(name);
    fs::write(&path, content).unwrap();
    path.display().to_string()
}

fn packed(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn the_example_shows_the_defaults() {
    let dir = tempdir().unwrap();
    let empty = file(&dir, "empty.yaml", "{}\n");
    assert_eq!(report(CONFIG, "random", &[]), report(&empty, "random", &[]));
    let text = succeed(&arguments(CONFIG, "random", &[]));
    assert!(text.contains("mW") && text.contains("latency, mean") && text.contains("ACT commands"), "{text}");
}

#[test]
fn requests_and_seed_choose_the_built_in_workload() {
    let one = report(CONFIG, "random", &["--requests", "500", "--seed", "1"]);
    assert_eq!(one["requests"], 500);
    assert_eq!(one, report(CONFIG, "random", &["--requests", "500", "--seed", "1"]));
    assert_ne!(one, report(CONFIG, "random", &["--requests", "500", "--seed", "2"]));
}

#[test]
fn every_format_of_a_trace_gives_the_same_result() {
    let dir = tempdir().unwrap();
    let csv = "cycle,op,addr\n0,R,0x40\n3,W,0x12340\n9,R,0x80\n";
    let stl = "0: read 0x40\n3: write 0x12340\n9: read 0x80\n";
    let dramsim3 = "# a comment\n0x40 READ 0\n0x12340 WRITE 3\n0x80 READ 9\n";
    let files = [
        file(&dir, "t.csv", csv),
        file(&dir, "t.csv.gz", packed(csv)),
        file(&dir, "t.stl", stl),
        file(&dir, "packed", packed(stl)),
        file(&dir, "t.trc", dramsim3),
    ];
    let reports: Vec<Json> = files.iter().map(|file| report(CONFIG, file, &[])).collect();
    assert!(reports.iter().all(|report| *report == reports[0] && report["requests"] == 3));
}

#[test]
fn the_command_trace_holds_every_command() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("commands.csv").display().to_string();
    let report = report(CONFIG, "random", &["--requests", "300", "--commands", &path]);
    let issued: u64 = report["commands"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("time_ps,command,channel,rank,bank,row\n"));
    assert_eq!(text.lines().count() as u64, issued + 1);
}

#[test]
fn what_cannot_be_simulated_is_refused_in_one_line() {
    let dir = tempdir().unwrap();
    let yaml = |text: &str| file(&dir, "c.yaml", text);
    for (text, expected) in [
        ("controller:\n  page_polcy: open\n", "c.yaml:2: unknown key `controller.page_polcy`"),
        ("controller:\n  page_policy: opened\n", "c.yaml:2: "),
        ("controller:\n  scheduler: fifo\n  request_buffer_size: 0\n", "c.yaml:3: "),
        ("system:\n  channels: 3\n", "c.yaml:2: system.channels: "),
        ("system:\n  device: DDR9\n", "c.yaml:2: system.device: unknown DRAM device `DDR9`"),
        ("system:\n  mapping: row-bank\n", "c.yaml:2: system.mapping: "),
        ("controller:\n  refresh_policy: per-bank\n", "c.yaml:2: controller.refresh_policy: "),
        ("controller: [\n", "c.yaml:"),
    ] {
        let output = run(&arguments(&yaml(text), "stream", &[]));
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(
            message.contains(expected) && message.lines().count() == 1,
            "expected {expected:?} in {message}"
        );
    }
    let whole = packed(&(0..2000).map(|i| format!("{i}: read 0x{:x}\n", i * 6400)).collect::<String>());
    for (name, content, expected) in [
        ("t.csv", b"cycle,op,addr\n0,R,0x40\n1,X,0x40\n".to_vec(), "t.csv:3: csv trace: operation `X`"),
        ("u.csv", b"0,R,0x40\n".to_vec(), "u.csv:1: csv trace: the header `cycle,op,addr` is needed"),
        ("v.txt", b"\n\xff\xfe nonsense\n".to_vec(), "v.txt:2: not a line of a memory trace"),
        ("w.stl", b"\n\n".to_vec(), "w.stl: stl trace: no request found"),
        ("x.stl.gz", whole[..whole.len() / 2].to_vec(), "x.stl.gz:"),
    ] {
        let output = run(&arguments(CONFIG, &file(&dir, name, content), &[]));
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(
            message.contains(expected) && message.lines().count() == 1,
            "expected {expected:?} in {message}"
        );
    }
}

#[test]
fn unknown_workloads_and_useless_options_are_refused() {
    let dir = tempdir().unwrap();
    let trace = file(&dir, "t.stl", "0: read 0x40\n");
    for (workload, more, expected) in [
        ("strem", &[][..], "did you mean `stream`?"),
        ("stream", &["--requests", "0"], "`requests` is 0; allowed: 1 to"),
        (&trace, &["--seed", "1"], "--requests and --seed are for built-in workloads"),
    ] {
        let output = run(&arguments(CONFIG, workload, more));
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains(expected), "{}", stderr(&output));
    }
    assert_eq!(run(&arguments("none.yaml", "stream", &[])).status.code(), Some(2));
}

#[test]
fn without_a_design_the_chip_is_farsis_starting_point() {
    let text = succeed(&["simulate", "soc", "--workload", "audio-decoder", "--json"]);
    let report: Json = serde_json::from_str(&text).unwrap();
    let latency = report["latency_s"]["audio-decoder"].as_f64().unwrap();
    assert!((latency - 0.010_817_377).abs() < 1e-9);
    assert_eq!(report["blocks"].as_array().unwrap().len(), 3);
    let text = succeed(&["simulate", "soc", "--workload", "audio-decoder"]);
    assert!(text.contains("Cortex-A53 at 1 GHz") && text.contains("zoomProcess"), "{text}");
}

/// What `run --json` prints is a design for `simulate soc`, which says the same of it, and draws it.
#[test]
fn the_best_design_of_a_run_can_be_simulated_and_drawn() {
    let dir = tempdir().unwrap();
    let graph = "examples/ar_hands.yaml";
    let found = succeed(&[
        "run",
        "--env",
        "Soc-v0",
        "--workload",
        graph,
        "--agent",
        "farsi",
        "--budget",
        "60",
        "--json",
    ]);
    let best = file(&dir, "best.json", &found);
    let [plan, chart] = ["plan.svg", "chart.svg"].map(|name| dir.path().join(name).display().to_string());
    let simulated = succeed(&[
        "simulate",
        "soc",
        "--workload",
        graph,
        "--design",
        &best,
        "--svg",
        &plan,
        "--gantt",
        &chart,
        "--json",
    ]);
    let [found, simulated]: [Json; 2] = [found, simulated].map(|text| serde_json::from_str(&text).unwrap());
    for metric in ["power_w", "energy_j", "area_m2", "development_cost", "distance_eliminate"] {
        assert_eq!(found["best_metrics"][metric], simulated[metric], "{metric}");
    }
    let [plan, chart] = [plan, chart].map(|path| fs::read_to_string(path).unwrap());
    for svg in [&plan, &chart] {
        roxmltree::Document::parse(svg).unwrap();
        assert!(svg.contains("triangulate"), "{svg}");
    }
}

#[test]
fn wrong_designs_and_task_graphs_are_named_with_their_place() {
    let dir = tempdir().unwrap();
    let refused = |workload: &str, design: Option<&str>| {
        let mut arguments = vec!["simulate", "soc", "--workload", workload];
        arguments.extend(design.iter().flat_map(|design| ["--design", *design]));
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        stderr(&output)
    };
    let unknown = file(&dir, "unknown.yaml", "buses: 2\nbusses: 3\n");
    assert!(refused("hpvm-cava", Some(&unknown)).contains("unknown.yaml:2: "));
    let beyond = file(&dir, "beyond.yaml", "memories: 9\n");
    assert!(refused("hpvm-cava", Some(&beyond)).contains("a whole number from 1 to 4"));
    assert!(refused("hpvm-cawa", None).contains("hpvm-cava"));
    assert!(refused("nowhere.yaml", None).contains("cannot read nowhere.yaml"));
    let graph = fs::read_to_string("examples/ar_hands.yaml").unwrap();
    let cyclic = file(&dir, "cyclic.yaml", graph + "  - {from: gesture, to: detect, bytes: 8}\n");
    let error = refused(&cyclic, None);
    assert!(error.contains("cyclic.yaml") && error.contains("cycle among or before detect"), "{error}");
}

fn accelerator(more: &[&str]) -> std::process::Output {
    run(&[&["simulate", "accelerator"], more].concat())
}

#[test]
fn an_accelerator_is_reported_and_its_mapping_can_be_given_back() {
    let dir = tempdir().unwrap();
    let layer = ["--layer", "resnet18/conv2-1a", "--effort", "8"];
    let eyeriss: Json =
        serde_json::from_str(&succeed(&[&["simulate", "accelerator", "--json"], &layer[..]].concat()))
            .unwrap();
    assert_eq!(eyeriss["macs"], 64 * 64 * 56 * 56 * 9);
    let example = fs::read_to_string("examples/accelerator.yaml").unwrap();
    let config = file(&dir, "a.yaml", &example);
    let arguments = |config: &str| {
        let all = [&["simulate", "accelerator", "--json", "--config", config], &layer[..]].concat();
        serde_json::from_str::<Json>(&succeed(&all)).unwrap()
    };
    let found = arguments(&config);
    let again = arguments(&file(&dir, "b.yaml", format!("{example}\nmapping: {}\n", found["mapping"])));
    assert_eq!((&found["cycles"], &found["energy_pj"]), (&again["cycles"], &again["energy_pj"]));
    assert!(found["mappings_tried"].is_u64() && again["mappings_tried"].is_null());
}

#[test]
fn an_explanation_names_the_bound_the_loops_and_lost_reuse() {
    let dir = tempdir().unwrap();
    let example = fs::read_to_string("examples/accelerator.yaml").unwrap();
    let mapping = "mapping:\n  - {target: DRAM, type: temporal, factors: M=0 C=0 P=0 Q=0 R=0 S=0, permutation: CRSPQM}\n";
    let config = file(&dir, "a.yaml", format!("{example}\n{mapping}"));
    let output = accelerator(&["--config", &config, "--layer", "resnet18/conv2-1a", "--explain"]);
    let text = String::from_utf8(output.stdout).unwrap();
    for expected in [
        "M64 Q56 P56 S3 R3 C64",
        "Bound by computing: 1 of 168 multipliers",
        "DRAM moves each word of Weights 3,136 times, by the loops P56 Q56 around those of the data.",
    ] {
        assert!(text.contains(expected), "expected {expected:?} in {text}");
    }
}

#[test]
fn what_no_accelerator_can_run_is_refused_with_its_place_or_reason() {
    let dir = tempdir().unwrap();
    let example = fs::read_to_string("examples/accelerator.yaml").unwrap();
    for (from, to, expected) in [
        (
            "words: 65536",
            "words: 0",
            "a.yaml:10: levels[1].words: level `buffer`: `words` is 0; allowed: 1 or more",
        ),
        (
            "mesh_x: 14                #",
            "mesh_x: 13 #",
            "level `file`: `mesh_x` is 13; allowed: a divisor of the 168 instances",
        ),
        ("block: 4 ", "blocks: 4 ", "unknown key"),
        (
            "links: false",
            "links: false\nmapping: [{target: L2}]",
            "mapping: no level `L2`; levels: DRAM, buffer, file",
        ),
        (
            "links: false",
            "links: false\nmapping: [{target: file, type: temporal, factors: C64 M64, permutation: CM}, \
             {target: DRAM, type: temporal, factors: P0 Q0 R0 S0}]",
            "the mapping cannot run: tile-too-large: `file` would keep 4224 words; it holds 256",
        ),
        (
            "links: false",
            "links: false\nmapping: [{target: DRAM, type: temporal, factors: C5 M64}]",
            "the mapping cannot run: factors-do-not-multiply: the factors of C multiply to 5; its extent is 64",
        ),
    ] {
        let config = file(&dir, "a.yaml", example.replacen(from, to, 1));
        let output = accelerator(&["--config", &config, "--layer", "resnet18/conv2-1a"]);
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(
            message.contains(expected) && message.lines().count() == 1,
            "expected {expected:?} in {message}"
        );
    }
    let problem = file(&dir, "p.yaml", "problem:\n  shape: cnn-layer\n  C: 4\n  M: 0\n");
    for (arguments, expected) in [
        (["--problem", problem.as_str()], "p.yaml:2: problem: `M` is 0; allowed: 1 or more"),
        (["--layer", "resnet99/conv1"], "unknown network `resnet99`; known networks: alexnet"),
        (["--layer", "resnet18/conv99"], "unknown layer `conv99`"),
    ] {
        let output = accelerator(&arguments);
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains(expected), "expected {expected:?} in {}", stderr(&output));
    }
}

/// A mapping file of MAESTRO.
const MAPPING: &str = "Network small { Layer first { Type: CONV Stride { X: 1, Y: 1 }
    Dimensions { K: 4, C: 8, R: 3, S: 3, Y: 10, X: 10 }
    Dataflow { SpatialMap(1,1) K; TemporalMap(Sz(R),1) Y; TemporalMap(Sz(S),1) X; } } }";

#[test]
fn a_mapping_file_is_evaluated_layer_by_layer() {
    let dir = tempdir().unwrap();
    let path = file(&dir, "small.m", MAPPING);
    let out = succeed(&["simulate", "mapping", "--mapping", &path, "--pes", "16", "--json"]);
    let found: Json = serde_json::from_str(&out).unwrap();
    assert_eq!((&found["hardware"]["pes"], &found["layers"][0]["name"]), (&16.into(), &"first".into()));
    assert_eq!(found["layers"][0]["report"]["macs"], 4 * 8 * 3 * 3 * 8 * 8);
}

#[test]
fn a_mapping_that_makes_no_sense_is_refused_with_its_line() {
    let dir = tempdir().unwrap();
    let refused = |name: &str, text: &str, more: &[&str]| {
        let path = file(&dir, name, text);
        let output = run(&[&["simulate", "mapping", "--mapping", &path], more].concat());
        assert_eq!(output.status.code(), Some(2));
        stderr(&output)
    };
    let foreign = refused("foreign.m", &MAPPING.replace("SpatialMap", "TimeMap"), &[]);
    assert!(foreign.contains("foreign.m:3: directive `TimeMap`"), "{foreign}");
    assert!(refused("none.m", MAPPING, &["--pes", "0"]).contains("pes is 0; allowed: 1 to 1048576"));
}

/// Folds of the output over the array times the length of a fold, with its way in and out.
#[test]
fn a_systolic_array_without_bandwidth_takes_its_closed_form() {
    let arguments = ["simulate", "systolic", "--layer", "resnet18/conv2-1a", "--rows", "8", "--columns", "8"];
    let found: Json = serde_json::from_str(&succeed(&[&arguments[..], &["--json"]].concat())).unwrap();
    let layer = &found["layers"][0];
    assert_eq!(layer["m_n_k"], serde_json::json!([3136, 64, 576]));
    assert_eq!(layer["report"]["cycles"], (3136 / 8) * (64 / 8) * (576 + 8 + 8 - 2) - 1);
}

#[test]
fn arrays_without_rows_and_unknown_networks_are_refused() {
    let refused = |more: &[&str]| {
        let output = run(&[&["simulate", "systolic"], more].concat());
        assert_eq!(output.status.code(), Some(2));
        stderr(&output)
    };
    assert!(refused(&["--layer", "resnet18", "--rows", "0"]).contains("`rows` is 0; allowed: 1 to 4096"));
    assert!(refused(&["--layer", "nothing"]).contains("known networks: alexnet"));
}
