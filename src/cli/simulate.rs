//! `sweepstake simulate`: one design through one simulator.

mod accelerator;
mod dram;
mod mapping;
mod soc;
mod systolic;

use anyhow::Result;
use clap::Subcommand;

/// Simulate one design on one workload.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sweepstake simulate dram --config examples/dram.yaml --workload stream\n  \
                         sweepstake simulate soc --workload audio-decoder\n  \
                        sweepstake simulate accelerator --layer resnet50/conv3-1b --explain"
)]
pub(super) struct Args {
    #[command(subcommand)]
    simulator: Simulator,
}

#[derive(Debug, Subcommand)]
enum Simulator {
    Accelerator(accelerator::Args),
    Dram(dram::Args),
    Mapping(mapping::Args),
    Soc(soc::Args),
    Systolic(systolic::Args),
}

pub(super) fn simulate(args: &Args) -> Result<()> {
    match &args.simulator {
        Simulator::Accelerator(args) => accelerator::simulate(args),
        Simulator::Dram(args) => dram::simulate(args),
        Simulator::Mapping(args) => mapping::simulate(args),
        Simulator::Soc(args) => soc::simulate(args),
        Simulator::Systolic(args) => systolic::simulate(args),
    }
}
