//! What a simulation reports, and how far that is from the budgets.

use super::workload::{MAX_APPLICATIONS, Workload};

/// A term this little above its budget is met.
const TOLERANCE: f64 = 0.001;
/// What a met term counts.
const MET: f64 = 1e-9;

/// The result of a simulation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Report {
    pub(super) latency_s: [f64; MAX_APPLICATIONS],
    pub(super) applications: usize,
    /// Energy of the whole run, in J.
    pub energy_j: f64,
    /// Highest power over windows of about 10 ms, in W.
    pub power_w: f64,
    /// Area by what it is for.
    pub area: Area,
    /// Development cost, without a unit: effort relative to porting the smallest task to the processor.
    pub development_cost: f64,
    /// Phases of the simulation.
    pub phases: usize,
}

/// Area by what it is for, in m². Interconnects have none in this model.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Area {
    /// General-purpose processors.
    pub processors_m2: f64,
    /// Accelerators.
    pub accelerators_m2: f64,
    /// SRAM.
    pub sram_m2: f64,
    /// DRAM, stacked on the rest.
    pub dram_m2: f64,
}

impl Area {
    /// Everything beside the DRAM.
    #[must_use]
    pub fn logic_m2(&self) -> f64 {
        self.processors_m2 + self.accelerators_m2 + self.sram_m2
    }

    /// Everything.
    #[must_use]
    pub fn total_m2(&self) -> f64 {
        self.logic_m2() + self.dram_m2
    }
}

/// How terms within their budget count in a distance to the budgets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Distance {
    /// As nothing, but for 10⁻⁹.
    Eliminate,
    /// As a tenth of their distance.
    Dampen,
    /// As their distance, like the others.
    Simple,
}

impl Report {
    /// Time until the last task of a task graph is done, in s.
    ///
    /// # Panics
    /// If the workload has no such application.
    #[must_use]
    pub fn latency_s(&self, application: usize) -> f64 {
        self.latencies_s()[application]
    }

    /// The latency of each application, in s.
    #[must_use]
    pub fn latencies_s(&self) -> &[f64] {
        &self.latency_s[..self.applications]
    }

    /// Relative distance of every term to its budget, negative within it: the latencies, power, area beside DRAM, and
    /// DRAM.
    pub fn terms(&self, workload: &Workload) -> impl Iterator<Item = f64> {
        let budget = workload.budget();
        let latencies = self.latencies_s().iter().zip(workload.applications());
        let rest = [
            (self.power_w, budget.power_w),
            (self.area.logic_m2(), budget.area_m2),
            (self.area.dram_m2, budget.area_m2),
        ];
        latencies
            .map(|(latency, application)| (*latency, application.latency_budget_s))
            .chain(rest)
            .map(|(value, budget)| value / budget - 1.0)
    }

    /// The distance to the budgets; lower is better.
    #[must_use]
    pub fn distance(&self, workload: &Workload, kind: Distance) -> f64 {
        let weigh = |term: f64| match kind {
            _ if term >= TOLERANCE => term.abs(),
            Distance::Eliminate => MET,
            Distance::Dampen => term.abs() / 10.0,
            Distance::Simple => term.abs(),
        };
        self.terms(workload).map(weigh).sum()
    }

    /// Whether every budget is met.
    #[must_use]
    pub fn meets_budgets(&self, workload: &Workload) -> bool {
        self.terms(workload).all(|term| term < TOLERANCE)
    }
}
