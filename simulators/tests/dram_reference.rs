//! Replays the recorded runs of DRAMSys 4.0 and compares time and energy row by row.

mod reference;

use std::collections::BTreeMap;

use reference::{Row, Traces};
use sweepstake_simulators::dram::{Report, Scratch, simulate};

/// Agreement of one class of rows.
#[derive(Debug, Default)]
struct Class {
    rows: usize,
    exact_time: usize,
    worst_time: f64,
    energies: usize,
    exact_energy: usize,
    within_1e4: usize,
    worst_energy: f64,
    differing: Vec<String>,
}

impl Class {
    fn add(&mut self, row: &Row, report: &Report) {
        self.rows += 1;
        let error = (report.total_time_ns - row.total_time_ns).abs() / row.total_time_ns;
        self.worst_time = self.worst_time.max(error);
        let exact = (report.total_time_ns - row.total_time_ns).abs() < 5e-4;
        self.exact_time += usize::from(exact);
        if !exact {
            self.differing.push(format!("{} {error:.1e}", row.id));
        }
        if let Some(energy) = row.total_energy_pj {
            let error = (report.energy.total_pj - energy).abs() / energy;
            self.energies += 1;
            self.exact_energy += usize::from((report.energy.total_pj - energy).abs() < 0.011 + 1e-8 * energy);
            self.within_1e4 += usize::from(error <= 1e-4);
            self.worst_energy = self.worst_energy.max(error);
        }
    }
}

fn compare() -> Option<BTreeMap<String, Class>> {
    let rows = reference::dramsys_rows()?;
    let mut traces = Traces::default();
    let mut classes: BTreeMap<String, Class> = BTreeMap::new();
    let mut scratch = Scratch::default();
    let only = std::env::var("ROWS").unwrap_or_default();
    for row in rows.iter().filter(|row| row.class.contains(&only)) {
        let workload = traces.workload(&row.trace, &row.config.system);
        let report = simulate(&row.config, &workload, &mut scratch).unwrap();
        classes.entry(row.class.clone()).or_default().add(row, &report);
    }
    Some(classes)
}

#[test]
fn dramsys_rows_agree() {
    let Some(classes) = compare() else {
        println!("skipped: no reference data");
        return;
    };
    for (name, class) in &classes {
        println!(
            "{name}: {} of {} times exact, worst {:.1e}; energy: {} of {} exact, {} within 1e-4, worst {:.1e}; {:?}",
            class.exact_time,
            class.rows,
            class.worst_time,
            class.exact_energy,
            class.energies,
            class.within_1e4,
            class.worst_energy,
            class.differing.iter().take(6).collect::<Vec<_>>(),
        );
    }
}
