//! The other end of the line: an agent of ours, asked by another program.

use std::io::{BufRead, Read};
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};
use rl_env::agent::{Agent, Context, Trial};
use rl_env::design::DesignSpace;
use rl_env::registry::AgentEntry;
use rl_env::seed::Seed;
use serde_json::Value as Json;

use super::process::clipped;
use super::protocol::{PROTOCOL, Reply, Request, Start, Told};
use crate::usage::Usage;

/// Longest line read.
const MOST_BYTES: u64 = 64 << 20;
/// Most designs given at once.
const MOST_AT_ONCE: usize = 4096;

/// Answers the messages of `input` with the agent of `entry`, until it is told to stop or nothing more comes. A
/// second `start` begins another search.
///
/// # Errors
/// For messages that make no sense and when the agent cannot go on, after saying so.
pub fn serve(
    entry: &AgentEntry,
    hyperparameters: &Json,
    mut input: impl BufRead,
    say: &mut dyn FnMut(&str),
) -> Result<()> {
    let mut search = None;
    while let Some(line) = next_line(&mut input)? {
        if line.trim().is_empty() {
            continue;
        }
        let answered = read(&line).and_then(|request| match request {
            Request::Start(start) => {
                search = Some(Search::new(entry, hyperparameters, &start)?);
                let version = env!("CARGO_PKG_VERSION").to_owned();
                Ok(Some(Reply::Ready { name: format!("sweepstake {}", entry.name), version }))
            }
            Request::Stop {} => Ok(None),
            other => match &mut search {
                Some(search) => search.answer(other).map(Some),
                None => Err(Usage::error("the first message has to be `start`")),
            },
        });
        match answered {
            Ok(Some(reply)) => say(&serde_json::to_string(&reply)?),
            Ok(None) => return Ok(()),
            Err(error) => {
                say(&serde_json::to_string(&Reply::Error(format!("{error:#}")))?);
                return Err(error);
            }
        }
    }
    Ok(())
}

fn next_line(input: &mut impl BufRead) -> Result<Option<String>> {
    let mut line = Vec::new();
    let read =
        input.by_ref().take(MOST_BYTES).read_until(b'\n', &mut line).context("cannot read messages")?;
    if read as u64 == MOST_BYTES && line.last() != Some(&b'\n') {
        return Err(Usage::error(format!("a message of more than {} MiB", MOST_BYTES >> 20)));
    }
    let text = String::from_utf8(line).map_err(|_| Usage::error("a message that is not UTF-8 text"))?;
    Ok((read > 0).then_some(text))
}

fn read(line: &str) -> Result<Request> {
    let refuse = |error| Usage::error(format!("`{}` is no message: {error}", clipped(line)));
    serde_json::from_str(line).map_err(refuse)
}

struct Search {
    space: Arc<DesignSpace>,
    agent: Box<dyn Agent>,
}

impl Search {
    fn new(entry: &AgentEntry, hyperparameters: &Json, start: &Start) -> Result<Self> {
        if start.protocol != PROTOCOL {
            return Err(anyhow!("speaks protocol {PROTOCOL}, not {}", start.protocol));
        }
        let space = Arc::new(DesignSpace::from_description(&start.space)?);
        let (seed, budget, axes) = (Seed(start.seed), start.budget, start.axes);
        let context = Context { space: Arc::clone(&space), seed, budget, axes };
        Ok(Self { space, agent: entry.build(hyperparameters, context)? })
    }

    fn answer(&mut self, request: Request) -> Result<Reply> {
        match request {
            Request::Ask { n: 0 } => Ok(Reply::Designs(Vec::new())),
            Request::Ask { n } => {
                let designs = self.agent.ask(n.min(MOST_AT_ONCE))?;
                Ok(Reply::Designs(designs.iter().map(|design| self.space.to_json(design)).collect()))
            }
            Request::Tell { trials } => {
                let read: Result<Vec<Trial>, _> =
                    trials.into_iter().map(|told: Told| told.trial(&self.space)).collect();
                self.agent.tell(&read?)?;
                Ok(Reply::Ok(true.into()))
            }
            Request::Start(_) | Request::Stop {} => Ok(Reply::Ok(true.into())),
        }
    }
}
