//! `sweepstake watch`: a sweep while it runs, from outside.

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::terminal::{self, Screen};
use crate::watch::{Watched, lines};

/// Shortest time between two looks.
const PERIOD: Duration = Duration::from_secs(1);
/// A look may take up to this part of the time.
const SHARE: u32 = 10;
/// Columns where there is no terminal.
const WIDTH: usize = 120;

/// Watch a sweep that another process writes: progress, time left, and how the agents do.
///
/// Nothing is locked or written. Ctrl-C ends the view and leaves the sweep alone. Where output is not a terminal, what
/// there is now is printed once.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sweepstake watch out/quickstart\n  sweepstake watch out/study-parts/*      shards of one sweep, \
                  also of other machines\n  sweepstake watch out/study --once > state.txt"
)]
pub(super) struct Args {
    /// Output directory of a sweep, or directories of its shards.
    #[arg(required = true, value_name = "DIR")]
    dirs: Vec<PathBuf>,
    /// Print what there is now and end.
    #[arg(long)]
    once: bool,
}

pub(super) fn watch(args: &Args) -> Result<()> {
    let mut watched = Watched::open(&args.dirs)?;
    let Some(mut screen) = Screen::new().filter(|_| !args.once) else {
        let lines = lines(&watched.look()?, terminal::width().unwrap_or(WIDTH));
        terminal::line(&lines.join("\n"));
        return Ok(());
    };
    let stop = super::stop_flag();
    while !stop.load(Ordering::Relaxed) {
        let begun = Instant::now();
        let snapshot = watched.look()?;
        screen.paint(&lines(&snapshot, screen.width()));
        if snapshot.finished {
            break;
        }
        let next = begun + PERIOD.max(begun.elapsed() * SHARE);
        while Instant::now() < next && !stop.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(50));
        }
    }
    Ok(())
}
