//! An agent in a process of its own, in any language, over one JSON object a line.
//!
//! The process is started when the agent is built, gets a time-out for every message, and is killed with all that it
//! has started when the agent is dropped or fails. `docs/external-agents.md` describes the messages, for which
//! [`protocol`] has the types. `sweepstake serve` is the other end of the same line.

mod process;
pub mod protocol;
pub mod serve;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use rl_env::Error;
use rl_env::agent::{Agent, Context, Trial, from_snapshot, to_snapshot};
use rl_env::design::{Design, DesignSpace, Parameter};
use rl_env::registry::AgentConfig;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

pub use process::end_all;
use process::{Process, clipped};
use protocol::{PROTOCOL, Reply, Request, Start, Told};

/// Name in the table of agents.
pub const NAME: &str = "external";

/// Settings of an agent in another process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The program and its arguments; required.
    ///
    /// A text is split at spaces as a shell would, quotes and backslashes included, but no shell runs.
    pub command: Words,
    /// Seconds that the program may take for the answer to one message.
    #[schemars(range(min = 0.001, max = 1e9))]
    pub timeout_s: f64,
    /// Designs that it is asked for at once, before it learns of any of them.
    #[schemars(range(min = 1, max = 4096))]
    pub batch: usize,
}

/// A program with its arguments.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Words {
    /// As typed.
    Text(String),
    /// One by one.
    List(Vec<String>),
}

impl Words {
    fn split(&self) -> Result<Vec<String>, Error> {
        let refuse = |problem: &str| Error::Config { key: "command".into(), problem: problem.into() };
        let words = match self {
            Self::Text(text) => shlex::split(text)
                .ok_or_else(|| refuse("has a quote that is not closed, or ends with a backslash"))?,
            Self::List(words) => words.clone(),
        };
        if words.first().is_none_or(String::is_empty) {
            let problem = "is missing; set the program that proposes designs, such as \
                           `--set command=\"python3 examples/external_agent.py\"`";
            return Err(refuse(problem));
        }
        Ok(words)
    }
}

impl Default for Config {
    fn default() -> Self {
        Self { command: Words::Text(String::new()), timeout_s: 600.0, batch: 1 }
    }
}

impl AgentConfig for Config {
    const SUMMARY: &'static str =
        "A program of your own in any language, over JSON lines on its standard input and output.";
    const REFERENCE: &'static str = "docs/external-agents.md";

    fn sweep() -> Vec<Parameter> {
        Vec::new()
    }

    fn build(self, context: Context) -> Result<Box<dyn Agent>, Error> {
        let words = self.command.split()?;
        let start = Start {
            protocol: PROTOCOL,
            space: context.space.description(),
            seed: context.seed.0,
            budget: context.budget,
            axes: context.axes,
            batch: self.batch,
        };
        let patience = Duration::from_secs_f64(self.timeout_s);
        let peer = Peer::start(words, patience, &start)?;
        let state =
            State { start, exchanges: Vec::new(), waiting: VecDeque::new(), asked: 0, told: Vec::new() };
        Ok(Box::new(External { space: context.space, peer, state }))
    }
}

/// Everything that changes: what was said so far, from which another process can be brought to the same point.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    start: Start,
    exchanges: Vec<Exchange>,
    /// Of the designs last proposed, those not handed out yet.
    waiting: VecDeque<Design>,
    /// Handed out and not told yet.
    asked: usize,
    /// To be told once all of the batch are.
    told: Vec<Told>,
}

/// A message and the answer, as they were on the line.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exchange {
    request: String,
    reply: String,
}

struct External {
    space: Arc<DesignSpace>,
    peer: Peer,
    state: State,
}

impl Agent for External {
    fn ask(&mut self, n: usize) -> Result<Vec<Design>, Error> {
        if self.state.waiting.is_empty() {
            self.propose()?;
        }
        let count = n.min(self.state.waiting.len());
        self.state.asked += count;
        Ok(self.state.waiting.drain(..count).collect())
    }

    fn tell(&mut self, trials: &[Trial]) -> Result<(), Error> {
        let State { waiting, asked, told, .. } = &mut self.state;
        told.extend(trials.iter().map(|trial| Told::new(&self.space, trial)));
        *asked = asked.saturating_sub(trials.len());
        if *asked > 0 || !waiting.is_empty() || told.is_empty() {
            return Ok(());
        }
        let request = Request::Tell { trials: std::mem::take(told) };
        match self.exchange(&request)? {
            Reply::Ok(_) => Ok(()),
            other => Err(self.peer.confused("tell", &other)),
        }
    }

    fn batch(&self) -> usize {
        self.state.start.batch
    }

    fn snapshot(&self) -> Result<Json, Error> {
        to_snapshot(&self.state)
    }

    fn restore(&mut self, state: &Json) -> Result<(), Error> {
        let state: State = from_snapshot(NAME, state)?;
        let refuse = |problem: String| Error::Snapshot { what: NAME, problem };
        let told = state.told.iter().map(|told| self.space.from_json(&told.design));
        let designs =
            state.waiting.iter().map(|design| self.space.check(design)).chain(told.map(|d| d.map(drop)));
        designs.collect::<Result<(), _>>().map_err(|error| refuse(error.to_string()))?;
        if state.start.space != self.space.description() || state.start.batch != self.batch() {
            return Err(refuse("it is of another space or batch".into()));
        }
        let mut peer = Peer::start(self.peer.words.clone(), self.peer.patience, &state.start)?;
        for (i, Exchange { request, reply }) in state.exchanges.iter().enumerate() {
            let read: Result<Request, _> = serde_json::from_str(request);
            let again = match read {
                Ok(read @ (Request::Ask { .. } | Request::Tell { .. })) => peer.say(&read, request.clone()),
                _ => return Err(refuse(format!("message {i} is no message"))),
            };
            if again.map_err(|error| refuse(error.to_string()))?.1 != *reply {
                let problem =
                    format!("message {i} was answered differently; the program is not deterministic");
                return Err(refuse(problem));
            }
        }
        (self.peer, self.state) = (peer, state);
        Ok(())
    }
}

impl External {
    fn exchange(&mut self, request: &Request) -> Result<Reply, Error> {
        let request_line = line(request)?;
        let (reply, reply_line) = self.peer.say(request, request_line.clone())?;
        self.state.exchanges.push(Exchange { request: request_line, reply: reply_line });
        Ok(reply)
    }

    /// The next batch.
    fn propose(&mut self) -> Result<(), Error> {
        let n = self.state.start.batch;
        let designs = match self.exchange(&Request::Ask { n })? {
            Reply::Designs(designs) if designs.len() <= n => designs,
            Reply::Designs(designs) => {
                let problem = format!("proposed {} designs when asked for at most {n}", designs.len());
                return Err(self.peer.error(&problem));
            }
            other => return Err(self.peer.confused("ask", &other)),
        };
        for json in &designs {
            let design = self.space.from_json(json);
            let design = design.map_err(|error| {
                self.peer.error(&format!(
                    "proposed {}, which is not of the space: {error}",
                    clipped(&json.to_string())
                ))
            })?;
            self.state.waiting.push_back(design);
        }
        Ok(())
    }
}

/// The process, past its greeting.
struct Peer {
    words: Vec<String>,
    patience: Duration,
    process: Process,
}

impl Peer {
    fn start(words: Vec<String>, patience: Duration, start: &Start) -> Result<Self, Error> {
        let config = |problem| Error::Config { key: "command".into(), problem };
        let process = Process::start(&words).map_err(config)?;
        let mut peer = Self { words, patience, process };
        let request = Request::Start(start.clone());
        match peer.say(&request, line(&request)?)? {
            (Reply::Ready { .. }, _) => Ok(peer),
            (other, _) => Err(peer.confused("start", &other)),
        }
    }

    /// Says `request`, which is `line` as text; gives the answer, also as text.
    fn say(&mut self, request: &Request, line: String) -> Result<(Reply, String), Error> {
        let what = match request {
            Request::Start(_) => "start",
            Request::Ask { .. } => "ask",
            Request::Tell { .. } => "tell",
            Request::Stop {} => "stop",
        };
        let answer = self.process.exchange(what, line, self.patience).map_err(failed)?;
        match serde_json::from_str(&answer) {
            Ok(Reply::Error(text)) => Err(self.error(&format!("reported: {}", clipped(&text)))),
            Ok(reply) => Ok((reply, answer)),
            Err(error) => {
                let shown = clipped(&answer);
                Err(self.error(&format!("answered `{what}` with `{shown}`, which is no answer: {error}")))
            }
        }
    }

    /// Ends the process; the error says why.
    fn error(&mut self, problem: &str) -> Error {
        failed(self.process.fail(problem))
    }

    fn confused(&mut self, what: &str, reply: &Reply) -> Error {
        let shown = serde_json::to_string(reply).unwrap_or_default();
        self.error(&format!("answered `{what}` with `{}`, which answers something else", clipped(&shown)))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        if let Ok(line) = line(&Request::Stop {}) {
            self.process.stop(line);
        }
    }
}

fn line(request: &Request) -> Result<String, Error> {
    serde_json::to_string(request).map_err(|error| failed(error.to_string()))
}

fn failed(problem: String) -> Error {
    Error::Agent { agent: NAME.to_owned(), problem }
}
