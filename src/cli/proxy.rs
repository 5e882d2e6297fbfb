//! `sweepstake proxy`: models that stand in for a simulator.

use anyhow::Result;
use clap::Subcommand;

mod evaluate;
mod predict;
mod search;
mod train;
mod verdicts;

/// Learn a simulator from samples, judge what was learnt, and use it.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sweepstake proxy train --data out/study --env DramController-v0 --target power_mw --out power.proxy\n  \
                  sweepstake proxy evaluate --data out/study --env DramController-v0 --target power_mw\n  \
                  sweepstake proxy predict power.proxy --designs designs.csv\n  \
                  sweepstake run --env DramController-v0 --proxy power.proxy --agent genetic --budget 100000"
)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Train(train::Args),
    Evaluate(evaluate::Args),
    Predict(predict::Args),
    Search(search::Args),
    Verdicts(verdicts::Args),
}

pub(super) fn proxy(args: &Args, quiet: bool) -> Result<()> {
    match &args.command {
        Command::Train(args) => train::train(args, quiet),
        Command::Evaluate(args) => evaluate::evaluate(args, quiet),
        Command::Search(args) => search::search(args, quiet),
        Command::Predict(args) => predict::predict(args),
        Command::Verdicts(args) => verdicts::verdicts(args),
    }
}
