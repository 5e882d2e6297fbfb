//! Our own results, kept as a file: any change of the model, the memories or the mapper shows here.
//!
//! After an intended change, write the file anew with
//! `UPDATE_GOLDEN=1 cargo test --release -p sweepstake-simulators --test accelerator_golden`.

#![allow(clippy::unwrap_used)] // A test helper that cannot go on fails its test.

mod golden;

use std::fmt::Write;

use sweepstake_simulators::accelerator::eyeriss::{Eyeriss, rules};
use sweepstake_simulators::accelerator::mapper::{Goal, Search, search};
use sweepstake_simulators::accelerator::{Data, Problem, Scratch, evaluate};
use sweepstake_simulators::layer::NETWORKS;

fn table() -> String {
    let mut text =
        String::from("network,layer,links,goal,cycles,energy_pj,dram_words,buffer_reads,link_words\n");
    let mut scratch = Scratch::default();
    for network in NETWORKS {
        for (place, row) in network.rows.iter().enumerate().step_by(3) {
            let links = place % 2 == 1;
            let goal = [Goal::Delay, Goal::Energy, Goal::EnergyDelay][place / 3 % 3];
            let architecture = Eyeriss::default().architecture().unwrap().with_links(links);
            let problem = Problem::new(&row.layer).unwrap();
            let settings = Search { goal, effort: 4, ..Search::default() };
            let found = search(&architecture, &problem, &rules(), &settings, &mut scratch).unwrap();
            let analysis = evaluate(&architecture, &problem, &found.mapping, &mut scratch).unwrap();
            let sum = |level: usize| {
                Data::ALL
                    .map(|data| analysis.traffic(level, data))
                    .iter()
                    .map(|t| t.reads + t.updates)
                    .sum::<u64>()
            };
            let linked: f64 = analysis
                .levels()
                .iter()
                .flat_map(|level| level.traffic.iter().map(|traffic| traffic.links))
                .sum();
            let (name, layer) = (network.name, row.name);
            write!(text, "{name},{layer},{links},{goal:?},{},{:.3},", found.cycles, found.energy_pj).unwrap();
            writeln!(text, "{},{},{linked}", sum(0), sum(1)).unwrap();
        }
    }
    text
}

#[test]
fn results_are_those_of_the_golden_file() {
    golden::compare("accelerator.csv", &table());
}
