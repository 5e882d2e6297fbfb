//! `sweepstake simulate`: one design through one simulator.

mod dram;
mod soc;

use anyhow::Result;
use clap::Subcommand;

/// Simulate one design on one workload.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sweepstake simulate dram --config examples/dram.yaml --workload stream\n  \
                         sweepstake simulate soc --workload audio-decoder"
)]
pub(super) struct Args {
    #[command(subcommand)]
    simulator: Simulator,
}

#[derive(Debug, Subcommand)]
enum Simulator {
    Dram(dram::Args),
    Soc(soc::Args),
}

pub(super) fn simulate(args: &Args) -> Result<()> {
    match &args.simulator {
        Simulator::Dram(args) => dram::simulate(args),
        Simulator::Soc(args) => soc::simulate(args),
    }
}
