//! A whole DRAM memory system: device, channels, ranks, address mapping, power-down, and the controller of
//! `DramController-v0`.
//!
//! Requests of 64 bytes arrive at the same times whatever the device: a trace counts cycles of 1.25 ns, which are
//! converted to the device's own clock. Only devices with published currents take part, so that energy means the
//! same for all of them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rl_env::Error;
use rl_env::design::{Design, DesignSpace, Parameter};
use rl_env::problem::{Metric, Outcome, Problem};
use rl_env::registry::{EnvEntry, Make, Named, Selection};
use sweepstake_simulators::dram::config::{PowerDownPolicy, System};
use sweepstake_simulators::dram::device::DeviceId;
use sweepstake_simulators::dram::{self, Access, Config, DramError, MappingChoice, Scratch, Trace, Workload};

use crate::Pool;
use crate::dram_controller::{
    METRICS, WORKLOAD_FILES, WORKLOADS, controller, controller_parameters, objectives, trace_of,
    write_controller,
};

/// The row of the environment table.
pub const ENTRY: EnvEntry = EnvEntry {
    id: "DramSystem-v0",
    summary: "A DRAM system on a memory trace: device, channels, ranks, mapping, power-down and controller.",
    reference: "Steiner et al. 2022, DRAMSys 4.0; Chandrasekar et al. 2012, DRAMPower",
    workloads: WORKLOADS,
    workload_files: Some(WORKLOAD_FILES),
    spaces: &[Named { name: "default", doc: "The only one." }],
    objectives,
    max_episode_steps: None,
    make: Make::Problem(|selection| Ok(Arc::new(DramSystem::new(selection)?))),
};

/// Devices with published currents, all on 64-bit modules.
const DEVICES: [&str; 4] = [
    "MICRON_1Gb_DDR3-1600_8bit_G",
    "MICRON_2Gb_DDR3-1600_16bit_D",
    "MICRON_4Gb_DDR4-2400_8bit_A",
    "JEDEC_4Gb_DDR4-2400_8bit_A",
];

/// Address mappings, from the most significant field to the least.
const MAPPINGS: [&str; 3] = ["row-bank-column", "bank-row-column", "row-column-bank"];

/// Parameters of the controller, which come first.
const CONTROLLER: usize = 10;

/// Clock of a trace: ArchGym's 800 MHz.
const TRACE_PERIOD_PS: u64 = 1250;

fn parameters() -> Vec<Parameter> {
    let size = |name: &str, most: i64| Parameter::power_of_two(name, 1, most);
    let mut all = controller_parameters(size("request_buffer_size", 64), &size);
    let power_down = PowerDownPolicy::ALL.iter().map(|policy| policy.name());
    all.extend([
        Parameter::choice("device", DEVICES).doc("The memory chip."),
        Parameter::power_of_two("channels", 1, 4).doc("Independent channels, each with its own controller."),
        Parameter::power_of_two("ranks", 1, 4).doc("Ranks of each channel."),
        Parameter::choice("address_mapping", MAPPINGS).doc("Fields of an address, most significant first."),
        Parameter::choice("power_down_policy", power_down).doc("Use of the power-down modes."),
    ]);
    all
}

struct DramSystem {
    space: DesignSpace,
    trace: Trace,
    /// The trace decoded for each system asked about.
    decoded: Mutex<HashMap<System, Arc<Workload>>>,
    pool: Pool<Scratch>,
}

impl DramSystem {
    fn new(selection: &Selection<'_>) -> Result<Self, Error> {
        let problem = Self {
            space: DesignSpace::new(parameters())?,
            trace: trace_of(selection)?,
            decoded: Mutex::default(),
            pool: Pool::default(),
        };
        let config = problem.config(&problem.space.first());
        match config.and_then(|config| problem.workload(&config.system)) {
            Ok(_) => Ok(problem),
            Err(error) => Err(Error::Config { key: "workload".into(), problem: error.to_string() }),
        }
    }

    fn config(&self, design: &Design) -> Result<Config, DramError> {
        let at = |index: usize| CONTROLLER + index;
        let size = |index: usize| u32::try_from(design.integer(at(index))).unwrap_or(u32::MAX);
        let mut controller = controller(design);
        controller.power_down_policy = PowerDownPolicy::ALL[design.choice(at(4))];
        let system = System {
            device: DeviceId::new(DEVICES[design.choice(at(0))])?,
            channels: size(1),
            ranks: size(2),
            mapping: MappingChoice::Order(MAPPINGS[design.choice(at(3))].to_owned()),
        };
        Ok(Config { system, controller })
    }

    /// The trace decoded for `system`, once.
    fn workload(&self, system: &System) -> Result<Arc<Workload>, DramError> {
        let mut decoded = self.decoded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(workload) = decoded.get(system) {
            return Ok(Arc::clone(workload));
        }
        let period = system.device().clock_period_ps;
        let at_device = |access: &Access| Access {
            cycle: (access.cycle.saturating_mul(TRACE_PERIOD_PS)).div_ceil(period),
            ..*access
        };
        let trace = Trace { accesses: self.trace.accesses.iter().map(at_device).collect() };
        let workload = Arc::new(Workload::decode(&trace, system)?);
        decoded.insert(system.clone(), Arc::clone(&workload));
        Ok(workload)
    }
}

impl Problem for DramSystem {
    fn space(&self) -> &DesignSpace {
        &self.space
    }

    fn metrics(&self) -> &[Metric] {
        METRICS
    }

    fn evaluate(&self, design: &Design) -> Outcome {
        let simulate = |config: Config| -> Result<Outcome, DramError> {
            Ok(self.pool.simulate(&config, self.workload(&config.system)?.as_ref()))
        };
        let outcome = self.config(design).and_then(simulate);
        outcome.unwrap_or_else(|error| Outcome::infeasible("impossible-system", error.to_string()))
    }

    fn canonical<'a>(&self, design: &'a Design) -> Cow<'a, Design> {
        let Ok(config) = self.config(design) else { return Cow::Borrowed(design) };
        let Ok(workload) = self.workload(&config.system) else { return Cow::Borrowed(design) };
        let mut representative = design.clone();
        write_controller(&dram::canonical(&config, &workload).controller, &mut representative);
        // A trace shorter than the buffers can ask for sizes that this space does not have.
        if self.space.check(&representative).is_ok() {
            Cow::Owned(representative)
        } else {
            Cow::Borrowed(design)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(workload: &str) -> Arc<dyn Problem> {
        ENTRY.problem(&ENTRY.select(workload, "", None).unwrap()).unwrap()
    }

    fn at(problem: &dyn Problem, cells: &[&str]) -> Vec<f64> {
        let controller = "open fr-fcfs shared 8 fifo all-bank 8 8 simple 1";
        let design = problem.space().parse(controller.split(' ').chain(cells.iter().copied())).unwrap();
        problem.evaluate(&design).metrics().unwrap().to_vec()
    }

    #[test]
    fn every_device_has_currents() {
        let problem = problem("random");
        for device in DEVICES {
            let metrics = at(problem.as_ref(), &[device, "1", "1", "row-bank-column", "none"]);
            assert!(metrics[0] > 0.0 && metrics[1] > 0.0, "{device}: {metrics:?}");
        }
    }

    #[test]
    fn channels_make_random_accesses_faster() {
        let problem = problem("random");
        let time = |n: &str| at(problem.as_ref(), &[DEVICES[0], n, "1", "row-bank-column", "none"])[2];
        assert!(time("4") <= time("2") && time("2") < time("1"));
    }

    #[test]
    fn requests_arrive_at_the_same_times_on_every_device() {
        // One request every microsecond: no device can finish sooner than the last one arrives.
        let lines: String = (0..100).map(|i| format!("{},R,0x{:x}\n", i * 800, i * 64)).collect();
        let text = format!("cycle,op,addr\n{lines}");
        let problem = ENTRY.problem(&ENTRY.select("slow.csv", "", Some(text.as_bytes())).unwrap()).unwrap();
        for device in DEVICES {
            let time = at(problem.as_ref(), &[device, "1", "1", "row-bank-column", "none"])[2];
            assert!((99_000.0..99_400.0).contains(&time), "{device}: {time} ns");
        }
    }
}
