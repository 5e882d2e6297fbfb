//! Reading the recorded runs of public simulators, where they are present.

// Each test binary uses its part of this module; its files are known to be well formed.
#![allow(dead_code, unreachable_pub, missing_docs, clippy::unwrap_used)]

use std::collections::HashMap;
use std::io::{BufReader, Read};
use std::path::PathBuf;
use std::rc::Rc;

use flate2::read::GzDecoder;
use sweepstake_simulators::dram::config::{
    Arbiter, CmdMux, Config, Controller, PagePolicy, PowerDownPolicy, RefreshPolicy, RespQueue, Scheduler,
    SchedulerBuffer, System,
};
use sweepstake_simulators::dram::device::DeviceId;
use sweepstake_simulators::dram::{Access, MappingChoice, Trace, Workload};

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
    let number = |name: &str| get(name).parse::<u32>().unwrap();
    let system = System {
        device: DeviceId::new(get("memspec").trim_end_matches(".json")).unwrap(),
        mapping: mapping(get("address_mapping")),
        ..System::default()
    };
    let controller = Controller {
        page_policy: PagePolicy::from_name(&kebab(get("PagePolicy"))).unwrap(),
        scheduler: Scheduler::from_name(&kebab(get("Scheduler"))).unwrap(),
        scheduler_buffer: SchedulerBuffer::from_name(&kebab(get("SchedulerBuffer"))).unwrap(),
        request_buffer_size: number("RequestBufferSize"),
        resp_queue: RespQueue::from_name(&kebab(get("RespQueue"))).unwrap(),
        refresh_policy: RefreshPolicy::from_name(&kebab(get("RefreshPolicy"))).unwrap(),
        refresh_max_postponed: number("RefreshMaxPostponed"),
        refresh_max_pulledin: number("RefreshMaxPulledin"),
        arbiter: Arbiter::from_name(&kebab(get("Arbiter"))).unwrap(),
        max_active_transactions: number("MaxActiveTransactions"),
        cmd_mux: CmdMux::from_name(&kebab(get("CmdMux"))).unwrap(),
        power_down_policy: PowerDownPolicy::from_name(&kebab(get("PowerDownPolicy"))).unwrap(),
    };
    let power = if get("PowerDownPolicy") == "Staggered" { " Staggered" } else { "" };
    let refresh = if get("RefreshPolicy") == "PerBank" { " PerBank" } else { "" };
    Row {
        id: get("run_id").to_owned(),
        class: format!("{}{power}{refresh}", get("device")),
        trace: get("trace").to_owned(),
        config: Config { system, controller },
        total_time_ns: get("total_time_ns").parse().unwrap(),
        total_energy_pj: get("total_energy_pJ").parse().ok(),
        columns,
    }
}

/// `FrFcfsGrp` as `fr-fcfs-grp`; the simulator's names for "none" are ours.
fn kebab(name: &str) -> String {
    match name {
        "NoRefresh" | "NoPowerDown" => return "none".to_owned(),
        _ => {}
    }
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !text.is_empty() {
            text.push('-');
        }
        text.extend(letter.to_lowercase());
    }
    text
}

fn mapping(file: &str) -> MappingChoice {
    let order = match file.trim_end_matches(".json") {
        "am_ddr3_8x1Gbx8_dimm_p1KB_rbc" => "row-bank-column",
        "am_ddr4_8x4Gbx8_dimm_p1KB_brc" => "bank-bankgroup-row-column",
        "am_hbm2_8Gb_pc_brc" => "rank-bankgroup-bank-row-column",
        _ => "bank-row-column",
    };
    MappingChoice::Order(order.to_owned())
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
