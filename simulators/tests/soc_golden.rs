//! Our own results on random designs of the built-in workloads, kept as a file: any change of the model shows here.
//!
//! After an intended change, write the file anew with
//! `UPDATE_GOLDEN=1 cargo test --release -p sweepstake-simulators --test soc_golden`.

#![allow(clippy::unwrap_used)] // A test helper that cannot go on fails its test.

mod golden;
mod random_soc;

use std::fmt::Write;

use sweepstake_simulators::soc::{Distance, Fidelity, Scratch, Workload, simulate, workloads};

const DESIGNS: u64 = 20;

fn table() -> String {
    let mut text =
        String::from("workload,design,model,latency_s,energy_j,power_w,area_m2,cost,distance,phases\n");
    let mut scratch = Scratch::default();
    for (name, _) in workloads::BUILT_IN {
        let workload = Workload::built_in(name).unwrap();
        for seed in 0..DESIGNS {
            let design = random_soc::design(&workload, seed);
            for (model, fidelity) in [("farsi", Fidelity::Farsi), ("corrected", Fidelity::Corrected)] {
                write!(text, "{name},{seed},{model},").unwrap();
                match simulate(&design, &workload, fidelity, &mut scratch) {
                    Ok(report) => {
                        let latency: f64 = report.latencies_s().iter().sum();
                        let (energy, power, area) = (report.energy_j, report.power_w, report.area.total_m2());
                        let distance = report.distance(&workload, Distance::Simple);
                        let (cost, phases) = (report.development_cost, report.phases);
                        write!(text, "{latency:.12e},{energy:.12e},{power:.12e},").unwrap();
                        writeln!(text, "{area:.12e},{cost:.12e},{distance:.12e},{phases}").unwrap();
                    }
                    Err(error) => writeln!(text, "{}", error.to_string().replace(',', ";")).unwrap(),
                }
            }
        }
    }
    text
}

#[test]
fn results_are_those_of_the_golden_file() {
    golden::compare("soc.csv", &table());
}
