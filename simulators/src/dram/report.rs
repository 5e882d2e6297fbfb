//! What a simulation reports.

use serde::Serialize;

use super::command::Command;
use super::config::Config;
use super::energy::Energy;
use super::latency::Latency;
use super::ledger::Ledger;
use super::workload::Workload;

/// Result of one simulation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Time of the last response in ns.
    pub total_time_ns: f64,
    /// The same in whole clock cycles, rounded up.
    pub total_cycles: u64,
    /// Requests served.
    pub requests: u64,
    /// Reads among them.
    pub reads: u64,
    /// Energy by part, over all channels, ranks and devices. All zero for a device without published currents.
    pub energy: Energy,
    /// Energy over the metered time (start to the completion of the last command) in mW.
    pub average_power_mw: f64,
    /// Data moved over the total time in Gbit/s.
    pub bandwidth_gbit_per_s: f64,
    /// Data moved over the time in which a request was in a controller, in Gbit/s.
    pub busy_bandwidth_gbit_per_s: f64,
    /// Highest possible bandwidth of all channels in Gbit/s.
    pub peak_bandwidth_gbit_per_s: f64,
    /// Busy share of the data buses in percent.
    pub bus_utilization_percent: f64,
    /// Column commands that found their row open (not the first after an ACT).
    pub row_hits: u64,
    /// Commands issued.
    pub commands: CommandCounts,
    /// Request latency.
    pub latency: Latency,
}

/// Number of commands of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs)] // The fields are the commands.
pub struct CommandCounts {
    pub act: u64,
    pub rd: u64,
    pub rda: u64,
    pub wr: u64,
    pub wra: u64,
    pub pre: u64,
    pub prea: u64,
    pub refa: u64,
    pub refb: u64,
    pub pdea: u64,
    pub pdep: u64,
    pub pdxa: u64,
    pub pdxp: u64,
    pub srefen: u64,
    pub srefex: u64,
}

impl CommandCounts {
    fn of(ledgers: &[Ledger]) -> CommandCounts {
        let count = |command| ledgers.iter().map(|ledger| ledger.count(command)).sum();
        CommandCounts {
            act: count(Command::Act),
            rd: count(Command::Rd),
            rda: count(Command::Rda),
            wr: count(Command::Wr),
            wra: count(Command::Wra),
            pre: count(Command::Pre),
            prea: count(Command::Prea),
            refa: count(Command::Refa),
            refb: count(Command::Refb),
            pdea: count(Command::Pdea),
            pdep: count(Command::Pdep),
            pdxa: count(Command::Pdxa),
            pdxp: count(Command::Pdxp),
            srefen: count(Command::Srefen),
            srefex: count(Command::Srefex),
        }
    }
}

impl Report {
    pub(crate) fn new(
        config: &Config,
        workload: &Workload,
        ledgers: &mut [Ledger],
        end_ps: u64,
        latencies: &mut [u32],
    ) -> Report {
        let device = config.system.device();
        let channels = f64::from(config.system.channels);
        let (mut energy, mut metered_ns, mut idle_ps) = (Energy::default(), 0f64, 0);
        for ledger in ledgers.iter_mut() {
            let (part, window_ns) = ledger.finish();
            energy += part;
            metered_ns = metered_ns.max(window_ns);
            idle_ps += ledger.idle_ps();
        }
        let peak = device.peak_bandwidth_gb_per_s() * 8.0 * channels;
        let burst_ps = u64::from(device.organization.burst_cycles()) * device.clock_period_ps;
        let data_ps = (workload.len() as u64 * burst_ps) as f64;
        let total_ps = end_ps as f64 * channels;
        Report {
            total_time_ns: end_ps as f64 / 1000.0,
            total_cycles: end_ps.div_ceil(device.clock_period_ps),
            requests: workload.len() as u64,
            reads: workload.reads() as u64,
            energy,
            average_power_mw: if metered_ns > 0.0 { energy.total_pj / metered_ns } else { 0.0 },
            bandwidth_gbit_per_s: peak * data_ps / total_ps,
            busy_bandwidth_gbit_per_s: peak * data_ps / (total_ps - idle_ps as f64),
            peak_bandwidth_gbit_per_s: peak,
            bus_utilization_percent: 100.0 * data_ps / total_ps,
            row_hits: ledgers.iter().map(Ledger::row_hits).sum(),
            commands: CommandCounts::of(ledgers),
            latency: Latency::of(latencies, device.clock_period_ps),
        }
    }
}
