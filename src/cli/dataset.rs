//! `sweepstake dataset`: what to do with the samples of sweeps.

use std::path::PathBuf;

use anyhow::Result;
use clap::Subcommand;

use crate::dataset::export::{self, Exported};
use crate::dataset::info;
use crate::dataset::merge::{self, Merged};
use crate::dataset::minari;
use crate::terminal::{self, Meter, count};

mod card;

/// Describe, merge and convert the samples of sweeps.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  sweepstake dataset info out/quickstart\n  \
                  sweepstake dataset merge out/study1 out/study2 --dedupe --out all.parquet\n  \
                  sweepstake dataset export out/quickstart --out quickstart.parquet")]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Info(Info),
    Merge(Merge),
    Export(Export),
    Minari(Minari),
}

/// Show a data card: counts, coverage of each parameter, spread of each metric, best rewards.
///
/// Any number of rows is read in bounded memory. Counts of different designs and values stop at a bound and then
/// say "at least"; medians of many values are within a thousandth of the true ones (marked ≈).
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sweepstake dataset info out/quickstart\n  sweepstake dataset info all.parquet --json\n  \
                  sweepstake dataset info out/study1 out/study2/samples/Landscape-v0.csv"
)]
struct Info {
    /// Output directories of sweeps, or tables of samples (.csv, .parquet).
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Merge the samples of several sweeps into one table that stands alone.
///
/// Columns are matched by name; each row gains the environment, workload, space, objective, agent, ticket and seed
/// of its run. Rows keep the order in which they are given. Designs on which the sources disagree are counted and
/// reported, never averaged.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  sweepstake dataset merge out/study1 out/study2 --out all.csv\n  \
                  sweepstake dataset merge all.csv out/study3 --dedupe --out all.parquet")]
struct Merge {
    /// Output directories of sweeps, or tables that stand alone (.csv, .parquet).
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Where to write: FILE.csv or FILE.parquet.
    #[arg(long)]
    out: PathBuf,
    /// Keep only the first row of each design (same environment, version, workload and parameters).
    #[arg(long)]
    dedupe: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Convert samples from CSV to Parquet, or back.
///
/// The Parquet file has typed columns and remembers how numbers were written, so that the way back gives the same
/// bytes as the CSV file of a sweep.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  sweepstake dataset export out/quickstart --out quickstart.parquet\n  \
                  sweepstake dataset export out/quickstart/runs.csv --out runs.parquet\n  \
                  sweepstake dataset export quickstart.parquet --out quickstart.csv")]
struct Export {
    /// Output directory of a sweep of one environment, or a table (.csv, .parquet).
    source: PathBuf,
    /// Where to write: FILE.parquet, or FILE.csv.
    #[arg(long)]
    out: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Write samples as a Minari dataset, which `minari.load_dataset` reads in Python.
///
/// Runs become episodes: designs are the actions, metrics the observations. Minari looks for datasets in the folder
/// that the variable MINARI_DATASETS_PATH names.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  sweepstake dataset minari out/quickstart --out datasets/quickstart-v0\n  \
                  MINARI_DATASETS_PATH=datasets python -c 'import minari; print(minari.load_dataset(\"quickstart-v0\"))'"
)]
struct Minari {
    /// Output directories of sweeps, or tables of samples (.csv, .parquet), of one environment and space.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Folder to write, which must not exist; its name is that of the dataset.
    #[arg(long)]
    out: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn dataset(args: &Args, quiet: bool) -> Result<()> {
    let stop = super::stop_flag();
    let meter = Meter::new(quiet, &stop);
    match &args.command {
        Command::Info(args) => {
            let card = info::info(&args.paths, &meter);
            meter.close();
            let card = card?;
            if args.json {
                return super::print_json(&card);
            }
            terminal::print(&card::text(&card));
        }
        Command::Merge(args) => {
            let merged = merge::merge(&args.paths, &args.out, args.dedupe, &meter);
            meter.close();
            let merged = merged?;
            if args.json {
                return super::print_json(&merged);
            }
            report_merge(&merged, args, quiet);
        }
        Command::Minari(args) => {
            let written = minari::export(&args.paths, &args.out, &meter);
            meter.close();
            let written = written?;
            if args.json {
                return super::print_json(&written);
            }
            if !quiet {
                terminal::line(&format!(
                    "{} episodes, {} steps: wrote {}",
                    count(written.episodes),
                    count(written.steps),
                    args.out.display()
                ));
            }
        }
        Command::Export(args) => {
            let exported = export::export(&args.source, &args.out, &meter);
            meter.close();
            let exported = exported?;
            if args.json {
                return super::print_json(&exported);
            }
            report_export(&exported, args, quiet);
        }
    }
    Ok(())
}

fn report_merge(merged: &Merged, args: &Merge, quiet: bool) {
    if merged.conflicts > 0 {
        terminal::note(&format!(
            "warning: {} rows contradict the first row of the same design, from {} on",
            count(merged.conflicts),
            merged.conflicts_at.join(", ")
        ));
    }
    if merged.incomparable > 0 {
        terminal::note(&format!(
            "note: {} rows report other metrics than the first row of the same design",
            count(merged.incomparable)
        ));
    }
    if quiet {
        return;
    }
    let dropped = match merged.rows_read - merged.rows_written {
        0 => String::new(),
        n => format!(" ({} repeats dropped)", count(n)),
    };
    terminal::line(&format!(
        "{} rows of {} different designs from {} tables{dropped}: wrote {}",
        count(merged.rows_written),
        count(merged.unique_designs),
        merged.tables,
        args.out.display()
    ));
}

fn report_export(exported: &Exported, args: &Export, quiet: bool) {
    if exported.same_bytes == Some(false) {
        let (out, source) = (args.out.display(), args.source.display());
        terminal::note(&match &exported.respelt[..] {
            [] => format!(
                "note: {source} is written differently from what a sweep writes; {out} has the same values"
            ),
            names => format!(
                "note: some numbers of {} are written unusually in {source}; {out} has the same values",
                names.join(", ")
            ),
        });
    }
    if quiet {
        return;
    }
    terminal::line(&format!(
        "{} rows, {} columns: wrote {}",
        count(exported.rows),
        exported.columns,
        args.out.display()
    ));
}
