//! Returns and lengths of episodes (gymnasium's `RecordEpisodeStatistics`).

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{load, save};
use crate::env::{Env, Info, Reset, Step};
use crate::error::Error;
use crate::space::Element;

/// Episodes that are remembered.
const REMEMBERED: usize = 100;

/// Adds `info["episode"] = {"r": return, "l": length}` to the last step of every episode, and remembers the
/// last 100. Gymnasium's third entry, the time `t`, is left to whoever owns a clock.
#[derive(Debug, Clone)]
pub struct RecordEpisodeStatistics<E> {
    env: E,
    record: Record,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    sum: f64,
    length: u64,
    count: u64,
    returns: VecDeque<f64>,
    lengths: VecDeque<u64>,
}

impl<E: Env> RecordEpisodeStatistics<E> {
    /// Records the episodes of `env`.
    pub fn new(env: E) -> Self {
        Self { env, record: Record::default() }
    }

    /// Number of episodes that came to an end.
    pub fn episode_count(&self) -> u64 {
        self.record.count
    }

    /// Sums of the rewards of the last episodes, oldest first.
    pub fn returns(&self) -> impl Iterator<Item = f64> {
        self.record.returns.iter().copied()
    }

    /// Steps of the last episodes, oldest first.
    pub fn lengths(&self) -> impl Iterator<Item = u64> {
        self.record.lengths.iter().copied()
    }
}

impl Record {
    fn close_episode(&mut self) -> Json {
        self.count += 1;
        remember(&mut self.returns, self.sum);
        remember(&mut self.lengths, self.length);
        json!({"r": self.sum, "l": self.length})
    }
}

fn remember<T>(queue: &mut VecDeque<T>, value: T) {
    if queue.len() == REMEMBERED {
        queue.pop_front();
    }
    queue.push_back(value);
}

impl<E: Env> Env for RecordEpisodeStatistics<E> {
    leave_to_env!(action_space observation_space action_mask render close);

    fn reset(&mut self, seed: Option<u64>, options: &Info) -> Result<Reset, Error> {
        let reset = self.env.reset(seed, options)?;
        (self.record.sum, self.record.length) = (0.0, 0);
        Ok(reset)
    }

    fn step(&mut self, action: &Element) -> Result<Step, Error> {
        let mut step = self.env.step(action)?;
        self.record.sum += step.reward;
        self.record.length += 1;
        if step.done() {
            step.info.insert("episode".into(), self.record.close_episode());
        }
        Ok(step)
    }

    fn snapshot(&self) -> Option<Json> {
        save(&self.record, &self.env)
    }

    fn restore(&mut self, state: &Json) -> Result<(), Error> {
        self.record = load("the episode statistics", state, &mut self.env)?;
        Ok(())
    }
}
