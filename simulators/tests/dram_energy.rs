//! Energies per command against figures worked out by another simulator from the same data sheets.

use sweepstake_simulators::dram::command::Command;
use sweepstake_simulators::dram::command_energy_pj;
use sweepstake_simulators::dram::config::{Config, Controller, RefreshPolicy, System};
use sweepstake_simulators::dram::device::{Device, DeviceId};
use sweepstake_simulators::dram::generate::generate;
use sweepstake_simulators::dram::{Scratch, Workload, simulate};

/// DRAMsim3's increments in V mA cycles: activate with precharge, read, write, refresh.
const INCREMENTS: &[(&str, f64, [f64; 4])] = &[
    ("DDR3_8Gb_x8_1600", 1.25, [8521.2, 3196.8, 3196.8, 586_656.0]),
    ("DDR4_8Gb_x8_3200", 0.63, [6720.0, 4454.4, 3763.2, 1_064_448.0]),
    ("LPDDR4_8Gb_x16_2400", 0.83, [8380.8, 7526.4, 6950.4, 438_412.8]),
    ("HBM2_8Gb_x128", 1.0, [828.0, 804.0, 1068.0, 60_840.0]),
];

#[test]
fn command_energies_are_those_of_dramsim3() {
    for (name, clock_ns, increments) in INCREMENTS {
        let device = Device::find(name).expect("a known device");
        let energy = |command| command_energy_pj(device, command);
        let activate = energy(Command::Act) + energy(Command::Pre);
        let ours = [activate, energy(Command::Rd), energy(Command::Wr), energy(Command::Refa)];
        for (ours, increment) in ours.iter().zip(increments) {
            assert!((ours - increment * clock_ns).abs() < 1e-9 * ours, "{name}: {ours} for {increment}");
        }
    }
}

#[test]
fn devices_stream_near_their_peak() {
    let controller = Controller { refresh_policy: RefreshPolicy::None, ..Controller::default() };
    for (name, ..) in INCREMENTS {
        let device = DeviceId::new(name).expect("a known device");
        let system = System { device, ..System::default() };
        let trace = generate("stream", 4000, 1).expect("a built-in workload");
        let workload = Workload::decode(&trace, &system).expect("a valid system");
        let report = simulate(&Config { system, controller }, &workload, &mut Scratch::default());
        let share = report.expect("a valid design").bus_utilization_percent;
        assert!(share > 45.0, "{name}: {share} %");
    }
}

#[test]
fn configurations_are_read_strictly() {
    let text = r#"{"system": {"device": "HBM2", "mapping": "rank-bankgroup-bank-row-column"},
                   "controller": {"page_policy": "open-adaptive", "refresh_policy": "per-bank"}}"#;
    let config: Config = serde_json::from_str(text).expect("valid");
    config.validate().expect("possible");
    let again: Config = serde_json::from_str(&serde_json::to_string(&config).expect("text")).expect("valid");
    assert_eq!(again, config);
    let typo =
        serde_json::from_str::<Config>(r#"{"controller": {"page_polcy": "open"}}"#).expect_err("a typo");
    assert!(typo.to_string().contains("page_policy"), "{typo}");
    let device = serde_json::from_str::<Config>(r#"{"system": {"device": "DDR9"}}"#).expect_err("no device");
    assert!(device.to_string().contains("known devices"), "{device}");
}
