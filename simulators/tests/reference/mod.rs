//! Reading the recorded runs of public simulators, where they are present.

// Each test binary uses its part of this module; its files are known to be well formed.
#![allow(dead_code, unreachable_pub, missing_docs, clippy::unwrap_used)]

use std::collections::HashMap;
use std::io::{BufReader, Read};
use std::path::PathBuf;
use std::rc::Rc;

use flate2::read::GzDecoder;
use sweepstake_simulators::dram::config::{Config, System};
use sweepstake_simulators::dram::{Access, Trace, Workload, dramsys};

/// The folder of the recorded DRAM runs, if it is there.
pub fn folder() -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/reference/dram");
    path.is_dir().then_some(path)
}

/// One recorded run of DRAMSys.
pub struct Row {
    pub id: String,
    pub class: String,
    pub trace: String,
    pub config: Config,
    pub total_time_ns: f64,
    pub total_energy_pj: Option<f64>,
    pub columns: HashMap<String, String>,
}

/// Every recorded run of DRAMSys.
pub fn dramsys_rows() -> Option<Vec<Row>> {
    let mut reader = csv::Reader::from_reader(open(&folder()?.join("dramsys_runs.csv.gz")));
    Some(reader.deserialize().map(|row| parse(row.unwrap())).collect())
}

fn open(path: &std::path::Path) -> impl Read + use<> {
    BufReader::new(GzDecoder::new(std::fs::File::open(path).unwrap()))
}

fn parse(columns: HashMap<String, String>) -> Row {
    let get = |name: &str| columns[name].as_str();
    let config = dramsys::config(get).unwrap();
    let power = if get("PowerDownPolicy") == "Staggered" { " Staggered" } else { "" };
    let refresh = if get("RefreshPolicy") == "PerBank" { " PerBank" } else { "" };
    Row {
        id: get("run_id").to_owned(),
        class: format!("{}{power}{refresh}", get("device")),
        trace: get("trace").to_owned(),
        config,
        total_time_ns: get("total_time_ns").parse().unwrap(),
        total_energy_pj: get("total_energy_pJ").parse().ok(),
        columns,
    }
}

/// Recorded traces, each decoded once per memory system.
#[derive(Default)]
pub struct Traces {
    decoded: HashMap<(String, System), Rc<Workload>>,
}

impl Traces {
    pub fn workload(&mut self, name: &str, system: &System) -> Rc<Workload> {
        let key = (name.to_owned(), system.clone());
        let decode = || Rc::new(Workload::decode(&read_trace(name), system).unwrap());
        self.decoded.entry(key).or_insert_with(decode).clone()
    }
}

/// Records of a gzipped CSV file of the reference folder.
pub fn records(file: &str) -> Vec<csv::StringRecord> {
    let mut reader = csv::Reader::from_reader(open(&folder().unwrap().join(file)));
    reader.records().map(|record| record.unwrap()).collect()
}

/// Configuration and file of every recorded command trace.
pub fn command_traces() -> Option<Vec<(String, String)>> {
    let mut reader = csv::Reader::from_path(folder()?.join("cmdtraces/index.csv")).unwrap();
    Some(
        reader
            .records()
            .map(|record| record.unwrap())
            .map(|record| (record[0].to_owned(), record[5].to_owned()))
            .collect(),
    )
}

/// A recorded trace by name.
pub fn read_trace(name: &str) -> Trace {
    let path = folder().unwrap().join(format!("traces/{name}.csv.gz"));
    let mut reader = csv::Reader::from_reader(open(&path));
    let access = |record: csv::StringRecord| Access {
        cycle: record[0].parse().unwrap(),
        write: &record[1] == "W",
        address: u64::from_str_radix(record[2].trim_start_matches("0x"), 16).unwrap(),
    };
    Trace { accesses: reader.records().map(|record| access(record.unwrap())).collect() }
}
