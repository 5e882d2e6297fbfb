//! `sweepstake schema`: JSON schemas for editors and validators.

use anyhow::Result;
use rl_env::Error;

use crate::agents::AGENTS;
use crate::config::SweepConfig;

/// Print the JSON schema of a sweep configuration or of an agent's hyperparameters.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sweepstake schema sweep > sweep.schema.json\n  sweepstake schema genetic"
)]
pub(super) struct Args {
    /// `sweep`, or the name of an agent.
    name: String,
}

pub(super) fn schema(args: &Args) -> Result<()> {
    if args.name == "sweep" {
        return super::print_json(&rl_env::schema::of::<SweepConfig>());
    }
    let known = || AGENTS.iter().map(|agent| agent.name).chain(["sweep"]);
    match AGENTS.iter().find(|agent| agent.name == args.name) {
        Some(agent) => super::print_json(&agent.schema()),
        None => Err(Error::unknown("schema", &args.name, known()).into()),
    }
}
