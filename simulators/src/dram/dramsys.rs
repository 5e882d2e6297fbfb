//! Designs as DRAMSys 4.0 writes them: its names of knobs, devices and address mappings.

use super::config::{
    Arbiter, CmdMux, Config, Controller, PagePolicy, PowerDownPolicy, RefreshPolicy, RespQueue, Scheduler,
    SchedulerBuffer, System,
};
use super::device::DeviceId;
use super::error::DramError;
use super::mapping::MappingChoice;

/// DRAMSys' address mappings, and ours of the same bits.
const MAPPINGS: &[(&str, &str)] = &[
    ("am_ddr3_8x1Gbx8_dimm_p1KB_brc", "bank-row-column"),
    ("am_ddr3_8x1Gbx8_dimm_p1KB_rbc", "row-bank-column"),
    ("am_ddr4_8x4Gbx8_dimm_p1KB_brc", "bank-bankgroup-row-column"),
    ("am_hbm2_8Gb_pc_brc", "rank-bankgroup-bank-row-column"),
    ("am_lpddr4_8Gbx16_brc", "bank-row-column"),
];

/// The columns (keys) from which [`config`] reads a design.
pub const COLUMNS: [&str; 14] = [
    "memspec",
    "address_mapping",
    "PagePolicy",
    "Scheduler",
    "SchedulerBuffer",
    "RequestBufferSize",
    "RespQueue",
    "RefreshPolicy",
    "RefreshMaxPostponed",
    "RefreshMaxPulledin",
    "Arbiter",
    "MaxActiveTransactions",
    "CmdMux",
    "PowerDownPolicy",
];

/// The design whose value of each of [`COLUMNS`] is `value(column)`.
///
/// # Errors
/// [`DramError::OutOfRange`] naming the column, or [`DramError::UnknownDevice`].
pub fn config<'a>(value: impl Fn(&'static str) -> &'a str) -> Result<Config, DramError> {
    let number = |column| {
        let text = value(column);
        text.parse::<u32>().map_err(|_| DramError::out_of_range(column, text, "a whole number"))
    };
    Ok(Config {
        system: System {
            device: DeviceId::new(value("memspec").trim_end_matches(".json"))?,
            mapping: mapping(value("address_mapping"))?,
            ..System::default()
        },
        controller: Controller {
            page_policy: choice("PagePolicy", &value, PagePolicy::from_name)?,
            scheduler: choice("Scheduler", &value, Scheduler::from_name)?,
            scheduler_buffer: choice("SchedulerBuffer", &value, SchedulerBuffer::from_name)?,
            request_buffer_size: number("RequestBufferSize")?,
            resp_queue: choice("RespQueue", &value, RespQueue::from_name)?,
            refresh_policy: choice("RefreshPolicy", &value, RefreshPolicy::from_name)?,
            refresh_max_postponed: number("RefreshMaxPostponed")?,
            refresh_max_pulledin: number("RefreshMaxPulledin")?,
            arbiter: choice("Arbiter", &value, Arbiter::from_name)?,
            max_active_transactions: number("MaxActiveTransactions")?,
            cmd_mux: choice("CmdMux", &value, CmdMux::from_name)?,
            power_down_policy: choice("PowerDownPolicy", &value, PowerDownPolicy::from_name)?,
        },
    })
}

fn choice<'a, T>(
    column: &'static str,
    value: &impl Fn(&'static str) -> &'a str,
    from_name: impl Fn(&str) -> Option<T>,
) -> Result<T, DramError> {
    let name = value(column);
    let known = from_name(&kebab(name));
    known.ok_or_else(|| DramError::out_of_range(column, name, "what DRAMSys 4.0 calls its choices"))
}

/// `FrFcfsGrp` as `fr-fcfs-grp`; "no refresh" and "no power-down" are `none` here.
fn kebab(name: &str) -> String {
    if matches!(name, "NoRefresh" | "NoPowerDown") {
        return "none".to_owned();
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

fn mapping(file: &str) -> Result<MappingChoice, DramError> {
    let name = file.trim_end_matches(".json");
    let known = MAPPINGS.iter().find(|(theirs, _)| *theirs == name);
    known.map(|(_, ours)| MappingChoice::Order((*ours).to_owned())).ok_or_else(|| {
        let allowed: Vec<&str> = MAPPINGS.iter().map(|(theirs, _)| *theirs).collect();
        DramError::out_of_range("address_mapping", name, allowed.join(", "))
    })
}
