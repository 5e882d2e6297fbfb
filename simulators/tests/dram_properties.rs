//! Properties of any design on any trace.

#![allow(clippy::unwrap_used)] // A test helper that cannot go on fails its test.

use proptest::prelude::*;
use sweepstake_simulators::dram::config::{
    Arbiter, CmdMux, Config, Controller, PagePolicy, PowerDownPolicy, RefreshPolicy, RespQueue, Scheduler,
    SchedulerBuffer, System,
};
use sweepstake_simulators::dram::device::{DEVICES, DeviceId};
use sweepstake_simulators::dram::{
    Access, Checker, MappingChoice, Report, Scratch, TimedCommand, Trace, Workload, canonical, simulate,
    simulate_with_commands,
};

fn pick<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> {
    proptest::sample::select(all)
}

fn controllers() -> impl Strategy<Value = Controller> {
    let policies = (
        pick(PagePolicy::ALL),
        pick(Scheduler::ALL),
        pick(SchedulerBuffer::ALL),
        prop_oneof![1..9u32, 1..130u32],
        pick(RespQueue::ALL),
    );
    let others = (
        pick(RefreshPolicy::ALL),
        (0..9u32, 0..9u32),
        pick(Arbiter::ALL),
        prop_oneof![1..9u32, 1..129u32],
        pick(CmdMux::ALL),
        prop_oneof![3 => Just(PowerDownPolicy::None), 1 => Just(PowerDownPolicy::Staggered)],
    );
    (policies, others).prop_map(|(policies, others)| Controller {
        page_policy: policies.0,
        scheduler: if others.4 == CmdMux::Strict { Scheduler::Fifo } else { policies.1 },
        scheduler_buffer: policies.2,
        request_buffer_size: policies.3,
        resp_queue: policies.4,
        refresh_policy: others.0,
        refresh_max_postponed: others.1.0,
        refresh_max_pulledin: others.1.1,
        arbiter: others.2,
        max_active_transactions: others.3,
        cmd_mux: others.4,
        power_down_policy: others.5,
    })
}

fn systems() -> impl Strategy<Value = System> {
    let orders = ["row-bank-column", "bank-row-column", "row-column-bank"];
    let device = prop_oneof![
        4 => Just("MICRON_1Gb_DDR3-1600_8bit_G"),
        2 => Just("MICRON_4Gb_DDR4-2400_8bit_A"),
        3 => proptest::sample::select(DEVICES.iter().map(|device| device.name).collect::<Vec<_>>()),
    ];
    let ranks = prop_oneof![4 => Just(1), 1 => Just(2), 1 => Just(0)];
    let channels = prop_oneof![5 => Just(1), 1 => Just(2)];
    (device, ranks, channels, 0..3usize).prop_map(move |(device, ranks, channels, order)| System {
        device: DeviceId::new(device).unwrap(),
        channels,
        ranks,
        mapping: MappingChoice::Order(orders[order].to_owned()),
    })
}

fn configs() -> impl Strategy<Value = Config> {
    (systems(), controllers()).prop_map(|(system, mut controller)| {
        if !system.device().per_bank_refresh && controller.refresh_policy == RefreshPolicy::PerBank {
            controller.refresh_policy = RefreshPolicy::AllBank;
        }
        Config { system, controller }
    })
}

/// Accesses with locality, bursts and long gaps; all reads, all writes or a mix.
fn traces() -> impl Strategy<Value = Trace> {
    let gap = prop_oneof![6 => 0..3u64, 2 => 5..60u64, 1 => 300..9000u64];
    let address = prop_oneof![4 => 0..64u64, 2 => 0..4096u64, 2 => any::<u64>()];
    let access = (gap, address, any::<bool>());
    (proptest::collection::vec(access, 1..160), 0..4).prop_map(|(accesses, kind)| {
        let mut cycle = 0;
        let accesses = accesses.into_iter().map(|(gap, line, write)| {
            cycle += gap;
            let write = match kind {
                0 => false,
                1 => true,
                _ => write,
            };
            Access { cycle, address: line.wrapping_mul(64), write }
        });
        Trace { accesses: accesses.collect() }
    })
}

fn check_physics(config: &Config, report: &Report) -> Result<(), TestCaseError> {
    let device = config.system.device();
    let burst_ns = f64::from(device.organization.burst_cycles()) * device.clock_period_ps as f64 / 1000.0;
    let bus_bound = report.requests as f64 * burst_ns / f64::from(config.system.channels);
    prop_assert!(report.total_time_ns >= bus_bound, "data bus: {} < {bus_bound}", report.total_time_ns);
    let row_bound = device.cycles_ps(device.timing.rcd_wr.min(device.timing.rcd_rd)) as f64 / 1000.0;
    prop_assert!(report.total_time_ns > row_bound);
    prop_assert!(report.bandwidth_gbit_per_s <= report.peak_bandwidth_gbit_per_s * (1.0 + 1e-12));
    prop_assert!(report.bandwidth_gbit_per_s <= report.busy_bandwidth_gbit_per_s * (1.0 + 1e-12));
    let energy = &report.energy;
    let parts = [
        energy.activate_pj,
        energy.precharge_pj,
        energy.read_pj,
        energy.write_pj,
        energy.refresh_pj,
        energy.active_standby_pj,
        energy.precharge_standby_pj,
        energy.power_down_pj,
        energy.self_refresh_pj,
    ];
    prop_assert!(parts.iter().all(|part| *part >= 0.0), "{energy:?}");
    prop_assert!((parts.iter().sum::<f64>() - energy.total_pj).abs() <= 1e-9 * energy.total_pj);
    prop_assert!(energy.total_pj > 0.0 || device.rails.is_empty());
    let commands = &report.commands;
    prop_assert_eq!(commands.rd + commands.rda, report.reads);
    prop_assert_eq!(commands.wr + commands.wra, report.requests - report.reads);
    prop_assert!(commands.act >= 1 && report.row_hits < report.requests);
    let latency = &report.latency;
    prop_assert!(latency.p50_ns <= latency.p99_ns && latency.p99_ns <= latency.max_ns);
    prop_assert!(latency.mean_ns <= latency.max_ns * (1.0 + 1e-12));
    prop_assert!(latency.max_ns <= report.total_time_ns * (1.0 + 1e-12));
    prop_assert_eq!(latency.histogram_cycles.iter().sum::<u64>(), report.requests);
    Ok(())
}

proptest! {
    #[test]
    fn physics_holds_and_commands_are_legal(config in configs(), trace in traces()) {
        let workload = Workload::decode(&trace, &config.system).unwrap();
        let (report, commands) = simulate_with_commands(&config, &workload, &mut Scratch::default()).unwrap();
        check_physics(&config, &report)?;
        for channel in 0..config.system.channels {
            let own = commands.iter().filter(|record| u32::from(record.channel) == channel);
            let ranks = config.system.geometry().ranks;
            let violations = Checker::check(config.system.device(), ranks, own.map(TimedCommand::from));
            prop_assert!(violations.is_empty(), "{}", violations[0]);
        }
    }

    #[test]
    fn quick_path_equals_general_path(config in configs(), trace in traces()) {
        let workload = Workload::decode(&trace, &config.system).unwrap();
        let quick = simulate_with_commands(&config, &workload, &mut Scratch::default()).unwrap();
        let general = simulate_with_commands(&config, &workload, &mut Scratch::general_only()).unwrap();
        prop_assert_eq!(quick, general);
    }

    #[test]
    fn canonical_design_has_the_same_result(config in configs(), trace in traces()) {
        let workload = Workload::decode(&trace, &config.system).unwrap();
        let mut scratch = Scratch::default();
        let other = canonical(&config, &workload);
        prop_assert_eq!(canonical(&other, &workload), other.clone());
        let report = simulate(&config, &workload, &mut scratch).unwrap();
        prop_assert_eq!(simulate(&other, &workload, &mut scratch).unwrap(), report);
    }
}
