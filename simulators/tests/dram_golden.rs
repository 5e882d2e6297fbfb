//! Our own results on generated workloads, kept as a file: any change of the model shows here.
//!
//! After an intended change, write the file anew with
//! `UPDATE_GOLDEN=1 cargo test --release -p sweepstake-simulators --test dram_golden`.

#![allow(clippy::unwrap_used)] // A test helper that cannot go on fails its test.

mod golden;

use std::fmt::Write;

use sweepstake_simulators::dram::config::{
    Arbiter, Config, Controller, PagePolicy, RefreshPolicy, RespQueue, Scheduler, SchedulerBuffer, System,
};
use sweepstake_simulators::dram::device::DeviceId;
use sweepstake_simulators::dram::generate::{GENERATORS, generate};
use sweepstake_simulators::dram::{Scratch, Workload, simulate};

const DESIGNS: usize = 12;
const REQUESTS: usize = 1000;

fn design(place: usize) -> Controller {
    Controller {
        page_policy: PagePolicy::ALL[place % 4],
        scheduler: Scheduler::ALL[place / 4 % 3],
        scheduler_buffer: SchedulerBuffer::ALL[place % 3],
        request_buffer_size: 1 + (place * 5 % 8) as u32,
        resp_queue: RespQueue::ALL[place / 2 % 2],
        refresh_policy: RefreshPolicy::ALL[usize::from(!place.is_multiple_of(5))],
        refresh_max_postponed: 1 + (place * 3 % 8) as u32,
        refresh_max_pulledin: 1 + (place * 7 % 8) as u32,
        arbiter: Arbiter::ALL[(place / 2 + 1) % 3],
        max_active_transactions: 1 << (place % 8),
        ..Controller::default()
    }
}

fn table() -> String {
    let mut text = String::from("device,workload,design,total_cycles,energy_pj,row_hits,act,refa,p99_ns\n");
    let mut scratch = Scratch::default();
    for device in
        ["MICRON_1Gb_DDR3-1600_8bit_G", "MICRON_4Gb_DDR4-2400_8bit_A", "JEDEC_8Gb_LPDDR4-3200_16bit", "HBM2"]
    {
        let system = System { device: DeviceId::new(device).unwrap(), ..System::default() };
        for generator in GENERATORS {
            let trace = generate(generator.name, REQUESTS, 1).unwrap();
            let workload = Workload::decode(&trace, &system).unwrap();
            for place in 0..DESIGNS {
                let config = Config { system: system.clone(), controller: design(place) };
                let report = simulate(&config, &workload, &mut scratch).unwrap();
                let (commands, energy) = (&report.commands, report.energy.total_pj);
                write!(text, "{device},{},{place},{},{energy:.2},", generator.name, report.total_cycles)
                    .unwrap();
                writeln!(
                    text,
                    "{},{},{},{:.3}",
                    report.row_hits, commands.act, commands.refa, report.latency.p99_ns
                )
                .unwrap();
            }
        }
    }
    text
}

#[test]
fn results_are_those_of_the_golden_file() {
    golden::compare("dram.csv", &table());
}
