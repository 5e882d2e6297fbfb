//! One rule of the controller, one test, on a trace made for it (DDR3-1600, times in clock cycles).

#![allow(clippy::unwrap_used)] // A test helper that cannot go on fails its test.

use sweepstake_simulators::dram::command::Command::{self, *};
use sweepstake_simulators::dram::config::{
    Arbiter, CmdMux, Config, Controller, PagePolicy, PowerDownPolicy, RefreshPolicy, RespQueue, Scheduler,
    SchedulerBuffer, System,
};
use sweepstake_simulators::dram::device::DeviceId;
use sweepstake_simulators::dram::{
    Access, DramError, MappingChoice, Report, Scratch, Trace, Workload, simulate, simulate_with_commands,
};

/// Address of a line with mapping row-bank-column: columns take 1 KiB x 8, banks 3 bits above, then rows.
fn address(bank: u64, row: u64, line: u64) -> u64 {
    (row << 16) | (bank << 13) | (line << 6)
}

fn read(cycle: u64, bank: u64, row: u64, line: u64) -> Access {
    Access { cycle, address: address(bank, row, line), write: false }
}

fn write(cycle: u64, bank: u64, row: u64, line: u64) -> Access {
    Access { write: true, ..read(cycle, bank, row, line) }
}

fn quiet() -> Controller {
    Controller { refresh_policy: RefreshPolicy::None, ..Controller::default() }
}

fn run(controller: Controller, accesses: &[Access]) -> (Report, Vec<(u64, Command, u16)>) {
    let config = Config { controller, ..Config::default() };
    let workload = Workload::decode(&Trace { accesses: accesses.to_vec() }, &config.system).unwrap();
    let (report, commands) = simulate_with_commands(&config, &workload, &mut Scratch::default()).unwrap();
    let commands = commands.iter().map(|record| (record.time_ps / 1250, record.command, record.bank));
    (report, commands.collect())
}

fn names(controller: Controller, accesses: &[Access]) -> Vec<Command> {
    run(controller, accesses).1.into_iter().map(|(_, command, _)| command).collect()
}

#[test]
fn an_idle_read_takes_trcd_rl_and_the_burst() {
    let (report, commands) = run(quiet(), &[read(0, 0, 0, 0)]);
    assert_eq!(commands, [(0, Act, 0), (10, Rd, 0)]);
    assert_eq!((report.total_time_ns, report.latency.max_ns), (24.0 * 1.25, 24.0 * 1.25));
}

#[test]
fn open_policy_keeps_the_row_until_another_is_needed() {
    let accesses = [read(0, 0, 0, 0), read(100, 0, 0, 1), read(200, 0, 1, 0)];
    assert_eq!(names(quiet(), &accesses), [Act, Rd, Rd, Pre, Act, Rd]);
}

#[test]
fn closed_policy_closes_with_every_access() {
    let closed = Controller { page_policy: PagePolicy::Closed, ..quiet() };
    assert_eq!(names(closed, &[read(0, 0, 0, 0), write(100, 0, 0, 1)]), [Act, Rda, Act, Wra]);
}

#[test]
fn open_adaptive_closes_when_only_misses_wait() {
    let policy = Controller { page_policy: PagePolicy::OpenAdaptive, ..quiet() };
    assert_eq!(names(policy, &[read(0, 0, 0, 0), read(1, 0, 1, 0)]), [Act, Rda, Act, Rd]);
    assert_eq!(names(policy, &[read(0, 0, 0, 0), read(1, 0, 0, 1)]), [Act, Rd, Rd]);
}

#[test]
fn closed_adaptive_keeps_the_row_for_a_further_hit() {
    let policy = Controller { page_policy: PagePolicy::ClosedAdaptive, ..quiet() };
    assert_eq!(names(policy, &[read(0, 0, 0, 0), read(1, 0, 0, 1)]), [Act, Rd, Rda]);
}

#[test]
fn fr_fcfs_serves_a_hit_before_an_older_miss_and_fifo_does_not() {
    let accesses = [read(0, 0, 0, 0), read(1, 0, 1, 0), read(2, 0, 0, 1)];
    assert_eq!(names(quiet(), &accesses), [Act, Rd, Rd, Pre, Act, Rd]);
    let fifo = Controller { scheduler: Scheduler::Fifo, ..quiet() };
    assert_eq!(names(fifo, &accesses), [Act, Rd, Pre, Act, Rd, Pre, Act, Rd]);
}

#[test]
fn fr_fcfs_grp_groups_directions_but_never_overtakes_the_same_address() {
    let grp = Controller { scheduler: Scheduler::FrFcfsGrp, ..quiet() };
    let accesses = [read(0, 0, 0, 0), write(1, 0, 0, 1), read(2, 0, 0, 2)];
    assert_eq!(names(grp, &accesses), [Act, Rd, Rd, Wr]);
    let same_address = [read(0, 0, 0, 0), write(1, 0, 0, 1), read(2, 0, 0, 1)];
    assert_eq!(names(grp, &same_address), [Act, Rd, Wr, Rd]);
}

#[test]
fn bankwise_buffer_tests_the_bank_of_the_last_stored_request() {
    let small = Controller { request_buffer_size: 1, ..quiet() };
    // Bank 0 is full with the first request, so the second waits for it although its own bank is empty.
    let (_, commands) = run(small, &[read(0, 0, 0, 0), read(1, 1, 0, 0)]);
    assert_eq!(commands, [(0, Act, 0), (10, Rd, 0), (11, Act, 1), (21, Rd, 1)]);
    let large = Controller { request_buffer_size: 2, ..quiet() };
    assert_eq!(run(large, &[read(0, 0, 0, 0), read(1, 1, 0, 0)]).1[1], (5, Act, 1));
}

#[test]
fn read_write_buffer_needs_space_in_both_directions() {
    let split =
        Controller { request_buffer_size: 1, scheduler_buffer: SchedulerBuffer::ReadWrite, ..quiet() };
    let (_, commands) = run(split, &[read(0, 0, 0, 0), write(1, 1, 0, 0)]);
    assert_eq!(commands[2], (11, Act, 1));
}

#[test]
fn a_busy_rank_postpones_its_refresh_until_it_must() {
    let accesses: Vec<Access> = (0..8000).map(|place| read(0, 0, place / 100 % 2, place % 100)).collect();
    let policy = Controller { refresh_max_postponed: 2, ..Controller::default() };
    let (_, commands) = run(policy, &accesses);
    let first = commands.iter().find(|(_, command, _)| *command == Refa).unwrap().0;
    assert!((3 * 6240..3 * 6240 + 100).contains(&first), "{first}");
}

#[test]
fn an_idle_rank_pulls_refreshes_in() {
    let policy = Controller { refresh_max_pulledin: 3, ..Controller::default() };
    let (_, commands) = run(policy, &[read(0, 0, 0, 0), read(7000, 0, 0, 0)]);
    let refreshes: Vec<u64> =
        commands.iter().filter(|(_, command, _)| *command == Refa).map(|(cycle, ..)| *cycle).collect();
    assert_eq!(refreshes, [6250, 6338, 6426, 6514]);
}

#[test]
fn reorder_queue_answers_in_the_order_of_requests() {
    // The third request hits the open row and is served before the second, but answered after it.
    let accesses = [read(0, 0, 0, 0), read(1, 0, 1, 0), read(2, 0, 0, 1)];
    let fifo = run(quiet(), &accesses).0;
    let reorder = run(Controller { resp_queue: RespQueue::Reorder, ..quiet() }, &accesses).0;
    assert!(reorder.latency.mean_ns > fifo.latency.mean_ns);
    assert_eq!(reorder.total_time_ns, fifo.total_time_ns + 1.25);
}

#[test]
fn fifo_arbiter_limits_the_transactions_in_flight() {
    let arbiter = Controller { arbiter: Arbiter::Fifo, max_active_transactions: 1, ..quiet() };
    let (_, commands) = run(arbiter, &[read(0, 0, 0, 0), read(1, 1, 0, 0)]);
    assert_eq!(commands, [(0, Act, 0), (10, Rd, 0), (24, Act, 1), (34, Rd, 1)]);
}

#[test]
fn strict_multiplexer_keeps_column_commands_in_order() {
    let strict = Controller { cmd_mux: CmdMux::Strict, scheduler: Scheduler::Fifo, ..quiet() };
    let accesses = [read(0, 0, 0, 0), read(1, 0, 1, 0), read(2, 1, 0, 0)];
    let columns = |controller| {
        let commands = run(controller, &accesses).1;
        commands
            .into_iter()
            .filter(|(_, command, _)| *command == Rd)
            .map(|(.., bank)| bank)
            .collect::<Vec<_>>()
    };
    assert_eq!(columns(strict), [0, 0, 1]);
    assert_eq!(columns(Controller { cmd_mux: CmdMux::Oldest, ..strict }), [0, 1, 0]);
}

#[test]
fn staggered_power_down_starts_at_once_and_wakes_for_a_request() {
    let staggered = Controller { power_down_policy: PowerDownPolicy::Staggered, ..quiet() };
    let (_, commands) = run(staggered, &[read(0, 0, 0, 0)]);
    assert_eq!(commands[..3], [(0, Pdep, 0), (3, Pdxp, 0), (9, Act, 0)]);
}

#[test]
fn two_channels_work_in_parallel() {
    let system = |channels| System {
        channels,
        mapping: MappingChoice::Order("row-bank-column".to_owned()),
        ..System::default()
    };
    let accesses: Vec<Access> =
        (0..2000).map(|place| read(0, 0, place / 50, place % 50 + place % 2 * 128)).collect();
    let time = |channels| {
        let config = Config { system: system(channels), controller: quiet() };
        let workload = Workload::decode(&Trace { accesses: accesses.clone() }, &config.system).unwrap();
        simulate(&config, &workload, &mut Scratch::default()).unwrap().total_time_ns
    };
    assert!(time(2) < 0.7 * time(1));
}

fn error(change: impl FnOnce(&mut Config)) -> String {
    let mut config = Config::default();
    change(&mut config);
    config.validate().unwrap_err().to_string()
}

#[test]
fn impossible_configurations_name_the_parameter_and_the_range() {
    let size = error(|config| config.controller.request_buffer_size = 0);
    assert!(size.contains("request_buffer_size") && size.contains("1 to 4096"), "{size}");
    let refresh = error(|config| config.controller.refresh_policy = RefreshPolicy::PerBank);
    assert!(refresh.contains("per-bank") && refresh.contains("DDR3"), "{refresh}");
    let strict = error(|config| config.controller.cmd_mux = CmdMux::Strict);
    assert!(strict.contains("strict") && strict.contains("fr-fcfs"), "{strict}");
    let channels = error(|config| config.system.channels = 3);
    assert!(channels.contains("channels") && channels.contains("power of two"), "{channels}");
    let mapping = error(|config| config.system.mapping = MappingChoice::Order("row-column".to_owned()));
    assert!(mapping.contains("bank") && mapping.contains("missing"), "{mapping}");
    let device = DeviceId::new("DDR9").unwrap_err().to_string();
    assert!(device.contains("MICRON_1Gb_DDR3-1600_8bit_G"), "{device}");
}

#[test]
fn a_workload_of_another_system_is_refused() {
    let workload = Workload::decode(&Trace { accesses: vec![read(0, 0, 0, 0)] }, &System::default()).unwrap();
    let other = System { mapping: MappingChoice::Order("bank-row-column".to_owned()), ..System::default() };
    let config = Config { system: other, controller: quiet() };
    assert_eq!(simulate(&config, &workload, &mut Scratch::default()), Err(DramError::WrongSystem));
}
