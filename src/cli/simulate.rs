//! stub
use anyhow::Result;
/// Simulate.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:")]
pub(super) struct Args {}
pub(super) fn simulate(_: &Args, _: bool) -> Result<()> { Ok(()) }
