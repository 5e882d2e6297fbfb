//! `sweepstake ticket`: masks of trained networks.

use std::path::PathBuf;

use anyhow::Result;
use clap::Subcommand;

use crate::terminal::{self, Gauge};
use crate::ticket::{self, DEVICES, DeviceEntry, Input};

/// Train networks, and search for the weights that matter.
///
/// Images come from --data, a folder with the four IDX files of the MNIST family, plain or gzipped; otherwise from
/// Debian's package dataset-fashion-mnist if it is installed, or else from the small part of Fashion-MNIST that the
/// program brings along.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sweepstake ticket search --config configs/jackpot.yaml --out out/jackpot\n  \
                  sweepstake ticket train --config configs/jackpot.yaml --seed 1 --out conv4.safetensors\n  \
                  sweepstake ticket methods"
)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Search(Search),
    Train(Train),
    /// List the methods that find masks.
    Methods,
    /// List what can compute, and whether this program has it.
    Devices,
}

/// Run a study: every method at every sparsity, with tables and figures.
///
/// What a run has found is kept in OUT/.work; the same command takes up an interrupted study.
#[derive(Debug, clap::Args)]
struct Search {
    /// The study (YAML), such as configs/jackpot.yaml.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Folder of images.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Folder of tables and figures.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// What computes; `ticket devices` lists them.
    #[arg(long, value_name = "NAME", default_value = "cpu")]
    device: String,
    /// Threads; one per core by default.
    #[arg(long, short, value_parser = super::jobs)]
    jobs: Option<usize>,
    /// Make no run; tables and figures of those that are finished.
    #[arg(long)]
    finished: bool,
}

/// Train the dense network of a study and write it as safetensors.
#[derive(Debug, clap::Args)]
struct Train {
    /// The study (YAML) that names the network and how it is trained.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Folder of images.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// What computes; `ticket devices` lists them.
    #[arg(long, value_name = "NAME", default_value = "cpu")]
    device: String,
    /// Seed of the weights and of the order of images.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Put so many training and test images into the file, for PruningMask-v0 to judge on.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    images: Option<u32>,
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub(super) fn ticket(args: &Args, quiet: bool) -> Result<()> {
    match &args.command {
        Command::Search(args) => {
            let jobs = super::threads(args.jobs);
            let gauge = Gauge::new(quiet, "epochs");
            let order = ticket::Order { out: &args.out, jobs, finished: args.finished };
            let input = Input { config: &args.config, data: args.data.as_deref(), device: &args.device };
            let files = ticket::search(input, order, &gauge)?;
            gauge.close();
            files.iter().for_each(|file| terminal::line(&file.display().to_string()));
        }
        Command::Train(args) => {
            let gauge = Gauge::new(quiet, "epochs");
            let input = Input { config: &args.config, data: args.data.as_deref(), device: &args.device };
            let images = args.images.map(|count| count as usize);
            let accuracy = ticket::train(input, args.seed, images, &args.out, &gauge)?;
            gauge.close();
            let file = args.out.display();
            terminal::line(&format!("{file}: {:.2} % of the test images", 100.0 * accuracy));
        }
        Command::Methods => list(
            ["method", "what it does"],
            ticket::METHODS.iter().map(|method| [method.name.to_owned(), method.summary.to_owned()]),
        ),
        Command::Devices => list(["device", "what computes", "in this program"], DEVICES.iter().map(listed)),
    }
    Ok(())
}

/// A row of the list of devices.
fn listed(device: &DeviceEntry) -> [String; 3] {
    let there = match device.feature {
        Some(feature) if !device.is_built_in() => format!("no: build it with --features {feature}"),
        _ => "yes".to_owned(),
    };
    [device.name.to_owned(), device.summary.to_owned(), there]
}

fn list<const N: usize>(head: [&str; N], rows: impl Iterator<Item = [String; N]>) {
    let rows = std::iter::once(head.map(str::to_owned)).chain(rows).map(Vec::from);
    terminal::print(&terminal::table(&rows.collect::<Vec<_>>()));
}
