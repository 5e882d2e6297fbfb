//! `sweepstake serve`: an agent for other programs.

use anyhow::Result;
use rl_env::registry::find_agent;
use serde_json::{Map, Value as Json};

use crate::agents::AGENTS;
use crate::external::serve;
use crate::terminal;

/// Let another program search with one of our agents, over JSON lines on standard input and output.
///
/// It sends `start` with its space, then `ask` and `tell` in turns, and evaluates the designs itself.
/// docs/external-agents.md describes the messages.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sweepstake serve genetic\n  sweepstake serve genetic --set population=64\n  \
                        echo '{\"start\": {\"protocol\": 1, \"seed\": 7, \"budget\": 100, \"space\": {\"parameters\": \
                        [{\"name\": \"x\", \"kind\": \"real\", \"low\": 0, \"high\": 1}]}}}\n  {\"ask\": {\"n\": 2}}' | \
                        sweepstake serve random-walker"
)]
pub(super) struct Args {
    /// Agent name.
    agent: String,
    /// Set a hyperparameter; may be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

pub(super) fn serve(args: &Args) -> Result<()> {
    let entry = find_agent(&AGENTS, &args.agent)?;
    let settings: Map<String, Json> =
        args.set.iter().map(|text| super::setting(text)).collect::<Result<_>>()?;
    let hyperparameters = entry.resolve(&Json::Object(settings))?;
    let input = std::io::BufReader::new(std::io::stdin());
    serve::serve(entry, &hyperparameters, input, &mut terminal::line)
}
