//! `sweepstake validate`: recorded runs of public simulators against ours.

use std::path::PathBuf;

use anyhow::Result;
use clap::ValueEnum;

use crate::terminal::{self, count, figure};
use crate::usage::Usage;
use crate::validate::{
    Agreement, Sources, Validation, b4, dramsim3, dramsys, farsi, maestro, ramulator2, scalesim, timeloop,
};

/// Replay recorded runs of a public simulator through ours and compare.
///
/// Every row of the file is a run. Values are equal if they agree to the last digit that the simulator printed.
/// What is not comparable is counted with its reason.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sweepstake validate dramsys --reference dramsys_runs.csv.gz --traces traces\n  \
                  sweepstake validate farsi --reference designs.jsonl.gz --json\n  \
                  sweepstake validate timeloop --reference timeloop.csv.gz"
)]
pub(super) struct Args {
    /// The simulator that was recorded.
    simulator: Simulator,
    /// The recorded runs: a CSV file, or JSON lines for farsi, plain or gzipped.
    #[arg(long, value_name = "FILE")]
    reference: PathBuf,
    /// Folder of the memory traces that the runs name; `traces` beside the file by default.
    #[arg(long, value_name = "DIR")]
    traces: Option<PathBuf>,
    /// Folder of recorded command traces (dramsim3); `cmdtraces` beside the file, if there, by default.
    #[arg(long, value_name = "DIR")]
    commands: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// Print the tables as Markdown.
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Simulator {
    /// B4 and its rivals: choices recorded from its authors' code.
    B4,
    /// DRAMSys 4.0 with DRAMPower, as ArchGym ships it.
    Dramsys,
    /// DRAMsim3.
    Dramsim3,
    /// FARSI, the simulator of systems on chip.
    Farsi,
    /// MAESTRO, its model of data-centric mappings.
    Maestro,
    /// Ramulator 2.1.
    Ramulator2,
    /// SCALE-Sim 3.0.0, systolic arrays.
    Scalesim,
    /// Timeloop 3.0.3, its model of mappings on DNN accelerators.
    Timeloop,
}

pub(super) fn validate(args: &Args) -> Result<()> {
    let beside = |name: &str| args.reference.parent().map(|folder| folder.join(name));
    let mut given = [&args.traces, &args.commands].into_iter().flatten();
    if let Some(folder) = given.find(|folder| !folder.is_dir()) {
        return Err(Usage::error(format!("{} is not a folder", folder.display())));
    }
    let sources = Sources {
        reference: args.reference.clone(),
        traces: args.traces.clone().or_else(|| beside("traces")).unwrap_or_default(),
        commands: args.commands.clone().or_else(|| beside("cmdtraces").filter(|folder| folder.is_dir())),
    };
    let validation = match args.simulator {
        Simulator::B4 => b4::validate(&sources),
        Simulator::Dramsys => dramsys::validate(&sources),
        Simulator::Dramsim3 => dramsim3::validate(&sources),
        Simulator::Farsi => farsi::validate(&sources),
        Simulator::Maestro => maestro::validate(&sources),
        Simulator::Ramulator2 => ramulator2::validate(&sources),
        Simulator::Scalesim => scalesim::validate(&sources),
        Simulator::Timeloop => timeloop::validate(&sources),
    }?;
    if args.json {
        return super::print_json(&validation);
    }
    terminal::print(&text(&validation, args.markdown));
    Ok(())
}

fn text(validation: &Validation, markdown: bool) -> String {
    let draw = |rows: &[Vec<String>]| if markdown { as_markdown(rows) } else { terminal::table(rows) };
    let speed = match validation.evaluations_per_second {
        Some(rate) => format!("; {} simulations/s on one thread", figure(rate)),
        None => String::new(),
    };
    let mut text = format!(
        "{}: {} rows, {} compared, {} equal in every compared column{speed}\n\n{}\n{}\n",
        validation.reference,
        count(validation.rows),
        count(validation.compared),
        count(validation.exact),
        draw(&classes(validation)),
        draw(&columns(validation)),
    );
    text.push_str(&draw(&reasons(validation)));
    if !validation.skipped.is_empty() {
        let mut rows = vec![vec!["not compared".to_owned(), "times".to_owned()]];
        rows.extend(validation.skipped.iter().map(|(reason, n)| vec![reason.clone(), count(*n)]));
        text.push_str(&format!("\n{}", draw(&rows)));
    }
    text
}

/// A table row per class and compared column of it.
fn classes(validation: &Validation) -> Vec<Vec<String>> {
    let mut rows = vec![strings(&["class", "rows", "all equal", "column", "equal", "worst", "mean"])];
    for (name, class) in &validation.classes {
        let mut first = [name.clone(), count(class.rows), count(class.exact)];
        for column in validation.described {
            let Some(agreement) = class.columns.get(column.name) else { continue };
            let row = [std::mem::take(&mut first).to_vec(), vec![column.name.to_owned()], counts(agreement)];
            rows.push(row.concat());
        }
    }
    rows
}

fn columns(validation: &Validation) -> Vec<Vec<String>> {
    let mut rows = vec![strings(&["column", "equal", "worst", "mean", "aim", "met"])];
    for column in validation.described {
        let Some(agreement) = validation.columns.get(column.name) else { continue };
        let aim =
            if column.target == 0.0 { "equal".into() } else { format!("within {}", figure(column.target)) };
        let met = format!("{} of {}", count(agreement.within_target), count(agreement.compared));
        rows.push([vec![column.name.to_owned()], counts(agreement), vec![aim, met]].concat());
    }
    rows
}

/// What each column compares.
fn reasons(validation: &Validation) -> Vec<Vec<String>> {
    let mut rows = vec![strings(&["column", "equal if within", "what is compared, and why"])];
    for column in validation.described.iter().filter(|column| validation.columns.contains_key(column.name)) {
        rows.push(vec![column.name.into(), figure(column.precision), column.why.into()]);
    }
    rows
}

fn counts(agreement: &Agreement) -> Vec<String> {
    let equal = format!("{} of {}", count(agreement.exact), count(agreement.compared));
    vec![equal, figure(agreement.max_relative_error), figure(agreement.mean_relative_error)]
}

fn strings(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

/// The same rows as a Markdown table.
fn as_markdown(rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let mut text = String::new();
    for (place, row) in rows.iter().enumerate() {
        text.push_str(&line(row));
        if place == 0 {
            text.push_str(&line(&vec!["---".to_owned(); row.len()]));
        }
    }
    text
}
