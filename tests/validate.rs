//! `validate` on the recorded runs, where they are present, and on files that are not what they should be.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use serde_json::Value as Json;
use sweepstake::validate::{Sources, Validation, dramsim3, dramsys, ramulator2, timeloop};
use tempfile::tempdir;

use crate::command::{run, stderr, succeed, sweepstake};

/// The recorded runs, if they are there.
#[allow(clippy::print_stdout)] // a skipped test says so
fn sources(simulator: &str) -> Option<Sources> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/reference/dram");
    if !folder.is_dir() {
        println!("skipped: no reference data");
        return None;
    }
    Some(Sources {
        reference: folder.join(format!("{simulator}_runs.csv.gz")),
        traces: folder.join("traces"),
        commands: Some(folder.join("cmdtraces")),
    })
}

fn unpacked(path: &Path) -> String {
    let mut text = String::new();
    MultiGzDecoder::new(fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    text
}

fn packed(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn all_equal(validation: &Validation, column: &str) -> bool {
    let agreement = &validation.columns[column];
    agreement.compared > 0 && agreement.exact == agreement.compared && agreement.max_relative_error == 0.0
}

#[test]
fn every_ddr3_and_ddr4_run_of_dramsys_without_power_down_is_exact() {
    let Some(sources) = sources("dramsys") else { return };
    let validation = dramsys::validate(&sources).unwrap();
    assert_eq!(validation.compared, validation.rows);
    for class in ["DDR3", "DDR4", "LPDDR4"] {
        let class = &validation.classes[class];
        for column in ["total_time_ns", "avg_bw_Gbps", "bus_util_pct", "total_energy_pJ"] {
            let Some(agreement) = class.columns.get(column) else { continue };
            assert_eq!(agreement.exact, class.rows, "{column}");
        }
    }
    assert!(validation.classes["DDR3"].rows > 900 && validation.classes["DDR4"].rows > 60);
}

#[test]
fn energies_and_command_traces_of_dramsim3_are_exact() {
    let Some(sources) = sources("dramsim3") else { return };
    let validation = dramsim3::validate(&sources).unwrap();
    for column in
        ["act_energy", "read_energy", "write_energy", "ref_energy", "act_stb_energy", "legal_commands"]
    {
        assert!(all_equal(&validation, column), "{column}");
    }
    assert!(validation.columns["bandwidth_GBps"].max_relative_error < 0.012);
    assert!(validation.columns["avg_read_latency"].max_relative_error < 0.04);
    assert!(validation.skipped.keys().any(|reason| reason.contains("livelock")));
}

#[test]
fn unloaded_latency_and_streams_of_ramulator_agree_within_a_hundredth() {
    let Some(sources) = sources("ramulator2") else { return };
    let validation = ramulator2::validate(&sources).unwrap();
    for agreement in validation.columns.values() {
        assert_eq!(agreement.within_target, agreement.compared);
    }
    let skipped: u64 = validation.skipped.values().sum();
    assert_eq!(skipped + validation.compared, validation.rows);
}

#[test]
fn every_run_of_timeloop_is_exact() {
    let reference =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/reference/accelerator/timeloop.csv.gz");
    let Some(traces) = sources("dramsys").map(|sources| sources.traces) else { return };
    let validation = timeloop::validate(&Sources { reference, traces, commands: None }).unwrap();
    assert_eq!((validation.compared, validation.exact), (validation.rows, validation.rows));
    for column in timeloop::COLUMNS {
        assert!(all_equal(&validation, column.name), "{}", column.name);
    }
}

#[test]
fn runs_of_timeloop_that_cannot_be_replayed_are_refused_with_their_line() {
    let header = "kind,N,M,C,P,Q,R,S,Wstride,Hstride,Wdilation,Hdilation,link_transfers_enabled,arch_json,ert_pJ_json,\
                  art_um2_json,mapping_json,cycles,energy_pJ,area_um2,utilization,levels_json,networks_json";
    let architecture = r#""{""family"":""simple3"",""px"":2,""py"":1,""word_bits"":16,""glb_depth"":8,""glb_block"":1,""rf_depth"":4}""#;
    let energies = r#""{""DRAM"":[1,1],""shared_glb"":[1,1],""pe_rf"":[1,1],""mac"":[1]}""#;
    let areas = r#""{""DRAM"":0,""shared_glb"":1,""pe_rf"":1,""mac"":1}""#;
    let mapping = r#""[{""target"":""DRAM"",""type"":""temporal"",""factors"":{""M"":2}},{""keep"":{""DRAM"":[""Weights"",""Inputs"",""Outputs""]}}]""#;
    let row =
        format!("conv,1,2,1,1,1,1,1,1,1,1,1,0,{architecture},{energies},{areas},{mapping},2,1,1,0,{{}},{{}}");
    for (from, to, expected) in [
        ("conv,1,", "conv,0,", "r.csv:2: `N` is 0; allowed: 1 or more"),
        ("conv,1,2", "conv,1,x", "r.csv:2: M: `x` is not a whole number"),
        ("conv,", "cnv,", "r.csv:2: kind: `cnv`; allowed: conv"),
        ("simple3", "simple4", "r.csv:2: arch_json: family"),
        (r#""glb_depth"":8"#, r#""glb_depth"":0"#, "r.csv:2: level `shared_glb`: `words` is 0"),
        (r#""pe_rf"":[1,1]"#, r#""pe_rf"":[1]"#, "r.csv:2: ert_pJ_json: no energy of `pe_rf`"),
        (mapping, "{}", "r.csv:2: mapping: no list of slots"),
        (",{},{}", ",{,{}", "r.csv:2: levels_json: "),
    ] {
        let text = format!("{header}\n{}\n", row.replacen(from, to, 1));
        let (code, message) = refusal("timeloop", text.as_bytes());
        assert!(code == Some(2) && message.contains(expected), "expected {expected:?} in {message}");
    }
}

#[test]
fn json_has_the_promised_keys_and_the_table_every_class() {
    let Some(sources) = sources("dramsys") else { return };
    let dir = tempdir().unwrap();
    let few: Vec<String> = unpacked(&sources.reference).lines().take(9).map(str::to_owned).collect();
    let reference = dir.path().join("few.csv");
    fs::write(&reference, few.join("\n")).unwrap();
    let arguments = |more: &'static str| {
        let mut all = vec!["validate".to_owned(), "dramsys".into(), "--reference".into()];
        all.extend([
            reference.display().to_string(),
            "--traces".into(),
            sources.traces.display().to_string(),
        ]);
        all.extend((!more.is_empty()).then(|| more.to_owned()));
        all
    };
    let json: Json = serde_json::from_str(&succeed(&arguments("--json"))).unwrap();
    assert_eq!(
        (&json["reference"], &json["rows"], &json["compared"]),
        (&"dramsys".into(), &8.into(), &8.into())
    );
    assert!(json["exact"].is_u64() && json["skipped"].is_object());
    assert!(json["evaluations_per_second"].as_f64().unwrap() > 0.0);
    for key in ["exact", "max_relative_error", "mean_relative_error"] {
        assert!(json["columns"]["total_time_ns"][key].is_number(), "{key}");
    }
    let text = succeed(&arguments(""));
    assert!(text.contains("DDR3") && text.contains("total_energy_pJ") && text.contains("why"), "{text}");
    assert!(succeed(&arguments("--markdown")).contains("| --- |"));
}

/// Exit code and message of a validation of `reference` in a folder without traces.
fn refusal(simulator: &str, reference: &[u8]) -> (Option<i32>, String) {
    let dir = tempdir().unwrap();
    let path = dir.path().join("r.csv");
    fs::write(&path, reference).unwrap();
    let output = sweepstake()
        .args(["validate", simulator, "--reference"])
        .arg(&path)
        .arg("--traces")
        .arg(dir.path())
        .output()
        .unwrap();
    (output.status.code(), stderr(&output))
}

#[test]
fn files_that_are_no_recorded_runs_are_refused_with_their_line() {
    for simulator in ["dramsys", "dramsim3", "ramulator2"] {
        for (reference, expected) in [
            ("", "r.csv:1: no column `device`"),
            ("a,b\n1,2\n", "r.csv:1: no column `device`"),
            ("a,b\n1\n", "r.csv:1: no column `device`"),
        ] {
            let (code, message) = refusal(simulator, reference.as_bytes());
            assert_eq!(code, Some(2), "{message}");
            assert!(message.contains(expected) && message.lines().count() == 1, "{message}");
        }
        let whole = packed(&"device,trace,status\nx,y,z\n".repeat(500));
        let (code, message) = refusal(simulator, &whole[..whole.len() / 2]);
        assert_eq!(code, Some(2), "{message}");
        assert!(message.contains("r.csv:1: ") && message.lines().count() == 1, "{message}");
    }
    let missing = run(&["validate", "dramsys", "--reference", "none.csv"]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(stderr(&missing).contains("none.csv"));
    let folder = run(&["validate", "dramsys", "--reference", "none.csv", "--traces", "nowhere"]);
    assert_eq!(folder.status.code(), Some(2));
}

#[test]
fn rows_that_cannot_be_replayed_are_refused_with_their_line() {
    let header = "device,trace,status,total_time_ns,memspec,address_mapping,PagePolicy,Scheduler,SchedulerBuffer,\
                  RequestBufferSize,RespQueue,RefreshPolicy,RefreshMaxPostponed,RefreshMaxPulledin,Arbiter,\
                  MaxActiveTransactions,CmdMux,PowerDownPolicy";
    let row = "DDR3,t,ok,1,MICRON_1Gb_DDR3-1600_8bit_G.json,am_ddr3_8x1Gbx8_dimm_p1KB_rbc.json,Open,Fifo,Bankwise,1,\
               Fifo,AllBank,1,1,Simple,1,Oldest,NoPowerDown";
    for (from, to, expected) in [
        ("Open", "Opened", "r.csv:3: `PagePolicy` is Opened"),
        ("Bankwise,1,", "Bankwise,-1,", "r.csv:3: `RequestBufferSize` is -1; allowed: a whole number"),
        ("MICRON_1Gb", "MICRON_9Gb", "r.csv:3: unknown DRAM device"),
        ("p1KB_rbc", "p1KB_xyz", "r.csv:3: `address_mapping` is am_ddr3_8x1Gbx8_dimm_p1KB_xyz; allowed:"),
        ("ok,1", "ok,1", "r.csv:3: no trace `t`"),
        ("DDR3,t,", "DDR3,../t,", "r.csv:3: no trace `../t`"),
    ] {
        let skipped = row.replace(",ok,", ",timeout,");
        let text = format!("{header}\n{skipped}\n{}\n", row.replacen(from, to, 1));
        let (code, message) = refusal("dramsys", text.as_bytes());
        assert_eq!(code, Some(2), "{message}");
        assert!(message.contains(expected), "expected {expected:?} in {message}");
    }
    let (code, message) = refusal("dramsys", format!("{header}\n{row}\nDDR3,t\n").as_bytes());
    assert!(code == Some(2) && message.contains("r.csv:3: 2 columns"), "{message}");
}

#[test]
#[allow(clippy::print_stdout)] // a skipped test says so
fn every_recorded_design_of_farsi_with_a_complete_mapping_is_equal() {
    let reference =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/reference/soc/designs.jsonl.gz");
    if !reference.is_file() {
        println!("skipped: no reference data");
        return;
    }
    let sources = Sources { reference, traces: PathBuf::new(), commands: None };
    let validation = sweepstake::validate::farsi::validate(&sources).unwrap();
    assert!(validation.compared > 1000);
    assert_eq!(validation.exact, validation.compared);
    for (name, agreement) in &validation.columns {
        assert_eq!(agreement.within_target, agreement.compared, "{name}");
    }
}

#[test]
fn a_line_that_is_no_recorded_design_is_named() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("designs.jsonl");
    fs::write(&path, "{\"id\": \"d1\"}\n").unwrap();
    let output = run(&["validate", "farsi", "--reference", path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("designs.jsonl:1: not a design recorded from FARSI"));
}

#[test]
#[allow(clippy::print_stdout)] // a skipped test says so
fn every_recorded_run_of_maestro_and_scale_sim_is_equal() {
    type Replay = fn(&Sources) -> anyhow::Result<sweepstake::validate::Validation>;
    let replays: [(&str, Replay, u64); 2] = [
        ("maestro.csv.gz", sweepstake::validate::maestro::validate, 567),
        ("scalesim.csv.gz", sweepstake::validate::scalesim::validate, 540),
    ];
    for (file, replay, runs) in replays {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/reference/accelerator");
        let reference = folder.join(file);
        if !reference.is_file() {
            println!("skipped: no reference data");
            return;
        }
        let sources = Sources { reference, traces: PathBuf::new(), commands: None };
        let validation = replay(&sources).unwrap();
        assert_eq!((validation.compared, validation.exact), (runs, runs), "{file}");
    }
}

#[test]
fn a_row_that_is_no_run_of_a_systolic_array_is_named() {
    let header = "type,ifmap_h,ifmap_w,filt_h,filt_w,channels,num_filt,stride_h,gemm_m,gemm_n,gemm_k,dataflow,\
                  arr_rows,arr_cols,ifmap_sram_kb,filter_sram_kb,ofmap_sram_kb,bw_mode,ifmap_bw,filter_bw,ofmap_bw,\
                  error,total_cycles,stall_cycles";
    let row = "gemm,1,1,1,1,1,1,1,8,8,8,os,4,4,1,1,1,USER,1,1,1,,1,1";
    for (from, to, expected) in [
        ("gemm", "pool", "r.csv:2: type: `pool`; allowed: conv, gemm"),
        (",os,", ",xs,", "r.csv:2: dataflow: `xs`; allowed: os, ws, is"),
        ("os,4", "os,0", "r.csv:2: `rows` is 0; allowed: 1 to 4096"),
        ("os,4", "os,-1", "r.csv:2: arr_rows: `-1` is not a whole number in range"),
        ("USER", "user", "r.csv:2: bw_mode: `user`; allowed: CALC, USER"),
    ] {
        let text = format!("{header}\n{}\n", row.replacen(from, to, 1));
        let (code, message) = refusal("scalesim", text.as_bytes());
        assert!(code == Some(2) && message.contains(expected), "expected {expected:?} in {message}");
    }
}
