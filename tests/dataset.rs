//! `sweepstake dataset`: what sweeps write survives being described, merged and converted.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use sweepstake::dataset::export::{Exported, export};
use sweepstake::dataset::info::{Card, info};
use sweepstake::dataset::merge::{Merged, merge};
use sweepstake::usage::is_usage;
use tempfile::TempDir;

use crate::command::run as sweepstake;

const HEADER: &str = "run_id,step,d.x,m.cost,feasible,reason,reward,cached";
const RUNS: &str = "run_id,env,env_version,workload,space,objective,agent,ticket,seed";

/// A sweep of both agents over all kinds of landscapes.
fn real_sweep(dir: &Path) -> PathBuf {
    let config = dir.join("sweep.yaml");
    let text = "envs:\n  - env: Landscape-v0\n    workloads: [sphere, nk, mixed, constrained]\n\
                agents: [random-walker, genetic]\nseeds: 2\nbudget: 60\n";
    fs::write(&config, text).unwrap();
    let out = dir.join("sweep");
    let run = sweepstake(&["sweep", config.to_str().unwrap(), "--out", out.to_str().unwrap(), "--quiet"]);
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    out
}

/// A sweep written by hand: one run `name` of an environment that nobody knows.
fn small_sweep(dir: &Path, name: &str, header: &str, rows: &str) -> PathBuf {
    let out = dir.join(name);
    fs::create_dir_all(out.join("samples")).unwrap();
    fs::write(out.join("runs.csv"), format!("{RUNS}\n{name},Toy-v3,3,work,default,cost,agent,0,7\n"))
        .unwrap();
    fs::write(out.join("samples/Toy-v3.csv"), format!("{header}\n{rows}")).unwrap();
    out
}

fn write(dir: &Path, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = dir.join(name);
    fs::write(&path, bytes).unwrap();
    path
}

fn merged(paths: &[PathBuf], out: &Path, dedupe: bool) -> Merged {
    merge(paths, out, dedupe, &()).unwrap()
}

fn card(path: &Path) -> Card {
    info(&[path.to_owned()], &()).unwrap()
}

/// There and back again; what comes back and what the export said.
fn round_trip(csv: &Path) -> (Vec<u8>, Exported) {
    let (parquet, back) = (csv.with_extension("parquet"), csv.with_extension("back.csv"));
    let there = export(csv, &parquet, &()).unwrap();
    let returned = export(&parquet, &back, &()).unwrap();
    assert_eq!(returned.rows, there.rows);
    (fs::read(&back).unwrap(), there)
}

fn nothing_left_over(dir: &Path) {
    let names = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let left: Vec<String> = names.filter(|name| name.contains(".tmp") || name.contains(".rows")).collect();
    assert_eq!(left, Vec::<String>::new());
}

// Export

#[test]
fn samples_and_runs_of_a_sweep_come_back_byte_for_byte() {
    let dir = TempDir::new().unwrap();
    let sweep = real_sweep(dir.path());
    for table in ["samples/Landscape-v0.csv", "runs.csv"] {
        let source = write(dir.path(), "table.csv", fs::read(sweep.join(table)).unwrap());
        let (back, there) = round_trip(&source);
        assert_eq!(there.same_bytes, Some(true), "{table}");
        assert!(back == fs::read(&source).unwrap(), "{table} came back different");
    }
    nothing_left_over(dir.path());
}

#[test]
fn columns_are_typed_by_what_the_environment_declares() {
    let dir = TempDir::new().unwrap();
    let sweep = real_sweep(dir.path());
    let out = dir.path().join("samples.parquet");
    export(&sweep, &out, &()).unwrap();
    let kinds = kinds(&out);
    let kind = |name: &str| kinds.iter().find(|(known, _)| known == name).unwrap().1.as_str();
    let known = [
        ("run_id", "text"),
        ("step", "unsigned"),
        ("d.x0", "real"),
        ("d.n0", "integer"),
        ("d.p0", "integer"),
        ("d.b0", "bool"),
        ("d.c0", "text"),
        ("m.cost", "real"),
        ("feasible", "bool"),
        ("reason", "text"),
        ("reward", "real"),
        ("cached", "bool"),
    ];
    for (name, wanted) in known {
        assert_eq!(kind(name), wanted, "{name}");
    }
}

fn kinds(parquet: &Path) -> Vec<(String, String)> {
    let rows = sweepstake::dataset::parquet_rows::ParquetRows::open(parquet, &()).unwrap();
    let columns: serde_json::Value = serde_json::from_str(rows.metadata("columns").unwrap()).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    columns.as_array().unwrap().iter().map(|c| (text(&c["name"]), text(&c["kind"]))).collect()
}

#[test]
fn a_real_parameter_stays_real_when_all_its_values_are_whole() {
    let dir = TempDir::new().unwrap();
    let header = HEADER.replace("d.x", "d.x0");
    let rows = "a,0,1,2,true,,-2,false\na,1,-3,2,true,,-2,false\n";
    let path = write(dir.path(), "Landscape-v0.csv", format!("{header}\n{rows}"));
    let (back, _) = round_trip(&path);
    assert_eq!(kinds(&path.with_extension("parquet"))[2].1, "real");
    assert_eq!(back, fs::read(&path).unwrap());
}

#[test]
fn unusual_but_legal_tables_come_back_byte_for_byte() {
    let dir = TempDir::new().unwrap();
    let tables = [
        ("windows line breaks", "a,b\r\n1,x\r\n2,y\r\n"),
        ("no rows", "a,b\n"),
        ("missing cells", "a,b\n,x\n2,\n,\n"),
        ("quotes", "a,b\n\"x, y\",\"say \"\"no\"\"\"\n\"two\nlines\",z\n"),
        ("numbers as pandas writes them", "a,b,c\n1.0,1e-05,True\n2.5,,False\n"),
        ("large and small", "a,b\n1e300,18446744073709551615\n1e-300,9223372036854775808\n"),
        ("odd numbers", "a\nNaN\ninf\n-inf\n-0\n"),
        ("text like numbers", "a,b,c\n007,+1,1.50\n8,2,2.5\n"),
        ("integers at their limits", "a,b\n-9223372036854775808,9223372036854775807\n0,-1\n"),
        ("other scripts", "größe,名前\n1,五\n"),
    ];
    for (what, text) in tables {
        let path = write(dir.path(), "table.csv", text);
        let (back, there) = round_trip(&path);
        assert_eq!(String::from_utf8(back).unwrap(), text, "{what}");
        assert_eq!(there.same_bytes, Some(true), "{what}");
    }
}

#[test]
fn numbers_written_unusually_keep_their_value_and_are_reported() {
    let dir = TempDir::new().unwrap();
    let path = write(dir.path(), "t.csv", format!("{HEADER}\na,0,1,1.50,true,,-1.5,false\n"));
    let (back, there) = round_trip(&path);
    assert_eq!((there.same_bytes, there.respelt), (Some(false), vec!["m.cost".to_owned()]));
    assert!(String::from_utf8(back).unwrap().contains("a,0,1,1.5,true"));
}

#[test]
fn a_sweep_of_several_environments_has_to_be_named() {
    let dir = TempDir::new().unwrap();
    let sweep = small_sweep(dir.path(), "a", HEADER, "");
    fs::write(sweep.join("samples/Other-v0.csv"), format!("{HEADER}\n")).unwrap();
    let error = export(&sweep, &dir.path().join("x.parquet"), &()).unwrap_err();
    assert!(is_usage(&error) && error.to_string().contains("Other-v0.csv"), "{error}");
}

proptest! {
    #[test]
    fn any_table_of_numbers_comes_back(cells in prop::collection::vec((any::<f64>(), any::<i64>(), any::<u64>()), 0..20)) {
        let dir = TempDir::new().unwrap();
        let mut text = "m.x,d.i,d.u\n".to_owned();
        for (x, i, u) in cells {
            sweepstake::dataset::columns::number(x, &mut text);
            text.push_str(&format!(",{i},{u}\n"));
        }
        let path = write(dir.path(), "t.csv", &text);
        prop_assert_eq!(String::from_utf8(round_trip(&path).0).unwrap(), text);
    }

    #[test]
    fn any_table_of_text_comes_back(rows in prop::collection::vec(prop::array::uniform2("\\PC*"), 0..20)) {
        let dir = TempDir::new().unwrap();
        let mut writer = csv::Writer::from_path(dir.path().join("t.csv")).unwrap();
        writer.write_record(["a", "reason"]).unwrap();
        rows.iter().for_each(|row| writer.write_record(row).unwrap());
        writer.flush().unwrap();
        let path = dir.path().join("t.csv");
        prop_assert_eq!(round_trip(&path).0, fs::read(&path).unwrap());
    }
}

// Merge

#[test]
fn columns_are_united_and_rows_keep_their_order() {
    let dir = TempDir::new().unwrap();
    let a = small_sweep(dir.path(), "a", HEADER, "a,0,1,2,true,,-2,false\na,1,2,3,true,,-3,false\n");
    let other = "run_id,step,d.y,d.x,m.time,m.cost,feasible,reason,reward,cached";
    let b = small_sweep(dir.path(), "b", other, "b,0,5,1,9,2,true,,-2,false\n");
    let out = dir.path().join("all.csv");
    let report = merged(&[b, a], &out, false);
    assert_eq!((report.rows_written, report.unique_designs, report.conflicts), (3, 3, 0));
    let expected = "env,env_version,workload,space,objective,agent,ticket,seed,run_id,step,d.y,d.x,m.time,m.cost,\
                    feasible,reason,reward,cached\n\
                    Toy-v3,3,work,default,cost,agent,0,7,b,0,5,1,9,2,true,,-2,false\n\
                    Toy-v3,3,work,default,cost,agent,0,7,a,0,,1,,2,true,,-2,false\n\
                    Toy-v3,3,work,default,cost,agent,0,7,a,1,,2,,3,true,,-3,false\n";
    assert_eq!(fs::read_to_string(out).unwrap(), expected);
}

#[test]
fn dedupe_keeps_the_first_row_of_each_design() {
    let dir = TempDir::new().unwrap();
    let a = small_sweep(dir.path(), "a", HEADER, "a,0,1,2,true,,-2,false\na,1,1,2,true,,-2,true\n");
    // The same designs, one of them spelt as pandas does.
    let b =
        small_sweep(dir.path(), "b", HEADER, "b,0,1.0,2.0,true,,-2,false\nb,1,4,2,false,too big,,false\n");
    let out = dir.path().join("all.csv");
    let report = merged(&[a.clone(), b.clone()], &out, true);
    let counts = (report.rows_read, report.rows_written, report.unique_designs, report.conflicts);
    assert_eq!(counts, (4, 2, 2, 0));
    let text = fs::read_to_string(&out).unwrap();
    let runs: Vec<&str> = text.lines().skip(1).map(|row| row.split(',').nth(8).unwrap()).collect();
    assert_eq!(runs, ["a", "b"]);
    assert_eq!(merged(&[out.clone(), a, b], &dir.path().join("again.csv"), true).rows_written, 2);
    assert_eq!(text, fs::read_to_string(dir.path().join("again.csv")).unwrap());
}

#[test]
fn another_workload_or_version_is_another_design() {
    let dir = TempDir::new().unwrap();
    let row = "a,0,1,2,true,,-2,false\n";
    let a = small_sweep(dir.path(), "a", HEADER, row);
    let b = small_sweep(dir.path(), "b", HEADER, &row.replace("a,", "b,"));
    let runs = fs::read_to_string(b.join("runs.csv")).unwrap();
    fs::write(b.join("runs.csv"), runs.replace("3,work,", "3,other,")).unwrap();
    assert_eq!(merged(&[a, b], &dir.path().join("all.csv"), true).rows_written, 2);
}

#[test]
fn conflicting_outcomes_are_counted_and_the_first_is_kept() {
    let dir = TempDir::new().unwrap();
    let a = small_sweep(dir.path(), "a", HEADER, "a,0,1,2,true,,-2,false\na,1,3,2,true,,-2,false\n");
    let b = small_sweep(dir.path(), "b", HEADER, "b,0,1,2.5,true,,-2.5,false\nb,1,3,,false,bad,,false\n");
    let out = dir.path().join("all.csv");
    for (dedupe, rows) in [(true, 2), (false, 4)] {
        let report = merged(&[a.clone(), b.clone()], &out, dedupe);
        assert_eq!((report.conflicts, report.incomparable, report.rows_written), (2, 0, rows));
        assert!(report.conflicts_at[0].ends_with("Toy-v3.csv:2"), "{:?}", report.conflicts_at);
    }
    let run = sweepstake(&[
        "dataset",
        "merge",
        a.to_str().unwrap(),
        b.to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
    ]);
    assert!(String::from_utf8(run.stderr).unwrap().contains("2 rows contradict"));
}

#[test]
fn other_metrics_are_no_conflict() {
    let dir = TempDir::new().unwrap();
    let a = small_sweep(dir.path(), "a", HEADER, "a,0,1,2,true,,-2,false\n");
    let b = small_sweep(dir.path(), "b", &HEADER.replace("m.cost", "m.time"), "b,0,1,2.5,true,,-2.5,false\n");
    let report = merged(&[a, b], &dir.path().join("all.csv"), false);
    assert_eq!((report.conflicts, report.incomparable), (0, 1));
}

#[test]
fn merging_into_parquet_is_merging_into_csv() {
    let dir = TempDir::new().unwrap();
    let sweep = real_sweep(dir.path());
    let [csv, parquet, back] = ["all.csv", "all.parquet", "back.csv"].map(|name| dir.path().join(name));
    let sources = [sweep.clone(), sweep];
    assert_eq!(merged(&sources, &csv, true), merged(&sources, &parquet, true));
    assert_eq!(export(&parquet, &back, &()).unwrap().same_bytes, Some(true));
    assert!(fs::read(&csv).unwrap() == fs::read(&back).unwrap());
    let mut cards = [card(&csv), card(&parquet)];
    cards.iter_mut().for_each(|card| card.tables.clear());
    assert_eq!(cards[0], cards[1]);
    nothing_left_over(dir.path());
}

#[test]
fn rows_that_belong_to_nothing_are_refused() {
    let dir = TempDir::new().unwrap();
    let a = small_sweep(dir.path(), "a", HEADER, "a,0,1,2,true,,-2,false\nb,0,1,2,true,,-2,false\n");
    let error = merge(&[a], &dir.path().join("x.csv"), false, &()).unwrap_err();
    assert!(
        is_usage(&error) && error.to_string().contains("Toy-v3.csv:3: run `b` is not in runs.csv"),
        "{error}"
    );
    let lone = write(dir.path(), "lone.csv", format!("{HEADER}\n"));
    let error = merge(&[lone], &dir.path().join("x.csv"), false, &()).unwrap_err();
    assert!(is_usage(&error) && error.to_string().contains("no column `env`"), "{error}");
    assert!(!dir.path().join("x.csv").exists());
    nothing_left_over(dir.path());
}

// Info

#[test]
fn the_card_counts_what_is_there() {
    let dir = TempDir::new().unwrap();
    let rows = "a,0,1,2,true,,-2,false\na,1,1.0,2,true,,-2,true\na,2,3,5,true,,-5,false\na,3,9,,false,too big,,false\n";
    let card = card(&small_sweep(dir.path(), "a", HEADER, rows));
    assert_eq!((card.rows, card.runs, card.feasible, card.cached), (4, 1, 3, 1));
    assert_eq!((card.unique_designs.count, card.unique_designs.at_least), (3, false));
    assert_eq!(card.reasons, [("too big".to_owned(), 1)]);
    assert_eq!((card.feasible_share, card.cached_share), (Some(0.75), Some(0.25)));
    assert_eq!((card.envs[0].name.as_str(), card.agents[0].rows, card.objectives[0].runs), ("Toy-v3", 4, 1));
    let problem = &card.problems[0];
    let x = &problem.parameters[0];
    assert_eq!((x.distinct.count, x.min, x.max, x.coverage), (3, Some(1.0), Some(9.0), None));
    let cost = &problem.metrics[0];
    assert_eq!((cost.min, cost.median, cost.mean, cost.max), (Some(2.0), Some(2.0), Some(3.0), Some(5.0)));
    let best = &problem.best[0];
    assert_eq!((best.reward, best.step, best.objective.as_str()), (-2.0, 0, "cost"));
}

#[test]
fn coverage_is_that_of_the_declared_range() {
    let dir = TempDir::new().unwrap();
    let card = card(&real_sweep(dir.path()));
    let problem = card.problems.iter().find(|p| p.workload == "mixed").unwrap();
    let parameter = |name: &str| problem.parameters.iter().find(|p| p.name == name).unwrap();
    assert_eq!((parameter("c0").levels, parameter("c0").coverage), (Some(4.0), Some(1.0)));
    let n0 = parameter("n0");
    assert_eq!(n0.coverage, Some(n0.distinct.count as f64 / 101.0));
    let x0 = parameter("x0");
    assert_eq!(x0.coverage, Some((x0.max.unwrap() - x0.min.unwrap()) / 10.0));
    assert!(problem.parameters.iter().all(|p| p.outside == 0));
    assert!(card.reasons.iter().map(|(_, rows)| rows).sum::<u64>() == card.rows - card.feasible);
}

#[test]
fn values_outside_of_what_is_declared_are_pointed_out() {
    let dir = TempDir::new().unwrap();
    let rows = "a,0,7,2,true,,-2,false\na,1,4,2,true,,-2,false\n";
    let path = write(dir.path(), "Landscape-v0.csv", format!("{}\n{rows}", HEADER.replace("d.x", "d.n0")));
    assert_eq!(card(&path).problems[0].parameters[0].outside, 0);
    let path = write(
        dir.path(),
        "Landscape-v0.csv",
        format!("{}\n{}", HEADER.replace("d.x", "d.n0"), rows.replace(",7,", ",101,")),
    );
    assert_eq!(card(&path).problems[0].parameters[0].outside, 1);
}

#[test]
fn the_card_is_printed_as_text_and_as_json() {
    let dir = TempDir::new().unwrap();
    let sweep = small_sweep(dir.path(), "a", HEADER, "a,0,1,2,true,,-2,false\n");
    let text = String::from_utf8(sweepstake(&["dataset", "info", sweep.to_str().unwrap()]).stdout).unwrap();
    assert!(text.contains("different designs") && text.contains("Toy-v3 · work"), "{text}");
    let json = sweepstake(&["dataset", "info", "--json", sweep.to_str().unwrap()]).stdout;
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["problems"][0]["metrics"][0]["median"], 2.0);
    assert_eq!(json["unique_designs"]["count"], 1);
}

// Bad input

#[test]
fn malformed_tables_are_refused_with_file_and_line() {
    let dir = TempDir::new().unwrap();
    let good = "a,0,1,2,true,,-2,false\n";
    let cases: [(&str, Vec<u8>, &str); 14] = [
        ("empty", Vec::new(), ":1: the file is empty"),
        ("ragged", format!("{HEADER}\n{good}a,1,2\n{good}").into(), ":3: 3 cells, but the header has 8"),
        ("cut off", format!("{HEADER}\n{good}a,1,2,2,tr").into(), ":3: the last line is cut off"),
        (
            "no last break",
            format!("{HEADER}\n{good}a,1,1,2,true,,-2,false").into(),
            ":3: the last line is cut off",
        ),
        (
            "bad number",
            format!("{HEADER}\n{good}a,1,1,2z,true,,-2,false\n").into(),
            ":3: `m.cost` is not a number: `2z`",
        ),
        ("bad reward", format!("{HEADER}\na,1,1,2,true,,two,false\n").into(), ":2: `reward` is not a number"),
        (
            "bad step",
            format!("{HEADER}\na,-1,1,2,true,,2,false\n").into(),
            ":2: `step` is not a whole number",
        ),
        (
            "bad switch",
            format!("{HEADER}\na,1,1,2,maybe,,2,false\n").into(),
            ":2: `feasible` is neither true nor false",
        ),
        (
            "not text",
            [format!("{HEADER}\n{good}").as_bytes(), b"a,1,1,2,true,\xff,2,false\n"].concat(),
            ":3: not UTF-8 text",
        ),
        ("windows", format!("{HEADER}\n{good}a,1,2\n").replace('\n', "\r\n").into(), ":3: 3 cells"),
        ("blank lines", format!("{HEADER}\n\n\n{good}a,1,2\n").into(), ":5: 3 cells"),
        (
            "open quote",
            format!("{HEADER},x\na,1,1,2,true,,2,false,\"oh\n").into(),
            ":2: a quote is opened but never closed",
        ),
        ("same name", format!("{HEADER},d.x\n").into(), ":1: there are two columns `d.x`"),
        ("no name", format!("{HEADER},\n").into(), ":1: column 9 has no name"),
    ];
    for (what, bytes, expected) in cases {
        let path = write(dir.path(), "t.csv", bytes);
        let expected = format!("{}{expected}", path.display());
        let out = dir.path().join("out.parquet");
        let errors =
            [info(std::slice::from_ref(&path), &()).unwrap_err(), export(&path, &out, &()).unwrap_err()];
        for error in errors {
            assert!(is_usage(&error) && error.to_string().starts_with(&expected), "{what}: {error}");
            assert!(!error.to_string().contains('\n'), "{what}");
        }
        assert!(!out.exists());
    }
    nothing_left_over(dir.path());
}

#[test]
fn missing_columns_are_named() {
    let dir = TempDir::new().unwrap();
    for name in ["run_id", "step", "feasible", "reason", "reward", "cached"] {
        let path = write(dir.path(), "t.csv", format!("{}\n", HEADER.replace(name, "other")));
        let error = info(&[path], &()).unwrap_err();
        assert!(
            is_usage(&error) && error.to_string().contains(&format!(":1: column `{name}` is missing")),
            "{error}"
        );
    }
}

#[test]
fn wrong_paths_exit_with_2() {
    let dir = TempDir::new().unwrap();
    let text = write(dir.path(), "t.txt", "");
    let fake = write(dir.path(), "t.parquet", "PAR1 this is not PAR1");
    let [dir, text, fake] = [dir.path(), &text, &fake].map(|path| path.to_str().unwrap().to_owned());
    for args in [
        vec!["info", "/nowhere"],
        vec!["info", &dir],
        vec!["info", &text],
        vec!["info", &fake],
        vec!["export", &fake, "--out", "/nowhere/x.parquet"],
        vec!["export", "/nowhere.csv", "--out", "/nowhere/x.parquet"],
        vec!["merge", "/nowhere.csv", "--out", "/nowhere/x.parquet"],
    ] {
        let run = sweepstake(&[vec!["dataset"], args.clone()].concat());
        let message = String::from_utf8(run.stderr).unwrap();
        assert_eq!((run.status.code(), message.lines().count()), (Some(2), 1), "{args:?}: {message}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_leaves_the_old_file_and_nothing_else() {
    let dir = TempDir::new().unwrap();
    let sweep = real_sweep(dir.path());
    let source = sweep.join("samples/Landscape-v0.csv");
    let parquet = dir.path().join("good.parquet");
    export(&source, &parquet, &()).unwrap();
    for (command, source, name) in
        [("export", &source, "x.parquet"), ("export", &parquet, "x.csv"), ("merge", &sweep, "x.csv")]
    {
        let out = write(dir.path(), name, "old");
        std::os::unix::fs::symlink("/dev/full", dir.path().join(format!("{name}.tmp"))).unwrap();
        let run = sweepstake(&["dataset", command, source.to_str().unwrap(), "--out", out.to_str().unwrap()]);
        let message = String::from_utf8(run.stderr).unwrap();
        assert_eq!(run.status.code(), Some(1), "{message}");
        assert!(message.contains("cannot write") && message.contains("No space left"), "{message}");
        assert_eq!(fs::read_to_string(&out).unwrap(), "old");
        nothing_left_over(dir.path());
    }
}

#[test]
fn an_unwritable_place_exits_with_1() {
    let dir = TempDir::new().unwrap();
    let sweep = small_sweep(dir.path(), "a", HEADER, "a,0,1,2,true,,-2,false\n");
    for command in ["export", "merge"] {
        let run = sweepstake(&["dataset", command, sweep.to_str().unwrap(), "--out", "/nowhere/x.parquet"]);
        assert_eq!(run.status.code(), Some(1));
        assert!(String::from_utf8(run.stderr).unwrap().contains("cannot write /nowhere/x.parquet"));
    }
}

/// Everything that can be done with a table ends in a result or in one line, never in a panic.
fn try_everything(dir: &Path, path: &Path) -> Result<(), TestCaseError> {
    let (paths, out) = (vec![path.to_owned()], |name: &str| dir.join(name));
    let results = [
        info(&paths, &()).err(),
        export(path, &out("x.parquet"), &()).err(),
        export(path, &out("x.csv"), &()).err(),
        merge(&paths, &out("y.csv"), true, &()).err(),
        merge(&paths, &out("y.parquet"), false, &()).err(),
    ];
    for error in results.into_iter().flatten() {
        prop_assert!(!format!("{error:#}").contains('\n'), "{:#}", error);
    }
    Ok(())
}

proptest! {
    #[test]
    fn garbage_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let dir = TempDir::new().unwrap();
        try_everything(dir.path(), &write(dir.path(), "t.csv", &bytes))?;
        try_everything(dir.path(), &write(dir.path(), "t.parquet", &bytes))?;
    }

    #[test]
    fn damaged_samples_never_panic(at in 0usize..400, byte: u8, cut in 0usize..400) {
        let dir = TempDir::new().unwrap();
        let rows: String = (0..6).map(|i| format!("a,{i},{}.5,\"{i}\",true,,-{i},false\n", i * 7)).collect();
        let mut bytes = format!("env,env_version,workload,{HEADER}\n{rows}").replace("\na,", "\nE-v0,0,w,a,").into_bytes();
        bytes.truncate(cut.max(60));
        let at = at % bytes.len();
        bytes[at] = byte;
        try_everything(dir.path(), &write(dir.path(), "t.csv", &bytes))?;
    }

    #[test]
    fn damaged_parquet_never_panics(at: prop::sample::Index, byte: u8) {
        let dir = TempDir::new().unwrap();
        let rows: String = (0..50).map(|i| format!("a,{i},{}.5,{i},true,,-{i},false\n", i % 7)).collect();
        let csv = write(dir.path(), "good.csv", format!("{HEADER}\n{rows}"));
        let path = dir.path().join("t.parquet");
        export(&csv, &path, &()).unwrap();
        let mut bytes = fs::read(&path).unwrap();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        fs::write(&path, &bytes).unwrap();
        try_everything(dir.path(), &path)?;
    }
}

/// `minari.load_dataset` wants one row more than there are steps, and spaces as text in the metadata.
#[test]
fn runs_become_episodes_of_a_minari_dataset() {
    let dir = TempDir::new().unwrap();
    let config = dir.path().join("sweep.yaml");
    let text =
        "envs:\n  - {env: Landscape-v0, workloads: [constrained]}\nagents: [genetic]\nseeds: 2\nbudget: 30\n";
    fs::write(&config, text).unwrap();
    let (sweep, out) = (dir.path().join("sweep"), dir.path().join("set-v0"));
    let run = sweepstake(&["sweep", config.to_str().unwrap(), "--out", sweep.to_str().unwrap(), "-q"]);
    assert!(run.status.success());
    let written = sweepstake::dataset::minari::export(std::slice::from_ref(&sweep), &out, &()).unwrap();
    assert_eq!((written.episodes, written.steps), (2, card(&sweep).rows));
    let about = |path: &str| -> serde_json::Value {
        serde_json::from_str(&fs::read_to_string(out.join("data").join(path)).unwrap()).unwrap()
    };
    let spaces = about("metadata.json")["action_space"].as_str().unwrap().to_owned();
    assert!(spaces.starts_with("{\"type\":\"Dict\""), "{spaces}");
    let steps = about("1/metadata.json")["total_steps"].as_u64().unwrap();
    let file = fs::File::open(out.join("data/1/part-0.parquet")).unwrap();
    let reader = parquet::file::reader::SerializedFileReader::new(file).unwrap();
    let rows = parquet::file::reader::FileReader::metadata(&reader).file_metadata().num_rows();
    assert_eq!(rows as u64, steps + 1);
    let again = sweepstake::dataset::minari::export(std::slice::from_ref(&sweep), &out, &()).unwrap_err();
    assert!(is_usage(&again) && again.to_string().contains("exists already"), "{again}");
}
