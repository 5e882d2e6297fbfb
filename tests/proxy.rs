//! Proxies from end to end: learnt, kept, judged and used.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proptest::prelude::*;
use rl_env::problem::Problem;
use rl_env::seed::Seed;
use serde_json::Value as Json;
use sweepstake::plan::Instance;
use sweepstake::proxy::encoding::Encoder;
use sweepstake::proxy::evaluation::judge;
use sweepstake::proxy::file;
use sweepstake::proxy::fitted::Choice;
use sweepstake::proxy::lesson::Lesson;
use sweepstake::proxy::samples::{Samples, Wanted};
use sweepstake::proxy::split::Split;
use tempfile::TempDir;

use crate::command::{run, stderr, succeed};

const RUNS: &str = "run_id,env,env_version,workload,space,objective,agent,ticket,seed";

/// A sweep of random designs of a landscape.
fn sweep(dir: &Path, env: &str, workload: &str, space: &str, budget: u64) -> PathBuf {
    let (config, out) = (dir.join(format!("{workload}.yaml")), dir.join(workload));
    let text = format!(
        "envs:\n  - {{env: {env}, workloads: [{workload}], space: '{space}'}}\nagents: [random-walker, genetic]\nbudget: {budget}\n"
    );
    fs::write(&config, text).unwrap();
    let paths = [config.to_str().unwrap(), "--out", out.to_str().unwrap()];
    succeed(&[&["sweep", "-q"], &paths[..]].concat());
    out
}

/// Trains extra trees and returns the file.
fn train(data: &Path, workload: &str, out: &str) -> PathBuf {
    let out = data.with_file_name(out);
    let (from, to) = (data.to_str().unwrap(), out.to_str().unwrap());
    succeed(&[
        "proxy",
        "train",
        "-q",
        "--data",
        from,
        "--env",
        "Landscape-v0",
        "--workload",
        workload,
        "--model",
        "extra-trees",
        "--out",
        to,
    ]);
    out
}

fn refusal(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    let text = stderr(&output);
    assert_eq!(text.lines().filter(|line| line.starts_with("error: ")).count(), 1, "{text}");
    text
}

fn landscape(workload: &str) -> Instance {
    Instance::new("Landscape-v0", workload, "", Path::new("")).unwrap().0
}

#[test]
fn a_proxy_stands_in_for_its_problem_and_says_so() {
    let dir = TempDir::new().unwrap();
    let proxy = train(&sweep(dir.path(), "Landscape-v0", "constrained", "", 300), "constrained", "a.proxy");
    let proxy = proxy.to_str().unwrap();
    let out = dir.path().join("run");
    succeed(&[
        "run",
        "--env",
        "Landscape-v0",
        "--workload",
        "constrained",
        "--agent",
        "genetic",
        "--budget",
        "100",
        "--proxy",
        proxy,
        "--out",
        out.to_str().unwrap(),
    ]);
    let runs = fs::read_to_string(out.join("runs.csv")).unwrap();
    assert!(runs.contains(",constrained~"), "predictions must not pass for simulations: {runs}");
    let text = refusal(&[
        "run",
        "--env",
        "Landscape-v0",
        "--workload",
        "sphere",
        "--agent",
        "genetic",
        "--proxy",
        proxy,
    ]);
    assert!(text.contains("the workload of this proxy is constrained, not sphere"), "{text}");
    let about: Json = serde_json::from_str(&succeed(&["proxy", "predict", proxy])).unwrap();
    assert_eq!((&about["env"], &about["model"]), (&"Landscape-v0".into(), &"extra-trees".into()));
}

#[test]
fn the_same_data_and_seed_give_the_same_file() {
    let dir = TempDir::new().unwrap();
    let data = sweep(dir.path(), "Landscape-v0", "mixed", "", 100);
    let files = ["a.proxy", "b.proxy"].map(|name| fs::read(train(&data, "mixed", name)).unwrap());
    assert!(files[0] == files[1]);
}

/// With the checksum that its content asks for.
fn sealed(mut content: Vec<u8>) -> Vec<u8> {
    content.truncate(content.len() - 32);
    let hash = blake3::hash(&content);
    content.extend(hash.as_bytes());
    content
}

#[test]
fn a_damaged_or_foreign_file_is_refused_and_never_panics() {
    let dir = TempDir::new().unwrap();
    let data = sweep(dir.path(), "Landscape-v0", "mixed", "", 100);
    let good = fs::read(train(&data, "mixed", "a.proxy")).unwrap();
    let instance = landscape("mixed");
    let path = dir.path().join("b.proxy");
    let read = |content: &[u8]| {
        fs::write(&path, content).unwrap();
        file::read(&path, &instance.problem, &instance.subject)
    };
    assert!(read(&good).is_ok());
    for at in (0..good.len()).step_by(good.len() / 150) {
        let mut bad = good.clone();
        bad[at] ^= 0x10;
        assert!(read(&bad).is_err() && read(&good[..at]).is_err(), "byte {at}");
    }
    let edited = |from: &str, to: &str| {
        let at = good.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
        let bad = [&good[..at], to.as_bytes(), &good[at + from.len()..]].concat();
        format!("{:#}", read(&sealed(bad)).err().unwrap())
    };
    assert!(edited("proxy 1\n", "proxy 9\n").contains("version 9 of the format"));
    let version = edited("\"Landscape-v0\"", "\"Landscape-v9\"");
    assert!(version.contains("the environment of this proxy is Landscape-v9, not Landscape-v0"), "{version}");
    assert!(edited("\"extra-trees\"", "\"extra-treees\"").contains("did you mean `extra-trees`?"));
    assert!(edited("\"extra-trees\"", "\"mlp\"").contains("its parts do not fit together"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// A file can be wrong and have the right checksum.
    #[test]
    fn no_model_file_panics(changes in proptest::collection::vec((any::<u32>(), any::<u8>()), 1..6)) {
        use std::sync::OnceLock;
        static GOOD: OnceLock<Vec<u8>> = OnceLock::new();
        let good = GOOD.get_or_init(|| {
            let dir = TempDir::new().unwrap();
            fs::read(train(&sweep(dir.path(), "Landscape-v0", "mixed", "", 60), "mixed", "a.proxy")).unwrap()
        });
        let mut bad = good.clone();
        let start = bad.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(1).unwrap().0 + 1;
        for (at, byte) in changes {
            let at = start + at as usize % (bad.len() - start - 32);
            bad[at] = byte;
        }
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("x.proxy");
        fs::write(&path, sealed(bad)).unwrap();
        let instance = landscape("mixed");
        if let Ok(proxy) = file::read(&path, &instance.problem, &instance.subject) {
            let space = instance.problem.space();
            let mut rng = Seed(0).stream("test");
            let designs: Vec<_> = (0..40).map(|_| space.sample(&mut rng)).collect();
            let values = proxy.fitted.values(&proxy.encoder.encode(&designs));
            prop_assert!(values.data.iter().all(|x| x.is_finite()));
        }
    }
}

/// A hand-written dataset of Landscape-v0 sphere.
fn by_hand(dir: &Path, header: &str, row: impl Fn(usize) -> String) -> PathBuf {
    let out = dir.join("hand");
    fs::create_dir_all(out.join("samples")).unwrap();
    fs::write(out.join("runs.csv"), format!("{RUNS}\nr,Landscape-v0,0,sphere,default,cost,agent,0,0\n"))
        .unwrap();
    let rows: String = (0..40).map(|i| format!("r,{i},{}\n", row(i))).collect();
    fs::write(out.join("samples/Landscape-v0.csv"), format!("{header}\n{rows}")).unwrap();
    out
}

#[test]
fn data_that_cannot_be_learnt_from_are_refused_with_the_reason() {
    let instance = landscape("sphere");
    let names: Vec<String> =
        instance.problem.space().parameters().iter().map(|p| format!("d.{}", p.name)).collect();
    let metric = instance.problem.metrics()[0].name.to_string();
    let mut rng = Seed(0).stream("test");
    let designs: Vec<String> = (0..40)
        .map(|_| instance.problem.space().format(&instance.problem.space().sample(&mut rng)).join(","))
        .collect();
    let header = format!("run_id,step,{},m.{metric},feasible,reason,reward,cached", names.join(","));
    let attempt = |header: &str, row: &dyn Fn(usize) -> String, more: &[&str]| {
        let dir = TempDir::new().unwrap();
        let (data, out) = (by_hand(dir.path(), header, row), dir.path().join("x"));
        let (data, out) = (data.to_str().unwrap(), out.to_str().unwrap());
        let arguments = ["proxy", "train", "-q", "--data", data, "--out", out, "--model", "ridge"];
        let variant = ["--env", "Landscape-v0", "--workload", "sphere"];
        refusal(&[&arguments[..], if more.is_empty() { &variant } else { more }].concat())
    };
    let good = |i: usize| format!("{},{}.5,true,,1,false", designs[i], i);
    let constant = attempt(&header, &|i| format!("{},7,true,,1,false", designs[i]), &[]);
    assert!(constant.contains(&format!("{metric} is 7 in every design")), "{constant}");
    let nan = attempt(&header, &|i| format!("{},NaN,true,,1,false", designs[i]), &[]);
    assert!(nan.contains("samples/Landscape-v0.csv:2") && nan.contains("finite number"), "{nan}");
    let empty = attempt(&header, &|i| format!("{},,true,,1,false", designs[i]), &[]);
    assert!(empty.contains("finite number"), "{empty}");
    let broken = attempt(&header, &|i| format!("{},,false,broken,,false", designs[i]), &[]);
    assert!(broken.contains("none of the 40 designs is feasible"), "{broken}");
    let few = attempt(&header, &|i| good(i % 5), &[]);
    assert!(few.contains("5 different feasible designs are too few"), "{few}");
    let without = header.replace(&format!("m.{metric}"), "m.other");
    let missing = attempt(&without, &good, &[]);
    assert!(missing.contains(&format!("column `m.{metric}` is missing")), "{missing}");
    let without = header.replace(&names[0], "d.other");
    let missing = attempt(&without, &good, &[]);
    assert!(missing.contains(&format!("column `{}` is missing", names[0])), "{missing}");
    let other = attempt(&header, &good, &["--env", "Landscape-v0", "--workload", "nk"]);
    assert!(other.contains("no samples of Landscape-v0, workload nk") && other.contains("sphere"), "{other}");
    let target =
        attempt(&header, &good, &["--env", "Landscape-v0", "--workload", "sphere", "--target", "cots"]);
    assert!(target.contains("unknown metric `cots`"), "{target}");
}

#[test]
fn a_design_is_learnt_once_however_it_is_spelt() {
    let dir = TempDir::new().unwrap();
    let data = sweep(dir.path(), "DramController-v0", "stream", "archgym-pow2", 200);
    let (instance, _) = Instance::new("DramController-v0", "stream", "archgym-pow2", Path::new("")).unwrap();
    let wanted = Wanted::new(instance.problem.as_ref(), &["power_mw".to_owned()]).unwrap();
    let samples = Samples::read(&[data], &instance, &wanted, &()).unwrap();
    for design in &samples.designs {
        assert_eq!(instance.problem.canonical(design).as_ref(), design);
    }
    let space = instance.problem.space();
    let ranks: std::collections::BTreeSet<_> = samples.designs.iter().map(|d| space.rank(d)).collect();
    assert_eq!(ranks.len(), samples.designs.len());
    for split in [Split::Design, Split::Outcome, Split::Agent, Split::Extrapolation] {
        for part in split.parts(&samples, space, 3, Seed(0)).unwrap() {
            assert!(part.train.iter().all(|design| !part.test.contains(design)), "{}", part.name);
        }
    }
}

/// The promise at full size (docs/proxy.md) is kept with complete tables; here a small part of it.
#[test]
fn a_thousand_simulations_teach_the_memory_controller() {
    let (instance, _) = Instance::new("DramController-v0", "random", "archgym-pow2", Path::new("")).unwrap();
    let dir = TempDir::new().unwrap();
    let data = sweep(dir.path(), "DramController-v0", "random", "archgym-pow2", 800);
    let names = ["power_mw", "energy_pj", "latency_ns"].map(str::to_owned);
    let wanted = Wanted::new(instance.problem.as_ref(), &names).unwrap();
    let samples = Samples::read(&[data], &instance, &wanted, &()).unwrap();
    let lesson = Lesson::new(&samples, &Encoder::new(instance.problem.space()), &wanted);
    let space = instance.problem.space();
    let part = Split::Design.parts(&samples, space, 5, Seed(1)).unwrap().remove(0);
    let (train, test) = (lesson.select(&part.train), lesson.select(&part.test));
    let score = judge("fold", &train, &test, Choice::of("extra-trees").unwrap(), Seed(2)).unwrap();
    for own in &score.scores {
        assert!(own.score.rmse_percent < 6.0, "{}: {}", own.target, own.score.rmse_percent);
        assert!(own.score.kendall_tau.unwrap() > 0.9, "{}", own.target);
        assert!(own.coverage[2] > 0.8, "{}: {:?}", own.target, own.coverage);
    }
}

#[test]
fn proxies_say_which_designs_of_a_sweep_meet_a_specification() {
    let dir = TempDir::new().unwrap();
    let data = sweep(dir.path(), "Landscape-v0", "sphere", "default", 150);
    let proxies = ["a.proxy", "b.proxy"].map(|name| train(&data, "sphere", name).display().to_string());
    let designs = data.join("samples/Landscape-v0.csv").display().to_string();
    let verdicts = |require: &'static [&'static str]| {
        let files = [&proxies[0], &proxies[1]].map(String::as_str);
        [&["proxy", "verdicts"], &files[..], &["--designs", &designs, "--require"], require].concat()
    };
    let text = succeed(&verdicts(&["cost<=60", "cost<=100"]));
    let mut lines = text.lines();
    let names = "v.a:cost<=60,v.a:cost<=100,v.b:cost<=60,v.b:cost<=100";
    assert!(lines.next().unwrap().ends_with(names), "{text}");
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    assert!(rows.len() >= 300, "a row for each sample");
    let predicted = succeed(&["proxy", "predict", &proxies[0], "--designs", &designs]);
    let costs =
        predicted.lines().skip(1).map(|line| line.rsplit(',').next().unwrap().parse::<f64>().unwrap());
    for (row, cost) in rows.iter().zip(costs) {
        let bits = [cost <= 60.0, cost <= 100.0].map(|meets| if meets { "1" } else { "0" });
        assert_eq!(row[10..12], bits, "{cost}");
        assert_eq!(row[10..12], row[12..], "both have learnt the same");
    }
    // What the same model says twice counts once.
    let out = dir.path().join("verdicts.csv");
    fs::write(&out, &text).unwrap();
    let chosen = succeed(&["select", "--verdicts", out.to_str().unwrap(), "--json"]);
    let json: Json = serde_json::from_str(&chosen).unwrap();
    assert_eq!(json["repeated"].as_array().unwrap().len(), 2, "{chosen}");
    for (require, expected) in [
        (&["cost<60"], "METRIC<=NUMBER"),
        (&["cost<=x"], "`x` is not a number"),
        (&["cots<=1"], "did you mean `cost`"),
    ] {
        assert!(refusal(&verdicts(require)).contains(expected), "{require:?}");
    }
}

#[test]
fn the_page_of_an_evaluation_is_whole() {
    let dir = TempDir::new().unwrap();
    let data = sweep(dir.path(), "Landscape-v0", "mixed", "default", 250);
    let out = dir.path().join("page");
    let (from, to) = (data.to_str().unwrap(), out.to_str().unwrap());
    succeed(&[
        "proxy",
        "evaluate",
        "-q",
        "--data",
        from,
        "--env",
        "Landscape-v0",
        "--workload",
        "mixed",
        "--model",
        "extra-trees",
        "--folds",
        "2",
        "--curve",
        "--out",
        to,
    ]);
    let page = fs::read_to_string(out.join("report.html")).unwrap();
    for part in
        ["A proxy of Landscape-v0 on mixed", "How much data it needs", "sweepstake proxy evaluate", "<svg"]
    {
        assert!(page.contains(part), "{part}");
    }
    for file in ["evaluation.json", "curve.csv", "curve.svg", "errors.svg", "calibration.svg"] {
        assert!(out.join(file).is_file(), "{file}");
    }
    for outside in ["src=", "@import", "url(", "href=\"http", ">NaN", ">inf"] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn a_search_with_a_proxy_reports_only_what_was_simulated() {
    use rl_env::agent::Context;
    let instance = landscape("rastrigin");
    let problem: &dyn Problem = instance.problem.as_ref();
    let entry = rl_env::registry::find_env(sweepstake_envs::ENVS, "Landscape-v0").unwrap();
    let scorer = entry.objective("rastrigin", "").unwrap().1.bind(problem.metrics()).unwrap();
    let agent = rl_env::registry::find_agent(&sweepstake::agents::AGENTS, "genetic").unwrap();
    let context = Context { space: Arc::new(problem.space().clone()), seed: Seed(1), budget: 150, axes: 0 };
    let mut agent = agent.build(&agent.defaults(), context).unwrap();
    let hunt =
        sweepstake::proxy::search::search(problem, &scorer, agent.as_mut(), 150, true, Seed(1)).unwrap();
    let best = hunt.best.unwrap();
    assert_eq!(hunt.calls, 150, "agent and proxy share one budget");
    assert_eq!(problem.evaluate(&best.design).metrics(), Some(&*best.metrics));
    assert_eq!(scorer.reward(&best.metrics), best.reward);
}
