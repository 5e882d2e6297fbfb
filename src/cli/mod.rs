//! The command line: one file per command.

mod dataset;
mod describe;
mod enumerate;
mod evaluate;
mod list;
mod lottery;
mod merge;
mod proxy;
mod run;
mod schema;
mod select;
mod serve;
mod simulate;
mod sweep;
#[cfg(feature = "networks")]
mod ticket;
mod validate;
mod watch;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;
use clap::{CommandFactory, Parser, Subcommand};

use crate::document::Document;
use crate::external;
use crate::slurm::quoted;
use crate::terminal;
use crate::usage::{Usage, is_usage};

const EXAMPLES: &str = "\
Examples:
  sweepstake list                                        what there is
  sweepstake run --env Landscape-v0 --agent genetic      one search
  sweepstake sweep configs/quickstart.yaml               many searches, with figures
  sweepstake describe genetic                            hyperparameters of an agent

`sweepstake COMMAND --help` shows examples of each command.";

/// A gym for design-space search: environments, agents, sweeps.
#[derive(Debug, Parser)]
#[command(name = "sweepstake", version, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Print results and errors only.
    #[arg(long, short, global = true)]
    quiet: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(list::Args),
    Describe(describe::Args),
    Run(run::Args),
    Evaluate(evaluate::Args),
    Enumerate(enumerate::Args),
    Simulate(simulate::Args),
    Sweep(sweep::Args),
    Watch(watch::Args),
    Merge(merge::Args),
    Lottery(lottery::Args),
    Dataset(dataset::Args),
    Proxy(proxy::Args),
    Validate(validate::Args),
    Select(select::Args),
    #[cfg(feature = "networks")]
    Ticket(ticket::Args),
    Serve(serve::Args),
    Schema(schema::Args),
    Completions(Completions),
}

/// Which environment, in which variant.
#[derive(Debug, clap::Args)]
struct Variant {
    /// Environment id.
    #[arg(long)]
    env: String,
    /// Built-in workload or file; the environment's first by default.
    #[arg(long, default_value = "", hide_default_value = true)]
    workload: String,
    /// Named space; the environment's first by default.
    #[arg(long, default_value = "", hide_default_value = true)]
    space: String,
}

/// Print a completion script for a shell.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  sweepstake completions bash > /etc/bash_completion.d/sweepstake")]
struct Completions {
    /// The shell.
    shell: clap_complete::Shell,
}

/// Runs the command line; the exit code is 0 for success, 1 for failure, 2 for wrong use.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match dispatch(cli) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads has seen enough.
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::note(&format!("error: {error:#}"));
            ExitCode::from(if is_usage(&error) { 2 } else { 1 })
        }
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let io = error.chain().filter_map(|cause| cause.downcast_ref::<std::io::Error>());
    io.into_iter().any(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
}

fn dispatch(cli: Cli) -> Result<()> {
    match cli.command {
        Command::List(args) => list::list(&args),
        Command::Describe(args) => describe::describe(&args),
        Command::Run(args) => run::run(&args, cli.quiet),
        Command::Evaluate(args) => evaluate::evaluate(&args),
        Command::Enumerate(args) => enumerate::enumerate(&args, cli.quiet),
        Command::Simulate(args) => simulate::simulate(&args),
        Command::Sweep(args) => sweep::sweep(&args, cli.quiet),
        Command::Watch(args) => watch::watch(&args),
        Command::Merge(args) => merge::merge(&args),
        Command::Lottery(args) => lottery::lottery(&args, cli.quiet),
        Command::Dataset(args) => dataset::dataset(&args, cli.quiet),
        Command::Proxy(args) => proxy::proxy(&args, cli.quiet),
        Command::Validate(args) => validate::validate(&args),
        Command::Select(args) => select::select(&args),
        #[cfg(feature = "networks")]
        Command::Ticket(args) => ticket::ticket(&args, cli.quiet),
        Command::Serve(args) => serve::serve(&args),
        Command::Schema(args) => schema::schema(&args),
        Command::Completions(args) => {
            let mut script = Vec::new();
            clap_complete::generate(args.shell, &mut Cli::command(), "sweepstake", &mut script);
            terminal::print(&String::from_utf8_lossy(&script));
            Ok(())
        }
    }
}

/// `key=value`, the value read as YAML.
fn setting(text: &str) -> Result<(String, serde_json::Value)> {
    let (key, value) = text
        .split_once('=')
        .ok_or_else(|| Usage::error(format!("--set {text}: expected KEY=VALUE, such as population=64")))?;
    let place = PathBuf::from(format!("--set {key}"));
    Ok((key.trim().to_owned(), Document::parse(&place, value)?.value))
}

/// A flag that Ctrl-C sets; a second Ctrl-C ends the program at once. Either way no child process outlives it.
fn stop_flag() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    // Without a handler Ctrl-C still ends the program, and the next start takes up what is on disk.
    let _ = ctrlc::set_handler(move || {
        let again = flag.swap(true, Ordering::Relaxed);
        external::end_all();
        if again {
            std::process::exit(130);
        }
    });
    stop
}

/// Threads to use: as asked, else one per core.
fn threads(jobs: Option<usize>) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let jobs = jobs.unwrap_or(cores);
    // If threads cannot be had, the calling thread does the work.
    let _ = rayon::ThreadPoolBuilder::new().num_threads(jobs.min(cores)).build_global();
    jobs
}

/// Reads a number of threads.
fn jobs(text: &str) -> Result<usize, String> {
    let jobs = text.parse().ok().filter(|jobs| (1..=1024).contains(jobs));
    jobs.ok_or_else(|| "expected a number of threads from 1 to 1024".to_owned())
}

/// The command that takes up this one.
fn again() -> String {
    let command: Vec<String> = std::env::args().filter(|a| a != "--fresh").map(|a| quoted(&a)).collect();
    command.join(" ")
}

/// This command, whatever the path of the program.
fn command() -> String {
    let arguments = std::env::args_os().skip(1).map(|a| quoted(&a.to_string_lossy()));
    ["sweepstake".to_owned()].into_iter().chain(arguments).collect::<Vec<_>>().join(" ")
}

/// JSON with a final line break.
fn print_json(value: &impl serde::Serialize) -> Result<()> {
    terminal::line(&serde_json::to_string_pretty(value)?);
    Ok(())
}
